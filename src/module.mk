# SPDX-License-Identifier: MIT

sbin_PROGRAMS += springparkd
springparkd_SOURCES = src/springparkd.c
springparkd_LDADD = libspringpark.la

bin_PROGRAMS += springparkctl
springparkctl_SOURCES = src/springparkctl.c
springparkctl_LDADD = libspringpark.la
