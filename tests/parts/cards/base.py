# SPDX-License-Identifier: MIT
"""What all simulated cards have in common.

    card.atr            hex: what a PC/SC reader makes of the card (PC/SC part 3, 3.1.3.2.3)
    card.uid            hex
    card.apdu(command)  the answer to one command as a PC/SC reader passes it, status bytes included; None: it is mute
    card.reset()        its power was off and on
    card.commands       how many commands there were, all but FF CA, with which a reader tells what it knows already
    card.log            these commands, as bytes
    card.air            how often the reader had to say something to the card for them, where it has another language
                        than APDUs (READ of a Type 2 tag); a card with APDUs: as many as they reach it
    card.resets         how often it was reset

Trouble comes on demand, counted from the moment at which it is asked for:

    card.fault("mute", after=2)             after two more commands it says nothing more
    card.fault("mute", after=2, times=1)    ... to one command, then it is well again
    card.fault("mute", after=2, until_reset=True)   ... until it is powered anew, as a card that has lost its way
    card.fault("leave", after=1)            in the middle of the second command from now it leaves
    card.fault("nonsense", after=1, times=1, answer=b"\\x63")
    card.fault("status", answer=b"\\x6F\\x00")     the same, by status bytes; for cards that answer and refuse
    card.heal()

A command of class FF is for the reader, and answered as PC/SC part 3 (3.2.2.1) says.
"""

import threading

SUCCESS = b"\x90\x00"
END_OF_DATA = b"\x62\x82"           # end of file before all that was wanted
AUTHENTICATION_FAILED = b"\x63\x00"
WRONG_LENGTH = b"\x67\x00"
SECURITY = b"\x69\x82"
NOT_ALLOWED = b"\x69\x86"
KEY_SLOT = b"\x69\x88"
NOT_SUPPORTED = b"\x6A\x81"
NOT_FOUND = b"\x6A\x82"
WRONG_PARAMETERS = b"\x6A\x86"
WRONG_OFFSET = b"\x6B\x00"
NO_SUCH_INSTRUCTION = b"\x6D\x00"
NO_SUCH_CLASS = b"\x6E\x00"


def correct_length(count):
    """6C XX: that many bytes should have been asked for."""
    return bytes([0x6C, count & 0xFF])


def as_bytes(value):
    """Bytes, or hex with or without blanks."""
    return bytes.fromhex(value) if isinstance(value, str) else bytes(value)


class Card:
    """ats: the whole ATS with its length byte, of a card with ISO/IEC 14443-4 type A; None for any other."""

    technology = ""     # as READER EVENT says it: NFC-A...

    def __init__(self, uid, atr, ats=None):
        self.uid = as_bytes(uid).hex().upper()
        self.atr = as_bytes(atr).hex().upper()
        self.ats = ats if ats is None else as_bytes(ats)
        self.commands = 0
        self.log = []
        self.air = 0
        self.resets = 0
        self.left = False
        self._fault = None
        self._lock = threading.RLock()

    # --- what a reader does with it

    def apdu(self, command):
        """The answer, or None."""
        command = bytes(command)
        with self._lock:
            if self.left:
                return None
            if command[:2] == b"\xFF\xCA":
                return self._get_data(command)
            return self.ask(command, self.answer)

    def ask(self, command, answer):
        """Counts a command, and answers it by that function unless there is trouble."""
        with self._lock:
            self.commands += 1
            self.log.append(command)
            return self._fault.answer(self, command, answer) if self._fault else answer(command)

    def reset(self):
        with self._lock:
            self.resets += 1
            if self._fault and self._fault.ends_with_reset():
                self._fault = None
            self.forget()

    # --- what each card does

    def answer(self, command):
        """To any command but FF CA."""
        return self.reader(command) if command[:1] == b"\xFF" else NO_SUCH_INSTRUCTION

    def reader(self, command):
        """To a command of class FF."""
        del command
        return NOT_SUPPORTED

    def forget(self):
        """Without power it forgets what it was told."""

    # --- trouble

    def fault(self, kind, after=0, times=None, answer=None, until_reset=False):
        """kind: leave, mute, nonsense or status; times None: for ever, or until the next reset once it has begun."""
        if kind not in ("leave", "mute", "nonsense", "status"):
            raise ValueError(f"there is no trouble {kind}")
        default = {"nonsense": b"\x63", "status": b"\x6F\x00"}.get(kind)
        with self._lock:
            self._fault = _Fault(kind, after, times, default if answer is None else as_bytes(answer), until_reset)

    def heal(self):
        with self._lock:
            self._fault = None

    def forget_commands(self):
        """What was counted so far."""
        with self._lock:
            self.commands, self.log, self.air, self.resets = 0, [], 0, 0

    def _get_data(self, command):
        """PC/SC part 3, 3.2.2.1.3: Le 00 is all of it."""
        if len(command) != 5:
            return WRONG_LENGTH
        data = {b"\0\0": bytes.fromhex(self.uid), b"\1\0": self.ats}.get(command[2:4])
        if data is None:
            return NOT_SUPPORTED
        if command[4] and command[4] < len(data):
            return correct_length(len(data))
        return data + (END_OF_DATA if command[4] > len(data) else SUCCESS)


class _Fault:
    def __init__(self, kind, after, times, said, until_reset):
        self.kind, self.after, self.times, self.said, self.until_reset = kind, after, times, said, until_reset
        self.begun = False

    def ends_with_reset(self):
        return self.until_reset and self.begun

    def answer(self, card, command, answer):
        if self.after > 0 or self.times == 0:
            self.after -= 1
            return answer(command)
        self.begun = True
        if self.times is not None:
            self.times -= 1
        if self.kind == "leave":
            card.left = True
        return self.said if self.kind in ("nonsense", "status") else None


class StorageCard(Card):
    """A card whose memory a reader gives by FF B0 00 NUMBER LE (PC/SC part 3, 3.2.2.1.8), in its own words to the card.

    unit: how many bytes one READ over the air gives. at_once: how many bytes this reader gives at most for one command,
    None: as many as Le can say; readers differ in that."""

    unit = 16

    def __init__(self, uid, atr, at_once=None, **common):
        super().__init__(uid, atr, **common)
        self.at_once = at_once

    def reader(self, command):
        if command[1:2] == b"\xB0" and len(command) == 5:
            return self.read_binary(command[2] << 8 | command[3], command[4])
        return WRONG_LENGTH if command[1:2] == b"\xB0" else NOT_SUPPORTED

    def read_binary(self, number, wanted):
        """wanted: Le; 0 is one unit."""
        wanted = wanted or self.unit
        if self.at_once is not None and wanted > self.at_once:
            return correct_length(self.at_once)
        data = b""
        while len(data) < wanted:
            part = self.read(number)
            if part is None:
                return data + END_OF_DATA if data else NOT_FOUND
            data += part
            number += self.step
        return data[:wanted] + SUCCESS

    step = 1            # by how much the number rises from one READ to the next

    def read(self, number):
        """One READ over the air; None: the card does not give it."""
        raise NotImplementedError
