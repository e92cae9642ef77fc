#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What single settings do to the built springparkd, with a real broker."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_gateway as gateways  # noqa: E402


def setUpModule():
    gateways.setUpModule()


def tearDownModule():
    gateways.tearDownModule()


class Settings(gateways.WithBroker):
    def test_a_reload_says_whether_anything_changed(self):
        gateway = self.gateway(gateways.PCSC_READERS, pcscd="/nonexistent/pcscd.comm")

        def changed():
            return json.loads(gateway.tool("--json", "reload").stdout)["changed"]

        self.assertIs(changed(), False)
        for inside in ("insert_remove = true;", "insert_remove = true; debounce_ms = 7;"):
            gateway.configure(gateways.configuration(self.broker, gateways.PCSC_READERS,
                                                     smart_reader="smart_reader: { %s };\n" % inside))
            self.assertIs(changed(), True)
            self.assertIs(changed(), False)

    def test_status_comes_at_each_interval(self):
        status = self.subscriber("status")
        self.gateway(options="status_interval = 1")
        told = [json.loads(one.payload) for one in status.wait_for(4, 8)]
        self.assertEqual({one["State"] for one in told[1:]}, {"online,ready"})
        seconds = [float(one["Uptime"].split(":")[1]) for one in told]
        self.assertGreater(seconds[3] - seconds[2], 0.9)


if __name__ == "__main__":
    unittest.main()
