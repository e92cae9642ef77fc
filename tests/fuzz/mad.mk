# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_mad
FUZZERS += tests/fuzz/fuzz_mad
tests_fuzz_fuzz_mad_SOURCES = tests/fuzz/fuzz_mad.c
tests_fuzz_fuzz_mad_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_mad_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/mad/empty \
	tests/fuzz/corpus/mad/mended_crc \
	tests/fuzz/corpus/mad/ndef_everywhere \
	tests/fuzz/corpus/mad/published \
	tests/fuzz/corpus/mad/second_empty \
	tests/fuzz/corpus/mad/second_ends \
	tests/fuzz/corpus/mad/second_mended \
	tests/fuzz/corpus/mad/short \
	tests/fuzz/corpus/mad/wrong_crc
