#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The broker out of reach of the whole daemon, in each way there is: reading goes on, status answers at once, the processor
rests, and what was read meanwhile arrives afterwards, each tag once and in order.

Root, for networks that can be cut; SPRINGPARK_BUILD = the built tree. Faults in the conversation itself (FIN without
close_notify, resets, refusals, silence) are in test_cloud_faults.py, packet by packet."""
import os
import pathlib
import shlex
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import network  # noqa: E402
from broker import wait_until  # noqa: E402
from heal_parts import HealTest  # noqa: E402

WHY_NOT = network.reason_to_skip()


def setUpModule():
    if WHY_NOT:
        raise unittest.SkipTest(WHY_NOT)
    network.enter_private_network()


class Cut(HealTest):
    def setUp(self):
        super().setUp()
        self.site = network.Site()
        self.addCleanup(self.site.close)
        self.start_broker(network.BrokerForAll(self.sandbox))
        self.events = self.broker.subscriber()

    def start_at_site(self, **options):
        """The daemon over there; the broker is here."""
        before = os.environ.get("SPRINGPARK_WRAPPER")
        os.environ["SPRINGPARK_WRAPPER"] = shlex.join(self.site.command) + " " + (before or "")
        try:
            # The certificate is for the name localhost, which is another place over there.
            return self.start_gateway(host=self.site.our_address, tls="verify_name = false",
                                      options="connect_timeout = 2; response_timeout = 2; reconnect_interval = 2; "
                                              "status_interval = 0", **options)
        finally:
            del os.environ["SPRINGPARK_WRAPPER"]
            if before is not None:
                os.environ["SPRINGPARK_WRAPPER"] = before

    def outage(self, gateway, words, timeout=20, read=True):
        """Until the connection is lost for that reason; meanwhile tags are read, status answers, and the processor rests."""
        begin = self.begin_calm(gateway)

        def lost():
            asked = time.monotonic()
            broker = gateway.status()["broker"]
            self.assertLess(time.monotonic() - asked, 2, "status answers at once")
            if read:
                self.present()
            time.sleep(0.1)
            return broker["state"] != "online" and words in (broker["detail"] or "")
        wait_until(lost, timeout, "a state with the reason \"%s\"" % words)
        wait_until(lambda: gateway.status()["sequence"] == len(self.read), 5, "each tag was read")
        self.assert_calm(gateway, begin, limit_share=0.2)
        gateway.wait_log(words)

    def test_packets_that_vanish(self):
        self.site.cut()
        gateway = self.start_at_site()
        self.outage(gateway, "did not answer within 2 s")
        self.site.mend()
        self.assert_nothing_is_missing(self.events)
        self.wait_online(gateway)
        self.assert_flows(self.events)
        self.site.cut()
        self.outage(gateway, "did not acknowledge an event within 10 s")
        self.outage(gateway, "did not answer within 2 s")
        self.site.mend()
        self.assert_nothing_is_missing(self.events)
        self.wait_online(gateway)
        self.assert_flows(self.events)

    def test_a_connection_that_is_half_open_while_nothing_is_sent(self):
        gateway = self.start_at_site(keep_alive=5)
        self.wait_online(gateway)
        self.assert_flows(self.events)
        self.site.cut()
        begin = time.monotonic()
        self.outage(gateway, "did not answer within 2 s", read=False)
        # Quiet for the keep-alive, then no answer for the keep-alive; then an attempt. The library counts whole seconds.
        gateway.wait_log("did not answer within the keep-alive of 5 s")
        self.assertLess(time.monotonic() - begin, 2 * 5 + 1 + 2 + 2)
        self.present(3)
        self.site.mend()
        self.assert_nothing_is_missing(self.events)
        self.wait_online(gateway)
        self.assertEqual(gateway.status()["broker"]["connects"], 2)

    def test_its_own_interface_down(self):
        self.site.unplug()
        gateway = self.start_at_site()
        self.outage(gateway, "is unreachable (Network is unreachable); check this machine's network and route")
        attempts = gateway.status()["broker"]["attempts"]
        self.site.plug()
        self.assert_nothing_is_missing(self.events)
        self.assertLess(attempts, 20, "it waits between two attempts")


if __name__ == "__main__":
    unittest.main()
