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

check_PROGRAMS += tests/unit/check_trust
TESTS += tests/unit/check_trust
tests_unit_check_trust_SOURCES = tests/unit/check_trust.c
tests_unit_check_trust_CFLAGS = $(unit_cflags)
tests_unit_check_trust_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_arrival
TESTS += tests/unit/check_arrival
tests_unit_check_arrival_SOURCES = tests/unit/check_arrival.c
tests_unit_check_arrival_CFLAGS = $(unit_cflags)
tests_unit_check_arrival_LDADD = $(unit_ldadd)

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

check_PROGRAMS += tests/unit/check_aws
TESTS += tests/unit/check_aws
tests_unit_check_aws_SOURCES = tests/unit/check_aws.c
tests_unit_check_aws_CFLAGS = $(unit_cflags)
tests_unit_check_aws_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_token_key
TESTS += tests/unit/check_token_key
tests_unit_check_token_key_SOURCES = tests/unit/check_token_key.c
tests_unit_check_token_key_CFLAGS = $(unit_cflags)
tests_unit_check_token_key_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_claim_answer
TESTS += tests/unit/check_claim_answer
tests_unit_check_claim_answer_SOURCES = tests/unit/check_claim_answer.c
tests_unit_check_claim_answer_CFLAGS = $(unit_cflags)
tests_unit_check_claim_answer_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_awaiting
TESTS += tests/unit/check_awaiting
tests_unit_check_awaiting_SOURCES = tests/unit/check_awaiting.c
tests_unit_check_awaiting_CFLAGS = $(unit_cflags)
tests_unit_check_awaiting_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_registration
TESTS += tests/unit/check_registration
tests_unit_check_registration_SOURCES = tests/unit/check_registration.c
tests_unit_check_registration_CFLAGS = $(unit_cflags)
tests_unit_check_registration_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_diagnosis
TESTS += tests/unit/check_diagnosis
tests_unit_check_diagnosis_SOURCES = tests/unit/check_diagnosis.c
tests_unit_check_diagnosis_CFLAGS = $(unit_cflags)
tests_unit_check_diagnosis_LDADD = $(unit_ldadd)
