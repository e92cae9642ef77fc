# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_message tests/unit/check_command
TESTS += tests/unit/check_message tests/unit/check_command

tests_unit_check_message_SOURCES = tests/unit/check_message.c
tests_unit_check_message_CFLAGS = $(unit_cflags)
tests_unit_check_message_LDADD = $(unit_ldadd)

tests_unit_check_command_SOURCES = tests/unit/check_command.c
tests_unit_check_command_CFLAGS = $(unit_cflags)
tests_unit_check_command_LDADD = $(unit_ldadd)
