# SPDX-License-Identifier: MIT

feedback_checks = tests/unit/check_feedback tests/unit/check_feedback_player tests/unit/check_feedback_policy \
	tests/unit/check_feedback_drivers tests/unit/check_config_feedback \
	tests/unit/check_gpio_1 tests/unit/check_gpio_2
check_PROGRAMS += $(feedback_checks)
TESTS += $(feedback_checks)

tests_unit_check_feedback_SOURCES = tests/unit/check_feedback.c
tests_unit_check_feedback_CFLAGS = $(unit_cflags)
tests_unit_check_feedback_LDADD = $(unit_ldadd)

tests_unit_check_feedback_player_SOURCES = tests/unit/check_feedback_player.c
tests_unit_check_feedback_player_CFLAGS = $(unit_cflags)
tests_unit_check_feedback_player_LDADD = $(unit_ldadd)

tests_unit_check_feedback_policy_SOURCES = tests/unit/check_feedback_policy.c
tests_unit_check_feedback_policy_CFLAGS = $(unit_cflags)
tests_unit_check_feedback_policy_LDADD = $(unit_ldadd)

tests_unit_check_feedback_drivers_SOURCES = tests/unit/check_feedback_drivers.c
tests_unit_check_feedback_drivers_CFLAGS = $(unit_cflags)
tests_unit_check_feedback_drivers_LDADD = $(unit_ldadd)

tests_unit_check_config_feedback_SOURCES = tests/unit/check_config_feedback.c
tests_unit_check_config_feedback_CFLAGS = $(unit_cflags)
tests_unit_check_config_feedback_LDADD = $(unit_ldadd)

# The driver gpio against doubles of both interfaces of libgpiod, whether that is installed or not.
gpio_sources = tests/unit/check_gpio.c src/feedback/gpio_driver.c src/feedback/gpio_lines.c

tests_unit_check_gpio_1_SOURCES = $(gpio_sources) tests/unit/gpiod_v1/gpiod.h
tests_unit_check_gpio_1_CPPFLAGS = -I$(srcdir)/tests/unit/gpiod_v1 $(AM_CPPFLAGS)
tests_unit_check_gpio_1_CFLAGS = $(unit_cflags) -UHAVE_LIBGPIOD_2
tests_unit_check_gpio_1_LDADD = $(unit_ldadd)

tests_unit_check_gpio_2_SOURCES = $(gpio_sources) tests/unit/gpiod_v2/gpiod.h
tests_unit_check_gpio_2_CPPFLAGS = -I$(srcdir)/tests/unit/gpiod_v2 $(AM_CPPFLAGS)
tests_unit_check_gpio_2_CFLAGS = $(unit_cflags) -UHAVE_LIBGPIOD_2 -DHAVE_LIBGPIOD_2=1
tests_unit_check_gpio_2_LDADD = $(unit_ldadd)
