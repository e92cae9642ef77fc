# SPDX-License-Identifier: MIT

libspringpark_la_SOURCES += \
	src/gateway.c src/gateway.h \
	src/gateway/context.h \
	src/gateway/inflow.c \
	src/gateway/intake.c src/gateway/intake.h \
	src/gateway/keeping.c \
	src/gateway/outflow.c \
	src/gateway/plan.c src/gateway/plan.h \
	src/gateway/reload.c \
	src/gateway/account.c \
	src/gateway/requests.c \
	src/gateway/roster.c src/gateway/roster.h \
	src/gateway/sighting.c src/gateway/sighting.h

sbin_PROGRAMS += springparkd
springparkd_SOURCES = src/springparkd.c
springparkd_LDADD = libspringpark.la

bin_PROGRAMS += springparkctl
springparkctl_SOURCES = src/springparkctl.c
springparkctl_LDADD = libspringpark.la
