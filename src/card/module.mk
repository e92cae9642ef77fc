# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/card/an10922.c src/card/an10922.h \
	src/card/atr.c src/card/atr.h \
	src/card/card.c src/card/card.h \
	src/card/desfire.c src/card/desfire.h \
	src/card/desfire_cipher.c src/card/desfire_cipher.h \
	src/card/desfire_messaging.c src/card/desfire_messaging.h \
	src/card/desfire_session.c src/card/desfire_session.h \
	src/card/exchange.c src/card/exchange.h \
	src/card/kind.c src/card/kind.h \
	src/card/mad.c src/card/mad.h
