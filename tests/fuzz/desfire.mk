# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_desfire
FUZZERS += tests/fuzz/fuzz_desfire
tests_fuzz_fuzz_desfire_SOURCES = tests/fuzz/fuzz_desfire.c
tests_fuzz_fuzz_desfire_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_desfire_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/desfire/chained \
	tests/fuzz/corpus/desfire/ev0_encrypted \
	tests/fuzz/corpus/desfire/ev1_aes_encrypted \
	tests/fuzz/corpus/desfire/ev1_des_mac \
	tests/fuzz/corpus/desfire/ev2_mac \
	tests/fuzz/corpus/desfire/no_desfire \
	tests/fuzz/corpus/desfire/open_ev0_mac \
	tests/fuzz/corpus/desfire/open_ev1_mac \
	tests/fuzz/corpus/desfire/open_ev2_encrypted \
	tests/fuzz/corpus/desfire/plain_native \
	tests/fuzz/corpus/desfire/plain_wrapped \
	tests/fuzz/corpus/desfire/record \
	tests/fuzz/corpus/desfire/refused \
	tests/fuzz/corpus/desfire/session_ev0_encrypted \
	tests/fuzz/corpus/desfire/session_ev2_mac \
	tests/fuzz/corpus/desfire/strip_crc16 \
	tests/fuzz/corpus/desfire/strip_crc32 \
	tests/fuzz/corpus/desfire/strip_marked \
	tests/fuzz/corpus/desfire/version
