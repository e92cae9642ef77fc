# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/card/an10922.c src/card/an10922.h \
	src/card/atr.c src/card/atr.h \
	src/card/capability.c src/card/capability.h \
	src/card/card.c src/card/card.h \
	src/card/desfire.c src/card/desfire.h \
	src/card/desfire_cipher.c src/card/desfire_cipher.h \
	src/card/desfire_messaging.c src/card/desfire_messaging.h \
	src/card/desfire_session.c src/card/desfire_session.h \
	src/card/exchange.c src/card/exchange.h \
	src/card/kind.c src/card/kind.h \
	src/card/mad.c src/card/mad.h \
	src/card/ndef.c src/card/ndef.h \
	src/card/ndef_text.c src/card/ndef_text.h \
	src/card/tag_memory.c src/card/tag_memory.h \
	src/card/tlv.c src/card/tlv.h \
	src/card/type2.c src/card/type2.h \
	src/card/type3.c src/card/type3.h \
	src/card/type4.c src/card/type4.h \
	src/card/type5.c src/card/type5.h
