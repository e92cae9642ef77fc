# SPDX-License-Identifier: MIT
# The unit and its user. Paths are known to make only, so make fills them in. The folder of the unit comes from
# configure (--with-systemdsystemunitdir).

systemdsystemunit_DATA = systemd/springparkd.service systemd/springparkd@.service
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = systemd/sysusers.d/springpark.conf

# Drop-ins that the administrator puts in place: for those who have libnfc readers (doc/libnfc.md), and for those whose
# feedback devices are LEDs of the kernel or GPIO lines (README), these with the udev rules that they need.
dist_springparkdata_DATA = systemd/springparkd-libnfc.conf systemd/springparkd-feedback.conf \
	systemd/60-springpark-feedback.rules

systemd_fill = $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' -e 's|@docdir[@]|$(docdir)|g' \
	-e 's|@springparkstatedir[@]|$(springparkstatedir)|g'

systemd/springparkd.service: $(srcdir)/systemd/springparkd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(systemd_fill) \
		-e 's|@about[@]|The gateway. What one installation needs otherwise goes into a drop-in: systemctl edit springparkd|' \
		-e 's/@of[@]//; s/@daemon_options[@]//; s/@tool_options[@]//; s/@folder[@]//' \
		$(srcdir)/systemd/springparkd.service.in >$@.tmp && mv $@.tmp $@

# Each instance is a device of its own: settings, serial number, sockets, journal.
systemd/springparkd@.service: $(srcdir)/systemd/springparkd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(systemd_fill) \
		-e 's|@about[@]|One of several gateways on this box, with the settings $(springparkconfdir)/NAME.conf: systemctl start springparkd@NAME|' \
		-e 's|@of[@]| %i|' -e 's|@tool_options[@]| --instance %i|' -e 's|@folder[@]|@%i|' \
		-e 's|@daemon_options[@]| --instance %i --config $(springparkconfdir)/%i.conf --run-directory %t/springpark@%i|' \
		$(srcdir)/systemd/springparkd.service.in >$@.tmp && mv $@.tmp $@

systemd/sysusers.d/springpark.conf: $(srcdir)/systemd/springpark.sysusers.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd/sysusers.d && $(systemd_fill) $(srcdir)/systemd/springpark.sysusers.conf.in >$@.tmp \
		&& mv $@.tmp $@

EXTRA_DIST += systemd/springparkd.service.in systemd/springpark.sysusers.conf.in
CLEANFILES += $(systemdsystemunit_DATA) $(sysusers_DATA)
