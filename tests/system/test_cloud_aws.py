#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the cloud stage (tests/parts/cloud_probe) does otherwise because the broker is an AWS IoT Core endpoint: ALPN on
port 443, a bound on what it publishes a second, one CONNECT a second, no payload that AWS would not take. A scripted
broker stands behind an endpoint's name.

Root, for a network and an /etc/hosts of its own; SPRINGPARK_BUILD = the built tree."""
import ctypes
import os
import ssl
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
import network  # noqa: E402
from cloud_parts import BUILD, PKI, SLOW, CloudTest, die_with_parent  # noqa: E402
from fake_broker import CONNECT, PUBLISH, normal  # noqa: E402

WHY_NOT = network.reason_to_skip()
ENDPOINT = "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"
ALPN = "x-amzn-mqtt-ca"
CLONE_NEWNS = 0x00020000


def setUpModule():
    if WHY_NOT:
        raise unittest.SkipTest(WHY_NOT)
    network.enter_private_network()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with tempfile.NamedTemporaryFile("w", suffix=".hosts") as hosts:
        hosts.write("127.0.0.1 localhost %s\n" % ENDPOINT)
        hosts.flush()
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)
    PKI.leaf("endpoint", ENDPOINT, "DNS:" + ENDPOINT)


def connects(broker):
    return [packet for connection in list(broker.connections) for packet in list(connection.packets)
            if packet.kind == CONNECT]


class Discarding:
    """A script: as AWS IoT Core does, publishes with QoS 2 and those beyond 100 in a second get no answer at all. Its
    second is shorter, for it may be late to read what was sent in time, a window of 20 at once."""

    second = 0.75

    def __init__(self):
        self.times = []
        self.discarded = 0

    def discards(self, packet):
        self.times = [time for time in self.times if packet.time - time < self.second] + [packet.time]
        if packet.qos < 2 and len(self.times) <= 100:
            return False
        self.discarded += 1
        return True

    def __call__(self, connection):
        connection.accept()
        connection.serve(discards=self.discards)
        connection.close()


def drop_after_connect(connection):
    connection.expect(CONNECT)
    connection.close()


class Aws(CloudTest):
    def assert_a_second_apart(self, packets):
        for earlier, later in zip(packets, packets[1:]):
            self.assertGreaterEqual(later.time - earlier.time, 1.0, "CONNECTs within one second")

    def talk_tls(self, port):
        """The broker's end of a connection that came online on that port, after the handshake."""
        context = PKI.server("endpoint")
        context.set_alpn_protocols([ALPN])
        broker = self.broker(normal, tls=context, port=port)
        probe = self.tls(broker.port, host=ENDPOINT).start()
        probe.wait("^notice ONLINE")
        connection = broker.connections[0]
        self.assertIsInstance(connection.sock, ssl.SSLSocket)
        selected = connection.sock.selected_alpn_protocol()
        probe.stop()
        return selected

    def test_alpn_is_offered_on_port_443(self):
        self.assertEqual(self.talk_tls(443), ALPN)

    def test_the_tool_offers_it_too(self):
        context = PKI.server("endpoint")
        context.set_alpn_protocols([ALPN])
        broker = self.broker(normal, tls=context, port=443)
        tool = subprocess.Popen([os.path.join(BUILD, "springparkctl"), "subscribe", "--broker", ENDPOINT,
                                 "--port", "443", "--ca", PKI.path("ca.pem"), "--cert", PKI.path("device.pem"),
                                 "--key", PKI.path("device.key")],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        try:
            self.assertTrue(broker.wait(lambda: connects(broker)))
            self.assertEqual(broker.connections[0].sock.selected_alpn_protocol(), ALPN)
        finally:
            tool.terminate()
            tool.wait(10)

    def test_no_alpn_is_offered_on_port_8883(self):
        self.assertIsNone(self.talk_tls(8883))

    def publish_many(self, host, count, script=normal):
        """How long the broker saw publishes coming."""
        broker = self.broker(script)
        probe = self.probe(broker.port, host=host).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 %d e" % count)
        probe.wait("^notice CONFIRMED %d$" % count, 30)
        facts = probe.report()
        self.assertEqual(facts["delivered"], str(count))
        self.assertEqual(broker.payloads(), ["e%d" % i for i in range(1, count + 1)], "each once, in order")
        probe.stop()
        times = [packet.time for packet in broker.published if packet.topic == "t/evt"]
        return times[-1] - times[0]

    def test_no_more_is_published_than_aws_takes_a_second(self):
        count = 300
        elapsed_s = self.publish_many(ENDPOINT, count)
        self.assertLess(count / (elapsed_s + 0.1), 100, "publishes a second")
        self.assertLess(elapsed_s, 8 * SLOW, "nor much less")

    def test_nothing_is_discarded_by_a_broker_that_takes_100_a_second(self):
        script = Discarding()
        self.publish_many(ENDPOINT, 300, script)
        self.assertEqual(script.discarded, 0)

    def test_what_is_discarded_without_a_word_is_noticed(self):
        """By a broker of which nobody knows that it does so: a name of one's own for an AWS endpoint, say."""
        script = Discarding()
        broker = self.broker(script)
        probe = self.probe(broker.port, host="localhost", response_floor_ms=300, response_timeout_s=0).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 300 e")
        probe.wait("^notice DISCONNECTED .*did not acknowledge", 20)
        probe.stop()
        self.assertGreater(script.discarded, 0)

    def test_another_broker_gets_as_much_as_it_takes(self):
        self.assertLess(self.publish_many("localhost", 300), 2.5 * SLOW)

    def test_meta_and_status_wait_for_their_turn_too(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, host=ENDPOINT).start()
        probe.wait("^notice ONLINE")
        for number in range(1, 101):
            probe.send("ticket %d s%d" % (number, number))
            probe.wait("^notice STATUS_CONFIRMED %d$" % number)
        times = [packet.time for packet in broker.published if packet.topic == "t/status"]
        self.assertEqual(len(times), 100)
        self.assertGreater(times[-1] - times[0], 0.9)
        probe.stop()

    def test_a_dropped_connection_is_not_made_again_within_a_second(self):
        broker = self.broker(drop_after_connect, drop_after_connect, drop_after_connect, normal)
        probe = self.probe(broker.port, host=ENDPOINT, backoff_base_ms=1).start()
        probe.wait("^notice ONLINE", 15)
        probe.stop()
        packets = connects(broker)
        self.assertEqual(len(packets), 4)
        self.assert_a_second_apart(packets)
        self.assertLess(packets[-1].time - packets[0].time, 3 * 1.8 * SLOW, "nor does it wait twice")

    def test_the_older_mqtt_is_not_tried_within_a_second(self):
        def only_311(connection):
            connection.expect(CONNECT)
            connection.connack(0x84)
            connection.close()
        broker = self.broker(only_311, normal)
        probe = self.probe(broker.port, host=ENDPOINT).start()
        probe.wait("^notice ONLINE", 15)
        probe.stop()
        packets = connects(broker)
        self.assertEqual([packet.version for packet in packets], [5, 4])
        self.assert_a_second_apart(packets)

    def test_new_settings_are_not_tried_within_a_second(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, host=ENDPOINT).start()
        probe.wait("^notice ONLINE")
        for number in range(3):
            probe.set(client_id="probe-%d" % number)
            probe.send("reconfigure")
            probe.wait("^notice ONLINE", 15)
        probe.stop()
        packets = connects(broker)
        self.assertEqual(len(packets), 4)
        self.assert_a_second_apart(packets)

    def test_a_stop_does_not_wait_for_the_second_to_pass(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, host=ENDPOINT).start()
        probe.wait("^notice ONLINE")
        probe.send("reconfigure")
        probe.wait("^notice DISCONNECTED the settings have changed")
        self.assertIn("ended=1", probe.stop(900))

    def test_what_is_larger_than_aws_takes_is_refused_here(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, host=ENDPOINT, version=2).start()  # 3.1.1, where no CONNACK tells the limit
        probe.wait("^notice ONLINE")
        probe.send("event 1 " + "x" * 131073)
        probe.wait("^notice REFUSED 1 ")
        probe.send("event 2 " + "y" * 131072)
        probe.wait("^notice CONFIRMED 2$")
        self.assertEqual([len(payload) for payload in broker.payloads()], [131072])
        self.assertEqual(len([packet for packet in broker.published if packet.kind == PUBLISH]), 1)
        probe.stop()


if __name__ == "__main__":
    unittest.main()
