#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The crash harness: cards come and go on simulated readers while the built springparkd, its broker and what is behind the
readers are killed with SIGKILL at random moments and started again: a real pcscd, or PN532s that libnfc drives, their
power and the helper processes. At the end each event that got its Sequence is delivered or stands in a gap report, and
each insert without a Sequence is named. pcscd needs root.

All chance comes from one number, printed first; --seed repeats it. What is wrong is printed, and the logs are kept.
"""
import argparse
import json
import math
import os
import pathlib
import random
import re
import shlex
import shutil
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "parts")]
from gateway import build_directory  # noqa: E402
from judge import BROKER, DAEMON, NAMES, Kill, Story, judge  # noqa: E402
from plan import Deed, make_plan  # noqa: E402
from readers import KINDS, LIBNFC, PCSC  # noqa: E402
from world import JOURNAL_SETTINGS, World  # noqa: E402

TURN_S = 0.002
AMBUSH_TURN_S = 0.0002
AMBUSH_LIMIT_S = 5
HEALING_LIMIT_S = 10    # as a reader is tried again each 5 s
INSERT_LIMIT_S = 0.5    # an aimed kill does not wait longer for a card
ALIVE_EVERY_S = 0.25
INSERTS = {PCSC: 2000, LIBNFC: 600}     # a PN532 takes its time
BAD_LINES = re.compile(r"Sanitizer|runtime error:|is stuck|watchdog is not fed|Assertion")


def parse_arguments(arguments):
    """The options of each run: one a driver."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, help="repeat the run that printed this number")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--inserts", type=int, help="at least so many cards (%s)" % ", ".join(
        "%s: %d" % one for one in INSERTS.items()))
    parser.add_argument("--driver", choices=[*KINDS, "both"], default="both", help="of the readers (%(default)s)")
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--victims", help="who is killed (all: %s)" % ", ".join(
        "%s: %s" % (driver, ",".join(list_victims(driver))) for driver in KINDS))
    parser.add_argument("--minutes-limit", type=float, default=30)
    parser.add_argument("--settle", type=float, default=60, metavar="SECONDS",
                        help="how long the daemon may take at the end to deliver what it has")
    parser.add_argument("--settings", default=JOURNAL_SETTINGS,
                        help="lines of springpark.conf, instead of \"%(default)s\"")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 31)
    runs = [_options_of(options, driver) for driver in KINDS if options.driver in (driver, "both")]
    if not all(run.victims for run in runs):
        parser.error("--victims: nobody of %s can be killed with these readers" % options.victims)
    return runs


def list_victims(driver):
    return (DAEMON, BROKER, *KINDS[driver].victims)


def _options_of(options, driver):
    """The options of one run."""
    one = argparse.Namespace(**vars(options))
    one.driver = driver
    one.inserts = INSERTS[driver] if options.inserts is None else options.inserts
    one.victims = [victim for victim in list_victims(driver)
                   if options.victims is None or victim in options.victims.split(",")]
    return one


class Killer:
    """Carries out a plan. On the main thread: what it starts ends with the thread that did (broker.WITH_PARENT)."""

    def __init__(self, world, plan, options):
        self._world = world
        self._plan = list(plan)
        self._options = options
        self._restarts = {}             # victim -> (time, sequel)
        self._open_kills = {}           # victim -> the begins of its kills since it was up
        self._deed_at = None
        self._waits_since = None
        self._ambush = None             # (sequel, size of the records, give-up time)
        self._alive_at = 0
        self._end = time.monotonic() + 60 * options.minutes_limit
        self._kills = []

    def kills(self):
        """Those that were, with those from which nobody has recovered yet."""
        return self._kills + [Kill(victim, begin, math.inf) for victim, begins in self._open_kills.items()
                              for begin in begins]

    def run(self):
        while (self._plan or self._restarts or self._ambush
               or len(self._world.visits) < self._options.inserts):
            if time.monotonic() > self._end:
                raise TimeoutError("--minutes-limit is reached, with %d kills still to come and %d inserts done"
                                   % (len(self._plan), len(self._world.visits)))
            self._turn()

    def _turn(self):
        now = time.monotonic()
        for victim in [victim for victim, (at, _) in self._restarts.items() if at <= now]:
            self._restart(victim)
        if self._ambush:
            self._lie_in_wait(now)
        elif self._plan and self._is_due(now):
            self._carry_out(self._plan.pop(0))
        if now - self._alive_at > ALIVE_EVERY_S:
            self._alive_at = now
            self._world.require_all_alive()
        time.sleep(AMBUSH_TURN_S if self._ambush else TURN_S)

    def _is_due(self, now):
        deed = self._plan[0]
        if self._world.inserts() < deed.after or not self._list_victims():
            return False
        # Helpers that are not there, as their chips are away, come with these.
        if self._waits_since is None:
            self._waits_since = now
        if self._world.is_healing(deed.victim) and now - self._waits_since < HEALING_LIMIT_S:
            return False
        if deed.aimed:
            return True
        if self._deed_at is None:
            self._deed_at = now + deed.delay_s
        return now >= self._deed_at

    def _list_victims(self):
        return [victim for victim in self._options.victims if self._world.is_up(victim)]

    def _carry_out(self, deed):
        self._deed_at = self._waits_since = None
        up = self._list_victims()
        if deed.aimed:
            self._world.wait_insert(INSERT_LIMIT_S)
            time.sleep(deed.delay_s)
        # Somebody else, if that one is down already.
        fits = deed.victim in up
        self._kill(deed.victim if fits else up[0], deed.pause_s, deed.sequel if fits else None)
        if deed.sequel and not fits:
            self._postpone(deed.sequel)

    def _postpone(self, sequel):
        """As a kill of its own, so that there are as many as were asked for."""
        self._plan.append(Deed(self._world.inserts(), sequel.victim, True, sequel.delay_s, sequel.pause_s, None))

    def _kill(self, victim, pause_s, sequel=None):
        begin = time.monotonic()
        self._open_kills.setdefault(victim, []).append(begin)
        self._world.kill(victim)
        self._restarts[victim] = (time.monotonic() + pause_s, sequel)

    def _restart(self, victim):
        _, sequel = self._restarts.pop(victim)
        self._world.start(victim)
        if victim == DAEMON and sequel:
            time.sleep(sequel.delay_s)
            self._kill(DAEMON, sequel.pause_s)
            return
        if victim == DAEMON:
            self._world.wait_ready()
        ready = time.monotonic()
        self._kills += [Kill(victim, begin, ready) for begin in self._open_kills.pop(victim)]
        if sequel:
            self._ambush = (sequel, self._world.recorder.size(), ready + AMBUSH_LIMIT_S)

    def _lie_in_wait(self, now):
        sequel, size, give_up = self._ambush
        came = self._world.recorder.size() > size
        if not came and now < give_up:
            return
        self._ambush = None
        if not came or not self._world.is_up(sequel.victim):
            self._postpone(sequel)
            return
        time.sleep(sequel.delay_s)
        self._kill(sequel.victim, sequel.pause_s)


def find_bad_lines(log_text):
    return [line for line in log_text.splitlines() if BAD_LINES.search(line)]


def note_deeds(path, world, kills):
    with open(path, "w", encoding="utf-8") as notes:
        for thing in sorted(list(world.visits) + list(kills), key=lambda one: one.begin):
            notes.write(json.dumps({"what": type(thing).__name__.lower(), **thing._asdict()}) + "\n")


def run(options, say=print):
    """One run; the Verdict. What say() gets first is the seed."""
    say("seed %d (repeat: --driver %s --seed %d --kills %d --inserts %d --readers %d --victims %s)"
        % (options.seed, options.driver, options.seed, options.kills, options.inserts, options.readers,
           ",".join(options.victims)))
    plan = make_plan(random.Random("plan %d" % options.seed), options.victims, options.kills,
                     options.inserts)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sp-chaos-"))
    world = None
    try:
        world = World(folder, KINDS[options.driver](folder, options.readers, build_directory()), options.settings)
        killer = Killer(world, plan, options)
        begin = time.monotonic()
        world.start_walkers([random.Random("walker %d %d" % (options.seed, number))
                             for number in range(options.readers)])
        verdict = _carry_out(world, killer, options)
        verdict.counts["seconds"] = round(time.monotonic() - begin)
        _tell(verdict, say)
        if verdict.complaints:
            kept = build_directory().resolve() / ("chaos/%s-seed-%d" % (options.driver, options.seed))
            world.keep_logs(kept)
            note_deeds(kept / "deeds.jsonl", world, killer.kills())
            say("FAILED, seed %d; the logs are in %s" % (options.seed, kept))
        return verdict
    finally:
        if world is not None:
            world.close()
        shutil.rmtree(folder, ignore_errors=True)


def _carry_out(world, killer, options):
    startup = None
    try:
        killer.run()
        world.end_walkers()
        startup = world.settle(options.settle).get("startup_counter")
        world.stop_daemon()
    except Exception:   # whatever it is, the logs are kept and what there is is judged
        world.complain("the run did not come to its end:\n" + traceback.format_exc())
    world.end_walkers()
    world.log.look()
    verdict = judge(Story(world.visits, killer.kills(), world.log.events, world.recorder.read(), startup))
    world.complaints += ["the daemon's log says: " + line for line in find_bad_lines(world.gateway.log_text())]
    verdict.complaints[:0] = world.complaints
    return verdict


def _tell(verdict, say):
    for name, count in verdict.counts.items():
        say("%8s  %s" % (count, name))
    for unread in verdict.unread:
        say("without a Sequence: " + unread)
    for complaint in verdict.complaints:
        say("WRONG: " + complaint)


def main(arguments):
    runs = parse_arguments(arguments)
    if os.geteuid() != 0 and any(options.driver == PCSC for options in runs):
        print("chaos.py: the private pcscd needs root; next: sudo make chaos, or --driver libnfc", file=sys.stderr)
        return 77
    verdicts = [run(options, lambda line: print(line, flush=True)) for options in runs]
    if any(verdict.complaints for verdict in verdicts):
        return 1
    print("passed")
    return 0


def run_short(test, driver, seed, *arguments):
    """For a test: one short run, with its promises. SPRINGPARK_CHAOS_SEED runs with that seed instead,
    SPRINGPARK_CHAOS_FLAGS adds flags."""
    seed = os.environ.get("SPRINGPARK_CHAOS_SEED") or seed
    options, = parse_arguments(["--driver", driver, "--seed", seed, *arguments,
                                *shlex.split(os.environ.get("SPRINGPARK_CHAOS_FLAGS", ""))])
    said = []

    def say(line):
        said.append(line)
        print(line, file=sys.stderr, flush=True)
    verdict = run(options, say)
    test.assertEqual(verdict.complaints, [], "\n" + "\n".join(said))
    test.assertGreaterEqual(verdict.counts["inserts"], options.inserts)
    test.assertGreaterEqual(sum(verdict.counts.get("kills of " + NAMES[victim], 0) for victim in options.victims),
                            options.kills)
    test.assertGreater(verdict.counts["pairs delivered"], options.inserts / 2)
    test.assertIn("seed %s " % seed, said[0])
    return verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
