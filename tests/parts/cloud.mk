# SPDX-License-Identifier: MIT
# The cloud stage alone, for tests/system/test_cloud_*.py.

EXTRA_PROGRAMS += tests/parts/cloud_probe
tests_parts_cloud_probe_SOURCES = tests/parts/cloud_probe.c
tests_parts_cloud_probe_LDADD = $(springpark_ldadd)

TEST_PARTS += tests/parts/cloud_probe

EXTRA_DIST += tests/parts/cloud_parts.py tests/parts/fake_broker.py tests/system/test_cloud_aws.py \
	tests/system/test_cloud_faults.py tests/system/test_cloud_lending.py tests/system/test_cloud_life.py \
	tests/system/test_cloud_diagnosis.py tests/system/test_cloud_registration.py tests/system/test_cloud_suspects.py \
	tests/system/test_cloud_talk.py
