# SPDX-License-Identifier: MIT

if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_command
FUZZERS += tests/fuzz/fuzz_command
tests_fuzz_fuzz_command_SOURCES = tests/fuzz/fuzz_command.c
tests_fuzz_fuzz_command_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_command_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif

EXTRA_DIST += tests/fuzz/corpus/command
