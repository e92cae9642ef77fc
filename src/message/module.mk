# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/message/command.c src/message/command.h src/message/command_parts.h \
	src/message/command_gate.c src/message/command_gate.h \
	src/message/command_json.c \
	src/message/command_text.c \
	src/message/message.c src/message/message.h \
	src/message/scrdr.c src/message/scrdr.h \
	src/message/timestamp.c src/message/timestamp.h
