# SPDX-License-Identifier: MIT
# Test parts for PC/SC, built by `make test-parts` (the system tests need them; make check does not):
# the IFD handler that a real pcscd loads, the stand-in for libudev that plugs readers, and the probe of the driver.

EXTRA_LTLIBRARIES += tests/parts/libifdsim.la tests/parts/libfakeudev.la
tests_parts_libifdsim_la_SOURCES = tests/parts/ifdsim.c tests/parts/ifdsim_remote.c tests/parts/ifdsim_remote.h \
	tests/parts/ifdsim_storage.c tests/parts/ifdsim_storage.h
tests_parts_libifdsim_la_CFLAGS = $(part_cflags)
# pcscd unloads the handler with its last reader, when a thread of it that hears of the end late may still run there.
tests_parts_libifdsim_la_LDFLAGS = -module -avoid-version -rpath /nowhere -Wl,-z,nodelete
tests_parts_libifdsim_la_LIBADD = -lpthread
tests_parts_libfakeudev_la_SOURCES = tests/parts/fakeudev.c
tests_parts_libfakeudev_la_CFLAGS = $(part_cflags)
tests_parts_libfakeudev_la_LDFLAGS = -module -avoid-version -rpath /nowhere

# pcscd loads them, and it has no sanitizer of ours.
part_cflags = -std=gnu17 -Wall -Wextra $(PCSC_CFLAGS)

EXTRA_PROGRAMS += tests/parts/reader_probe
tests_parts_reader_probe_SOURCES = tests/parts/reader_probe.c
tests_parts_reader_probe_LDADD = $(springpark_ldadd)

TEST_PARTS += tests/parts/libifdsim.la tests/parts/libfakeudev.la tests/parts/reader_probe

EXTRA_DIST += tests/parts/pcscd.py tests/parts/reader_probe.py tests/system/test_pcsc.py \
	tests/system/test_pcsc_card.py tests/system/test_pcsc_hub.py tests/system/test_card_interface.py
