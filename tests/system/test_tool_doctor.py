#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl doctor against a real mosquitto: with a daemon and without, and with one thing wrong at a time."""
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import fake_broker  # noqa: E402
from broker import PREFIX, Broker, free_port, wait_until  # noqa: E402
from gateway import Gateway, Script, configuration  # noqa: E402
from pki import Sandbox  # noqa: E402
from tool_parts import OK, UNAVAILABLE, TEMPFAIL, NOPERM, CONFIG, SERIAL, ToolTest  # noqa: E402

NETWORK = ("DNS", "TCP", "TLS")
MQTT = ("connect", "subscribe", "publish")
VERDICTS = {"ok", "warning", "failure", "skipped"}


class Doctor(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(serial=SERIAL)
        cls.addClassCleanup(cls.sandbox.close)
        cls.broker = Broker(cls.sandbox)
        cls.addClassCleanup(cls.broker.close)

    def setUp(self):
        super().setUp()
        self.script = Script()
        self.addCleanup(self.script.close)
        self.settings = self.directory / "springpark.conf"

    def configuration(self, more="", broker=None, **sections):
        sections.setdefault("host", "127.0.0.1")
        return configuration(broker or self.broker, self.script.setting, more=more, **sections)

    def examine(self, text=None, status=OK, **sections):
        """Runs it with that configuration; its findings by name, as (verdict, text)."""
        self.settings.write_text(text or self.configuration(**sections))
        done = self.run_tool("doctor", "--config", str(self.settings), "--json")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["exit_status"], status)
        for entry in report["checks"]:
            self.assertIn(entry["verdict"], VERDICTS)
            if entry["verdict"] in ("warning", "failure"):
                self.assertIn("next: ", entry["text"])
        return {entry["check"]: (entry["verdict"], entry["text"]) for entry in report["checks"]}

    def assert_verdicts(self, findings, verdict, names):
        for name in names:
            self.assertEqual(findings[name][0], verdict, "%s: %s" % (name, findings))

    def assert_finding(self, findings, name, verdict, *words):
        self.assertEqual(findings[name][0], verdict, findings)
        for word in words:
            self.assertIn(word, findings[name][1])

    def failures(self, findings):
        return [name for name, (verdict, _) in findings.items() if verdict == "failure"]

    # -- all is well ---------------------------------------------------------------------------------------------

    def test_all_is_well_without_a_daemon(self):
        subscriber = self.broker.subscriber(PREFIX + SERIAL + "/meta", "device")
        findings = self.examine()
        self.assert_verdicts(findings, "ok", ("configuration", "certificate", "private key", "CA", "chain file",
                                              "key pair", "client id", "chain", "expiry", "CA expiry") + NETWORK + MQTT)
        self.assertIn(findings["clock"][0], ("ok", "warning"))  # whether it is synchronised is this machine's affair
        self.assert_finding(findings, "daemon", "warning", "systemctl start springparkd")
        self.assert_finding(findings, "readers", "skipped", "not running")
        wait_until(lambda: any(not message.retained for message in subscriber.messages), 5, "META comes")
        self.assertEqual(json.loads(subscriber.messages[-1].payload)["SerialNumber"], SERIAL)

    def test_a_person_gets_one_line_each_with_verdict_and_name(self):
        self.settings.write_text(self.configuration())
        done = self.run_tool("doctor", "--config", str(self.settings))
        self.assertEqual(done.returncode, OK, done.stdout)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^ok       configuration  %s, 0 errors" % self.settings)
        self.assertEqual(len(lines), 19)
        for line in lines:
            self.assertIn(line.split()[0], VERDICTS)

    def gateway(self, text):
        gateway = Gateway(text)
        self.addCleanup(gateway.close)
        return gateway

    def test_all_is_well_with_a_running_daemon_which_keeps_its_session(self):
        gateway = self.gateway(self.configuration())
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "the daemon is online")
        wait_until(lambda: gateway.status()["readers"][0]["health"] == "works", 10, "the reader works")
        done = gateway.tool("doctor", "--config", str(gateway.configuration_path), "--json")
        self.assertEqual(done.returncode, OK, done.stdout + done.stderr)
        findings = {entry["check"]: (entry["verdict"], entry["text"]) for entry in json.loads(done.stdout)["checks"]}
        self.assert_verdicts(findings, "ok", NETWORK + MQTT + ("daemon", "reader door"))
        broker = gateway.status()["broker"]
        self.assertEqual((broker["state"], broker["connects"], broker["attempts"]), ("online", 1, 1))

    def test_a_daemon_with_other_settings_is_named(self):
        gateway = self.gateway(self.configuration())
        gateway.configure(self.configuration(host="localhost"))
        done = gateway.tool("doctor", "--config", str(gateway.configuration_path))
        self.assertEqual(done.returncode, OK, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^warning  connect .*127\.0\.0\.1.*next: springparkctl reload")

    def test_a_daemon_that_is_not_online_says_why(self):
        gateway = self.gateway(self.configuration(port=free_port()))
        wait_until(lambda: gateway.status()["broker"]["detail"], 10, "the daemon says why")
        done = gateway.tool("doctor", "--config", str(gateway.configuration_path))
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertRegex(done.stdout, r"(?m)^failure  connect .*not online but .*refused the connection")

    def test_a_reader_that_is_ill_is_a_failure(self):
        reader = {"label": "door", "name": "A", "driver": "pcsc", "health": "ill", "reason": "it burns"}
        status = {"version": "1", "config_file": str(self.settings), "readers": [reader],
                  "broker": {"state": "online", "host": "127.0.0.1", "port": self.broker.port}}
        self.stand_in({"status": {"ok": True, "result": status}})
        findings = self.examine(status=UNAVAILABLE)
        self.assert_finding(findings, "reader door", "failure", "it burns", "next: ")
        self.assertEqual(self.failures(findings), ["reader door"])

    def test_a_daemon_that_does_not_answer_is_not_thrown_out(self):
        connections = self.broker.log_text().count("New client connected")
        self.stand_in({"status": None})
        findings = self.examine(status=UNAVAILABLE)
        self.assert_finding(findings, "daemon", "failure")
        self.assert_verdicts(findings, "skipped", MQTT)
        self.assertEqual(self.broker.log_text().count("New client connected"), connections)

    # -- what this box has ---------------------------------------------------------------------------------------

    def test_a_configuration_that_is_wrong(self):
        findings = self.examine("mqtt: { port = 99999; };\n", status=CONFIG)
        self.assert_finding(findings, "configuration", "failure", "springpark.conf:1", "mqtt.port")
        self.assert_verdicts(findings, "skipped", NETWORK + MQTT)

    def test_without_a_broker_nothing_is_connected(self):
        findings = self.examine("readers: ( %s );\n" % self.script.setting)
        self.assert_verdicts(findings, "skipped", ("certificate",) + NETWORK + MQTT)

    def test_a_key_of_another_certificate(self):
        self.sandbox.make_mismatch("mismatch")
        findings = self.examine(status=CONFIG, credential="mismatch")
        self.assert_finding(findings, "key pair", "failure", "does not belong", self.sandbox.pem("mismatch"))
        self.assert_verdicts(findings, "skipped", ("TLS",) + MQTT)
        self.assert_verdicts(findings, "ok", ("DNS", "TCP"))

    def test_a_certificate_that_has_expired(self):
        self.sandbox.make_expired_client("expired")
        findings = self.examine(status=CONFIG, credential="expired")
        self.assert_finding(findings, "expiry", "failure", "has expired")
        self.assert_finding(findings, "TLS", "failure", "the broker refused the device's certificate")
        self.assert_verdicts(findings, "skipped", MQTT)

    def test_a_certificate_that_ends_in_5_days_is_a_warning(self):
        self.sandbox.make_expiring_client("ending", 5)
        findings = self.examine(credential="ending")
        self.assert_finding(findings, "expiry", "warning", "days (")
        self.assert_verdicts(findings, "ok", MQTT)

    def test_a_file_that_is_missing(self):
        findings = self.examine(status=CONFIG, credential="missing")
        self.assert_finding(findings, "certificate", "failure", self.sandbox.pem("missing"), "No such file")
        self.assert_finding(findings, "private key", "failure", self.sandbox.key("missing"), "No such file")
        self.assert_verdicts(findings, "skipped", ("key pair", "client id", "chain", "expiry", "TLS"))
        self.assert_verdicts(findings, "ok", ("CA", "TCP"))

    def test_a_key_that_all_can_read(self):
        for end in ("pem", "key"):
            shutil.copy(self.sandbox.directory / ("device." + end), self.sandbox.directory / ("open." + end))
        os.chmod(self.sandbox.key("open"), 0o644)
        findings = self.examine(status=CONFIG, credential="open")
        self.assert_finding(findings, "private key", "failure", "mode 0644", "chmod 0640")

    def test_a_ca_that_all_can_change_is_a_warning(self):
        shutil.copy(self.sandbox.pem("server-ca"), self.sandbox.pem("open-ca"))
        os.chmod(self.sandbox.pem("open-ca"), 0o666)
        findings = self.examine(ca="open-ca")
        self.assert_finding(findings, "CA", "warning", "mode 0666", "chmod go-w")

    def test_a_client_id_other_than_the_cn(self):
        findings = self.examine(status=CONFIG, mqtt='client_id = "somebody";')
        self.assert_finding(findings, "client id", "failure", '"somebody"', '"%s"' % SERIAL)

    def test_a_chain_that_does_not_lead_from_the_certificate(self):
        text = self.configuration().replace(self.sandbox.pem("device-chain"), self.sandbox.pem("server-ca"))
        findings = self.examine(text, status=CONFIG)
        self.assert_finding(findings, "chain", "failure", self.sandbox.pem("server-ca"))

    # -- the way to the broker -----------------------------------------------------------------------------------

    def test_a_name_that_cannot_be_resolved(self):
        findings = self.examine(status=UNAVAILABLE, host="no-such-host.invalid")
        self.assert_finding(findings, "DNS", "failure", "no-such-host.invalid")
        self.assert_verdicts(findings, "skipped", ("TCP", "TLS") + MQTT)

    def test_a_port_that_is_closed(self):
        findings = self.examine(status=UNAVAILABLE, port=free_port())
        self.assert_finding(findings, "TCP", "failure", "refused the connection")
        self.assert_verdicts(findings, "skipped", ("TLS",) + MQTT)

    def test_a_server_that_does_not_speak_tls(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(4096):
                        connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        threading.Thread(target=serve, daemon=True).start()
        findings = self.examine(status=UNAVAILABLE, port=listener.getsockname()[1])
        self.assert_finding(findings, "TCP", "ok")
        self.assert_finding(findings, "TLS", "failure", "does not speak TLS", "mqtt.port")
        self.assert_verdicts(findings, "skipped", MQTT)

    def test_a_server_that_says_nothing_has_10_seconds(self):
        listener = socket.create_server(("127.0.0.1", 0))  # the kernel takes the connections, nobody else does
        self.addCleanup(listener.close)
        findings = self.examine(status=UNAVAILABLE, port=listener.getsockname()[1])
        self.assert_finding(findings, "TLS", "failure", "did not answer the handshake in 10 s")
        self.assert_verdicts(findings, "skipped", MQTT)

    def test_a_broker_without_tls_gets_login_and_password(self):
        def play(connection):
            connection.accept()
            connection.serve()
            connection.close()
        broker = fake_broker.FakeBroker([play])
        self.addCleanup(broker.stop)
        text = self.configuration(port=broker.port, mqtt='login = "me"; password = "hush-hush-7";')
        findings = self.examine(text.replace("enabled = true", "enabled = false"))
        self.assert_finding(findings, "TLS", "warning", "mqtt.tls.enabled is false")
        self.assert_verdicts(findings, "skipped", ("certificate", "private key", "CA", "key pair", "CA expiry"))
        self.assert_verdicts(findings, "ok", MQTT)
        connect = broker.connections[0].packets[0]
        self.assertEqual((connect.client_id.decode(), connect.login, connect.password, connect.will),
                         (SERIAL, b"me", b"hush-hush-7", None))
        self.assertNotIn("hush-hush-7", json.dumps(findings))

    def test_a_ca_that_does_not_vouch_for_the_broker(self):
        self.sandbox.make_ca("stranger-ca")
        findings = self.examine(status=UNAVAILABLE, ca="stranger-ca")
        self.assert_finding(findings, "TLS", "failure", "certificate")
        self.assertEqual(self.failures(findings), ["TLS"])

    def test_a_broker_that_refuses_the_certificate(self):
        self.sandbox.make_client_of_other_ca("foreign")
        findings = self.examine(status=CONFIG, credential="foreign")
        self.assert_finding(findings, "TLS", "failure", "the broker refused the device's certificate")
        self.assert_finding(findings, "chain", "failure")

    # -- what the broker allows ----------------------------------------------------------------------------------

    def test_topics_that_the_broker_forbids_are_77(self):
        findings = self.examine(status=NOPERM, mqtt='device_id = "SOMEBODYELSE";')
        self.assert_finding(findings, "connect", "ok")
        self.assert_finding(findings, "publish", "failure", "SOMEBODYELSE/meta", "iot:Publish")
        self.assertEqual(self.failures(findings), ["publish"])

    def test_an_interrupted_one_ends_with_75(self):
        reached = threading.Event()

        def script(connection):
            connection.expect(fake_broker.CONNECT)
            reached.set()
            connection.idle(20)
        port = self.scripted(script)
        self.settings.write_text(self.configuration(port=port))
        process = self.start_tool("doctor", "--config", str(self.settings))
        self.assertTrue(reached.wait(10))
        self.assertEqual(process.end(signal.SIGINT), TEMPFAIL)
        self.assertTrue(any("interrupted" in line for line in process.lines), process.lines)

    def scripted(self, script):
        """The port of a broker that does after the handshake what the script says."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.sandbox.pem("server"), self.sandbox.key("server"))

        def play(connection):
            connection.start_tls()
            script(connection)
            connection.close()
        broker = fake_broker.FakeBroker([play], tls=context)
        self.addCleanup(broker.stop)
        return broker.port

    def examine_scripted(self, script, **options):
        return self.examine(port=self.scripted(script), **options)

    def test_a_broker_that_takes_an_expired_certificate_is_connected_to_as_the_daemon_would(self):
        def script(connection):
            connection.accept()
            connection.serve()
        self.sandbox.make_expired_client("expired-but-taken")
        findings = self.examine_scripted(script, status=CONFIG, credential="expired-but-taken")
        self.assertEqual(self.failures(findings), ["expiry"])
        self.assert_verdicts(findings, "ok", MQTT)

    def test_a_client_that_the_broker_refuses_is_77(self):
        def script(connection):
            connection.expect(fake_broker.CONNECT)
            connection.connack(0x87)
        findings = self.examine_scripted(script, status=NOPERM)
        self.assert_finding(findings, "TLS", "ok")
        self.assert_finding(findings, "connect", "failure", "0x87", "iot:Connect")
        self.assert_verdicts(findings, "skipped", ("subscribe", "publish"))

    def test_a_broker_that_hangs_up_at_the_subscription_is_77(self):
        def script(connection):
            connection.accept()
            connection.expect(fake_broker.SUBSCRIBE)
        findings = self.examine_scripted(script, status=NOPERM)
        self.assert_finding(findings, "subscribe", "failure", "ended the connection", "iot:Subscribe")
        self.assert_finding(findings, "publish", "skipped")

    def test_a_subscription_that_is_refused_does_not_hide_the_publish(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(fake_broker.SUBSCRIBE), 0x87)
            connection.serve()
        findings = self.examine_scripted(script, status=NOPERM)
        self.assert_finding(findings, "subscribe", "failure", "0x87", "iot:Subscribe")
        self.assert_finding(findings, "publish", "ok")

    def test_a_password_is_not_told(self):
        self.settings.write_text(self.configuration(mqtt='login = "me"; password = "hush-hush-7";'))
        done = self.run_tool("doctor", "--config", str(self.settings))
        self.assertIn("TLS", done.stdout)
        self.assertNotIn("hush-hush-7", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
