# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_nddu
TESTS += tests/unit/check_nddu
tests_unit_check_nddu_SOURCES = tests/unit/check_nddu.c
tests_unit_check_nddu_CFLAGS = $(unit_cflags)
tests_unit_check_nddu_LDADD = $(unit_ldadd)
