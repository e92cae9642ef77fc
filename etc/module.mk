# SPDX-License-Identifier: MIT
EXTRA_DIST += etc/demo.script

# The sample configuration: written from the register table (tests/unit/print_registers --sample, or
# springparkctl registers --sample); a unit test compares. An existing configuration is never overwritten.

EXTRA_DIST += etc/springpark.conf

install-configuration:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)"
	test -e "$(DESTDIR)$(sysconfdir)/springpark.conf" || \
		$(INSTALL) -m 0640 "$(srcdir)/etc/springpark.conf" "$(DESTDIR)$(sysconfdir)/springpark.conf"

# Only a configuration that nobody changed goes away again.
uninstall-configuration:
	if cmp -s "$(srcdir)/etc/springpark.conf" "$(DESTDIR)$(sysconfdir)/springpark.conf"; then \
		rm -f "$(DESTDIR)$(sysconfdir)/springpark.conf"; fi

.PHONY: install-configuration uninstall-configuration
install-data-local: install-configuration
uninstall-local: uninstall-configuration
