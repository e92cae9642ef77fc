#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The life of the cloud stage (tests/parts/cloud_probe): starting, moving, stopping; and with a real mosquitto."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from cloud_parts import CloudTest, Lines, PKI, SLOW, die_with_parent  # noqa: E402
from fake_broker import CONNECT, DISCONNECT, PUBLISH, SUBSCRIBE, Closed, normal  # noqa: E402


class Life(CloudTest):
    """What is kept meanwhile, settings, stopping."""

    def test_without_a_broker_events_are_kept(self):
        probe = self.probe().start()
        probe.send("burst 1 5 n")
        facts = probe.report()
        self.assertEqual((facts["state"], facts["kept"], facts["waiting"]), ("NOT_CONFIGURED", "5", "0"))
        broker = self.broker(normal)
        probe.set(host="localhost", port=broker.port)
        probe.send("reconfigure")
        probe.wait("^notice CONFIRMED 5$")
        self.assertEqual(broker.payloads(), ["n1", "n2", "n3", "n4", "n5"])
        probe.stop()

    def test_reconfiguring_to_another_broker_keeps_events_and_says_goodbye(self):
        def deaf(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while True:
                if connection.read().kind == DISCONNECT:
                    return
        first, second = self.broker(deaf), self.broker(normal)
        probe = self.probe(first.port, response_floor_ms=9000).start()
        probe.send("burst 1 30 n")
        self.assertTrue(first.wait(lambda: len(first.published) == 20))
        probe.set(port=second.port)
        probe.send("reconfigure")
        probe.wait("DISCONNECTED the settings have changed")
        probe.wait("^notice CONFIRMED 30$")
        self.assertEqual(first.connections[0].packets[-1].kind, DISCONNECT)
        self.assertEqual(second.payloads(), ["n%d" % i for i in range(1, 31)])
        probe.stop()

    def test_reconfiguring_ends_a_wait_and_an_attempt(self):
        silent = self.broker(lambda connection: connection.idle(30))
        good = self.broker(normal)
        probe = self.probe(silent.port, connect_timeout_s=20).start()
        self.assertTrue(silent.wait(lambda: silent.connections))
        probe.set(port=good.port)
        probe.send("reconfigure")
        probe.wait("^notice ONLINE", 3)
        probe.stop()

    def test_an_event_does_not_call_an_attempt_off(self):
        def slow(connection):
            connection.expect(CONNECT)
            connection.idle(0.7)
            connection.connack()
            connection.serve()
        broker = self.broker(slow)
        probe = self.probe(broker.port).start()
        for number in range(1, 8):
            probe.send("event %d n" % number)
            time.sleep(0.1)
        probe.wait("^notice CONFIRMED 7$")
        self.assertEqual(probe.report()["attempts"], "1")
        probe.stop()

    def test_stopping_sends_what_is_lent_then_the_last_status_then_disconnect(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 100 n")
        self.assertEqual(probe.stop(), "stopped ended=1 unsent=0")
        packets = broker.connections[0].packets
        self.assertEqual([packets[-1].kind, packets[-2].payload, packets[-2].topic], [DISCONNECT, "offline", "t/status"])
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 101)])

    def test_stopping_while_the_broker_is_deaf_keeps_its_time(self):
        def deaf(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while True:
                connection.read(20)
        broker = self.broker(deaf)
        probe = self.probe(broker.port, response_floor_ms=60000).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 5 n")
        begun = time.monotonic()
        self.assertEqual(probe.stop(3000), "stopped ended=1 unsent=5")
        self.assertLess(time.monotonic() - begun, 3 * SLOW)
        self.assertIn("offline", broker.payloads("t/status"))

    def test_stopping_while_waiting_or_connecting_is_quick(self):
        silent = self.broker(lambda connection: connection.idle(30))
        probe = self.probe(silent.port, connect_timeout_s=20).start()
        self.assertTrue(silent.wait(lambda: silent.connections))
        begun = time.monotonic()
        self.assertIn("ended=1", probe.stop())
        self.assertLess(time.monotonic() - begun, 1 * SLOW)
        waiting = self.probe(1, backoff_base_ms=600000, host="127.0.0.2").start()
        waiting.wait("DISCONNECTED")
        begun = time.monotonic()
        self.assertIn("ended=1", waiting.stop())
        self.assertLess(time.monotonic() - begun, 1 * SLOW)

    def test_a_thread_that_hangs_in_a_foreign_call_is_abandoned(self):
        probe = self.probe(self.blackhole(1), connect_timeout_s=60, host="127.0.0.1").start()
        probe.send("event 1 n1")
        deadline = time.monotonic() + 5 * SLOW
        while True:
            probe.send("report")
            line = probe.wait("^report ")
            if "connecting to the broker" in line:
                break
            self.assertLess(time.monotonic(), deadline, line)
        begun = time.monotonic()
        self.assertEqual(probe.stop(300), "stopped ended=0 unsent=1")
        self.assertLess(time.monotonic() - begun, 2 * SLOW)

    def test_confirmations_and_commands_survive_a_full_notice_queue(self):
        def script(connection):
            connection.accept()
            connection.serve(until=lambda packet: packet.kind == PUBLISH)
            for number in range(10):
                connection.publish("t/cmd", "c%d" % number)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, queue_size=2, response_floor_ms=1000).start()
        probe.wait("^notice WANT")
        probe.send("take no")
        probe.send("burst 1 60 n")
        time.sleep(2.5)
        facts = probe.report()
        self.assertEqual(facts["connects"], "1")        # nothing was given up meanwhile
        self.assertLess(int(facts["delivered"]), 60)    # and not all was read
        probe.send("take yes")
        probe.wait("^notice CONFIRMED 60$")
        seen = [line for line in probe.output.seen if line.startswith("notice CONFIRMED")]
        self.assertEqual(seen, ["notice CONFIRMED %d" % i for i in range(1, 61)])
        self.assertEqual(len([line for line in probe.output.seen if line.startswith("notice COMMAND c")]), 10)
        probe.stop()


class Mosquitto(CloudTest):
    """A real broker with require_certificate."""

    def start_mosquitto(self, port, version):
        folder = tempfile.mkdtemp(prefix="springpark-mosquitto-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "mosquitto.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("listener %d 127.0.0.1\nrequire_certificate true\nuse_identity_as_username true\n"
                       "cafile %s\ncertfile %s\nkeyfile %s\npersistence false\nuser root\n" % (
                           port, PKI.path("ca.pem"), PKI.path("server.pem"), PKI.path("server.key")))
        # mosquitto's own tls_version is a minimum only, so OpenSSL's configuration sets the version.
        limits = os.path.join(folder, "openssl.cnf")
        with open(limits, "w", encoding="ascii") as file:
            file.write("openssl_conf=o\n[o]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nMinProtocol=%s\n"
                       "MaxProtocol=%s\n" % (version, version))
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        self.assertIsNotNone(program, "mosquitto is missing; next: apt-get install mosquitto")
        process = subprocess.Popen([program, "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "OPENSSL_CONF": limits}, preexec_fn=die_with_parent)

        def end():
            process.terminate()
            process.wait()
        self.addCleanup(lambda: process.poll() is None and end())
        return process

    def free_port(self):
        with socket.socket() as spare:
            spare.bind(("127.0.0.1", 0))
            return spare.getsockname()[1]

    def listen(self, port):
        process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-h", "localhost", "-p", str(port), "--cafile", PKI.path("ca.pem"), "--cert",
             PKI.path("device.pem"), "--key", PKI.path("device.key"), "-t", "t/#", "-i", "listener", "-v", "-d"],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        lines = Lines(process.stdout)

        def end():
            process.terminate()
            process.wait()
            lines.close()
        self.addCleanup(end)
        lines.wait("^Subscribed")
        return lines

    def test_events_status_and_will_over_real_tls(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version=version):
                port = self.free_port()
                probe = self.tls(port, will="offline,dead").start()     # the broker is absent at start
                probe.wait("DISCONNECTED localhost port %d refused" % port)
                probe.send("burst 1 50 n")
                broker = self.start_mosquitto(port, version)
                probe.wait("^notice CONFIRMED 50$")
                probe.log_lines(lambda line: version in line and "MQTT 5" in line, "it says the version")
                listener = self.listen(port)
                probe.send("status online")
                probe.send("event 51 last")
                probe.wait("^notice CONFIRMED 51$")
                probe.stop()
                dying = self.tls(port, will="offline,dead").start()
                dying.wait("^notice ONLINE")
                dying.process.kill()
                dying.process.wait()
                listener.wait("^t/status offline,dead$")
                heard = [line for line in listener.seen if line.startswith("t/")]
                self.assertEqual(sorted(heard[:2]), ["t/evt last", "t/status online"])
                self.assertEqual(heard[2:], ["t/status offline", "t/status offline,dead"])
                with self.assertRaises(AssertionError):
                    dying.end()
                broker.terminate()
                broker.wait()

    def test_a_restart_of_the_broker_loses_nothing(self):
        port = self.free_port()
        broker = self.start_mosquitto(port, "TLSv1.2")
        probe = self.tls(port).start()
        probe.wait("^notice ONLINE")
        broker.terminate()
        broker.wait()
        probe.wait("DISCONNECTED")
        probe.send("burst 1 100 n")
        self.start_mosquitto(port, "TLSv1.2")
        probe.wait("^notice CONFIRMED 100$", 15)
        self.assert_calm(probe, 0)
        probe.stop()


if __name__ == "__main__":
    unittest.main()
