#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What springparkd does about a policy that lacks something, where the stand-in for AWS IoT Core closes the connection
and says nothing, as AWS does with MQTT 3.1.1: it says in one line what to check, and does without what it can do
without, so that events go out. All boxes are started at once, as each takes its time to see a pattern.

Root, for a network of its own; SPRINGPARK_BUILD = the built tree."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from daemon_parts import AWS, PREFIX, TAG, DaemonTest, wait_until  # noqa: E402
from standin import shipped  # noqa: E402

PATIENCE_S = 60


def setUpModule():
    AWS.start(registration="none")


def tearDownModule():
    AWS.stop()


def policy_without(action, end=""):
    """The device's policy without that action on the topics that end so."""
    document = shipped("policy-device.json")
    for statement in list(document["Statement"]):
        if statement["Action"] != action:
            continue
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        statement["Resource"] = [one for one in resources if not one.endswith(end)]
        if not statement["Resource"]:
            document["Statement"].remove(statement)
    return document


class Refused(DaemonTest):
    lacking = {"retain": ("iot:RetainPublish", ""), "will": ("iot:RetainPublish", "/status"),
               "subscription": ("iot:Subscribe", ""), "meta": ("iot:Publish", "/meta"),
               "status": ("iot:Publish", "/status")}

    @classmethod
    def setUpClass(cls):
        cls.maker = cls("setUp")
        cls.maker.setUp()
        cls.addClassCleanup(cls.maker.doCleanups)
        cls.boxes = {word: cls.maker.start(word) for word in cls.lacking}
        for word, lack in cls.lacking.items():
            cls.maker.take_away(*cls.boxes[word], lack)

    def start(self, word):
        """A box that AWS has accepted once: before, it would await its registration."""
        name = self.new_name(word)
        self.aws.put_policy("policy-" + name, shipped("policy-device.json"))
        self.aws.register_device(name, "policy-" + name, name)
        return (name, *self.gateway(name, "3.1.1", "reconnect_interval = 1;"))

    def take_away(self, name, box, script, lack):
        self.wait_state(box, "online")
        self.wait_for("publish", client=name, topic=PREFIX + name + "/status")
        self.aws.put_policy("policy-" + name, policy_without(*lack))
        self.aws.kick(name)
        script.do("insert NFC-A " + TAG)

    def events(self, name):
        return [json.loads(one.fields["payload"])["TagId"]
                for one in self.aws.records("publish", topic=PREFIX + name + "/rdr/evt")]

    def wait_said(self, word, text):
        name, box, _ = self.boxes[word]
        box.wait_log(text, PATIENCE_S)
        self.assertEqual(self.aws.records("drop", client=name, reason="throttled"), [])

    def wait_delivered(self, word):
        name, box, _ = self.boxes[word]
        wait_until(lambda: self.events(name) == [TAG], PATIENCE_S, "the event; its log:\n" + box.log_text())

    def test_without_the_subscription_events_go_out(self):
        self.wait_said("subscription", "the broker refuses the subscription to ")
        self.wait_delivered("subscription")

    def test_without_the_last_will_and_the_retain_flag_events_go_out(self):
        for word in ("retain", "will"):
            self.wait_said(word, "the broker refuses the last will on ")
            self.wait_said(word, "META and STATUS go without the retain flag")
            self.wait_delivered(word)

    def test_a_topic_that_is_refused_is_named(self):
        for word, message in (("meta", "META"), ("status", "STATUS")):
            self.wait_said(word, "it does so each time %s is unacknowledged" % message)
            self.wait_said(word, "allows to publish on %s%s/%s" % (PREFIX, self.boxes[word][0], word))


if __name__ == "__main__":
    unittest.main()
