# SPDX-License-Identifier: MIT
# make bench: as root, needs mosquitto, pcscd, python3-paho-mqtt and python3-pyscard. BENCH_FLAGS="--inserts 40 --idle 5"

EXTRA_PROGRAMS += tests/bench/floor
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = $(MOSQUITTO_LIBS) $(PCSC_LIBS)
CLEANFILES += tests/bench/floor

bench: all test-parts tests/bench/floor
	SPRINGPARK_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 $(abs_top_srcdir)/tests/bench/bench.py $(BENCH_FLAGS)
.PHONY: bench

EXTRA_DIST += tests/bench/bench.py tests/bench/bridge_pyscard.py tests/bench/measures.py
