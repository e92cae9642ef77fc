# SPDX-License-Identifier: MIT
# Trouble that no test can make from outside, put before libc by LD_PRELOAD: a clock that is wrong, a call that never ends.

EXTRA_LTLIBRARIES += tests/parts/libtrouble.la
tests_parts_libtrouble_la_SOURCES = tests/parts/trouble.c
tests_parts_libtrouble_la_CFLAGS = -std=gnu17 -Wall -Wextra
tests_parts_libtrouble_la_LDFLAGS = -module -avoid-version -rpath /nowhere

TEST_PARTS += tests/parts/libtrouble.la
