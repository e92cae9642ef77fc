# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_vendor_file
FUZZERS += tests/fuzz/fuzz_vendor_file
tests_fuzz_fuzz_vendor_file_SOURCES = tests/fuzz/fuzz_vendor_file.c
tests_fuzz_fuzz_vendor_file_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_vendor_file_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += tests/fuzz/corpus/vendor_file/example_1 tests/fuzz/corpus/vendor_file/example_2 \
	tests/fuzz/corpus/vendor_file/example_3 tests/fuzz/corpus/vendor_file/refused \
	tests/fuzz/corpus/vendor_file/certificates tests/fuzz/corpus/vendor_file/templates \
	tests/fuzz/corpus/vendor_file/types_1 tests/fuzz/corpus/vendor_file/types_2 \
	tests/fuzz/corpus/vendor_file/types_refused
