# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_network
FUZZERS += tests/fuzz/fuzz_network
tests_fuzz_fuzz_network_SOURCES = tests/fuzz/fuzz_network.c
tests_fuzz_fuzz_network_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_network_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/network/file \
	tests/fuzz/corpus/network/kernel_addresses \
	tests/fuzz/corpus/network/kernel_links \
	tests/fuzz/corpus/network/kernel_neighbours \
	tests/fuzz/corpus/network/kernel_routes \
	tests/fuzz/corpus/network/networkctl \
	tests/fuzz/corpus/network/nmcli \
	tests/fuzz/corpus/network/resolv_conf
