#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How many events a second springparkd brings to a mutual-TLS mosquitto with its journal on, beside itself without one
and mosquitto_pub -l, in interleaved rounds; how fast a backlog drains, and what it costs in memory, at several depths;
what an event costs in bytes written to disk. The journal lies on a disk. Latency with the journal on is bench.py's.

An event has arrived when its PUBACK has; no subscriber takes part, so that none is what is measured.
"""
import argparse
import collections
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "parts"))
from broker import PREFIX, WITH_PARENT, Broker  # noqa: E402
from measures import print_verdicts, read_written_bytes, use_disk  # noqa: E402
from pki import Sandbox  # noqa: E402
from scripted import Daemon  # noqa: E402

ON, OFF, PUB = "journal on", "journal off", "mosquitto_pub -l"
TARGET_EVENTS_A_SECOND = 5000
TARGET_DRAIN_PART = 0.8
TARGET_GROWTH_KIB = 2048
FILL_LOOK_S = 0.2

# seconds: from the first line for the reader to the last PUBACK
Round = collections.namedtuple("Round", "seconds written_bytes flushes lost")
# fill and drain in events a second; memories in order: empty, full, drained; parts: see drain_parts
Depth = collections.namedtuple("Depth", "events fill drain memories file_bytes written_bytes lost parts")
HumanRate = collections.namedtuple("HumanRate", "written_bytes flushes")


def say(text):
    print("journal: " + text, file=sys.stderr, flush=True)


def per_event(count, events):
    return None if count is None else count / events


def flushes_between(before, after):
    return None if before.flushes is None else after.flushes - before.flushes


# -- sustained -------------------------------------------------------------------------------------------------------

def daemon_round(broker, journal, events):
    with Daemon(broker, journal) as daemon:
        daemon.prepare(events)
        written = read_written_bytes(daemon.pid)
        before = daemon.facts()
        start = time.monotonic()
        daemon.feed()
        arrived = daemon.wait(lambda facts: facts.created >= events and facts.delivered + facts.lost >= events,
                              "all events are delivered")
        after = daemon.wait(lambda facts: facts.waiting == 0, "none is stored any more")
        return Round(arrived.at - start, read_written_bytes(daemon.pid) - written, flushes_between(before, after),
                     after.lost)


def sample_event(broker):
    """What one event looks like."""
    subscriber = broker.subscriber()
    try:
        with Daemon(broker, journal=False) as daemon:
            daemon.prepare(1)
            daemon.feed()
            return subscriber.wait_for(1, 10)[0].payload
    finally:
        subscriber.close()


def write_events(path, sample, events):
    """So many different ones, a line each, for mosquitto_pub."""
    start = '{"Sequence":1,'
    if not sample.startswith(start):
        raise RuntimeError("this is no first event: " + sample)
    with open(path, "w", encoding="utf-8") as lines:
        for number in range(1, events + 1):
            lines.write('{"Sequence":%d,%s\n' % (number, sample[len(start):]))


def pub_round(broker, lines):
    """Its end is the last PUBACK; its connect, some hundredths of a second, is in the time."""
    sandbox = broker.sandbox
    command = ["mosquitto_pub", "-V", "mqttv5", "-h", "localhost", "-p", str(broker.port), "--nodelay", "-q", "1",
               "--cafile", sandbox.pem("server-ca"), "--cert", sandbox.pem("device"), "--key", sandbox.key("device"),
               "-t", PREFIX + sandbox.serial + "/rdr/evt", "-l"]
    start = time.monotonic()
    with open(lines, "rb") as stdin:
        subprocess.run(WITH_PARENT + command, stdin=stdin, check=True, timeout=300)
    return Round(time.monotonic() - start, 0, 0, 0)


def measure_sustained(broker, contenders, rounds, events):
    """Rounds by contender."""
    lines = broker.sandbox.directory / "events"
    write_events(lines, sample_event(broker), events)
    results = collections.defaultdict(list)
    for number in range(rounds):
        for contender in contenders:
            say("sustained, round %d of %d: %s" % (number + 1, rounds, contender))
            if contender == PUB:
                results[contender].append(pub_round(broker, lines))
            else:
                results[contender].append(daemon_round(broker, contender == ON, events))
    return results


# -- the backlog -----------------------------------------------------------------------------------------------------

def drain_parts(looks, events):
    """Events a second in each tenth of the backlog but the first, in which the connection is made: from deep to
    shallow. None from too few looks."""
    if len(looks) < 40:
        return []
    edges = [min(looks, key=lambda look: abs(look.delivered - events * part / 10)) for part in range(1, 11)]
    return [(after.delivered - before.delivered) / (after.at - before.at) for before, after in zip(edges, edges[1:])]


def measure_depth(broker, events):
    """Fills without a broker, then lets it drain."""
    with Daemon(broker, True, online=False) as daemon:
        empty = daemon.settled_memory()
        daemon.prepare(events)
        written = read_written_bytes(daemon.pid)
        start = time.monotonic()
        daemon.feed()
        filled = daemon.wait(lambda facts: facts.created >= events and facts.in_memory == 0, "all events are stored",
                             FILL_LOOK_S)
        written = read_written_bytes(daemon.pid) - written
        full = daemon.settled_memory()
        file_bytes = daemon.facts().bytes
        daemon.connect()
        expected = events - filled.lost
        looks = daemon.watch(lambda facts: facts.delivered >= expected, "the backlog is delivered")
        moving = [look for look in looks if look.delivered > 0]
        last = daemon.wait(lambda facts: facts.waiting == 0, "none is stored any more")
        seconds = moving[-1].at - moving[0].at
        rate = (moving[-1].delivered - moving[0].delivered) / seconds if seconds > 0 else float("nan")
        return Depth(events, events / (filled.at - start), rate, (empty, full, daemon.settled_memory()), file_bytes,
                     written, last.lost, drain_parts(moving, events))


def measure_depths(broker, depths):
    """The shallow one before, between and after the others, for it is short, and what all are compared with."""
    order = [depths[0]]
    for depth in depths[1:]:
        order += [depth, depths[0]]
    results = []
    for number, depth in enumerate(order):
        say("backlog %d of %d: %d events" % (number + 1, len(order), depth))
        results.append(measure_depth(broker, depth))
    return results


# -- at a human rate -------------------------------------------------------------------------------------------------

def measure_human_rate(broker, events, a_second):
    say("%d events, %g a second" % (events, a_second))
    with Daemon(broker, True) as daemon:
        written = read_written_bytes(daemon.pid)
        before = daemon.facts()
        daemon.feed_slowly(events, a_second)
        after = daemon.wait(lambda facts: facts.created >= events and facts.waiting == 0, "all events are delivered")
        return HumanRate(read_written_bytes(daemon.pid) - written, flushes_between(before, after))


# -- what comes out --------------------------------------------------------------------------------------------------

def number_or_dash(value, form):
    return "-" if value is None else form % value


def print_sustained(results, events):
    print("\nsustained: %d events a round, QoS 1; 1/s: events a second, x: ratio of the medians" % events)
    print("%-18s%12s%12s" % ("", "median 1/s", "best 1/s") + "".join("%20s" % ("x " + name) for name in results)
          + "%14s%16s%8s" % ("bytes/event", "flushes/event", "lost"))
    for name, rounds in results.items():
        rate = rate_of(rounds, events)
        written = None if name == PUB else statistics.median(one.written_bytes for one in rounds) / events
        flushes = None if name != ON else per_event(rounds[-1].flushes, events)
        print("%-18s%12d%12d" % (name, rate, max(events / one.seconds for one in rounds))
              + "".join("%20.2f" % (rate / rate_of(others, events)) for others in results.values())
              + "%14s%16s%8d" % (number_or_dash(written, "%.0f"), number_or_dash(flushes, "%.4f"),
                                 sum(one.lost for one in rounds)))


def rate_of(rounds, events):
    return events / statistics.median(one.seconds for one in rounds)


def print_depths(results):
    print("\nbacklog: filled without a broker, then drained, unthrottled; memory once full, and since it was empty")
    print("%-10s%12s%12s%12s%12s%14s%12s%14s%14s%14s%8s" % (
        "events", "fill 1/s", "drain 1/s", "RSS KiB", "growth KiB", "RssAnon KiB", "growth KiB", "drained KiB",
        "bytes/event", "file bytes", "lost"))
    for one in results:
        empty, full, drained = one.memories
        print("%-10d%12d%12d%12d%12d%14d%12d%14d%14d%14d%8d" % (
            one.events, one.fill, one.drain, full.rss_kib, full.rss_kib - empty.rss_kib, full.anonymous_kib,
            full.anonymous_kib - empty.anonymous_kib, drained.rss_kib, one.written_bytes / one.events, one.file_bytes,
            one.lost))
    for one in results:
        if one.parts:
            print("%d events drained, events a second in the second to the last tenth: %s" %
                  (one.events, " ".join("%d" % rate for rate in one.parts)))


def print_human_rate(human, events, a_second):
    flushes = number_or_dash(per_event(human.flushes, events), "%.2f")
    print("\nat %g events a second: %.0f bytes written to disk an event, %s flushes an event" %
          (a_second, human.written_bytes / events, flushes))


def judge(sustained, depths, arguments):
    """The targets, as (text, reached)."""
    shallow, deep = arguments.depths[0], arguments.depths[-1]
    rate = rate_of(sustained[ON], arguments.events)
    base = statistics.median(one.drain for one in depths if one.events == shallow)
    verdicts = [("%d events a second sustained (at least %d)" % (rate, TARGET_EVENTS_A_SECOND),
                 rate >= TARGET_EVENTS_A_SECOND)]
    for one in depths:
        if one.events != shallow:
            part = one.drain / base
            verdicts.append(("a backlog of %d drains at %.2f x the rate of %d (at least %.1f)" %
                             (one.events, part, shallow, TARGET_DRAIN_PART), part >= TARGET_DRAIN_PART))
    growth = max(one.memories[1].rss_kib - one.memories[0].rss_kib for one in depths if one.events == deep)
    verdicts.append(("RSS grows by %d KiB between empty and %d waiting (below %d)" % (growth, deep, TARGET_GROWTH_KIB),
                     growth < TARGET_GROWTH_KIB))
    lost = sum(one.lost for one in sustained[ON]) + sum(one.lost for one in depths)
    verdicts.append(("%d events were dropped or refused (none)" % lost, lost == 0))
    return verdicts


def parse_arguments():
    parser = argparse.ArgumentParser(description="What the journal costs, and how a backlog drains.")
    parser.add_argument("--events", type=int, help="in a round of the sustained run (default 50000)")
    parser.add_argument("--rounds", type=int, help="for each contender (default 3)")
    parser.add_argument("--depths", type=int, nargs="+", help="of the backlog (default 10000 100000 500000)")
    parser.add_argument("--human", type=int, default=100, help="events at a human rate (default 100)")
    parser.add_argument("--human-rate", type=float, default=20, help="how many a second (default 20)")
    parser.add_argument("--quick", action="store_true", help="for trying: 20000 events, 2 rounds, 10000 and 50000 deep")
    parser.add_argument("--directory", help="for the state folder, on a disk (default: that for temporary files)")
    parser.add_argument("--check", action="store_true", help="exit status 2 if a target is missed")
    arguments = parser.parse_args()
    arguments.events = arguments.events or (20000 if arguments.quick else 50000)
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 3)
    arguments.depths = sorted(arguments.depths or ([10000, 50000] if arguments.quick else [10000, 100000, 500000]))
    if min(arguments.events, arguments.rounds, arguments.human, *arguments.depths) < 1 or arguments.human_rate <= 0:
        parser.error("there must be something to measure")
    if arguments.depths[-1] > 900000:
        parser.error("a backlog of more than 900000 events is not made for this")
    return arguments


def main():
    arguments = parse_arguments()
    disk = use_disk(arguments.directory)
    with Sandbox() as sandbox, Broker(sandbox) as broker:
        sustained = measure_sustained(broker, [ON, OFF, PUB], arguments.rounds, arguments.events)
        human = measure_human_rate(broker, arguments.human, arguments.human_rate)
        depths = measure_depths(broker, arguments.depths)
    print("the journal: " + disk)
    print_sustained(sustained, arguments.events)
    print_human_rate(human, arguments.human, arguments.human_rate)
    print_depths(depths)
    print()
    if not print_verdicts(judge(sustained, depths, arguments)) and arguments.check:
        sys.exit(2)


if __name__ == "__main__":
    main()
