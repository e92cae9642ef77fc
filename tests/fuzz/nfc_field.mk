# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_nfc_field
FUZZERS += tests/fuzz/fuzz_nfc_field
tests_fuzz_fuzz_nfc_field_SOURCES = tests/fuzz/fuzz_nfc_field.c
tests_fuzz_fuzz_nfc_field_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_nfc_field_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/nfc_field/crowd \
	tests/fuzz/corpus/nfc_field/one \
	tests/fuzz/corpus/nfc_field/random_ids
