# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_journal
TESTS += tests/unit/check_journal
tests_unit_check_journal_SOURCES = tests/unit/check_journal.c
tests_unit_check_journal_CFLAGS = $(unit_cflags)
tests_unit_check_journal_LDADD = $(unit_ldadd)

# A journal in a test's hands, and the disk whose power can go.
check_LTLIBRARIES += tests/unit/libjournal_house.la
tests_unit_libjournal_house_la_SOURCES = \
	tests/parts/powercut_disk.c tests/parts/powercut_disk.h \
	tests/parts/powercut_vfs.c tests/parts/powercut_vfs.h \
	tests/unit/journal_house.c tests/unit/journal_house.h \
	tests/unit/journal_image.c tests/unit/journal_image.h \
	tests/unit/journal_ledger.c tests/unit/journal_ledger.h \
	tests/unit/journal_model.c tests/unit/journal_model.h
tests_unit_libjournal_house_la_CFLAGS = $(unit_cflags)
journal_house_ldadd = tests/unit/libjournal_house.la $(unit_ldadd) $(SQLITE_LIBS)

check_PROGRAMS += tests/unit/check_journal_disk
TESTS += tests/unit/check_journal_disk
tests_unit_check_journal_disk_SOURCES = tests/unit/check_journal_disk.c
tests_unit_check_journal_disk_CFLAGS = $(unit_cflags)
tests_unit_check_journal_disk_LDADD = $(journal_house_ldadd)

check_PROGRAMS += tests/unit/check_journal_power
TESTS += tests/unit/check_journal_power
tests_unit_check_journal_power_SOURCES = tests/unit/check_journal_power.c
tests_unit_check_journal_power_CFLAGS = $(unit_cflags)
tests_unit_check_journal_power_LDADD = $(journal_house_ldadd)

check_PROGRAMS += tests/unit/check_journal_model
TESTS += tests/unit/check_journal_model
tests_unit_check_journal_model_SOURCES = tests/unit/check_journal_model.c
tests_unit_check_journal_model_CFLAGS = $(unit_cflags)
tests_unit_check_journal_model_LDADD = $(journal_house_ldadd)

check_PROGRAMS += tests/unit/check_journal_faults
TESTS += tests/unit/check_journal_faults
tests_unit_check_journal_faults_SOURCES = tests/unit/check_journal_faults.c
tests_unit_check_journal_faults_CFLAGS = $(unit_cflags)
tests_unit_check_journal_faults_LDADD = $(journal_house_ldadd)

check_PROGRAMS += tests/unit/check_journal_thread
TESTS += tests/unit/check_journal_thread
tests_unit_check_journal_thread_SOURCES = tests/unit/check_journal_thread.c
tests_unit_check_journal_thread_CFLAGS = $(unit_cflags)
tests_unit_check_journal_thread_LDADD = $(journal_house_ldadd)

check_PROGRAMS += tests/unit/check_journal_full
TESTS += tests/unit/check_journal_full
tests_unit_check_journal_full_SOURCES = tests/unit/check_journal_full.c
tests_unit_check_journal_full_CFLAGS = $(unit_cflags)
tests_unit_check_journal_full_LDADD = $(journal_house_ldadd)

check_PROGRAMS += tests/unit/check_journal_fixtures
TESTS += tests/unit/check_journal_fixtures
tests_unit_check_journal_fixtures_SOURCES = tests/unit/check_journal_fixtures.c
tests_unit_check_journal_fixtures_CFLAGS = $(unit_cflags) -DJOURNAL_FIXTURES='"$(abs_top_srcdir)/tests/unit/journal_fixtures"'
tests_unit_check_journal_fixtures_LDADD = $(journal_house_ldadd)
EXTRA_DIST += \
	tests/unit/journal_fixtures/README \
	tests/unit/journal_fixtures/cut_short.db \
	tests/unit/journal_fixtures/flipped_bit.db \
	tests/unit/journal_fixtures/foreign.db \
	tests/unit/journal_fixtures/later_version.db \
	tests/unit/journal_fixtures/text.db \
	tests/unit/journal_fixtures/whole.db \
	tests/unit/journal_fixtures/zeroed_page.db
