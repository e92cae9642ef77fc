# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/tool/tool.h \
	src/tool/arguments.c src/tool/arguments.h \
	src/tool/broker.c src/tool/broker.h \
	src/tool/cmd_check.c \
	src/tool/cmd_command.c \
	src/tool/cmd_journal.c \
	src/tool/cmd_readers.c \
	src/tool/cmd_registers.c \
	src/tool/cmd_reload.c \
	src/tool/cmd_status.c \
	src/tool/cmd_subscribe.c \
	src/tool/cmd_watch.c \
	src/tool/daemon.c src/tool/daemon.h \
	src/tool/display.c src/tool/display.h \
	src/tool/interrupt.c src/tool/interrupt.h \
	src/tool/journal_pages.c src/tool/journal_pages.h \
	src/tool/journal_release.c src/tool/journal_release.h \
	src/tool/journal_view.c src/tool/journal_view.h \
	src/tool/new_file.c src/tool/new_file.h \
	src/tool/report.c src/tool/report.h \
	src/tool/shortcut.c src/tool/shortcut.h \
	src/tool/view.c src/tool/view.h
