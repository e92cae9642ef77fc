# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_tool
TESTS += tests/unit/check_tool
tests_unit_check_tool_SOURCES = tests/unit/check_tool.c
tests_unit_check_tool_CFLAGS = $(unit_cflags)
tests_unit_check_tool_LDADD = $(unit_ldadd)

EXTRA_DIST += tests/parts/tool_parts.py tests/system/test_tool.py tests/system/test_tool_broker.py
