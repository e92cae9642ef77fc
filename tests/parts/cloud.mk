# SPDX-License-Identifier: MIT
# The cloud stage alone, for tests/system/test_cloud.py.

EXTRA_PROGRAMS += tests/parts/cloud_probe
tests_parts_cloud_probe_SOURCES = tests/parts/cloud_probe.c
tests_parts_cloud_probe_LDADD = libspringpark.la

TEST_PARTS += tests/parts/cloud_probe

EXTRA_DIST += tests/parts/fake_broker.py tests/system/test_cloud.py
