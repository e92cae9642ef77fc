#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkd on libnfc readers beside a bare C program with libnfc itself (the floor), both on the simulated PN532, with
mosquitto, mutual TLS and one subscriber: with templates for all technologies, which takes a select loop, and for NFC-A
alone, which the chip looks for by itself. The floor only ever looks for NFC-A.

Insert is from just before the simulator is told of the tag to the subscriber's callback, removal from just before the tag
is taken away to the event that says so. Debounce is 0, so that the reader's own time is measured. Rounds are interleaved.
Then all of them idle side by side: with an empty field, and with a tag in it.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parts"))
from broker import PREFIX, Broker, wait_until  # noqa: E402
from gateway import Gateway, configuration, program  # noqa: E402
from measures import percentile, print_verdicts, read_memory, read_work, use_disk, work_between  # noqa: E402
from pki import Sandbox  # noqa: E402
from pn532 import Pn532  # noqa: E402
from pn532_tags import Type2  # noqa: E402
from threads import list_children  # noqa: E402

WARM_UPS = 3
MISSED_S = 2
SPREAD_S = 0.150  # a tag comes and goes at a random moment of all that a program does in turn
SETTLE_S = 2
READ = "400130"   # by it libnfc finds out whether a Type 2 tag is still there
SMART_READER = "smart_reader: { insert_remove = true; read_interval = 0; debounce_ms = 0; };\n"
TEMPLATES = 'templates: ( { type = "id-only"; technologies = %s; format = "hex"; } );\n'

# Times the floor's median. It looks every 20 ms, for one technology; the daemon looks for seven, every 40 ms, and every
# 80 ms whether a tag is still there. It believes no "no" before the field was off and on (20 ms). With the chip's own
# polling nothing but the way through two processes and the journal is added.
LIMITS = {("select", "insert"): 8, ("select", "remove"): 15, ("poll", "insert"): 6, ("poll", "remove"): 15}
# One presence check each 80 ms, and each second a look for other tags.
COMMANDS_A_SECOND = {"select": 80, "poll": 30}
HELPER_KIB = 8192


class Springparkd:
    """The built daemon on one chip. polling: "select" or "poll"."""

    def __init__(self, polling, broker, chip, online=True):
        self.name = "springparkd " + polling
        self._text = configuration(
            broker, '{ driver = "libnfc"; connection = "%s"; }' % chip.connection, smart_reader=SMART_READER,
            templates=TEMPLATES % ('"all"' if polling == "select" else '"nfc-a"'), keep_alive=60,
            host="localhost" if online else "")
        self._gateway = None

    def start(self):
        self._gateway = Gateway(self._text)

    def pids(self):
        """The daemon's, then those of its helpers."""
        pid = self._gateway.pid
        return [pid] + list_children(pid)

    def log_text(self):
        return self._gateway.log_text()

    def stop(self):
        if self._gateway is not None:
            self._gateway.close()
            self._gateway = None


class Floor:
    def __init__(self, polling, broker, chip):
        sandbox = broker.sandbox
        self.name = "floor " + polling
        self._command = [program("tests/bench/floor_nfc"), "localhost", str(broker.port), sandbox.pem("server-ca"),
                         sandbox.pem("device"), sandbox.key("device"), PREFIX + sandbox.serial + "/rdr/evt",
                         chip.connection, polling]
        self._log = sandbox.directory / ("floor-%s.log" % polling)
        self._process = None

    def start(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(self._command, env=dict(os.environ, LIBNFC_LOG_LEVEL="0"),
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def pids(self):
        return [self._process.pid]

    def log_text(self):
        return self._log.read_text(errors="replace")

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


class Measure:
    """latencies_ms and missed: by the name of the contender and "insert" or "remove"."""

    def __init__(self, chip, broker, seed):
        self._chip = chip
        self._subscriber = broker.subscriber()
        self._random = random.Random(seed)
        self.latencies_ms = collections.defaultdict(list)
        self.missed = collections.Counter()
        self.memory = collections.defaultdict(list)

    def _wait_event(self, uid, move, limit_s):
        """When it came; None: it did not."""
        def find():
            for message in list(self._subscriber.messages):
                event = json.loads(message.payload)
                if (event.get("TagId"), event.get("Move")) == (uid, move):
                    return message.at
            return None
        try:
            wait_until(lambda: find() is not None, limit_s, uid)
        except TimeoutError:
            return None
        return find()

    def _visit(self, limit_s=MISSED_S):
        """Latencies in ms, None for one that was missed."""
        uid = "04" + self._random.randbytes(6).hex().upper()
        self._subscriber.clear()
        latencies = []
        for move, act in (("Insert", lambda: self._chip.insert(Type2(uid))), ("Remove", self._chip.remove)):
            time.sleep(self._random.uniform(0, SPREAD_S))
            begin = time.monotonic()
            act()
            at = self._wait_event(uid, move, limit_s)
            latencies.append(None if at is None else 1000 * (at - begin))
        return latencies

    def warm_up(self, contender):
        seen = 0
        for _attempt in range(30):
            seen += None not in self._visit(1)
            if seen == WARM_UPS:
                return
        raise RuntimeError("%s delivers nothing; its log:\n%s" % (contender.name, contender.log_text()))

    def round(self, contender, visits):
        contender.start()
        try:
            self.warm_up(contender)
            for _ in range(visits):
                for move, latency in zip(("insert", "remove"), self._visit()):
                    if latency is None:
                        self.missed[contender.name] += 1
                    else:
                        self.latencies_ms[contender.name, move].append(latency)
            self.memory[contender.name].append([read_memory(pid).rss_kib for pid in contender.pids()])
        finally:
            contender.stop()


class Quiet:
    """What a contender and its chip do while nothing happens: for each of its processes CPU ms and wake-ups a second, and
    how many commands the chip gets."""

    def __init__(self, pairs, seconds):
        before = [[(pid, read_work(pid)) for pid in contender.pids()] for contender, _chip in pairs]
        for _contender, chip in pairs:
            chip.forget()
        begin = time.monotonic()
        time.sleep(seconds)
        self.commands = {contender.name: chip.count() / (time.monotonic() - begin) for contender, chip in pairs}
        self.work = {}
        for (contender, _chip), works in zip(pairs, before):
            self.work[contender.name] = [work_between(work, read_work(pid)) for pid, work in works]
        self.seconds = time.monotonic() - begin


def measure_quiet(broker, directory, arguments):
    """All side by side, each on a chip of its own: with an empty field, and with a tag in it. The daemons have no broker,
    for two of them would be one device."""
    chips, pairs = [], []
    try:
        for polling in ("select", "poll"):
            for make in (lambda *some: Springparkd(*some, online=False), Floor):
                chip = Pn532(directory, "quiet-%d" % len(chips))
                chip.start()
                chips.append(chip)
                pairs.append((make(polling, broker, chip), chip))
                pairs[-1][0].start()
        for _contender, chip in pairs:
            chip.insert(Type2("04A1B2C3D4E5F6"))
        for _contender, chip in pairs:
            chip.wait_for(READ, 1, 20)
            chip.remove()
        time.sleep(SETTLE_S)
        empty = Quiet(pairs, arguments.idle)
        for _contender, chip in pairs:
            chip.insert(Type2("04A1B2C3D4E5F6"))
        time.sleep(SETTLE_S)
        return empty, Quiet(pairs, arguments.lying)
    finally:
        for contender, _chip in pairs:
            contender.stop()
        for chip in chips:
            chip.end()


def print_latencies(measure):
    print("%-20s%8s%12s%12s%12s%8s%8s" % ("", "", "min ms", "median ms", "p95 ms", "visits", "missed"))
    for (name, move), values in measure.latencies_ms.items():
        print("%-20s%8s%12.2f%12.2f%12.2f%8d%8d" % (name, move, min(values), statistics.median(values),
                                                   percentile(values, 0.95), len(values), measure.missed[name]))


def print_quiet(title, quiet, measure):
    print("%s, for %.0f s (daemon + helper)" % (title, quiet.seconds))
    print("%-20s%20s%20s%20s%20s" % ("", "CPU ms a second", "wake-ups a second", "commands a second", "RSS KiB"))
    for name, works in quiet.work.items():
        rss = [statistics.median(column) for column in zip(*measure.memory[name])]
        print("%-20s%20s%20s%20.1f%20s" % (name, " + ".join("%.1f" % (work.cpu_ms / quiet.seconds) for work in works),
                                         " + ".join("%.1f" % (work.switches / quiet.seconds) for work in works),
                                         quiet.commands[name], " + ".join("%d" % kib for kib in rss)))


def judge(measure, empty, lying):
    verdicts = []

    def at_most(value, limit, text):
        verdicts.append(("%s (at most %g)" % (text % value, limit), value <= limit))

    for polling in ("select", "poll"):
        ours, floor = "springparkd " + polling, "floor " + polling
        for move in ("insert", "remove"):
            medians = [statistics.median(measure.latencies_ms[name, move]) for name in (ours, floor)]
            at_most(medians[0] / medians[1], LIMITS[polling, move],
                    "%s: median latency of %s is %%.2f x the floor's" % (polling, move))
        at_most(measure.missed[ours], 0, "%s: %%d moves were missed" % polling)
        at_most(lying.commands[ours], COMMANDS_A_SECOND[polling],
                "%s: a tag that lies there costs %%.1f commands a second" % polling)
        at_most(measure.memory[ours][0][1], HELPER_KIB, "%s: the helper has %%d KiB of RSS" % polling)
    ours = sum(work.switches for work in empty.work["springparkd poll"]) / empty.seconds
    at_most(ours, 20, "poll: an empty field costs %.1f wake-ups a second")
    return verdicts


def parse_arguments():
    parser = argparse.ArgumentParser(description="Latency and idle cost of springparkd's libnfc readers, beside libnfc.")
    parser.add_argument("--visits", type=int, default=30, help="tags for each program, in all (default 30)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds for each program (default 2)")
    parser.add_argument("--idle", type=float, default=30, metavar="S", help="seconds of an empty field (default 30)")
    parser.add_argument("--lying", type=float, default=8, metavar="S", help="seconds of a tag that lies there (default 8)")
    parser.add_argument("--seed", type=int, default=1, help="of the UIDs and moments (default 1)")
    parser.add_argument("--directory", help="for the state folder, on a disk (default: that for temporary files)")
    parser.add_argument("--check", action="store_true", help="exit status 2 if a target is missed")
    arguments = parser.parse_args()
    if not 1 <= arguments.rounds <= arguments.visits or min(arguments.idle, arguments.lying) <= 0:
        parser.error("at least one round, one visit a round and some time to idle")
    return arguments


def measure_all(arguments):
    with tempfile.TemporaryDirectory(prefix="springpark-bench-") as directory, Sandbox() as sandbox, \
            Broker(sandbox) as broker:
        with Pn532(directory) as chip:
            measure = Measure(chip, broker, arguments.seed)
            contenders = [make(polling, broker, chip) for polling in ("select", "poll") for make in (Springparkd, Floor)]
            for number in range(arguments.rounds):
                visits = (arguments.visits * (number + 1) // arguments.rounds
                          - arguments.visits * number // arguments.rounds)
                for contender in contenders:
                    print("round %d of %d: %s" % (number + 1, arguments.rounds, contender.name), file=sys.stderr)
                    measure.round(contender, visits)
        print("idle for %g s, and %g s with a tag" % (arguments.idle, arguments.lying), file=sys.stderr)
        return (measure, *measure_quiet(broker, directory, arguments))


def main():
    arguments = parse_arguments()
    disk = use_disk(arguments.directory)
    measure, empty, lying = measure_all(arguments)
    print("libnfc readers on a simulated PN532; the state folder is in " + disk)
    print_latencies(measure)
    print_quiet("an empty field", empty, measure)
    print_quiet("a tag lies there", lying, measure)
    if not print_verdicts(judge(measure, empty, lying)) and arguments.check:
        sys.exit(2)


if __name__ == "__main__":
    main()
