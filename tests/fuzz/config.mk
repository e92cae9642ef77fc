# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_config
FUZZERS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_config_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += tests/fuzz/corpus/config/whole.conf tests/fuzz/corpus/config/raw.conf \
	tests/fuzz/corpus/config/wrong.conf tests/fuzz/corpus/config/lists.conf tests/fuzz/corpus/config/traps.conf \
	tests/fuzz/corpus/config/device.conf tests/fuzz/corpus/config/journal.conf tests/fuzz/corpus/config/trust.conf \
	tests/fuzz/corpus/config/templates.conf tests/fuzz/corpus/config/templates_wrong.conf
