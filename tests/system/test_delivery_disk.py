#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the broker sees when the disk under the journal is full, damaged, in use by another, or does not answer.

Reading and delivery go on, `status` and STATUS say what is wrong, and nothing is lost without a gap. SPRINGPARK_BUILD =
the built tree with its test parts."""
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from delivery_parts import DeliveryTest, acknowledge, ignore, pair, pairs, play, tag_of  # noqa: E402
from gateway import Script  # noqa: E402


class FullDisk(DeliveryTest):
    """The state folder is a small file system of its own."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small file system")
        self.gateway = self.create_gateway("status_interval = 1", start=False)
        folder = str(self.gateway.state_directory)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode != 0:
            self.skipTest("no small file system can be mounted here: " + done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "--lazy", folder], check=True)
        self.gateway.start()
        self.wait_on_disk(self.gateway, 0)
        self.filling = self.gateway.state_directory / "filling"

    def fill(self):
        """Not a byte is left."""
        with open(self.filling, "wb", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def read_onto_full_disk(self, count):
        self.fill()
        tags = self.read_tags(count)
        journal = self.wait_journal(self.gateway, "the disk is full", state="degraded", depth=count, in_memory=count)
        self.assertIn("full", journal["detail"])
        self.gateway.wait_log("events stay in memory until the disk takes them again")
        return tags

    def test_while_the_disk_is_full_events_are_read_and_delivered_and_status_says_why(self):
        tags = self.read_onto_full_disk(5)
        broker = self.start_broker()
        self.wait_status(broker, lambda one: "full" in one.get("Health", ""), "whose Health names the disk")
        self.wait_tags(broker, tags)
        tags += self.read_tags(2)
        self.wait_tags(broker, tags)
        self.wait_journal(self.gateway, "all is delivered", depth=0, dropped=0, delivered=7)
        self.assertIn("full", self.gateway.tool("status").stdout)
        self.filling.unlink()
        self.wait_journal(self.gateway, "the disk takes events again", 40, state="works", detail=None, gaps=[])
        self.wait_status(broker, lambda one: "Health" not in one, "without Health again")
        tags += self.read_tags()
        self.assertEqual([tag_of(one) for one in self.wait_tags(broker, tags)], tags)
        self.assertEqual(pairs(self.events(broker)), [(1, number) for number in range(1, 9)])

    def test_what_was_read_while_the_disk_was_full_is_on_it_once_there_is_room(self):
        tags = self.read_onto_full_disk(5)
        self.filling.unlink()
        self.assertIsNone(self.wait_on_disk(self.gateway, 5, 40)["detail"])
        self.gateway.wait_log("the disk takes events again")
        self.gateway.kill()
        self.gateway.start()
        broker = self.start_broker()
        events = self.wait_events(broker, 5)
        self.assertEqual([tag_of(one) for one in events], tags)
        self.assertEqual(pairs(events), [(1, number) for number in range(1, 6)])
        self.wait_nothing_waits(self.gateway)


class Damage(DeliveryTest):
    @staticmethod
    def moved_aside(gateway):
        """The files, without what SQLite puts beside them."""
        return [path for path in gateway.state_directory.glob("journal.db.damaged-*")
                if not path.name.endswith(("-wal", "-shm"))]

    def test_a_damaged_file_is_moved_aside_and_what_is_missing_stands_in_a_gap(self):
        stored = 400
        gateway = self.create_gateway(more="journal: { replay_rate = 0; };\n")
        tags = self.read_tags(stored)
        self.wait_on_disk(gateway, stored)
        self.assertEqual(gateway.stop(), 0)
        path = gateway.state_directory / "journal.db"
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.seek(size // 3)
            file.write(b"\xa5" * (size // 3))

        gateway.start()
        tag, = self.read_tags()
        wait_until(lambda: gateway.status()["sequence"] == 1, 10, "the tag is read")
        gateway.wait_log("moved aside")
        journal = self.wait_journal(gateway, "a new file is begun", state="works", in_memory=0)
        moved, = self.moved_aside(gateway)
        self.assertIn(moved.name, journal["detail"])
        self.assertIn("damaged", gateway.tool("status").stdout)

        broker = self.start_broker()
        events = self.wait_tags(broker, [tag])
        self.wait_journal(gateway, "all that was saved is delivered, and the gap is told", depth=0, gaps=[])
        events = self.events(broker)
        self.assertEqual(pairs(events).count((2, 1)), 1)
        saved = [number for start, number in pairs(events) if start == 1]
        self.assertEqual(saved, sorted(set(saved)))
        self.assertEqual([tag_of(one) for one in events if tag_of(one) != tag], [tags[number - 1] for number in saved])
        self.assertTrue(0 < len(saved) < stored, "some were saved, and some were not: %d" % len(saved))
        self.assert_covered(broker, set(range(1, stored + 1)) - set(saved))

    def assert_covered(self, broker, missing):
        """Each event of the first start that is missing stands in a gap that a STATUS told."""
        gaps = [gap for one in self.statuses(broker) for gap in one.get("Gaps", [])]
        self.assertTrue(gaps)
        self.assertEqual({gap["Reason"] for gap in gaps}, {"journal damaged"})

        def place(gap, end, unknown):
            return tuple(int(number) for number in gap[end].split(":")) if end in gap else unknown
        for number in missing:
            self.assertTrue(any(place(gap, "First", (0, 0)) <= (1, number) <= place(gap, "Last", (9, 0)) for gap in gaps),
                            "1:%d is missing without a gap: %s" % (number, gaps))

    def test_a_file_that_is_none_of_ours_does_not_stop_the_reading(self):
        gateway = self.create_gateway(start=False)
        (gateway.state_directory / "journal.db").write_bytes(b"no journal " * 2000)
        gateway.start()
        tag, = self.read_tags()
        self.wait_on_disk(gateway, 1)
        self.assertEqual(len(self.moved_aside(gateway)), 1)
        broker = self.start_broker()
        self.assertEqual([tag_of(one) for one in self.wait_events(broker, 1)], [tag])
        self.wait_status(broker, lambda one: one.get("Gaps", [{}])[0].get("Reason") == "journal damaged", "with the gap")


class Sharing(DeliveryTest):
    def test_a_second_daemon_on_the_same_folder_works_in_memory_and_leaves_the_first_alone(self):
        broker = self.start_broker()
        first = self.create_gateway()
        tags = self.read_tags()
        self.wait_tags(broker, tags)
        self.wait_nothing_waits(first)

        other_script = Script("other door")
        self.addCleanup(other_script.close)
        second = self.create_gateway(script=other_script,
                                     arguments=["--state-directory", str(first.state_directory)])
        journal = self.wait_journal(second, "the folder is in use", state="degraded")
        self.assertIn("another process has it open", journal["detail"])
        others = self.read_tags(3, other_script)
        self.wait_tags(broker, others)
        self.wait_journal(second, "all is delivered", depth=0, in_memory=0, dropped=0, delivered=3)

        tags += self.read_tags(3)
        self.wait_tags(broker, tags)
        self.assertEqual(self.wait_nothing_waits(first)["dropped"], 0)
        self.assertEqual(first.stop(), 0)
        broker.stop()
        kept = self.read_tags(2, other_script)
        self.wait_on_disk(second, 2, 40)
        last = self.start_broker()
        self.assertEqual([tag_of(one) for one in self.wait_tags(last, kept)], kept)
        seen = pairs(self.events(broker)) + pairs(self.events(last))
        self.assertEqual(len(seen), len(set(seen)), "no two events have the same identity")
        self.assertTrue(all("Gaps" not in one for one in self.statuses(broker) + self.statuses(last)))


class HungDisk(DeliveryTest):
    def setUp(self):
        super().setUp()
        self.disk = self.trouble()
        environment = dict(self.disk.environment, WATCHDOG_USEC="2000000")
        self.gateway = self.create_gateway("status_interval = 1", environment=environment)
        self.wait_on_disk(self.gateway, 0)
        # What hangs is let go before the daemon is stopped.
        self.addCleanup(self.disk.end, "disk")

    def wait_hung(self):
        def hung():
            return any(one["what"] == "journal" and "the disk does not answer" in one["problem"]
                       for one in self.gateway.status()["health"])
        wait_until(hung, 15, "the disk is named")

    def test_while_the_disk_hangs_tags_are_read_and_delivered_and_the_watchdog_is_fed(self):
        broker = self.start_broker()
        tags = self.read_tags()
        self.wait_tags(broker, tags)
        self.wait_nothing_waits(self.gateway)
        self.disk.make("disk")
        begin = time.monotonic()
        for _ in range(3):
            tags += self.read_tags()
            self.wait_tags(broker, tags)
        self.assertLess(time.monotonic() - begin, 5, "live events wait for no disk")
        self.wait_hung()
        self.wait_status(broker, lambda one: "the disk does not answer" in one.get("Health", ""), "that names the disk")
        fed = self.gateway.notified().count("WATCHDOG=1")
        wait_until(lambda: self.gateway.notified().count("WATCHDOG=1") >= fed + 3, 10, "the watchdog is fed")
        self.assertIn("the disk does not answer", self.gateway.tool("status").stdout)
        tags += self.read_tags()
        self.wait_tags(broker, tags)
        self.disk.end("disk")
        self.wait_nothing_waits(self.gateway)
        self.wait_status(broker, lambda one: "Health" not in one, "at all")
        tags += self.read_tags()
        self.wait_tags(broker, tags)
        self.wait_nothing_waits(self.gateway)
        self.assertEqual(self.gateway.status()["health"], [])
        self.assertEqual([tag_of(one) for one in self.events(broker)], tags, "each once, in order")
        self.assertEqual(self.gateway.stop(), 0)

    def test_what_was_read_while_the_disk_hung_is_on_it_once_it_answers(self):
        self.disk.make("disk")
        tags = self.read_tags(5)
        self.wait_hung()
        self.disk.end("disk")
        self.wait_on_disk(self.gateway, 5)
        deaf = self.start_broker(play(event=ignore))
        self.wait_tags(deaf, tags)
        self.gateway.kill()
        deaf.stop()
        self.gateway.start()
        broker = self.start_broker()
        self.assertEqual([tag_of(one) for one in self.wait_tags(broker, tags)], tags)
        self.assertEqual(pairs(self.events(broker)), [(1, number) for number in range(1, 6)])

    def test_a_stop_while_the_disk_hangs_calls_only_those_lost_that_the_broker_does_not_have(self):
        def only_the_first(connection, packet):
            if pair(packet) == (1, 1):
                acknowledge(connection, packet)

        broker = self.start_broker(play(event=only_the_first))
        self.wait_accepted(broker)
        self.disk.make("disk")
        self.read_tags(2)
        self.wait_events(broker, 2)
        self.wait_journal(self.gateway, "the first is delivered", delivered=1)
        self.assertEqual(self.gateway.stop(30), 0)
        self.assertIn("the disk hangs, and the journal is left behind", self.gateway.log_text())
        self.assertIn("journal: 1 events of start 1 were in memory only", self.gateway.log_text())


if __name__ == "__main__":
    unittest.main()
