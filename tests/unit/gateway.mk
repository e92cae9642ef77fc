# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_roster
TESTS += tests/unit/check_roster
tests_unit_check_roster_SOURCES = tests/unit/check_roster.c
tests_unit_check_roster_CFLAGS = $(unit_cflags)
tests_unit_check_roster_LDADD = $(unit_ldadd)
