# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/card/atr.c src/card/atr.h \
	src/card/card.c src/card/card.h \
	src/card/exchange.c src/card/exchange.h \
	src/card/kind.c src/card/kind.h \
	src/card/mad.c src/card/mad.h
