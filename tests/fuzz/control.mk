# SPDX-License-Identifier: MIT

if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_control
FUZZERS += tests/fuzz/fuzz_control
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c
tests_fuzz_fuzz_control_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_control_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif

EXTRA_DIST += \
	tests/fuzz/corpus/control/array \
	tests/fuzz/corpus/control/command \
	tests/fuzz/corpus/control/deep \
	tests/fuzz/corpus/control/escapes \
	tests/fuzz/corpus/control/journal \
	tests/fuzz/corpus/control/journal_release \
	tests/fuzz/corpus/control/misspelt \
	tests/fuzz/corpus/control/not_utf8 \
	tests/fuzz/corpus/control/nul \
	tests/fuzz/corpus/control/status \
	tests/fuzz/corpus/control/twice \
	tests/fuzz/corpus/control/two \
	tests/fuzz/corpus/control/unfinished
