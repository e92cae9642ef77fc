# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_registers tests/unit/check_config tests/unit/check_config_edit tests/unit/check_config_id \
	tests/unit/check_config_journal tests/unit/check_config_readers tests/unit/check_identity tests/unit/check_tool_config \
	tests/unit/print_registers
TESTS += tests/unit/check_registers tests/unit/check_config tests/unit/check_config_edit tests/unit/check_config_id \
	tests/unit/check_config_journal tests/unit/check_config_readers tests/unit/check_identity tests/unit/check_tool_config \
	tests/unit/check_vendor_xml

tests_unit_check_registers_SOURCES = tests/unit/check_registers.c
tests_unit_check_registers_CFLAGS = $(unit_cflags)
tests_unit_check_registers_LDADD = $(unit_ldadd)

tests_unit_check_config_SOURCES = tests/unit/check_config.c
tests_unit_check_config_CFLAGS = $(unit_cflags)
tests_unit_check_config_LDADD = $(unit_ldadd)

tests_unit_check_config_edit_SOURCES = tests/unit/check_config_edit.c
tests_unit_check_config_edit_CFLAGS = $(unit_cflags)
tests_unit_check_config_edit_LDADD = $(unit_ldadd)

tests_unit_check_config_id_SOURCES = tests/unit/check_config_id.c
tests_unit_check_config_id_CFLAGS = $(unit_cflags)
tests_unit_check_config_id_LDADD = $(unit_ldadd)

tests_unit_check_config_journal_SOURCES = tests/unit/check_config_journal.c
tests_unit_check_config_journal_CFLAGS = $(unit_cflags)
tests_unit_check_config_journal_LDADD = $(unit_ldadd)

tests_unit_check_config_readers_SOURCES = tests/unit/check_config_readers.c
tests_unit_check_config_readers_CFLAGS = $(unit_cflags)
tests_unit_check_config_readers_LDADD = $(unit_ldadd)

tests_unit_check_identity_SOURCES = tests/unit/check_identity.c
tests_unit_check_identity_CFLAGS = $(unit_cflags)
tests_unit_check_identity_LDADD = $(unit_ldadd)

tests_unit_check_tool_config_SOURCES = tests/unit/check_tool_config.c
tests_unit_check_tool_config_CFLAGS = $(unit_cflags)
tests_unit_check_tool_config_LDADD = $(unit_ldadd)

tests_unit_print_registers_SOURCES = tests/unit/print_registers.c
tests_unit_print_registers_LDADD = $(springpark_ldadd)

check_PROGRAMS += tests/unit/check_vendor_file
TESTS += tests/unit/check_vendor_file
tests_unit_check_vendor_file_SOURCES = tests/unit/check_vendor_file.c
tests_unit_check_vendor_file_CFLAGS = $(unit_cflags)
tests_unit_check_vendor_file_LDADD = $(unit_ldadd)

# Compares the table with the vendor's files where SPRINGPARK_VENDOR_XML names their folder.
EXTRA_DIST += tests/unit/check_vendor_xml

check_PROGRAMS += tests/unit/check_manual tests/unit/print_manual
TESTS += tests/unit/check_manual
tests_unit_check_manual_SOURCES = tests/unit/check_manual.c
tests_unit_check_manual_CFLAGS = $(unit_cflags)
tests_unit_check_manual_LDADD = $(unit_ldadd)
tests_unit_print_manual_SOURCES = tests/unit/print_manual.c
tests_unit_print_manual_LDADD = $(springpark_ldadd)

check_PROGRAMS += tests/unit/check_config_templates
TESTS += tests/unit/check_config_templates
tests_unit_check_config_templates_SOURCES = tests/unit/check_config_templates.c
tests_unit_check_config_templates_CFLAGS = $(unit_cflags)
tests_unit_check_config_templates_LDADD = $(unit_ldadd)
