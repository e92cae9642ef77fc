# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/reader/driver.c src/reader/reader.h \
	src/reader/pcsc.c \
	src/reader/pcsc_health.c src/reader/pcsc_health.h \
	src/reader/pcsc_hub.c src/reader/pcsc_hub.h \
	src/reader/pcsc_identify.c src/reader/pcsc_identify.h \
	src/reader/pcsc_labels.c src/reader/pcsc_labels.h \
	src/reader/pcsc_library.c src/reader/pcsc_library.h \
	src/reader/pcsc_reader.c \
	src/reader/pcsc_readers.c src/reader/pcsc_readers.h \
	src/reader/pcsc_source.c src/reader/pcsc_source.h \
	src/reader/script.c \
	src/reader/script_parse.c src/reader/script_parse.h
