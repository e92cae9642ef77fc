# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/presence/presence.c src/presence/presence.h
