# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_pcsc
TESTS += tests/unit/check_pcsc
tests_unit_check_pcsc_SOURCES = tests/unit/check_pcsc.c
tests_unit_check_pcsc_CFLAGS = $(unit_cflags)
tests_unit_check_pcsc_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_script
TESTS += tests/unit/check_script
tests_unit_check_script_SOURCES = tests/unit/check_script.c
tests_unit_check_script_CFLAGS = $(unit_cflags)
tests_unit_check_script_LDADD = $(unit_ldadd) -lpthread

check_PROGRAMS += tests/unit/check_nfc_holder
TESTS += tests/unit/check_nfc_holder
tests_unit_check_nfc_holder_SOURCES = tests/unit/check_nfc_holder.c
tests_unit_check_nfc_holder_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_holder_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_nfc_lock
TESTS += tests/unit/check_nfc_lock
tests_unit_check_nfc_lock_SOURCES = tests/unit/check_nfc_lock.c
tests_unit_check_nfc_lock_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_lock_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_nfc_field
TESTS += tests/unit/check_nfc_field
tests_unit_check_nfc_field_SOURCES = tests/unit/check_nfc_field.c tests/unit/nfc_air.c tests/unit/nfc_air.h
tests_unit_check_nfc_field_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_field_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_nfc_card
TESTS += tests/unit/check_nfc_card
tests_unit_check_nfc_card_SOURCES = tests/unit/check_nfc_card.c
tests_unit_check_nfc_card_CFLAGS = $(unit_cflags)
tests_unit_check_nfc_card_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_pcsc_card
TESTS += tests/unit/check_pcsc_card
tests_unit_check_pcsc_card_SOURCES = tests/unit/check_pcsc_card.c
tests_unit_check_pcsc_card_CFLAGS = $(unit_cflags)
tests_unit_check_pcsc_card_LDADD = $(unit_ldadd)
