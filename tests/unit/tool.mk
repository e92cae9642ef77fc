# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_tool tests/unit/check_tool_journal
TESTS += tests/unit/check_tool tests/unit/check_tool_journal
tests_unit_check_tool_SOURCES = tests/unit/check_tool.c
tests_unit_check_tool_CFLAGS = $(unit_cflags)
tests_unit_check_tool_LDADD = $(unit_ldadd)

tests_unit_check_tool_journal_SOURCES = tests/unit/check_tool_journal.c
tests_unit_check_tool_journal_CFLAGS = $(unit_cflags)
tests_unit_check_tool_journal_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_issue
TESTS += tests/unit/check_issue
tests_unit_check_issue_SOURCES = tests/unit/check_issue.c
tests_unit_check_issue_CFLAGS = $(unit_cflags)
tests_unit_check_issue_LDADD = $(unit_ldadd)

EXTRA_DIST += tests/parts/softhsm.py tests/system/test_tool_certs.py tests/system/test_token_key.py \
	tests/parts/swtpm.py tests/system/test_tpm_key.py

EXTRA_DIST += tests/parts/tool_parts.py tests/system/test_tool.py tests/system/test_tool_broker.py tests/system/test_tool_doctor.py \
	tests/system/test_tool_journal.py tests/system/test_tool_journal_stand_in.py tests/system/test_tool_set.py tests/system/test_tool_import.py

check_PROGRAMS += tests/unit/check_tool_network
TESTS += tests/unit/check_tool_network
tests_unit_check_tool_network_SOURCES = tests/unit/check_tool_network.c
tests_unit_check_tool_network_CFLAGS = $(unit_cflags)
tests_unit_check_tool_network_LDADD = $(unit_ldadd)
