# SPDX-License-Identifier: MIT

if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_journal
FUZZERS += tests/fuzz/fuzz_journal
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c \
	tests/parts/powercut_disk.c tests/parts/powercut_disk.h tests/parts/powercut_vfs.c tests/parts/powercut_vfs.h
tests_fuzz_fuzz_journal_LDADD = $(springpark_ldadd) $(SQLITE_LIBS)
tests_fuzz_fuzz_journal_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS) -Wl,--wrap=rename -Wl,--wrap=unlink -Wl,--wrap=access
endif

EXTRA_DIST += \
	tests/fuzz/corpus/journal/clean \
	tests/fuzz/corpus/journal/gap \
	tests/fuzz/corpus/journal/killed
