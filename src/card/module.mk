# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/card/atr.c src/card/atr.h \
	src/card/capability.c src/card/capability.h \
	src/card/card.c src/card/card.h \
	src/card/exchange.c src/card/exchange.h \
	src/card/kind.c src/card/kind.h \
	src/card/ndef.c src/card/ndef.h \
	src/card/ndef_text.c src/card/ndef_text.h \
	src/card/tag_memory.c src/card/tag_memory.h \
	src/card/tlv.c src/card/tlv.h \
	src/card/type2.c src/card/type2.h \
	src/card/type3.c src/card/type3.h \
	src/card/type4.c src/card/type4.h \
	src/card/type5.c src/card/type5.h
