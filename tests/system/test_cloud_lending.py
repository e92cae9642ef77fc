#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the cloud stage (tests/parts/cloud_probe) does with events that it is lent: which it takes, which go first, how
fast the replayed ones leave, and that it forgets them with the connection. Packet by packet, with a scripted broker."""
import os
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from cloud_parts import CloudTest, SLOW  # noqa: E402
from fake_broker import CONNECT, PUBLISH, SUBSCRIBE, normal  # noqa: E402


def deaf(connection):
    """Takes everything and acknowledges no publish."""
    connection.accept()
    while True:
        packet = connection.read(30)
        if packet.kind == SUBSCRIBE:
            connection.suback(packet)


def names(first, last):
    return ["n%d" % number for number in range(first, last + 1)]


def published(connection, topic="t/evt"):
    return [packet for packet in connection.packets if packet.kind == PUBLISH and packet.topic == topic]


class Lending(CloudTest):
    """Who may lend when."""

    def test_nothing_is_taken_before_main_has_accepted_the_connection(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, auto_accept="no").start()
        probe.send("submit 1 1 n")
        probe.wait("^taken 0$")
        probe.wait("^notice CONNECTED 1$")
        probe.wait("^notice ONLINE")
        probe.send("submit 1 1 n")
        probe.wait("^taken 0$")
        probe.send("replay 1 1 1 n")
        probe.wait("^taken 0$")
        probe.send("accept 1")
        probe.wait("^notice WANT 1 256$")
        probe.send("submit 1 1 n")
        probe.wait("^taken 1$")
        probe.wait("^notice CONFIRMED 1$")
        probe.send("replay 1 2 1 n")
        probe.wait("^taken 1$")
        probe.wait("^notice CONFIRMED 2$")
        self.assertEqual(broker.payloads(), names(1, 2))
        facts = probe.report()
        self.assertEqual((facts["delivered"], facts["replayed"]), ("2", "1"))
        probe.stop()

    def test_the_acceptance_of_a_dead_connection_is_ignored(self):
        def lose(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.rst()
        broker = self.broker(lose, normal)
        probe = self.probe(broker.port, auto_accept="no").start()
        probe.wait("^notice CONNECTED 1$")
        probe.wait("^notice DISCONNECTED")
        probe.wait("^notice CONNECTED 2$")
        probe.wait("^notice ONLINE")
        probe.send("accept 1")
        probe.send("submit 1 1 n")
        probe.wait("^taken 0$")
        probe.send("accept 2")
        probe.wait("^notice WANT 2 256$")
        probe.send("replay 1 1 1 old")
        probe.wait("^taken 0$")
        probe.send("replay 2 1 1 n")
        probe.wait("^taken 1$")
        probe.wait("^notice CONFIRMED 1$")
        self.assertEqual(broker.payloads(), ["n1"])
        probe.stop()

    def test_a_full_live_lane_takes_no_more(self):
        broker = self.broker(deaf)
        probe = self.probe(broker.port, response_floor_ms=60000).start()
        probe.wait("^notice WANT")
        probe.send("submit 1 20 n")
        probe.wait("^taken 20$")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 20))
        probe.send("submit 21 600 n")
        probe.wait("^taken 512$")
        probe.send("submit 700 1 n")
        probe.wait("^taken 0$")
        facts = probe.report()
        self.assertEqual((facts["waiting"], facts["in_flight"]), ("512", "20"))
        probe.stop(300)

    def test_more_is_wanted_when_half_of_the_replay_lane_is_free(self):
        acknowledge = threading.Event()

        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            held = [connection.expect(PUBLISH) for _ in range(20)]
            acknowledge.wait(20)
            for packet in held:
                connection.puback(packet)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, response_floor_ms=60000).start()
        probe.wait("^notice WANT 1 256$")
        probe.send("replay 1 1 256 n")
        probe.wait("^taken 256$")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 20))
        self.assertEqual(probe.report()["waiting"], "236")
        self.assertEqual([line for line in probe.output.seen if "WANT" in line], ["notice WANT 1 256"])
        acknowledge.set()
        probe.wait("^notice CONFIRMED 256$")
        probe.report()
        wants = [int(line.split()[3]) for line in probe.output.seen if "WANT" in line]
        self.assertGreater(len(wants), 1)
        self.assertTrue(all(want >= 128 for want in wants), wants)
        self.assertGreater(sum(wants) - 256, 128)       # what may come now
        self.assertLessEqual(sum(wants) - 256, 256)
        self.assertEqual(broker.payloads(), names(1, 256))
        probe.stop()

    def test_what_is_taken_back_and_not_lent_again_is_not_sent_again(self):
        hang_up = threading.Event()

        def lose(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            for _ in range(20):
                connection.expect(PUBLISH)
            hang_up.wait(20)
            connection.rst()
        broker = self.broker(lose, normal)
        probe = self.probe(broker.port, response_floor_ms=60000).start()
        probe.wait("^notice WANT")
        probe.send("burst 1 30 n")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 20))
        probe.send("status old")
        probe.send("meta old")
        probe.send("forget")
        self.assertEqual(probe.report()["waiting"], "10")
        hang_up.set()
        probe.wait("^notice DISCONNECTED")
        self.assertEqual(probe.report()["waiting"], "0")
        probe.wait("^notice ONLINE")
        probe.send("event 99 new")
        probe.wait("^notice CONFIRMED 99$")
        probe.stop()
        again = [packet.payload for packet in broker.connections[1].packets if packet.kind == PUBLISH]
        self.assertEqual(again, ["new", "offline"])

    def test_a_resend_is_a_new_message_of_a_new_session(self):
        broker = self.broker(deaf, normal)
        probe = self.probe(broker.port).start()
        probe.wait("^notice WANT")
        probe.send("burst 1 25 n")
        probe.wait("^notice DISCONNECTED the broker did not acknowledge an event within 1 s; it is sent again on a new")
        probe.wait("^notice CONFIRMED 25$")
        first, second = broker.connections[:2]
        self.assertEqual([packet.payload for packet in published(first)], names(1, 20))
        self.assertEqual([packet.payload for packet in published(second)], names(1, 25))
        self.assertEqual({packet.dup for packet in published(second)}, {0})
        # A fresh library object counts from 1 again: SUBSCRIBE was the first.
        self.assertEqual([packet.id for packet in published(first)], list(range(2, 22)))
        self.assertEqual([packet.id for packet in published(second)], list(range(2, 27)))
        self.assertEqual(second.packets[0].connect_flags & 2, 2)    # clean start
        probe.stop()

    def test_one_over_quota_keeps_its_place(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x21\x00\x01")      # Receive Maximum 1
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x97)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 3 n")
        probe.wait("^notice CONFIRMED 3$")
        self.assertEqual(broker.payloads(), ["n1", "n1", "n2", "n3"])
        probe.stop()


class Replay(CloudTest):
    """How fast, and in which order."""

    def check_spacing(self, times, rate):
        """At most rate a second and a burst of five; none late by much."""
        for at, begun in enumerate(times):
            count = sum(1 for when in times[at:] if when < begun + 1)
            self.assertLessEqual(count, rate + 5 + 1, times)
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertLess(max(gaps), 10 / rate * SLOW, gaps)

    def test_the_replay_is_throttled_while_new_events_flow(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, replay_rate=20)
        probe.start()
        probe.send("burst 1 40 n")
        self.assertTrue(broker.wait(lambda: len(broker.published) >= 8))
        before = probe.cpu_s()
        probe.send("burst 101 30 n")
        begun = time.monotonic()
        probe.wait("^notice CONFIRMED 130$")
        self.assertLess(time.monotonic() - begun, 0.7 * SLOW)       # throttled they would take 1.5 s
        probe.wait("^notice CONFIRMED 40$")
        payloads = broker.payloads()
        self.assertEqual([name for name in payloads if int(name[1:]) <= 40], names(1, 40))
        self.assertEqual([name for name in payloads if int(name[1:]) > 100], names(101, 130))
        self.assertLess(payloads.index("n130"), payloads.index("n40"))
        times = [packet.time for packet in broker.published if int(packet.payload[1:]) <= 40]
        self.check_spacing(times, 20)
        self.assertGreater(times[-1] - times[0], 1.65)              # 35 after the burst, 50 ms each
        self.assertLess(times[-1] - times[0], 3.5 * SLOW)
        self.assert_calm(probe, before, 0.3)
        self.assertEqual(probe.report()["replayed"], "40")
        probe.stop()

    def test_without_a_rate_the_replay_is_as_fast_as_it_goes(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, replay_rate=0).start()
        probe.send("burst 1 1000 n")
        probe.wait("^notice CONFIRMED 1000$", 20)
        self.assertEqual(broker.payloads(), names(1, 1000))
        self.assertLess(broker.published[-1].time - broker.published[0].time, 5 * SLOW)
        probe.stop()

    def test_oldest_first_lets_no_new_event_overtake(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, replay_rate=40, oldest_first="yes").start()
        probe.send("burst 1 25 n")
        self.assertTrue(broker.wait(lambda: len(broker.published) >= 7))
        probe.send("burst 101 5 n")
        probe.wait("^notice CONFIRMED 105$")
        self.assertEqual(broker.payloads(), names(1, 25) + names(101, 105))
        self.check_spacing([packet.time for packet in broker.published[:25]], 40)
        self.assertEqual(probe.report()["replayed"], "25")          # the others were new ones
        probe.stop()

    def test_stopping_does_not_wait_for_a_slow_replay(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, replay_rate=1).start()
        probe.send("burst 1 50 n")
        self.assertTrue(broker.wait(lambda: len(broker.published) >= 5))
        begun = time.monotonic()
        line = probe.stop(1500)
        self.assertLess(time.monotonic() - begun, 1.5 * SLOW)
        self.assertRegex(line, "ended=1 unsent=4[0-9]")
        self.assertEqual(broker.published[-1].payload, "offline")


class Texts(CloudTest):
    """META and STATUS: what is told about them, and for how long they are waited for."""

    def test_a_status_that_is_asked_for_is_confirmed_by_its_ticket(self):
        for qos in (1, 0):
            with self.subTest(qos=qos):
                broker = self.broker(normal)
                probe = self.probe(broker.port, publish_qos=qos).start()
                probe.wait("^notice ONLINE")
                probe.send("status nobody asks")
                self.assertTrue(broker.wait(lambda: broker.payloads("t/status") == ["nobody asks"]))
                probe.send("ticket 7 somebody asks")
                probe.wait("^notice STATUS_CONFIRMED 7$")
                probe.send("ticket 8 again")
                probe.wait("^notice STATUS_CONFIRMED 8$")
                self.assertTrue(broker.wait(lambda: len(broker.published) == 3))
                self.assertEqual(broker.payloads("t/status"), ["nobody asks", "somebody asks", "again"])
                self.assertEqual(len([line for line in probe.output.seen if "STATUS_CONFIRMED" in line]), 2)
                probe.stop()

    def test_a_newer_status_replaces_one_that_waits_and_its_ticket(self):
        go_on = threading.Event()

        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            first = connection.expect(PUBLISH)
            go_on.wait(20)
            connection.puback(first)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, response_floor_ms=60000).start()
        probe.wait("^notice ONLINE")
        probe.send("ticket 1 one")
        self.assertTrue(broker.wait(lambda: broker.payloads("t/status") == ["one"]))
        probe.send("ticket 2 two")
        probe.send("ticket 3 three")
        probe.report()
        go_on.set()
        probe.wait("^notice STATUS_CONFIRMED 1$")
        probe.wait("^notice STATUS_CONFIRMED 3$")
        self.assertNotIn("notice STATUS_CONFIRMED 2", probe.output.seen)
        self.assertEqual(broker.payloads("t/status"), ["one", "three"])
        probe.stop()

    def test_a_refused_status_is_not_confirmed(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x87)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("ticket 1 one")
        self.assertTrue(broker.wait(lambda: broker.payloads("t/status") == ["one"]))
        probe.send("ticket 2 two")
        probe.wait("^notice STATUS_CONFIRMED 2$")
        self.assertNotIn("notice STATUS_CONFIRMED 1", probe.output.seen)
        probe.log_lines(lambda line: "STATUS was lost" in line and "not authorized" in line, "STATUS was lost")
        probe.stop()

    def test_meta_or_status_without_puback_leads_to_a_new_connection(self):
        for verb, name in (("meta", "META"), ("ticket 5", "STATUS")):
            with self.subTest(name=name):
                broker = self.broker(deaf, normal)
                probe = self.probe(broker.port).start()
                probe.wait("^notice ONLINE")
                begun = time.monotonic()
                probe.send(verb + " never acknowledged")
                probe.wait("DISCONNECTED the broker did not acknowledge %s within 1 s" % name)
                self.assertGreater(probe.last_time - begun, 0.8)
                self.assertLess(probe.last_time - begun, 3 * SLOW)
                probe.wait("^notice ONLINE")
                probe.send("event 1 n1")
                probe.wait("^notice CONFIRMED 1$")
                probe.stop()
                self.assertFalse([line for line in probe.output.seen if "STATUS_CONFIRMED" in line])
                again = [packet.payload for packet in broker.connections[1].packets if packet.kind == PUBLISH]
                self.assertEqual(again, ["n1", "offline"])

    def test_a_text_that_is_acknowledged_does_not_end_the_connection_later(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("meta m")
        probe.send("ticket 1 s")
        probe.wait("^notice STATUS_CONFIRMED 1$")
        with self.assertRaises(AssertionError):
            probe.wait("DISCONNECTED", 2 / SLOW)
        self.assertEqual(probe.report()["connects"], "1")
        probe.stop()


class Version(CloudTest):
    """3.1.1 is not for ever."""

    def test_mqtt_5_is_tried_again_after_a_while(self):
        def old(connection):
            connection.expect(CONNECT)
            connection.connack(1, version=4)
            connection.idle(0.1)

        def lose_soon(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.rst()

        def lose_late(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            try:
                connection.read(2)
            except socket.timeout:
                pass
            connection.rst()
        broker = self.broker(old, lose_soon, lose_late, normal)
        probe = self.probe(broker.port, version_retry_ms=1500).start()
        for _ in range(3):
            probe.wait("^notice ONLINE", 15)
        self.assertEqual(probe.report()["mqtt"], "5")
        probe.stop()
        self.assertEqual([c.packets[0].version for c in broker.connections], [5, 4, 4, 5])


if __name__ == "__main__":
    unittest.main()
