# SPDX-License-Identifier: MIT
# Fuzz targets, one for each parser of outside bytes: configure CC=clang --enable-fuzzers
# --enable-sanitizers=address,undefined, then `make fuzz` runs each for FUZZ_SECONDS on a copy of its seed corpus.

FUZZERS =
FUZZ_SECONDS = 10

include tests/fuzz/config.mk
include tests/fuzz/atr.mk
include tests/fuzz/script.mk
include tests/fuzz/command.mk
include tests/fuzz/control.mk
include tests/fuzz/journal.mk

EXTRA_DIST += tests/fuzz/run

fuzz: $(FUZZERS)
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(top_srcdir)/tests/fuzz/run $(top_srcdir)/tests/fuzz/corpus $(FUZZERS)
.PHONY: fuzz
