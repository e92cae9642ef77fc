# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_ndef
FUZZERS += tests/fuzz/fuzz_ndef
tests_fuzz_fuzz_ndef_SOURCES = tests/fuzz/fuzz_ndef.c
tests_fuzz_fuzz_ndef_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_ndef_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/ndef/absolute_uri \
	tests/fuzz/corpus/ndef/chunked \
	tests/fuzz/corpus/ndef/empty_record \
	tests/fuzz/corpus/ndef/half_pair \
	tests/fuzz/corpus/ndef/long \
	tests/fuzz/corpus/ndef/media \
	tests/fuzz/corpus/ndef/payload_too_long \
	tests/fuzz/corpus/ndef/several \
	tests/fuzz/corpus/ndef/smart_poster \
	tests/fuzz/corpus/ndef/springcard \
	tests/fuzz/corpus/ndef/text \
	tests/fuzz/corpus/ndef/text_utf16 \
	tests/fuzz/corpus/ndef/uri \
	tests/fuzz/corpus/ndef/with_id
