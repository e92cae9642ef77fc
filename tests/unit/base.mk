# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_base tests/unit/check_watchdog
TESTS += tests/unit/check_base tests/unit/check_watchdog

tests_unit_check_base_SOURCES = tests/unit/check_base.c
tests_unit_check_base_CFLAGS = $(unit_cflags)
tests_unit_check_base_LDADD = $(unit_ldadd)

tests_unit_check_watchdog_SOURCES = tests/unit/check_watchdog.c
tests_unit_check_watchdog_CFLAGS = $(unit_cflags)
tests_unit_check_watchdog_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_stored_file
TESTS += tests/unit/check_stored_file
tests_unit_check_stored_file_SOURCES = tests/unit/check_stored_file.c
tests_unit_check_stored_file_CFLAGS = $(unit_cflags)
tests_unit_check_stored_file_LDADD = $(unit_ldadd)
