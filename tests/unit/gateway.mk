# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_roster
TESTS += tests/unit/check_roster
tests_unit_check_roster_SOURCES = tests/unit/check_roster.c
tests_unit_check_roster_CFLAGS = $(unit_cflags)
tests_unit_check_roster_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_config_trust
TESTS += tests/unit/check_config_trust
tests_unit_check_config_trust_SOURCES = tests/unit/check_config_trust.c
tests_unit_check_config_trust_CFLAGS = $(unit_cflags)
tests_unit_check_config_trust_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_config_aws
TESTS += tests/unit/check_config_aws
tests_unit_check_config_aws_SOURCES = tests/unit/check_config_aws.c
tests_unit_check_config_aws_CFLAGS = $(unit_cflags)
tests_unit_check_config_aws_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_expiry
TESTS += tests/unit/check_expiry
tests_unit_check_expiry_SOURCES = tests/unit/check_expiry.c
tests_unit_check_expiry_CFLAGS = $(unit_cflags)
tests_unit_check_expiry_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_config_provisioning
TESTS += tests/unit/check_config_provisioning
tests_unit_check_config_provisioning_SOURCES = tests/unit/check_config_provisioning.c
tests_unit_check_config_provisioning_CFLAGS = $(unit_cflags)
tests_unit_check_config_provisioning_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_activation
TESTS += tests/unit/check_activation
tests_unit_check_activation_SOURCES = tests/unit/check_activation.c
tests_unit_check_activation_CFLAGS = $(unit_cflags)
tests_unit_check_activation_LDADD = $(unit_ldadd)

check_PROGRAMS += tests/unit/check_network
TESTS += tests/unit/check_network
tests_unit_check_network_SOURCES = tests/unit/check_network.c
tests_unit_check_network_CFLAGS = $(unit_cflags)
tests_unit_check_network_LDADD = $(unit_ldadd)
