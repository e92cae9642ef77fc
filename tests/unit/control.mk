# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_control tests/unit/check_control_ends
TESTS += tests/unit/check_control tests/unit/check_control_ends

tests_unit_check_control_SOURCES = tests/unit/check_control.c tests/unit/control_house.c tests/unit/control_house.h
tests_unit_check_control_CFLAGS = $(unit_cflags)
tests_unit_check_control_LDADD = $(unit_ldadd)

tests_unit_check_control_ends_SOURCES = tests/unit/check_control_ends.c tests/unit/control_house.c \
	tests/unit/control_house.h
tests_unit_check_control_ends_CFLAGS = $(unit_cflags)
tests_unit_check_control_ends_LDADD = $(unit_ldadd)
