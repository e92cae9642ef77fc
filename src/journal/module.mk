# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/journal/gaps.h \
	src/journal/inside.h \
	src/journal/journal.h
