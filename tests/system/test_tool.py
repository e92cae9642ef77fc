#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl against a stand-in for the daemon: words, exit statuses, what a person sees."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from gateway import program  # noqa: E402
from tool_parts import OK, USAGE, UNAVAILABLE, PROTOCOL, NOPERM, CONFIG, NOBODY, STATUS, ToolTest  # noqa: E402


class Usage(ToolTest):
    COMMANDS = ["status", "readers", "journal", "watch", "reload", "command", "check", "doctor", "registers",
                "set", "subscribe"]

    def test_help_names_every_command_and_each_has_its_own(self):
        done = self.run_tool("--help")
        self.assertEqual(done.returncode, OK)
        for name in self.COMMANDS:
            self.assertIn("\n  %s " % name, done.stdout)
            with self.subTest(command=name):
                own = self.run_tool(name, "--help")
                self.assertEqual(own.returncode, OK)
                self.assertRegex(own.stdout, r"^Usage: (springparkctl )?%s\b" % name)
                self.assertEqual(own.stderr, "")

    def test_the_help_of_subscribe_is_one_screen_with_an_aws_example(self):
        text = self.run_tool("subscribe", "--help").stdout
        self.assertLessEqual(len(text.splitlines()), 45)
        self.assertIn("amazonaws.com", text)

    def test_the_version_is_said(self):
        done = self.run_tool("--version")
        self.assertEqual(done.returncode, OK)
        self.assertRegex(done.stdout, r"^springparkctl \d+\.\d+\.\d+")

    def test_wrong_usage_ends_with_64_and_says_what_is_wrong(self):
        broker = ["--broker", "localhost", "--ca", "a", "--cert", "b", "--key", "c"]
        cases = [
            ([], "a command is missing"),
            (["stauts"], "there is no command \"stauts\""),
            (["--no-such-option", "status"], "no-such-option"),
            (["status", "more"], "Too many arguments"),
            (["readers", "more"], "Too many arguments"),
            (["status", "--instance", "../north"], "--instance: \"../north\" is no name"),
            (["--instance", "", "status"], "--instance: \"\" is no name"),
            (["readers", "--scan", "more"], "Too many arguments"),
            (["watch", "--events", "0"], "--events takes a number"),
            (["watch", "--events", "-1"], "--events takes a number"),
            (["watch", "--events", "3x"], "--events takes a number"),
            (["subscribe"], "--broker HOST is missing"),
            (["subscribe", "--ca", "a"], "--broker HOST is missing"),
            (["subscribe", "--broker", "localhost"], "needs --ca FILE, --cert FILE and --key FILE"),
            (["subscribe", *broker, "--port", "65536"], "--port takes a number"),
            (["subscribe", *broker, "--device", "a/b"], "one device's id"),
            (["subscribe", *broker, "--device", "#"], "one device's id"),
            (["subscribe", *broker, "--wink", "--deny"], "choose one"),
            (["command"], "give one command"),
            (["command", "--wink", "{}"], "give one command"),
            (["command", "--wink", "--accept"], "choose one"),
            (["command", "{}", "{}"], "one command at a time"),
            (["command", "--wink", *broker], "--device ID"),
            (["command", "--wink", *broker, "--device", "+"], "--device ID"),
            (["journal", "show"], "list, export or release"),
            (["journal", "12:5"], "list, export or release"),
            (["journal", "list", "12:5"], "Too many arguments"),
            (["journal", "--limit", "0"], "--limit takes a number"),
            (["journal", "--all"], "--all belongs to release"),
            (["journal", "export", "a", "b"], "one FILE"),
            (["journal", "release"], "or --all"),
            (["journal", "release", "--all", "12:5"], "or --all"),
            (["journal", "release", "12:5", "--limit", "3"], "belong to list and export"),
            (["journal", "release", "--set-aside", "--all"], "belong to list and export"),
            (["journal", "release", "12:5", "12"], "\"12\" is no ID"),
            (["journal", "release", "0:5"], "\"0:5\" is no ID"),
            (["registers", "mqtt.keepalive"], "springparkctl registers: there is no register or setting \"mqtt.keepalive\";"
             " did you mean mqtt.options.keep_alive or http_client.keep_alive?\n"),
            (["registers", "mqtt.prot"], "there is no register or setting \"mqtt.prot\"; did you mean mqtt.port?\n"),
            (["registers", "bogus"], "there is no register or setting \"bogus\"; `springparkctl registers` lists them all\n"),
            (["registers", "ui", "0299"], "there is no register 0299; the nearest are 0295 and 029C\n"),
            (["registers", "0100"], "there is no register 0100; the nearest is 0200\n"),
            (["registers", "FFFF"], "there is no register FFFF; the nearest is 034B\n"),
            (["registers", "templates[5].swap"], "there is no register or setting \"templates[5].swap\""),
            (["registers", "mqtt[1].port"], "there is no register or setting \"mqtt[1].port\""),
            (["registers", "29"], "29 is no address; an address has four hex digits, for instance 02A1\n"),
            (["registers", "journal.max_events"], "journal.max_events is a setting of this gateway only, and no register"
             " holds it; `springparkctl registers --sample` says what it does\n"),
            (["registers", "keys.slot_D"], "keys.slot_D is a setting of this gateway only"),
        ]
        for arguments, message in cases:
            with self.subTest(arguments=arguments):
                done = self.run_tool(*arguments)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stdout, "")


class Credentials(ToolTest):
    """A configuration that names what systemd hands to the daemon, looked at by hand."""

    def registers(self, **environment):
        settings = self.directory / "credential.conf"
        settings.write_text('keys: { slot_D = "credential:device.key"; };\n')
        names = {name: value for name, value in os.environ.items() if name != "CREDENTIALS_DIRECTORY"}
        return self.run_tool("registers", "--config", str(settings), env={**names, **environment})

    def test_they_are_looked_for_where_the_daemon_has_them(self):
        done = self.registers()
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("there is no /run/credentials/springparkd.service/device.key; next: ", done.stderr)

    def test_a_folder_that_the_environment_names_goes_first(self):
        (self.directory / "device.key").touch()
        done = self.registers(CREDENTIALS_DIRECTORY=str(self.directory))
        self.assertEqual((done.returncode, done.stderr), (OK, ""))


class Instance(ToolTest):
    """The device of springparkd@NAME."""

    def run_plain(self, *arguments):
        """Without the folder of sockets that run_tool names."""
        return subprocess.run([program("springparkctl"), *arguments], capture_output=True, text=True, timeout=60)

    def test_it_has_settings_sockets_and_credentials_of_its_own(self):
        done = self.run_plain("--instance", "north", "status")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("/run/springpark@north/control: no springparkd answers there", done.stderr)
        self.assertIn("next: systemctl start springparkd@north\n", done.stderr)
        done = self.run_plain("check", "--instance", "north")
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("/springpark/north.conf: cannot be read", done.stderr)
        settings = self.directory / "credential.conf"
        settings.write_text('keys: { slot_D = "credential:device.key"; };\n')
        done = self.run_plain("check", "--instance", "north", "--config", str(settings))
        self.assertIn("there is no /run/credentials/springparkd@north.service/device.key; next: ", done.stderr)

    def test_what_is_named_besides_goes_first(self):
        for arguments in (["--instance", "north", "--run-directory", str(self.directory)],
                          ["--run-directory", str(self.directory), "--instance", "north"]):
            done = self.run_plain(*arguments, "status")
            self.assertIn(str(self.directory / "control"), done.stderr)


class Daemon(ToolTest):
    def test_a_daemon_that_is_not_there_is_69_with_the_socket_and_the_next_step(self):
        for arguments in (["status"], ["readers"], ["watch"], ["reload"], ["command", "--wink"], ["journal"],
                          ["journal", "export"], ["journal", "release", "--all"]):
            with self.subTest(command=arguments):
                done = self.run_tool(*arguments)
                self.assertEqual(done.returncode, UNAVAILABLE)
                self.assertIn(str(self.directory / "control"), done.stderr)
                self.assertIn("systemctl start springparkd", done.stderr)

    def run_unprivileged(self, *arguments):
        """As somebody for whom the socket's mode counts."""
        executable = self.directory / "springparkctl"
        shutil.copy(program("springparkctl"), executable)
        os.chmod(self.directory, 0o755)
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        return self.run_tool(*arguments, executable=str(executable), **identity)

    def test_without_permission_it_is_77_and_names_the_group(self):
        self.stand_in({"readers": {"ok": True, "result": {"readers": []}}})
        os.chmod(self.directory / "control", 0)
        done = self.run_unprivileged("readers")
        self.assertEqual(done.returncode, NOPERM)
        self.assertIn("adduser USER springpark", done.stderr)

    def test_status_is_open_to_those_who_may_do_nothing_else(self):
        stand_in = self.stand_in({"status": {"ok": True, "result": STATUS}})
        os.chmod(self.directory / "control", 0)
        os.chmod(self.directory / "status", 0o666)
        done = self.run_unprivileged("status")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertEqual(stand_in.requests, [("status", {"request": "status"})])

    def test_status_for_a_person(self):
        self.stand_in({"status": {"ok": True, "result": STATUS}})
        done = self.run_tool("status")
        self.assertEqual(done.returncode, OK)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "springparkd 0.1.0 (0A1B2C3D): ready, connected to the broker")
        self.assertIn("  running   1 h 2 min, start 7, last event 12", lines)
        self.assertIn("  settings  /etc/springpark.conf", lines)
        self.assertIn("  broker    online: broker.example, port 8883, TLS, MQTT 5; connected 1 times in 2 attempts",
                      lines)
        self.assertIn("  events    12 created, 11 delivered, 1 stored, 1 in flight, 0 dropped, 0 refused", lines)
        self.assertIn("  journal   works: 1 waiting, oldest 1 min 6 s, 40.0 KiB in /var/lib/springpark", lines)
        self.assertIn("            11 delivered, 0 dropped, 4 replayed, 0 set aside", lines)
        self.assertIn("  commands  3 accepted, 1 refused", lines)
        self.assertIn("  reader    door (pcsc): works, a tag is there; 12 reads, 2 failures, 4 without a template",
                      lines)

    def test_what_is_ill_is_said_and_does_nothing_to_the_terminal(self):
        health = [{"what": "reader \x1b[31mdoor\x9b", "problem": "pcscd is gone"}]
        ill = dict(STATUS, state="online,busy", health=health,
                   broker={"state": "waiting", "detail": "connection refused; check the port"}, readers=[])
        self.stand_in({"status": {"ok": True, "result": ill}})
        lines = self.run_tool("status").stdout.splitlines()
        self.assertIn("no reader works, and not connected to the broker", lines[0])
        self.assertEqual(lines[1], "  ill       reader \\u001b[31mdoor\\u009b: pcscd is gone")
        self.assertIn("            connection refused; check the port", lines)
        self.assertIn("  reader    none is there", lines)

    def test_a_status_with_nothing_in_it_is_shown_all_the_same(self):
        self.stand_in({"status": {"ok": True, "result": {"health": 7, "readers": {"a": 1}, "broker": []}}})
        done = self.run_tool("status")
        self.assertEqual(done.returncode, OK)
        self.assertIn("in an unknown state", done.stdout)

    def test_json_is_the_result_and_may_be_asked_for_before_or_after_the_command(self):
        readers = {"readers": STATUS["readers"]}
        self.stand_in({"status": {"ok": True, "result": STATUS}, "readers": {"ok": True, "result": readers}})
        self.assertEqual(json.loads(self.run_tool("status", "--json").stdout), STATUS)
        self.assertEqual(json.loads(self.run_tool("--json", "status").stdout), STATUS)
        self.assertEqual(json.loads(self.run_tool("--json", "readers").stdout), readers)

    def test_readers_are_a_table(self):
        second = dict(STATUS["readers"][0], label="a much longer label", health="ill", reason="it was unplugged",
                      present=0, name="Börse")
        self.stand_in({"readers": {"ok": True, "result": {"readers": [STATUS["readers"][0], second]}}})
        lines = self.run_tool("readers").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["READER", "DRIVER", "HEALTH", "TAG", "READS", "FAILURES", "NAME"])
        self.assertEqual(lines[1].index("ACME"), lines[0].index("NAME"))
        self.assertEqual(lines[2].index("Börse"), lines[0].index("NAME"))
        self.assertEqual(lines[3], "  a much longer label: it was unplugged")

    def test_the_device_of_a_reader_stands_below_it_and_in_status(self):
        device = {"connection": "pn532_uart:/dev/ttyS0:115200", "chip": "PN532 v1.6", "polling": "by the chip",
                  "technologies": ["NFC-A", "NFC-B", "NFC-F"], "looks_for": ["NFC-A", "NFC-B"]}
        plain = dict(STATUS["readers"][0], label="gate", **dict.fromkeys(device))
        status = dict(STATUS, readers=[dict(STATUS["readers"][0], driver="libnfc", **device), plain])
        self.stand_in({"status": {"ok": True, "result": status},
                       "readers": {"ok": True, "result": {"readers": status["readers"]}}})
        words = ("pn532_uart:/dev/ttyS0:115200, PN532 v1.6, looks for NFC-A NFC-B (by the chip); "
                 "no template asks for NFC-F")
        lines = self.run_tool("readers").stdout.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertEqual(lines[2], "  door: " + words)
        self.assertEqual(lines[3].split()[0], "gate")
        lines = self.run_tool("status").stdout.splitlines()
        self.assertEqual(lines[-2], "            " + words)
        self.assertIn("  reader    gate (pcsc)", lines[-1])
        self.assertEqual(json.loads(self.run_tool("readers", "--json").stdout), {"readers": status["readers"]})

    def scan(self, *arguments, helper=None):
        environment = dict(os.environ, SPRINGPARK_NFC_HELPER=helper or program("springpark-nfc"),
                           LIBNFC_DEFAULT_DEVICE="pn532_uart:/dev/ttyS7:9600")  # which libnfc lists without a look at it
        return self.run_tool("readers", "--scan", *arguments, env=environment)

    def test_a_scan_without_a_daemon_gives_lines_for_the_settings(self):
        done = self.scan()
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn("serial lines, I2C and SPI cannot be found by looking; next: doc/libnfc.md", done.stderr)
        self.assertIn('connection = "pn532_uart:/dev/ttyS7:9600"', done.stdout)
        settings = self.directory / "scan.conf"
        settings.write_text("readers:\n(\n%s);\n" % done.stdout)
        checked = self.run_tool("check", str(settings))
        self.assertEqual(checked.returncode, OK, checked.stderr)
        done = self.scan("--json")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn("pn532_uart:/dev/ttyS7:9600", json.loads(done.stdout)["libnfc"])

    def test_a_scan_that_cannot_be_made_is_69_with_the_reason(self):
        done = self.scan(helper=str(self.directory / "nothing"))
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
        self.assertIn("built and installed with libnfc", done.stderr)
        done = self.scan(helper="/bin/false")
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
        self.assertIn("exit status 1", done.stderr)

    def test_no_readers_comes_with_the_next_step(self):
        self.stand_in({"readers": {"ok": True, "result": {"readers": []}}})
        self.assertIn("plug one in", self.run_tool("readers").stdout)

    def test_nonsense_in_answer_is_76(self):
        for nonsense in ("no json", "[]", "{\"ok\":7}"):
            with self.subTest(answer=nonsense):
                stand_in = self.stand_in({"status": nonsense})
                done = self.run_tool("status")
                stand_in.close()
                self.assertEqual(done.returncode, PROTOCOL)
                self.assertIn("no springparkd", done.stderr)

    def test_a_daemon_that_hangs_up_is_69(self):
        self.stand_in({"status": None})
        done = self.run_tool("status")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("closed the connection", done.stderr)

    def test_reload_prints_each_error_on_a_line_and_ends_with_78(self):
        errors = ["/etc/springpark.conf:3: first", "/etc/springpark.conf:9: second"]
        self.stand_in({"reload": {"ok": False, "errors": errors}})
        done = self.run_tool("reload")
        self.assertEqual(done.returncode, CONFIG)
        self.assertEqual(done.stderr.splitlines(), errors)

    def test_reload_says_what_has_changed(self):
        self.stand_in({"reload": {"ok": True, "result": {"changed": True, "notes": ["02D8 has no effect"]}}})
        done = self.run_tool("reload")
        self.assertEqual(done.returncode, OK)
        self.assertEqual(done.stdout, "the new settings are in use\n")
        self.assertIn("02D8 has no effect", done.stderr)

    def test_a_command_goes_to_the_daemon_as_it_was_written(self):
        stand_in = self.stand_in({"command": {"ok": True, "result": {}}})
        for words, payload in ((['{"Sequence":96}'], '{"Sequence":96}'), (["$SCCMD;SEQ=60"], "$SCCMD;SEQ=60"),
                               (["--wink"], '{"Sequence":14}'), (["--accept"], '{"Sequence":96}'),
                               (["--deny"], '{"Sequence":97}')):
            with self.subTest(words=words):
                stand_in.requests.clear()
                done = self.run_tool("command", *words)
                self.assertEqual(done.returncode, OK, done.stderr)
                (_, request), = stand_in.requests
                self.assertEqual(request["request"], "command")
                sent = request["arguments"]["command"]
                if words[0].startswith("--"):
                    self.assertEqual(json.loads(sent), json.loads(payload))
                else:
                    self.assertEqual(sent, payload)

    def test_a_nonsense_command_is_refused_before_it_is_sent(self):
        stand_in = self.stand_in({"command": {"ok": True, "result": {}}})
        for text in ("{", "{\"Sequence\":\"zz\"}", "$SCCMD;SEQ=60*00", "hello"):
            with self.subTest(text=text):
                done = self.run_tool("command", text)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn("not sent: ", done.stderr)
        self.assertEqual(stand_in.requests, [])

    def test_a_command_that_the_daemon_refuses_is_69_with_its_words(self):
        self.stand_in({"command": {"ok": False, "errors": ["there is no relay"]}})
        done = self.run_tool("command", "--wink")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertEqual(done.stderr, "there is no relay\n")


class Watch(ToolTest):
    EVENT = {"event": {"Sequence": 1, "Interface": "13.56", "TagId": "047DAE02C84080"}, "reader": "door"}
    LINE = '{"Sequence":1,"Interface":"13.56","TagId":"047DAE02C84080"}'

    def watch(self, events, *arguments, **options):
        """A watch whose first events come with the answer; later ones through stand_in.connections."""
        self.daemon = self.stand_in({"watch": [{"ok": True, "result": {}}] + [self.EVENT] * events})
        return self.start_tool("watch", *arguments, **options)

    def test_each_event_is_one_compact_line_at_once_until_it_is_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                watch = self.watch(1)
                watch.wait_line(1)
                self.daemon.connections[-1].sendall(json.dumps(self.EVENT).encode() + b"\n")
                watch.wait_line(2)
                self.assertEqual(watch.end(number), OK)
                self.assertEqual(watch.lines, [self.LINE] * 2)
                self.assertEqual(watch.errors, [])
                self.daemon.close()

    def test_it_ends_after_n_events(self):
        watch = self.watch(5, "--events", "3")
        self.assertEqual(watch.end(), OK)
        self.assertEqual(watch.lines, [self.LINE] * 3)

    def test_it_does_not_end_when_the_first_that_it_sees_is_how_far_an_older_event_has_come(self):
        self.daemon = self.stand_in({"watch": [{"ok": True, "result": {}}, {"stored": "12:1"}, {"confirmed": "12:1"},
                                               self.EVENT]})
        watch = self.start_tool("watch")
        watch.wait_line(1)
        self.assertEqual(watch.end(signal.SIGTERM), OK)
        self.assertEqual((watch.lines, watch.errors), ([self.LINE], []))

    def test_it_ends_when_nobody_reads_its_output(self):
        read_end, write_end = os.pipe()
        daemon = self.stand_in({"watch": {"ok": True, "result": {}}})
        tool = subprocess.Popen([program("springparkctl"), "--run-directory", str(self.directory), "watch"],
                                stdin=subprocess.DEVNULL, stdout=write_end, stderr=subprocess.PIPE, text=True)
        self.addCleanup(tool.stderr.close)
        self.addCleanup(tool.kill)
        os.close(write_end)
        wait_until(lambda: daemon.requests, 10, "it watches")
        os.close(read_end)
        self.assertEqual(tool.wait(10), OK)
        self.assertEqual(tool.stderr.read(), "")

    def test_a_daemon_that_goes_ends_it_with_69(self):
        watch = self.watch(1)
        watch.wait_line(1)
        self.daemon.connections[-1].shutdown(socket.SHUT_RDWR)
        self.assertEqual(watch.end(), UNAVAILABLE)
        self.assertIn("closed the connection", watch.errors[0])

    def test_a_watch_that_is_refused_is_69(self):
        self.stand_in({"watch": {"ok": False, "errors": ["too many clients"]}})
        done = self.run_tool("watch")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertEqual(done.stderr, "too many clients\n")


if __name__ == "__main__":
    unittest.main()
