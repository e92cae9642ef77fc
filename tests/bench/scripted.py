#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkd on a scripted reader that is a FIFO: as many events as one likes, as fast as it takes them."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

from broker import WITH_PARENT, wait_until
from gateway import Gateway, configuration
from measures import read_memory

# No interval stands between a tag and its event, and nothing of it is remembered once it has left.
SMART_READER = """smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 0; debounce_ms = 0; };
"""
ROOM_EVENTS = 1000000
JOURNAL_ON = "journal: { max_events = %d; max_bytes = 2000000000; replay_rate = 0; };\n" % ROOM_EVENTS
JOURNAL_OFF = "journal: { enabled = false; memory_events = %d; replay_rate = 0; };\n" % ROOM_EVENTS

SETTLED_S = 1
# A daemon of which nothing has changed for so long makes no progress.
STALLED_S = 30


class Facts:
    """One look at the daemon's status, and when it was."""

    def __init__(self, status):
        journal = status.get("journal") or {}
        events = status["events"]
        self.at = time.monotonic()
        self.online = status["broker"]["state"] == "online"
        self.created = events["created"]
        self.delivered = events["delivered"]
        self.waiting = events["stored"]
        self.lost = events["dropped"] + events["refused"]
        self.journal_state = journal.get("state", "off")
        self.in_memory = journal.get("in_memory", 0)
        self.bytes = journal.get("bytes", 0)
        self.flushes = journal.get("flushes")  # since the start, where it is told


class Daemon:
    """One springparkd, started and online (or, with online=False, without a broker)."""

    def __init__(self, broker, journal, online=True):
        self._folder = tempfile.TemporaryDirectory(prefix="springpark-bench-")
        self._journal = journal
        self._works = False    # the journal has been open
        self._fifo = pathlib.Path(self._folder.name) / "reader"
        self._lines = pathlib.Path(self._folder.name) / "lines"
        os.mkfifo(self._fifo)
        self._broker = broker
        self._sections = self._journal_sections()
        self._tags = 0
        self._feeder = None
        self._line = None
        self._gateway = Gateway(self._configuration(online))
        try:
            self._line = ControlLine(self._gateway.run_directory / "control")
            if journal:
                self.wait(lambda facts: facts.journal_state == "works", "the journal works")
                self._works = True
            if online:
                self.wait(lambda facts: facts.online, "the daemon is online")
        except Exception:
            self.close()
            raise

    def _journal_sections(self):
        return {"more": JOURNAL_ON if self._journal else JOURNAL_OFF}

    def _configuration(self, online):
        return configuration(self._broker, '{ driver = "script"; path = "%s"; }' % self._fifo,
                             smart_reader=SMART_READER, host="localhost" if online else "", **self._sections)

    @property
    def pid(self):
        return self._gateway.pid

    def connect(self):
        """Tells a daemon without a broker of one: a reload connects at once, where a backoff might wait."""
        self._gateway.configure(self._configuration(True))
        self._gateway.reload()

    def facts(self):
        """Fails if the journal works no more: then it is not what is measured."""
        try:
            facts = Facts(self._line.ask("status"))
        except (OSError, ValueError) as error:
            raise RuntimeError("the daemon does not answer (%s); its log ends with:\n%s" %
                               (error, self._log_end())) from error
        if self._works and facts.journal_state != "works":
            raise RuntimeError("the journal is %s; the log ends with:\n%s" % (facts.journal_state, self._log_end()))
        return facts

    def _log_end(self):
        return self._gateway.log_text()[-3000:]

    def watch(self, condition, what, interval_s=0.05):
        """Looks at it until condition(facts) holds; all the looks. Fails once nothing changes any more."""
        looks = [self.facts()]
        changed = looks[0]
        while not condition(looks[-1]):
            time.sleep(interval_s)
            looks.append(self.facts())
            old, new = changed, looks[-1]
            if (old.created, old.delivered, old.in_memory, old.online) != (new.created, new.delivered, new.in_memory,
                                                                           new.online):
                changed = new
            elif new.at - old.at > STALLED_S:
                raise TimeoutError("waited in vain: %s; the status is %s, the log ends with:\n%s" %
                                   (what, vars(new), self._log_end()))
        return looks

    def wait(self, condition, what, interval_s=0.05):
        """The last look of watch."""
        return self.watch(condition, what, interval_s)[-1]

    def settled_memory(self):
        """Its memory, once that has stayed the same for a while."""
        seen = {"memory": read_memory(self.pid), "at": time.monotonic()}

        def settled():
            memory = read_memory(self.pid)
            if memory != seen["memory"]:
                seen.update(memory=memory, at=time.monotonic())
            return time.monotonic() - seen["at"] >= SETTLED_S

        wait_until(settled, 30, "the daemon's memory stays the same")
        return seen["memory"]

    def _next_lines(self):
        self._tags += 1
        return "insert NFC-A 04%012X\nremove\n" % self._tags

    def prepare(self, count):
        """Writes the lines for so many tags, none of which was there before, for feed."""
        with open(self._lines, "w", encoding="ascii") as lines:
            for _ in range(count):
                lines.write(self._next_lines())

    def feed(self):
        """The tags of prepare come and go as fast as the reader takes them. Returns at once."""
        fifo = os.open(self._fifo, os.O_WRONLY | os.O_NONBLOCK)
        os.set_blocking(fifo, True)
        try:
            self._feeder = subprocess.Popen(WITH_PARENT + ["cat", str(self._lines)], stdin=subprocess.DEVNULL,
                                            stdout=fifo)
        finally:
            os.close(fifo)

    def feed_slowly(self, count, a_second):
        """So many tags, one after another at that pace."""
        with open(self._fifo, "w", encoding="ascii") as fifo:
            start = time.monotonic()
            for number in range(count):
                time.sleep(max(0, start + number / a_second - time.monotonic()))
                fifo.write(self._next_lines())
                fifo.flush()

    def close(self):
        if self._line is not None:
            self._line.close()
        self._gateway.close()
        if self._feeder is not None:  # without a reader its pipe is broken
            self._feeder.wait(10)
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class ControlLine:
    """One connection to the control socket: a look costs no process."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(STALLED_S)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rb")

    def ask(self, request):
        self._socket.sendall(json.dumps({"request": request}).encode() + b"\n")
        answer = json.loads(self._stream.readline())
        if not answer["ok"]:
            raise ValueError("; ".join(answer["errors"]))
        return answer["result"]

    def close(self):
        self._stream.close()
        self._socket.close()
