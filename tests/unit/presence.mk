# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_presence
TESTS += tests/unit/check_presence
tests_unit_check_presence_SOURCES = tests/unit/check_presence.c
tests_unit_check_presence_CFLAGS = $(unit_cflags)
tests_unit_check_presence_LDADD = $(unit_ldadd)
