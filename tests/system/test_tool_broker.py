#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl subscribe and command against a real mosquitto and a scripted broker."""
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import PREFIX, Broker, free_port  # noqa: E402
from gateway import program  # noqa: E402
from pki import Sandbox  # noqa: E402
from tool_parts import OK, UNAVAILABLE, TEMPFAIL, NOPERM, CONFIG, SERIAL, ToolTest  # noqa: E402


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
