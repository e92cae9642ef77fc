# SPDX-License-Identifier: MIT
# Fuzz targets, one for each parser of outside bytes: configure CC=clang --enable-fuzzers
# --enable-sanitizers=address,undefined, then `make fuzz` runs each for FUZZ_SECONDS on a copy of its seed corpus.

FUZZERS =
FUZZ_SECONDS = 10

include tests/fuzz/claim.mk
include tests/fuzz/config.mk
include tests/fuzz/config_edit.mk
include tests/fuzz/atr.mk
include tests/fuzz/ats.mk
include tests/fuzz/card_answers.mk
include tests/fuzz/mad.mk
include tests/fuzz/nfc_card.mk
include tests/fuzz/desfire.mk
include tests/fuzz/ndef.mk
include tests/fuzz/tlv.mk
include tests/fuzz/ndef_data.mk
include tests/fuzz/script.mk
include tests/fuzz/command.mk
include tests/fuzz/control.mk
include tests/fuzz/journal.mk
include tests/fuzz/network.mk
include tests/fuzz/nfc_wire.mk
include tests/fuzz/nfc_field.mk
include tests/fuzz/nddu.mk
include tests/fuzz/registration.mk
include tests/fuzz/vendor_file.mk

EXTRA_DIST += tests/fuzz/run

fuzz: $(FUZZERS)
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(top_srcdir)/tests/fuzz/run $(top_srcdir)/tests/fuzz/corpus $(FUZZERS)
.PHONY: fuzz
