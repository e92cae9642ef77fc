#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkd and springparkctl at home on the stand-in for AWS IoT Core: from a bare certificate to delivered events,
and back after what AWS does to a connection. With the stand-in's records it is seen from the broker's end that the
daemon never connects twice within a second, and that each event arrives once.

Root, for a network of its own; SPRINGPARK_BUILD = the built tree."""
import json
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from daemon_parts import AWS, ENDPOINT, GRANTED, NUMBERS, PORT, PREFIX, TAG, DaemonTest, wait_until  # noqa: E402
from gateway import SMART_READER, TEMPLATES, Gateway, Script, configuration  # noqa: E402
from standin import certificate_id  # noqa: E402

DELAY_S = 2.5   # until a certificate that has registered itself is active: there are several attempts in that time


def setUpModule():
    AWS.start(delay_s=DELAY_S)


def tearDownModule():
    AWS.stop()


class BoxTest(DaemonTest):
    def gateway(self, credential, mqtt="auto", options="reconnect_interval = 1;"):
        """As often as AWS lets it, not as seldom as it would by itself."""
        return super().gateway(credential, mqtt, options)

    def topic(self, name, end):
        return PREFIX + name + "/" + end

    def events(self, name):
        """The tags whose events the stand-in has accepted."""
        return [json.loads(one.fields["payload"])["TagId"]
                for one in self.aws.records("publish", self.since, topic=self.topic(name, "rdr/evt"))]

    def wait_events(self, name, tags, timeout=20):
        wait_until(lambda: len(self.events(name)) >= len(tags), timeout, "%s of %s" % (tags, self.events(name)))
        self.assertEqual(self.events(name), tags)

    def assert_paced(self, name):
        """No CONNECT came within a second of another one."""
        self.assert_never("drop", client=name, reason="throttled")

    def device(self):
        """A certificate that AWS knows as a device's."""
        name = self.new_name()
        self.aws.register_device(name, "springpark-device", name)
        return name


class Registration(BoxTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.aws.set, "registration", "jitr")

    def from_bare_certificate(self, mqtt):
        application = self.other("application")
        name = self.new_name()
        application.subscribe(self.topic(name, "#"))
        self.since = self.aws.mark()
        box, script = self.gateway(name, mqtt)
        script.do("insert NFC-A " + TAG)
        self.wait_for("drop", client=name, reason="registered")
        self.wait_state(box, "awaiting registration")
        self.wait_state(box, "online", 30)
        self.wait_events(name, [TAG])
        self.assert_meta_and_status(name)
        application.publish(self.topic(name, "rdr/cmd"), GRANTED)
        wait_until(lambda: box.status()["commands"]["accepted"] == 1, 10, "the command")
        received = [application.receive().topic for _ in range(3)]
        self.assertEqual(set(received), {self.topic(name, end) for end in ("meta", "status", "rdr/evt")})
        self.assert_paced(name)
        self.assert_never("refused", client=name)
        known = self.aws.registry()["certificates"][certificate_id(self.aws.pem(name))]
        self.assertEqual((known["things"], known["policies"]), ([name], ["springpark-device"]))
        return box, name

    def assert_meta_and_status(self, name):
        for end in ("meta", "status"):
            first = self.wait_for("publish", client=name, topic=self.topic(name, end))
            self.assertTrue(first.fields["retain"])
        self.assertLess(self.wait_for("subscribe", client=name).at,
                        self.wait_for("publish", client=name, topic=self.topic(name, "status")).at)

    def test_from_a_bare_certificate_to_events_with_mqtt_5(self):
        box, name = self.from_bare_certificate("auto")
        self.assertEqual(box.status()["broker"]["mqtt_version"], "5")
        self.assertEqual({one.fields["version"] for one in self.aws.records("drop", self.since, client=name)}, {5})

    def test_from_a_bare_certificate_to_events_with_mqtt_311(self):
        box, _ = self.from_bare_certificate("3.1.1")
        self.assertEqual(box.status()["broker"]["mqtt_version"], "3.1.1")

    def test_from_a_bare_certificate_to_events_by_the_jitp_template(self):
        self.aws.set("registration", "jitp")
        self.from_bare_certificate("auto")

    def test_a_demo_client_comes_in_by_subscribe(self):
        name = self.new_name("demo")
        tool = self.subscribe(name)
        self.wait_for("drop", client=name, reason="registered")
        tool.wait_error("awaiting registration")
        tool.wait_error("subscribed to", timeout=30)
        application = self.other("application")
        application.publish(PREFIX + "box/rdr/evt", json.dumps({"Sequence": 1, "TagId": TAG}))
        tool.wait_line(1)
        self.assertIn(TAG, tool.lines[0])
        self.assert_paced(name)
        self.assertEqual(tool.end(signal.SIGINT), 0)

    def test_a_certificate_that_was_active_once_awaits_no_registration(self):
        name = self.device()
        box, script = self.gateway(name)
        self.wait_state(box, "online")
        self.aws.deactivate(name)
        self.wait_for("drop", client=name, reason="inactive")
        script.do("insert NFC-A " + TAG)
        wait_until(lambda: box.status()["broker"]["state"] == "waiting", 10, "it waits")
        self.assertEqual(self.events(name), [])
        self.aws.activate(name)
        self.wait_events(name, [TAG], 30)
        self.assertNotIn("awaiting registration", box.log_text())
        self.assert_paced(name)


class Connections(BoxTest):
    def test_a_thing_that_is_detached_and_attached_again(self):
        name = self.device()
        box, script = self.gateway(name)
        self.wait_state(box, "online")
        self.aws.detach(name, "things", name)
        self.aws.kick(name)
        self.wait_for("drop", client=name, reason="iot:Connect")
        script.do("insert NFC-A " + TAG)
        self.aws.attach(name, "things", name)
        self.wait_events(name, [TAG], 30)
        self.assert_paced(name)

    def test_a_broker_that_was_away_gets_all_events_once_and_in_order(self):
        name = self.device()
        box, script = self.gateway(name)
        self.wait_state(box, "online")
        tags = ["0102030%d" % number for number in range(5)]
        script.do("insert NFC-A " + tags[0])
        self.wait_events(name, tags[:1])
        self.aws.stop()
        try:
            for tag in tags[1:]:
                script.do("remove", "insert NFC-A " + tag)
            wait_until(lambda: box.status()["journal"]["depth"] == len(tags) - 1, 10, "they are kept")
        finally:
            self.aws.start()
        self.wait_events(name, tags, 60)

    def test_an_event_that_no_policy_allows_does_not_hold_up_the_others_with_mqtt_311(self):
        """Where AWS closes the connection instead of saying so."""
        name = self.new_name()
        policy = self.aws.registry()["policies"]["springpark-device"]
        publish = next(one for one in policy["Statement"] if one["Action"] == "iot:Publish")
        allowed = publish["Resource"]
        publish["Resource"] = [one for one in allowed if not one.endswith("/rdr/evt")]
        self.aws.put_policy("policy-" + name, policy)
        self.aws.register_device(name, "policy-" + name, name)
        box, script = self.gateway(name, "3.1.1")
        script.do("insert NFC-A " + TAG)
        wait_until(lambda: box.status()["journal"]["set_aside"] == 1, 40, "it is set aside")
        publish["Resource"] = allowed
        self.aws.put_policy("policy-" + name, policy)
        script.do("remove", "insert NFC-A 05060708")
        self.wait_events(name, ["05060708"], 30)
        self.assert_paced(name)

    def test_two_boxes_with_one_client_id(self):
        name = self.device()
        first, _ = self.gateway(name)
        self.wait_state(first, "online")
        second, _ = self.gateway(name)
        first.wait_log("client id", 20)
        self.assertIn('another client', first.log_text())
        second.stop()
        self.wait_state(first, "online", 40)

    def test_no_more_than_100_messages_a_second(self):
        name = self.device()
        box, script = self.gateway(name)
        self.wait_state(box, "online")
        self.aws.stop()
        try:
            script.do(*["insert NFC-A %08X\nremove" % number for number in range(250)])
            wait_until(lambda: box.status()["journal"]["depth"] == 250, 20, "250 events are kept")
        finally:
            self.aws.start()
        self.wait_events(name, ["%08X" % number for number in range(250)], 60)
        self.assert_never("too many", client=name)


class Claim(BoxTest):
    """Fleet provisioning: a box that has nothing but a claim."""

    def configuration(self, serial, script, state):
        text = configuration(self.aws, script.setting, SMART_READER, TEMPLATES, host=ENDPOINT, port=PORT,
                             options="reconnect_interval = 1;")
        kept = [line for line in text.splitlines() if not line.startswith(("certificates:", "keys:"))]
        return "\n".join(kept + [
            'certificates: { slot_9 = "%s"; slot_C = "%s"; };' % (self.aws.pem("server-ca"), self.aws.pem("claim")),
            'keys: { slot_C = "%s"; };' % self.aws.key("claim"), 'journal: { directory = "%s"; };' % state,
            'device: { serial = "%s"; };' % serial, 'provisioning: { template = "springpark"; };\n'])

    def test_from_a_claim_to_events(self):
        serial = "F00D%04X" % next(NUMBERS)
        script = Script()
        self.addCleanup(script.close)
        box = Gateway("", start=False)
        self.addCleanup(box.close)
        box.configure(self.configuration(serial, script, box.state_directory)
                      .replace("chain = true; chain_slot = 0xF;", ""))
        box.start()
        script.do("insert NFC-A " + TAG)
        claim = "springpark-claim-" + serial
        self.wait_for("connect", client=claim)
        created = self.wait_for("created", client=claim).fields["certificate"]
        self.wait_for("provisioned", certificate=created, by="fleet", thing=serial)
        self.wait_state(box, "online", 30)
        self.wait_events(serial, [TAG])
        self.assertEqual(certificate_id(box.state_directory / "device.pem"), created)
        self.assertEqual(self.wait_for("connect", client=serial).fields["certificate"], created)
        self.assertEqual(len(self.aws.records("created", self.since)), 1)
        for what in ("refused", "drop"):
            self.assert_never(what, client=claim)
            self.assert_never(what, client=serial)
        box.stop()
        box.start()
        self.wait_state(box, "online", 30)
        self.assertEqual(len(self.aws.records("connect", self.since, client=claim)), 1)


if __name__ == "__main__":
    unittest.main()
