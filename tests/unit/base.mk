# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_base
TESTS += tests/unit/check_base

tests_unit_check_base_SOURCES = tests/unit/check_base.c
tests_unit_check_base_CFLAGS = $(unit_cflags)
tests_unit_check_base_LDADD = $(unit_ldadd)
