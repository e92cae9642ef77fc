# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_registration
FUZZERS += tests/fuzz/fuzz_registration
tests_fuzz_fuzz_registration_SOURCES = tests/fuzz/fuzz_registration.c
tests_fuzz_fuzz_registration_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_registration_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/registration/empty \
	tests/fuzz/corpus/registration/two \
	tests/fuzz/corpus/registration/cut \
	tests/fuzz/corpus/registration/twice
