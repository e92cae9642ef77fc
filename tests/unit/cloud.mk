# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_backoff
TESTS += tests/unit/check_backoff
tests_unit_check_backoff_SOURCES = tests/unit/check_backoff.c
tests_unit_check_backoff_CFLAGS = $(unit_cflags)
tests_unit_check_backoff_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_mqtt_end
TESTS += tests/unit/check_mqtt_end
tests_unit_check_mqtt_end_SOURCES = tests/unit/check_mqtt_end.c
tests_unit_check_mqtt_end_CFLAGS = $(unit_cflags)
tests_unit_check_mqtt_end_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_outbox
TESTS += tests/unit/check_outbox
tests_unit_check_outbox_SOURCES = tests/unit/check_outbox.c
tests_unit_check_outbox_CFLAGS = $(unit_cflags)
tests_unit_check_outbox_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_tls
TESTS += tests/unit/check_tls
tests_unit_check_tls_SOURCES = tests/unit/check_tls.c
tests_unit_check_tls_CFLAGS = $(unit_cflags)
tests_unit_check_tls_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_keep_alive
TESTS += tests/unit/check_keep_alive
tests_unit_check_keep_alive_SOURCES = tests/unit/check_keep_alive.c
tests_unit_check_keep_alive_CFLAGS = $(unit_cflags)
tests_unit_check_keep_alive_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_lanes
TESTS += tests/unit/check_lanes
tests_unit_check_lanes_SOURCES = tests/unit/check_lanes.c
tests_unit_check_lanes_CFLAGS = $(unit_cflags)
tests_unit_check_lanes_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_suspects
TESTS += tests/unit/check_suspects
tests_unit_check_suspects_SOURCES = tests/unit/check_suspects.c
tests_unit_check_suspects_CFLAGS = $(unit_cflags)
tests_unit_check_suspects_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_throttle
TESTS += tests/unit/check_throttle
tests_unit_check_throttle_SOURCES = tests/unit/check_throttle.c
tests_unit_check_throttle_CFLAGS = $(unit_cflags)
tests_unit_check_throttle_LDADD = $(unit_ldadd)
