# SPDX-License-Identifier: MIT
# Completion for bash. What is known of settings is written from the register table (tests/unit/print_manual
# --completion), and a unit test compares; the rest is tested against --help by tests/system/test_completion.py.

bashcompletiondir = @bashcompletiondir@
bashcompletion_DATA = completions/springparkctl
dist_bashcompletion_DATA = completions/springparkd
EXTRA_DIST += completions/springparkctl.bash completions/settings.bash
CLEANFILES += completions/springparkctl

completions/springparkctl: $(srcdir)/completions/springparkctl.bash $(srcdir)/completions/settings.bash
	$(AM_V_GEN)$(MKDIR_P) completions && cat $(srcdir)/completions/springparkctl.bash \
		$(srcdir)/completions/settings.bash >$@.tmp && mv $@.tmp $@
