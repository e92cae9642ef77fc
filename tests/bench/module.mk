# SPDX-License-Identifier: MIT
# As root; needs mosquitto, mosquitto-clients, pcscd, python3-paho-mqtt and python3-pyscard.
# make bench runs both, make bench-latency and make bench-journal one of them, a few minutes each.
#     make bench-latency BENCH_FLAGS="--inserts 40 --idle 5"
#     make bench-journal BENCH_JOURNAL_FLAGS="--quick"

EXTRA_PROGRAMS += tests/bench/floor
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = $(MOSQUITTO_LIBS) $(PCSC_LIBS)
CLEANFILES += tests/bench/floor

bench_python = SPRINGPARK_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3
bench_latency = $(bench_python) $(abs_top_srcdir)/tests/bench/bench.py $(BENCH_FLAGS)
bench_journal = $(bench_python) $(abs_top_srcdir)/tests/bench/journal.py $(BENCH_JOURNAL_FLAGS)

# Both, one after the other and never side by side, whatever the first one says.
bench: all test-parts tests/bench/floor
	status=0; $(bench_latency) || status=$$?; $(bench_journal) || status=$$?; exit $$status
bench-latency: all test-parts tests/bench/floor
	$(bench_latency)
bench-journal: all
	$(bench_journal)
.PHONY: bench bench-latency bench-journal

EXTRA_DIST += tests/bench/bench.py tests/bench/bridge_pyscard.py tests/bench/journal.py tests/bench/measures.py \
	tests/bench/scripted.py
