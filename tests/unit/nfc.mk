# SPDX-License-Identifier: MIT
# What the daemon has of libnfc readers; none of these needs libnfc.

check_PROGRAMS += tests/unit/check_nfc_wire tests/unit/check_nfc_tag tests/unit/check_nfc_link
TESTS += tests/unit/check_nfc_wire tests/unit/check_nfc_tag tests/unit/check_nfc_link

tests_unit_check_nfc_wire_SOURCES = tests/unit/check_nfc_wire.c
tests_unit_check_nfc_wire_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_wire_LDADD = $(unit_ldadd)

tests_unit_check_nfc_tag_SOURCES = tests/unit/check_nfc_tag.c
tests_unit_check_nfc_tag_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_tag_LDADD = $(unit_ldadd)

tests_unit_check_nfc_link_SOURCES = tests/unit/check_nfc_link.c
tests_unit_check_nfc_link_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_link_LDADD = $(unit_ldadd) -lpthread

check_PROGRAMS += tests/unit/check_nfc_usb_watch
TESTS += tests/unit/check_nfc_usb_watch
tests_unit_check_nfc_usb_watch_SOURCES = tests/unit/check_nfc_usb_watch.c
tests_unit_check_nfc_usb_watch_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_usb_watch_LDADD = $(unit_ldadd)
