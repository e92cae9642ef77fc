# SPDX-License-Identifier: MIT
"""The judge of the crash harness: what was done and what the broker acknowledged go in, complaints come out. Pure.

An event is known by its pair, (startup counter, Sequence). A pair counts as delivered if the broker noted it before it
acknowledged it (recorder.c); a pair counts as made if the daemon's log has it, or if it was delivered.
"""
import collections
import json
import re

VICTIMS = DAEMON, BROKER, PCSCD, CHIP, GLITCH, HELPER = ("daemon", "broker", "pcscd", "chip", "glitch", "helper")
# What a kill takes from the daemon is its readers for a while, and nothing that it has.
OF_READERS = (PCSCD, CHIP, GLITCH, HELPER)

NAMES = {DAEMON: "the daemon", BROKER: "the broker", PCSCD: "pcscd", CHIP: "the PN532s (unplugged)",
         GLITCH: "the power of the PN532s", HELPER: "springpark-nfc"}

# What the daemon may have in flight, and how many acknowledgements the journal may not have written yet: what may come
# again after a kill.
WINDOW = 20
UNWRITTEN = 8
# Only what was on its way to the disk may be lost to a kill, and then it stands in a gap.
LOST_PER_KILL = 2
UNCLEAN = "unclean end"

# A card on a reader. begin, end: time.monotonic(); owed: how many Sequences there must be for it. Of a reader that was
# gone for longer than the debounce, and came back with the card on it, the card is a new visit (presence.h).
Visit = collections.namedtuple("Visit", "reader uid begin end owed", defaults=[1])
# begin: before kill -9; ready: the victim is there again
Kill = collections.namedtuple("Kill", "victim begin ready")
# One event as the daemon's log or a PUBLISH has it
Event = collections.namedtuple("Event", "pair uid payload")
# clean_startup: the start that was ended in order, None if the run was cut short
Story = collections.namedtuple("Story", "visits kills created records clean_startup")
# Pairs as ends, None = unknown
Gap = collections.namedtuple("Gap", "first last reason")


class Verdict:
    """counts: for the table; complaints: what is wrong, empty = passed; unread: the inserts without a Sequence."""

    def __init__(self):
        self.counts = collections.OrderedDict()
        self.complaints = []
        self.unread = []

    def complain(self, text, *values):
        self.complaints.append(text % values if values else text)


def parse_event(payload):
    """An Event, or None if this is no event of a reader."""
    try:
        fields = json.loads(payload)
        startup = int(fields["Uptime"].split(":")[0])
        return Event((startup, fields["Sequence"]), fields["TagId"], payload)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def parse_log_line(line):
    """The Event of a line of the daemon's log, "event: SEQUENCE: JSON", or None."""
    match = re.match(r"event: (\d+): (\{.*\})$", line)
    event = parse_event(match.group(2)) if match else None
    return event if event and event.pair[1] == int(match.group(1)) else None


def parse_pair(text):
    if text is None:
        return None
    startup, _, sequence = text.partition(":")
    return int(startup), int(sequence)


def parse_gaps(payload):
    """The gaps that a STATUS message reports."""
    try:
        fields = json.loads(payload)
    except ValueError:
        return []
    if not isinstance(fields, dict):
        return []
    return [Gap(parse_pair(one.get("First")), parse_pair(one.get("Last")), one.get("Reason"))
            for one in fields.get("Gaps", [])]


def covers(gap, pair):
    """Whether the gap reports this pair. Without Last it goes on to the end of that start."""
    if gap.first is None:
        return gap.last is not None and pair <= gap.last
    if gap.last is None:
        return pair[0] == gap.first[0] and pair >= gap.first
    return gap.first <= pair <= gap.last


def name_pair(pair):
    return "%d:%d" % pair


def name_some(things, limit=20):
    named = ", ".join(things[:limit])
    return named + (", and %d more" % (len(things) - limit) if len(things) > limit else "")


def connection_numbers(records):
    """For each record the number of the connection that it came by; a broker's start and a disconnect end one."""
    numbers = []
    current = collections.defaultdict(int)
    starts = 0
    for record in records:
        if record.what == "start":
            starts += 1
        elif record.what == "disconnect":
            current[record.client] += 1
        numbers.append((record.client, starts, current[record.client]))
    return numbers


class _Case:
    """The story, sorted by pair."""

    def __init__(self, story):
        self.story = story
        self.created = {event.pair: event for event in story.created}
        self.deliveries = collections.OrderedDict()     # pair -> [(time, connection, Event)]
        self.connections = collections.OrderedDict()    # connection -> [pair]
        self.gaps = []
        for record, connection in zip(story.records, connection_numbers(story.records)):
            if record.what != "publish":
                continue
            event = parse_event(record.payload) if record.topic.endswith("/rdr/evt") else None
            if event is None:
                self.gaps += parse_gaps(record.payload)
                continue
            self.deliveries.setdefault(event.pair, []).append((record.at, connection, event))
            self.connections.setdefault(connection, []).append(event.pair)
        self.gaps = list(dict.fromkeys(self.gaps))
        self.missing = [pair for pair in sorted(self.created) if pair not in self.deliveries]

    def kills(self, *victims):
        return [kill for kill in self.story.kills if kill.victim in victims]

    def killed_startups(self):
        startups = {pair[0] for pair in self.created} | {pair[0] for pair in self.deliveries}
        # A run that was cut short ends with a start that nobody has killed.
        return startups - {self.story.clean_startup or max(startups, default=0)}


def judge(story, window=WINDOW, unwritten=UNWRITTEN):
    """The Verdict."""
    verdict = Verdict()
    case = _Case(story)
    verdict.counts["inserts"] = len(story.visits)
    for victim in VICTIMS:
        if case.kills(victim):
            verdict.counts["kills of " + NAMES[victim]] = len(case.kills(victim))
    verdict.counts["starts with events"] = len({pair[0] for pair in case.created})
    verdict.counts["pairs made"] = len(case.created.keys() | case.deliveries.keys())
    verdict.counts["pairs delivered"] = len(case.deliveries)
    _judge_missing(case, verdict)
    _judge_unlogged(case, verdict)
    _judge_contents(case, verdict)
    _judge_duplicates(case, verdict, window + unwritten)
    _judge_order(case, verdict)
    _judge_inserts(case, verdict)
    _judge_rereads(case, verdict)
    _judge_markers(case, verdict)
    return verdict


def _judge_missing(case, verdict):
    lost = [pair for pair in case.missing if not any(covers(gap, pair) for gap in case.gaps)]
    reported = len(case.missing) - len(lost)
    allowed = LOST_PER_KILL * len(case.kills(DAEMON))
    verdict.counts["not delivered, in a gap report"] = reported
    verdict.counts["not delivered, in no gap report"] = len(lost)
    verdict.counts["gaps reported"] = len(case.gaps)
    if lost:
        verdict.complain("%d events are neither delivered nor in a gap report: %s", len(lost), name_some(
            ["%s (tag %s)" % (name_pair(pair), case.created[pair].uid) for pair in lost]))
    if reported > allowed:
        verdict.complain("%d events stand only in gap reports; %d kills of the daemon may cost %d: %s", reported,
                         len(case.kills(DAEMON)), allowed,
                         name_some([name_pair(pair) for pair in case.missing if pair not in lost]))
    for gap in case.gaps:
        if gap.reason != UNCLEAN:
            verdict.complain("a gap has the reason \"%s\", which no kill explains: %s", gap.reason, gap)


def _judge_unlogged(case, verdict):
    """The log has an event after the cloud got it, so each kill may hide one line, the last of its start."""
    unlogged = [pair for pair in sorted(case.deliveries) if pair not in case.created]
    last = collections.Counter()
    for startup, sequence in case.created:
        last[startup] = max(last[startup], sequence)
    killed = case.killed_startups()
    verdict.counts["delivered, cut from the log by a kill"] = len(unlogged)
    strange = [pair for pair in unlogged if pair[0] not in killed or pair[1] != last[pair[0]] + 1]
    if strange:
        verdict.complain("%d pairs are delivered that the daemon's log does not have: %s", len(strange),
                         name_some([name_pair(pair) for pair in strange]))


def _judge_contents(case, verdict):
    uids = {visit.uid for visit in case.story.visits}
    for pair, deliveries in case.deliveries.items():
        texts = {event.payload for _, _, event in deliveries}
        if pair in case.created:
            texts.add(case.created[pair].payload)
        if len(texts) > 1:
            verdict.complain("%s has several texts: %s", name_pair(pair), " and ".join(sorted(texts)))
    strangers = sorted({event.uid for event in case.created.values()} - uids)
    if strangers:
        verdict.complain("tags were read that nobody inserted: %s", name_some(strangers))


def _judge_duplicates(case, verdict, limit):
    """Each coming again has its reason in the first kill since the time before."""
    kills = case.kills(DAEMON, BROKER)
    per_kill = collections.Counter()
    total = 0
    for pair, deliveries in case.deliveries.items():
        for (at, connection, _), (again_at, again_connection, _) in zip(deliveries, deliveries[1:]):
            total += 1
            reason = next((kill for kill in kills if kill.begin <= again_at and kill.ready >= at), None)
            if connection == again_connection:
                verdict.complain("%s came twice on one connection", name_pair(pair))
            elif reason is None:
                verdict.complain("%s came again %.3f s later, without a kill in between", name_pair(pair),
                                 again_at - at)
            else:
                per_kill[reason] += 1
    verdict.counts["duplicates"] = total
    verdict.counts["duplicates of one kill, at most"] = max(per_kill.values(), default=0)
    for kill, count in per_kill.items():
        if count > limit:
            verdict.complain("%d duplicates after the kill of %s at %.3f, more than %d", count,
                             NAMES[kill.victim], kill.begin, limit)


def longest_fall(pairs):
    """How long the longest falling subsequence is: so many rising streams at least are mixed in here."""
    ends = []   # ends[k]: the last of the stream k
    for pair in pairs:
        for number, end in enumerate(ends):
            if end <= pair:
                ends[number] = pair
                break
        else:
            ends.append(pair)
    return len(ends)


def _judge_order(case, verdict):
    """Live and replay each rise; a third stream would be disorder."""
    for connection, pairs in case.connections.items():
        if longest_fall(pairs) > 2:
            verdict.complain("connection %s has events out of order: %s", connection,
                             name_some([name_pair(pair) for pair in pairs], 60))


def _judge_inserts(case, verdict):
    """Each insert without a Sequence has a kill of its own, one a reader and kill."""
    read = {event.uid for event in case.created.values()}
    read |= {deliveries[0][2].uid for deliveries in case.deliveries.values()}
    kills = sorted(case.kills(DAEMON, *OF_READERS), key=lambda kill: kill.ready)
    used = set()
    for visit in sorted(case.story.visits, key=lambda visit: visit.begin):
        if visit.uid in read:
            continue
        reason = next((kill for kill in kills if kill.begin <= visit.end and kill.ready >= visit.begin
                       and (visit.reader, kill) not in used), None)
        if reason is None:
            verdict.complain("the insert of %s on reader %d got no Sequence, and no kill explains it", visit.uid,
                             visit.reader)
        else:
            used.add((visit.reader, reason))
        verdict.unread.append("%s on reader %d (%s)" % (visit.uid, visit.reader, "no kill" if reason is None
                                                        else "kill of " + NAMES[reason.victim]))
    verdict.counts["inserts without a Sequence"] = len(verdict.unread)


def _judge_rereads(case, verdict):
    """A card that lay there through a kill may be a new visit; without one it is read once, however long it stays."""
    pairs = collections.Counter(event.uid for event in case.created.values())
    pairs.update(deliveries[0][2].uid for pair, deliveries in case.deliveries.items() if pair not in case.created)
    kills = case.kills(DAEMON, *OF_READERS)
    owed = 0
    for visit in case.story.visits:
        allowed = 1 + sum(kill.begin <= visit.end and kill.ready >= visit.begin for kill in kills)
        owed += visit.owed - 1
        if pairs[visit.uid] > allowed:
            verdict.complain("%s on reader %d got %d Sequences, and its kills explain %d", visit.uid, visit.reader,
                             pairs[visit.uid], allowed)
        if visit.owed > 1 and pairs[visit.uid] < visit.owed:
            verdict.complain("%s lay on reader %d when that came back, and got %d Sequences instead of %d", visit.uid,
                             visit.reader, pairs[visit.uid], visit.owed)
    verdict.counts["cards read more than once"] = sum(count > 1 for count in pairs.values())
    verdict.counts["new visits that a reader's return owes"] = owed


def _judge_markers(case, verdict):
    """Each start that was killed is reported as such by a later one."""
    marked = {gap.first[0] for gap in case.gaps if gap.reason == UNCLEAN and gap.first is not None}
    unmarked = sorted(case.killed_startups() - marked)
    verdict.counts["killed starts reported"] = len(marked)
    if unmarked:
        verdict.complain("%d starts were killed and never reported as \"%s\": %s", len(unmarked), UNCLEAN,
                         name_some([str(startup) for startup in unmarked]))
    if case.story.clean_startup in marked:
        verdict.complain("start %d ended in order and is reported as \"%s\"", case.story.clean_startup, UNCLEAN)
