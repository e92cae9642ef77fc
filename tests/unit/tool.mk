# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_tool tests/unit/check_tool_journal
TESTS += tests/unit/check_tool tests/unit/check_tool_journal
tests_unit_check_tool_SOURCES = tests/unit/check_tool.c
tests_unit_check_tool_CFLAGS = $(unit_cflags)
tests_unit_check_tool_LDADD = $(unit_ldadd)

tests_unit_check_tool_journal_SOURCES = tests/unit/check_tool_journal.c
tests_unit_check_tool_journal_CFLAGS = $(unit_cflags)
tests_unit_check_tool_journal_LDADD = $(unit_ldadd)

EXTRA_DIST += tests/parts/tool_parts.py tests/system/test_tool.py tests/system/test_tool_broker.py \
	tests/system/test_tool_journal.py tests/system/test_tool_journal_stand_in.py
