#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Readers and pcscd in trouble under the whole daemon: each trouble is a state with a reason in status and in the log,
ends by itself when its cause ends, and meanwhile another reader's events arrive at the broker as if nothing were wrong.

Root, for a private pcscd; SPRINGPARK_BUILD = the built tree with its test parts. What the driver does in each case,
call by call, is in test_pcsc.py and test_pcsc_hub.py."""
import json
import os
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as cards  # noqa: E402
from broker import wait_until  # noqa: E402
from gateway import build_directory  # noqa: E402
from heal_parts import HealTest, tags  # noqa: E402

MINE = "0102030405"


@unittest.skipUnless(os.geteuid() == 0, "a private pcscd needs root; next: sudo ./tests/run system")
class PcscHealTest(HealTest):
    def start(self, readers=2, hotplug=False, pcscd_runs=True, entries=None):
        """A broker, pcscd, and a daemon with the scripted reader "door" and those of pcscd: "Sim A 00 00" and so on."""
        scratch = tempfile.TemporaryDirectory(prefix="springpark-pcscd-")
        self.addCleanup(scratch.cleanup)
        self.pcscd = cards.Pcscd(readers=readers, directory=scratch.name, build=build_directory(), hotplug=hotplug)
        self.addCleanup(self.pcscd.end)
        self.pcscd.start()
        if not pcscd_runs:
            self.pcscd.stop()
        self.events = self.start_broker().subscriber()
        self.gateway = self.start_gateway(entries or '{ driver = "pcsc"; name = "*"; }',
                                          pcscd=self.pcscd.environment["PCSCLITE_CSOCK_NAME"])
        self.wait_online(self.gateway)
        for name in self.pcscd.names if pcscd_runs and not hotplug else ():
            self.wait_works(self.gateway, name)
        self.assert_flows(self.events)

    def assert_reads(self, reader, label, uid=MINE, limit_s=10.0):
        self.pcscd.insert(reader, uid)
        self.events.wait_until(lambda messages: any(
            (one["TagId"], one["Reader"]) == (uid, label) for one in map(json.loads, (m.payload for m in messages))),
            limit_s, "the card %s on %s" % (uid, label))
        self.pcscd.remove(reader)

    def flow_until(self, condition, timeout, what):
        """The scripted reader's events arrive at once for as long as it takes."""
        end = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            self.assert_flows(self.events)
            time.sleep(0.2)

    def health_of(self, label):
        return [(one["health"], one["reason"]) for one in self.gateway.status()["readers"] if one["label"] == label][0]

    # ---- pcscd ----

    def test_pcscd_that_hangs_while_nothing_happens_is_noticed_and_comes_back(self):
        self.start()
        first, second = self.pcscd.names
        self.pcscd.stop()
        self.addCleanup(self.pcscd.cont)
        begin = self.begin_calm(self.gateway)
        self.flow_until(lambda: self.health_of(first)[0] == "ill", 40, "the hang is noticed")
        for name in (first, second):
            reason = self.wait_ill(self.gateway, name, "hangs while")["reason"]
            self.assertIn("pcscd", reason)
            self.gateway.wait_log("%s: hangs while" % name)
        self.assertEqual(self.gateway.status()["state"], "online,ready", "the scripted reader works")
        self.assert_calm(self.gateway, begin)
        self.pcscd.cont()
        for number, name in enumerate((first, second)):
            self.wait_works(self.gateway, name)
            self.gateway.wait_log("%s: answers again" % name)
            self.assert_reads(number, name)
        self.assert_nothing_is_missing(self.events)

    def test_pcscd_that_hangs_at_the_start_is_noticed_and_comes_back(self):
        self.start(readers=1, pcscd_runs=False)
        self.addCleanup(self.pcscd.cont)
        self.flow_until(lambda: self.health_of("*") != ("starting", None), 12, "the hang is noticed")
        self.wait_ill(self.gateway, "*", "hangs while connecting to pcscd, since ")
        self.gateway.wait_log("*: hangs while connecting to pcscd")
        self.pcscd.cont()
        self.wait_works(self.gateway, self.pcscd.names[0])
        self.assert_reads(0, self.pcscd.names[0])

    def test_pcscd_killed_and_started_again(self):
        self.start()
        for round_number in range(2):
            self.pcscd.kill()
            for name in self.pcscd.names:
                self.wait_ill(self.gateway, name, "pcscd is not running; next: ")
                self.gateway.wait_log("reader %s does not work: pcscd is not running" % name)
            begin = self.begin_calm(self.gateway)
            attempts = time.monotonic() + 1.5
            self.flow_until(lambda: time.monotonic() > attempts, 10, "")  # pylint: disable=cell-var-from-loop
            self.assert_calm(self.gateway, begin)
            self.pcscd.start()
            for number, name in enumerate(self.pcscd.names):
                self.wait_works(self.gateway, name)
                self.assert_reads(number, name, "01020304%02X%02X" % (round_number, number))
        told = self.gateway.log_text().count("%s does not work: pcscd is not running" % self.pcscd.names[0])
        self.assertEqual(told, 2, "one line for each outage, not one for each attempt")
        self.assert_nothing_is_missing(self.events)

    # ---- readers ----

    def test_a_reader_unplugged_and_plugged_again_at_another_index_keeps_its_label(self):
        self.start(hotplug=True, entries='{ driver = "pcsc"; name = "*SN0001*"; label = "in"; }, '
                                         '{ driver = "pcsc"; name = "*SN0002*"; label = "out"; }')
        self.wait_ill(self.gateway, "out", 'no PC/SC reader matches "*SN0002*"; next: plug one in')
        for number, label in ((1, "in"), (2, "out")):
            self.pcscd.plug(number)
            self.wait_works(self.gateway, label)
        self.assertIn(" 01 00", self.wait_works(self.gateway, "out")["name"])
        self.assert_reads(2, "out", "01020301")
        for number, label in ((1, "in"), (2, "out")):
            self.pcscd.unplug(number)
            self.wait_ill(self.gateway, label, "no PC/SC reader matches")
            self.gateway.wait_log("reader %s does not work: no PC/SC reader matches" % label)
        self.assert_flows(self.events)
        self.pcscd.plug(2)
        self.assertIn(" 00 00", self.wait_works(self.gateway, "out")["name"], "the first index is free now")
        self.assert_reads(2, "out", "01020302")
        self.wait_ill(self.gateway, "in", "no PC/SC reader matches")
        self.pcscd.plug(1)
        self.wait_works(self.gateway, "in")
        self.assert_reads(1, "in", "01020303")

    def test_a_slow_card_holds_up_its_own_reader_only(self):
        self.start()
        slow, other = self.pcscd.names
        self.pcscd.slow(0, 8000)
        self.pcscd.insert(0, MINE)
        wait_until(lambda: self.pcscd.count(0) == 1, 10, "the read has begun")
        self.assert_reads(1, other, "01020302", limit_s=2.0)
        self.flow_until(lambda: self.health_of(slow)[0] == "ill", 7.5, "the hang is noticed before the card answers")
        self.assertRegex(self.health_of(slow)[1], "hangs while talking to the card, since [5-7] s")
        self.gateway.wait_log("%s: hangs while talking to the card" % slow)
        self.assert_reads(1, other, "01020303", limit_s=2.0)
        # It is read all the same, once it has answered.
        self.events.wait_until(lambda messages: MINE in tags(messages), 10, "the slow card")
        self.wait_works(self.gateway, slow)
        self.gateway.wait_log("%s: answers again" % slow)

    def test_a_reader_that_fails_is_ill_until_it_is_back(self):
        self.start()
        bad, other = self.pcscd.names
        self.pcscd.gone(0)
        self.wait_ill(self.gateway, bad, "pcscd cannot talk to the reader; next: ")
        self.gateway.wait_log("reader %s does not work: pcscd cannot talk" % bad)
        self.assert_reads(1, other, "01020302", limit_s=2.0)
        self.assert_flows(self.events)
        self.pcscd.back(0)
        self.wait_works(self.gateway, bad)
        self.gateway.wait_log("reader %s works again" % bad)
        self.assert_reads(0, bad)

    # ---- cards ----

    def cannot_be_read(self, spoil, mend, log):
        """spoil() puts a card on reader 0 that cannot be read: the reason stands in status as long as it lies there."""
        bad, other = self.pcscd.names
        failures = self.wait_works(self.gateway, bad)["failures"]
        spoil()
        told = self.wait_reader(self.gateway, bad, lambda one: one["reason"] is not None, "a reason for the card")
        self.assertIn("a card on it does not answer; next: take it away", told["reason"])
        self.assertEqual((told["health"], told["failures"]), ("works", failures + 1), "it is the card that is ill")
        self.gateway.wait_log(log)
        self.assert_reads(1, other, "0102%04X" % len(self.events.messages), limit_s=2.0)
        self.assert_flows(self.events)
        self.assertIsNotNone(self.health_of(bad)[1])
        mend()
        self.wait_works(self.gateway, bad)
        self.assert_reads(0, bad, "0103%04X" % len(self.events.messages))

    def test_a_card_that_cannot_be_read_is_a_reason_in_status_until_it_is_taken_away(self):
        self.start()
        bad = self.pcscd.names[0]
        with self.subTest("mute at its power-up"):
            self.cannot_be_read(lambda: self.pcscd.mute(0), lambda: self.pcscd.remove(0),
                                "reader %s: a card does not answer its power-up" % bad)

        def fail():
            self.pcscd.fail(0, 100)
            self.pcscd.insert(0, "01020399")

        def mend():
            self.pcscd.fail(0, 0)
            self.pcscd.remove(0)
        with self.subTest("failing in mid-read"):
            self.cannot_be_read(fail, mend, "reader %s: a card does not answer as a card should, 4 attempts" % bad)


if __name__ == "__main__":
    unittest.main()
