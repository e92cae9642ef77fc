#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The crash harness's judge on made-up stories: it complains of what is wrong, and of nothing else."""
import json
import pathlib
import random
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests/chaos"), str(TOP / "tests/parts")]

from judge import BROKER, CHIP, DAEMON, GLITCH, HELPER, PCSCD, Event, Gap, Kill, Story, Visit  # noqa: E402
from judge import covers, judge, longest_fall, parse_gaps, parse_log_line  # noqa: E402
from plan import make_plan  # noqa: E402
from recorder import Record, parse_record  # noqa: E402

TOPIC = "springcard/springcore/1234ABCD/"


def payload(startup, sequence):
    return json.dumps({"Sequence": sequence, "TagId": uid(startup, sequence), "Uptime": "%d:1.000" % startup})


def uid(startup, sequence):
    return "%02d%04d" % (startup, sequence)


class Tale:
    """Start 1 lives from 0 to 100, is killed, and start 2 lives from 101 on; each makes ten events, one a second, and
    all of them are delivered. A test bends it."""

    def __init__(self):
        self.kills = [Kill(DAEMON, 100.0, 101.0)]
        self.visits = []
        self.created = []
        self.records = [Record(0, "start", None, None, None)]
        self.clean = 2
        for startup in (1, 2):
            for sequence in range(1, 11):
                self.make(startup, sequence)
                self.deliver(startup, sequence)
            if startup == 1:
                self.records.append(Record(100.0, "disconnect", "device", None, None))
        self.report({"First": "1:11", "Reason": "unclean end"})

    def at(self, startup, sequence):
        return (0 if startup == 1 else 110) + sequence

    def make(self, startup, sequence):
        at = self.at(startup, sequence)
        self.visits.append(Visit(0, uid(startup, sequence), at, at + 0.5))
        self.created.append(Event((startup, sequence), uid(startup, sequence), payload(startup, sequence)))

    def deliver(self, startup, sequence, at=None, text=None):
        self.records.append(Record(at or self.at(startup, sequence), "publish", "device", TOPIC + "rdr/evt",
                                   text or payload(startup, sequence)))

    def forget(self, startup, sequence):
        """Not delivered after all."""
        self.records = [record for record in self.records if record.payload != payload(startup, sequence)]

    def report(self, *gaps):
        text = json.dumps({"State": "online,ready", "Gaps": list(gaps)})
        self.records.append(Record(111.0, "publish", "device", TOPIC + "status", text))

    def forget_reports(self):
        self.records = [record for record in self.records if not (record.topic or "").endswith("status")]

    def judge(self, **options):
        return judge(Story(self.visits, self.kills, self.created, self.records, self.clean), **options)


class Judge(unittest.TestCase):
    def setUp(self):
        self.tale = Tale()

    def expect_peace(self):
        verdict = self.tale.judge()
        self.assertEqual(verdict.complaints, [])
        return verdict

    def expect_complaint(self, *words, **options):
        complaints = self.tale.judge(**options).complaints
        self.assertEqual(len(complaints), 1, complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def test_a_good_run_has_nothing_to_complain_of(self):
        verdict = self.expect_peace()
        self.assertEqual((verdict.counts["pairs made"], verdict.counts["pairs delivered"]), (20, 20))
        self.assertEqual((verdict.counts["duplicates"], verdict.unread), (0, []))

    def test_a_missing_pair_is_named(self):
        self.tale.forget(2, 4)
        self.expect_complaint("2:4", uid(2, 4), "neither delivered")

    def test_a_missing_pair_in_a_gap_is_no_loss(self):
        self.tale.forget(1, 10)
        self.tale.report({"First": "1:10", "Reason": "unclean end"})
        self.assertEqual(self.expect_peace().counts["not delivered, in a gap report"], 1)

    def test_a_gap_before_the_pair_that_ended_before_it_is_no_excuse(self):
        self.tale.forget(1, 9)
        self.tale.forget_reports()
        self.tale.report({"First": "1:7", "Last": "1:8", "Count": 2, "Reason": "unclean end"})
        self.expect_complaint("1:9")

    def test_gap_reports_cannot_hide_many(self):
        for sequence in (8, 9, 10):
            self.tale.forget(1, sequence)
        self.tale.report({"First": "1:8", "Reason": "unclean end"})
        self.expect_complaint("3 events stand only in gap reports", "1:8")

    def test_a_gap_of_another_reason_is_suspicious(self):
        self.tale.report({"First": "2:3", "Last": "2:4", "Count": 2, "Reason": "journal full"})
        self.expect_complaint("journal full")

    def test_a_killed_start_without_its_marker(self):
        self.tale.forget_reports()
        self.expect_complaint("never reported", "1")

    def test_a_marker_of_a_start_that_ended_in_order(self):
        self.tale.report({"First": "2:11", "Reason": "unclean end"})
        self.expect_complaint("ended in order")

    def test_duplicates_up_to_the_window_are_the_kills_and_more_are_not(self):
        for sequence in (9, 10):
            self.tale.deliver(1, sequence, at=102.0)
        verdict = self.expect_peace()
        self.assertEqual((verdict.counts["duplicates"], verdict.counts["duplicates of one kill, at most"]), (2, 2))
        self.expect_complaint("2 duplicates", "kill of the daemon", window=1, unwritten=0)

    def test_a_duplicate_without_a_kill(self):
        self.tale.records.append(Record(130.0, "disconnect", "device", None, None))
        self.tale.deliver(2, 3, at=131.0)
        self.expect_complaint("2:3", "without a kill")

    def test_a_kill_of_pcscd_is_no_reason_for_a_duplicate(self):
        self.tale.kills.append(Kill(PCSCD, 125.0, 126.0))
        self.tale.records.append(Record(130.0, "disconnect", "device", None, None))
        self.tale.deliver(2, 3, at=131.0)
        self.expect_complaint("2:3", "without a kill")

    def test_a_kill_of_the_broker_is_one(self):
        self.tale.kills.append(Kill(BROKER, 125.0, 126.0))
        self.tale.records.append(Record(126.0, "start", None, None, None))
        self.tale.deliver(2, 3, at=131.0)
        self.expect_peace()

    def test_twice_on_one_connection_is_never_right(self):
        self.tale.deliver(2, 10, at=121.0)
        self.expect_complaint("2:10", "one connection")

    def test_a_resend_is_the_same_text(self):
        other = json.loads(payload(1, 10))
        other["Uptime"] = "1:99.000"
        self.tale.deliver(1, 10, at=102.0, text=json.dumps(other))
        self.expect_complaint("1:10", "several texts")

    def test_three_streams_on_one_connection_are_disorder(self):
        publishes = [record for record in self.tale.records if record.payload in
                     [payload(2, sequence) for sequence in (3, 5, 7)]]
        places = [self.tale.records.index(record) for record in publishes]
        for place, record in zip(places, reversed(publishes)):
            self.tale.records[place] = record
        self.expect_complaint("out of order", "2:7, 2:4")
        self.assertEqual(longest_fall([1, 5, 2, 6, 3, 7]), 2)

    def test_an_insert_without_a_sequence_is_named_and_excused_by_a_kill(self):
        self.tale.visits.append(Visit(0, "AA", 99.9, 100.1))
        verdict = self.expect_peace()
        self.assertEqual(verdict.unread, ["AA on reader 0 (kill of the daemon)"])

    def test_without_a_kill_it_is_a_loss(self):
        self.tale.kills.append(Kill(BROKER, 115.0, 116.0))
        self.tale.visits.append(Visit(0, "AA", 115.1, 115.3))
        self.expect_complaint("AA", "no kill explains")

    def test_one_kill_excuses_one_insert_a_reader(self):
        self.tale.visits += [Visit(0, "AA", 99.9, 100.1), Visit(1, "BB", 99.9, 100.1)]
        self.expect_peace()
        self.tale.visits.append(Visit(0, "CC", 100.2, 100.3))
        self.expect_complaint("CC", "no kill explains")
        self.tale.kills.append(Kill(PCSCD, 100.25, 100.6))
        self.expect_peace()

    def test_each_trouble_of_a_reader_excuses_one_insert(self):
        for victim in (PCSCD, CHIP, GLITCH, HELPER):
            self.tale.kills.append(Kill(victim, 125.0, 126.0))
            self.tale.visits.append(Visit(0, victim, 124.9, 125.1))
        self.assertEqual(len(self.expect_peace().unread), 4)

    def read_again(self, startup, sequence, owed=1):
        """The last event of that start is one of the card of the event before."""
        card = self.tale.visits.pop((startup - 1) * 10 + sequence - 1)
        twin = self.tale.visits.pop((startup - 1) * 10 + sequence - 2)
        self.tale.forget(startup, sequence)
        text = payload(startup, sequence).replace(card.uid, twin.uid)
        self.tale.created = [event for event in self.tale.created if event.pair != (startup, sequence)]
        self.tale.created.append(Event((startup, sequence), twin.uid, text))
        self.tale.deliver(startup, sequence, text=text)
        self.tale.visits.append(Visit(0, twin.uid, twin.begin, card.end, owed))
        return twin

    def test_a_card_that_is_read_again_without_a_kill(self):
        twin = self.read_again(2, 10)
        self.expect_complaint(twin.uid, "2 Sequences", "explain 1")

    def test_a_card_that_lay_there_while_its_reader_was_away_is_a_new_visit(self):
        for victim in (DAEMON, CHIP, GLITCH, HELPER):
            with self.subTest(victim):
                self.tale = Tale()
                twin = self.read_again(2, 10)
                self.tale.kills.append(Kill(victim, twin.begin + 0.1, twin.begin + 0.2))
                self.assertEqual(self.expect_peace().counts["cards read more than once"], 1)

    def test_a_kill_of_the_broker_is_no_reason_to_read_again(self):
        twin = self.read_again(2, 10)
        self.tale.kills.append(Kill(BROKER, twin.begin + 0.1, twin.begin + 0.2))
        self.expect_complaint(twin.uid, "2 Sequences")

    def test_a_new_visit_that_was_owed_and_did_not_come(self):
        self.tale.kills.append(Kill(CHIP, 115.0, 116.0))
        self.tale.visits[14] = self.tale.visits[14]._replace(owed=2)
        self.expect_complaint(self.tale.visits[14].uid, "1 Sequences instead of 2")

    def test_a_new_visit_that_was_owed_and_came(self):
        twin = self.read_again(2, 10, owed=2)
        self.tale.kills.append(Kill(CHIP, twin.begin + 0.1, twin.begin + 0.2))
        self.assertEqual(self.expect_peace().counts["new visits that a reader's return owes"], 1)

    def test_the_last_line_of_a_killed_log_may_be_missing_but_no_other(self):
        last = self.tale.created.pop(9)
        self.assertEqual(last.pair, (1, 10))
        self.assertEqual(self.expect_peace().counts["delivered, cut from the log by a kill"], 1)
        del self.tale.created[4]
        self.expect_complaint("1:5", "log does not have")

    def test_a_tag_that_nobody_inserted(self):
        del self.tale.visits[0]
        self.expect_complaint(uid(1, 1), "nobody inserted")


class Reading(unittest.TestCase):
    def test_gaps_cover_what_they_say(self):
        text = ('{"State":"online,ready","Gaps":[{"First":"12:5","Last":"12:90","Count":86,"Reason":"journal full"},'
                '{"First":"12:91","Reason":"unclean end"},{"Last":"11:4","Reason":"journal damaged"}]}')
        closed, open_end, open_beginning = parse_gaps(text)
        self.assertEqual(closed, Gap((12, 5), (12, 90), "journal full"))
        for gap, pair, wanted in ((closed, (12, 5), True), (closed, (12, 90), True), (closed, (12, 4), False),
                                  (closed, (12, 91), False), (open_end, (12, 91), True), (open_end, (12, 999), True),
                                  (open_end, (12, 90), False), (open_end, (13, 95), False),
                                  (open_beginning, (2, 9), True), (open_beginning, (11, 5), False)):
            self.assertEqual(covers(gap, pair), wanted, (gap, pair))
        self.assertEqual(parse_gaps('{"State":"offline,dead"}') + parse_gaps("7") + parse_gaps("rubbish"), [])

    def test_the_log_and_the_records_are_read_and_torn_lines_are_not(self):
        self.assertEqual(parse_log_line("event: 7: " + payload(3, 7)).pair, (3, 7))
        self.assertIsNone(parse_log_line("event: 7: " + payload(3, 7)[:-9]))
        self.assertIsNone(parse_log_line("reader: Sim A: works"))
        whole = '{"at":1500000000,"what":"publish","client":"d","topic":"t","qos":1,"retain":false,"payload":"p"}'
        self.assertEqual(parse_record(whole), Record(1.5, "publish", "d", "t", "p"))
        self.assertIsNone(parse_record(whole[:-5]))

    def test_a_seed_is_a_plan(self):
        victims = [DAEMON, BROKER, PCSCD]
        plans = [make_plan(random.Random("plan %d" % seed), victims, 100, 2000) for seed in (1, 1, 2)]
        self.assertEqual(plans[0], plans[1])
        self.assertNotEqual(plans[0], plans[2])
        for plan in plans:
            self.assertEqual(sum(2 if deed.sequel else 1 for deed in plan), 100)
            self.assertEqual({deed.victim for deed in plan}, set(victims))
            self.assertEqual([deed.after for deed in plan], sorted(deed.after for deed in plan))


if __name__ == "__main__":
    unittest.main()
