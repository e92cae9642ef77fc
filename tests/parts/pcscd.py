# SPDX-License-Identifier: MIT
"""A private pcscd with simulated readers (libifdsim.so), for tests and benchmarks. Needs root and a built tree.

    with Pcscd(readers=2, directory=scratch, build=build) as pcscd:
        subprocess.Popen(..., env={**os.environ, **pcscd.environment})
        pcscd.insert(0, "047DAE02C84080")
        pcscd.remove(0)
        pcscd.insert_card(0, Type2.ntag213())       # one that speaks its protocol: tests/parts/cards

pcscd runs in a mount namespace of its own in which a scratch folder lies over /run/pcscd: the daemon knows no other
way, only the client library reads PCSCLITE_CSOCK_NAME. The other way, systemd-socket-activate, starts pcscd only at the
first client's connection, which falsifies a first latency. With hotplug=True the readers are not configured but plugged
by plug(i) and unplug(i).
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from cards.server import CardServer

DEADLINE_S = 10.0


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Waits until condition() is true; raises TimeoutError that names what was waited for."""
    end = time.monotonic() + deadline_s
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)
    return value


def with_check_byte(atr):
    """The ATR with its TCK (ISO/IEC 7816-3, 8.2.5): the exclusive or of all bytes but the first is 0."""
    check = 0
    for byte in atr[1:]:
        check ^= byte
    return (bytes(atr) + bytes([check])).hex().upper()


def storage_atr(standard, name):
    """A storage card (PC/SC part 3, 3.1.3.2.3.2): standard byte and card name."""
    return with_check_byte(bytes.fromhex("3B8F8001804F0CA000000306") + bytes([standard])
                           + name.to_bytes(2, "big") + bytes(4))


def iso14443_4_a_atr(historical=b"\x80\x71\x10"):
    """A type A card: the historical bytes of its ATS."""
    return with_check_byte(bytes([0x3B, 0x80 | len(historical), 0x80, 0x01]) + historical)


def iso14443_4_b_atr(application=bytes.fromhex("11223344"), protocol=bytes.fromhex("338171"), mbli=0):
    """A type B card: application data and protocol information of its ATQB, and MBLI."""
    return with_check_byte(bytes.fromhex("3B888001") + application + protocol + bytes([mbli << 4]))


ATR_CLASSIC_1K = storage_atr(0x03, 0x0001)
ATR_ULTRALIGHT = storage_atr(0x03, 0x0003)
ATR_NFC_V = storage_atr(0x0B, 0x0014)
ATR_FELICA = storage_atr(0x11, 0x003B)
ATR_TYPE_A = iso14443_4_a_atr()
ATR_TYPE_B = iso14443_4_b_atr()
ATR_CONTACT = "3BFF1300008131FE45434D474B43343500000000000000A0"

_INFO_PLIST = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleExecutable</key><string>libifdsim.so</string>
<key>ifdCapabilities</key><string>0x00000000</string>
<key>ifdProtocolSupport</key><string>0x00000001</string>
<key>ifdVersionNumber</key><string>0x00000001</string>
<key>ifdVendorID</key><array><string>0xF0F0</string></array>
<key>ifdProductID</key><array><string>0x0001</string></array>
<key>ifdFriendlyName</key><array><string>SIM Contactless Reader</string></array>
</dict></plist>
"""


class Pcscd:
    """One private pcscd. names[i] is the PC/SC name of reader i (not with hotplug)."""

    def __init__(self, readers=2, directory=None, build=None, hotplug=False, names=None):
        self.directory = pathlib.Path(directory)
        self.library = pathlib.Path(build) / "tests/parts/.libs/libifdsim.so"
        self.fake_udev = pathlib.Path(build) / "tests/parts/.libs/libfakeudev.so"
        self.hotplug = hotplug
        friendly = names or [f"Sim {chr(ord('A') + i)}" for i in range(readers)]
        self.names = [f"{name} {i:02X} 00" for i, name in enumerate(friendly)]
        self.environment = {"PCSCLITE_CSOCK_NAME": str(self.directory / "run/pcscd.comm")}
        self._friendly = friendly
        self._process = None
        self._sockets = {}
        self._cards = {}            # reader to the CardServer of its last card
        self._cards_count = 0
        self._log = None
        self._write_configuration()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self._process.pid

    # --- the daemon

    def _write_configuration(self):
        for folder in ("run", "readers", "config", "cards"):
            (self.directory / folder).mkdir(parents=True, exist_ok=True)
        blocks = []
        for i, name in enumerate([] if self.hotplug else self._friendly):
            blocks.append(f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{self.directory}/readers/{i}\n'
                          f'LIBPATH {self.library}\nCHANNELID {i}\n')
        (self.directory / "config/sim").write_text("\n".join(blocks))
        contents = self.directory / "drivers/sim.bundle/Contents"
        (contents / "Linux").mkdir(parents=True, exist_ok=True)
        if self.hotplug:
            (contents / "Info.plist").write_text(_INFO_PLIST)
            shutil.copy(self.library, contents / "Linux/libifdsim.so")

    def start(self):
        """Starts pcscd and waits until it and its configured readers can be reached."""
        run = self.directory / "run"
        for leftover in [*run.iterdir(), *(self.directory / "readers").iterdir()]:
            leftover.unlink()
        os.makedirs("/run/pcscd", exist_ok=True)
        environment = {**os.environ}
        # Plugged readers must be ours alone: no driver of the machine's is seen.
        script = f"mount --bind {run} /run/pcscd && mount --bind {self.directory}/drivers /usr/lib/pcsc/drivers && "
        if self.hotplug:
            environment["FAKEUDEV_SOCKET"] = str(self.directory / "udev")
            environment["FAKEUDEV_NODES"] = str(self.directory / "readers")
            script += f"export LD_PRELOAD={self.fake_udev} && "
        script += f"exec /usr/sbin/pcscd --foreground -c {self.directory}/config"
        self._log = open(self.directory / "pcscd.log", "ab")
        self._process = subprocess.Popen(["unshare", "-m", "sh", "-c", script], env=environment,
                                         stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        expected = [run / "pcscd.comm"]
        expected += [self.directory / "udev"] if self.hotplug else [
            self.directory / f"readers/{i}" for i in range(len(self._friendly))]
        wait_until(lambda: self._alive() and all(path.exists() for path in expected),
                   f"pcscd to start; see {self.directory}/pcscd.log")

    def is_alive(self):
        return self._process is not None and self._process.poll() is None

    def _alive(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"pcscd ended by itself; see {self.directory}/pcscd.log")
        return True

    def _finish(self, signal_number):
        for connection in self._sockets.values():
            connection.close()
        for server in self._cards.values():
            server.close()
        self._sockets = {}
        self._cards = {}
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(signal_number)
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._log.close()

    def end(self):
        """Ends pcscd in order."""
        self._finish(signal.SIGTERM)

    def kill(self):
        """kill -9."""
        self._finish(signal.SIGKILL)

    def restart(self):
        """Ends it in order and starts it again."""
        self.end()
        self.start()

    def stop(self):
        """SIGSTOP: it hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def cont(self):
        """SIGCONT: it goes on."""
        self._process.send_signal(signal.SIGCONT)

    # --- the readers

    def _connect(self, i):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(DEADLINE_S)
        try:
            connection.connect(str(self.directory / f"readers/{i}"))
        except (ConnectionRefusedError, FileNotFoundError):
            connection.close()
            return None
        return connection

    def tell(self, i, line):
        """Sends one line to reader i; returns the value of its answer."""
        if i not in self._sockets:
            self._sockets[i] = wait_until(lambda: self._connect(i), f"reader {i} to be reached")
        self._sockets[i].sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = self._sockets[i].recv(4096)
            if not part:
                raise ConnectionError(f"reader {i} closed its socket")
            answer += part
        word, _, value = answer.decode().strip().partition(" ")
        if word != "ok":
            raise ValueError(f"reader {i} refused {line!r}: {value}")
        return value

    def insert(self, i, uid, atr=ATR_CLASSIC_1K, ats=None, answers=None, memory=None, keys=None):
        """A card comes. uid: hex; ats: hex or None; answers: a dict from APDU to response, in hex. memory: hex, of a
        Type 2 tag, or, with keys, a dict from (A or B, sector) to hex, of a Mifare Classic."""
        words = ["insert", atr, uid] + ([f"ats={ats}"] if ats else [])
        words += [f"answer={apdu}:{response}" for apdu, response in (answers or {}).items()]
        words += [f"memory={memory}"] if memory else []
        words += [f"key={kind}:{sector}:{key}" for (kind, sector), key in (keys or {}).items()]
        self.tell(i, " ".join(words))

    def insert_card(self, i, card):
        """A card comes that answers for itself (tests/parts/cards): each command that reaches the reader goes to
        card.apdu, each power-up to card.reset."""
        if i in self._cards:
            self._cards.pop(i).close()
        self._cards_count += 1
        card.left = False
        server = self._cards[i] = CardServer(self.directory / f"cards/{self._cards_count}", card)
        self.tell(i, f"insert {card.atr} - socket={server.path}")

    def remove(self, i):
        self.tell(i, "remove")

    def mute(self, i):
        self.tell(i, "mute")

    def gone(self, i):
        self.tell(i, "gone")

    def back(self, i):
        self.tell(i, "back")

    def fail(self, i, count):
        self.tell(i, f"failtx {count}")

    def slow(self, i, ms):
        self.tell(i, f"slow {ms}")

    def nonsense(self, i, count, answer):
        """The next `count` exchanges are answered by these bytes (hex, "-" = none)."""
        self.tell(i, f"nonsense {count} {answer}")

    def count(self, i):
        """How many APDUs reached reader i."""
        return int(self.tell(i, "count"))

    def controls(self, i):
        """How many escape commands reached reader i, and the last one in hex."""
        count, _, last = self.tell(i, "control").partition(" ")
        return int(count), last

    def escapes(self, i):
        """The last escape commands that reached reader i (16 at most), in hex, oldest first."""
        return self.tell(i, "escapes").split()

    def take_escapes(self, i, taken):
        """Whether the driver passes escape commands on."""
        self.tell(i, "escape " + ("on" if taken else "off"))

    # --- plugging

    def _tell_udev(self, line):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(line.encode(), str(self.directory / "udev"))

    def plug(self, i):
        """Plugs reader i and waits until it can be moved."""
        self._tell_udev(f"add {i}")
        wait_until((self.directory / f"readers/{i}").exists, f"reader {i} to be taken by pcscd")

    def unplug(self, i):
        if i in self._sockets:
            self._sockets.pop(i).close()
        self._tell_udev(f"remove {i}")
