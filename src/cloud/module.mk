# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/cloud/backoff.c src/cloud/backoff.h \
	src/cloud/call_limit.c src/cloud/call_limit.h \
	src/cloud/carrier.c src/cloud/carrier.h \
	src/cloud/certificate.c src/cloud/certificate.h \
	src/cloud/cloud.c src/cloud/cloud.h \
	src/cloud/dial.c src/cloud/dial.h \
	src/cloud/inside.h \
	src/cloud/keep_alive.c src/cloud/keep_alive.h \
	src/cloud/lanes.c src/cloud/lanes.h \
	src/cloud/link.c src/cloud/link.h \
	src/cloud/mqtt.c src/cloud/mqtt.h \
	src/cloud/mqtt_end.c src/cloud/mqtt_end.h \
	src/cloud/outbox.c src/cloud/outbox.h \
	src/cloud/reason.c \
	src/cloud/session.c src/cloud/session.h \
	src/cloud/settings.c src/cloud/settings.h \
	src/cloud/suspects.c src/cloud/suspects.h \
	src/cloud/throttle.c src/cloud/throttle.h \
	src/cloud/tls.c src/cloud/tls.h
