# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_claim
FUZZERS += tests/fuzz/fuzz_claim
tests_fuzz_fuzz_claim_SOURCES = tests/fuzz/fuzz_claim.c
tests_fuzz_fuzz_claim_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_claim_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/claim/certificate \
	tests/fuzz/corpus/claim/damaged \
	tests/fuzz/corpus/claim/rejected \
	tests/fuzz/corpus/claim/thing
