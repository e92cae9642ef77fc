#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkd beside a bare C bridge (the floor) and a pyscard + paho bridge, in one run on the same real parts: pcscd
with the project's IFD handler, mosquitto with mutual TLS, one subscriber. Rounds are interleaved, so that whatever else
the machine does hits all alike; each round starts its program anew.

Latency is from just before the simulated reader is told of the card to the subscriber's callback. springparkd has its
default settings, so that its journal is on, in a folder on a disk. Needs root.
"""
import argparse
import collections
import json
import math
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
from gateway import Gateway, build_directory, configuration, program  # noqa: E402
from measures import percentile, print_verdicts, read_memory, read_work, use_disk, work_between  # noqa: E402
from pcscd import Pcscd  # noqa: E402
from pki import Sandbox  # noqa: E402

PERIOD_S = 0.1            # ten inserts a second
DWELL_S = (0.050, 0.090)  # shorter than 100 ms, after which 02A1 = 0000 reads a tag again
KEEP_ALIVE_S = 60
WARM_UPS = 3
# One PINGREQ and its PINGRESP: the timer, the answer, and a look at both sides.
SWITCHES_PER_PING = 4
# What notices a call that hangs while nothing happens: a look at all threads, and a question to pcscd.
LOOK_S, SWITCHES_PER_LOOK = 10, 2
QUESTION_S, SWITCHES_PER_QUESTION = 20, 3


# Register 02A1 = 0000: no interval stands between a card and its event.
AT_ONCE = "smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 0; };\n"


class Springparkd:
    """The built daemon, with reads as events and 02A1 = 0000."""
    name = "springparkd"

    def __init__(self, broker, pcscd):
        self._text = configuration(broker, '{ driver = "pcsc"; name = "*"; }', smart_reader=AT_ONCE,
                                   keep_alive=KEEP_ALIVE_S)
        self._pcscd = pcscd
        self._gateway = None
        self.journals = set()  # how its journal was at the end of each round

    def start(self):
        self._gateway = Gateway(self._text, pcscd=self._pcscd.environment["PCSCLITE_CSOCK_NAME"])

    @property
    def pid(self):
        return self._gateway.pid

    def log_text(self):
        return self._gateway.log_text()

    def look(self):
        self.journals.add(self._gateway.status().get("journal", {"state": "not in this build"})["state"])

    def stop(self):
        if self._gateway is not None:
            self._gateway.close()
            self._gateway = None


class Bridge:
    """A program that takes HOST PORT CA CERTIFICATE KEY TOPIC."""

    def __init__(self, name, command, broker, pcscd):
        sandbox = broker.sandbox
        self.name = name
        self._command = command + ["localhost", str(broker.port), sandbox.pem("server-ca"), sandbox.pem("device"),
                                   sandbox.key("device"), PREFIX + sandbox.serial + "/rdr/evt"]
        self._environment = dict(os.environ, **pcscd.environment)
        self._log = sandbox.directory / (name + ".log")
        self._process = None

    def start(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)

    @property
    def pid(self):
        return self._process.pid

    def log_text(self):
        return self._log.read_text(errors="replace")

    def look(self):
        """There is nothing to see."""

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


class Measure:
    """The parts and the numbers. results: latencies in ms, missed reads and memory, by contender."""

    def __init__(self, pcscd, broker, seed):
        self._pcscd = pcscd
        self._subscriber = broker.subscriber()
        self._random = random.Random(seed)
        self.latencies_ms = collections.defaultdict(list)
        self.missed = collections.Counter()
        self.memory = collections.defaultdict(list)

    def _uid(self):
        return "04" + self._random.randbytes(6).hex().upper()

    def _arrivals(self):
        """When each UID came first."""
        arrivals = {}
        for message in list(self._subscriber.messages):
            arrivals.setdefault(json.loads(message.payload).get("TagId"), message.at)
        return arrivals

    def warm_up(self, contender):
        """Until its events come: its connection stands, and its first-time work is done."""
        seen = 0
        for _attempt in range(30):
            uid = self._uid()
            self._pcscd.insert(0, uid)
            try:
                wait_until(lambda: uid in self._arrivals(), 1, uid)
                seen += 1
            except TimeoutError:
                pass
            self._pcscd.remove(0)
            time.sleep(0.05)
            if seen == WARM_UPS:
                return
        raise RuntimeError("%s delivers nothing; its log:\n%s" % (contender.name, contender.log_text()))

    def round(self, contender, inserts):
        contender.start()
        try:
            self.warm_up(contender)
            self._subscriber.clear()
            told = {}
            for _ in range(inserts):
                uid = self._uid()
                dwell_s = self._random.uniform(*DWELL_S)
                told[uid] = time.monotonic()
                self._pcscd.insert(0, uid)
                time.sleep(max(0, told[uid] + dwell_s - time.monotonic()))
                self._pcscd.remove(0)
                time.sleep(max(0, told[uid] + PERIOD_S - time.monotonic()))
            try:
                wait_until(lambda: set(told) <= set(self._arrivals()), 2, "the last events")
            except TimeoutError:
                pass
            arrivals = self._arrivals()
            self.missed[contender.name] += len(set(told) - set(arrivals))
            self.latencies_ms[contender.name] += [1000 * (arrivals[uid] - at) for uid, at in told.items()
                                                  if uid in arrivals]
            self.memory[contender.name].append(read_memory(contender.pid))
            contender.look()
        finally:
            contender.stop()

    def idle(self, contenders, seconds):
        """All side by side, with nothing to do, after one card for each to have worked."""
        try:
            for contender in contenders:
                contender.start()
                self.warm_up(contender)
            time.sleep(7)  # pcscd takes the power from a card that has gone after 5 s
            before = [read_work(contender.pid) for contender in contenders]
            time.sleep(seconds)
            return {contender.name: work_between(start, read_work(contender.pid))
                    for contender, start in zip(contenders, before)}
        finally:
            for contender in contenders:
                contender.stop()


def summarize(measure, idle):
    """The numbers of each contender, by name of the column."""
    table = {}
    for name, latencies in measure.latencies_ms.items():
        if not latencies:
            raise RuntimeError("%s delivered nothing in time" % name)
        table[name] = {
            "min_ms": min(latencies), "median_ms": statistics.median(latencies), "p95_ms": percentile(latencies, 0.95),
            "reads": len(latencies), "missed": measure.missed[name],
            "rss_kib": statistics.median(one.rss_kib for one in measure.memory[name]),
            "anonymous_kib": statistics.median(one.anonymous_kib for one in measure.memory[name]),
            "idle_cpu_ms": idle[name].cpu_ms, "idle_switches": idle[name].switches,
        }
    return table


COLUMNS = [("min_ms", "min ms", "%.2f"), ("median_ms", "median ms", "%.2f"), ("p95_ms", "p95 ms", "%.2f"),
           ("reads", "reads", "%d"), ("missed", "missed", "%d"), ("rss_kib", "RSS KiB", "%d"),
           ("anonymous_kib", "RssAnon KiB", "%d"), ("idle_cpu_ms", "idle CPU ms", "%.1f"),
           ("idle_switches", "idle wake-ups", "%d")]


def print_table(table):
    print("%-12s" % "" + "".join("%15s" % title for _key, title, _form in COLUMNS))
    for name, numbers in table.items():
        print("%-12s" % name + "".join("%15s" % (form % numbers[key]) for key, _title, form in COLUMNS))


def judge(table, idle_seconds, journals):
    """The targets, as (text, reached). journals: the states in which springparkd's was."""
    ours, floor, pyscard = table["springparkd"], table["floor"], table["pyscard"]
    pings = math.ceil(idle_seconds / KEEP_ALIVE_S)
    allowed = (SWITCHES_PER_PING * pings + SWITCHES_PER_LOOK * math.ceil(idle_seconds / LOOK_S) +
               SWITCHES_PER_QUESTION * math.ceil(idle_seconds / QUESTION_S))

    def ratio(key, limit, title):
        value = ours[key] / floor[key]
        return "%s is %.2f x the floor's (at most %.1f)" % (title, value, limit), value <= limit

    return [
        ratio("median_ms", 1.3, "median latency"),
        ("median latency is %.2f x pyscard's (below 1)" % (ours["median_ms"] / pyscard["median_ms"]),
         ours["median_ms"] < pyscard["median_ms"]),
        ratio("anonymous_kib", 2, "RssAnon"),
        ratio("rss_kib", 1.6, "RSS"),
        ("%d of %d reads were missed (none)" % (ours["missed"], ours["missed"] + ours["reads"]), ours["missed"] == 0),
        ("%d wake-ups in %g s idle (at most %d, for %d keep-alive of %d s and the looks for what hangs)" %
         (ours["idle_switches"], idle_seconds, allowed, pings, KEEP_ALIVE_S), ours["idle_switches"] <= allowed),
        ("the journal was: %s (works, in each round)" % ", ".join(sorted(journals)), journals == {"works"}),
    ]


def parse_arguments():
    parser = argparse.ArgumentParser(description="Latency, memory and idle cost of springparkd, beside two bridges.")
    parser.add_argument("--inserts", type=int, default=200, help="inserts for each program, in all (default 200)")
    parser.add_argument("--rounds", type=int, default=4, help="rounds for each program (default 4)")
    parser.add_argument("--idle", type=float, default=30, metavar="S", help="seconds of idling (default 30)")
    parser.add_argument("--seed", type=int, default=1, help="of the UIDs and dwell times (default 1)")
    parser.add_argument("--directory", help="for the state folder, on a disk (default: that for temporary files)")
    parser.add_argument("--check", action="store_true", help="exit status 2 if a target is missed")
    arguments = parser.parse_args()
    if not 1 <= arguments.rounds <= arguments.inserts or arguments.idle <= 0:
        parser.error("at least one round, one insert a round and some time to idle")
    return arguments


def measure_all(arguments):
    with tempfile.TemporaryDirectory(prefix="springpark-bench-") as directory, Sandbox() as sandbox, \
            Broker(sandbox) as broker, Pcscd(readers=1, directory=directory, build=build_directory()) as pcscd:
        measure = Measure(pcscd, broker, arguments.seed)
        contenders = [Springparkd(broker, pcscd), Bridge("floor", [program("tests/bench/floor")], broker, pcscd),
                      Bridge("pyscard", ["/usr/bin/python3", str(HERE / "bridge_pyscard.py")], broker, pcscd)]
        for number in range(arguments.rounds):
            inserts = (arguments.inserts * (number + 1) // arguments.rounds
                       - arguments.inserts * number // arguments.rounds)
            for contender in contenders:
                print("round %d of %d: %s" % (number + 1, arguments.rounds, contender.name), file=sys.stderr)
                measure.round(contender, inserts)
        print("idle for %g s" % arguments.idle, file=sys.stderr)
        idle = measure.idle(contenders, arguments.idle)
        return summarize(measure, idle), idle, contenders[0].journals


def main():
    arguments = parse_arguments()
    if os.geteuid() != 0:
        sys.exit("bench: the private pcscd needs root; next: sudo make bench")
    disk = use_disk(arguments.directory)
    table, idle, journals = measure_all(arguments)
    print("latency, memory and idle cost; the state folder is in " + disk)
    print_table(table)
    print("idle wake-ups of springparkd by thread: %s" % (idle["springparkd"].threads or "none"))
    if not print_verdicts(judge(table, arguments.idle, journals)) and arguments.check:
        sys.exit(2)


if __name__ == "__main__":
    main()
