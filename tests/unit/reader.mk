# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_pcsc
TESTS += tests/unit/check_pcsc
tests_unit_check_pcsc_SOURCES = tests/unit/check_pcsc.c
tests_unit_check_pcsc_CFLAGS = $(unit_cflags)
tests_unit_check_pcsc_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_script
TESTS += tests/unit/check_script
tests_unit_check_script_SOURCES = tests/unit/check_script.c
tests_unit_check_script_CFLAGS = $(unit_cflags)
tests_unit_check_script_LDADD = $(unit_ldadd) -lpthread
