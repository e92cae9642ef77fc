# SPDX-License-Identifier: MIT
if ENABLE_FUZZERS
EXTRA_PROGRAMS += tests/fuzz/fuzz_card_answers
FUZZERS += tests/fuzz/fuzz_card_answers
tests_fuzz_fuzz_card_answers_SOURCES = tests/fuzz/fuzz_card_answers.c
tests_fuzz_fuzz_card_answers_LDADD = $(springpark_ldadd)
tests_fuzz_fuzz_card_answers_LDFLAGS = $(AM_LDFLAGS) $(SP_FUZZ_LDFLAGS)
endif
EXTRA_DIST += \
	tests/fuzz/corpus/card_answers/classic_all_again \
	tests/fuzz/corpus/card_answers/classic_block \
	tests/fuzz/corpus/card_answers/classic_mad \
	tests/fuzz/corpus/card_answers/classic_refused \
	tests/fuzz/corpus/card_answers/iso_chain \
	tests/fuzz/corpus/card_answers/iso_endless \
	tests/fuzz/corpus/card_answers/iso_three \
	tests/fuzz/corpus/card_answers/t2_all_cc \
	tests/fuzz/corpus/card_answers/t2_fixed \
	tests/fuzz/corpus/card_answers/t2_rolls_over \
	tests/fuzz/corpus/card_answers/t2_string_again \
	tests/fuzz/corpus/card_answers/t2_vague \
	tests/fuzz/corpus/card_answers/t5_6c \
	tests/fuzz/corpus/card_answers/t5_all_6282 \
	tests/fuzz/corpus/card_answers/t5_equal_again \
	tests/fuzz/corpus/card_answers/t5_many_again \
	tests/fuzz/corpus/card_answers/t5_single \
	tests/fuzz/corpus/card_answers/t5_wrong_length
