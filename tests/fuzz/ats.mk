# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_ats
FUZZERS += tests/fuzz/fuzz_ats
tests_fuzz_fuzz_ats_SOURCES = tests/fuzz/fuzz_ats.c
tests_fuzz_fuzz_ats_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_ats_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/ats/classic \
	tests/fuzz/corpus/ats/desfire \
	tests/fuzz/corpus/ats/doubt \
	tests/fuzz/corpus/ats/historical_bytes \
	tests/fuzz/corpus/ats/leaves \
	tests/fuzz/corpus/ats/long_ats \
	tests/fuzz/corpus/ats/long_uid \
	tests/fuzz/corpus/ats/no_ats \
	tests/fuzz/corpus/ats/short_answer \
	tests/fuzz/corpus/ats/type_b \
	tests/fuzz/corpus/ats/ultralight \
	tests/fuzz/corpus/ats/vicinity
