# SPDX-License-Identifier: MIT
# Unit tests (Check): make check, no root, network or hardware. Each room's tests are in tests/unit/ROOM.mk.

unit_ldadd = $(springpark_ldadd) $(CHECK_LIBS)
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)

if HAVE_CHECK
include tests/unit/base.mk
include tests/unit/device.mk
include tests/unit/reader.mk
include tests/unit/nfc.mk
include tests/unit/card.mk
include tests/unit/desfire.mk
include tests/unit/template.mk
include tests/unit/presence.mk
include tests/unit/message.mk
include tests/unit/journal.mk
include tests/unit/cloud.mk
include tests/unit/discovery.mk
include tests/unit/feedback.mk
include tests/unit/control.mk
include tests/unit/tool.mk
include tests/unit/gateway.mk
endif

include tests/fuzz/module.mk
include tests/parts/module.mk
include tests/system/module.mk
include tests/bench/module.mk
include tests/chaos/module.mk
