# SPDX-License-Identifier: MIT
# make chaos: thousands of reads while everything is killed again and again, once with readers of pcscd and once with
# readers of libnfc (--driver). As root; needs mosquitto, mosquitto-dev, pcscd and python3-paho-mqtt. CHAOS_FLAGS="--seed 1 --kills 20 --inserts 400" and so on; --help shows all.

chaos: all test-parts
	SPRINGPARK_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 $(abs_top_srcdir)/tests/chaos/chaos.py $(CHAOS_FLAGS)
.PHONY: chaos

EXTRA_DIST += tests/chaos/chaos.py tests/chaos/judge.py tests/chaos/plan.py tests/chaos/readers.py \
	tests/chaos/world.py tests/system/test_crash.py tests/system/test_crash_judge.py tests/system/test_crash_nfc.py
