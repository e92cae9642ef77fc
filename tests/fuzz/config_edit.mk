# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_config_edit
FUZZERS += tests/fuzz/fuzz_config_edit
tests_fuzz_fuzz_config_edit_SOURCES = tests/fuzz/fuzz_config_edit.c
tests_fuzz_fuzz_config_edit_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_config_edit_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += tests/fuzz/corpus/config_edit/there tests/fuzz/corpus/config_edit/sample \
	tests/fuzz/corpus/config_edit/group tests/fuzz/corpus/config_edit/nested tests/fuzz/corpus/config_edit/flags \
	tests/fuzz/corpus/config_edit/list tests/fuzz/corpus/config_edit/slot tests/fuzz/corpus/config_edit/comments
