#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The life of the Debian package in a machine with a real systemd: installed, set up, crashed, upgraded, removed, purged.

The tests are the chapters of one story, in the order of their names, between a real pcscd with a simulated reader and a
real mosquitto that wants client certificates. The tree must be built, its test parts, too; SPRINGPARK_BUILD names the
folder. Needs root, systemd-container, debhelper. SPRINGPARK_DEB names a package that is built already.
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import debian_package  # noqa: E402
import pcscd  # noqa: E402
import pki  # noqa: E402
import systemd  # noqa: E402
import unit_parts  # noqa: E402
from systemd import wait_for  # noqa: E402

UNIT = "springparkd.service"
CONFIG = "/etc/springpark.conf"
SERIAL = "5AFE1234"
LATER = "0.1.0+later"
SANDBOX = "/srv/sandbox"
EVENTS = "/srv/events"
READER = "/run/springpark-test-reader"
SCRIPT = "/etc/springpark-test.script"
# A reader line to the simulated reader, as tests/parts/pcscd.py talks to it.
TELL = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect('%s'); "
        "s.sendall(sys.argv[1].encode() + b'\\n'); print(s.recv(4096).decode())" % READER)
POLICY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<policyconfig>%s</policyconfig>
""" % "".join("""<action id="org.debian.pcsc-lite.%s"><description>d</description><message>m</message><defaults>
<allow_any>no</allow_any><allow_inactive>no</allow_inactive><allow_active>yes</allow_active></defaults></action>
""" % action for action in ("access_pcsc", "access_card"))


def reason_to_skip():
    reason = unit_parts.reason_to_skip() or debian_package.reason_to_skip()
    for tool, package in (("mosquitto", "mosquitto"), ("pcscd", "pcscd"), ("pkcheck", "polkitd")):
        if not reason and shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin") is None:
            reason = "%s is missing; next: apt-get install %s" % (tool, package)
    return reason


def machine_files(sandbox, package, later):
    """What is there besides: package, reader, broker's certificates, and a policy like that of a pcscd with polkit."""
    files = {"/srv/first.deb": package, "/srv/later.deb": later,
             "/usr/lib/springpark-ifdsim.so": systemd.build_folder() / "tests/parts/.libs/libifdsim.so",
             "/etc/reader.conf.d/springpark-sim": 'FRIENDLYNAME "Sim Contactless"\nDEVICENAME /dev/null:%s\n'
                                                  'LIBPATH /usr/lib/springpark-ifdsim.so\nCHANNELID 0\n' % READER,
             "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy": POLICY,
             SCRIPT: unit_parts.script("04A1B2C3D4E580")}
    for path in pathlib.Path(sandbox.directory).iterdir():
        if path.is_file():
            files["%s/%s" % (SANDBOX, path.name)] = path
    return files


class PackageTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        reason = reason_to_skip()
        if reason:
            raise unittest.SkipTest(reason)
        scratch = tempfile.TemporaryDirectory(prefix="springpark-package-")
        cls.addClassCleanup(scratch.cleanup)
        package = debian_package.build_package(systemd.build_folder(), scratch.name)
        later = debian_package.with_version(package, LATER, scratch.name)
        with pki.Sandbox(serial=SERIAL) as sandbox:
            cls.machine = systemd.Machine(None, files=machine_files(sandbox, package, later))
        cls.addClassCleanup(cls.machine.stop)

    # ---- helpers ----

    def apt(self, *words):
        """apt-get in the machine, which has no network: all that the package needs must be there. Its output."""
        done = self.machine.run(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", *words], check=False,
                                timeout_s=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def status(self, *options):
        done = self.machine.run(["springparkctl", *options, "status", "--json"], check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def show(self, name, unit=UNIT):
        return self.machine.show(unit, name)

    def wait_active(self, unit=UNIT):
        self.machine.wait_for_property(unit, "ActiveState", "active", timeout_s=40)

    def restart(self):
        self.machine.run(["systemctl", "restart", UNIT])
        self.wait_active()

    def modes(self, *paths):
        return self.machine.run(["stat", "-c", "%a %U:%G", *paths]).stdout.split("\n")[:-1]

    def tell(self, line):
        wait_for(lambda: self.machine.run(["test", "-S", READER], check=False).returncode == 0, "the simulated reader")
        self.assertEqual(self.machine.run(["/usr/bin/python3", "-c", TELL, line]).stdout.split()[0], "ok")

    def see_tag(self, uid):
        """A tag takes the place of the one that may be there."""
        self.tell("remove")
        self.tell("insert %s %s" % (pcscd.ATR_CLASSIC_1K, uid))

    def events(self):
        """(topic, event) of each that the broker has handed on."""
        lines = self.machine.run(["cat", EVENTS]).stdout.split("\n")[:-1]
        return [(topic, json.loads(text)) for topic, _, text in (line.partition(" ") for line in lines)]

    def wait_event(self, uid):
        try:
            return wait_for(lambda: [event for _, event in self.events() if event["TagId"] == uid], "event " + uid, 40)
        except systemd.MachineError as error:
            raise AssertionError("%s\n%s" % (error, self.machine.journal_text(UNIT))) from None

    def configure(self, *settings):
        self.machine.run(["springparkctl", "set", *settings])

    # ---- the story ----

    def test_1_installed_it_runs_without_a_broker_and_keeps_what_it_reads(self):
        self.apt("install", "/srv/first.deb")
        self.wait_active()
        self.assertEqual(self.show("UnitFileState"), "enabled")
        self.machine.wait_for_property(UNIT, "StatusText", lambda text: "not configured" in text)
        self.assertEqual(self.modes(CONFIG, "/etc/springpark", "/etc/springpark/certs", "/etc/springpark/private",
                                    "/var/lib/springpark"),
                         ["640 root:springpark", "755 root:root", "755 root:root", "750 root:springpark",
                          "750 springpark:springpark"])
        self.assertEqual(self.machine.run(["dpkg", "--verify", "springpark"]).stdout, "")
        self.see_tag("04000001")
        wait_for(lambda: self.status()["journal"]["depth"] == 1, "the event in the journal")

    def test_2_the_user_is_locked(self):
        self.assertTrue(self.machine.run(["getent", "passwd", "springpark"]).stdout.strip().endswith("/nologin"))
        self.assertRegex(self.machine.run(["getent", "shadow", "springpark"]).stdout, r"^springpark:!")

    def test_2_polkit_lets_the_service_reach_readers_and_nobody_else(self):
        self.machine.run(["systemctl", "start", "dbus.service", "polkit.service"])
        stranger = self.machine.run("systemd-run --quiet --unit=stranger --uid=nobody sleep 600; "
                                    "systemctl show --value -p MainPID stranger").stdout.strip()
        for action in ("access_pcsc", "access_card"):
            ask = ["pkcheck", "--action-id", "org.debian.pcsc-lite." + action, "--process"]
            self.assertEqual(self.machine.run(ask + [self.show("MainPID")], check=False).returncode, 0)
            self.assertNotEqual(self.machine.run(ask + [stranger], check=False).returncode, 0)

    def test_2_systemd_finds_nothing_wrong_with_the_units(self):
        for unit in (UNIT, "springparkd@.service"):
            done = self.machine.run(["systemd-analyze", "verify", unit], check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), unit)
            done = self.machine.run(["systemd-analyze", "security", "--offline=yes", "--threshold=15", unit], check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_3_once_there_is_a_broker_it_gets_what_was_kept_and_what_comes(self):
        self.machine.run("""cd %s && chmod 0755 . && /usr/share/springpark/certs/make-sandbox-broker . --port 8883
            install -m 0644 server-ca.pem device.pem /etc/springpark/certs
            install -m 0640 -g springpark device.key /etc/springpark/private
            systemd-run --quiet --unit=broker mosquitto -c %s/mosquitto.conf""" % (SANDBOX, SANDBOX))
        wait_for(lambda: self.machine.run("ss -ltn | grep -q :8883", check=False).returncode == 0, "the broker")
        self.machine.run("touch %s; systemd-run --quiet --unit=collector --property=StandardOutput=append:%s "
                         "mosquitto_sub -h localhost -p 8883 -q 1 -v -t springcard/springcore/+/rdr/evt "
                         "--cafile %s/server-ca.pem --cert %s/demo-1.pem --key %s/demo-1.key"
                         % (EVENTS, EVENTS, SANDBOX, SANDBOX, SANDBOX))
        wait_for(lambda: self.machine.run("ss -tn | grep -q :8883", check=False).returncode == 0, "the collector")
        pid = self.show("MainPID")
        self.configure("mqtt.broker=localhost", "mqtt.options.reconnect_interval=1",
                       "certificates.slot_9=/etc/springpark/certs/server-ca.pem",
                       "certificates.slot_D=/etc/springpark/certs/device.pem",
                       "keys.slot_D=/etc/springpark/private/device.key")
        self.assertEqual(self.modes(CONFIG), ["640 root:springpark"])
        self.machine.run(["systemctl", "reload", UNIT])
        self.wait_event("04000001")
        self.see_tag("04000002")
        self.wait_event("04000002")
        self.assertEqual(self.show("MainPID"), pid)
        self.assertEqual({topic.split("/")[2] for topic, _ in self.events()}, {SERIAL})

    def test_4_after_a_crash_and_after_a_hang_it_is_back(self):
        drop_in = "/run/systemd/system/%s.d/test.conf" % UNIT
        self.machine.run(["mkdir", "-p", drop_in.rpartition("/")[0]])
        self.machine.write(drop_in, "[Service]\nWatchdogSec=2\nRestartSec=0\n")
        self.machine.run(["systemctl", "daemon-reload"])
        self.restart()
        self.addCleanup(self.restart)
        self.addCleanup(self.machine.run, "rm %s; systemctl daemon-reload" % drop_in)
        for restarts, (signal, uid) in enumerate((("SEGV", "04000003"), ("STOP", "04000004")), start=1):
            self.machine.run(["systemctl", "kill", "--kill-who=main", "--signal=" + signal, UNIT])
            self.machine.wait_for_property(UNIT, "NRestarts", str(restarts))
            self.wait_active()
            self.see_tag(uid)
            self.wait_event(uid)
        self.assertIn("Watchdog timeout", self.machine.journal_text(UNIT))

    def test_5_an_upgrade_in_the_middle_of_traffic_loses_nothing(self):
        settings = self.machine.run(["cat", CONFIG]).stdout
        self.configure("smart_reader.read_interval=0", "smart_reader.repeat_interval=0")
        self.machine.run(["tee", "-a", CONFIG], text_in='readers: ( { driver = "script"; path = "%s"; } );\n' % SCRIPT)
        self.restart()
        counter = self.status()["startup_counter"]
        before = self.machine.run(["cat", CONFIG]).stdout
        wait_for(lambda: len(self.of_startup(counter)) > 10, "ten events", 40)
        self.apt("install", "/srv/later.deb")
        self.assertEqual(self.machine.run("dpkg-query -W -f '${Version}' springpark").stdout, LATER)
        self.wait_active()
        self.assertEqual(self.machine.run(["cat", CONFIG]).stdout, before)
        self.assertEqual(self.modes(CONFIG, "/etc/springpark/private"), ["640 root:springpark", "750 root:springpark"])
        self.assertEqual(self.status()["startup_counter"], counter + 1)
        wait_for(lambda: len(self.of_startup(counter + 1)) > 10, "ten events of the later version", 40)
        # Then it is quiet, and all is delivered.
        self.machine.write(CONFIG, settings)
        self.machine.run(["systemctl", "reload", UNIT])
        wait_for(lambda: self.status()["journal"]["depth"] == 0, "the delivery of all", 40)
        for startup in (counter, counter + 1):
            sequences = self.of_startup(startup)
            self.assertEqual(sequences, set(range(1, max(sequences) + 1)), "holes in startup %d" % startup)
        wait_for(lambda: self.status()["journal"]["gaps"] == [], "a journal without gaps")

    def of_startup(self, counter):
        return {event["Sequence"] for _, event in self.events() if event["Uptime"].split(":")[0] == str(counter)}

    def test_6_two_more_devices_run_beside_it(self):
        self.machine.run(["systemd-run", "--quiet", "--unit=plain-broker", "mosquitto", "-p", "1883"])
        for name, tag in (("north", "04AAAA01"), ("south", "04BBBB01")):
            self.machine.write("/etc/springpark/%s.script" % name, unit_parts.script(tag))
            self.machine.run(["install", "-m", "0640", "-g", "springpark", "/dev/null", "/etc/springpark/%s.conf" % name])
            self.machine.write("/etc/springpark/%s.conf" % name, unit_parts.configuration(
                "/etc/springpark/%s.script" % name,
                'mqtt: { broker = "127.0.0.1"; tls: { enabled = false; }; options: { reconnect_interval = 1; }; };\n'))
            self.machine.run(["systemctl", "enable", "--now", "springparkd@" + name])
        north, south = self.status("--instance", "north"), self.status("--instance", "south")
        self.assertEqual(len({SERIAL, north["serial"], south["serial"]}), 3)
        self.assertEqual((self.status()["serial"], self.status()["config_file"]), (SERIAL, CONFIG))
        for name, status, tag in (("north", north, "04AAAA01"), ("south", south, "04BBBB01")):
            self.assertEqual(status["config_file"], "/etc/springpark/%s.conf" % name)
            self.assertEqual(status["journal"]["directory"], "/var/lib/springpark@" + name)
            said = self.machine.run(["timeout", "40", "mosquitto_sub", "-p", "1883", "-C", "1", "-v", "-t",
                                     "springcard/springcore/%s/rdr/evt" % status["serial"]]).stdout
            self.assertEqual(json.loads(said.partition(" ")[2])["TagId"], tag)
            self.machine.run(["systemctl", "reload", "springparkd@" + name])
        # One goes, the others stay, and their sockets with them.
        self.machine.run(["systemctl", "stop", "springparkd@north"])
        self.assertIsNone(self.status("--instance", "north"))
        self.assertEqual(self.status("--instance", "south")["serial"], south["serial"])
        self.assertEqual(self.status()["serial"], SERIAL)
        done = self.machine.run(["springparkctl", "--instance", "north", "status"], check=False)
        self.assertIn("next: systemctl start springparkd@north", done.stderr)
        self.machine.run(["systemctl", "start", "springparkd@north"])
        # An upgrade takes all of them along.
        before = [self.status("--instance", name)["startup_counter"] for name in ("north", "south")]
        self.apt("install", "--reinstall", "/srv/later.deb")
        for name, counter in zip(("north", "south"), before):
            self.wait_active("springparkd@" + name)
            wait_for(lambda: (self.status("--instance", name) or {}).get("startup_counter", 0) == counter + 1,
                     "the restart of " + name, 40)

    def test_7_removed_it_is_stopped_and_all_of_it_kept(self):
        self.apt("remove", "springpark")
        for unit in (UNIT, "springparkd@north.service", "springparkd@south.service"):
            self.assertEqual(self.show("ActiveState", unit), "inactive", unit)
        self.assertEqual(self.machine.run("pgrep -l springparkd", check=False).stdout, "")
        self.machine.run(["test", "-e", CONFIG, "-a", "-e", "/var/lib/springpark/startup-counter"])
        self.assertEqual(self.modes(CONFIG), ["640 root:springpark"])

    def test_8_installed_again_it_goes_on_where_it_was(self):
        self.apt("install", "/srv/later.deb")
        self.wait_active()
        self.assertGreater(self.status()["startup_counter"], 2)
        self.assertEqual(self.modes("/etc/springpark/private"), ["750 root:springpark"])
        self.see_tag("04000009")
        self.wait_event("04000009")

    def test_9_purged_it_leaves_what_is_the_administrators_and_names_it(self):
        said = self.apt("purge", "springpark")
        self.assertEqual(self.show("ActiveState"), "inactive")
        for path in (CONFIG, "/var/lib/springpark", "/var/lib/springpark@north", "/var/lib/springpark@south",
                     "/run/springpark", "/usr/sbin/springparkd", "/lib/systemd/system/springparkd.service",
                     "/etc/systemd/system/multi-user.target.wants/springparkd.service",
                     "/etc/systemd/system/multi-user.target.wants/springparkd@north.service"):
            self.assertEqual(self.machine.run("ls -d " + path, check=False).stdout, "")
        mine = ["certs/device.pem", "certs/server-ca.pem", "north.conf", "north.script", "private/device.key",
                "south.conf", "south.script"]
        left = self.machine.run(["find", "/etc/springpark", "-type", "f"]).stdout.split()
        self.assertEqual(sorted(left), ["/etc/springpark/" + name for name in mine])
        for path in left:
            self.assertIn("\n    " + path + "\n", said)
        self.assertRegex(self.machine.run(["getent", "shadow", "springpark"]).stdout, r"^springpark:!")


if __name__ == "__main__":
    unittest.main()
