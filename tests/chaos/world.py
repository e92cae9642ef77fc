# SPDX-License-Identifier: MIT
"""What the crash harness moves: the built daemon, simulated readers (readers.py) and a mosquitto that notes what it
acknowledges; and who walks by with cards. Times are time.monotonic()."""
import collections
import pathlib
import re
import shutil
import signal
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import Broker, wait_until  # noqa: E402
from gateway import Gateway, build_directory, configuration  # noqa: E402
from judge import BROKER, DAEMON, NAMES, VICTIMS, Visit, parse_log_line  # noqa: E402
from pki import Sandbox  # noqa: E402
from readers import ReaderGone  # noqa: E402
from recorder import Recorder  # noqa: E402

DWELL_S = (0.020, 0.120)
PATIENT = 0.5           # this share of the cards stays through a kill of the daemon, until it is read
SEEN_LIMIT_S = 60       # a card that no kill disturbs is read long before
LINGER_S = (0.5, 2.5)
# What was told as gone for so long has left: the daemon's debounce_ms, and a margin for the way to its main thread.
LEFT_S = 0.3 + 0.2
READY_LIMIT_S = 60
LOOK_S = 0.003
LAST_WORDS_BYTES = 2000
# With a watchdog the daemon looks at its own threads, and says so if one of them is stuck.
WATCHDOG_US = "10000000"
JOURNAL_SETTINGS = "journal: { replay_rate = 0; };"


class DaemonLog:
    """What the daemon, all its starts, has said on standard error."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self._rest = b""
        self._lock = threading.Lock()
        self.events = []
        self._uids = collections.Counter()
        self._ill = {}          # label -> when the daemon's last word was that this reader does not work

    def look(self):
        """Reads what is new."""
        with self._lock, open(self._path, "rb") as log:
            log.seek(self._offset)
            new = log.read()
            self._offset += len(new)
            *lines, self._rest = (self._rest + new).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace"))

    def _take(self, line):
        event = parse_log_line(line)
        if event:
            self.events.append(event)
            self._uids[event.uid] += 1
        elif match := re.search(r"reader (.+?) does not work: ", line):
            self._ill[match.group(1)] = time.monotonic()

    def count(self, uid):
        """How many Sequences it got so far."""
        self.look()
        return self._uids[uid]

    def ill_since(self, label):
        """When it was seen to be told last that the reader does not work."""
        self.look()
        return self._ill.get(label, 0.0)


class Stay:
    """What a walker knows of the card that lies on its reader now."""

    def __init__(self, world, label, uid):
        self._world = world
        self._label = label
        self._uid = uid
        self._counted_at = 0.0
        self._count = 0
        self.begin = time.monotonic()
        self.kills = dict(world.kill_counts)
        self.owed = 1

    def is_settled(self):
        """Whether it got all its Sequences: one, and one more for each time that its reader came back."""
        now = time.monotonic()
        count = self._world.log.count(self._uid)
        if count > self._count:
            self._count, self._counted_at = count, now
        if self._count and self._world.was_away(self._label, self._counted_at):
            self.owed = max(self.owed, self._count + 1)
        return self._count >= self.owed

    def happened(self, victims):
        now = self._world.kill_counts
        return any(now[victim] != self.kills[victim] for victim in victims)


class Walker(threading.Thread):
    """Holds one card after the other to one reader, each with an identifier of its own, and none twice."""

    def __init__(self, world, number, random):
        super().__init__(daemon=True, name="walker %d" % number)
        self._world = world
        self._number = number
        self._random = random
        self._hand = world.readers.hand(number)
        self._cards = 0

    def run(self):
        try:
            while not self._world.finished.is_set():
                if self._world.is_open.wait(0.1):
                    self._walk_by()
        except Exception:   # an end without a word would look like a quiet run
            self._world.complain("walker %d failed:\n%s" % (self._number, traceback.format_exc()))
        finally:
            self._hand.close()

    def _walk_by(self):
        self._cards += 1
        uid = self._hand.make_uid(self._cards)
        share = self._world.readers.lingering
        lingers = share > 0 and self._random.random() < share
        dwell_s = self._random.uniform(*(LINGER_S if lingers else DWELL_S))
        patient = self._random.random() < PATIENT
        stay = Stay(self._world, self._world.readers.labels[self._number], uid)
        self._world.announce_insert()
        try:
            self._hand.insert(uid)
        except ReaderGone as gone:
            if gone.happened:
                self._world.add_visit(Visit(self._number, uid, stay.begin, time.monotonic()))
            time.sleep(LOOK_S)
            return
        self._remain(stay, dwell_s, patient)
        try:
            self._hand.remove()
        except ReaderGone:
            pass
        owed = stay.owed if patient else 1
        self._world.add_visit(Visit(self._number, uid, stay.begin, time.monotonic(), owed))

    def _remain(self, stay, dwell_s, patient):
        """At least for its time, and until a daemon that runs has read it."""
        readers = self._world.readers
        # Who leaves while nobody reads is patient no more; the card of a patient one lies there when the reader is back.
        disturbing = () if patient else (DAEMON, *readers.victims)
        while not stay.happened(readers.takes_cards):
            stayed_s = time.monotonic() - stay.begin
            if stay.is_settled() and stayed_s >= dwell_s and (not patient or self._world.is_open.is_set()):
                return
            if stayed_s > SEEN_LIMIT_S or (stayed_s >= dwell_s and stay.happened(disturbing)):
                return
            time.sleep(LOOK_S)


class World:
    """All parts, started. folder: short, as there are sockets in it. readers: of readers.py, not begun. settings: more of
    springpark.conf."""

    def __init__(self, folder, readers, settings=JOURNAL_SETTINGS):
        self.folder = folder
        self.complaints = []
        self.visits = []
        self.kill_counts = dict.fromkeys(VICTIMS, 0)
        self.readers = readers
        self.is_open = threading.Event()    # cards may come: daemon and readers are there
        self.finished = threading.Event()
        self._changed = threading.Condition()
        self._inserts = 0
        self._down = set()
        self._walkers = []
        self._readies = 0
        self._absent_at = 0.0   # when the readers were killed last
        self._away = {}         # label -> when that reader was gone last, for longer than the debounce
        self.sandbox = Sandbox(folder / "pki")
        self.recorder = Recorder(folder / "records.jsonl")
        self.broker = Broker(self.sandbox, extra=self.recorder.broker_lines())
        self.gateway = None
        try:
            self.readers.begin()
            text = configuration(self.broker, self.readers.settings, options="reconnect_interval = 1",
                                 more=settings + "\n")
            self.gateway = Gateway(text, pcscd=self.readers.pcscd, start=False,
                                   arguments=["--log-level", "debug"], environment={"WATCHDOG_USEC": WATCHDOG_US})
            self.log = DaemonLog(self.gateway.directory / "springparkd.log")
            self._start_daemon()
            self.wait_ready()
        except Exception:
            self.close()
            raise

    def complain(self, text):
        self.complaints.append(text)

    # --- the walkers

    def start_walkers(self, randoms):
        self._walkers = [Walker(self, number, random) for number, random in enumerate(randoms)]
        self._open_if_whole()
        for walker in self._walkers:
            walker.start()

    def end_walkers(self):
        self.finished.set()
        for walker in self._walkers:
            walker.join()

    def add_visit(self, visit):
        with self._changed:
            self.visits.append(visit)

    def announce_insert(self):
        """A card comes now; it may find that the reader is gone."""
        with self._changed:
            self._inserts += 1
            self._changed.notify_all()

    def inserts(self):
        return self._inserts

    def wait_insert(self, timeout_s):
        """Until the next card comes, but no longer than that."""
        with self._changed:
            before = self._inserts
            self._changed.wait_for(lambda: self._inserts != before, timeout_s)

    # --- the victims

    def is_up(self, victim):
        if victim in self._down:
            return False
        return victim not in self.readers.victims or self.readers.is_up(victim, self._daemon_pid())

    def is_healing(self, victim):
        """Whether it is not there, and comes by itself."""
        return victim in self.readers.victims and victim not in self._down and not self.is_up(victim)

    def _daemon_pid(self):
        return None if DAEMON in self._down else self.gateway.pid

    def list_up(self):
        return [victim for victim in (DAEMON, BROKER, *self.readers.victims) if victim not in self._down]

    def was_away(self, label, since):
        """Whether that reader was gone, and is back, since then, for so long that the card on it is a new visit."""
        return self._away.get(label, 0.0) > since

    def kill(self, victim):
        """kill -9, or what that is to a chip."""
        self._require_alive(victim)
        self._down.add(victim)
        self.kill_counts[victim] += 1
        if victim == BROKER:
            self.broker.kill()
            return
        if victim in self.readers.absent:
            self.is_open.clear()
            self._absent_at = time.monotonic()
        if victim in self.readers.victims:
            self.readers.kill(victim, self._daemon_pid())
            return
        self.is_open.clear()
        status = self.gateway.kill()
        if status != -signal.SIGKILL:
            self.complain("the daemon had ended by itself with %d" % status)

    def start(self, victim):
        """Starts it again. The daemon is up when wait_ready has returned."""
        if victim == BROKER:
            self.broker.start()
        elif victim in self.readers.victims:
            self._note_away(victim)
            self.readers.start(victim)
        else:
            self._start_daemon()
            return
        self._down.discard(victim)
        self._open_if_whole()

    def _note_away(self, victim):
        """Those that the daemon has missed for long enough are away, from before they were killed on."""
        if victim in self.readers.absent and victim not in self.readers.takes_cards:
            for label in self.readers.labels:
                if self._absent_at <= self.log.ill_since(label) <= time.monotonic() - LEFT_S:
                    self._away[label] = self._absent_at

    def wait_ready(self):
        """Until the daemon that was started last has said READY=1."""
        def told():
            self._require_alive(DAEMON)
            return self.gateway.notified().count("READY=1") > self._readies
        wait_until(told, READY_LIMIT_S, "springparkd tells READY=1")
        self._down.discard(DAEMON)
        self._open_if_whole()

    def _start_daemon(self):
        self._down.add(DAEMON)
        self._readies = self.gateway.notified().count("READY=1")
        self.gateway.start(wait_ready=False)

    def _open_if_whole(self):
        if not self._down.intersection((DAEMON, *self.readers.absent)):
            self.is_open.set()

    def _require_alive(self, victim):
        of_readers = victim in self.readers.victims
        pids = self.readers.pids(victim) if of_readers else [self._program(victim).pid]
        for pid in pids:
            # After the name, which ends with the last bracket: the state.
            state = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0]
            if state in "ZX":
                raise RuntimeError("%s has ended by itself\n%s" % (NAMES[victim], self._last_words(victim)))

    def _program(self, victim):
        return self.gateway if victim == DAEMON else self.broker

    def _last_words(self, victim):
        if victim in self.readers.victims:
            return "".join(log.read_text(errors="replace")[-LAST_WORDS_BYTES:] for log in self.readers.logs())
        return self._program(victim).log_text()[-LAST_WORDS_BYTES:]

    def require_all_alive(self):
        for victim in self.list_up():
            self._require_alive(victim)

    # --- the end

    def settle(self, limit_s):
        """Waits until the daemon has delivered and reported all it has; else complains. Returns its last status."""
        last = {}

        def at_rest():
            last.update(self.gateway.status())
            journal = last.get("journal", {})
            return (last["events"]["in_flight"] == 0 and last["events"]["stored"] == 0 and not journal.get("depth")
                    and not journal.get("gaps") and journal.get("state") != "opening")
        try:
            wait_until(at_rest, limit_s, "the daemon has delivered everything")
        except TimeoutError:
            self.complain("after %d s of quiet the daemon has not delivered everything; its status: %s, %s"
                          % (limit_s, last.get("events"), last.get("journal")))
        if last.get("journal", {}).get("set_aside"):
            self.complain("%d events are set aside, though the broker refuses none" % last["journal"]["set_aside"])
        return last

    def stop_daemon(self):
        """In order."""
        status = self.gateway.stop(30)
        if status != 0:
            self.complain("the daemon ended with %d after SIGTERM" % status)
        self.log.look()

    def keep_logs(self, target):
        """Everything of the run, for a person to look at."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for log in (self.folder / "records.jsonl", *self.readers.logs()):
            if log.exists():
                shutil.copy(log, target)
        for log in self.sandbox.directory.glob("mosquitto-*.log"):
            shutil.copy(log, target)
        if self.gateway is not None:
            for name in ("springparkd.log", "springpark.conf"):
                shutil.copy(self.gateway.directory / name, target)
            shutil.copytree(self.gateway.state_directory, target / "state")

    def close(self):
        self.end_walkers()
        if self.gateway is not None:
            self.gateway.close()
        self.readers.end()
        self.broker.close()
