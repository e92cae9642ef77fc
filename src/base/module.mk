# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/base/activity.c src/base/activity.h \
	src/base/apdu.c src/base/apdu.h \
	src/base/clock.c src/base/clock.h \
	src/base/errors.c src/base/errors.h \
	src/base/event_id.h \
	src/base/hex.c src/base/hex.h \
	src/base/log.c src/base/log.h \
	src/base/loop.c src/base/loop.h \
	src/base/memory.c src/base/memory.h \
	src/base/queue.c src/base/queue.h \
	src/base/service.c src/base/service.h \
	src/base/spawn.c src/base/spawn.h \
	src/base/stored_file.c src/base/stored_file.h \
	src/base/thread.c src/base/thread.h \
	src/base/wakeup.c src/base/wakeup.h \
	src/base/watchdog.c src/base/watchdog.h
