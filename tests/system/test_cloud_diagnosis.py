#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Why a broker closes connections, found from the pattern where it does not say so, and what the cloud stage
(tests/parts/cloud_probe) then does without so that events go out. A scripted broker stands for one that closes the
connection on whatever it does not allow, as AWS IoT Core does.

An endpoint's name is resolved by an /etc/hosts of these tests' own: root."""
import ctypes
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
import network  # noqa: E402
from broker import wait_until  # noqa: E402
from cloud_parts import CloudTest, PKI, SLOW  # noqa: E402
from fake_broker import CONNECT, DISCONNECT, PUBLISH, SUBSCRIBE, normal  # noqa: E402

WHY_NOT = network.reason_to_skip()
ENDPOINT = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"
CLONE_NEWNS = 0x00020000
VERSIONS = {"5": 1, "3.1.1": 2}


class Policy:
    """A broker that closes the connection on what is forbidden: "will", "subscribe", "retain" or a topic. says: the
    reason of MQTT 5 that goes before it, or None."""

    def __init__(self, *forbidden, says=None):
        self.forbidden, self.says = set(forbidden), says

    def allows(self, packet):
        if packet.kind == CONNECT:
            return not (packet.will_topic and "will" in self.forbidden)
        if packet.kind == SUBSCRIBE:
            return "subscribe" not in self.forbidden
        if packet.kind == PUBLISH:
            return not (packet.retain and "retain" in self.forbidden) and packet.topic not in self.forbidden
        return True

    def __call__(self, connection):
        if connection.broker.tls:
            connection.start_tls()
        if not self.allows(connection.expect(CONNECT)):
            connection.close()
            return
        connection.connack()
        while not connection.broker.stopping.is_set():
            try:
                packet = connection.read(0.5)
            except socket.timeout:
                continue
            if not self.allows(packet):
                if self.says and connection.version == 5:
                    connection.disconnect(self.says)
                connection.close()
                return
            if packet.kind == SUBSCRIBE:
                connection.suback(packet)
            elif packet.kind == PUBLISH and packet.qos:
                connection.puback(packet)
            elif packet.kind == DISCONNECT:
                return


def connects(broker):
    return [connection.packets[0] for connection in list(broker.connections) if connection.packets]


class Without(CloudTest):
    """What is refused is found, and events go out."""

    def start(self, policy, tls=None, **settings):
        broker = self.broker(policy, tls=tls)
        settings = {"will": "dead", "retained": "yes", "auto_texts": "yes", "hold_ms": 300, **settings}
        probe = (self.tls if tls else self.probe)(broker.port, **settings).start()
        probe.send("event 1 first")
        return broker, probe

    def find(self, policy, says, version, **settings):
        """Events come through; the detail and one warning say what it does without."""
        broker, probe = self.start(policy, version=VERSIONS[version], **settings)
        probe.wait("^notice CONFIRMED 1$", 30)
        wait_until(lambda: says in probe.report()["detail"], 10 * SLOW, "the detail says " + says)
        facts = probe.report()
        self.assertEqual(facts["state"], "ONLINE")
        for number in range(2, 6):
            probe.send("event %d more" % number)
            probe.wait("^notice CONFIRMED %d$" % number)
        said = probe.log_lines(lambda line: line.startswith("cloud: " + says), "it says " + says)
        self.assertEqual(len(said), 1, probe.log)
        attempts = len(broker.connections)
        self.assertLess(attempts, 8)
        self.assertEqual(probe.report()["connects"], facts["connects"])     # it stays
        return broker, probe

    def test_a_will_that_is_refused(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                broker, probe = self.find(Policy("will"), "the broker refuses the last will on t/status", version)
                self.assertEqual([bool(packet.will_topic) for packet in connects(broker)], [True] * 3 + [False])
                probe.stop()

    def test_a_will_that_is_refused_by_a_broker_that_knows_the_certificate(self):
        policy = Policy()
        broker, probe = self.start(policy, tls=PKI.server())
        probe.wait("^notice CONFIRMED 1$")
        policy.forbidden.add("will")
        probe.set(keep_alive_s=61)
        probe.send("reconfigure")
        probe.wait("DISCONNECTED .*accepted before.* or the broker refuses the last will on t/status")
        probe.wait("^notice ONLINE", 20)
        self.assertIn("refuses the last will on t/status; connected without it", probe.report()["detail"])
        self.assertEqual(len(broker.connections), 5)
        probe.stop()

    def test_a_subscription_that_is_refused(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                broker, probe = self.find(Policy("subscribe"), "the broker refuses the subscription to t/cmd", version)
                self.assertIn("no command can come in", probe.report()["detail"])
                self.assertEqual({packet.payload for packet in broker.published if packet.topic == "t/meta"}, {"the meta"})
                self.assertIn("the status", broker.payloads("t/status"))
                probe.stop()

    def test_a_retain_flag_that_is_refused(self):
        for version, says in (("5", None), ("5", 0x9A), ("3.1.1", None)):
            with self.subTest(version=version, says=says):
                broker, probe = self.find(Policy("retain", says=says), "the broker refuses retained messages", version)
                wait_until(lambda: "the status" in broker.payloads("t/status"), 10 * SLOW, "STATUS")
                last = broker.connections[-1].packets
                self.assertIn(SUBSCRIBE, [packet.kind for packet in last])       # commands still come in
                self.assertEqual({packet.retain for packet in last if packet.kind == PUBLISH}, {0})
                probe.stop()

    def test_all_of_it(self):
        broker, probe = self.start(Policy("will", "subscribe", "retain"), version=2)
        probe.wait("^notice CONFIRMED 1$", 40)

        def says_all():
            detail = probe.report()["detail"]
            return all(word in detail for word in ("refuses the last will", "refuses the subscription",
                                                   "refuses retained"))
        wait_until(says_all, 10 * SLOW, "the detail")
        self.assertLess(len(broker.connections), 16)
        probe.stop()

    def test_what_was_refused_is_tried_again_and_one_drop_leads_back(self):
        policy = Policy("subscribe")
        broker, probe = self.start(policy, version=2, again_ms=2000)
        probe.wait("^notice ONLINE", 30)
        before = len(broker.connections)
        probe.wait("DISCONNECTED what the broker refused is tried again", 20)
        probe.wait("DISCONNECTED .*subscription|DISCONNECTED the broker closed")
        probe.wait("^notice ONLINE")
        self.assertEqual(len(broker.connections), before + 2)
        policy.forbidden.clear()
        probe.wait("DISCONNECTED what the broker refused is tried again", 20)
        probe.wait("^notice ONLINE")
        self.assertEqual(probe.report()["detail"], "")
        self.assertEqual(broker.connections[-1].packets[1].kind, SUBSCRIBE)
        warned = probe.log_lines(lambda line: line.startswith("cloud: the broker refuses the subscription"), "the warning")
        self.assertEqual(len(warned), 1, probe.log)
        probe.stop()

    def test_new_settings_try_all_of_it_at_once(self):
        policy = Policy("will")
        broker, probe = self.start(policy, version=2)
        probe.wait("^notice ONLINE", 30)
        policy.forbidden.clear()
        probe.set(keep_alive_s=61)
        probe.send("reconfigure")
        probe.wait("^notice ONLINE")
        self.assertTrue(connects(broker)[-1].will_topic)
        self.assertEqual(probe.report()["detail"], "")
        probe.stop()

    def test_a_stop_ends_a_connection_that_does_without(self):
        broker, probe = self.start(Policy("subscribe"), version=2)
        probe.wait("^notice ONLINE", 30)
        self.assertIn("ended=1", probe.stop())
        self.assertIn("offline", broker.payloads("t/status"))


class Causes(CloudTest):
    """What the line says, by the reason of MQTT 5 and by the pattern of 3.1.1."""

    def says(self, script, text, tls=None, **settings):
        broker = self.broker(script, tls=tls)
        settings = {"auto_texts": "yes", "hold_ms": 300, **settings}
        probe = (self.tls if tls else self.probe)(broker.port, **settings).start()
        probe.send("event 1 first")
        probe.wait("^notice DISCONNECTED .*" + text, 20)
        return broker, probe

    def test_two_boxes_with_one_client_id(self):
        def taken_over(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.serve(until=lambda packet: packet.kind == PUBLISH and packet.topic == "t/evt")
            connection.idle(0.2)
            if connection.version == 5:
                connection.disconnect(0x8E)
            connection.close()
        self.says(taken_over, r"session taken over \(0x8E\): another client uses the client id \"probe\"",
                  version=1)[1].stop()

        def flap(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.serve(until=lambda packet: packet.kind == PUBLISH and packet.topic == "t/status")
            connection.idle(0.1)
            connection.close()
        self.says(flap, "again and again, with nothing of ours unacknowledged: check whether another client uses the "
                  "client id \"probe\"", version=2)[1].stop()

    def test_a_topic_that_is_refused(self):
        for topic, version in (("t/meta", 1), ("t/meta", 2), ("t/status", 2), ("t/evt", 2)):
            with self.subTest(topic=topic, version=version):
                said = Policy(topic, says=0x87 if version == 1 else None)
                self.says(said, "to publish on %s " % topic, version=version)[1].stop()

    def test_a_topic_that_is_refused_although_the_retain_flag_was_left_out(self):
        broker, probe = self.says(Policy("t/meta"), "with the retain flag", version=2, retained="yes")
        probe.wait("^notice DISCONNECTED .*to publish on t/meta ", 20)
        flags = [[packet.retain for packet in connection.packets if packet.kind == PUBLISH and packet.topic == "t/meta"]
                 for connection in broker.connections]
        self.assertEqual(flags[:4], [[1], [1], [1], [0]])
        probe.stop()

    def test_a_publish_that_is_refused_by_puback_names_the_topic_and_the_flag(self):
        def refuse(connection):
            connection.accept()
            while True:
                packet = connection.read()
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                elif packet.kind == PUBLISH:
                    connection.puback(packet, 0x87 if packet.topic == "t/meta" else 0)
        broker = self.broker(refuse)
        probe = self.probe(broker.port, version=1, auto_texts="yes", retained="yes").start()
        probe.send("event 1 first")
        probe.wait("^notice CONFIRMED 1$")
        wait_until(lambda: any("META was lost" in line for line in probe.log), 5 * SLOW, "the line")
        line = [line for line in probe.log if "META was lost" in line][0]
        self.assertRegex(line, r"t/meta: not authorized \(0x87\).*iot:RetainPublish")
        self.assertEqual(len(broker.connections), 1)
        probe.stop()

    def test_a_subscription_that_is_refused(self):
        self.says(Policy("subscribe", says=0x87), r"not authorized \(0x87\); .*the subscription to t/cmd",
                  version=1)[1].stop()
        self.says(Policy("subscribe"), "the subscription to t/cmd is unacknowledged", version=2)[1].stop()

    def test_a_will_that_is_refused_by_connack(self):
        def refuse(connection):
            connection.expect(CONNECT)
            connection.connack(0x90)
            connection.idle(0.1)
        self.says(refuse, r"topic name invalid \(0x90\).*the last will on t/status", version=1, will="dead")[1].stop()

    def test_a_certificate_that_was_accepted_and_is_inactive_now(self):
        def refused_by_alert(connection):
            try:
                connection.start_tls(PKI.server(ca="strange-ca"))
                connection.read()
            except ssl.SSLError:
                connection.idle(0.3)
                raise

        def closed(connection):
            connection.start_tls()
            connection.expect(CONNECT)
            connection.close()

        def once(connection):
            connection.start_tls()
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.disconnect(0x8B)
            connection.close()
        for name, script in (("alert", refused_by_alert), ("closed", closed)):
            with self.subTest(name=name):
                broker = self.broker(once, *[script] * 5, normal, tls=PKI.server())
                probe = self.tls(broker.port, will="dead").start()
                for _ in range(2):
                    probe.wait("^notice DISCONNECTED .*accepted before: it may have been deactivated or revoked", 20)
                probe.wait("^notice ONLINE", 20)
                said = probe.log_lines(lambda line: line.startswith("cloud: not connected: ") and "accepted before" in line and
                                       "last will" not in line, "it says why it is not connected")
                self.assertEqual(len(said), 1, probe.log)
                probe.stop()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Endpoint(CloudTest):
    """With the name of an AWS endpoint, in a network and an /etc/hosts of its own."""

    @classmethod
    def setUpClass(cls):
        network.enter_private_network()
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
            hosts.write("127.0.0.1 localhost %s\n" % ENDPOINT)
            hosts.flush()
            subprocess.run(["mount", "--make-rprivate", "/"], check=True)
            subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)

    def refused(self, text, port=8883, **settings):
        probe = self.tls(port, **settings).start()
        probe.wait("^notice DISCONNECTED .*" + text, 30)
        self.assertEqual(probe.report()["state"], "WAITING")
        probe.stop()

    def test_the_name_of_another_region(self):
        broker = self.broker(normal, tls=PKI.server("wrong-name"))
        self.refused("made out to another host .*check that %s is the endpoint of this account and of its region" %
                     ENDPOINT, port=broker.port, host=ENDPOINT)

    def test_a_broker_that_is_not_aws_is_given_no_advice_about_regions(self):
        broker = self.broker(normal, tls=PKI.server("wrong-name"))
        probe = self.tls(broker.port).start()
        probe.wait("^notice DISCONNECTED")
        self.assertNotIn("region", probe.report()["detail"])
        probe.stop()


class Clock(CloudTest):
    def test_a_certificate_of_ours_whose_time_has_not_come(self):
        PKI.leaf("early-device", "probe", days=5, start_days=2)
        broker = self.broker(normal, tls=PKI.server())
        probe = self.tls(broker.port, certificate="early-device").start()
        probe.wait("^notice DISCONNECTED .*the clock of this box seems to be wrong", 20)
        probe.stop()

    def test_a_broker_whose_time_has_not_come(self):
        broker = self.broker(normal, tls=PKI.server("early-server"))
        probe = self.tls(broker.port).start()
        probe.wait("^notice DISCONNECTED .*the clock of this box seems to be wrong", 20)
        probe.stop()

    def test_a_certificate_that_has_expired_is_no_matter_of_the_clock(self):
        PKI.leaf("old-device", "probe", days=-1)
        broker = self.broker(normal, tls=PKI.server())
        probe = self.tls(broker.port, certificate="old-device").start()
        probe.wait("^notice DISCONNECTED", 20)
        self.assertNotIn("seems to be wrong", probe.report()["detail"])
        probe.stop()


if __name__ == "__main__":
    unittest.main()
