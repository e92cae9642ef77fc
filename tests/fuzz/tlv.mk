# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_tlv
FUZZERS += tests/fuzz/fuzz_tlv
tests_fuzz_fuzz_tlv_SOURCES = tests/fuzz/fuzz_tlv.c
tests_fuzz_fuzz_tlv_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_tlv_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/tlv/beyond_the_end \
	tests/fuzz/corpus/tlv/lock_control \
	tests/fuzz/corpus/tlv/lock_inside \
	tests/fuzz/corpus/tlv/long_length \
	tests/fuzz/corpus/tlv/memory_control \
	tests/fuzz/corpus/tlv/message \
	tests/fuzz/corpus/tlv/null_blocks \
	tests/fuzz/corpus/tlv/proprietary \
	tests/fuzz/corpus/tlv/reserved_length \
	tests/fuzz/corpus/tlv/terminator \
	tests/fuzz/corpus/tlv/type2_container \
	tests/fuzz/corpus/tlv/type3_attributes \
	tests/fuzz/corpus/tlv/type4_container \
	tests/fuzz/corpus/tlv/type4_extended \
	tests/fuzz/corpus/tlv/type5_container \
	tests/fuzz/corpus/tlv/type5_long_container
