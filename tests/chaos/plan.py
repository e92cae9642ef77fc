# SPDX-License-Identifier: MIT
"""Whom the crash harness kills and when: all of it drawn from the seed before the run, in terms of inserts and pauses,
so that a seed gives the same plan on any machine. What the threads make of it differs by milliseconds."""
import collections

from judge import BROKER, DAEMON

PAUSE_S = 1.5
AIMED = 0.7             # so many kills wait for a card and come within AIM_S of it, the others come at any time
AIM_S = 0.005           # most of them at once: the way from a card to its acknowledgement takes a millisecond
ANY_S = 0.3
COMPANION = 0.3         # so many fall into the pause of the kill before
EARLY = 0.25            # so many starts of the daemon are killed before they have begun well
EARLY_S = 0.060
AMBUSH = 0.5            # so many starts of the broker are followed by a kill during the first deliveries
AMBUSH_S = 0.006        # most of them at once: twenty events take a millisecond

# One more kill that a restart brings with it: of the daemon at delay_s after its start, or, after a start of the
# broker, of either at delay_s after the first message has come through.
Sequel = collections.namedtuple("Sequel", "victim delay_s pause_s")

# after: how many inserts there must have been; aimed, delay_s: see above; pause_s: until the restart; sequel: or None
Deed = collections.namedtuple("Deed", "after victim aimed delay_s pause_s sequel")


def _soon(random, limit_s):
    return limit_s * random.random() ** 3


def _make_sequel(random, victims, victim):
    pause_s = random.uniform(0, PAUSE_S)
    if victim == DAEMON and random.random() < EARLY:
        return Sequel(DAEMON, random.uniform(0, EARLY_S), pause_s)
    if victim == BROKER and random.random() < AMBUSH:
        ambushed = random.choice([one for one in (DAEMON, BROKER) if one in victims])
        return Sequel(ambushed, _soon(random, AMBUSH_S), pause_s)
    return None


def _make_deed(random, victims, after, companion):
    victim = random.choice(victims)
    aimed = not companion and random.random() < AIMED
    delay_s = _soon(random, AIM_S) if aimed else random.uniform(0, PAUSE_S / 2 if companion else ANY_S)
    return Deed(after, victim, aimed, delay_s, random.uniform(0, PAUSE_S), _make_sequel(random, victims, victim))


def make_plan(random, victims, kills, inserts):
    """So many kills as deeds, in order; a sequel counts as one."""
    deeds = []
    planned = 0
    afters = sorted(random.uniform(0.02, 0.95) * inserts for _ in range(kills))
    while planned < kills:
        companion = bool(deeds) and random.random() < COMPANION
        deed = _make_deed(random, victims, deeds[-1].after if companion else int(afters[planned]), companion)
        if planned + 1 == kills:
            deed = deed._replace(sequel=None)
        deeds.append(deed)
        planned += 2 if deed.sequel else 1
    return deeds
