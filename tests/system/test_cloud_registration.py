#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Awaiting registration: a broker that registers certificates when they come drops a new one at first, in one of three
ways. The cloud stage alone (tests/parts/cloud_probe), the daemon and `springparkctl subscribe`, with a scripted broker."""
import os
import signal
import ssl
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from broker import wait_until  # noqa: E402
from cloud_parts import CloudTest, PKI, SLOW  # noqa: E402
from fake_broker import CONNECT, normal  # noqa: E402
from gateway import Gateway, Script, configuration  # noqa: E402
from tool_parts import OK, TEMPFAIL, Process  # noqa: E402

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def close_after_connect(connection):
    connection.start_tls()
    connection.expect(CONNECT)
    connection.close()


def reset_after_connect(connection):
    connection.start_tls()
    connection.expect(CONNECT)
    connection.rst()


def refuse_by_alert(connection):
    """The server trusts another CA; it stays a while, so that its alert is read before the end of the connection."""
    context = PKI.server(version=connection.broker.tls.minimum_version, ca="strange-ca")
    try:
        connection.start_tls(context)
        connection.read()
    except ssl.SSLError:
        connection.idle(0.3)
        raise


def alert_of_tls(connection):
    """Breaks off in the handshake, once the client's certificate has come, without a word."""
    connection.sock.settimeout(10)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = connection.broker.tls.wrap_bio(incoming, outgoing, server_side=True)
    flights = 0
    while flights < 2:      # ClientHello, then the flight that begins with the certificate
        incoming.write(connection.sock.recv(65536))
        flights += 1
        try:
            server.do_handshake()
        except ssl.SSLWantReadError:
            pass
        if flights < 2:
            connection.sock.sendall(outgoing.read())
    connection.rst()


WAYS = {"closed": close_after_connect, "reset": reset_after_connect, "alert": refuse_by_alert,
        "broken off": alert_of_tls}


class Registration(CloudTest):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="springpark-registrations-")
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "registrations")

    def log_of(self, probe, text):
        return [line for line in probe.log if text in line]

    def wait_for(self, condition, what, timeout=10):
        wait_until(condition, timeout * SLOW, what)

    def test_each_way_is_the_state_and_then_a_connack_ends_it(self):
        for version in VERSIONS:
            for name, way in WAYS.items():
                with self.subTest(version=version.name, way=name):
                    broker = self.broker(*[way] * 3, normal, tls=PKI.server(version=version))
                    file = "%s-%s-%s" % (self.file, version.name, name.replace(" ", "-"))
                    probe = self.tls(broker.port, registrations=file, backoff_base_ms=300).start()
                    probe.send("event 1 first")
                    for _ in range(3):
                        probe.wait("^notice DISCONNECTED")
                        facts = probe.report()
                        self.assertEqual(facts["state"], "AWAITING_REGISTRATION", facts)
                        self.assertIn("has never accepted this certificate", facts["detail"])
                        self.assertIn("next: it is tried again", facts["detail"])
                    probe.wait("^notice ONLINE")
                    probe.wait("^notice CONFIRMED 1$")
                    self.assertEqual(probe.report()["detail"], "")
                    probe.stop()
                    self.assertEqual(len(self.log_of(probe, "cloud: awaiting registration: ")), 1, probe.log)
                    self.assertEqual(len(self.log_of(probe, "registered: localhost port")), 1, probe.log)
                    self.assertTrue(os.path.exists(file))

    def test_what_was_accepted_once_is_no_matter_of_registration_after_a_restart_either(self):
        broker = self.broker(close_after_connect, normal, close_after_connect, normal, tls=PKI.server())
        probe = self.tls(broker.port, registrations=self.file).start()
        probe.wait("^notice ONLINE")
        probe.stop()
        with open(self.file, encoding="ascii") as file:
            self.assertIn(" %d localhost\n" % broker.port, file.read())
        probe = self.tls(broker.port, registrations=self.file, backoff_base_ms=2000).start()
        probe.wait("^notice DISCONNECTED")
        facts = probe.report()
        self.assertEqual(facts["state"], "WAITING")
        self.assertIn("was accepted before", facts["detail"])
        probe.wait("^notice ONLINE")
        probe.stop()
        self.assertEqual(self.log_of(probe, "cloud: awaiting registration: "), [])
        self.assertEqual(self.log_of(probe, "registered: "), [])

    def test_another_certificate_awaits_its_own_registration(self):
        PKI.leaf("second-device", "probe")
        broker = self.broker(normal, close_after_connect, normal, tls=PKI.server())
        probe = self.tls(broker.port, registrations=self.file, backoff_base_ms=1000).start()
        probe.wait("^notice ONLINE")
        probe.set(tls_certificate=PKI.path("second-device.pem"), tls_key=PKI.path("second-device.key"))
        probe.send("reconfigure")
        probe.wait("^notice DISCONNECTED the settings have changed")
        probe.wait("^notice DISCONNECTED")
        self.assertEqual(probe.report()["state"], "AWAITING_REGISTRATION")
        probe.wait("^notice ONLINE")
        probe.stop()
        self.assertEqual(len(self.log_of(probe, "registered: ")), 2)

    def test_a_damaged_file_knows_nothing_and_is_said(self):
        with open(self.file, "w", encoding="ascii") as file:
            file.write("springpark registr")
        broker = self.broker(close_after_connect, normal, tls=PKI.server())
        probe = self.tls(broker.port, registrations=self.file).start()
        probe.wait("^notice DISCONNECTED")
        probe.wait("^notice ONLINE")
        probe.stop()
        self.assertEqual(len(self.log_of(probe, "is damaged")), 1, probe.log)
        self.assertEqual(len(self.log_of(probe, "cloud: awaiting registration: ")), 1)

    def test_other_failures_are_not_it(self):
        def after_client_hello(connection):
            connection.rst()
        broker = self.broker(after_client_hello, tls=PKI.server())
        silent = self.broker(lambda connection: connection.idle(30), tls=PKI.server())
        refused = self.broker(lambda connection: (connection.start_tls(), connection.expect(CONNECT),
                                                  connection.connack(0x87), connection.idle(0.2)), tls=PKI.server())
        dead = self.broker(normal)
        dead.stop()
        cases = {
            "name": {"port": broker.port, "host": "nobody.invalid"},
            "TCP": {"port": dead.port},
            "untrusted": {"port": broker.port, "ca": "strange-ca"},
            "client hello": {"port": broker.port},
            "no answer": {"port": silent.port, "connect_timeout_s": 1},
            "CONNACK": {"port": refused.port},
        }
        good = self.broker(normal, tls=PKI.server())
        wrong_name = self.broker(normal, tls=PKI.server("wrong-name"))
        cases["untrusted"]["port"] = good.port
        cases["wrong name"] = {"port": wrong_name.port}
        for name, settings in cases.items():
            with self.subTest(name=name):
                probe = self.tls(backoff_base_ms=5000, **settings).start()
                probe.wait("^notice DISCONNECTED", 20)
                self.assertEqual(probe.report()["state"], "WAITING")
                probe.stop()
                self.assertEqual(self.log_of(probe, "cloud: awaiting registration: "), [])

    def test_after_its_time_there_is_one_warning_and_the_detail_says_what_to_check(self):
        """A failure of another kind in between does not start the time anew."""
        def no_tls(connection):
            connection.rst()
        broker = self.broker(*[close_after_connect, reset_after_connect, no_tls] * 40, tls=PKI.server())
        probe = self.tls(broker.port, registration_patience_ms=3000, reconnect_interval_s=0).start()
        self.wait_for(lambda: self.log_of(probe, "has not accepted this certificate for more than 3 s"), "the warning")
        attempts = len(broker.connections)
        self.wait_for(lambda: len(broker.connections) > attempts + 6, "more attempts")
        self.assertEqual(len(self.log_of(probe, "cloud: awaiting registration: ")), 2, probe.log)

        details = []

        def in_that_state():
            facts = probe.report()
            details.append(facts["detail"])
            return facts["state"] == "AWAITING_REGISTRATION"
        self.wait_for(in_that_state, "the state")
        for word in ("automatic registration", "list-certificates-by-ca", "Lambda", "template", "policy", "thing", "SNI"):
            self.assertIn(word, details[-1])
        probe.stop()


class Daemon(CloudTest):
    """The daemon, and what `springparkctl status` says of it."""

    def setUp(self):
        self.script = Script()
        self.addCleanup(self.script.close)

    def text(self, port):
        class Files:
            """As a Broker of broker.py, for the configuration."""
            sandbox = type("S", (), {"pem": staticmethod(lambda name: PKI.path({"device-chain": "ca"}.get(name, name)
                                                                               + ".pem")),
                                     "key": staticmethod(lambda name: PKI.path(name + ".key"))})
        Files.port = port
        return configuration(Files, self.script.setting, ca="ca", options="reconnect_interval = 1;")

    def wait_state(self, gateway, state):
        wait_until(lambda: gateway.status()["broker"]["state"] == state, 20 * SLOW, state)
        return gateway.status()["broker"]

    def test_it_is_seen_in_status_ends_and_is_remembered_over_a_restart(self):
        allow = []

        def new_here(connection):
            if allow:
                normal(connection)
            else:
                close_after_connect(connection)
        broker = self.broker(new_here, tls=PKI.server())
        gateway = Gateway(self.text(broker.port))
        self.addCleanup(gateway.close)
        account = self.wait_state(gateway, "awaiting registration")
        self.assertIn("has never accepted this certificate", account["detail"])
        self.wait_since(gateway)
        said = gateway.tool("status").stdout
        self.assertIn("awaiting registration for ", said)
        self.assertEqual(gateway.status()["health"], [])
        self.script.do("insert NFC-A 04112233445566")
        allow.append(True)
        self.wait_state(gateway, "online")
        wait_until(lambda: gateway.status()["events"]["delivered"] == 1, 10 * SLOW, "the event at the broker")
        gateway.wait_log("registered: localhost port %d" % broker.port)
        self.assertEqual(gateway.stop(), OK)
        allow.clear()
        gateway.start()
        account = self.wait_state(gateway, "waiting")
        self.assertIn("was accepted before", account["detail"])
        allow.append(True)
        self.wait_state(gateway, "online")
        self.assertEqual(gateway.log_text().count("registered: "), 1)
        self.assertEqual(gateway.log_text().count("cloud: awaiting registration: "), 1)

    def wait_since(self, gateway):
        wait_until(lambda: gateway.status()["broker"]["since_s"] >= 1, 10 * SLOW, "a second")


class Subscribe(CloudTest):
    def start_tool(self, broker, *arguments):
        process = Process(["subscribe", "--broker", "localhost", "--port", str(broker.port), "--client-id", "demo-1",
                           "--ca", PKI.path("ca.pem"), "--cert", PKI.path("device.pem"),
                           "--key", PKI.path("device.key"), *arguments])
        self.addCleanup(process.close)
        return process

    def test_it_waits_for_the_registration_of_its_credential_in_each_way(self):
        for version in VERSIONS:
            for name, way in WAYS.items():
                with self.subTest(version=version.name, way=name):
                    broker = self.broker(way, normal, tls=PKI.server(version=version))
                    process = self.start_tool(broker)
                    process.wait_error("subscribed to ")
                    self.assertEqual(process.end(signal.SIGINT), OK)
                    told = [line for line in process.errors if "awaiting registration: " in line]
                    self.assertEqual(len(told), 1, process.errors)
                    self.assertIn("next: it is tried again", told[0])

    def test_after_its_time_it_says_what_to_check_and_the_timeout_ends_it(self):
        broker = self.broker(close_after_connect, tls=PKI.server())
        process = self.start_tool(broker, "--patience", "1", "--timeout", "6")
        self.assertEqual(process.end(timeout=20), TEMPFAIL)
        told = [line for line in process.errors if "awaiting registration: " in line]
        self.assertEqual(len(told), 2, process.errors)
        self.assertIn("list-certificates-by-ca", told[1])
        self.assertIn("\"demo-1\"", told[1])

    def test_a_certificate_that_was_accepted_in_this_run_awaits_nothing(self):
        def one_subscription(connection):
            connection.start_tls()
            connection.accept()
            connection.suback(connection.read())
            connection.close()
        broker = self.broker(one_subscription, close_after_connect, normal, tls=PKI.server())
        process = self.start_tool(broker)
        process.wait_error("subscribed to ", count=2)
        self.assertEqual(process.end(signal.SIGINT), OK)
        self.assertEqual([line for line in process.errors if "awaiting registration" in line], [])
        self.assertTrue([line for line in process.errors if "was accepted before" in line], process.errors)

    def test_a_broker_that_is_not_trusted_ends_it_at_once(self):
        broker = self.broker(normal, tls=PKI.server("self", require=False))
        process = self.start_tool(broker)
        self.assertNotEqual(process.end(), OK)
        self.assertEqual([line for line in process.errors if "awaiting" in line], [])


if __name__ == "__main__":
    unittest.main()
