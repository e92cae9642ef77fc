# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_control
TESTS += tests/unit/check_control
tests_unit_check_control_SOURCES = tests/unit/check_control.c
tests_unit_check_control_CFLAGS = $(unit_cflags)
tests_unit_check_control_LDADD = $(unit_ldadd)
