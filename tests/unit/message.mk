# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_message tests/unit/check_command tests/unit/check_command_gate
TESTS += tests/unit/check_message tests/unit/check_command tests/unit/check_command_gate

tests_unit_check_message_SOURCES = tests/unit/check_message.c
tests_unit_check_message_CFLAGS = $(unit_cflags)
tests_unit_check_message_LDADD = $(unit_ldadd)

tests_unit_check_command_SOURCES = tests/unit/check_command.c
tests_unit_check_command_CFLAGS = $(unit_cflags)
tests_unit_check_command_LDADD = $(unit_ldadd)

tests_unit_check_command_gate_SOURCES = tests/unit/check_command_gate.c
tests_unit_check_command_gate_CFLAGS = $(unit_cflags)
tests_unit_check_command_gate_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_scrdr
TESTS += tests/unit/check_scrdr
tests_unit_check_scrdr_SOURCES = tests/unit/check_scrdr.c
tests_unit_check_scrdr_CFLAGS = $(unit_cflags)
tests_unit_check_scrdr_LDADD = $(unit_ldadd)
