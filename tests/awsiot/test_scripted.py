#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What of AWS IoT Core no plugin of mosquitto can imitate, played by a scripted broker: acknowledgements that never
come, for QoS 2 and for what is published beyond 100 messages a second. It talks to the cloud stage
(tests/parts/cloud_probe), behind the endpoint's name; the rest is in test_standin.py and its neighbours.

Root, for a network and an /etc/hosts of its own; SPRINGPARK_BUILD = the built tree."""
import collections
import pathlib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import network  # noqa: E402
from cloud_parts import CloudTest  # noqa: E402
from fake_broker import DISCONNECT, PINGREQ, PINGRESP, PUBLISH, SUBSCRIBE  # noqa: E402
from standin import ENDPOINT, use_endpoint_name  # noqa: E402

OWN_DOMAIN = "localhost"    # a name of the customer's own for an endpoint: nothing tells that AWS is behind it


def setUpModule():
    why_not = network.reason_to_skip()
    if why_not:
        raise unittest.SkipTest(why_not)
    network.enter_private_network()
    use_endpoint_name()


class Aws:
    """A script. discarded: how many publishes were not taken; accepted: the payloads of events in order."""

    def __init__(self, a_second):
        self.a_second = a_second
        self.discarded = 0
        self.accepted = []

    def __call__(self, connection):
        connection.accept()
        latest = collections.deque()
        while not connection.broker.stopping.is_set():
            try:
                packet = connection.read(0.2)
            except socket.timeout:
                continue
            if packet.kind == PUBLISH:
                self.take(connection, packet, latest)
            elif packet.kind == SUBSCRIBE and packet.qos < 2:
                connection.suback(packet)
            elif packet.kind == PINGREQ:
                connection.send(PINGRESP << 4)
            elif packet.kind == DISCONNECT:
                return

    def take(self, connection, packet, latest):
        now = time.monotonic()
        while latest and now - latest[0] >= 1:
            latest.popleft()
        if len(latest) >= self.a_second or packet.qos == 2:
            self.discarded += 1
            return
        latest.append(now)
        if packet.topic == "t/evt":
            self.accepted.append(packet.payload)
        if packet.qos:
            connection.puback(packet)


class Scripted(CloudTest):
    def burst(self, aws, count, host=ENDPOINT):
        """That many events, until all are confirmed; the broker."""
        broker = self.broker(aws)
        probe = self.probe(broker.port, host=host).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 %d e" % count)
        probe.wait("^notice CONFIRMED %d$" % count, 60)
        self.assertEqual(probe.report()["delivered"], str(count))
        probe.stop()
        return broker

    def test_aws_discards_nothing_of_what_comes_at_our_rate(self):
        aws = Aws(100)
        broker = self.burst(aws, 300)
        self.assertEqual(aws.discarded, 0)
        self.assertEqual(aws.accepted, ["e%d" % number for number in range(1, 301)])
        self.assertEqual(len(broker.connections), 1)

    def test_what_is_discarded_all_the_same_is_sent_again(self):
        """For instance because the account's own limit is reached."""
        aws = Aws(50)
        self.burst(aws, 120)
        self.assertGreater(aws.discarded, 0)
        self.assertEqual(set(aws.accepted), {"e%d" % number for number in range(1, 121)})

    def test_another_broker_would_be_sent_more(self):
        aws = Aws(100)
        self.burst(aws, 300, OWN_DOMAIN)
        self.assertGreater(aws.discarded, 0, "or the test of our rate shows nothing")

    def test_a_subscription_with_qos_2_that_is_never_answered_is_told(self):
        broker = self.broker(Aws(100))
        probe = self.probe(broker.port, host=OWN_DOMAIN, subscribe_qos=2).start()
        probe.wait("^notice DISCONNECTED the broker did not acknowledge the subscription to t/cmd within")
        probe.stop()

    def test_publishes_with_qos_2_that_are_never_answered_are_told(self):
        broker = self.broker(Aws(100))
        probe = self.probe(broker.port, host=OWN_DOMAIN, publish_qos=2).start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 one")
        probe.wait("^notice DISCONNECTED .*acknowledge", 10)
        probe.stop()


if __name__ == "__main__":
    unittest.main()
