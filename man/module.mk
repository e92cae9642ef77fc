# SPDX-License-Identifier: MIT
# The manual. springpark.conf.5 is written from the register table, see its first lines; a unit test compares. What the
# other pages say of options, tests/system/test_manual.py compares with --help.
dist_man_MANS += man/springpark.conf.5 man/springparkctl.1 man/springparkd.8 man/springpark-aws.7
