#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The sandbox broker's rights: what certs/make-sandbox-broker promises to devices, demo clients and the operator."""
import pathlib
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import EVENTS, PREFIX, TOP, Broker, Client  # noqa: E402
from pki import Sandbox  # noqa: E402

REFUSED = 0x80
SERIAL = "0A1B2C3D"


class SandboxBroker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(serial=SERIAL)
        cls.addClassCleanup(cls.sandbox.close)
        cls.sandbox.make_client("neighbour", "99999999")
        cls.broker = Broker(cls.sandbox)
        cls.addClassCleanup(cls.broker.close)

    def publish(self, topic, payload, credential="device"):
        self.broker.publish(topic, payload, credential)

    def fence(self, subscriber, payload):
        """An event that the subscriber must get: what was sent before it has been delivered or will never be."""
        self.publish(PREFIX + SERIAL + "/rdr/evt", payload)
        return subscriber.wait_until(lambda messages: any(one.payload == payload for one in messages))

    def test_each_demo_client_gets_the_events_of_every_device(self):
        for number in range(1, 6):
            with self.subTest(client="demo-%d" % number):
                subscriber = self.broker.subscriber(EVENTS, "demo-%d" % number)
                self.assertEqual(subscriber.granted, [1])
                self.publish(PREFIX + SERIAL + "/rdr/evt", "mine")
                self.publish(PREFIX + "99999999/rdr/evt", "other", "neighbour")
                messages = subscriber.wait_for(2)
                self.assertEqual([(one.topic, one.payload) for one in messages],
                                 [(PREFIX + SERIAL + "/rdr/evt", "mine"), (PREFIX + "99999999/rdr/evt", "other")])
                subscriber.close()

    def test_a_demo_client_that_asks_for_any_other_filter_gets_nothing(self):
        filters = ["#", "+/#", "springcard/#", PREFIX + "#", PREFIX + "+/#", PREFIX + "+/rdr/#", PREFIX + "+/rdr/+",
                   PREFIX + SERIAL + "/#", PREFIX + SERIAL + "/rdr/evt", PREFIX + "+/rdr/cmd", PREFIX + "+/status",
                   PREFIX + "+/meta", PREFIX + "demo-2/#", "$share/group/" + EVENTS, "$SYS/#", "$CONTROL/#"]
        nosy = self.broker.subscriber(filters, "demo-2")
        self.assertEqual(nosy.granted, [REFUSED] * len(filters))
        witness = self.broker.subscriber(EVENTS, "demo-1")
        for topic in ("status", "meta", "rdr/evt"):
            self.publish(PREFIX + SERIAL + "/" + topic, "secret")
        self.broker.command(SERIAL, "secret")
        self.fence(witness, "fence for a filter")
        # The same client, allowed now: all that could come before its own fence has come.
        self.assertEqual(nosy.subscribe(EVENTS), [1])
        messages = self.fence(nosy, "second fence")
        self.assertEqual([one.payload for one in messages], ["second fence"])

    def test_a_demo_client_cannot_publish_anything(self):
        device = self.broker.subscriber(PREFIX + SERIAL + "/#", "device")
        witness = self.broker.subscriber(EVENTS, "demo-1")
        for topic in (PREFIX + SERIAL + "/rdr/evt", PREFIX + SERIAL + "/rdr/cmd", PREFIX + "demo-3/rdr/evt",
                      PREFIX + SERIAL + "/status"):
            self.publish(topic, "forged", "demo-3")
        self.assertEqual([one.payload for one in self.fence(device, "fence")], ["fence"])
        self.assertEqual([one.payload for one in self.fence(witness, "fence 2")], ["fence", "fence 2"])

    def test_the_operator_sends_commands_and_reads_events_and_nothing_else(self):
        device = self.broker.subscriber(PREFIX + SERIAL + "/#", "device")
        self.broker.command(SERIAL, '{"Sequence":1}')
        self.publish(PREFIX + SERIAL + "/rdr/evt", "forged", "operator")
        self.publish(PREFIX + SERIAL + "/status", "forged", "operator")
        messages = self.fence(device, "fence")
        self.assertEqual([(one.topic, one.payload) for one in messages],
                         [(PREFIX + SERIAL + "/rdr/cmd", '{"Sequence":1}'), (PREFIX + SERIAL + "/rdr/evt", "fence")])
        operator = self.broker.subscriber([EVENTS, PREFIX + "+/status", "#"], "operator")
        self.assertEqual(operator.granted, [1, REFUSED, REFUSED])

    def test_a_device_keeps_to_its_own_branch(self):
        wide = self.broker.subscriber("#", "neighbour")
        witness = self.broker.subscriber(EVENTS, "demo-1")
        self.publish(PREFIX + SERIAL + "/rdr/evt", "forged", "neighbour")
        self.publish(PREFIX + SERIAL + "/meta", "not for the neighbour")
        self.assertEqual([one.payload for one in self.fence(witness, "fence")], ["fence"])
        self.publish(PREFIX + "99999999/meta", "own", "neighbour")
        self.assertEqual([one.payload for one in wide.wait_for(1)], ["own"])

    def test_who_shows_no_certificate_or_a_wrong_one_is_refused(self):
        wrong = [None, self.sandbox.make_client_of_other_ca(), self.sandbox.make_expired_client()]
        for credential in wrong:
            with self.subTest(credential=credential), self.assertRaises((ConnectionError, ssl.SSLError)):
                Client(self.broker, credential)

    def test_the_broker_listens_on_loopback_only(self):
        listening = subprocess.run(["ss", "-Hltn", "sport", "=", str(self.broker.port)], check=True,
                                   stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual([line.split()[3] for line in listening.splitlines()], ["127.0.0.1:%d" % self.broker.port])

    def test_a_broker_without_certificates_is_told_what_to_run_first(self):
        done = subprocess.run([str(TOP / "certs" / "make-sandbox-broker"), "/nonexistent", "--port", "18883"],
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("make-sandbox-pki /nonexistent", done.stderr)


if __name__ == "__main__":
    unittest.main()
