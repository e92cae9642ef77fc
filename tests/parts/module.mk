# SPDX-License-Identifier: MIT
# What the tests are made of: real parts, and what starts and stops them.

EXTRA_PROGRAMS += tests/parts/list_readers      # ./quickstart builds it, too
CLEANFILES += tests/parts/list_readers
tests_parts_list_readers_SOURCES = tests/parts/list_readers.c
tests_parts_list_readers_LDADD = $(PCSC_LIBS)

EXTRA_DIST += tests/run tests/house tests/package tests/parts/packages.sh tests/parts/debian_package.py \
	tests/parts/cards/__init__.py tests/parts/cards/desfire.py tests/parts/cards/desfire_admin.py \
	tests/parts/cards/desfire_crypto.py tests/parts/cards/desfire_session.py \
	tests/parts/pki.py tests/parts/broker.py tests/parts/gateway.py \
	tests/parts/delivery_parts.py tests/parts/heal_parts.py tests/parts/network.py tests/parts/systemd.py tests/parts/threads.py \
	tests/parts/under_filter.py tests/parts/unit_parts.py

# Simulated cards, for pcscd.py and for pn532.py.
EXTRA_DIST += tests/parts/cards/__init__.py tests/parts/cards/air.py tests/parts/cards/base.py \
	tests/parts/cards/classic.py tests/parts/cards/iso7816.py tests/parts/cards/ndef.py tests/parts/cards/server.py \
	tests/parts/cards/type2.py tests/parts/cards/type3.py tests/parts/cards/type4.py tests/parts/cards/vicc.py \
	tests/parts/template_rows.py

# What the system tests and the benchmark need besides the programs: make test-parts. make check does not.
TEST_PARTS =
include tests/parts/pcsc.mk
include tests/parts/cloud.mk
include tests/parts/trouble.mk
include tests/parts/network.mk
include tests/parts/nfc.mk
include tests/parts/recorder.mk
include tests/awsiot/module.mk
CLEANFILES += $(TEST_PARTS)
test-parts: $(TEST_PARTS)
.PHONY: test-parts
