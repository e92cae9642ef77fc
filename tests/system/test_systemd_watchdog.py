#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who hangs under a real systemd: a call into another program's or the kernel's hands is a state with a name and no reason
for a restart; our own code that hangs is named in the log, and systemd restarts the daemon.

The tree must be built, its test parts, too; SPRINGPARK_BUILD names the folder. Needs root and systemd-container.
What makes the daemon's own code hang is libtrouble (tests/parts/trouble.c), put before libc."""
import base64
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import systemd  # noqa: E402
from unit_parts import SCRIPT, TAG, UNIT, UnitCase, configuration  # noqa: E402

LIBRARY = "/usr/lib/springpark-trouble.so"
TROUBLE = "/run/springpark-trouble"
MUTE_SOCKET = "/run/springpark-mute.comm"
# A pcscd that takes each connection and never says a word.
MUTE_PCSCD = ("import os, socket, signal; s = socket.socket(socket.AF_UNIX); s.bind('%s'); s.listen(8); "
              "os.chmod('%s', 0o777); signal.pause()" % (MUTE_SOCKET, MUTE_SOCKET))
HANGING_BROKER = """mqtt: { broker = "127.0.0.1"; port = 1; tls: { enabled = false; };
  options: { connect_timeout = 1; reconnect_interval = 1; }; };
"""


class Watchdog(UnitCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        library = systemd.build_folder() / "tests/parts/.libs/libtrouble.so"
        if not library.exists():
            raise FileNotFoundError("%s is missing; next: make test-parts" % library)
        cls.machine.run("base64 -d >%s && chmod 644 %s && mkdir -p %s" % (LIBRARY, LIBRARY, TROUBLE),
                        text_in=base64.b64encode(library.read_bytes()).decode())

    def setUp(self):
        super().setUp()
        self.addCleanup(self.machine.run, "rm -f %s/*" % TROUBLE)

    def start_with(self, watchdog_s, environment):
        self.drop_in("[Service]\nWatchdogSec=%d\nRestartSec=0\nTimeoutAbortSec=2\n" % watchdog_s
                     + "".join('Environment="%s=%s"\n' % pair for pair in environment.items()))
        self.start()
        self.assertIn(TAG, self.events()[0])
        return self.show("MainPID")

    def start_with_trouble(self):
        return self.start_with(4, {"LD_PRELOAD": LIBRARY, "SPRINGPARK_TROUBLE": TROUBLE})

    def make(self, trouble):
        self.machine.run(["touch", "%s/%s" % (TROUBLE, trouble)])

    def wait_said(self, words, timeout_s=15):
        systemd.wait_for(lambda: words in self.journal_text(), "the log line \"%s\"" % words, timeout_s)

    def expect_restart(self, pid):
        self.machine.run("rm -f %s/*" % TROUBLE)
        self.machine.wait_for_property(UNIT, "NRestarts", "1")
        self.machine.wait_for_property(UNIT, "ActiveState", "active")
        self.assertNotEqual(self.show("MainPID"), pid)
        self.assertIn("Watchdog timeout", self.journal_text())
        self.assertIn(TAG, self.events()[0])

    def errors(self):
        return [line["MESSAGE"] for line in self.daemon_lines() if line["PRIORITY"] == "3"]

    def test_a_main_loop_that_is_stuck_is_named_and_restarted(self):
        pid = self.start_with_trouble()
        self.make("main")
        self.wait_said("the main loop has been stuck for ")
        said = self.errors()[0]
        self.assertRegex(said, r"^daemon: the main loop has been stuck for [34]\.\d s while (taking the news of the readers|"
                               r"looking which tags are due); if it does not go on, systemd restarts springparkd$")
        self.expect_restart(pid)

    def test_a_worker_that_is_stuck_in_our_own_code_is_named_and_restarted(self):
        self.machine.write(self.config, configuration(SCRIPT, HANGING_BROKER))
        pid = self.start_with_trouble()
        self.make("connect")
        self.wait_said("the cloud thread is stuck while trying the broker's addresses")
        self.assertIn(TAG, self.events()[0], "everybody else goes on meanwhile")
        self.wait_said("the watchdog is not fed: systemd will restart springparkd")
        self.expect_restart(pid)
        self.assertNotIn("the main loop has been stuck", self.journal_text())

    def test_a_foreign_call_that_hangs_is_a_state_and_no_restart(self):
        self.machine.run(["systemd-run", "--unit=mute-pcscd", "/usr/bin/python3", "-c", MUTE_PCSCD])
        self.addCleanup(self.machine.run, "systemctl stop mute-pcscd; rm -f " + MUTE_SOCKET, check=False)
        systemd.wait_for(lambda: self.machine.run(["test", "-S", MUTE_SOCKET], check=False).returncode == 0, "the socket")
        self.machine.write(self.config, configuration(SCRIPT).replace(
            "readers: (", 'readers: ( { driver = "pcsc"; name = "*"; label = "gate"; },'))
        pid = self.start_with(2, {"PCSCLITE_CSOCK_NAME": MUTE_SOCKET})
        self.wait_said("gate: hangs while connecting to pcscd")

        def gate():
            status = json.loads(self.machine.run(["springparkctl", "status", "--json"]).stdout)
            return [(one["health"], one["reason"]) for one in status["readers"] if one["label"] == "gate"][0]
        health, reason = gate()
        self.assertEqual(health, "ill")
        self.assertRegex(reason, r"^hangs while connecting to pcscd, since \d+ s$")
        self.events(35)  # 7 s of them: three times the watchdog's period
        self.assertEqual((self.show("MainPID"), self.show("NRestarts")), (pid, "0"))
        self.assertEqual(gate()[0], "ill")
        self.machine.run(["systemctl", "stop", "mute-pcscd"])
        systemd.wait_for(lambda: "pcscd is not running" in (gate()[1] or ""), "the end of the call")
        self.assertEqual((self.show("MainPID"), self.show("NRestarts")), (pid, "0"))
        self.assertEqual(self.errors(), [])


if __name__ == "__main__":
    unittest.main()
