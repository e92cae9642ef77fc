# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/feedback/command_driver.c \
	src/feedback/driver.h \
	src/feedback/feedback.c src/feedback/feedback.h \
	src/feedback/gpio_lines.h \
	src/feedback/log_driver.c \
	src/feedback/outputs.c src/feedback/outputs.h \
	src/feedback/pcsc_driver.c \
	src/feedback/player.c src/feedback/player.h \
	src/feedback/policy.c src/feedback/policy.h \
	src/feedback/program.c src/feedback/program.h \
	src/feedback/reader_led.c src/feedback/reader_led.h \
	src/feedback/sequence.c src/feedback/sequence.h \
	src/feedback/setup.c src/feedback/setup.h \
	src/feedback/stage.c src/feedback/stage.h \
	src/feedback/sysfs_driver.c

if HAVE_LIBGPIOD
libspringpark_a_SOURCES += src/feedback/gpio_driver.c src/feedback/gpio_lines.c
endif
