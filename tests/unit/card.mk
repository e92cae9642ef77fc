# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/check_atr
TESTS += tests/unit/check_atr
tests_unit_check_atr_SOURCES = tests/unit/check_atr.c
tests_unit_check_atr_CFLAGS = $(unit_cflags)
tests_unit_check_atr_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_mad
TESTS += tests/unit/check_mad
tests_unit_check_mad_SOURCES = tests/unit/check_mad.c
tests_unit_check_mad_CFLAGS = $(unit_cflags)
tests_unit_check_mad_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_card_kind
TESTS += tests/unit/check_card_kind
tests_unit_check_card_kind_SOURCES = tests/unit/check_card_kind.c
tests_unit_check_card_kind_CFLAGS = $(unit_cflags)
tests_unit_check_card_kind_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_exchange
TESTS += tests/unit/check_exchange
tests_unit_check_exchange_SOURCES = tests/unit/check_exchange.c
tests_unit_check_exchange_CFLAGS = $(unit_cflags)
tests_unit_check_exchange_LDADD = $(unit_ldadd)
check_PROGRAMS += tests/unit/check_ndef
TESTS += tests/unit/check_ndef
tests_unit_check_ndef_SOURCES = tests/unit/check_ndef.c
tests_unit_check_ndef_CFLAGS = $(unit_cflags)
tests_unit_check_ndef_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_tlv
TESTS += tests/unit/check_tlv
tests_unit_check_tlv_SOURCES = tests/unit/check_tlv.c
tests_unit_check_tlv_CFLAGS = $(unit_cflags)
tests_unit_check_tlv_LDADD = $(unit_ldadd)
