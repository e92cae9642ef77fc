# SPDX-License-Identifier: MIT
# System tests: the built programs between real parts. tests/run finds and runs tests/system/test_*.py.

EXTRA_DIST += \
	tests/system/test_configure.py \
	tests/system/test_delivery.py \
	tests/system/test_delivery_disk.py \
	tests/system/test_gateway.py \
	tests/system/test_gateway_settings.py \
	tests/system/test_heal_clock.py \
	tests/system/test_heal_dns.py \
	tests/system/test_heal_network.py \
	tests/system/test_heal_pcsc.py \
	tests/system/test_quickstart.py \
	tests/system/test_sandbox_broker.py \
	tests/system/test_script_reader.py \
	tests/system/test_systemd_unit.py \
	tests/system/test_systemd_watchdog.py
