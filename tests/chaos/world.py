# SPDX-License-Identifier: MIT
"""What the crash harness moves: the built daemon, a pcscd with simulated readers and a mosquitto that notes what it
acknowledges; and who walks by with cards. Times are time.monotonic()."""
import pathlib
import shutil
import signal
import socket
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import Broker, wait_until  # noqa: E402
from gateway import Gateway, build_directory, configuration  # noqa: E402
from judge import BROKER, DAEMON, NAMES, PCSCD, VICTIMS, Visit, parse_log_line  # noqa: E402
from pcscd import ATR_CLASSIC_1K, Pcscd  # noqa: E402
from pki import Sandbox  # noqa: E402
from recorder import Recorder  # noqa: E402

DWELL_S = (0.020, 0.120)
PATIENT = 0.5           # this share of the cards stays through a kill of the daemon, until it is read
SEEN_LIMIT_S = 60       # a card that no kill disturbs is read long before
ANSWER_LIMIT_S = 10
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
        self._uids = set()

    def look(self):
        """Reads what is new."""
        with self._lock, open(self._path, "rb") as log:
            log.seek(self._offset)
            new = log.read()
            self._offset += len(new)
            *lines, self._rest = (self._rest + new).split(b"\n")
            for line in lines:
                event = parse_log_line(line.decode(errors="replace"))
                if event:
                    self.events.append(event)
                    self._uids.add(event.uid)

    def has(self, uid):
        self.look()
        return uid in self._uids


class ReaderGone(Exception):
    """pcscd was killed, and its simulated readers with it. happened: whether the reader was told before."""

    def __init__(self, happened):
        super().__init__()
        self.happened = happened


class Hand:
    """Moves cards on one simulated reader (ifdsim.c), through as many lives of pcscd as there are."""

    def __init__(self, path):
        self._path = str(path)
        self._socket = None

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_LIMIT_S)
        self._socket.connect(self._path)

    def tell(self, line):
        try:
            if self._socket is None:
                self._connect()
            self._socket.sendall(line.encode() + b"\n")
        except OSError:
            self.close()
            raise ReaderGone(False) from None
        try:
            answer = self._socket.recv(256)
        except ConnectionError:
            answer = b""
        if not answer:
            self.close()
            raise ReaderGone(True)
        if not answer.startswith(b"ok"):
            raise ValueError("a reader refused %s: %s" % (line, answer))


class Walker(threading.Thread):
    """Holds one card after the other to one reader, each with an identifier of its own, and none twice."""

    def __init__(self, world, number, random):
        super().__init__(daemon=True, name="walker %d" % number)
        self._world = world
        self._number = number
        self._random = random
        self._hand = Hand(world.pcscd.directory / ("readers/%d" % number))
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
        uid = "04%02X%010X" % (self._number, self._cards)
        dwell_s = self._random.uniform(*DWELL_S)
        patient = self._random.random() < PATIENT
        kills = dict(self._world.kill_counts)
        begin = time.monotonic()
        self._world.announce_insert()
        try:
            self._hand.tell("insert %s %s" % (ATR_CLASSIC_1K, uid))
        except ReaderGone as gone:
            if gone.happened:
                self._world.add_visit(Visit(self._number, uid, begin, time.monotonic()))
            time.sleep(LOOK_S)
            return
        self._stay(uid, begin, dwell_s, patient, kills)
        try:
            self._hand.tell("remove")
        except ReaderGone:
            pass
        self._world.add_visit(Visit(self._number, uid, begin, time.monotonic()))

    def _stay(self, uid, begin, dwell_s, patient, kills):
        """At least for its time, and until a daemon that runs has read it."""
        now = self._world.kill_counts
        while True:
            stayed_s = time.monotonic() - begin
            if stayed_s >= dwell_s and (self._world.log.has(uid) or stayed_s > SEEN_LIMIT_S):
                return
            if now[PCSCD] != kills[PCSCD]:
                return  # the card went with its reader
            if now[DAEMON] != kills[DAEMON] and not patient and stayed_s >= dwell_s:
                return
            time.sleep(LOOK_S)


class World:
    """All parts, started. folder: short, as there are sockets in it. settings: more of springpark.conf."""

    def __init__(self, folder, readers, settings=JOURNAL_SETTINGS):
        self.folder = folder
        self.complaints = []
        self.visits = []
        self.kill_counts = {DAEMON: 0, BROKER: 0, PCSCD: 0}
        self.is_open = threading.Event()    # cards may come: daemon and pcscd are there
        self.finished = threading.Event()
        self._changed = threading.Condition()
        self._inserts = 0
        self._down = set()
        self._walkers = []
        self._readies = 0
        self.sandbox = Sandbox(folder / "pki")
        self.recorder = Recorder(folder / "records.jsonl")
        self.broker = Broker(self.sandbox, extra=self.recorder.broker_lines())
        self.pcscd = Pcscd(readers=readers, directory=folder / "pcscd", build=build_directory())
        self.gateway = None
        try:
            self.pcscd.start()
            text = configuration(self.broker, '{ driver = "pcsc"; name = "*"; }', options="reconnect_interval = 1",
                                 more=settings + "\n")
            self.gateway = Gateway(text, pcscd=self.pcscd.environment["PCSCLITE_CSOCK_NAME"], start=False,
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
        return victim not in self._down

    def list_up(self):
        return [victim for victim in VICTIMS if victim not in self._down]

    def kill(self, victim):
        """kill -9."""
        self._require_alive(victim)
        self._down.add(victim)
        self.kill_counts[victim] += 1
        if victim == BROKER:
            self.broker.kill()
            return
        self.is_open.clear()
        if victim == PCSCD:
            self.pcscd.kill()
            return
        status = self.gateway.kill()
        if status != -signal.SIGKILL:
            self.complain("the daemon had ended by itself with %d" % status)

    def start(self, victim):
        """Starts it again. The daemon is up when wait_ready has returned."""
        if victim == BROKER:
            self.broker.start()
        elif victim == PCSCD:
            self.pcscd.start()
        else:
            self._start_daemon()
            return
        self._down.discard(victim)
        self._open_if_whole()

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
        if not self._down & {DAEMON, PCSCD}:
            self.is_open.set()

    def _require_alive(self, victim):
        pid = {DAEMON: self.gateway, BROKER: self.broker, PCSCD: self.pcscd}[victim].pid
        # After the name, which ends with the last bracket: the state.
        state = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0]
        if state in "ZX":
            raise RuntimeError("%s has ended by itself\n%s" % (NAMES[victim], self._last_words(victim)))

    def _last_words(self, victim):
        if victim == PCSCD:
            return (self.pcscd.directory / "pcscd.log").read_text(errors="replace")[-LAST_WORDS_BYTES:]
        return (self.gateway if victim == DAEMON else self.broker).log_text()[-LAST_WORDS_BYTES:]

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
        for name in ("records.jsonl", "pcscd/pcscd.log"):
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, target)
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
        self.pcscd.end()
        self.broker.close()
