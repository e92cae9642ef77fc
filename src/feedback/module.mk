# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/feedback/driver.h \
	src/feedback/feedback.c src/feedback/feedback.h \
	src/feedback/log_driver.c
