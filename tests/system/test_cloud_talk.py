#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The cloud stage (tests/parts/cloud_probe) in conversation with a scripted broker: each promise, packet by packet."""
import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from cloud_parts import CloudTest, PKI, WRAP  # noqa: E402
from fake_broker import CONNECT, PINGREQ, PUBLISH, SUBSCRIBE, normal  # noqa: E402


class Conversation(CloudTest):
    """What goes over the wire when."""

    def test_nothing_but_connect_goes_out_before_connack(self):
        gap = []

        def script(connection):
            connection.expect(CONNECT)
            try:
                connection.read(1)
                gap.append("a packet came before CONNACK")
            except socket.timeout:
                pass
            connection.connack()
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("event 1 first")
        probe.send("meta early")
        probe.wait("^notice CONNECTED")
        probe.wait("^notice CONFIRMED 1$")
        self.assertEqual(gap, [])
        self.assertEqual(broker.payloads("t/meta"), [])     # there was no connection to be told about
        probe.stop()

    def test_connect_says_what_the_settings_say(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, will="offline,dead", retained="yes", login="me", password="sesame",
                           keep_alive_s=77, client_id="door-7").start()
        probe.wait("^notice ONLINE")
        connect, subscribe = broker.connections[0].packets[:2]
        self.assertEqual((connect.version, connect.client_id, connect.keep_alive), (5, b"door-7", 77))
        self.assertEqual((connect.will_topic, connect.will), (b"t/status", b"offline,dead"))
        self.assertEqual((connect.login, connect.password), (b"me", b"sesame"))
        self.assertEqual(connect.connect_flags, 0xC0 | 0x20 | 0x08 | 0x04 | 0x02)  # login, will retained QoS 1, clean
        self.assertEqual((subscribe.filter, subscribe.qos), (b"t/cmd", 1))
        probe.stop()

    def test_no_will_no_login(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, publish_qos=0, subscribe_qos=0).start()
        probe.wait("^notice ONLINE")
        connect, subscribe = broker.connections[0].packets[:2]
        self.assertEqual(connect.connect_flags, 0x02)
        self.assertEqual(subscribe.qos, 0)
        probe.stop()

    def test_retain_and_qos(self):
        for qos, retained in ((1, "yes"), (0, "no"), (0, "yes"), (1, "no")):
            with self.subTest(qos=qos, retained=retained):
                broker = self.broker(normal)
                probe = self.probe(broker.port, publish_qos=qos, retained=retained).start()
                probe.wait("^notice ONLINE")
                probe.send("meta the meta")
                probe.send("status the status")
                probe.send("event 5 the event")
                probe.wait("^notice CONFIRMED 5$")
                self.assertTrue(broker.wait(lambda: len(broker.published) == 3))
                probe.stop()
                flags = {packet.topic: (packet.qos, packet.retain, packet.payload) for packet in broker.published[:3]}
                keep = 1 if retained == "yes" else 0
                self.assertEqual(flags, {"t/meta": (qos, keep, "the meta"), "t/status": (qos, keep, "the status"),
                                         "t/evt": (qos, 0, "the event")})
                self.assertEqual(broker.published[3].payload, "offline")

    def test_events_arrive_in_order_and_once(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 500 n")
        probe.wait("^notice CONFIRMED 500$")
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 501)])
        facts = probe.report()
        self.assertEqual((facts["delivered"], facts["kept"], facts["in_flight"]), ("500", "0", "0"))
        probe.stop()

    def test_qos_0_events_arrive_in_order_and_once(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, publish_qos=0).start()
        probe.send("burst 1 500 n")
        probe.wait("^notice CONFIRMED 500$")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 500))
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 501)])
        probe.stop()

    def test_at_most_a_window_is_unacknowledged(self):
        def script(connection):
            connection.accept()
            held = []
            while len(held) < 20:
                packet = connection.read()
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                else:
                    held.append(packet)
            try:
                connection.read(0.5)
                raise AssertionError("more than 20 events in flight")
            except socket.timeout:
                pass
            for packet in held:
                connection.puback(packet)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, response_floor_ms=5000).start()
        probe.send("burst 1 50 n")
        probe.wait("^notice CONFIRMED 50$")
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 51)])
        probe.stop()

    def test_the_broker_may_ask_for_a_smaller_window(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x21\x00\x02")      # Receive Maximum 2
            connection.suback(connection.expect(SUBSCRIBE))
            first = [connection.expect(PUBLISH), connection.expect(PUBLISH)]
            try:
                connection.read(0.5)
                raise AssertionError("more in flight than the broker takes")
            except socket.timeout:
                pass
            for packet in first:
                connection.puback(packet)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, response_floor_ms=5000).start()
        probe.send("burst 1 9 n")
        probe.wait("^notice CONFIRMED 9$")
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 10)])
        probe.stop()

    def test_the_brokers_limits_of_qos_retain_and_size_are_kept(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x24\x00\x25\x00\x27\x00\x00\x00\x40")  # QoS 0, no retain, 64 bytes
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, retained="yes").start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 " + "x" * 100)
        probe.send("event 2 small")
        probe.send("status s")
        probe.wait("^notice REFUSED 1 .*packet too large")
        probe.wait("^notice CONFIRMED 2$")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 2))
        self.assertEqual({(packet.qos, packet.retain) for packet in broker.published}, {(0, 0)})
        probe.stop()

    def test_a_withheld_puback_leads_to_a_new_connection_and_the_same_payload(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH))
            while True:
                connection.read()
        broker = self.broker(script, normal)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 5 n")
        probe.wait("^notice CONFIRMED 1$")
        probe.wait("DISCONNECTED the broker did not acknowledge an event within 1 s")
        probe.wait("^notice CONFIRMED 5$")
        self.assertEqual(broker.payloads(), ["n1", "n2", "n3", "n4", "n5", "n2", "n3", "n4", "n5"])
        self.assertEqual([packet.dup for packet in broker.connections[1].packets if packet.kind == PUBLISH], [0] * 4)
        self.assertEqual(probe.report()["delivered"], "5")
        probe.stop()

    def test_acknowledgements_in_another_order_and_unknown_ones_do_no_harm(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            events = [connection.expect(PUBLISH) for _ in range(3)]
            for packet in reversed(events):
                connection.puback(packet)
            events[0].id = 4711
            connection.puback(events[0])
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 3 n")
        for number in (3, 2, 1):
            probe.wait("^notice CONFIRMED %d$" % number)
        probe.send("event 4 n4")
        probe.wait("^notice CONFIRMED 4$")
        self.assertEqual(probe.report()["connects"], "1")
        probe.stop()

    def test_a_refused_event_is_set_aside_and_the_rest_goes_on(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x87)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 3 n")
        probe.wait(r"^notice REFUSED 1 .*t/evt: not authorized \(0x87\); check the broker's policy or ACL")
        probe.wait("^notice CONFIRMED 3$")
        facts = probe.report()
        self.assertEqual((facts["refused"], facts["delivered"], facts["kept"]), ("1", "2", "0"))
        probe.stop()

    def test_an_event_over_quota_is_sent_again_later(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x97)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        first, second = broker.published
        self.assertEqual((first.payload, second.payload), ("n1", "n1"))
        self.assertGreaterEqual(second.time - first.time, 0.9)
        self.assertEqual(probe.report()["refused"], "0")
        probe.stop()

    def test_no_matching_subscriber_is_no_refusal(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x10)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        probe.stop()

    def test_a_refused_subscription_is_told_and_events_go_on(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE), 0x87)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        facts = probe.report()
        self.assertEqual(facts["state"], "ONLINE")
        self.assertIn("refused the subscription to t/cmd: not authorized (0x87)", facts["detail"])
        probe.stop()

    def test_a_missing_suback_leads_to_a_new_connection(self):
        def script(connection):
            connection.accept()
            while True:
                packet = connection.read()
                if packet.kind == PUBLISH:
                    connection.puback(packet)
        broker = self.broker(script, normal)
        probe = self.probe(broker.port).start()
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")      # events do not wait for SUBACK
        probe.wait("DISCONNECTED the broker did not acknowledge the subscription to t/cmd within 1 s")
        probe.wait("^notice ONLINE")
        probe.stop()

    def test_mqtt_3_1_1_is_taken_where_5_is_refused(self):
        for reason, version in ((0x84, 5), (1, 4)):
            with self.subTest(reason=reason):
                def old(connection):
                    connection.expect(CONNECT)
                    connection.connack(reason, version=version)  # pylint: disable=cell-var-from-loop
                    connection.idle(0.1)

                def lose(connection):
                    connection.accept()
                    connection.suback(connection.expect(SUBSCRIBE))
                    connection.idle(0.2)
                broker = self.broker(old, lose, normal)
                probe = self.probe(broker.port).start()
                probe.send("event 1 n1")
                probe.wait("^notice ONLINE")
                probe.wait("^notice ONLINE")
                probe.wait("^notice CONFIRMED 1$")
                probe.stop()
                self.assertEqual([c.packets[0].version for c in broker.connections], [5, 4, 4])

    def test_a_fixed_version_is_kept(self):
        def old(connection):
            connection.expect(CONNECT)
            connection.connack(0x84)
            connection.idle(0.1)
        broker = self.broker(old)
        probe = self.probe(broker.port, version=1).start()
        for _ in range(2):
            probe.wait("DISCONNECTED the broker refused the connection: unsupported protocol version")
        probe.stop()
        self.assertEqual({c.packets[0].version for c in broker.connections}, {5})

    def test_commands_come_through_and_retained_ones_do_not(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.publish("t/cmd", "stale", retain=True)
            for number in range(30):
                connection.publish("t/cmd", "command %d" % number)
            connection.publish("t/cmd", "acknowledge me", qos=1, message_id=9)
            connection.serve()
        for tls in (None, PKI.server()):
            with self.subTest(tls=bool(tls)):
                def played(connection):
                    if connection.broker.tls:
                        connection.start_tls()
                    script(connection)
                broker = self.broker(played, tls=tls)
                probe = (self.tls(broker.port) if tls else self.probe(broker.port)).start()
                for number in range(30):
                    self.assertTrue(probe.wait("^notice COMMAND").endswith("command %d" % number))
                probe.wait("^notice COMMAND acknowledge me$")
                self.assertTrue(broker.wait(lambda: any(packet.kind == 4 for packet in broker.connections[0].packets)))
                probe.stop()

    def test_impossible_topics_are_told(self):
        for topic, text in (("topic_event", "an event could not be handed"), ("topic_command", "the subscription to")):
            with self.subTest(topic=topic):
                broker = self.broker(normal)
                probe = self.probe(broker.port, **{topic: "a/#/b"}).start()
                probe.send("event 1 n1")
                probe.wait("DISCONNECTED %s.*check .*topic" % text)
                if topic == "topic_event":
                    self.assertEqual(probe.report()["kept"], "1")
                probe.stop()

    def test_session_taken_over_names_the_client_id(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.disconnect(0x8E)
            connection.close()
        broker = self.broker(script, normal)
        probe = self.probe(broker.port, client_id="door-7").start()
        probe.wait("DISCONNECTED .*session taken over .0x8E.: another client uses the client id \"door-7\"")
        probe.wait("^notice ONLINE")
        probe.stop()

    def test_made_and_lost_again_and_again_backs_off_and_is_diagnosed(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.close()
        broker = self.broker(script)
        probe = self.probe(broker.port, reconnect_interval_s=60, backoff_base_ms=50).start()
        probe.wait("DISCONNECTED .*made and lost again and again, with nothing of ours unacknowledged: "
                   "check whether another client uses the client id", 20)
        time.sleep(3)
        before = len(broker.connections)
        probe.stop()
        self.assertLess(before, 20)     # without doubling there would be about 120 by now

    def test_pingreq_comes_at_the_right_second_and_idle_is_idle(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, keep_alive_s=5).start()
        probe.wait("^notice ONLINE")
        time.sleep(0.5)
        switches = probe.context_switches()
        self.assertTrue(broker.wait(lambda: sum(p.kind == PINGREQ for p in broker.connections[0].packets) >= 2, 15))
        woken = probe.context_switches() - switches
        times = [p.time for p in broker.connections[0].packets if p.kind in (SUBSCRIBE, PINGREQ)]
        for earlier, later in zip(times, times[1:]):
            self.assertGreater(later - earlier, 3.9)
            self.assertLess(later - earlier, 6.1)
        if not WRAP:
            self.assertLess(woken, 10)      # two pings and their answers; a tick a second would be more
        self.assertEqual(len(broker.connections), 1)
        probe.stop()

    def test_the_servers_keep_alive_counts(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x13\x00\x05")
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, keep_alive_s=60).start()
        probe.wait("^notice ONLINE")
        self.assertTrue(broker.wait(lambda: any(p.kind == PINGREQ for p in broker.connections[0].packets), 8))
        probe.stop()

    def test_a_missing_pingresp_ends_the_connection(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while True:
                connection.read(20)
        broker = self.broker(script, normal)
        probe = self.probe(broker.port, keep_alive_s=5).start()
        probe.wait("^notice ONLINE")
        probe.wait("DISCONNECTED the broker did not answer within the keep-alive of 5 s", 15)
        probe.wait("^notice ONLINE")
        probe.stop()


if __name__ == "__main__":
    unittest.main()
