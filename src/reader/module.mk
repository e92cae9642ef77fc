# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/reader/driver.c src/reader/reader.h \
	src/reader/labels.c src/reader/labels.h \
	src/reader/nfc.c \
	src/reader/nfc_card.c src/reader/nfc_card.h \
	src/reader/nfc_chip.c src/reader/nfc_chip.h \
	src/reader/nfc_field.c src/reader/nfc_field.h \
	src/reader/nfc_holder.c src/reader/nfc_holder.h \
	src/reader/nfc_holder_usb.c \
	src/reader/nfc_link.c src/reader/nfc_link.h \
	src/reader/nfc_lock.c src/reader/nfc_lock.h \
	src/reader/nfc_place.c src/reader/nfc_place.h \
	src/reader/nfc_proc.c src/reader/nfc_proc.h \
	src/reader/nfc_reader.c src/reader/nfc_reader.h \
	src/reader/nfc_scan.c src/reader/nfc_scan.h \
	src/reader/nfc_tag.c src/reader/nfc_tag.h \
	src/reader/nfc_usb_watch.c src/reader/nfc_usb_watch.h \
	src/reader/nfc_wire.c src/reader/nfc_wire.h \
	src/reader/pace.c src/reader/pace.h \
	src/reader/pcsc.c \
	src/reader/pcsc_card.c src/reader/pcsc_card.h \
	src/reader/pcsc_health.c src/reader/pcsc_health.h \
	src/reader/pcsc_hub.c src/reader/pcsc_hub.h \
	src/reader/pcsc_identify.c src/reader/pcsc_identify.h \
	src/reader/pcsc_library.c src/reader/pcsc_library.h \
	src/reader/pcsc_reader.c \
	src/reader/pcsc_readers.c src/reader/pcsc_readers.h \
	src/reader/pcsc_source.c src/reader/pcsc_source.h \
	src/reader/pcsc_visit.c src/reader/pcsc_visit.h \
	src/reader/script.c \
	src/reader/script_parse.c src/reader/script_parse.h \
	src/reader/teller.c src/reader/teller.h
