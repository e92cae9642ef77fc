# SPDX-License-Identifier: MIT
# The stand-in for AWS IoT Core: a plugin for mosquitto, and what sets it up; needs the Debian package mosquitto-dev.

EXTRA_LTLIBRARIES += tests/awsiot/libstandin.la
tests_awsiot_libstandin_la_SOURCES = \
	tests/awsiot/standin.c tests/awsiot/standin.h \
	tests/awsiot/standin_acl.c \
	tests/awsiot/standin_connect.c \
	tests/awsiot/standin_connection.c \
	tests/awsiot/standin_control.c \
	tests/awsiot/standin_fleet.c \
	tests/awsiot/standin_packet.c tests/awsiot/standin_packet.h \
	tests/awsiot/standin_policy.c tests/awsiot/standin_policy.h \
	tests/awsiot/standin_record.c tests/awsiot/standin_record.h \
	tests/awsiot/standin_registry.c tests/awsiot/standin_registry.h \
	tests/awsiot/standin_x509.c tests/awsiot/standin_x509.h
tests_awsiot_libstandin_la_CFLAGS = -std=gnu17 -Wall -Wextra $(JANSSON_CFLAGS) $(OPENSSL_CFLAGS)
tests_awsiot_libstandin_la_LDFLAGS = -module -avoid-version -rpath /nowhere
tests_awsiot_libstandin_la_LIBADD = $(JANSSON_LIBS) $(OPENSSL_LIBS)

EXTRA_PROGRAMS += tests/awsiot/policy_probe
tests_awsiot_policy_probe_SOURCES = tests/awsiot/policy_probe.c tests/awsiot/standin_policy.c
tests_awsiot_policy_probe_CFLAGS = -std=gnu17 -Wall -Wextra $(JANSSON_CFLAGS)
tests_awsiot_policy_probe_LDADD = $(JANSSON_LIBS)

TEST_PARTS += tests/awsiot/libstandin.la tests/awsiot/policy_probe

EXTRA_DIST += tests/awsiot/daemon_parts.py tests/awsiot/raw_client.py tests/awsiot/standin.py \
	tests/awsiot/test_daemon.py tests/awsiot/test_daemon_refused.py tests/awsiot/test_policies.py \
	tests/awsiot/test_scripted.py tests/awsiot/test_standin.py
