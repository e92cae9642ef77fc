#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The whole way from a PN532 to the cloud: springparkd with its helper, the real libnfc, a simulated chip, a broker. Short:
it runs under valgrind, too. No root is needed."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import Broker, wait_until  # noqa: E402
from gateway import Gateway, configuration  # noqa: E402
from pki import Sandbox  # noqa: E402
from pn532 import Pn532  # noqa: E402
from pn532_tags import Classic, Felica, IsoA, IsoB, Type2  # noqa: E402

PATIENCE = 60 if os.environ.get("SPRINGPARK_WRAPPER") else 15


class NfcGateway(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.broker = Broker(self.sandbox)
        self.addCleanup(self.broker.close)
        scratch = tempfile.TemporaryDirectory(prefix="springpark-nfc-")
        self.addCleanup(scratch.cleanup)
        self.chip = Pn532(scratch.name)
        self.addCleanup(self.chip.end)
        self.chip.start()
        self.events = self.broker.subscriber()
        self.gateway = Gateway(configuration(
            self.broker, '{ driver = "libnfc"; connection = "%s"; label = "door"; }' % self.chip.connection))
        self.addCleanup(self.gateway.close)

    def reader(self):
        return self.gateway.status()["readers"][0]

    def wait_works(self, works=True):
        wait_until(lambda: (self.reader()["health"] == "works") == works, PATIENCE,
                   "the reader works" if works else "the reader is missed")

    def wait_delivered(self, *uids):
        """All events so far, by the identifiers of their tags."""
        messages = self.events.wait_for(len(uids), PATIENCE)
        events = sorted((json.loads(message.payload) for message in messages), key=lambda event: event["Sequence"])
        self.assertEqual([event["TagId"] for event in events], list(uids))

    def test_tags_of_each_kind_are_delivered_and_what_lies_there_when_the_chip_comes_back_is_a_new_visit(self):
        self.wait_works()
        uids = []
        for tag in (Type2("04A1B2C3D4E5F6"), Classic("5E0102A3"), IsoB("11223344"), Felica("0101020304050607"),
                    IsoA("04112233445566", ats="788070020011")):
            self.chip.remove()
            self.chip.insert(tag)
            uids.append(tag.uid.hex().upper())
            self.wait_delivered(*uids)
        self.chip.unplug()
        self.wait_works(False)
        wait_until(lambda: self.reader()["present"] == 0, PATIENCE, "the tag has left with its reader")
        self.chip.plug()
        self.wait_works()
        self.wait_delivered(*uids, uids[-1])
        self.assertEqual(self.gateway.stop(PATIENCE), 0, self.gateway.log_text())
        self.assertFalse(self.chip.field_on)


if __name__ == "__main__":
    unittest.main()
