# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_script
FUZZERS += tests/fuzz/fuzz_script
tests_fuzz_fuzz_script_SOURCES = tests/fuzz/fuzz_script.c
tests_fuzz_fuzz_script_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_script_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/script/demo \
	tests/fuzz/corpus/script/faults \
	tests/fuzz/corpus/script/mistakes \
	tests/fuzz/corpus/script/one_line \
	tests/fuzz/corpus/script/two_tags
