# SPDX-License-Identifier: MIT
# As root; needs mosquitto, mosquitto-clients, pcscd, python3-paho-mqtt and python3-pyscard.
# make bench runs all, make bench-latency, make bench-libnfc, make bench-journal and make bench-templates one of them, a
# few minutes each.
#     make bench-latency BENCH_FLAGS="--inserts 40 --idle 5"
#     make bench-libnfc BENCH_LIBNFC_FLAGS="--visits 10 --idle 5"
#     make bench-journal BENCH_JOURNAL_FLAGS="--quick"
#     make bench-templates BENCH_TEMPLATES_FLAGS="--inserts 6"

EXTRA_PROGRAMS += tests/bench/floor
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = $(MOSQUITTO_LIBS) $(PCSC_LIBS)
CLEANFILES += tests/bench/floor

if HAVE_LIBNFC
EXTRA_PROGRAMS += tests/bench/floor_nfc
tests_bench_floor_nfc_SOURCES = tests/bench/floor_nfc.c
tests_bench_floor_nfc_CFLAGS = $(AM_CFLAGS) $(LIBNFC_CFLAGS)
tests_bench_floor_nfc_LDADD = $(MOSQUITTO_LIBS) $(LIBNFC_LIBS)
CLEANFILES += tests/bench/floor_nfc
bench_floor_nfc = tests/bench/floor_nfc
bench_libnfc = $(bench_python) $(abs_top_srcdir)/tests/bench/libnfc.py $(BENCH_LIBNFC_FLAGS)
else
bench_floor_nfc =
bench_libnfc = echo "bench: this build has no libnfc, so its readers are not measured; next: ./configure --with-libnfc"
endif

bench_python = SPRINGPARK_BUILD=$(abs_top_builddir) PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3
bench_latency = $(bench_python) $(abs_top_srcdir)/tests/bench/bench.py $(BENCH_FLAGS)
bench_journal = $(bench_python) $(abs_top_srcdir)/tests/bench/journal.py $(BENCH_JOURNAL_FLAGS)
bench_templates = $(bench_python) $(abs_top_srcdir)/tests/bench/templates.py $(BENCH_TEMPLATES_FLAGS)

# All, one after the other and never side by side, whatever the others say.
bench: all test-parts tests/bench/floor $(bench_floor_nfc)
	status=0; $(bench_latency) || status=$$?; $(bench_libnfc) || status=$$?; $(bench_journal) || status=$$?; \
	$(bench_templates) || status=$$?; \
	exit $$status
bench-latency: all test-parts tests/bench/floor
	$(bench_latency)
bench-libnfc: all $(bench_floor_nfc)
	$(bench_libnfc)
bench-journal: all
	$(bench_journal)
bench-templates: all test-parts
	$(bench_templates)
.PHONY: bench bench-latency bench-libnfc bench-journal bench-templates

EXTRA_DIST += tests/bench/bench.py tests/bench/bridge_pyscard.py tests/bench/journal.py tests/bench/libnfc.py \
	tests/bench/measures.py \
	tests/bench/scripted.py tests/bench/templates.py
