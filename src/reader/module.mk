# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES +=

libspringpark_la_SOURCES += \
	src/reader/script.c \
	src/reader/script_parse.c src/reader/script_parse.h
