# SPDX-License-Identifier: MIT
"""The readers of the crash harness: what they are, what can happen to them, and who moves cards on them. Two kinds with
one interface:

    PcscReaders     a pcscd with simulated readers; pcscd is killed, and each card goes with its reader
    NfcReaders      simulated PN532s behind libnfc; they are unplugged and come back, their power fails for a moment, and
                    the helper processes are killed. Whatever happens, a card lies where it lies

settings, pcscd: for the daemon. victims: who can be killed. absent: those of them without which no card can come.
takes_cards: those whose kill takes the cards away. kill, start: one of victims; what heals by itself needs no start.
daemon_pid: None while it is down.
"""
import os
import pathlib
import signal
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from judge import CHIP, GLITCH, HELPER, PCSCD  # noqa: E402
from pcscd import ATR_CLASSIC_1K, Pcscd  # noqa: E402
from pn532 import Pn532  # noqa: E402
from pn532_tags import Classic, Felica, IsoA, Type2  # noqa: E402
from threads import list_children  # noqa: E402

ANSWER_LIMIT_S = 10
PCSC, LIBNFC = "pcsc", "libnfc"


class ReaderGone(Exception):
    """There is no reader to hold a card to. happened: whether the reader was told before."""

    def __init__(self, happened):
        super().__init__()
        self.happened = happened


# ---- PC/SC


class PcscHand:
    """Moves cards on one simulated reader (ifdsim.c), through as many lives of pcscd as there are."""

    def __init__(self, number, path):
        self._number = number
        self._path = str(path)
        self._socket = None

    def make_uid(self, count):
        """The identifier of that card; no two cards have the same."""
        return "04%02X%010X" % (self._number, count)

    def insert(self, uid):
        self._tell("insert %s %s" % (ATR_CLASSIC_1K, uid))

    def remove(self):
        self._tell("remove")

    def close(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(ANSWER_LIMIT_S)
        self._socket.connect(self._path)

    def _tell(self, line):
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


class PcscReaders:
    driver = PCSC
    victims = (PCSCD,)
    absent = (PCSCD,)
    takes_cards = (PCSCD,)
    lingering = 0           # a card that stays longer would only be one more of the same

    def __init__(self, folder, count, build):
        self._folder = folder
        self._pcscd = Pcscd(readers=count, directory=folder / "pcscd", build=build)
        self.settings = '{ driver = "pcsc"; name = "*"; }'
        self.pcscd = self._pcscd.environment["PCSCLITE_CSOCK_NAME"]
        self.labels = self._pcscd.names

    def begin(self):
        self._pcscd.start()

    def end(self):
        self._pcscd.end()

    def hand(self, number):
        return PcscHand(number, self._pcscd.directory / ("readers/%d" % number))

    def is_up(self, _victim, _daemon_pid):
        return True

    def kill(self, _victim, _daemon_pid):
        self._pcscd.kill()

    def start(self, _victim):
        self._pcscd.start()

    def pids(self, _victim):
        return [self._pcscd.pid]

    def logs(self):
        return [self._folder / "pcscd/pcscd.log"]


# ---- libnfc


class NfcHand:
    """Moves tags over one simulated PN532, of a technology or kind that differs from one to the next."""

    KINDS = (lambda number, count: Type2("04%02X%010X" % (number, count)),
             lambda number, count: Classic("5E%02X%04X" % (number, count)),
             lambda number, count: IsoA("04%02X%010X" % (number, count), ats="788070020011"),
             lambda number, count: Felica("01%02X%012X" % (number, count)))

    def __init__(self, number, chip, lock):
        self._number = number
        self._chip = chip
        self._lock = lock
        self._tags = {}

    def make_uid(self, count):
        tag = self.KINDS[count % len(self.KINDS)](self._number, count)
        uid = tag.uid.hex().upper()
        self._tags = {uid: tag}
        return uid

    def insert(self, uid):
        with self._lock:
            if not self._chip.is_alive():
                raise ReaderGone(False)
            self._chip.insert(self._tags[uid])

    def remove(self):
        with self._lock:
            if self._chip.is_alive():
                self._chip.remove()
            else:
                self._chip.tags.clear()     # it does not lie there any more when the chip comes back

    def close(self):
        pass


class NfcReaders:
    driver = LIBNFC
    victims = (CHIP, GLITCH, HELPER)
    absent = (CHIP,)
    takes_cards = ()
    lingering = 0.3         # this share of the cards stays for a while, so that things happen under it
    pcscd = None

    def __init__(self, folder, count, _build):
        self._chips = [Pn532(folder / "chips", "chip%d" % number) for number in range(count)]
        self._locks = [threading.Lock() for _ in self._chips]
        self.labels = ["chip %d" % number for number in range(count)]
        self.settings = ", ".join('{ driver = "libnfc"; connection = "%s"; label = "%s"; }' % (chip.connection, label)
                                  for chip, label in zip(self._chips, self.labels))

    def begin(self):
        self.start(CHIP)

    def end(self):
        for chip in self._chips:
            chip.end()

    def hand(self, number):
        return NfcHand(number, self._chips[number], self._locks[number])

    def is_up(self, victim, daemon_pid):
        if victim == GLITCH:
            return all(chip.is_alive() for chip in self._chips)
        return victim != HELPER or len(list_helpers(daemon_pid)) == len(self._chips)

    def kill(self, victim, daemon_pid):
        if victim == HELPER:
            for pid in list_helpers(daemon_pid):
                os.kill(pid, signal.SIGKILL)    # not reaped before the daemon knows, so it is no one else's number
            return
        for chip, lock in zip(self._chips, self._locks):
            with lock:
                if victim == CHIP:
                    chip.kill()
                elif chip.is_alive():
                    chip.reset()

    def start(self, victim):
        if victim != CHIP:
            return
        for chip, lock in zip(self._chips, self._locks):
            with lock:
                chip.start()

    def pids(self, victim):
        return [chip.pid for chip in self._chips] if victim == CHIP else []

    def logs(self):
        return []


def list_helpers(daemon_pid):
    """The process numbers of the daemon's helpers."""
    if daemon_pid is None:
        return []
    try:
        children = list_children(daemon_pid)
    except OSError:     # a daemon that has just ended
        return []
    return [child for child in children if _name(child) == "springpark-nfc"]


def _name(pid):
    try:
        return pathlib.Path("/proc/%d/comm" % pid).read_text().strip()
    except OSError:
        return None


KINDS = {kind.driver: kind for kind in (PcscReaders, NfcReaders)}
