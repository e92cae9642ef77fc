# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_template
TESTS += tests/unit/check_template
tests_unit_check_template_SOURCES = tests/unit/check_template.c
tests_unit_check_template_CFLAGS = $(unit_cflags)
tests_unit_check_template_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_ndef_data
TESTS += tests/unit/check_ndef_data
tests_unit_check_ndef_data_SOURCES = tests/unit/check_ndef_data.c tests/unit/ndef_cards.c tests/unit/ndef_cards.h
tests_unit_check_ndef_data_CFLAGS = $(unit_cflags)
tests_unit_check_ndef_data_LDADD = $(unit_ldadd)
