# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/control/control.h \
	src/control/client.c \
	src/control/line_buffer.c src/control/line_buffer.h \
	src/control/listener.c src/control/listener.h \
	src/control/output.c src/control/output.h \
	src/control/request.c src/control/request.h \
	src/control/server.c
