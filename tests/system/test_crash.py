#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the crash harness (make chaos has the long one), and of the recorder that it rests on.

The seed is printed; SPRINGPARK_CHAOS_SEED runs with that one instead, SPRINGPARK_CHAOS_FLAGS adds flags of chaos.py.
"""
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests/chaos"), str(TOP / "tests/parts")]

import chaos  # noqa: E402
from broker import PREFIX, Broker, Client  # noqa: E402
from pki import Sandbox  # noqa: E402
from recorder import Recorder  # noqa: E402

SEED = "20240229"


class Recording(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.close)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-recorder-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.recorder = Recorder(self.folder / "records.jsonl")
        self.broker = Broker(self.sandbox, extra=self.recorder.broker_lines())
        self.addCleanup(self.broker.close)

    def published(self):
        return [(record.topic, record.payload) for record in self.recorder.read() if record.what == "publish"]

    def test_what_a_killed_broker_had_acknowledged_stays(self):
        topic = PREFIX + self.sandbox.serial + "/rdr/evt"
        texts = ['{"Text":"\\"quoted\\", a\\\\b, tab\\t, \u00e4\u20ac"}', "\x01\x1f\x7f plain", ""]
        for text in texts:
            before = time.monotonic()
            client = Client(self.broker, "device")
            client.publish(topic, text)
            self.broker.kill()
            client.close()
            record = self.recorder.read()[-1]
            self.assertEqual((record.what, record.topic, record.payload), ("publish", topic, text))
            self.assertTrue(before < record.at < time.monotonic())
            self.broker.start()
        self.assertEqual(self.published(), [(topic, text) for text in texts])
        self.assertEqual([record.what for record in self.recorder.read()].count("start"), 1 + len(texts))

    def test_what_the_broker_refuses_is_not_recorded(self):
        client = Client(self.broker, "demo-1")
        self.addCleanup(client.close)
        client.publish(PREFIX + self.sandbox.serial + "/rdr/evt", "forged")
        client.publish(PREFIX + self.sandbox.serial + "/rdr/cmd", "forged")
        self.broker.publish(PREFIX + self.sandbox.serial + "/status", "mine", credential="device")
        self.assertEqual(self.published(), [(PREFIX + self.sandbox.serial + "/status", "mine")])

    def test_a_torn_line_spoils_no_other(self):
        self.broker.kill()
        with open(self.recorder.path, "a", encoding="utf-8") as records:
            records.write('{"at":1,"what":"publish","cli')
        self.broker.start()
        self.assertEqual([record.what for record in self.recorder.read()], ["start", "start"])


class Crash(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "the private pcscd needs root")
    def test_whatever_is_killed_no_read_is_lost(self):
        chaos.run_short(self, "pcsc", SEED, "--kills", "14", "--inserts", "200", "--minutes-limit", "4")


if __name__ == "__main__":
    unittest.main()
