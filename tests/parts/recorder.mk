# SPDX-License-Identifier: MIT
# The plugin by which mosquitto notes what it acknowledges; needs the Debian package mosquitto-dev.

EXTRA_LTLIBRARIES += tests/parts/librecorder.la
tests_parts_librecorder_la_SOURCES = tests/parts/recorder.c
tests_parts_librecorder_la_CFLAGS = -std=gnu17 -Wall -Wextra
tests_parts_librecorder_la_LDFLAGS = -module -avoid-version -rpath /nowhere

TEST_PARTS += tests/parts/librecorder.la

EXTRA_DIST += tests/parts/recorder.py
