#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Steps of the wall clock, by years and both ways, and a suspended machine, under the whole daemon: intervals go by the
monotonic clock, nothing is lost or told twice, the connection stays, and DateTime follows the corrected clock.

The wall clock and the kernel's word that it is synchronised are those of libtrouble (tests/parts/trouble.c), put before
libc; CLOCK_MONOTONIC is the kernel's. SPRINGPARK_BUILD = the built tree with its test parts."""
import calendar
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from fake_broker import PUBLISH, FakeBroker, normal  # noqa: E402
from gateway import SMART_READER, TEMPLATES, TOP, Gateway, build_directory  # noqa: E402
from heal_parts import HealTest  # noqa: E402

YEAR_S = 365 * 24 * 3600
# A tag that stays is told each second, and its visits one by one.
EACH_SECOND = "smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 10; };\n"


class Clock:
    """The wall clock of a daemon under test."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-clock-"))
        library = build_directory() / "tests/parts/.libs/libtrouble.so"
        if not library.exists():
            raise FileNotFoundError("%s is missing; next: make test-parts" % library)
        self.environment = {"LD_PRELOAD": str(library), "SPRINGPARK_TROUBLE": str(self.folder)}
        self.ahead_s = 0

    def set(self, ahead_s):
        """From now on it is that much ahead, and synchronised."""
        self.ahead_s = ahead_s
        (self.folder / "new").write_text("%d\n" % ahead_s)
        (self.folder / "new").rename(self.folder / "clock")

    def close(self):
        shutil.rmtree(self.folder)


class ClockTest(HealTest):
    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.addCleanup(self.clock.close)

    def start_plain(self, smart_reader=SMART_READER, scripts=(normal,), options=""):
        """A daemon at a scripted broker without TLS, whose certificates would not live through the years."""
        self.fake = FakeBroker(list(scripts))
        self.addCleanup(self.fake.stop)
        mqtt = ('mqtt: { broker = "127.0.0.1"; port = %d; tls: { enabled = false; }; options: { %s }; };\n'
                % (self.fake.port, options))
        self.gateway = Gateway(mqtt + smart_reader + TEMPLATES + "readers: ( %s );\n" % self.script.setting,
                               environment=self.clock.environment)
        self.addCleanup(self.gateway.close)
        self.wait_online(self.gateway)

    def events(self):
        with self.fake.changed:
            return [json.loads(packet.payload) for packet in self.fake.published if packet.topic.endswith("/rdr/evt")]

    def wait_events(self, count, timeout=10):
        self.assertTrue(self.fake.wait(lambda: len(self.events()) >= count, timeout), "%d events" % count)
        return self.events()

    def next_event(self):
        count = len(self.events())
        self.present()
        return self.wait_events(count + 1)[-1]

    def assert_follows(self, event):
        told = calendar.timegm(time.strptime(event["DateTime"][:19], "%Y-%m-%d %H:%M:%S"))
        self.assertLess(abs(told - (time.time() + self.clock.ahead_s)), 3, event["DateTime"])


class Steps(ClockTest):
    def test_date_time_is_there_once_the_clock_is_synchronised_and_follows_it(self):
        self.start_plain()
        self.assertNotIn("DateTime", self.next_event())
        for ahead_s in (0, 10 * YEAR_S, -20 * YEAR_S, 3600, 0):
            self.clock.set(ahead_s)
            self.assert_follows(self.next_event())
        (self.clock.folder / "clock").unlink()
        self.assertNotIn("DateTime", self.next_event())

    def test_steps_while_a_tag_repeats_lose_nothing_and_change_no_interval(self):
        self.clock.set(0)
        self.start_plain(EACH_SECOND, options="status_interval = 1; keep_alive = 5")
        begin = time.monotonic()
        self.script.do("insert NFC-A 0102030405")
        for number, ahead_s in enumerate((10 * YEAR_S, -20 * YEAR_S, 86400, 0, 5 * YEAR_S)):
            self.wait_events(2 * number + 2)
            self.clock.set(ahead_s)
        events = self.wait_events(12, 15)
        took = time.monotonic() - begin
        self.assertLess(took, 13.5)
        self.assertEqual([event["Sequence"] for event in events], list(range(1, len(events) + 1)))
        uptimes = [float(re.fullmatch(r"1:(\d+\.\d{3})", event["Uptime"]).group(1)) for event in events]
        for earlier, later in zip(uptimes, uptimes[1:]):
            self.assertAlmostEqual(later - earlier, 1.0, delta=0.3)
        with self.fake.changed:
            times = [packet.time for packet in self.fake.published if packet.topic.endswith("/status")]
        for earlier, later in zip(times, times[1:]):
            self.assertLess(later - earlier, 1.6)
        self.assertAlmostEqual(len(times), took, delta=4)
        self.assertEqual(len(self.fake.connections), 1, "no step of the clock ends the connection")
        self.assert_follows(events[-1])

    def test_with_the_clock_of_another_age_no_certificate_is_valid_until_it_is_corrected(self):
        """A box without a clock of its own starts in the past: that is a reason in status, and ends by itself."""
        self.clock.set(-30 * YEAR_S)
        events = self.start_broker().subscriber()
        gateway = self.start_gateway(options="reconnect_interval = 1", environment=self.clock.environment)
        wait_until(lambda: "clock" in (gateway.status()["broker"]["detail"] or ""), 10, "the clock is named")
        self.present(3)
        self.clock.set(0)
        self.assert_nothing_is_missing(events)
        self.wait_online(gateway)

    def test_intervals_never_ask_the_wall_clock(self):
        """Only base/clock.c does, and waits with a limit go by poll and CLOCK_MONOTONIC."""
        found = subprocess.run(
            ["grep", "-rnE", r"\<(time|gettimeofday|ftime|adjtimex)\(|CLOCK_REALTIME|\<(pthread_cond|sem|mq)_timed",
             str(TOP / "src")], stdout=subprocess.PIPE, text=True, check=False).stdout.splitlines()
        self.assertEqual([line for line in found if "/base/clock." not in line], [])


class Suspend(ClockTest):
    def test_a_machine_that_wakes_up_hours_later_connects_anew_and_loses_nothing(self):
        sleeping = []

        def forget(connection):
            """Goes on until the machine sleeps; then the connection is dropped, as a broker does with a dead one."""
            connection.accept()
            connection.serve(until=lambda packet: packet.kind == PUBLISH and "/rdr/evt" in packet.topic)
            wait_until(lambda: sleeping, 10, "the machine sleeps")
            connection.rst()

        self.clock.set(0)
        self.start_plain(scripts=(forget, normal), options="reconnect_interval = 1; keep_alive = 5")
        self.next_event()
        self.gateway.signal(signal.SIGSTOP)
        self.addCleanup(self.gateway.signal, signal.SIGCONT)
        sleeping.append(True)
        wait_until(lambda: self.fake.connections[0].sock.fileno() < 0, 10, "the broker has dropped the connection")
        self.present(5)
        self.clock.set(8 * 3600)
        self.gateway.signal(signal.SIGCONT)
        # The first may come twice, and what was stored meanwhile beside what is new: Sequence tells the order.
        self.assertTrue(self.fake.wait(lambda: len({event["TagId"] for event in self.events()}) == 6, 10), "6 tags")
        events = sorted(self.events(), key=lambda event: event["Sequence"])
        self.assertEqual(list(dict.fromkeys(event["TagId"] for event in events)), self.read)
        self.assert_follows(events[-1])
        self.assertEqual(self.gateway.status()["broker"]["connects"], 2)


if __name__ == "__main__":
    unittest.main()
