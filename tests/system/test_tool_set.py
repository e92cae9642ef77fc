#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl set: a settings file is changed whole or not at all, and everything else in it stays."""
import os
import pathlib
import signal
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from gateway import program  # noqa: E402
from tool_parts import OK, USAGE, UNAVAILABLE, CONFIG, NOBODY, ToolTest  # noqa: E402

NOINPUT, CANTCREAT = 66, 73

SETTINGS = """\
# Mine, of May.
device:
{
    # where it hangs
    location = "door 1"; # the left one
    #inventory = "";
};
smart_reader: { read_interval = 5; };
"""


class SetTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "springpark.conf"
        self.file.write_text(SETTINGS)

    def set(self, *settings, file=None, **options):
        return self.run_tool("set", "--config", str(file or self.file), *settings, **options)

    def assert_refused(self, done, status, message):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.file.read_text(), SETTINGS)
        self.assert_nothing_left()

    def assert_nothing_left(self):
        self.assertEqual([one.name for one in self.directory.iterdir() if one.name.startswith("springpark.conf.")], [])


class Settings(SetTest):
    def test_comments_and_everything_else_stay(self):
        done = self.set("device.location=door 2", "device.inventory=0x7", "smart_reader.insert_remove=true",
                        "mqtt.options.keep_alive=0x3C", "pcsc_mode.protocols=nfc-a,nfc-b")
        self.assertEqual((done.returncode, done.stdout), (OK, "%s: changed\n" % self.file), done.stderr)
        self.assertEqual(self.file.read_text(), """\
# Mine, of May.
device:
{
    # where it hangs
    location = "door 2"; # the left one
    #inventory = "";
    inventory = "0x7";
};
smart_reader: { read_interval = 5; insert_remove = true; };

mqtt: { options: { keep_alive = 0x3C; }; };

pcsc_mode: { protocols = [ "nfc-a", "nfc-b" ]; };
""")
        self.assert_nothing_left()
        self.assertEqual(done.stderr, "note: %s:13: pcsc_mode.protocols (register 0231): [ \"nfc-b\", \"nfc-a\" ] has no"
                         " effect: it is for a device in PC/SC mode, and this gateway is a Smart Reader\n" % self.file)
        shown = self.run_tool("registers", "--changed", "--config", str(self.file), "0289", "device")
        self.assertEqual(shown.stdout, '0289  mqtt.options.keep_alive = 60  (default 10)\n'
                         '0201  device.inventory = "0x7"  (default "")\n0202  device.location = "door 2"  (default "")\n')

    def test_a_template_takes_the_settings_of_its_type_in_any_order(self):
        done = self.set("templates[1].key=FFFFFFFFFFFF", "templates[1].address=4", "templates[1].type=mifare-classic")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertTrue(self.file.read_text().endswith(
            'templates: ( { key = "FFFFFFFFFFFF"; address = 4; type = "mifare-classic"; } );\n'), self.file.read_text())
        shown = self.run_tool("registers", "--changed", "--config", str(self.file), "templates")
        self.assertEqual(shown.stdout, '0310  templates.technologies, template 1 = "mifare-classic"  (default "off")\n'
                         '0313  templates.address, template 1 = 4  (default 0)\n'
                         '0315  templates.key, template 1 = "(set)"  (default "(default)")\n')

    def test_a_setting_of_another_type_of_template_is_refused(self):
        self.assert_refused(self.set("templates[1].type=ndef-data", "templates[1].aid=4"), CONFIG,
                            "templates[1].aid: aid belongs to the type mifare-classic, and the type here is ndef-data\n")
        self.assert_refused(self.set("templates[1].type=calypso"), CONFIG,
                            'templates[1].type: "calypso" is not allowed: there is no published description by which')

    def test_what_is_so_already_is_not_written(self):
        before = self.file.stat()
        done = self.set("smart_reader.read_interval=5")
        self.assertEqual((done.returncode, done.stdout), (OK, "%s: nothing to change\n" % self.file))
        self.assertEqual(self.file.stat().st_ino, before.st_ino)

    def test_a_value_that_the_check_refuses_leaves_the_file_as_it_was(self):
        cases = [
            (["mqtt.options.keep_alive=3"], ":10: mqtt.options.keep_alive (register 0289): 3 is not allowed: 5 to 255 s"),
            (["profile.network=tcp-server"], "profile.network (register 02C0): \"tcp-server\" is not allowed"),
            (["mqtt.broker=h"], "keys.slot_D is not set, but mqtt.tls.key_slot (register 0288) names it"),
            (["device.location=12345678901234567"], ":5: device.location (register 0202): a text of 17 bytes is too long"),
            (["security.master.auth_key=00"], "(register 02F4): a value of 1 byte is not allowed: exactly 16"),
            (["readers[1].driver=script"], "readers[1]: the driver \"script\" needs path"),
            (["device.location=x", "mqtt.prot=1"], "mqtt.prot: unknown setting; did you mean mqtt.port?\n"),
            (["mqtt.port=http"], "mqtt.port: \"http\" is not allowed: 0 to 65535\n"),
            (["templates.format=hex"], "say which, for instance templates[1].format\n"),
            (["registers=02A1=0A1E"], "registers: is the list of what is set raw; next: "),
        ]
        for settings, message in cases:
            with self.subTest(settings=settings):
                done = self.set(*settings)
                self.assert_refused(done, CONFIG, message)
                self.assertTrue(done.stderr.endswith("\n%s is as it was\n" % self.file), done.stderr)

    def test_all_that_is_wrong_is_said_at_once(self):
        done = self.set("mqtt.prot=1", "mqtt.port=x", "weather=fine")
        self.assert_refused(done, CONFIG, "mqtt.prot: unknown setting")
        self.assertEqual(done.stderr.splitlines()[3:], ["next: see springpark.conf(5), section mqtt",
                                                        "%s is as it was" % self.file])

    def test_a_file_that_is_wrong_already_is_not_made_worse(self):
        self.file.write_text("mqtt: {\n  port = ;\n};\n")
        done = self.set("mqtt.port=1")
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("%s:2: syntax error" % self.file, done.stderr)
        self.file.write_text("mqtt: { port = 99999; };\n")
        done = self.set("mqtt.port=1")
        self.assertEqual((done.returncode, self.file.read_text()), (OK, "mqtt: { port = 1; };\n"))

    def test_what_an_included_file_sets_is_not_changed(self):
        part = self.directory / "part.conf"
        part.write_text("journal: { max_events = 5; };\n")
        self.file.write_text("@include \"part.conf\"\n" + SETTINGS)
        done = self.set("journal.max_events=6")
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("journal.max_events: its group begins in %s:1, which %s includes; next: change it there\n"
                      % (part, self.file), done.stderr)
        self.assertEqual(self.file.read_text(), "@include \"part.conf\"\n" + SETTINGS)
        self.assertEqual(self.set("device.location=x").returncode, OK)
        self.assertIn("@include \"part.conf\"\n# Mine", self.file.read_text())

    def test_wrong_usage_says_what_is_wrong(self):
        for arguments, message in (([], "a NAME=VALUE is missing"),
                                   (["mqtt.port"], "\"mqtt.port\" is no NAME=VALUE, as mqtt.port=8883 is one"),
                                   (["=5"], "\"=5\" is no NAME=VALUE"),
                                   (["02A1=0A1E"], "02A1 is a register; name one of its settings, which `springparkctl"
                                                   " registers 02A1` shows")):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.set(*arguments), USAGE, message)

    def test_a_password_is_not_said_again(self):
        done = self.set("mqtt.login=u", "mqtt.password=hunter2", "mqtt.tls.enabled=false")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertNotIn("hunter2", done.stdout + done.stderr)


class File(SetTest):
    def test_mode_and_owner_stay(self):
        self.file.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(self.file, NOBODY, 4242)
        before = self.file.stat()
        self.assertEqual(self.set("device.location=x").returncode, OK)
        after = self.file.stat()
        self.assertNotEqual(before.st_ino, after.st_ino)
        self.assertEqual((before.st_uid, before.st_gid, stat.S_IMODE(after.st_mode)), (after.st_uid, after.st_gid, 0o640))

    def test_a_link_stays_a_link_and_paths_count_from_its_folder(self):
        elsewhere = self.directory / "elsewhere"
        elsewhere.mkdir()
        target = elsewhere / "real.conf"
        target.write_text("@include \"part.conf\"\n")
        (self.directory / "part.conf").write_text("# nothing\n")
        link = self.directory / "link.conf"
        link.symlink_to(target)
        done = self.set("device.location=x", file=link)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_text(), "@include \"part.conf\"\n\ndevice: { location = \"x\"; };\n")

    def test_a_file_that_is_not_there_is_said(self):
        done = self.set("device.location=x", file=self.directory / "none.conf")
        self.assertEqual(done.returncode, NOINPUT)
        self.assertIn("none.conf: cannot be read: No such file or directory; next: create it or name another one",
                      done.stderr)
        self.assertFalse((self.directory / "none.conf").exists())

    def test_what_is_no_regular_file_is_refused(self):
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        for name, message in ((pipe, "is no regular file; next: name one by --config"), (self.directory, "is a folder")):
            done = self.set("device.location=x", file=name)
            self.assertEqual(done.returncode, NOINPUT)
            self.assertIn(message, done.stderr)

    def as_nobody(self, *settings):
        """For root may write everywhere."""
        if os.geteuid() != 0:
            return self.set(*settings)
        command = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups",
                   program("springparkctl"), "set", "--config", str(self.file), *settings]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=30)

    def test_a_file_that_must_not_be_written_stays(self):
        self.directory.chmod(0o777)
        self.file.chmod(0o444)
        self.assert_refused(self.as_nobody("device.location=x"), CANTCREAT, "%s: cannot be written: Permission denied"
                            % self.file)

    def test_a_folder_that_must_not_be_written_keeps_its_file(self):
        self.file.chmod(0o666)
        self.directory.chmod(0o555)
        self.addCleanup(self.directory.chmod, 0o755)
        self.assert_refused(self.as_nobody("device.location=x"), CANTCREAT, "%s: cannot be written: Permission denied"
                            % self.file)

    def test_a_file_of_another_owner_is_not_taken_over(self):
        if os.geteuid() != 0:
            self.skipTest("a file of another owner needs root; next: sudo ./tests/run system")
        self.directory.chmod(0o777)
        self.file.chmod(0o666)
        self.assert_refused(self.as_nobody("device.location=x"), CANTCREAT,
                            "a new one cannot have its owner and mode: Operation not permitted; next: run this as its owner")

    def test_a_full_disk_leaves_the_file_as_it_was(self):
        limited = ["prlimit", "--fsize=100", program("springparkctl"), "set", "--config", str(self.file),
                   "device.location=x"]
        done = subprocess.run(limited, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=30, preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.assert_refused(done, CANTCREAT, "cannot be written: File too large")


class Apply(SetTest):
    def test_the_daemon_is_told_only_when_the_file_is_right(self):
        daemon = self.stand_in({"reload": {"ok": True, "result": {"changed": True, "notes": []}}})
        self.assert_refused(self.set("--apply", "mqtt.options.keep_alive=3"), CONFIG, "3 is not allowed")
        self.assertEqual(daemon.requests, [])
        done = self.set("--apply", "device.location=x")
        self.assertEqual((done.returncode, done.stdout), (OK, "%s: changed\nthe new settings are in use\n" % self.file))
        self.assertEqual([(name, request["request"]) for name, request in daemon.requests], [("control", "reload")])

    def test_without_a_daemon_the_file_is_changed_and_the_status_says_so(self):
        done = self.set("--apply", "device.location=x")
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, "%s: changed\n" % self.file))
        self.assertIn("next: ", done.stderr)
        self.assertIn("location = \"x\"; # the left one", self.file.read_text())

    def test_a_daemon_that_refuses_is_78_with_its_reason(self):
        self.stand_in({"reload": {"ok": False, "errors": ["/etc/x:1: no"]}})
        done = self.set("--apply", "device.location=x")
        self.assertEqual((done.returncode, done.stderr), (CONFIG, "/etc/x:1: no\n"))


if __name__ == "__main__":
    unittest.main()
