#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Several PC/SC entries in one process, and the reloads that start new ones beside them: they share one watcher.
Root; SPRINGPARK_BUILD = the built tree."""

import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as parts  # noqa: E402
from reader_probe import UID_A, UID_B, PcscTest  # noqa: E402

NO_SERVICE = "ill|pcscd is not running; next: systemctl start pcscd.socket"


class HubTest(PcscTest):
    def start_two(self, **options):
        """Two readers that work, each by an entry of its own: in and out."""
        daemon = self.start_pcscd(names=["Gate A", "Gate B"])
        probe = self.start_probe(daemon, "*Gate A*", "in", **options)
        probe.until("health in|works")
        self.start_entry(probe, "|*Gate B*|out")
        probe.until("health out|works")
        return daemon, probe

    def start_entry(self, probe, words):
        """TAG|NAME|LABEL"""
        probe.ask("start " + words, "started")

    def stop_entry(self, probe, number):
        """Returns the lines up to the end, and what join said."""
        probe.say(f"stop {number}")
        return probe.until("joined ")

    def assert_reads(self, daemon, probe, label, reader, uid=UID_A, tag=""):
        daemon.insert(reader, uid)
        self.assertTrue(probe.next().startswith(f"{tag}arrived {label}|NFC-A|{uid}|"))
        daemon.remove(reader)
        self.expect(probe, f"{tag}left {label}|{uid}")

    def wait_for_threads(self, probe, *names):
        parts.wait_until(lambda: probe.look_at_threads()[0] == sorted(names), f"the threads {names}")


class Entries(HubTest):
    def test_two_entries_have_their_own_readers_and_one_watcher(self):
        daemon, probe = self.start_two()
        self.wait_for_threads(probe, "pcsc-reader", "pcsc-reader", "pcsc-watcher")
        self.assert_reads(daemon, probe, "in", 0)
        self.assert_reads(daemon, probe, "out", 1)

    def test_200_inserts_on_2_readers_of_2_entries_arrive_in_order(self):
        daemon, probe = self.start_two()
        uids = {label: [f"04{reader:02X}{i:04X}" for i in range(100)] for reader, label in enumerate(("in", "out"))}
        told = {label: threading.Semaphore(0) for label in uids}

        def walk_by(reader, label):
            """Each card leaves as soon as its arrival was told."""
            for uid in uids[label]:
                daemon.insert(reader, uid)
                if not told[label].acquire(timeout=10):
                    return  # the lines will say what is missing
                daemon.remove(reader)

        walkers = [threading.Thread(target=walk_by, args=words) for words in enumerate(uids)]
        for walker in walkers:
            walker.start()
        lines = []
        while len(lines) < 400:
            lines.append(probe.next())
            if lines[-1].startswith("arrived "):
                told[lines[-1][len("arrived "):].split("|")[0]].release()
        for walker in walkers:
            walker.join()
        for label, wanted in uids.items():
            mine = ["|".join(line.split("|")[:3]) for line in lines if f" {label}|" in line]
            self.assertEqual(mine, [line for uid in wanted
                                    for line in (f"arrived {label}|NFC-A|{uid}", f"left {label}|{uid}")])

    def test_two_idle_entries_cause_no_wake_ups(self):
        daemon, probe = self.start_two()
        daemon.insert(0, UID_A)
        probe.until("arrived ")
        self.wait_for_threads(probe, "pcsc-reader", "pcsc-reader", "pcsc-watcher")
        self.wait_until_quiet(probe, ["pcsc-reader", "pcsc-reader", "pcsc-watcher"])

    def test_the_stop_of_one_entry_leaves_the_other_working(self):
        for stopped, label, other in ((0, "out", 1), (1, "in", 0)):
            with self.subTest(stopped=stopped):
                daemon, probe = self.start_two()
                daemon.insert(other, UID_A)
                probe.until("arrived ")
                gone = f"gone {'in' if stopped == 0 else 'out'}"
                self.assertEqual(self.stop_entry(probe, stopped), ([gone], "joined true"))
                daemon.insert(stopped, UID_B)
                daemon.remove(other)
                self.expect(probe, f"left {label}|{UID_A}")
                self.assert_reads(daemon, probe, label, other, UID_B)
                self.wait_until_quiet(probe, ["pcsc-reader", "pcsc-watcher"])

    def test_the_watcher_ends_with_the_last_entry_and_the_next_one_starts_it_again(self):
        daemon, probe = self.start_two()
        for number in (1, 0):
            self.assertEqual(self.stop_entry(probe, number)[1], "joined true")
        self.assertEqual(probe.look_at_threads()[0], [])
        self.start_entry(probe, "|*Gate B*|again")
        probe.until("health again|works")
        self.assert_reads(daemon, probe, "again", 1)

    def test_a_reader_that_two_entries_match_belongs_to_the_first(self):
        daemon = self.start_pcscd(names=["Gate A", "Gate B"])
        probe = self.start_probe(daemon, "*Gate A*", "in")
        probe.until("health in|works")
        self.start_entry(probe, "|Gate*|any")
        self.start_entry(probe, "|*A*|none")
        before = []
        while not {"health any|works", "ill"} <= {line if "ill" not in line else "ill" for line in before}:
            before.append(probe.next())
        self.assertIn(f"appeared any|{daemon.names[1]}|pcsc", before)
        self.assertIn('health none|ill|each PC/SC reader that matches "*A*" belongs to an entry of readers before this '
                      'one; next: make the names narrower, or leave this entry out', before)
        self.assert_reads(daemon, probe, "in", 0)
        self.assert_reads(daemon, probe, "any", 1)
        # Nor does it change hands when the first one stops: a configuration stops one entry after the other.
        self.assertEqual(self.stop_entry(probe, 0), (["gone in"], "joined true"))
        daemon.insert(0, UID_B)
        self.assert_reads(daemon, probe, "any", 1)
        for second in ("Gate*", "*A*"):
            self.assertEqual(len(probe.wait_for_log(f'"*Gate A*" and "{second}"')), 1)

    def test_both_entries_heal_after_a_restart_of_pcscd(self):
        daemon, probe = self.start_two()
        daemon.kill()
        self.assertEqual({probe.next() for _ in range(2)}, {f"health {label}|{NO_SERVICE}" for label in ("in", "out")})
        daemon.start()
        self.assertEqual({probe.next() for _ in range(2)}, {"health in|works", "health out|works"})
        self.assert_reads(daemon, probe, "in", 0)
        self.assert_reads(daemon, probe, "out", 1)

    def test_both_entries_say_that_pcscd_is_not_running_at_the_start(self):
        daemon = self.start_pcscd(names=["Gate A", "Gate B"])
        daemon.kill()
        probe = self.start_probe(daemon, "*Gate A*", "in")
        self.expect(probe, "appeared in|*Gate A*|pcsc", f"health in|{NO_SERVICE}")
        probe.say("start |*Gate B*|out")
        self.assertEqual(sorted(probe.next() for _ in range(3)),
                         ["appeared out|*Gate B*|pcsc", f"health out|{NO_SERVICE}", "started"])
        daemon.start()
        self.assertEqual({probe.until("health ")[1] for _ in range(2)}, {"health in|works", "health out|works"})

    def test_plugged_readers_go_to_the_entry_that_names_them(self):
        daemon = self.start_pcscd(hotplug=True)
        probe = self.start_probe(daemon, "*SN0001*", "in")
        self.start_entry(probe, "|*SN0002*|out")
        probe.until("health out|ill")
        daemon.plug(2)
        self.expect(probe, "gone out", "appeared out|SIM Contactless Reader (SN0002) 00 00|pcsc", "health out|works")
        daemon.plug(1)
        self.expect(probe, "gone in", "appeared in|SIM Contactless Reader (SN0001) 01 00|pcsc", "health in|works")
        daemon.unplug(2)
        probe.until("gone out")
        probe.until('health out|ill|no PC/SC reader matches "*SN0002*"')
        self.assert_reads(daemon, probe, "in", 1)


class Many(HubTest):
    def test_of_16_readers_15_work_and_the_last_one_is_ill_with_its_reason(self):
        daemon = self.start_pcscd(readers=16)
        probe = self.start_probe(daemon, "*")
        working = []
        while len(working) < 15:
            line = probe.until("health ")[1]
            if line.endswith("|works"):
                working.append(line[len("health "):-len("|works")])
        unused, = set(daemon.names) - set(working)
        self.assertEqual(len(probe.wait_for_log(f"reader {unused} does not work: no more than 15 PC/SC readers")), 1)
        self.assert_reads(daemon, probe, working[0], daemon.names.index(working[0]))


    def test_a_reader_without_a_place_works_when_another_one_makes_room(self):
        daemon = self.start_pcscd(readers=16)
        probe = self.start_probe(daemon, "Sim A*", "in")
        probe.until("health in|works")
        probe.say("start |Sim*|out")
        healths = [probe.until("health ")[1].split("|") for _ in range(15)]
        crowded_out, = [words for words in healths if words[1] == "ill"]
        self.assertEqual(crowded_out[2], "no more than 15 PC/SC readers can be watched at a time; next: name fewer in "
                                         "the setting readers, or unplug one")
        self.assertEqual([words[1] for words in healths].count("works"), 14)
        before, joined = self.stop_entry(probe, 0)
        self.assertEqual(joined, "joined true")
        if f"{crowded_out[0]}|works" not in before:
            probe.until(f"{crowded_out[0]}|works")
        self.assertEqual(len(probe.wait_for_log("works again")), 1)


class Reload(HubTest):
    def test_both_configurations_see_the_card_that_is_there_and_the_next_ones(self):
        daemon, probe = self.start_two()
        daemon.insert(0, UID_A)
        probe.until("arrived ")
        self.start_entry(probe, "new:|*Gate A*|in")
        self.assertTrue(probe.until("new:arrived ")[1].startswith(f"new:arrived in|NFC-A|{UID_A}|"))
        daemon.remove(0)
        self.assertEqual({probe.next() for _ in range(2)}, {f"left in|{UID_A}", f"new:left in|{UID_A}"})
        daemon.insert(0, UID_B)
        self.assertEqual({probe.next().split("|ats")[0] for _ in range(2)},
                         {f"arrived in|NFC-A|{UID_B}", f"new:arrived in|NFC-A|{UID_B}"})
        for number in range(2):
            self.assertEqual(self.stop_entry(probe, number)[1], "joined true")
        daemon.remove(0)
        self.expect(probe, f"new:left in|{UID_B}")
        self.assert_reads(daemon, probe, "in", 0, tag="new:")

    def test_15_reloads_under_traffic_lose_nothing(self):
        daemon, probe = self.start_two()
        missed = []
        seen = set()
        news = threading.Condition()
        over = threading.Event()

        def walk_by(reader):
            """One card after the other, each until somebody has told it."""
            for i in range(100000):
                uid = f"04{reader:02X}{i:06X}"
                daemon.insert(reader, uid)
                with news:
                    if not news.wait_for(lambda: uid in seen, 10):
                        missed.append(uid)
                        return
                daemon.remove(reader)
                if over.is_set():
                    return

        def read_until(*starts):
            """Reads up to a line of each start; meanwhile the cards go on."""
            left = set(starts)
            while left:
                line = probe.next()
                left -= {start for start in left if line.startswith(start)}
                if "arrived " in line:
                    with news:
                        seen.add(line.split("|")[2])
                        news.notify_all()

        walkers = [threading.Thread(target=walk_by, args=(reader,)) for reader in range(2)]
        for walker in walkers:
            walker.start()
        try:
            for generation in range(1, 16):
                tag = f"g{generation}:"
                for words in ("|*Gate A*|in", "|*Gate B*|out"):
                    probe.say(f"start {tag}{words}")
                read_until("started", f"{tag}health in|works", f"{tag}health out|works")
                for number in range(2 * generation - 2, 2 * generation):
                    probe.say(f"stop {number}")
                    read_until("joined true")
                # Each generation has to tell cards of both readers by itself.
                read_until(f"{tag}arrived in|", f"{tag}arrived out|")
        finally:
            over.set()
            while any(walker.is_alive() for walker in walkers):
                if not probe.lines.empty():
                    read_until("")
                else:
                    time.sleep(0.01)
        self.assertEqual(missed, [])
        self.assertGreater(len(seen), 60)
        self.wait_for_threads(probe, "pcsc-reader", "pcsc-reader", "pcsc-watcher")


class Hang(HubTest):
    def test_a_hanging_pcscd_does_not_hold_up_the_stop_of_several(self):
        daemon, probe = self.start_two(join_limit_ms=500)
        daemon.stop()
        begin = time.monotonic()
        self.assertEqual(self.stop_entry(probe, 0)[1], "joined false")
        self.assertEqual(probe.finish(), "joined false")
        self.assertLess(time.monotonic() - begin, 3)
        self.assertEqual(len(probe.wait_for_log("did not let go", 2)), 2)

    def test_an_entry_that_starts_after_a_hang_gets_a_fresh_watcher(self):
        daemon, probe = self.start_two(join_limit_ms=300)
        daemon.stop()
        for number in range(2):
            self.assertEqual(self.stop_entry(probe, number)[1], "joined false")
        self.assertEqual(probe.look_at_threads()[0].count("pcsc-watcher"), 1)
        probe.say("start new:|*Gate B*|out")
        probe.until("new:appeared out|*Gate B*|pcsc")
        self.assertEqual(probe.look_at_threads()[0].count("pcsc-watcher"), 2)
        daemon.cont()
        probe.until("new:health out|works")
        # The old one comes back to life as well, finds that nobody needs it, and ends.
        self.wait_for_threads(probe, "pcsc-reader", "pcsc-watcher")
        self.assert_reads(daemon, probe, "out", 1, tag="new:")
        self.assertEqual(self.stop_entry(probe, 2)[1], "joined true")

    def test_a_reload_while_pcscd_hangs_is_shown_and_works_when_it_goes_on(self):
        daemon, probe = self.start_two(join_limit_ms=300)
        daemon.stop()
        for words in ("new:|*Gate A*|in", "new:|*Gate B*|out"):
            probe.say("start " + words)
        self.assertEqual(sorted(probe.next() for _ in range(4)),
                         ["new:appeared in|*Gate A*|pcsc", "new:appeared out|*Gate B*|pcsc", "started", "started"])
        for number in range(2):
            self.assertEqual(self.stop_entry(probe, number)[1], "joined false")
        daemon.cont()
        for label in ("in", "out"):
            daemon.insert(("in", "out").index(label), UID_A)
        wanted = {f"new:arrived {label}|NFC-A|{UID_A}" for label in ("in", "out")}
        while wanted:
            wanted.discard(probe.next().split("|ats")[0])
        self.wait_for_threads(probe, "pcsc-reader", "pcsc-reader", "pcsc-watcher")
        # And the watcher that came back is the one of whoever starts now.
        self.start_entry(probe, "third:|*Gate A*|in")
        probe.until("third:arrived in|")
        self.wait_for_threads(probe, "pcsc-reader", "pcsc-reader", "pcsc-reader", "pcsc-watcher")


if __name__ == "__main__":
    unittest.main(verbosity=2)
