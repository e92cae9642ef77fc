#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The whole way without a reader: the scripted reader, springparkd, a real broker with mutual TLS, a demo client."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import PREFIX, Broker  # noqa: E402
from gateway import Gateway, configuration  # noqa: E402
from pki import Sandbox  # noqa: E402

PATIENCE = 60 if os.environ.get("SPRINGPARK_WRAPPER") else 10
TAGS = [("NFC-A", "047DAE02C84080"), ("NFC-V", "E0040150A1B2C3D4"), ("NFC-B", "3C4D5E6F"), ("NFC-A", "5EB0C0DE")]


class ScriptReader(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.broker = Broker(self.sandbox)
        self.addCleanup(self.broker.close)
        directory = tempfile.TemporaryDirectory(prefix="springpark-script-")
        self.addCleanup(directory.cleanup)
        self.fifo = pathlib.Path(directory.name) / "script"
        os.mkfifo(self.fifo)
        self.readers = '{ driver = "script"; path = "%s"; label = "desk"; }' % self.fifo

    def start(self, **settings):
        gateway = Gateway(configuration(self.broker, self.readers, **settings))
        self.addCleanup(gateway.close)
        return gateway

    def play(self, *lines):
        with open(self.fifo, "w", encoding="ascii") as script:
            script.write("".join(line + "\n" for line in lines))

    def test_each_tag_of_the_script_arrives_once_and_in_order(self):
        events = self.broker.subscriber()
        gateway = self.start()
        lines = []
        for protocol, uid in TAGS:
            lines += ["insert %s %s" % (protocol, uid), "wait 20ms", "remove", "wait 100ms"]
        self.play(*lines)
        messages = events.wait_for(len(TAGS), PATIENCE)
        self.assertEqual(gateway.stop(PATIENCE), 0, gateway.log_text())
        # A tag that was read before the connection stood may arrive behind later ones: Sequence tells the order.
        read = sorted((json.loads(message.payload) for message in messages), key=lambda event: event["Sequence"])
        self.assertEqual([(event["Protocol"], event["TagId"]) for event in read], TAGS)
        self.assertEqual([event["Sequence"] for event in read], [1, 2, 3, 4])
        self.assertEqual({message.topic for message in messages}, {PREFIX + self.sandbox.serial + "/rdr/evt"})
        self.assertEqual(len(events.messages), len(TAGS))

    def test_the_device_says_when_it_is_online_and_offline(self):
        states = self.broker.subscriber(PREFIX + self.sandbox.serial + "/#", "device")
        gateway = self.start()
        self.play("wait 1ms")
        states.wait_until(lambda seen: any("online" in message.payload for message in seen), PATIENCE)
        self.assertEqual(gateway.stop(PATIENCE), 0, gateway.log_text())
        last = states.wait_until(lambda seen: "offline" in seen[-1].payload, PATIENCE)[-1]
        self.assertEqual(json.loads(last.payload)["State"], "offline")
        self.assertEqual(last.topic, PREFIX + self.sandbox.serial + "/status")


if __name__ == "__main__":
    unittest.main()
