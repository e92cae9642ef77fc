# SPDX-License-Identifier: MIT
# System tests: the built programs between real parts. tests/run finds and runs tests/system/test_*.py.

EXTRA_DIST += \
	tests/parts/claim_broker.py \
	tests/system/test_behaviour.py \
	tests/system/test_claim.py \
	tests/system/test_completion.py \
	tests/system/test_configure.py \
	tests/system/test_delivery.py \
	tests/system/test_delivery_disk.py \
	tests/system/test_desfire_simulator.py \
	tests/system/test_discover.py \
	tests/system/test_doc_aws.py \
	tests/system/test_feedback.py \
	tests/system/test_gateway.py \
	tests/system/test_gateway_settings.py \
	tests/system/test_heal_clock.py \
	tests/system/test_heal_dns.py \
	tests/system/test_heal_network.py \
	tests/system/test_heal_pcsc.py \
	tests/system/test_libnfc_files.py \
	tests/system/test_manual.py \
	tests/system/test_nfc.py \
	tests/system/test_nfc_gateway.py \
	tests/system/test_nfc_way.py \
	tests/system/test_quickstart.py \
	tests/system/test_sandbox_broker.py \
	tests/system/test_script_reader.py \
	tests/system/autopkgtest.py \
	tests/system/test_secrets.py \
	tests/system/test_simulated_cards.py \
	tests/system/test_system_call_filter.py \
	tests/system/test_systemd_libnfc.py \
	tests/system/test_systemd_network.py \
	tests/system/test_systemd_package.py \
	tests/system/test_systemd_unit.py \
	tests/system/test_systemd_watchdog.py \
	tests/system/test_take_over.py \
	tests/system/test_templates.py \
	tests/system/test_templates_desfire.py
