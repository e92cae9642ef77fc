# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_template
TESTS += tests/unit/check_template
tests_unit_check_template_SOURCES = tests/unit/check_template.c
tests_unit_check_template_CFLAGS = $(unit_cflags)
tests_unit_check_template_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_mifare_ultralight
TESTS += tests/unit/check_mifare_ultralight
tests_unit_check_mifare_ultralight_SOURCES = tests/unit/check_mifare_ultralight.c \
	tests/unit/card_house.c tests/unit/card_house.h
tests_unit_check_mifare_ultralight_CFLAGS = $(unit_cflags)
tests_unit_check_mifare_ultralight_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_iso15693_memory
TESTS += tests/unit/check_iso15693_memory
tests_unit_check_iso15693_memory_SOURCES = tests/unit/check_iso15693_memory.c \
	tests/unit/card_house.c tests/unit/card_house.h
tests_unit_check_iso15693_memory_CFLAGS = $(unit_cflags)
tests_unit_check_iso15693_memory_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_mifare_classic
TESTS += tests/unit/check_mifare_classic
tests_unit_check_mifare_classic_SOURCES = tests/unit/check_mifare_classic.c \
	tests/unit/card_house.c tests/unit/card_house.h
tests_unit_check_mifare_classic_CFLAGS = $(unit_cflags)
tests_unit_check_mifare_classic_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_iso_data
TESTS += tests/unit/check_iso_data
tests_unit_check_iso_data_SOURCES = tests/unit/check_iso_data.c \
	tests/unit/card_house.c tests/unit/card_house.h
tests_unit_check_iso_data_CFLAGS = $(unit_cflags)
tests_unit_check_iso_data_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_output
TESTS += tests/unit/check_output
tests_unit_check_output_SOURCES = tests/unit/check_output.c
tests_unit_check_output_CFLAGS = $(unit_cflags)
tests_unit_check_output_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_template_engine
TESTS += tests/unit/check_template_engine
tests_unit_check_template_engine_SOURCES = tests/unit/check_template_engine.c
tests_unit_check_template_engine_CFLAGS = $(unit_cflags)
tests_unit_check_template_engine_LDADD = $(unit_ldadd)
check_PROGRAMS += tests/unit/check_ndef_data
TESTS += tests/unit/check_ndef_data
tests_unit_check_ndef_data_SOURCES = tests/unit/check_ndef_data.c tests/unit/ndef_cards.c tests/unit/ndef_cards.h
tests_unit_check_ndef_data_CFLAGS = $(unit_cflags)
tests_unit_check_ndef_data_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_template_types
TESTS += tests/unit/check_template_types
tests_unit_check_template_types_SOURCES = tests/unit/check_template_types.c
tests_unit_check_template_types_CFLAGS = $(unit_cflags)
tests_unit_check_template_types_LDADD = $(unit_ldadd)
