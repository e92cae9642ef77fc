# SPDX-License-Identifier: MIT
# The steps of springparkctl network --apply by themselves, for tests/system/test_systemd_network.py.

EXTRA_PROGRAMS += tests/parts/network_steps
tests_parts_network_steps_SOURCES = tests/parts/network_steps.c
tests_parts_network_steps_LDADD = $(springpark_ldadd)

TEST_PARTS += tests/parts/network_steps
