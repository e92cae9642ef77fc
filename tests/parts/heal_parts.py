# SPDX-License-Identifier: MIT
"""What the tests of self-healing share: a daemon whose events from a scripted reader go on whatever else happens.

SPRINGPARK_BUILD names the build folder.
"""
import json
import os
import time
import unittest

from broker import EVENTS, Broker, wait_until
from gateway import Gateway, Script, configuration
from pki import Sandbox


def cpu_s(pid):
    """What the process has used of a processor so far."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def tags(messages):
    """The identifiers in the order of their first arrival: a resend after a lost connection is no second read."""
    return list(dict.fromkeys(json.loads(message.payload)["TagId"] for message in messages))


class HealTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.close)

    def setUp(self):
        self.script = Script("door")
        self.addCleanup(self.script.close)
        self.number = 0
        self.read = []

    def start_broker(self, broker=None):
        self.broker = broker or Broker(self.sandbox)
        self.addCleanup(self.broker.close)
        return self.broker

    def start_gateway(self, more_readers="", **options):
        sections = {name: options.pop(name) for name in ("options", "host", "port", "tls", "mqtt", "keep_alive", "more",
                                                         "smart_reader") if name in options}
        readers = self.script.setting + (", " + more_readers if more_readers else "")
        gateway = Gateway(configuration(self.broker, readers, **sections), **options)
        self.addCleanup(gateway.close)
        return gateway

    def present(self, count=1):
        """Tags come to the scripted reader and go; their identifiers, which are new ones."""
        uids = ["04%012X" % (self.number + i) for i in range(1, count + 1)]
        self.number += count
        self.read += uids
        for uid in uids:
            self.script.do("insert NFC-A " + uid, "remove")
        return uids

    def assert_flows(self, subscriber, limit_s=2.0):
        """A tag that is read now is at the subscriber within that time."""
        uid, = self.present()
        begin = time.monotonic()
        subscriber.wait_until(lambda messages: uid in tags(messages), limit_s, "the tag that was read just now")
        return time.monotonic() - begin

    def assert_nothing_is_missing(self, subscriber, timeout=20):
        """Every tag of the scripted reader so far is there, in order."""
        wanted = list(self.read)
        subscriber.wait_until(lambda messages: set(wanted) <= set(tags(messages)), timeout, "each tag that was read")
        known = set(wanted)
        self.assertEqual([uid for uid in tags(subscriber.messages) if uid in known], wanted)

    def wait_online(self, gateway, timeout=15):
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", timeout, "the connection to the broker")

    def wait_reader(self, gateway, label, condition, what, timeout=15):
        """Waits until condition(its part of the status) holds; returns that part."""
        found = []

        def holds():
            found[:] = [one for one in gateway.status()["readers"] if one["label"] == label and condition(one)]
            return bool(found)
        wait_until(holds, timeout, "%s: %s" % (label, what))
        return found[0]

    def wait_ill(self, gateway, label, words, timeout=15):
        return self.wait_reader(gateway, label, lambda one: one["health"] == "ill" and words in (one["reason"] or ""),
                                "ill with the reason \"%s\"" % words, timeout)

    def wait_works(self, gateway, label, timeout=15):
        return self.wait_reader(gateway, label, lambda one: one["health"] == "works" and one["reason"] is None,
                                "works", timeout)

    def assert_calm(self, gateway, begin, limit_share=0.1):
        """The daemon used less than that share of a processor since begin = (cpu_s, time.monotonic())."""
        if os.environ.get("SPRINGPARK_WRAPPER"):
            return
        used = cpu_s(gateway.pid) - begin[0]
        self.assertLess(used, limit_share * (time.monotonic() - begin[1]) + 0.1)

    def begin_calm(self, gateway):
        return cpu_s(gateway.pid), time.monotonic()


__all__ = ["EVENTS", "HealTest", "cpu_s", "tags"]
