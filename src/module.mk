# SPDX-License-Identifier: MIT

libspringpark_a_SOURCES += \
	src/gateway.c src/gateway.h \
	src/gateway/account.c \
	src/gateway/activation.c src/gateway/activation.h \
	src/gateway/commands.c \
	src/gateway/context.h \
	src/gateway/device_note.c src/gateway/device_note.h \
	src/gateway/expiry.c src/gateway/expiry.h \
	src/gateway/findable.c \
	src/gateway/inflow.c \
	src/gateway/intake.c src/gateway/intake.h \
	src/gateway/keeping.c \
	src/gateway/network_watch.c src/gateway/network_watch.h \
	src/gateway/outflow.c \
	src/gateway/plan.c src/gateway/plan.h \
	src/gateway/reload.c \
	src/gateway/requests.c \
	src/gateway/roster.c src/gateway/roster.h \
	src/gateway/signalling.c \
	src/gateway/sighting.c src/gateway/sighting.h

sbin_PROGRAMS += springparkd
springparkd_SOURCES = src/springparkd.c
springparkd_LDADD = $(springpark_ldadd)

bin_PROGRAMS += springparkctl
springparkctl_SOURCES = src/springparkctl.c
springparkctl_LDADD = $(springpark_ldadd)

# The one program with libnfc in it; the daemon starts it for each libnfc reader.
if HAVE_LIBNFC
pkglibexec_PROGRAMS += springpark-nfc
springpark_nfc_SOURCES = src/springpark-nfc.c src/reader/nfc_library.c src/reader/nfc_library.h
springpark_nfc_CFLAGS = $(AM_CFLAGS) $(LIBNFC_CFLAGS)
springpark_nfc_LDADD = $(springpark_ldadd) $(LIBNFC_LIBS)
endif
