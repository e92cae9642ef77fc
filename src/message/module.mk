# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/message/command.c src/message/command.h src/message/command_parts.h \
	src/message/command_json.c \
	src/message/command_text.c \
	src/message/message.c src/message/message.h
