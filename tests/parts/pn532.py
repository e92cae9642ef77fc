#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A PN532 on a pseudo-terminal that libnfc (driver pn532_uart) takes for a real one, moved by tests.

    with Pn532(scratch) as chip:                        # a process of its own; Pn532(scratch, thread=True): a thread
        chip.connection                                 # "pn532_uart:SCRATCH/pn532:115200"
        chip.insert(Type2("04A1B2C3D4E5F6"))            # or chip.insert("type2 uid=04A1B2C3D4E5F6"): pn532_tags.py
        chip.remove()
        chip.kill(); chip.start()                       # unplugged, plugged again

or as a program, for whoever has a path only:

    pn532.py LINK CONTROL
    printf 'insert type2 uid=04A1B2C3D4E5F6\\n' | nc -U -N CONTROL      # the answer is "ok VALUE" or "no REASON"

One tag a line of text, all kinds and their options: pn532_tags.py. What the chip does with a command: pn532_chip.py.

What libnfc 1.8.0 makes of it, measured with this simulator (tests/system/test_pn532.py holds the most of it):

nfc_initiator_target_is_present knows one current target, the one selected last. A tag that lies there gives 0, one
that has gone NFC_ETGRELEASED (-10) and then NFC_EINVARG (-2) for ever; after a select that found nothing or another
tag: -10. A chip that says nothing: NFC_ETIMEOUT (-6), not -10.
    type A, SAK 00      READ of page 0 (once more if the chip says nothing)
    SAK with bit 08     a whole new select by UID: an authentication is lost, and a tag that is mute counts as present
    SAK with bit 20     R(NAK) B2; any answer counts, and after an odd number of APDUs the tag repeats its last block
    any other SAK       NFC_EDEVNOTSUPP (-3), nothing is sent: 01, 04, 10, 11, 40...
    type B              R(NAK) BA 01, with CID 1: a tag whose ATQB says that it knows no CID does not answer, and is
                        said to be gone. The chip then has an active tag that hears no REQB: only the field off helps
    FeliCa, Jewel       Request Response (three times); RID
    B', SRx, CTx        ATTRIB; GET_UID; SELECT
select_passive_target, retries limited: nothing found 0 (for B', SRx and CTx the last error is -20 all the same).
Found: 1, but for SRx and CTx the first byte of the UID: one that begins with 00 is "not found". Retries without limit:
NFC_ETIMEOUT after 350 ms.
list_passive_targets finds several by deselecting each: all of them sleep afterwards, until the field was off.
deselect_target is 1 when it is fine.
poll_target: 0 after PollNr * Period * 150 ms, 1, or 2 when two of one type were found. Then the structure holds the
second, and every exchange goes to the first. One of B', SRx, CTx in its list, and it is NFC_EINVARG for all.
exchange: a tag that is mute, gone or says NAK (status 13) is NFC_ERFTRANS (-20). A wrong key: NFC_EMFCAUTHFAIL (-30).
An answer of more than 262 bytes: NFC_ECHIP (-90).
A silent, stopped or freshly powered chip: NFC_ETIMEOUT after 350 ms (select 300, is_present 700, nfc_open 1400: NULL),
but poll_target blocks without limit, and so does it when an answer is cut. A chip that lost its power hears nothing
before nfc_open has sent the wake-up again.
A wrong checksum: NFC_EIO (-1) after 50 ms, the next call is right. Bit 7 of a status byte: abort(3), true. An ATS of
length 0: SIGSEGV. A UID of length 200: 10 bytes, some of them what lay there before.
Unplugged: NFC_EIO at once, also from a poll that is under way; for ever, until it is opened anew.

By the standards, and not seen on hardware: a tag in ISO 14443-4 does not hear REQA or REQB (wakes=1 makes one that
does), CID. Known from the use of real ones: a Classic that refused a key can be selected anew while the field stays on.
"""

import argparse
import collections
import contextlib
import errno
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import tty

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from pn532_chip import AWAKE, ERROR, LOW_VBAT, Chip, Waiting  # noqa: E402
from pn532_tags import Tag, tag_from_text  # noqa: E402

DEADLINE_S = 10.0
TRAFFIC_MAX = 50000         # frames that are remembered
ACK = bytes.fromhex("0000FF00FF00")
NACK = bytes.fromhex("0000FFFF0000")
ERROR_FRAME = bytes.fromhex("0000FF01FF7F8100")
GARBAGE = ("checksum", "cut", "length", "status80", "uid200", "ats0")

Seen = collections.namedtuple("Seen", "time direction bytes")     # direction ">" to the chip, "<" from it
Command = collections.namedtuple("Command", "time bytes")         # bytes: without D4


def frame(body):
    """Bytes (D5 ...) as the line carries them."""
    check = bytes([-sum(body) & 0xFF, 0])
    if len(body) > 255:
        size = bytes([len(body) >> 8, len(body) & 0xFF])
        return b"\0\0\xFF\xFF\xFF" + size + bytes([-sum(size) & 0xFF]) + body + check
    return b"\0\0\xFF" + bytes([len(body), -len(body) & 0xFF]) + body + check


class Receiver:
    """Takes apart what the host sends: yields "wakeup", "ack", "nack" or the bytes of a whole frame."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        while (item := self._next()) is not None:
            if item:
                yield item

    def _next(self):
        start = self.buffer.find(b"\0\xFF")
        if start < 0:
            junk, self.buffer = self.buffer[:-1], self.buffer[-1:]
            if self.buffer == b"\x55":
                junk, self.buffer = junk + b"\x55", b""
            return "wakeup" if b"\x55" in junk else None
        if b"\x55" in self.buffer[:start]:
            self.buffer = self.buffer[start:]
            return "wakeup"
        self.buffer = self.buffer[start:]
        if len(self.buffer) < 4:
            return None
        size, check = self.buffer[2], self.buffer[3]
        if (size, check) == (0x00, 0xFF):
            return self._taken(4, "ack")
        head = 4
        if (size, check) == (0xFF, 0xFF):
            # NACK is FF 00; this is an extended frame.
            if len(self.buffer) < 7:
                return None
            size, head = self.buffer[4] << 8 | self.buffer[5], 7
        elif (size, check) == (0xFF, 0x00):
            return self._taken(4, "nack")
        elif (size + check) & 0xFF:
            return self._taken(2, "")
        if len(self.buffer) < head + size + 1:
            return None
        body, check = self.buffer[head:head + size], self.buffer[head + size]
        good = (sum(body) + check) & 0xFF == 0 and body[:1] == b"\xD4"
        return self._taken(head + size + 1, body[1:] if good else "")

    def _taken(self, count, item):
        self.buffer = self.buffer[count:]
        return item


class Simulator:
    """The chip on its line, and the control socket. One thread, which runs `run`."""

    def __init__(self, link, control=None):
        self.link = str(link)
        self.control = str(control) if control else None
        self.chip = Chip()
        self.seen = collections.deque(maxlen=TRAFFIC_MAX)
        self.commands = []
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.silent = False
        self.slow_s = 0.0
        self.garbage_left = 0
        self.garbage_kind = "checksum"
        self.master = self.slave = None
        self.waiting = None         # a Waiting of the chip
        self.due = []               # (time, bytes): answers that come later
        self.receiver = Receiver()
        self.last_answer = b""
        self.clients = {}
        self.waiters = []           # (client, prefix, count that ends it, deadline)
        self.ended = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self.listener = None

    def open(self):
        """The line, then the control socket: whoever reaches that finds the line."""
        self.plug()
        if self.control is None:
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.control)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.listener.bind(self.control)
        self.listener.listen(16)

    # --- the line

    def plug(self):
        """A new pseudo-terminal under the same link."""
        if self.master is not None:
            return
        self.master, self.slave = os.openpty()      # our own slave keeps the line alive while nobody has it open
        tty.setraw(self.slave, termios.TCSANOW)
        os.set_blocking(self.master, False)
        fresh = f"{self.link}.{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)
        os.symlink(os.ttyname(self.slave), fresh)
        os.rename(fresh, self.link)

    def unplug(self):
        """The device is gone: whoever has it open gets an error. The chip has lost its power."""
        if self.master is None:
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.link)
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = None
        self.reset()

    def reset(self):
        self.chip.reset()
        self.waiting, self.due, self.receiver = None, [], Receiver()

    def run(self):
        """Until the control socket says `end`."""
        while not self.ended:
            self.turn()
        self.close()

    def close(self):
        self.unplug()
        for client in list(self.clients):
            client.close()
        if self.listener:
            self.listener.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.control)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def wake(self):
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"x")

    def turn(self):
        readable = [self._wake_read] + ([self.listener] if self.listener else []) + list(self.clients)
        with self.lock:
            if self.master is not None:
                readable.append(self.master)
            master, timeout = self.master, self._patience()
        ready, _, _ = select.select(readable, [], [], timeout)
        with self.lock:
            if master is not None and master in ready and master == self.master:
                self._take_line()
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            if self.listener and self.listener in ready:
                client, _ = self.listener.accept()
                self.clients[client] = b""
            for client in [client for client in self.clients if client in ready]:
                self._take_control(client)
            self._look_at_clock(time.monotonic())

    def _patience(self):
        times = [when for when, _ in self.due] + [waiter[3] for waiter in self.waiters]
        if self.waiting is not None and self.waiting.until is not None:
            times.append(self.waiting.until)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _look_at_clock(self, now):
        if self.waiting is not None and self.waiting.until is not None and now >= self.waiting.until:
            answer, self.waiting = self.waiting.nothing, None
            self._answer(answer, now)
        while self.due and self.due[0][0] <= now:
            self._send(self.due.pop(0)[1])
        for waiter in [waiter for waiter in self.waiters if waiter[3] <= now]:
            self.waiters.remove(waiter)
            self._tell(waiter[0], "no deadline")

    def _take_line(self):
        try:
            data = os.read(self.master, 4096)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EAGAIN):
                return
            raise
        now = time.monotonic()
        for item in self.receiver.feed(data):
            self._take_item(item, now)

    def _take_item(self, item, now):
        if item == "wakeup":
            self._woken()
        elif self.chip.power != AWAKE and not (item[:1] == b"\x14" and self.chip.power == "woken"):
            self.seen.append(Seen(now, ">", item if isinstance(item, bytes) else item.encode()))
        elif item == "ack":
            self.seen.append(Seen(now, ">", ACK))
            self.waiting, self.due = None, []
        elif item == "nack":
            self.seen.append(Seen(now, ">", NACK))
            self._send(self.last_answer)
        else:
            self._take_command(item, now)

    def _woken(self):
        """55 55 wakes it; after a loss of power it still wants SAMConfiguration first."""
        if self.chip.power == LOW_VBAT:
            self.chip.power = "woken"
        elif self.chip.power != "woken":
            self.chip.power = AWAKE

    def _take_command(self, command, now):
        self.seen.append(Seen(now, ">", b"\xD4" + command))
        self.commands.append(Command(now, command))
        self.changed.notify_all()
        self._tell_waiters(command)
        if self.silent:
            return
        self.waiting = None
        self.chip.power = AWAKE
        self._send(ACK)
        answer = self.chip.execute(command, now)
        if isinstance(answer, Waiting):
            self.waiting = answer
        elif answer is ERROR:
            self._send(ERROR_FRAME)
        else:
            self._answer(answer, now)

    def _answer(self, answer, now):
        """answer: the bytes behind D5."""
        line = self._spoil(frame(b"\xD5" + answer), answer)
        if self.slow_s or self.due:
            self.due.append((now + self.slow_s, line))
        else:
            self._send(line)

    def _send(self, line):
        self.last_answer = line if line != ACK else self.last_answer
        self.seen.append(Seen(time.monotonic(), "<", line))
        if self.silent or self.master is None:
            return
        with contextlib.suppress(BlockingIOError, OSError):     # nobody reads: a UART would lose it as well
            os.write(self.master, line)

    # --- trouble

    def _spoil(self, line, answer):
        """The line of an answer, broken if that is due. Kinds that need a certain answer wait for one."""
        if self.garbage_left <= 0:
            return line
        broken = getattr(self, f"_spoil_{self.garbage_kind}")(line, answer)
        if broken is None:
            return line
        self.garbage_left -= 1
        return broken

    @staticmethod
    def _spoil_checksum(line, _answer):
        return line[:-2] + bytes([line[-2] ^ 0x55]) + line[-1:]

    @staticmethod
    def _spoil_cut(line, _answer):
        return line[:len(line) - 3]

    @staticmethod
    def _spoil_length(line, _answer):
        return line[:4] + bytes([line[4] ^ 0x01]) + line[5:]

    @staticmethod
    def _spoil_status80(_line, answer):
        if answer[0] not in (0x41, 0x43, 0x17):
            return None
        return frame(b"\xD5" + answer[:1] + bytes([answer[1] | 0x80]) + answer[2:])

    @staticmethod
    def _target_a(answer):
        """Where the data of a type A target begin (Tg), None if there are none."""
        if answer[0] == 0x4B and answer[1] and len(answer) > 8 and answer[7 - 1] in (4, 8, 12):
            return 2
        if answer[0] == 0x61 and answer[1] and answer[2] in (0x00, 0x10, 0x20):
            return 4
        return None

    def _spoil_uid200(self, _line, answer):
        start = self._target_a(answer)
        if start is None:
            return None
        return frame(b"\xD5" + answer[:start + 4] + b"\xC8" + answer[start + 5:])

    def _spoil_ats0(self, _line, answer):
        start = self._target_a(answer)
        if start is None:
            return None
        end = start + 5 + answer[start + 4]
        return frame(b"\xD5" + answer[:end] + b"\0" + answer[end + 1:])

    # --- what tests do to it

    def insert(self, tag):
        self.chip.insert(tag)
        if self.waiting is not None:
            # Each attempt of the chip wakes what fell back to idle at the one before.
            answer = self.waiting.attempt() or self.waiting.attempt()
            if answer:
                self.waiting = None
                self._answer(answer, time.monotonic())
        return tag.name

    def remove(self, name=None):
        if name is not None and name not in [tag.name for tag in self.chip.tags]:
            raise ValueError(f"no tag {name} is here")
        self.chip.remove(name)

    def garbage(self, data):
        if self.master is not None:
            self.seen.append(Seen(time.monotonic(), "<", data))
            os.write(self.master, data)

    def answer_garbage(self, count, kind="checksum"):
        if kind not in GARBAGE:
            raise ValueError(f"there is no garbage {kind}; there is {', '.join(GARBAGE)}")
        self.garbage_left, self.garbage_kind = count, kind

    # --- the control socket

    def _tell_waiters(self, command):
        for waiter in list(self.waiters):
            client, prefix, left, deadline = waiter
            if not command.startswith(prefix):
                continue
            self.waiters.remove(waiter)
            if left > 1:
                self.waiters.append((client, prefix, left - 1, deadline))
            else:
                self._tell(client, "ok " + command.hex())

    def _tell(self, client, line):
        try:
            client.setblocking(True)
            client.settimeout(DEADLINE_S)
            client.sendall(line.encode() + b"\n")
            client.setblocking(False)
        except OSError:
            self._forget(client)

    def _forget(self, client):
        self.waiters = [waiter for waiter in self.waiters if waiter[0] is not client]
        self.clients.pop(client, None)
        client.close()

    def _take_control(self, client):
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._forget(client)
            return
        *lines, self.clients[client] = (self.clients[client] + data).split(b"\n")
        for line in lines:
            self._obey(client, line.decode().strip())

    def _obey(self, client, line):
        word, _, rest = line.partition(" ")
        handler = getattr(self, f"_control_{word}", None)
        try:
            if handler is None:
                raise ValueError(f"there is no command {word!r}")
            value = handler(rest, client)
        except (ValueError, IndexError, OSError) as error:
            self._tell(client, f"no {error}")
            return
        if value is not Waiting:
            self._tell(client, f"ok {value}" if value not in (None, "") else "ok")

    def _control_insert(self, rest, _client):
        return self.insert(tag_from_text(rest))

    def _control_remove(self, rest, _client):
        self.remove(rest or None)

    def _control_tags(self, _rest, _client):
        return " ".join(f"{tag.name}:{tag.uid.hex().upper()}:{tag.state}" for tag in self.chip.tags)

    def _control_plug(self, _rest, _client):
        self.plug()

    def _control_unplug(self, _rest, _client):
        self.unplug()

    def _control_reset(self, _rest, _client):
        self.reset()

    def _control_garbage(self, rest, _client):
        self.garbage(bytes.fromhex(rest))

    def _control_answer_garbage(self, rest, _client):
        count, _, kind = rest.partition(" ")
        self.answer_garbage(int(count), kind or "checksum")

    def _control_silence(self, rest, _client):
        self.silent = rest in ("1", "on", "")

    def _control_slow(self, rest, _client):
        self.slow_s = int(rest) / 1000.0

    def _control_field(self, _rest, _client):
        return "on" if self.chip.field_on else "off"

    def _control_count(self, rest, _client):
        prefix = bytes.fromhex(rest)
        return str(sum(1 for command in self.commands if command.bytes.startswith(prefix)))

    def _control_commands(self, rest, _client):
        prefix = bytes.fromhex(rest)
        return " ".join(f"{command.time:.6f}:{command.bytes.hex()}" for command in self.commands
                        if command.bytes.startswith(prefix))

    def _control_traffic(self, _rest, _client):
        return " ".join(f"{seen.time:.6f}{seen.direction}{seen.bytes.hex()}" for seen in self.seen)

    def _control_forget(self, _rest, _client):
        self.seen.clear()
        self.commands.clear()

    def _control_wait(self, rest, client):
        """wait PREFIX COUNT SECONDS [SINCE]: until COUNT commands that begin so have come since then, or since now."""
        prefix, count, seconds, *since = rest.split()
        prefix = b"" if prefix == "-" else bytes.fromhex(prefix)
        come = [command for command in self.commands if since and command.time > float(since[0])
                and command.bytes.startswith(prefix)]
        left = int(count) - len(come)
        if left <= 0:
            return come[int(count) - 1].bytes.hex()
        self.waiters.append((client, prefix, left, time.monotonic() + float(seconds)))
        return Waiting

    def _control_end(self, _rest, _client):
        self.ended = True


class Pn532:
    """One simulated chip. connection is what libnfc opens; it stays the same over kill, start and unplug, plug."""

    def __init__(self, directory, name="pn532", thread=False):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.link = self.directory / name
        self.control = self.directory / f"{name}.control"
        self.connection = f"pn532_uart:{self.link}:115200"
        self.environment = {"LIBNFC_DEFAULT_DEVICE": self.connection}
        self.thread = thread
        self.tags = {}              # name to Tag, of those that were inserted and not removed
        self._process = None
        self._simulator = None
        self._runner = None
        self._socket = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end()

    @property
    def pid(self):
        return self._process.pid

    # --- its process

    def start(self, keep_tags=True):
        """Starts it (again) and waits until it is there. The tags that lay there when it was killed lie there still."""
        if self.thread:
            self._simulator = Simulator(self.link, self.control)
            self._simulator.open()
            self._runner = threading.Thread(target=self._simulator.run, daemon=True)
            self._runner.start()
        else:
            self._process = subprocess.Popen([sys.executable, "-S", "-E", __file__, str(self.link), str(self.control)],
                                             stdin=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE_S
        while not self._reach():
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError("the simulated PN532 ended by itself")
            if time.monotonic() > end:
                raise TimeoutError("the simulated PN532 to start")
            time.sleep(0.005)
        tags, self.tags = self.tags if keep_tags else {}, {}
        for tag in tags.values():
            self.insert(tag)

    def _reach(self):
        if self._socket is not None:
            return True
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(DEADLINE_S)
        try:
            connection.connect(str(self.control))
        except (ConnectionRefusedError, FileNotFoundError):
            connection.close()
            return False
        self._socket = connection
        return True

    def _hang_up(self):
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def end(self):
        """Ends it in order."""
        if not self.is_alive():
            self.kill()
            return
        if self._process is not None:
            self.cont()
        with contextlib.suppress(OSError, ValueError):
            self.tell("end")
        self._hang_up()
        if self._runner is not None:
            self._runner.join(DEADLINE_S)
            self._runner = self._simulator = None
        if self._process is not None:
            try:
                self._process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self):
        """kill -9, and no device any more: what unplugging looks like. start plugs it again."""
        if self.thread:
            if self._simulator is not None:
                self.end()
            return
        self._hang_up()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        for leftover in (self.link, self.control):
            with contextlib.suppress(FileNotFoundError):
                leftover.unlink()

    def is_alive(self):
        return self._runner is not None or (self._process is not None and self._process.poll() is None)

    def stop(self):
        """SIGSTOP: bytes are taken by the kernel and nobody answers."""
        self._process.send_signal(signal.SIGSTOP)

    def cont(self):
        self._process.send_signal(signal.SIGCONT)

    def tell(self, line, patience_s=DEADLINE_S):
        """Sends one line to it; returns the value of its answer."""
        self._socket.settimeout(patience_s)
        self._socket.sendall(line.encode() + b"\n")
        answer = bytearray()
        while not answer.endswith(b"\n"):
            part = self._socket.recv(1 << 20)
            if not part:
                raise ConnectionError("the simulated PN532 closed its socket")
            answer += part
        word, _, value = answer.decode().strip().partition(" ")
        if word != "ok":
            raise ValueError(f"the simulated PN532 refused {line[:60]!r}: {value}")
        return value

    # --- the field

    def insert(self, tag):
        """A tag comes: a Tag, or its line of text. Returns its name."""
        tag = tag if isinstance(tag, Tag) else tag_from_text(tag)
        self.tags[tag.name] = tag
        if self.thread:
            with self._simulator.lock:
                return self._simulator.insert(tag)
        return self.tell("insert " + tag.text())

    def remove(self, tag=None):
        """That one goes (a Tag or a name), or all."""
        name = tag.name if isinstance(tag, Tag) else tag
        names = [name] if name else list(self.tags)
        for each in names:
            self.tags.pop(each, None)
        self.tell(f"remove {name}" if name else "remove")

    def ids(self):
        """The identifiers of the tags that lie there now, in hex: name to UID."""
        return {word.split(":")[0]: word.split(":")[1] for word in self.tell("tags").split()}

    def states(self):
        """Name to state (idle, active, protocol, halt)."""
        return {word.split(":")[0]: word.split(":")[2] for word in self.tell("tags").split()}

    @property
    def field_on(self):
        return self.tell("field") == "on"

    # --- trouble

    def unplug(self):
        """Like kill, but the process goes on: nobody can open the device. The tags stay where they are."""
        self.tell("unplug")

    def plug(self):
        self.tell("plug")

    def reset(self):
        """Its power fails for a moment: it has forgotten everything and listens to nothing but the wake-up."""
        self.tell("reset")

    def garbage(self, data):
        """Noise on the line, now."""
        self.tell("garbage " + bytes(data).hex())

    def answer_garbage(self, count, kind="checksum"):
        """The next `count` answers are broken. checksum, length: of the data, of the length; cut: the end never comes;
        status80: bit 7 of the status byte; uid200: a UID of 200 bytes; ats0: an ATS of length 0. The last three wait
        for an answer that has such a thing."""
        self.tell(f"answer_garbage {count} {kind}")

    def silence(self, on=True):
        """It takes all bytes and says nothing."""
        self.tell(f"silence {int(on)}")

    def slow(self, ms):
        """Each answer comes that much later (the ACK at once)."""
        self.tell(f"slow {ms}")

    # --- what happened

    def traffic(self):
        """All frames: a list of Seen(time, direction, bytes). time as time.monotonic()."""
        seen = []
        for word in self.tell("traffic").split():
            mark = ">" if ">" in word else "<"
            when, _, data = word.partition(mark)
            seen.append(Seen(float(when), mark, bytes.fromhex(data)))
        return seen

    def commands(self, prefix=""):
        """All commands that begin with these bytes (hex): a list of Command(time, bytes)."""
        words = [word.partition(":") for word in self.tell(f"commands {prefix}").split()]
        return [Command(float(when), bytes.fromhex(data)) for when, _, data in words]

    def count(self, prefix=""):
        """How many commands began with these bytes (hex): "4A0100" are searches for type A."""
        return int(self.tell(f"count {prefix}"))

    def forget(self):
        """Counts and traffic begin anew."""
        self.tell("forget")

    def wait_for(self, prefix="", count=1, deadline_s=DEADLINE_S, since=None):
        """Waits until so many commands that begin with these bytes (hex) have come, since now or since that time
        (time.monotonic()); returns the last one."""
        words = ["wait", prefix or "-", str(count), str(deadline_s)]
        words += [] if since is None else [repr(float(since))]
        try:
            return bytes.fromhex(self.tell(" ".join(words), deadline_s + DEADLINE_S))
        except ValueError as error:
            raise TimeoutError(f"{count} commands {prefix} in {deadline_s} s") from error


def main():
    parser = argparse.ArgumentParser(description="A PN532 on a pseudo-terminal.")
    parser.add_argument("link", help="where the link to the terminal is made")
    parser.add_argument("control", help="where the control socket is made")
    parser.add_argument("tag", nargs="*", help="tags that lie there from the beginning, each one argument")
    arguments = parser.parse_args()
    simulator = Simulator(arguments.link, arguments.control)
    for tag in arguments.tag:
        simulator.insert(tag_from_text(tag))
    signal.signal(signal.SIGTERM, lambda *_: setattr(simulator, "ended", True) or simulator.wake())
    simulator.open()
    simulator.run()


if __name__ == "__main__":
    main()
