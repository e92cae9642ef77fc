# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_ndef_data
FUZZERS += tests/fuzz/fuzz_ndef_data
tests_fuzz_fuzz_ndef_data_SOURCES = tests/fuzz/fuzz_ndef_data.c
tests_fuzz_fuzz_ndef_data_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_ndef_data_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/ndef_data/type2_blank \
	tests/fuzz/corpus/ndef_data/type2_long_text \
	tests/fuzz/corpus/ndef_data/type2_mute \
	tests/fuzz/corpus/ndef_data/type2_sixteen \
	tests/fuzz/corpus/ndef_data/type2_text \
	tests/fuzz/corpus/ndef_data/type3_no_checksum \
	tests/fuzz/corpus/ndef_data/type3_uri \
	tests/fuzz/corpus/ndef_data/type4_chained \
	tests/fuzz/corpus/ndef_data/type4_no_application \
	tests/fuzz/corpus/ndef_data/type4_older \
	tests/fuzz/corpus/ndef_data/type4_parts \
	tests/fuzz/corpus/ndef_data/type4_text \
	tests/fuzz/corpus/ndef_data/type5_block_size \
	tests/fuzz/corpus/ndef_data/type5_entry
