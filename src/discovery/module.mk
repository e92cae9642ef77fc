# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/discovery/nddu.c src/discovery/nddu.h \
	src/discovery/responder.c src/discovery/responder.h \
	src/discovery/seeker.c src/discovery/seeker.h
