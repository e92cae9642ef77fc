# SPDX-License-Identifier: MIT
"""The PC/SC driver under reader_probe, for tests with a private pcscd. SPRINGPARK_BUILD = the built tree."""

import os
import pathlib
import queue
import subprocess
import tempfile
import threading
import time
import unittest

import pcscd as parts
from threads import list_threads

BUILD = pathlib.Path(os.environ.get("SPRINGPARK_BUILD", os.getcwd()))
DEADLINE_S = 10.0
UID_A = "047DAE02C84080"
UID_B = "DEADBEEF"


class Probe:
    """reader_probe with its lines on a queue."""

    def __init__(self, environment, *arguments, join_limit_ms=5000, driver="pcsc", technologies=0xFFFFFFFF):
        self.process = subprocess.Popen(
            [str(BUILD / "tests/parts/reader_probe"), "--join-limit", str(join_limit_ms),
             "--technologies", str(technologies), driver, *arguments],
            env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, bufsize=1)
        self.lines = queue.Queue()
        self._put_back = []     # lines that were read and are for somebody else, the next one last
        self.log = []
        self._threads = [threading.Thread(target=self._read_lines, daemon=True),
                         threading.Thread(target=self._read_log, daemon=True)]
        for thread in self._threads:
            thread.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def next(self, deadline_s=DEADLINE_S):
        """The next line, or an AssertionError with the log."""
        if self._put_back:
            return self._put_back.pop()
        try:
            line = self.lines.get(timeout=deadline_s)
        except queue.Empty:
            raise AssertionError("no line came in time; log:\n" + "\n".join(self.log)) from None
        if line is None:
            raise AssertionError("the probe ended; log:\n" + "\n".join(self.log))
        return line

    def until(self, start, deadline_s=DEADLINE_S):
        """Reads up to a line that starts so; returns the lines before it, and it."""
        end = time.monotonic() + deadline_s
        before = []
        while True:
            line = self.next(max(0.001, end - time.monotonic()))
            if line.startswith(start):
                return before, line
            before.append(line)

    def ask(self, line, answer):
        """Says it, and returns the line that begins so; what was told before that stays to be read."""
        self.say(line)
        before, found = self.until(answer)
        self._put_back.extend(reversed(before))
        return found

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def do_with_cards(self, commands):
        """What is done with each card that arrives from now on; lines as reader_probe.c has them."""
        for line in ["forget", *commands]:
            if (answer := self.ask(line, ("ok", "bad"))) != "ok":
                raise AssertionError(f"the probe answered {answer!r} to {line!r}")

    def ask_activity(self):
        return self.ask("activity", "activity ")

    def wait_for_log(self, text, count=1):
        """Waits for so many lines at least; all that there are then."""
        return parts.wait_until(lambda: len(found := [line for line in self.log if text in line]) >= count and found,
                                f"the log line {text!r}; there is " + repr(self.log))

    def look_at_threads(self):
        """The names of the driver's threads, and how often they waited, all together."""
        found = [one for one in list_threads(self.process.pid) if one[0].startswith("pcsc-")]
        return sorted(name for name, _switches in found), sum(switches for _name, switches in found)

    def finish(self, deadline_s=DEADLINE_S):
        """Stops the driver; returns what join said."""
        self.process.stdin.close()
        joined = self.until("joined ", deadline_s)[1]
        if self.process.wait(deadline_s) != 0:
            raise AssertionError("the probe failed; log:\n" + "\n".join(self.log))
        return joined

    def end(self):
        """The last of a test: a stop in order, which the sanitizers' leak check follows."""
        if not self.process.stdin.closed and self.process.poll() is None:
            self.process.stdin.close()
        try:
            status = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        if status != 0:
            raise AssertionError(f"the probe ended with {status}; log:\n" + "\n".join(self.log))


class PcscTest(unittest.TestCase):
    readers = 2

    def start_pcscd(self, **options):
        scratch = tempfile.TemporaryDirectory(prefix="springpark-pcsc-")
        self.addCleanup(scratch.cleanup)
        daemon = parts.Pcscd(directory=scratch.name, build=BUILD, **options)
        self.addCleanup(daemon.end)
        daemon.start()
        return daemon

    def start_probe(self, daemon, *arguments, **options):
        probe = Probe(daemon.environment, *arguments, **options)
        self.addCleanup(probe.end)
        return probe

    def start_one(self, **options):
        """One reader that works, labelled door."""
        daemon = self.start_pcscd(readers=1)
        probe = self.start_probe(daemon, "*", "door", **options)
        probe.until("health door|works")
        return daemon, probe

    def wait_until_quiet(self, probe, threads):
        """The driver's threads, which are these, are not woken for 3 s."""
        # pcscd itself powers an unused card down 5 s and 10 s after its last use, and wakes whoever waits.
        end = time.monotonic() + 30
        before = None
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 3.0:
            names, now = probe.look_at_threads()
            if now != before:
                before, quiet_since = now, time.monotonic()
                self.assertEqual(names, sorted(threads))
            self.assertLess(time.monotonic(), end, "the threads are never quiet for 3 s")
            time.sleep(0.25)

    def expect(self, probe, *lines):
        for line in lines:
            self.assertEqual(probe.next(), line)
