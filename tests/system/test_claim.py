#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A box with only a claim certificate, from there to delivered events with its own; and all that may come between."""
import json
import os
import pathlib
import stat
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

from broker import wait_until  # noqa: E402
from claim_broker import CREATE, REGISTER, TOKEN, ClaimBroker, allowed, drop, refuse, say, silence  # noqa: E402
from fake_broker import CONNECT, PUBLISH, SUBSCRIBE  # noqa: E402
from gateway import SMART_READER, TEMPLATES, Gateway, Script, program  # noqa: E402
from pki import Sandbox  # noqa: E402
from softhsm import Token  # noqa: E402

SERIAL = "7813F597"
THING = "box-" + SERIAL
EVENTS = "springcard/springcore/%s/rdr/evt" % THING
CHECK_TEMPLATE = "check that there is a template \"springpark\" (provisioning.template)"


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()
    SANDBOX.make_client("claim", "claim")
    SANDBOX.make_client("other", "other")


def tearDownModule():
    SANDBOX.close()


def public_key(path, kind="pkey"):
    command = ["openssl", kind, "-in", str(path)] + (["-pubout"] if kind == "pkey" else ["-noout", "-pubkey"])
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class ClaimTest(unittest.TestCase):
    def setUp(self):
        self.aws = ClaimBroker(SANDBOX)
        self.addCleanup(self.aws.stop)
        self.script = Script()
        self.addCleanup(self.script.close)

    def configuration(self, state, template="springpark", certificate="", key="", more=""):
        slots = ('slot_D = "%s"; ' % certificate if certificate else "", 'slot_D = "%s"; ' % key if key else "")
        return """mqtt: { broker = "localhost"; port = %d; options: { keep_alive = 30; };
  tls: { enabled = true; ca_slot = 0x9; certificate_slot = 0xD; key_slot = 0xD; }; };
certificates: { slot_9 = "%s"; %s slot_C = "%s"; };
keys: { %s slot_C = "%s"; };
journal: { directory = "%s"; };
device: { serial = "%s"; };
provisioning: { template = "%s"; };
readers: ( %s );
%s""" % (self.aws.port, SANDBOX.pem("server-ca"), slots[0], SANDBOX.pem("claim"), slots[1], SANDBOX.key("claim"),
         state, SERIAL, template, self.script.setting, SMART_READER + TEMPLATES + more)

    def gateway(self, environment=None, **settings):
        gateway = Gateway("", start=False, environment=environment)
        self.addCleanup(gateway.close)
        gateway.settings = settings
        gateway.configure(self.configuration(gateway.state_directory, **settings))
        gateway.start()
        return gateway

    def broker_status(self, gateway):
        return gateway.status()["broker"]

    def wait_online(self, gateway, timeout=20):
        try:
            wait_until(lambda: self.broker_status(gateway)["state"] == "online", timeout, "it is online")
        except TimeoutError as error:
            raise TimeoutError("%s\n%s" % (error, gateway.log_text())) from None

    def wait_trouble(self, gateway, *words, timeout=20):
        """Waits until `status` says so while the box is being provisioned, and the log, too; both in one line."""
        def told():
            broker = self.broker_status(gateway)
            return broker["state"] == "provisioning" and all(word in (broker["detail"] or "") for word in words)
        try:
            wait_until(told, timeout, "status tells the trouble")
        except TimeoutError as error:
            raise TimeoutError("%s\n%s\n%s" % (error, self.broker_status(gateway), gateway.log_text())) from None
        detail = self.broker_status(gateway)["detail"]
        self.assertTrue(detail.startswith("this box has no certificate of its own yet: "), detail)
        lines = [line for line in gateway.log_text().splitlines() if all(word in line for word in words)]
        self.assertTrue(any("not connected" in line for line in lines), gateway.log_text())

    def assert_delivered(self, number, tag="04112233445566"):
        self.assertTrue(self.aws.wait(lambda: len(self.aws.broker.payloads(EVENTS)) >= number),
                        "only %d events" % len(self.aws.broker.payloads(EVENTS)))
        self.assertIn(tag, self.aws.broker.payloads(EVENTS)[number - 1])


class Provisioning(ClaimTest):
    def test_from_the_claim_to_events_with_its_own_certificate(self):
        self.aws.create = [refuse("Throttled", 429)]    # long enough for an event to be there before the certificate
        gateway = self.gateway()
        self.script.do("insert NFC-A 04112233445566")
        self.wait_online(gateway)
        self.assert_delivered(1)
        state = gateway.state_directory
        for name, mode in (("device.key", 0o600), ("device.pem", 0o644), ("thing", 0o644)):
            self.assertEqual(stat.S_IMODE(os.stat(state / name).st_mode), mode, name)
        self.assertEqual(public_key(state / "device.key"), public_key(state / "device.pem", "x509"))
        self.assertEqual([name for name in os.listdir(state) if name.endswith(".new")], [])
        self.assertEqual(self.aws.parameters, [{"SerialNumber": SERIAL}])
        self.check_claims_conversation(self.aws.claims[-1])
        device = self.aws.devices[-1]
        self.assertEqual((device.client_cn, device.client_id), ("AWS IoT Certificate", THING))
        meta = [packet for packet in device.packets if packet.kind == PUBLISH and packet.topic.endswith("/meta")]
        self.assertEqual(json.loads(meta[0].payload)["SerialNumber"], SERIAL)
        self.assertEqual({packet.topic.split("/")[2] for packet in device.packets if packet.kind == PUBLISH}, {THING})
        self.assertIn("this box is the thing \"%s\"" % THING, gateway.log_text())
        self.assertNotIn(TOKEN, gateway.log_text())
        self.assertNotIn("PRIVATE", gateway.log_text())

    def check_claims_conversation(self, claim):
        connect = claim.packets[0]
        self.assertEqual(claim.client_id, "springpark-claim-" + SERIAL)
        self.assertIsNone(connect.will)
        self.assertIsNone(connect.login)
        kinds = [packet.kind for packet in claim.packets if packet.kind in (CONNECT, SUBSCRIBE, PUBLISH)]
        self.assertEqual(kinds, [CONNECT] + 4 * [SUBSCRIBE] + 2 * [PUBLISH])
        filters = [packet.filter.decode() for packet in claim.packets if packet.kind == SUBSCRIBE]
        self.assertEqual(sorted(filters), sorted(allowed("Subscribe")))
        self.assertEqual(sorted(filters), sorted(allowed("Receive")))
        topics = [packet.topic for packet in claim.packets if packet.kind == PUBLISH]
        self.assertEqual(topics, [CREATE, REGISTER])
        self.assertEqual(topics, allowed("Publish"))
        self.assertEqual(allowed("Connect"), ["springpark-claim-*"])

    def test_what_was_obtained_is_kept(self):
        gateway = self.gateway()
        self.wait_online(gateway)
        os.rename(SANDBOX.pem("claim"), SANDBOX.pem("claim") + ".away")   # it has done its work
        self.addCleanup(os.rename, SANDBOX.pem("claim") + ".away", SANDBOX.pem("claim"))
        self.assertEqual(gateway.tool("reload").returncode, 0)
        self.assertEqual((self.broker_status(gateway)["state"], len(self.aws.devices)), ("online", 1))
        for template in ("springpark", ""):
            gateway.stop()
            gateway.configure(self.configuration(gateway.state_directory, template=template))
            gateway.start()
            self.wait_online(gateway)
            self.assertEqual(self.aws.devices[-1].client_id, THING)
        self.assertEqual((len(self.aws.claims), len(self.aws.requests)), (1, 1))

    def test_a_thing_that_is_called_as_the_serial_number(self):
        self.aws.thing = "%s"
        gateway = self.gateway()
        self.wait_online(gateway)
        self.assertEqual(self.aws.devices[-1].client_id, SERIAL)

    def test_files_that_the_slots_name_are_used(self):
        folder = pathlib.Path(SANDBOX.directory) / "own"
        folder.mkdir()
        gateway = self.gateway(certificate=folder / "a.pem", key=folder / "b.key")
        self.wait_online(gateway)
        self.assertEqual(sorted(os.listdir(folder)), ["a.pem", "b.key"])
        self.assertEqual(public_key(folder / "b.key"), public_key(folder / "a.pem", "x509"))

    def test_the_claim_may_be_kept_in_a_reload_while_it_waits(self):
        """New settings end the wait for an answer, and the next attempt is made with them."""
        self.aws.create = [silence]
        gateway = self.gateway()
        self.assertTrue(self.aws.wait(lambda: self.aws.requests))
        gateway.configure(self.configuration(gateway.state_directory, more="# changed\n").replace("keep_alive = 30",
                                                                                                   "keep_alive = 31"))
        gateway.reload()
        self.wait_online(gateway, 8)        # sooner than the time for an answer is over

    def test_stopping_does_not_wait_for_an_answer(self):
        self.aws.create = [silence]
        gateway = self.gateway()
        self.assertTrue(self.aws.wait(lambda: self.aws.requests))
        self.assertEqual(gateway.stop(3), 0)


class Trouble(ClaimTest):
    """Each is told in one line, is no end of the daemon, and goes by when its cause does."""

    def check_recovery(self, gateway):
        self.wait_online(gateway)
        keys = set()
        for request in self.aws.requests:
            path = pathlib.Path(SANDBOX.directory) / "request"
            path.write_text(request)
            keys.add(public_key(path, "req"))
        self.assertEqual(keys, {public_key(gateway.state_directory / "device.key")})

    def test_a_refused_certificate(self):
        self.aws.create = [refuse("InvalidCsr", 400, "no\nsuch\x1bthing")] * 2
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker refused, InvalidCsr (400): no?such?thing, when this box asked for a "
                          "certificate", "the claim's policy (springpark-claim)")
        self.assertFalse((gateway.state_directory / "device.pem").exists())
        self.check_recovery(gateway)

    def test_a_refused_registration(self):
        self.aws.register = [refuse("InvalidParameters", 400, "Hook denied")] * 2
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker refused, InvalidParameters (400): Hook denied, when this box asked to "
                          "be registered", CHECK_TEMPLATE, "pre-provisioning hook")
        self.assertFalse((gateway.state_directory / "device.pem").exists())
        self.check_recovery(gateway)

    def test_silence(self):
        self.aws.register = [silence]
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker did not answer within 10 s when this box asked to be registered",
                          CHECK_TEMPLATE, timeout=30)
        self.check_recovery(gateway)

    def test_a_connection_that_ends_instead_of_an_answer(self):
        self.aws.create = [drop] * 2
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker ended the connection", "when this box asked for a certificate",
                          "the claim's policy (springpark-claim)")
        self.check_recovery(gateway)

    def test_a_claim_that_may_not_connect(self):
        self.aws.connect = [False] * 2
        gateway = self.gateway()
        self.wait_trouble(gateway, "check that the claim certificate is active", "lets \"springpark-claim-%s\" connect"
                          % SERIAL)
        self.check_recovery(gateway)

    def test_a_broker_that_speaks_3_1_1_only(self):
        self.aws.connect = ["old"]
        gateway = self.gateway()
        self.check_recovery(gateway)
        self.assertEqual([claim.packets[0].version for claim in self.aws.claims], [5, 4])

    def test_a_subscription_that_is_refused(self):
        self.aws.subscribe = [0x87]
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker refused, not authorized (0x87), when this box wanted to subscribe to "
                          "%s/accepted" % CREATE, "provisioning.template")
        self.aws.subscribe = []
        self.check_recovery(gateway)

    def test_a_certificate_for_another_key(self):
        other = pathlib.Path(SANDBOX.pem("other")).read_text()
        self.aws.create = [say(lambda request: self.aws.certificate(request, other))] * 2
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker's answer holds a certificate for another key than this box's")
        self.assertEqual(self.aws.parameters, [])
        self.check_recovery(gateway)

    def test_nonsense(self):
        self.aws.register = [say("{\"thingName\":\"a/b\"}")] * 2
        gateway = self.gateway()
        self.wait_trouble(gateway, "the broker's answer has a \"thingName\" with other characters")
        self.assertFalse((gateway.state_directory / "device.pem").exists())
        self.check_recovery(gateway)

    def test_a_power_cut_between_the_key_and_the_certificate(self):
        self.aws.create = [silence]
        gateway = self.gateway()
        self.assertTrue(self.aws.wait(lambda: self.aws.requests))
        gateway.kill()
        self.assertTrue((gateway.state_directory / "device.key").exists())
        self.assertFalse((gateway.state_directory / "device.pem").exists())
        gateway.start()
        self.check_recovery(gateway)
        self.assertEqual(len(self.aws.requests), 2)

    def test_a_power_cut_right_after_the_certificate(self):
        gateway = self.gateway()
        wait_until((gateway.state_directory / "device.pem").exists, 20, "the certificate is there")
        gateway.kill()
        gateway.start()
        self.wait_online(gateway)
        self.assertEqual(self.aws.devices[-1].client_id, THING)
        self.assertEqual((len(self.aws.claims), len(self.aws.requests)), (1, 1))

    def test_a_folder_that_takes_no_files(self):
        folder = pathlib.Path(SANDBOX.directory) / "missing"
        gateway = self.gateway(certificate=folder / "device.pem")
        self.wait_trouble(gateway, "%s/device.pem: the certificate of this box cannot be stored: No such file" % folder,
                          "user springpark")
        self.assertEqual(self.aws.claims, [])       # nobody was asked for what could not be kept
        folder.mkdir()
        self.wait_online(gateway)

    def test_a_key_that_cannot_be_used(self):
        gateway = Gateway("", start=False)
        self.addCleanup(gateway.close)
        (gateway.state_directory / "device.key").write_text("x")
        gateway.configure(self.configuration(gateway.state_directory))
        gateway.start(wait_ready=False)
        self.assertEqual(gateway.wait(), 78)
        self.assertIn("keys.slot_D by default (register 0288): %s/device.key" % gateway.state_directory,
                      gateway.log_text())


class InToken(ClaimTest):
    def test_the_key_of_a_token_signs_the_request_and_none_is_made(self):
        token = Token()
        self.addCleanup(token.close)
        uri = token.with_pin(token.make_key("own"))
        gateway = self.gateway(key=uri, environment=token.environment)
        self.wait_online(gateway)
        self.script.do("insert NFC-A 04112233445566")
        self.assert_delivered(1)
        self.assertEqual(self.aws.devices[-1].client_id, THING)
        self.assertTrue((gateway.state_directory / "device.pem").exists())
        self.assertFalse((gateway.state_directory / "device.key").exists())


class Tools(ClaimTest):
    def run_tool(self, gateway, *arguments):
        return subprocess.run([program("springparkctl"), "--config", str(gateway.configuration_path), "--run-directory",
                               str(gateway.run_directory), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)

    def findings(self, gateway):
        done = self.run_tool(gateway, "--json", "doctor")
        return {one["check"]: one for one in json.loads(done.stdout)["checks"]}

    def test_check_and_doctor_before_and_after(self):
        gateway = Gateway("", start=False)
        self.addCleanup(gateway.close)
        gateway.configure(self.configuration(gateway.state_directory))
        done = self.run_tool(gateway, "check", str(gateway.configuration_path))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("no certificate of its own yet (%s/device.pem)" % gateway.state_directory, done.stdout)
        found = self.findings(gateway)
        verdicts = {name: found[name]["verdict"] for name in ("certificate", "private key", "key pair", "client id",
                                                              "expiry", "TLS", "connect", "subscribe", "publish")}
        self.assertEqual(verdicts, {"certificate": "warning", "private key": "ok", "key pair": "ok",
                                    "client id": "skipped", "expiry": "ok", "TLS": "ok", "connect": "ok",
                                    "subscribe": "ok", "publish": "skipped"}, found)
        self.assertIn("no certificate of its own yet", found["certificate"]["text"])
        self.assertIn("springpark-claim-" + SERIAL, found["connect"]["text"])
        self.assertEqual(self.aws.requests, [])
        gateway.start()
        self.wait_online(gateway)
        found = self.findings(gateway)
        self.assertEqual({found[name]["verdict"] for name in ("certificate", "private key", "key pair", "client id",
                                                              "connect")}, {"ok"}, found)
        self.assertIn("\"%s\", the name of the thing" % THING, found["client id"]["text"])
        text = gateway.configuration_path.read_text()
        for setting, words in (("client_id", "the client id is \"other\"; next: leave mqtt.client_id"),
                               ("device_id", "the device id in the topics is \"other\"; next: leave mqtt.device_id")):
            gateway.configure(text.replace("mqtt: {", "mqtt: { %s = \"other\";" % setting))
            found = self.findings(gateway)["client id"]
            self.assertEqual(found["verdict"], "failure")
            self.assertIn("AWS knows this box as the thing \"%s\", but %s" % (THING, words), found["text"])

    def test_what_is_wrong_with_the_claim_is_found(self):
        gateway = Gateway("", start=False)
        self.addCleanup(gateway.close)
        text = self.configuration(gateway.state_directory)
        gateway.configure(text.replace(SANDBOX.key("claim"), SANDBOX.key("other")))
        done = self.run_tool(gateway, "check", str(gateway.configuration_path))
        self.assertEqual(done.returncode, 78)
        self.assertIn("keys.slot_C (register 0288): %s: the private key does not belong to the certificate %s" %
                      (SANDBOX.key("other"), SANDBOX.pem("claim")), done.stderr)
        self.assertEqual(self.findings(gateway)["key pair"]["verdict"], "failure")
        gateway.configure(text.replace(SANDBOX.pem("claim"), "/nonexistent/claim.pem"))
        done = self.run_tool(gateway, "check", str(gateway.configuration_path))
        self.assertIn("/nonexistent/claim.pem: the claim certificate cannot be read: No such file", done.stderr)


if __name__ == "__main__":
    unittest.main()
