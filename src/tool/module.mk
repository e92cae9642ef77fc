# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/tool/cmd_check.c \
	src/tool/cmd_registers.c \
	src/tool/tool.h
