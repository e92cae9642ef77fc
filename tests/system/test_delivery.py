#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the broker sees of an event's way through the whole daemon: one test for each promise about delivery.

The broker is played packet by packet. SPRINGPARK_BUILD = the built tree with its test parts."""
import json
import pathlib
import ssl
import sys
import threading
import time
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from delivery_parts import DeliveryTest, acknowledge, ignore, pair, pairs, play, tag_of  # noqa: E402
from fake_broker import Closed  # noqa: E402
from gateway import Gateway, configuration  # noqa: E402
from pki import Sandbox  # noqa: E402

NOT_AUTHORIZED = 0x87
YEAR_S = 365 * 24 * 3600
BAD = "0BADBADBADBAD0"
BURST = 5   # so many replayed events may be early


def span_s(packets):
    return packets[-1].time - packets[0].time


class Silence(DeliveryTest):
    def test_without_puback_for_10_s_the_event_comes_again_over_a_new_connection(self):
        with Sandbox() as sandbox:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(sandbox.pem("server"), sandbox.key("server"))
            broker = self.start_broker(play(event=ignore), play(), tls=tls)
            where = types.SimpleNamespace(sandbox=sandbox, port=self.port)
            gateway = Gateway(configuration(where, self.script.setting, options="reconnect_interval = 1"))
            self.addCleanup(gateway.close)
            tag, = self.read_tags()
            first, again = self.wait_events(broker, 2, 30)
            gateway.wait_log("not connected")
            self.wait_nothing_waits(gateway)
            gateway.stop()
        self.assertEqual(len(broker.connections), 2)
        self.assertEqual([len(self.events(broker, number)) for number in (0, 1)], [1, 1])
        self.assertEqual((tag_of(first), pair(first)), (tag, (1, 1)))
        self.assertEqual(again.payload, first.payload, "the same Sequence, Uptime and DateTime")
        self.assertEqual((first.dup, again.dup, again.qos), (0, 0, 1), "no session remembered it: it is a new message")
        closed_after = broker.connections[1].opened - first.time
        self.assertGreater(closed_after, 9.5)
        self.assertLess(closed_after, 16)


class Starts(DeliveryTest):
    """Events outlive the start that made them."""

    def test_after_a_kill_the_same_events_come_again_and_the_unclean_end_is_told_until_it_is_acknowledged(self):
        gap = {"First": "1:4", "Reason": "unclean end"}
        trouble = self.trouble()
        trouble.make("clock", "0")
        deaf = self.start_broker(play(event=ignore))
        gateway = self.create_gateway("status_interval = 1", environment=trouble.environment)
        self.wait_accepted(deaf)
        self.read_tags(3)
        before = [one.payload for one in self.wait_events(deaf, 3)]
        self.wait_on_disk(gateway, 3)
        gateway.kill()
        deaf.stop()

        trouble.make("clock", str(YEAR_S))
        broker = self.start_with_gaps(gateway, [gap], play(status=ignore))
        self.wait_events(broker, 3)
        self.read_tags()
        events = self.wait_events(broker, 4)
        self.assertEqual([one.payload for one in events[:3]], before, "pair, Uptime and DateTime are the old ones")
        self.assertEqual(pairs(events), [(1, 1), (1, 2), (1, 3), (2, 1)])
        years = [int(json.loads(one.payload)["DateTime"][:4]) for one in events]
        self.assertEqual((years[:3], years[3] > years[0]), (years[:1] * 3, True), years)
        self.end_with_gaps(gateway, broker, gap)

        # Not acknowledged, so it comes with the next start, too.
        broker = self.start_with_gaps(gateway, [gap], play(status=ignore))
        self.wait_status(broker, lambda one: "online" in one["State"], "of the next start")
        self.end_with_gaps(gateway, broker, gap)

        broker = self.start_with_gaps(gateway, [gap])
        self.wait_journal(gateway, "the gap is acknowledged", gaps=[])
        self.wait_status(broker, lambda one: "Gaps" not in one, "without the gap")
        self.assertEqual(self.statuses(broker)[0]["Gaps"], [gap])
        self.assertEqual(gateway.stop(), 0)
        broker.stop()

        last = self.start_with_gaps(gateway, [])
        self.wait_status(last, lambda one: "online" in one["State"], "of the last start")
        self.assertEqual(gateway.stop(), 0)
        self.assertTrue(all("Gaps" not in one for one in self.statuses(last)))
        self.assertEqual(self.events(broker) + self.events(last), [], "what was acknowledged comes no more")

    def start_with_gaps(self, gateway, gaps, *scripts):
        """The next start, which has opened its journal before it has a broker: from its first STATUS on it knows them."""
        gateway.start()
        self.wait_journal(gateway, "the gaps are known", state="works", gaps=gaps)
        return self.start_broker(*scripts)

    def end_with_gaps(self, gateway, broker, gap):
        self.assertEqual(self.journal(gateway)["gaps"], [gap])
        self.assertEqual(gateway.stop(), 0)
        told = [one.get("Gaps") for one in self.statuses(broker)]
        self.assertEqual(told, [[gap]] * len(told))
        self.assertGreater(len(told), 1)
        broker.stop()

    def test_a_gap_that_becomes_known_after_the_first_status_is_told_at_once(self):
        """A STATUS waits for no disk: one that goes out while the journal is being opened is followed by another."""
        gap = {"First": "1:2", "Reason": "unclean end"}
        broker = self.start_broker(play(event=ignore), play())
        gateway = self.create_gateway("status_interval = 0")
        self.wait_accepted(broker)
        self.read_tags()
        self.wait_events(broker, 1)
        self.wait_on_disk(gateway, 1)
        gateway.kill()
        gateway.start()
        self.wait_status(broker, lambda one: one.get("Gaps") == [gap], "with the gap", number=1)
        self.wait_journal(gateway, "the gap is acknowledged", gaps=[])

    def test_a_stop_without_a_broker_loses_nothing(self):
        gateway = self.create_gateway()
        tags = self.read_tags(5)
        self.wait_on_disk(gateway, 5)
        kept = [json.loads(line)["event"] for line in gateway.tool("journal", "export").stdout.splitlines()]
        self.assertEqual(gateway.stop(), 0)
        gateway.start()
        tags += self.read_tags(2)
        self.wait_on_disk(gateway, 7)
        broker = self.start_broker()
        events = self.wait_events(broker, 7)
        self.assertEqual([json.loads(one.payload) for one in events[:5]], kept)
        self.assertEqual(pairs(events), [(1, number) for number in range(1, 6)] + [(2, 1), (2, 2)])
        self.assertEqual([tag_of(one) for one in events], tags)
        self.wait_nothing_waits(gateway)
        self.assertTrue(all("Gaps" not in one for one in self.statuses(broker)), "that was a clean end")

    def test_what_a_slow_broker_has_not_acknowledged_before_the_stop_comes_with_the_next_start(self):
        held = []

        def hold(connection, packet):
            if len(held) < 3:
                acknowledge(connection, packet)
            held.append((connection, packet))

        broker = self.start_broker(play(event=hold), play())
        gateway = self.create_gateway()
        self.wait_accepted(broker)
        self.read_tags(8)
        self.wait_events(broker, 8)
        self.wait_on_disk(gateway, 5)
        stopped = threading.Thread(target=gateway.stop)
        stopped.start()
        gateway.wait_log("stopping")
        acknowledge(*held[3])
        stopped.join()
        self.assertEqual(gateway.wait(), 0)
        gateway.start()
        self.wait_events(broker, 12)
        self.wait_nothing_waits(gateway)
        self.assertEqual(pairs(self.events(broker, 1)), [(1, number) for number in range(5, 9)])
        payloads = {pair(one): one.payload for one in self.events(broker, 0)}
        for one in self.events(broker, 1):
            self.assertEqual((one.payload, one.dup), (payloads[pair(one)], 0))

    def test_reading_starts_although_there_never_was_a_broker(self):
        gateway = self.create_gateway()
        self.read_tags()
        status = self.wait_on_disk(gateway, 1)
        self.assertEqual(status["delivered"], 0)
        status = gateway.status()
        self.assertEqual((status["events"]["created"], status["broker"]["connects"]), (1, 0))
        self.assertEqual(status["readers"][0]["reads"], 1)


class Outage(DeliveryTest):
    STORED, LIVE, RATE = 50, 3, 20

    def replay(self, order=""):
        """Events wait while there is no broker; new ones come while these are replayed."""
        gateway = self.create_gateway(more="journal: { replay_rate = %d; %s };\n" % (self.RATE, order))
        stored = self.read_tags(self.STORED)
        self.wait_on_disk(gateway, self.STORED)
        broker = self.start_broker()
        self.wait_events(broker, BURST + 1)
        begin = time.monotonic()
        live = self.read_tags(self.LIVE)
        events = self.wait_events(broker, self.STORED + self.LIVE)
        self.wait_nothing_waits(gateway)
        self.assertEqual(len(self.events(broker)), self.STORED + self.LIVE, "none comes twice")
        replayed = [one for one in events if tag_of(one) in stored]
        self.assertEqual([tag_of(one) for one in replayed], stored)
        self.assert_rate(replayed)
        fresh = [one for one in events if tag_of(one) in live]
        self.assertEqual([tag_of(one) for one in fresh], live)
        return events, replayed, fresh, begin

    def assert_rate(self, replayed):
        """Never much faster than wanted, nor much slower."""
        self.assertGreater(span_s(replayed), (self.STORED - BURST) / self.RATE * 0.8)
        self.assertLess(span_s(replayed), self.STORED / self.RATE * 2 + 2)
        a_second = self.RATE + BURST + 10
        for first, late in zip(replayed, replayed[a_second:]):
            self.assertGreater(late.time - first.time, 1)

    def test_the_backlog_is_replayed_at_its_rate_and_what_is_new_overtakes_it(self):
        events, replayed, fresh, begin = self.replay()
        self.assertLess(events.index(fresh[-1]), len(events) - self.STORED // 3)
        self.assertLess(fresh[-1].time - begin, span_s(replayed) / 2)

    def test_oldest_first_sends_strictly_in_the_order_of_creation(self):
        events, _, fresh, _ = self.replay('order = "oldest-first";')
        self.assertEqual(events[-self.LIVE:], fresh)
        self.assertEqual(pairs(events), [(1, number) for number in range(1, self.STORED + self.LIVE + 1)])

    def test_oldest_first_holds_for_a_backlog_that_is_longer_than_what_the_connection_holds(self):
        stored, live = 1500, 50
        gateway = self.create_gateway(more='journal: { replay_rate = 0; order = "oldest-first"; };\n')
        self.read_tags(stored)
        self.wait_on_disk(gateway, stored)
        broker = self.start_broker()
        for number in range(live):
            self.wait_events(broker, number * stored // live)
            self.read_tags()
        self.wait_events(broker, stored + live, 30)
        self.wait_nothing_waits(gateway)
        self.assertEqual(pairs(self.events(broker)), [(1, number) for number in range(1, stored + live + 1)])

    def test_a_broker_that_closes_when_it_sees_an_event_among_the_stored_gets_all_others(self):
        gateway = self.create_gateway(more="journal: { replay_rate = 0; };\n")
        good = self.read_tags(5)
        self.script.do("insert NFC-A " + BAD, "remove")
        good += self.read_tags(5)
        self.wait_on_disk(gateway, 11)
        self.assert_set_aside(gateway, self.start_broker(play(event=close_at_bad)), good, 6)

    def test_a_broker_that_closes_when_it_sees_a_new_event_gets_all_others(self):
        broker = self.start_broker(play(event=close_at_bad))
        gateway = self.create_gateway(more="journal: { replay_rate = 0; };\n")
        self.wait_accepted(broker)
        good = self.read_tags(5)
        self.script.do("insert NFC-A " + BAD, "remove")
        good += self.read_tags(5)
        self.assert_set_aside(gateway, broker, good, 6)

    def assert_set_aside(self, gateway, broker, good, number):
        """That event is, and tags that are read meanwhile arrive as the others do."""
        stored = list(good)
        for drops in (1, 2):
            wait_until(lambda: len(broker.connections) > drops, 10, "another connection")
            good += self.read_tags(2)
        journal = self.wait_journal(gateway, "only the guilty is left", 30, depth=0, set_aside=1)
        self.assertEqual((journal["dropped"], journal["gaps"]), (0, []))
        events = self.wait_tags(broker, good)
        first = list(dict.fromkeys(tag_of(one) for one in events))
        self.assertEqual([tag for tag in first if tag in stored], stored, "in order")
        self.assertEqual(len({pair(one) for one in events}), len(good) + 1)
        self.assertLessEqual(len(broker.connections), 8)
        record, = [json.loads(line) for line in gateway.tool("journal", "export", "--set-aside").stdout.splitlines()]
        self.assertEqual((record["id"], record["event"]["TagId"]), ("1:%d" % number, BAD))
        self.assertIn("closed the connection", record["reason"])
        last, = self.read_tags()
        self.wait_tags(broker, [last])
        self.assertEqual(sum(tag_of(one) == last for one in self.events(broker)), 1)


def close_at_bad(connection, packet):
    """AWS IoT Core closes the connection when it is given what its policy forbids."""
    if tag_of(packet) == BAD:
        connection.close()
        raise Closed()
    acknowledge(connection, packet)


class Refusal(DeliveryTest):
    def test_an_event_that_is_refused_is_set_aside_and_sent_again_once_it_is_released(self):
        willing = threading.Event()

        def refuse(connection, packet):
            bad = tag_of(packet) == BAD and not willing.is_set()
            connection.puback(packet, NOT_AUTHORIZED if bad else 0)

        broker = self.start_broker(play(event=refuse))
        gateway = self.create_gateway()
        self.wait_accepted(broker)
        tags = self.read_tags(2)
        self.script.do("insert NFC-A " + BAD, "remove")
        tags += self.read_tags(2)
        events = self.wait_tags(broker, tags + [BAD])
        self.wait_journal(gateway, "it is set aside", depth=0, set_aside=1, delivered=4)
        listed = gateway.tool("journal", "--set-aside").stdout
        self.assertIn("1:3", listed)
        self.assertIn("not authorized (0x87)", listed)
        self.assertEqual((len(self.events(broker)), len(broker.connections)), (5, 1))
        willing.set()
        self.assertEqual(gateway.tool("journal", "release", "1:3").returncode, 0)
        again = self.wait_events(broker, 6)[-1]
        self.assertEqual(again.payload, events[2].payload)
        self.wait_journal(gateway, "it is delivered", depth=0, set_aside=0, delivered=5)


class QosZero(DeliveryTest):
    def test_qos_0_says_what_it_means_and_leaves_nothing_in_the_journal(self):
        broker = self.start_broker(play(event=acknowledge))
        gateway = self.create_gateway("publish_qos = 0")
        self.assertRegex(gateway.log_text(), r"publish_qos \(register 0289\) is 0: .*lost without a trace")
        self.wait_accepted(broker)
        tags = self.read_tags(5)
        events = self.wait_tags(broker, tags)
        self.assertEqual({(one.qos, one.id) for one in events}, {(0, None)})
        self.wait_journal(gateway, "all are delivered", state="works", depth=0, in_memory=0, delivered=5)
        self.assertEqual(gateway.status()["events"]["delivered"], 5)
        self.assertEqual(gateway.stop(), 0)
        gateway.start()
        tag, = self.read_tags()
        self.wait_tags(broker, [tag])
        self.wait_nothing_waits(gateway)
        self.assertEqual([tag_of(one) for one in self.events(broker)], tags + [tag])

    def test_with_qos_0_too_events_wait_while_there_is_no_broker(self):
        gateway = self.create_gateway("publish_qos = 0")
        tags = self.read_tags(5)
        self.wait_on_disk(gateway, 5)
        broker = self.start_broker()
        self.assertEqual([tag_of(one) for one in self.wait_tags(broker, tags)], tags)
        self.wait_nothing_waits(gateway)


if __name__ == "__main__":
    unittest.main()
