# SPDX-License-Identifier: MIT
"""springparkd as a service of a real systemd, for tests: what to install, how to ask systemd and the journal.

The tree must be built; SPRINGPARK_BUILD names the folder. Needs root and systemd-container.
"""

import json
import os
import shutil
import unittest

import systemd

UNIT = "springparkd.service"
EX_CONFIG = 78
SCRIPT = "/etc/springpark-test.script"
OTHER_SCRIPT = "/etc/springpark-test-other.script"
TAG = "047DAE02C84080"
OTHER_TAG = "04112233445566"
DROP_IN = "/run/systemd/system/springparkd.service.d/test.conf"


def script(tag):
    return "insert NFC-A %s\nwait 100ms\nremove\nwait 100ms\nrepeat\n" % tag


def configuration(path, more=""):
    return """# for the test of the unit
readers: ( { driver = "script"; path = "%s"; label = "door"; } );
templates: ( { type = "id-only"; technologies = "all"; format = "hex"; } );
smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 0; };
%s""" % (path, more)


def machine_files():
    """What the test puts into the machine beside the installation."""
    return {SCRIPT: script(TAG), OTHER_SCRIPT: script(OTHER_TAG)}


def reason_to_skip():
    if os.geteuid() != 0:
        return "booting a machine needs root"
    for tool in ("systemd-nspawn", "nsenter", "unshare", "setpriv"):
        if shutil.which(tool) is None:
            return "%s is missing; next: apt-get install systemd-container util-linux" % tool
    return None


class UnitCase(unittest.TestCase):
    """A machine for the class; the service is stopped and as it was installed before each test."""

    @classmethod
    def setUpClass(cls):
        reason = reason_to_skip()
        if reason:
            raise unittest.SkipTest(reason)
        build = systemd.build_folder()
        cls.config = systemd.make_variable(build, "sysconfdir") + "/springpark.conf"
        cls.machine = systemd.Machine(build, files=machine_files())
        cls.addClassCleanup(cls.machine.stop)
        cls.machine.run(["systemd-sysusers"])

    def setUp(self):
        # The file as a package would leave it: 0640 root:springpark.
        self.machine.run("mkdir -p \"$(dirname '%s')\" && install -m 0640 -o root -g springpark /dev/null '%s'"
                         % (self.config, self.config))
        self.machine.write(self.config, configuration(SCRIPT))
        self.cursor = self.machine.run("journalctl --sync; journalctl --quiet --lines=0 --show-cursor").stdout \
            .strip().rpartition("cursor: ")[2]
        self.addCleanup(self.back_to_rest)

    def back_to_rest(self):
        self.machine.run("systemctl kill --signal=CONT %s; systemctl stop %s; rm -f %s; systemctl daemon-reload; "
                         "systemctl reset-failed %s" % (UNIT, UNIT, DROP_IN, UNIT), check=False)

    # ---- helpers ----

    def start(self):
        done = self.machine.run(["systemctl", "start", UNIT], check=False, timeout_s=100)
        self.assertEqual(done.returncode, 0, done.stderr + "\n" + self.journal_text())

    def drop_in(self, text):
        self.machine.run(["mkdir", "-p", DROP_IN.rpartition("/")[0]])
        self.machine.write(DROP_IN, text)
        self.machine.run(["systemctl", "daemon-reload"])

    def journal(self):
        """This test's lines of the unit."""
        self.machine.run(["journalctl", "--sync"])
        lines = self.machine.run(["journalctl", "--all", "--output=json", "--no-pager", "--quiet", "--unit", UNIT,
                                  "--after-cursor", self.cursor]).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def daemon_lines(self):
        """Those that springparkd wrote, and not systemd or springparkctl about it."""
        return [line for line in self.journal() if line.get("_COMM") == "springparkd"]

    def journal_text(self):
        return "\n".join(str(line["MESSAGE"]) for line in self.journal())

    def show(self, name):
        return self.machine.show(UNIT, name)

    def events(self, count=1):
        """The next lines of springparkctl watch."""
        done = self.machine.run("timeout 20 springparkctl watch | head -n %d" % count, check=False)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), count, "springparkctl watch gave %r and %r" % (done.stdout, done.stderr))
        return lines

    def events_until(self, tag):
        """The tag must come within the next events; earlier ones may still be on the way."""
        seen = []
        systemd.wait_for(lambda: seen.append(self.events()[0]) or tag in seen[-1], "an event with " + tag)
