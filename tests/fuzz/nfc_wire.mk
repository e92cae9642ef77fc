# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_nfc_wire
FUZZERS += tests/fuzz/fuzz_nfc_wire
tests_fuzz_fuzz_nfc_wire_SOURCES = tests/fuzz/fuzz_nfc_wire.c
tests_fuzz_fuzz_nfc_wire_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_nfc_wire_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif

EXTRA_DIST += \
	tests/fuzz/corpus/nfc_wire/close \
	tests/fuzz/corpus/nfc_wire/exchange \
	tests/fuzz/corpus/nfc_wire/exchanged \
	tests/fuzz/corpus/nfc_wire/listed \
	tests/fuzz/corpus/nfc_wire/open \
	tests/fuzz/corpus/nfc_wire/opened \
	tests/fuzz/corpus/nfc_wire/selected \
	tests/fuzz/corpus/nfc_wire/trouble
