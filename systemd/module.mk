# SPDX-License-Identifier: MIT
# The unit and its user. Paths are known to make only, so make fills them in. The folder of the unit comes from
# configure (--with-systemdsystemunitdir).

systemdsystemunit_DATA = systemd/springparkd.service
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = systemd/sysusers.d/springpark.conf

systemd_fill = $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' -e 's|@docdir[@]|$(docdir)|g' \
	-e 's|@springparkstatedir[@]|$(springparkstatedir)|g'

systemd/springparkd.service: $(srcdir)/systemd/springparkd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && $(systemd_fill) $(srcdir)/systemd/springparkd.service.in >$@.tmp && mv $@.tmp $@

systemd/sysusers.d/springpark.conf: $(srcdir)/systemd/springpark.sysusers.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd/sysusers.d && $(systemd_fill) $(srcdir)/systemd/springpark.sysusers.conf.in >$@.tmp \
		&& mv $@.tmp $@

EXTRA_DIST += systemd/springparkd.service.in systemd/springpark.sysusers.conf.in
CLEANFILES += $(systemdsystemunit_DATA) $(sysusers_DATA)
