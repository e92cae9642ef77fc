# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_nfc_card
FUZZERS += tests/fuzz/fuzz_nfc_card
tests_fuzz_fuzz_nfc_card_SOURCES = tests/fuzz/fuzz_nfc_card.c
tests_fuzz_fuzz_nfc_card_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_nfc_card_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/nfc_card/classic \
	tests/fuzz/corpus/nfc_card/felica \
	tests/fuzz/corpus/nfc_card/felica_refused \
	tests/fuzz/corpus/nfc_card/iso_a \
	tests/fuzz/corpus/nfc_card/silent \
	tests/fuzz/corpus/nfc_card/type_2
