# SPDX-License-Identifier: MIT
# The simulated PN532; libnfc itself, one call a line (libnfc_probe); and springpark-nfc behind its link (nfc_probe).

if HAVE_LIBNFC
EXTRA_PROGRAMS += tests/parts/libnfc_probe tests/parts/nfc_probe
tests_parts_libnfc_probe_SOURCES = tests/parts/libnfc_probe.c
tests_parts_libnfc_probe_CFLAGS = -std=gnu17 -Wall -Wextra $(LIBNFC_CFLAGS)
tests_parts_libnfc_probe_LDFLAGS =
tests_parts_libnfc_probe_LDADD = $(LIBNFC_LIBS)
tests_parts_nfc_probe_SOURCES = tests/parts/nfc_probe.c
tests_parts_nfc_probe_LDADD = $(springpark_ldadd)

TEST_PARTS += tests/parts/libnfc_probe tests/parts/nfc_probe
endif

EXTRA_DIST += tests/parts/pn532.py tests/parts/pn532_chip.py tests/parts/pn532_tags.py tests/system/test_pn532.py \
	tests/system/test_nfc_link.py
