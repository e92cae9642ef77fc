# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_journal
TESTS += tests/unit/check_journal
tests_unit_check_journal_SOURCES = tests/unit/check_journal.c
tests_unit_check_journal_CFLAGS = $(unit_cflags)
tests_unit_check_journal_LDADD = $(unit_ldadd)
