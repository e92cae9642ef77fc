# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_nddu
FUZZERS += tests/fuzz/fuzz_nddu
tests_fuzz_fuzz_nddu_SOURCES = tests/fuzz/fuzz_nddu.c
tests_fuzz_fuzz_nddu_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_nddu_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/nddu/lookup \
	tests/fuzz/corpus/nddu/device \
	tests/fuzz/corpus/nddu/set_address \
	tests/fuzz/corpus/nddu/strange
