# SPDX-License-Identifier: MIT
EXTRA_DIST += etc/demo.script

# What libnfc's readers need of the system. Under the prefix, like the unit: kmod and udev look under /usr/local, too.
modprobedir = $(prefix)/lib/modprobe.d
udevrulesdir = $(prefix)/lib/udev/rules.d
dist_udevrules_DATA = etc/60-springpark-nfc.rules
modprobe_DATA = etc/springpark.modprobe/springpark.conf
EXTRA_DIST += etc/springpark-modprobe.conf
CLEANFILES += $(modprobe_DATA)
etc/springpark.modprobe/springpark.conf: $(srcdir)/etc/springpark-modprobe.conf
	$(AM_V_GEN)$(MKDIR_P) etc/springpark.modprobe && cp $(srcdir)/etc/springpark-modprobe.conf $@.tmp && mv $@.tmp $@

# Whom a pcscd that asks polkit lets in.
dist_polkitrules_DATA = etc/60-springpark-pcsc.rules

# Beside the configuration: CAs and certificates, which anybody may read; keys, for the group of the service only, which
# the installing administrator or the package gives to it; NAME.conf of springparkd@NAME.
install-folders:
	$(MKDIR_P) "$(DESTDIR)$(springparkconfdir)/certs"
	test -d "$(DESTDIR)$(springparkconfdir)/private" || \
		$(INSTALL) -d -m 0750 "$(DESTDIR)$(springparkconfdir)/private"

# Only what is empty goes away again.
uninstall-folders:
	for folder in certs private ""; do \
		rmdir "$(DESTDIR)$(springparkconfdir)/$$folder" 2>/dev/null || :; done

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

.PHONY: install-configuration uninstall-configuration install-folders uninstall-folders
install-data-local: install-configuration install-folders
uninstall-local: uninstall-configuration uninstall-folders
