# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/card/atr.c src/card/atr.h \
	src/card/card.c src/card/card.h
