# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_atr
FUZZERS += tests/fuzz/fuzz_atr
tests_fuzz_fuzz_atr_SOURCES = tests/fuzz/fuzz_atr.c
tests_fuzz_fuzz_atr_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_atr_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/atr/acs_sak \
	tests/fuzz/corpus/atr/contact \
	tests/fuzz/corpus/atr/desfire \
	tests/fuzz/corpus/atr/doubt \
	tests/fuzz/corpus/atr/felica \
	tests/fuzz/corpus/atr/mifare_1k \
	tests/fuzz/corpus/atr/picopass \
	tests/fuzz/corpus/atr/short \
	tests/fuzz/corpus/atr/type_b
