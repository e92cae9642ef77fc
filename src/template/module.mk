# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/template/characters.c src/template/characters.h \
	src/template/decimal.c src/template/decimal.h \
	src/template/desfire_access.c src/template/desfire_access.h \
	src/template/desfire_data.c \
	src/template/desfire_id.c \
	src/template/id_only.c src/template/id_only.h \
	src/template/iso15693_memory.c \
	src/template/iso_data.c \
	src/template/mifare_classic.c \
	src/template/mifare_ultralight.c \
	src/template/ndef_data.c \
	src/template/output.c src/template/output.h \
	src/template/template.c src/template/template.h \
	src/template/token.c src/template/token.h \
	src/template/type.h
