# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/presence/presence.c src/presence/presence.h
