#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkd as a service of a real systemd: what the unit promises. No broker, the scripted reader.

The tree must be built; SPRINGPARK_BUILD names the folder. Needs root and systemd-container.
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from unit_parts import (EX_CONFIG, OTHER_SCRIPT, OTHER_TAG, SCRIPT, TAG, UNIT, UnitCase,  # noqa: E402
                        configuration)
import pki  # noqa: E402
import systemd  # noqa: E402


class UnitTest(UnitCase):
    # ---- the unit file ----

    def test_systemd_finds_nothing_wrong_with_the_unit(self):
        done = self.machine.run(["systemd-analyze", "verify", UNIT], check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_its_exposure_is_at_most_1_5(self):
        done = self.machine.run(["systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", UNIT],
                                check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_sandbox_lets_the_daemon_ask_whether_the_clock_is_right(self):
        ask = "import ctypes, sys; sys.exit(ctypes.CDLL(None).adjtimex(bytes(512)) < 0)"
        self.drop_in("[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nMemoryDenyWriteExecute=no\nExecStart=\n"
                     "ExecStart=/usr/bin/python3 -c '%s'\n" % ask)
        self.start()

    def test_the_drop_in_for_feedback_opens_leds_and_gpio_and_no_more(self):
        source = systemd.make_variable(systemd.build_folder(), "springparkdatadir") + "/springparkd-feedback.conf"
        self.drop_in(self.machine.run(["cat", source]).stdout)
        done = self.machine.run(["systemd-analyze", "verify", UNIT], check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((self.show("DevicePolicy"), self.show("DeviceAllow").split()), ("closed", ["char-gpiochip", "rw"]))
        done = self.machine.run(["systemd-analyze", "security", "--threshold=20", "--no-pager", UNIT], check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.start()
        # LEDs are files of /sys; whether that can be written at all is this machine's affair.
        self.assertEqual(self.show("ProtectKernelTunables"), "no")

    def test_udev_understands_the_rules_beside_it(self):
        rules = systemd.make_variable(systemd.build_folder(), "springparkdatadir") + "/60-springpark-feedback.rules"
        self.addCleanup(self.machine.run, "rm -f /etc/udev/rules.d/60-springpark-*.rules")
        self.machine.run("mkdir -p /etc/udev/rules.d; cp %s /etc/udev/rules.d/; echo 'NO_SUCH_KEY==\"x\"' "
                         "> /etc/udev/rules.d/60-springpark-wrong.rules" % rules)
        said = self.machine.run("udevadm test --action=add /sys/class/net/lo 2>&1", check=False).stdout
        self.assertIn("60-springpark-wrong.rules:1", said)          # so it does say what it does not understand
        self.assertIn("60-springpark-feedback.rules", said)         # and has read these
        self.assertNotIn("60-springpark-feedback.rules:", said)

    # ---- start ----

    def test_it_is_ready_without_a_broker_and_says_so(self):
        self.start()
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.show("SubState"), "running")
        self.machine.wait_for_property(UNIT, "StatusText", lambda text: "not configured" in text)
        self.assertIn(TAG, self.events()[0])

    def test_it_runs_as_its_own_user_without_capabilities(self):
        self.start()
        status = self.machine.run(["cat", "/proc/%s/status" % self.show("MainPID")]).stdout
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        uid = self.machine.run(["id", "-u", "springpark"]).stdout.strip()
        self.assertEqual(set(fields["Uid"].split()), {uid})
        self.assertEqual([fields[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")], ["0" * 16] * 4)
        self.assertEqual((fields["NoNewPrivs"], fields["Seccomp"]), ("1", "2"))
        modes = self.machine.run(["stat", "-c", "%a %U:%G", "/run/springpark", "/var/lib/springpark"]).stdout
        self.assertEqual(modes, "755 springpark:springpark\n750 springpark:springpark\n")
        sockets = ["/run/springpark/control", "/run/springpark/status"]
        modes = self.machine.run(["stat", "-c", "%F %a %U:%G", *sockets]).stdout
        self.assertEqual(modes, "socket 660 springpark:springpark\nsocket 666 springpark:springpark\n")

    def test_anybody_may_ask_for_the_status_and_only_the_group_for_a_reload(self):
        self.start()
        nobody = ["runuser", "-u", "nobody", "--"]
        self.machine.run(nobody + ["springparkctl", "status"])
        done = self.machine.run(nobody + ["springparkctl", "reload"], check=False)
        self.assertNotEqual(done.returncode, 0)
        self.machine.run(["runuser", "-u", "springpark", "--", "springparkctl", "reload"])

    def test_a_wrong_configuration_ends_with_78_and_is_not_tried_again(self):
        self.machine.write(self.config, configuration(SCRIPT, "no_such_setting = 1;\n"))
        done = self.machine.run(["systemctl", "start", UNIT], check=False)
        self.assertNotEqual(done.returncode, 0)
        self.machine.wait_for_property(UNIT, "ActiveState", "failed")
        self.assertEqual(self.show("ExecMainStatus"), str(EX_CONFIG))
        self.assertEqual(self.show("NRestarts"), "0")
        errors = [line["MESSAGE"] for line in self.daemon_lines() if line["PRIORITY"] == "3"]
        self.assertTrue([text for text in errors if "no_such_setting" in text and "springpark.conf:5" in text],
                        self.journal_text())

    def test_keys_and_certificates_come_as_credentials(self):
        """Files that only root can read: systemd hands them over, and who checks by hand finds them as well."""
        more = ('mqtt: { broker = "localhost"; port = 1; };\nkeys: { slot_D = "credential:device.key"; };\n'
                'certificates: { slot_9 = "/etc/springpark-ca.pem"; slot_D = "credential:device.pem"; };\n')
        with pki.Sandbox(serial="5AFE1234") as sandbox:
            for source, target in ((sandbox.pem("server-ca"), "/etc/springpark-ca.pem"),
                                   (sandbox.pem("device"), "/root/device.pem"), (sandbox.key("device"), "/root/device.key")):
                with open(source, encoding="ascii") as file:
                    self.machine.write(target, file.read())
        self.machine.run("chmod 0600 /root/device.*")
        self.machine.write(self.config, configuration(SCRIPT, more))
        self.assertNotEqual(self.machine.run(["systemctl", "start", UNIT], check=False).returncode, 0)
        self.assertIn("LoadCredential=device.key:FILE", self.journal_text())
        self.drop_in("[Service]\nLoadCredential=device.key:/root/device.key\nLoadCredential=device.pem:/root/device.pem\n")
        self.start()
        self.assertIn("5AFE1234", self.machine.run(["springparkctl", "status"]).stdout)
        self.assertIn("no errors", self.machine.run(["springparkctl", "check", self.config]).stdout)

    # ---- reload ----

    def test_a_reload_takes_the_new_configuration_over_in_the_running_process(self):
        self.start()
        pid = self.show("MainPID")
        self.assertIn(TAG, self.events()[0])
        self.machine.write(self.config, configuration(OTHER_SCRIPT))
        self.machine.run(["systemctl", "reload", UNIT])
        self.events_until(OTHER_TAG)
        self.assertTrue(all(OTHER_TAG in event for event in self.events(3)))
        self.assertEqual((self.show("MainPID"), self.show("ActiveState")), (pid, "active"))

    def test_a_reload_of_a_wrong_file_fails_with_the_errors_and_changes_nothing(self):
        self.start()
        pid = self.show("MainPID")
        self.machine.write(self.config, configuration(OTHER_SCRIPT, "no_such_setting = 1;\nanother_one = 2;\n"))
        done = self.machine.run(["systemctl", "reload", UNIT], check=False)
        self.assertNotEqual(done.returncode, 0, "systemctl reload took a wrong file")
        # systemctl cannot show what ExecReload says; it is in the journal of the unit, and on the terminal when the
        # tool is called by hand.
        by_hand = self.machine.run(["springparkctl", "reload"], check=False)
        for place, text in (("the journal", self.journal_text()), ("springparkctl reload", by_hand.stderr)):
            with self.subTest(place):
                self.assertIn("no_such_setting", text)
                self.assertIn("another_one", text)
                self.assertIn("springpark.conf:5", text)
        self.assertTrue(all(TAG in event for event in self.events(3)))
        self.assertEqual((self.show("MainPID"), self.show("ActiveState")), (pid, "active"))

    def test_sighup_reloads_too(self):
        self.start()
        self.machine.write(self.config, configuration(OTHER_SCRIPT))
        self.machine.run(["systemctl", "kill", "--signal=HUP", "--kill-who=main", UNIT])
        self.events_until(OTHER_TAG)

    # ---- the end ----

    def test_sigterm_ends_it_in_order(self):
        self.start()
        self.assertIn(TAG, self.events()[0])
        self.machine.run(["systemctl", "stop", UNIT], timeout_s=40)
        # systemd forgets a unit that has ended well, and with it the exit status; what it said of it stays.
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.assertIn("springparkd.service: Deactivated successfully.", self.journal_text())
        for trouble in ("SIGKILL", "Failed with result", "timed out"):
            self.assertNotIn(trouble, self.journal_text())

    def test_a_daemon_that_stands_still_is_restarted_by_the_watchdog(self):
        self.drop_in("[Service]\nWatchdogSec=2\nRestartSec=0\n")
        self.start()
        pid = self.show("MainPID")
        self.events(16)  # more than two seconds of events: it lives because it feeds the watchdog, not by luck
        self.assertEqual(self.show("MainPID"), pid)
        self.machine.run(["systemctl", "kill", "--signal=STOP", "--kill-who=main", UNIT])
        self.machine.wait_for_property(UNIT, "NRestarts", "1")
        self.machine.wait_for_property(UNIT, "ActiveState", "active")
        self.assertNotEqual(self.show("MainPID"), pid)
        self.assertIn("Watchdog timeout", self.journal_text())
        self.assertIn(TAG, self.events()[0])

    def test_a_daemon_that_crashes_is_restarted(self):
        self.drop_in("[Service]\nRestartSec=0\n")
        self.start()
        self.machine.run(["systemctl", "kill", "--signal=SEGV", "--kill-who=main", UNIT])
        self.machine.wait_for_property(UNIT, "NRestarts", "1")
        self.machine.wait_for_property(UNIT, "ActiveState", "active")

    # ---- the log ----

    def test_every_line_has_a_priority_and_a_subsystem(self):
        self.start()
        self.events()
        self.machine.run(["systemctl", "stop", UNIT])
        lines = self.daemon_lines()
        self.assertTrue(lines, "springparkd logged nothing")
        for line in lines:
            self.assertIn(line.get("PRIORITY"), ("3", "4", "5", "6"), line)
            self.assertTrue(line.get("SPRINGPARK_SUBSYSTEM"), line)
            self.assertEqual(line.get("_TRANSPORT"), "journal", line)

    def test_a_tags_identifier_is_in_the_journal_at_debug_level_only(self):
        self.start()
        self.assertTrue(all(TAG in event for event in self.events(3)))
        self.assertNotIn(TAG, json.dumps(self.journal()))
        self.machine.run(["systemctl", "stop", UNIT])
        program = self.machine.run(["systemctl", "cat", UNIT]).stdout.partition("ExecStart=")[2].split()[0]
        self.drop_in("[Service]\nExecStart=\nExecStart=%s --log-level debug\n" % program)
        self.start()
        self.assertTrue(all(TAG in event for event in self.events(3)))
        debug = [line for line in self.daemon_lines() if TAG in line["MESSAGE"]]
        self.assertTrue(debug, "no line at debug level names the tag")
        self.assertEqual({line["PRIORITY"] for line in debug}, {"7"})


if __name__ == "__main__":
    unittest.main()
