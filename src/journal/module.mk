# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/journal/bounds.c \
	src/journal/checksum.c src/journal/checksum.h \
	src/journal/disk.c src/journal/disk.h src/journal/disk_sql.h \
	src/journal/file.c src/journal/file.h \
	src/journal/gaps.c src/journal/gaps.h \
	src/journal/inside.h \
	src/journal/journal.c src/journal/journal.h \
	src/journal/opening.c \
	src/journal/orders.c \
	src/journal/pages.c \
	src/journal/ranges.c src/journal/ranges.h \
	src/journal/replay.c \
	src/journal/salvage.c src/journal/salvage.h \
	src/journal/state.c src/journal/state.h \
	src/journal/turn.c \
	src/journal/waiting.c src/journal/waiting.h \
	src/journal/writing.c
