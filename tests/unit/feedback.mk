# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/check_feedback
TESTS += tests/unit/check_feedback

tests_unit_check_feedback_SOURCES = tests/unit/check_feedback.c
tests_unit_check_feedback_CFLAGS = $(unit_cflags)
tests_unit_check_feedback_LDADD = $(unit_ldadd)
