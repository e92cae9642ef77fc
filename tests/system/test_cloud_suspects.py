#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An event on which the broker hangs up is found and set aside, the others are delivered, and an innocent one is never
blamed: the cloud stage (tests/parts/cloud_probe) with a scripted broker."""
import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from cloud_parts import CloudTest, PKI, SLOW  # noqa: E402
from fake_broker import PINGREQ, PINGRESP, PUBLISH, SUBSCRIBE, Connection, normal  # noqa: E402

BLAME = (r"the broker closed the connection 3 times in a row while this event was in flight; "
         r"check the policy for topic t/evt, and its size")


def not_authorized(connection):
    connection.disconnect(0x87)
    connection.close()


class Picky:
    """A broker that acknowledges all but the forbidden payloads; on these it hangs up without a word, as AWS does."""

    def __init__(self, *forbidden, hang_up=Connection.close, topic="t/evt"):
        self.forbidden, self.hang_up, self.topic = forbidden, hang_up, topic
        self.company = []       # for each forbidden one: what came within a moment after it

    def __call__(self, connection):
        if connection.broker.tls:
            connection.start_tls()
        connection.accept()
        while not connection.broker.stopping.is_set():
            try:
                packet = connection.read(0.5)
            except socket.timeout:
                continue
            if packet.kind == SUBSCRIBE:
                connection.suback(packet)
            elif packet.kind == PINGREQ:
                connection.send(PINGRESP << 4)
            elif packet.kind == PUBLISH:
                if packet.topic == self.topic and packet.payload in self.forbidden:
                    self.company.append(self.listen(connection))
                    self.hang_up(connection)
                    return
                connection.puback(packet)
            else:
                return

    @staticmethod
    def listen(connection):
        came = []
        try:
            while True:
                came.append(connection.read(0.3).payload)
        except socket.timeout:
            return came


def take(connection, count):
    """CONNECT, SUBSCRIBE and that many events, without acknowledging any."""
    connection.accept()
    events = []
    while len(events) < count:
        packet = connection.read()
        if packet.kind == SUBSCRIBE:
            connection.suback(packet)
        elif packet.kind == PUBLISH and packet.topic == "t/evt":
            events.append(packet)
    return events


class Suspects(CloudTest):
    def outcome(self, probe):
        """Of all notices up to now: the numbers of what was confirmed, and of what was refused."""
        probe.report()
        numbers = {"CONFIRMED": [], "REFUSED": []}
        for line in probe.output.seen:
            words = line.split()
            if words[0] == "notice" and words[1] in numbers:
                numbers[words[1]].append(int(words[2]))
        return numbers["CONFIRMED"], numbers["REFUSED"]

    def find(self, picky, guilty, tls=None, **settings):
        """Forty events; picky hangs up on those that are guilty."""
        broker = self.broker(picky, tls=tls)
        probe = (self.tls if tls else self.probe)(broker.port, **settings).start()
        probe.send("burst 1 40 n")
        for number in guilty:
            probe.wait("^notice REFUSED %d %s" % (number, BLAME), 30)
            probe.wait("^notice DISCONNECTED")          # after it: main sets aside before it takes back the rest
        innocent = [number for number in range(1, 41) if number not in guilty]
        probe.wait("^notice CONFIRMED 40$")
        confirmed, refused = self.outcome(probe)
        self.assertEqual(sorted(confirmed), innocent)   # each of them, and once
        self.assertEqual(refused, guilty)
        self.assertEqual(probe.report()["refused"], str(len(guilty)))
        payloads = broker.payloads()
        for number in guilty:
            self.assertGreaterEqual(payloads.count("n%d" % number), 3, payloads)
        self.assertEqual(payloads.count("n%d" % guilty[0]), 3, payloads)
        self.assertEqual(len(broker.connections), 3 * len(guilty) + 1)
        for connection in broker.connections:           # each time in order, and nothing twice in one connection
            sent = [int(p.payload[1:]) for p in connection.packets if p.kind == PUBLISH and p.topic == "t/evt"]
            self.assertEqual(sent, sorted(set(sent)))
        probe.stop()
        return picky

    def test_a_broker_that_closes_the_connection_on_one_event(self):
        for version in (1, 2):
            with self.subTest(version=version):
                picky = self.find(Picky("n7"), [7], version=version)
                self.assertGreater(len(picky.company[0]), 0)
                self.assertEqual(picky.company[1:], [[], []])   # alone on the wire before it was blamed

    def test_whatever_way_it_hangs_up(self):
        for name, hang_up in (("reset", Connection.rst), ("DISCONNECT", not_authorized)):
            with self.subTest(name=name):
                self.find(Picky("n7", hang_up=hang_up), [7])
        for name, hang_up in (("close_notify", Connection.close), ("FIN", Connection.fin), ("reset", Connection.rst)):
            with self.subTest(name=name, tls=True):
                self.find(Picky("n7", hang_up=hang_up), [7], tls=PKI.server())

    def test_two_of_them(self):
        self.find(Picky("n3", "n30"), [3, 30])

    def test_two_of_them_side_by_side(self):
        self.find(Picky("n3", "n4"), [3, 4])

    def test_suspects_go_one_at_a_time_and_the_window_opens_again(self):
        first, alone, after = [], [], []

        def hang_up(connection):
            first.append([packet.payload for packet in take(connection, 20)])
            connection.close()

        def one_at_a_time(connection):
            for packet in take(connection, 1):
                while packet.payload != "n7":
                    alone.append((packet.payload, Picky.listen(connection)))
                    connection.puback(packet)
                    packet = connection.expect(PUBLISH)
                alone.append((packet.payload, Picky.listen(connection)))
                connection.close()

        def at_once(connection):
            events = take(connection, 20)
            after.extend(packet.payload for packet in events)
            for packet in events:
                connection.puback(packet)
            connection.serve()
        broker = self.broker(hang_up, one_at_a_time, one_at_a_time, at_once)
        probe = self.probe(broker.port, response_floor_ms=9000).start()
        probe.send("burst 1 40 n")
        probe.wait("^notice REFUSED 7 " + BLAME, 20)
        probe.wait("^notice CONFIRMED 40$")
        window = ["n%d" % number for number in range(1, 21)]
        self.assertEqual(first, [window])
        self.assertEqual(alone, [("n%d" % number, []) for number in [*range(1, 8), 7]])
        self.assertEqual(after, ["n%d" % number for number in range(8, 28)])
        probe.stop()

    def test_new_events_need_not_fly_alone(self):
        """With one suspect to come, the others use the whole window, and it waits for them."""
        came = []

        def hang_up(connection):
            take(connection, 1)
            connection.close()

        def look(connection):
            events = take(connection, 12)
            came.extend(packet.payload for packet in events)
            came.extend(Picky.listen(connection))
            for packet in events:
                connection.puback(packet)
            came.append(connection.expect(PUBLISH).payload)
            came.extend(Picky.listen(connection))
            connection.close()
        broker = self.broker(hang_up, hang_up, look, normal)
        probe = self.probe(broker.port, auto_accept="no", auto_lend="no", response_floor_ms=9000).start()
        for link in (1, 2):
            probe.wait("^notice CONNECTED %d$" % link)
            probe.send("accept %d" % link)
            probe.wait("^notice WANT %d" % link)
            probe.send("replay %d 1 1 suspect" % link)
            probe.wait("^notice DISCONNECTED")
        probe.wait("^notice CONNECTED 3$")
        probe.send("accept 3")
        probe.wait("^notice WANT 3")
        probe.send("submit 11 12 n")
        probe.send("replay 3 1 1 suspect")
        probe.wait("^notice REFUSED 1 " + BLAME, 20)
        self.assertEqual(came, ["n%d" % number for number in range(11, 23)] + ["suspect1"])
        probe.stop()

    def test_an_innocent_event_is_not_refused_because_the_broker_restarts(self):
        """Something is in flight each time the connection breaks, and flies alone then; but there is progress."""
        def restart(connection):
            connection.accept()
            taken = 0
            while taken < 8:
                packet = connection.read()
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                    continue
                taken += 1
                if taken < 8:
                    connection.puback(packet)
            connection.rst()
        broker = self.broker(*[restart] * 8, normal)
        probe = self.probe(broker.port, response_floor_ms=9000).start()
        probe.send("burst 1 60 n")
        probe.wait("^notice CONFIRMED 60$", 20)
        confirmed, refused = self.outcome(probe)
        self.assertEqual((sorted(confirmed), refused), (list(range(1, 61)), []))
        self.assertGreaterEqual(len(broker.connections), 9)
        probe.stop()

    def test_a_connection_that_ends_when_idle_forgives(self):
        def in_flight(connection):
            take(connection, 1)
            connection.close()

        def idle(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.idle(0.1)
            connection.close()
        broker = self.broker(in_flight, in_flight, idle, in_flight, in_flight, normal)
        probe = self.probe(broker.port, auto_accept="no", response_floor_ms=9000).start()
        probe.send("event 1 n1")
        for link in range(1, 7):
            probe.wait("^notice CONNECTED %d$" % link)
            if link != 3:       # on that one nothing is sent
                probe.send("accept %d" % link)
        probe.wait("^notice CONFIRMED 1$")
        self.assertEqual(self.outcome(probe), ([1], []))
        probe.stop()

    def test_ends_that_are_not_about_a_message_blame_nobody(self):
        def shut_down(connection):
            take(connection, 1)
            connection.disconnect(0x8B)         # server shutting down
            connection.close()

        def taken_over(connection):
            take(connection, 1)
            connection.disconnect(0x8E)
            connection.close()

        def silent(connection):                 # our own deadline ends it
            take(connection, 1)
            while True:
                connection.read(20)
        broker = self.broker(*[shut_down] * 4, *[taken_over] * 4, *[silent] * 4, normal)
        probe = self.probe(broker.port).start()
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$", 30)
        self.assertEqual(self.outcome(probe), ([1], []))
        self.assertEqual(len(broker.connections), 13)
        probe.stop()

    def test_a_forbidden_meta_is_not_blamed_on_an_event(self):
        """The broker hangs up on META while an event is in flight, too."""
        picky = Picky("m", topic="t/meta")
        broker = self.broker(*[picky] * 6, normal)
        probe = self.probe(broker.port, auto_accept="no").start()
        probe.send("burst 1 3 n")
        for link in range(1, 8):
            probe.wait("^notice CONNECTED %d$" % link, 15)
            probe.send("meta m")
            probe.send("accept %d" % link)
        probe.wait("^notice CONFIRMED 3$")
        confirmed, refused = self.outcome(probe)
        self.assertEqual((sorted(set(confirmed)), refused), ([1, 2, 3], []))
        probe.stop()

    def test_a_suspect_does_not_wait_for_ever_for_the_puback_of_meta(self):
        def hang_up(connection):
            take(connection, 1)
            connection.close()

        def no_word_on_meta(connection):
            connection.accept()
            while True:
                packet = connection.read()
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                elif packet.kind == PUBLISH and packet.topic == "t/evt":
                    connection.puback(packet)
        broker = self.broker(hang_up, no_word_on_meta)
        probe = self.probe(broker.port, auto_accept="no", response_floor_ms=2000).start()
        probe.send("burst 1 3 n")
        for link in (1, 2):
            probe.wait("^notice CONNECTED %d$" % link)
            probe.send("meta m")
            probe.send("accept %d" % link)
        probe.wait("^notice CONFIRMED 3$")
        self.assertEqual(len(broker.connections), 2)
        self.assertEqual(self.outcome(probe), ([1, 2, 3], []))
        probe.stop()

    def test_a_suspect_that_the_broker_ignores_does_not_keep_back_the_others(self):
        def hang_up(connection):
            take(connection, 1)
            connection.close()

        def ignore_the_first(connection):
            connection.accept()
            while True:
                packet = connection.read(20)
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                elif packet.kind == PUBLISH and packet.payload != "n1":
                    connection.puback(packet)
        broker = self.broker(hang_up, ignore_the_first, ignore_the_first, normal)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 5 n")
        for number in (2, 3, 4, 5, 1):
            probe.wait("^notice CONFIRMED %d$" % number, 15)
        self.assertEqual(len(broker.connections), 4)
        probe.stop()

    def test_new_settings_forgive(self):
        def hang_up(connection):
            take(connection, 1)
            connection.close()
        broker = self.broker(hang_up, hang_up, normal, hang_up, hang_up, normal)
        probe = self.probe(broker.port, auto_accept="no").start()
        probe.send("event 1 n1")
        for link in range(1, 7):
            probe.wait("^notice CONNECTED %d$" % link)
            if link == 3:       # not accepted: only the new settings end it
                probe.send("reconfigure")
            else:
                probe.send("accept %d" % link)
            if link < 6:
                probe.wait("^notice DISCONNECTED")
        probe.wait("^notice CONFIRMED 1$")
        self.assertEqual(self.outcome(probe), ([1], []))
        probe.stop()

    def test_one_that_was_refused_starts_anew_when_it_is_released(self):
        """Sent again by wish of a person, after the policy was mended."""
        broker = self.broker(*[Picky("n1")] * 3, normal)
        probe = self.probe(broker.port).start()
        probe.send("event 1 n1")
        probe.wait("^notice REFUSED 1 " + BLAME, 20)
        probe.wait("^notice ONLINE")
        begun = time.monotonic()
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        self.assertLess(time.monotonic() - begun, 2 * SLOW)
        probe.stop()


if __name__ == "__main__":
    unittest.main()
