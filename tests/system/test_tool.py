#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl: what it prints, its exit statuses and its messages. A stand-in answers for the daemon; the broker is
a real mosquitto with the sandbox's certificates, or, for what mosquitto cannot be made to say, a scripted one."""
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import PREFIX, Broker, free_port, wait_until  # noqa: E402
from gateway import program  # noqa: E402
from pki import Sandbox  # noqa: E402

SERIAL = "0A1B2C3D"
OK, USAGE, UNAVAILABLE, TEMPFAIL, PROTOCOL, NOPERM, CONFIG = 0, 64, 69, 75, 76, 77, 78
NOBODY = 65534

STATUS = {
    "version": "0.1.0", "serial": SERIAL, "state": "online,ready", "health": [], "startup_counter": 7,
    "uptime_ms": 3725000, "sequence": 12, "config_file": "/etc/springpark.conf",
    "broker": {"state": "online", "host": "broker.example", "port": 8883, "tls": True, "mqtt_version": 5,
               "detail": None, "connects": 1, "attempts": 2},
    "events": {"created": 12, "delivered": 11, "stored": 1, "in_flight": 1, "dropped": 0, "refused": 0},
    "commands": {"accepted": 3, "refused": 1},
    "readers": [{"label": "door", "name": "ACME Reader 00 00", "driver": "pcsc", "health": "works", "reason": None,
                 "doing": "waits for a tag", "present": 1, "reads": 12, "failures": 2, "unread": 0,
                 "template_no_match": 4}],
}


class Process:
    """springparkctl that goes on; its output is collected in threads."""

    def __init__(self, arguments, **options):
        self.lines = []
        self.errors = []
        self._process = subprocess.Popen([program("springparkctl"), *arguments], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self._threads = [threading.Thread(target=self._collect, args=pair, daemon=True)
                         for pair in ((self._process.stdout, self.lines), (self._process.stderr, self.errors))]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def wait_line(self, count, timeout=10):
        wait_until(lambda: len(self.lines) >= count, timeout, "%d lines; stderr: %s" % (count, self.errors))

    def wait_error(self, text, count=1, timeout=15):
        wait_until(lambda: sum(text in line for line in self.errors) >= count, timeout,
                   "\"%s\" %d times on stderr; it is %s" % (text, count, self.errors))

    def end(self, number=None, timeout=15):
        """Waits for the end, after that signal if there is one; the exit status."""
        if number is not None:
            self._process.send_signal(number)
        status = self._process.wait(timeout)
        for thread in self._threads:
            thread.join()
        return status

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        self._process.stdout.close()
        self._process.stderr.close()


class StandIn:
    """The daemon's end of the sockets. answers: a request's name to the lines that answer it, or None to hang up."""

    def __init__(self, directory, answers, names=("control", "status")):
        self.requests = []
        self.connections = []
        self._answers = answers
        self._listeners = []
        for name in names:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(directory / name))
            listener.listen()
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()

    def _accept(self, name, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(name, connection), daemon=True).start()

    def _serve(self, name, connection):
        for line in connection.makefile("r"):
            request = json.loads(line)
            self.requests.append((name, request))
            answer = self._answers.get(request["request"], {"ok": False, "errors": ["unknown request"]})
            if answer is None:
                connection.shutdown(socket.SHUT_RDWR)
                return
            if isinstance(answer, (dict, str)):
                answer = [answer]
            text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in answer)
            connection.sendall(text.encode())

    def close(self):
        """Ends it; a second time does nothing."""
        while self._listeners:
            listener = self._listeners.pop()
            path = listener.getsockname()
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            os.unlink(path)
        for connection in self.connections:
            connection.close()


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="springpark-tool-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def stand_in(self, answers, **options):
        stand_in = StandIn(self.directory, answers, **options)
        self.addCleanup(stand_in.close)
        return stand_in

    def run_tool(self, *arguments, executable=None, **options):
        return subprocess.run([executable or program("springparkctl"), "--run-directory", str(self.directory),
                               *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=30, **options)

    def start_tool(self, *arguments, **options):
        process = Process(["--run-directory", str(self.directory), *arguments], **options)
        self.addCleanup(process.close)
        return process


class Usage(ToolTest):
    COMMANDS = ["status", "readers", "watch", "reload", "command", "check", "registers", "subscribe"]

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
        ]
        for arguments, message in cases:
            with self.subTest(arguments=arguments):
                done = self.run_tool(*arguments)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stdout, "")


class Daemon(ToolTest):
    def test_a_daemon_that_is_not_there_is_69_with_the_socket_and_the_next_step(self):
        for arguments in (["status"], ["readers"], ["watch"], ["reload"], ["command", "--wink"]):
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


class RealBroker(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(serial=SERIAL)
        cls.addClassCleanup(cls.sandbox.close)

    def setUp(self):
        super().setUp()
        self.broker = Broker(self.sandbox)
        self.addCleanup(self.broker.close)

    def words(self, credential="demo-1", ca="server-ca", key=None, host="localhost", port=None):
        return ["--broker", host, "--port", str(port or self.broker.port), "--ca", self.sandbox.pem(ca),
                "--cert", self.sandbox.pem(credential), "--key", self.sandbox.key(key or credential)]

    def subscribe(self, *arguments, wait=True, **options):
        process = self.start_tool("subscribe", *self.words(**options), *arguments)
        if wait:
            process.wait_error("subscribed to ")
        return process

    def event(self, payload):
        self.broker.publish(PREFIX + SERIAL + "/rdr/evt", payload, "device")

    def test_it_prints_each_event_as_it_came_and_ends_after_n(self):
        process = self.subscribe("--events", "3")
        self.assertEqual(process.errors,
                         ["subscribed to springcard/springcore/+/rdr/evt at localhost:%d" % self.broker.port])
        self.event('{"TagId": "04","n":1.50}')
        self.event("$SCRDR;13;...*00\r\n")
        self.event("a\x1b[2Jb\nc\xe9\x9b".encode("utf-8") + b"")
        self.assertEqual(process.end(), OK)
        self.assertEqual(process.lines, ['{"TagId": "04","n":1.50}', "$SCRDR;13;...*00",
                                         "a\\u001b[2Jb\\u000ac\xe9\\u009b"])

    def test_bytes_that_are_no_utf_8_are_shown(self):
        process = self.subscribe("--events", "1")
        self.event(b"a\xff\x9bb")
        self.assertEqual(process.end(), OK)
        self.assertEqual(process.lines, ["a\\xff\\x9bb"])

    def test_it_ends_with_0_when_it_is_interrupted(self):
        self.assertEqual(self.subscribe().end(signal.SIGINT), OK)
        self.assertEqual(self.subscribe().end(signal.SIGTERM), OK)

    def test_it_ends_with_75_when_too_few_events_came_in_time(self):
        process = self.subscribe("--events", "2", "--timeout", "2")
        self.event("one")
        self.assertEqual(process.end(), TEMPFAIL)
        self.assertEqual(process.lines, ["one"])
        self.assertIn("1 of 2 events came in 2 s", process.errors[-1])

    def test_a_filter_that_is_not_allowed_is_said_and_ends_with_77(self):
        process = self.subscribe("--device", SERIAL, wait=False)
        self.assertEqual(process.end(), NOPERM)
        self.assertIn("refuses the subscription to springcard/springcore/%s/rdr/evt" % SERIAL, process.errors[-1])
        self.assertIn("Not authorized".lower(), process.errors[-1].lower())

    def test_accept_answers_the_device_that_sent_the_event(self):
        device = self.broker.subscriber(PREFIX + SERIAL + "/rdr/cmd", "device")
        process = self.subscribe("--accept", "--events", "1", credential="operator")
        self.event("one")
        self.assertEqual(process.end(), OK)
        message, = device.wait_for(1)
        self.assertEqual(json.loads(message.payload), {"Sequence": 0x60})

    def test_an_answer_that_is_not_allowed_is_said_and_ends_with_77(self):
        process = self.subscribe("--deny", "--events", "1")
        self.event("one")
        self.assertEqual(process.end(), NOPERM)
        self.assertEqual(process.lines, ["one"])
        self.assertIn("refuses a publish to springcard/springcore/ID/rdr/cmd", process.errors[-1])

    def test_it_comes_back_when_the_broker_does(self):
        process = self.subscribe("--events", "2")
        self.event("before")
        process.wait_line(1)
        self.broker.restart()
        process.wait_error("subscribed to ", count=2)
        self.event("after")
        self.assertEqual(process.end(), OK)
        self.assertEqual(process.lines, ["before", "after"])
        self.assertTrue(any("the connection was lost" in line for line in process.errors))

    def test_it_waits_for_a_broker_that_is_not_there_yet(self):
        self.broker.stop()
        process = self.subscribe("--events", "1", wait=False)
        process.wait_error("trying again in 1 s")
        self.broker.start()
        process.wait_error("subscribed to ")
        self.event("one")
        self.assertEqual(process.end(), OK)

    def test_it_can_be_interrupted_while_it_waits_for_a_broker(self):
        self.broker.stop()
        process = self.subscribe(wait=False)
        process.wait_error("trying again in ")
        self.assertEqual(process.end(signal.SIGINT, timeout=5), OK)

    def test_a_broker_that_the_ca_does_not_vouch_for_is_refused(self):
        self.sandbox.make_ca("stranger-ca")
        process = self.subscribe(ca="stranger-ca", wait=False)
        self.assertEqual(process.end(), UNAVAILABLE)
        self.assertIn("localhost:%d: " % self.broker.port, process.errors[0])
        self.assertIn("certificate", process.errors[0])

    def test_files_that_are_wrong_are_named_with_78(self):
        self.sandbox.make_mismatch("mismatch")
        process = self.subscribe(credential="mismatch", wait=False)
        self.assertEqual(process.end(), CONFIG)
        self.assertIn("mismatch", process.errors[0])
        process = self.subscribe(credential="missing", wait=False)
        self.assertEqual(process.end(), CONFIG)
        self.assertIn(self.sandbox.pem("missing"), process.errors[0])

    def test_it_ends_when_nobody_reads_its_output(self):
        read_end, write_end = os.pipe()
        tool = subprocess.Popen([program("springparkctl"), "subscribe", *self.words()], stdin=subprocess.DEVNULL,
                                stdout=write_end, stderr=subprocess.PIPE, text=True)
        self.addCleanup(tool.stderr.close)
        self.addCleanup(tool.kill)
        os.close(write_end)
        self.assertIn("subscribed to ", tool.stderr.readline())
        os.close(read_end)
        self.assertEqual(tool.wait(10), OK)

    def command(self, *arguments, credential="operator", **options):
        return self.run_tool("command", *arguments, *self.words(credential, **options), "--device", SERIAL)

    def test_a_command_by_the_broker_reaches_the_device(self):
        device = self.broker.subscriber(PREFIX + SERIAL + "/rdr/cmd", "device")
        done = self.command("$SCCMD;SEQ=60")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertEqual(device.wait_for(1)[0].payload, "$SCCMD;SEQ=60")

    def test_a_command_to_a_device_that_is_not_there_is_69(self):
        done = self.command("--wink")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("nobody who subscribes to springcard/springcore/%s/rdr/cmd" % SERIAL, done.stderr)

    def test_a_command_that_is_not_allowed_is_77(self):
        done = self.command("--wink", credential="demo-1")
        self.assertEqual(done.returncode, NOPERM)
        self.assertIn("refuses a publish to springcard/springcore/%s/rdr/cmd" % SERIAL, done.stderr)

    def test_a_command_to_a_broker_that_is_not_there_is_69(self):
        done = self.command("--wink", port=free_port())
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("localhost:", done.stderr)


class ScriptedBroker(ToolTest):
    """What mosquitto cannot be made to say."""

    def setUp(self):
        super().setUp()
        self.sandbox = Sandbox(serial=SERIAL)
        self.addCleanup(self.sandbox.close)
        self.packets = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self._listener.close)

    def serve(self, answer):
        """answer(packet): the bytes that go back. One connection after the other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.sandbox.pem("server"), self.sandbox.key("server"))

        def run():
            while True:
                try:
                    plain, _ = self._listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        self._talk(connection, answer)
                except OSError:
                    pass
        threading.Thread(target=run, daemon=True).start()

    def _talk(self, connection, answer):
        stream = connection.makefile("rb")
        while True:
            head = stream.read(2)
            if len(head) < 2:
                return
            packet = head + stream.read(head[1])  # all of ours are shorter than 128 bytes
            self.packets.append(packet)
            back = answer(packet)
            if back is None:
                connection.unwrap()
                return
            connection.sendall(back)

    def words(self):
        return ["--broker", "localhost", "--port", str(self._listener.getsockname()[1]), "--client-id", "demo-1",
                "--ca", self.sandbox.pem("server-ca"), "--cert", self.sandbox.pem("demo-1"),
                "--key", self.sandbox.key("demo-1")]

    def test_a_broker_that_speaks_3_1_1_only_is_spoken_to_in_that(self):
        def answer(packet):
            if packet[0] == 0x10:  # CONNECT: the version is behind the name "MQTT"
                return b"\x20\x03\x00\x84\x00" if packet[8] == 5 else b"\x20\x02\x00\x00"
            if packet[0] == 0x82:  # SUBSCRIBE: granted, then an event
                topic = b"springcard/springcore/X/rdr/evt"
                body = len(topic).to_bytes(2, "big") + topic + b"hello"
                return b"\x90\x03" + packet[2:4] + b"\x01" + b"\x30" + bytes([len(body)]) + body
            return b""
        self.serve(answer)
        process = self.start_tool("subscribe", *self.words(), "--events", "1")
        self.assertEqual(process.end(), OK, process.errors)
        self.assertEqual(process.lines, ["hello"])
        self.assertEqual([packet[8] for packet in self.packets if packet[0] == 0x10], [5, 4])

    def test_a_client_that_is_refused_is_told_why_and_ends_with_77(self):
        self.serve(lambda packet: b"\x20\x03\x00\x87\x00" if packet[0] == 0x10 else None)
        process = self.start_tool("subscribe", *self.words())
        self.assertEqual(process.end(), NOPERM)
        self.assertIn("the broker refuses this client (0x87", process.errors[0])

    def test_a_broker_that_is_busy_is_tried_again(self):
        self.serve(lambda packet: b"\x20\x03\x00\x89\x00" if packet[0] == 0x10 else None)
        process = self.start_tool("subscribe", *self.words())
        process.wait_error("trying again in 2 s")
        self.assertEqual(process.end(signal.SIGINT), OK)

    def test_a_broker_that_hangs_up_at_the_subscription_is_explained(self):
        def answer(packet):
            return b"\x20\x03\x00\x00\x00" if packet[0] == 0x10 else None
        self.serve(answer)
        process = self.start_tool("subscribe", *self.words())
        process.wait_error("before the subscription was acknowledged")
        process.wait_error("trying again in 2 s")  # a connection that came to nothing does not shorten the pause
        self.assertEqual(process.end(signal.SIGINT), OK)

    def test_a_broker_that_hangs_up_at_a_command_is_explained(self):
        def answer(packet):
            return b"\x20\x03\x00\x00\x00" if packet[0] == 0x10 else None
        self.serve(answer)
        done = self.run_tool("command", "--wink", *self.words(), "--device", "X")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("lost before the broker acknowledged the command", done.stderr)


if __name__ == "__main__":
    unittest.main()
