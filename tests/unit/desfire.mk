# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_desfire_vectors
TESTS += tests/unit/check_desfire_vectors
tests_unit_check_desfire_vectors_SOURCES = tests/unit/check_desfire_vectors.c \
	tests/unit/desfire_card.c tests/unit/desfire_card.h
tests_unit_check_desfire_vectors_CFLAGS = $(unit_cflags)
tests_unit_check_desfire_vectors_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_desfire
TESTS += tests/unit/check_desfire
tests_unit_check_desfire_SOURCES = tests/unit/check_desfire.c tests/unit/desfire_card.c tests/unit/desfire_card.h
tests_unit_check_desfire_CFLAGS = $(unit_cflags)
tests_unit_check_desfire_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_desfire_templates
TESTS += tests/unit/check_desfire_templates
tests_unit_check_desfire_templates_SOURCES = tests/unit/check_desfire_templates.c \
	tests/unit/desfire_card.c tests/unit/desfire_card.h
tests_unit_check_desfire_templates_CFLAGS = $(unit_cflags)
tests_unit_check_desfire_templates_LDADD = $(unit_ldadd)
