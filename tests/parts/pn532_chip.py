# SPDX-License-Identifier: MIT
"""The PN532 itself, without its line: commands in, answers out, and a field with tags in it. See pn532.py.

What is here is what a host can see: answers and their status bytes, the register file as far as framing needs it,
target numbers, the field, retries. Times are those of the host's side only: an exchange that a tag does not answer ends
at once with status 01 and not after 50 ms, unless the simulator is told to be slow.
"""

import contextlib

from pn532_tags import ACTIVE, HALT, IDLE, Classic, Felica, IsoA, IsoB, Jewel, Nak

TIMEOUT, INVALID_PARAMETER, MIFARE_AUTH, BAD_FORMAT, WRONG_STATE = 0x01, 0x10, 0x14, 0x13, 0x27
TX_MODE, RX_MODE, BIT_FRAMING = 0x6302, 0x6303, 0x633D
FRAMING = {"A": 0x00, "B": 0x03, "F": 0x02}
LOW_VBAT, POWER_DOWN, AWAKE = "low_vbat", "power_down", "awake"
EXCHANGE_MAX_BYTES = 262
PERIOD_S = 0.15             # of InAutoPoll

ERROR = None                # the answer to what the chip does not know: the error frame


class Waiting:
    """A command that is still looking for a tag. until: a time (monotonic), None = for ever."""

    def __init__(self, attempt, until, nothing):
        self.attempt = attempt
        self.until = until
        self.nothing = nothing      # the answer when the time is over


class Chip:
    """execute(command, now) gives the answer's bytes behind D5, Waiting, or ERROR."""

    def __init__(self, firmware=bytes([0x32, 0x01, 0x06, 0x07])):
        self.firmware = firmware
        self.tags = []
        self.field_on = False
        self.reset()

    def reset(self):
        """Power was lost: all settings are as they were delivered, and only the wake-up and SAMConfiguration help."""
        self.set_field(False)
        self.power = LOW_VBAT
        self.registers = {TX_MODE: 0x80, RX_MODE: 0x80}
        self.retries = 0xFF         # MxRtyPassiveActivation
        self.parameters = 0x14
        self.targets = {}           # Tg to tag
        self.active = None          # the Tg that is not put to sleep
        self.chained = b""          # what the host said with MI
        self.rest = b""             # what it has not fetched yet

    # --- the field

    def set_field(self, on):
        self.field_on = on
        for tag in self.tags:
            tag.power(on)
        if not on:
            self.targets, self.active = {}, None

    def insert(self, tag):
        tag.gone = False
        tag.exchanges = 0
        self.tags.append(tag)
        tag.power(self.field_on)

    def remove(self, name=None):
        for tag in [tag for tag in self.tags if name in (None, tag.name)]:
            tag.gone = True
            tag.power(False)
            self.tags.remove(tag)

    def drop_gone(self):
        for tag in [tag for tag in self.tags if tag.gone]:
            self.remove(tag.name)

    def set_framing(self, letter, speed=0):
        self.registers[TX_MODE] = 0x80 | speed << 4 | FRAMING[letter]
        self.registers[RX_MODE] = 0x80 | speed << 4 | FRAMING[letter]

    # --- commands

    def execute(self, command, now):
        handler = getattr(self, f"_do_{command[0]:02x}", None) if command else None
        if handler is None:
            return ERROR
        try:
            answer = handler(command[1:], now)
        except IndexError:          # too short
            return ERROR
        self.drop_gone()
        if isinstance(answer, Waiting) or answer is ERROR:
            return answer
        return bytes([command[0] + 1]) + answer

    def _do_00(self, data, _now):   # Diagnose
        test = data[0]
        if test == 0x00:
            return data
        if test in (0x01, 0x02, 0x07):
            return b"\x00"
        if test == 0x04:
            return b"\x00"
        if test == 0x06:            # attention request: only for ISO/IEC 14443-4
            tag = self.targets.get(1)
            if not isinstance(tag, (IsoA, IsoB)):
                return bytes([WRONG_STATE])
            return b"\x00" if tag.take(b"\xB2") is not None else bytes([TIMEOUT])
        return ERROR

    def _do_02(self, _data, _now):  # GetFirmwareVersion
        return self.firmware

    def _do_04(self, _data, _now):  # GetGeneralStatus
        kinds = {"A": 0x10, "F": 0x11, "B": 0x23}
        listed = b"".join(bytes([tg, 0, 0, kinds[tag.framing]]) for tg, tag in self.targets.items())
        return bytes([0, 0, len(self.targets)]) + listed + b"\x00"

    def _do_06(self, data, _now):   # ReadRegister
        return bytes(self.registers.get(data[i] << 8 | data[i + 1], 0) for i in range(0, len(data), 2))

    def _do_08(self, data, _now):   # WriteRegister
        for i in range(0, len(data), 3):
            self.registers[data[i] << 8 | data[i + 1]] = data[i + 2]
        return b""

    def _do_0c(self, _data, _now):  # ReadGPIO
        return b"\x3F\x06\x00"

    def _do_0e(self, _data, _now):  # WriteGPIO
        return b""

    def _do_10(self, _data, _now):  # SetSerialBaudRate: a pty has none
        return b""

    def _do_12(self, data, _now):   # SetParameters
        self.parameters = data[0]
        return b""

    def _do_14(self, _data, _now):  # SAMConfiguration
        return b""

    def _do_16(self, _data, _now):  # PowerDown
        self.set_field(False)
        self.power = POWER_DOWN
        return b"\x00"

    def _do_32(self, data, _now):   # RFConfiguration
        item = data[0]
        if item == 0x01:
            self.set_field(bool(data[1] & 1))
        elif item == 0x05:
            self.retries = data[3]
        elif item not in (0x02, 0x04, 0x0A, 0x0B, 0x0C, 0x0D):
            return ERROR
        return b""

    # --- looking for tags

    def _do_4a(self, data, now):    # InListPassiveTarget
        most, modulation, extra = data[0], data[1], data[2:]
        if most not in (1, 2) or modulation > 4:
            return ERROR
        tries = None if self.retries == 0xFF else self.retries + 1
        self._forget_targets()

        def attempt():
            found = self._list(modulation, most, extra)
            return bytes([0x4B, len(found)]) + b"".join(found) if found else None

        for _ in range(min(tries or 3, 8)):     # more than a few change nothing: no time goes by between them
            answer = attempt()
            if answer:
                return answer[1:]
        return Waiting(attempt, None, None) if tries is None else b"\x00"

    def _do_60(self, data, now):    # InAutoPoll
        polls, period, types = data[0], data[1], data[2:]
        if not types or not 1 <= period <= 15 or polls == 0:
            return ERROR
        self._forget_targets()

        def attempt():
            for kind in types:
                found = self._poll(kind)
                if found:
                    blocks = b"".join(bytes([kind, len(data)]) + data for data in found)
                    return bytes([0x61, len(found)]) + blocks
            return None

        for _ in range(3):
            answer = attempt()
            if answer:
                return answer[1:]
        until = None if polls == 0xFF else now + polls * period * PERIOD_S
        return Waiting(attempt, until, b"\x61\x00")

    def _forget_targets(self):
        """A new search: the chip knows no target any more. What is active stays so until it hears something."""
        self.targets, self.active = {}, None
        self.chained = self.rest = b""

    def _list(self, modulation, most, extra):
        if not self.field_on:
            self.set_field(True)
        if modulation == 0:
            return self._list_a(most, extra)
        if modulation in (1, 2):
            self.set_framing("F", modulation)
            return self._list_f(most, extra)
        if modulation == 3:
            self.set_framing("B")
            return self._list_b(most)
        self.set_framing("A")
        return self._list_jewel()

    def _poll(self, kind):
        """One type of InAutoPoll; target data without a count."""
        if kind in (0x00, 0x10):
            return self._list(0, 2, b"")
        if kind == 0x20:
            return self._list_a(2, b"", only_iso=True) if self._list_field() else []
        if kind in (0x03, 0x23):
            return self._list(3, 2, b"\x00")
        if kind == 0x04:
            return self._list(4, 1, b"")
        if kind in (0x01, 0x02, 0x11, 0x12):
            return self._list(kind & 0x03, 2, b"\x00\xFF\xFF\x01\x00")
        return []                   # DEP: no peer is here

    def _list_field(self):
        if not self.field_on:
            self.set_field(True)
        return True

    def _take_target(self, tag):
        number = len(self.targets) + 1
        self.targets[number] = tag
        self.active = number
        return bytes([number])

    def _list_a(self, most, extra, only_iso=False):
        """REQA, anticollision, SELECT, and RATS if SetParameters says so; the first one sleeps for the second."""
        self.set_framing("A")
        found, passed_over = [], []
        while len(found) < most:
            if self.targets and self.targets[self.active].state == ACTIVE:
                self.targets[self.active].halt()
            chosen = self._anticollide(extra)
            if chosen is None:
                break
            if only_iso and not chosen.sak & 0x20:
                chosen.halt()
                passed_over.append(chosen)
                continue
            data = chosen.atqa + bytes([chosen.sak, len(chosen.cascaded())]) + chosen.cascaded()
            if chosen.sak & 0x20 and self.parameters & 0x10:
                data += chosen.rats()      # a mute tag still gives its ATS
            found.append(self._take_target(chosen) + data)
        for tag in passed_over:     # woken again for the next type of the list
            tag.state = IDLE
        if found and self.targets[self.active].state == HALT:
            self._select_again(self.targets[self.active])
        return found

    def _anticollide(self, extra):
        """REQA, and one of those that answered is selected; None if nobody did, or not the one that is wanted."""
        awake = [tag for tag in self.tags if tag.framing == "A" and tag.wake()]
        chosen = next((tag for tag in awake if not extra or tag.cascaded().startswith(extra)), None)
        for other in awake:
            other.state = IDLE
        if chosen is not None:
            chosen.state = ACTIVE
        return chosen

    @staticmethod
    def _select_again(tag):
        """WUPA and SELECT of a tag that was put to sleep."""
        if tag.wake(halted=True):
            tag.state = ACTIVE

    def _list_b(self, most):
        found = []
        while len(found) < most:
            awake = [tag for tag in self.tags if isinstance(tag, IsoB) and tag.wake()]
            if not awake:
                break
            chosen = awake[0]
            for other in awake[1:]:
                other.state = IDLE
            answer = chosen.atqb()
            attrib = chosen.attrib()
            found.append(self._take_target(chosen) + answer + bytes([len(attrib)]) + attrib)
        return found

    def _list_f(self, most, extra):
        system, request = (extra[1:3], extra[3]) if len(extra) >= 4 else (b"\xFF\xFF", 0)
        found = []
        for tag in [tag for tag in self.tags if isinstance(tag, Felica)][:most]:
            answer = tag.polled(system, request)
            if answer:
                found.append(self._take_target(tag) + bytes([len(answer) + 1]) + answer)
        return found

    def _list_jewel(self):
        for tag in self.tags:
            if isinstance(tag, Jewel) and tag.powered and not tag.gone:
                return [self._take_target(tag) + b"\x0C\x00" + tag.uid]
        return []

    # --- talking to them

    def _activate(self, number):
        """Makes that target the one that hears: the other one is put to sleep, this one is woken and selected anew."""
        if number == self.active:
            return
        other = self.targets.get(self.active)
        if other is not None and other.framing == "A" and other.state == ACTIVE:
            other.halt()
        tag = self.targets[number]
        if tag.framing == "A" and tag.state == HALT:
            self._select_again(tag)
        self.active = number

    def _do_40(self, data, _now):   # InDataExchange
        number, more = data[0] & 0x07, data[0] & 0x40
        tag = self.targets.get(number)
        if tag is None:
            return bytes([WRONG_STATE])
        self._activate(number)
        if self.rest and len(data) == 1:
            return self._give(self.rest)
        self.chained += data[1:]
        if more:
            return b"\x00"
        frame, self.chained = self.chained, b""
        try:
            return self._exchange(tag, frame)
        except Nak:
            return bytes([BAD_FORMAT])

    def _exchange(self, tag, frame):
        if isinstance(tag, Classic) and frame[:1] in (b"\x60", b"\x61"):
            return self._authenticate(tag, frame)
        if isinstance(tag, (IsoA, IsoB)):
            answer = tag.take(tag.i_block(frame))
            answer = answer[1:] if answer is not None else None
        else:
            if tag.framing == "A" and frame[:1] in (b"\x60", b"\x61"):
                with contextlib.suppress(Nak):
                    tag.take(frame)     # the chip cannot send GET_VERSION this way: to it that is an authentication
                return bytes([MIFARE_AUTH])
            answer = tag.take(frame)
        return bytes([TIMEOUT]) if answer is None else self._give(answer)

    def _give(self, answer):
        """As much as fits into one answer; MI says that there is more."""
        now, self.rest = answer[:EXCHANGE_MAX_BYTES], answer[EXCHANGE_MAX_BYTES:]
        return bytes([0x40 if self.rest else 0x00]) + now

    def _authenticate(self, tag, frame):
        if len(frame) != 12:
            return bytes([INVALID_PARAMETER])
        tag.exchanges += 1
        if tag.leaves and tag.exchanges >= tag.leaves:
            tag.gone = True
        if tag.gone or tag.mute or not tag.powered or tag.state != ACTIVE:
            return bytes([TIMEOUT])
        letter = "A" if frame[0] == 0x60 else "B"
        good = tag.authenticate(letter, frame[1], frame[2:8], frame[8:12])
        return b"\x00" if good else bytes([MIFARE_AUTH])

    def _do_42(self, data, _now):   # InCommunicateThru: everybody of that modulation hears it
        framing = self.registers.get(TX_MODE, 0) & 0x03
        letter = {value: name for name, value in FRAMING.items()}.get(framing)
        answer = None
        for tag in [tag for tag in self.tags if tag.framing == letter]:
            try:
                said = self._air(tag, data)
            except Nak:
                said = b"\x00" if self.registers.get(RX_MODE, 0) & 0x80 == 0 else Nak
            answer = said if answer is None else answer
        if answer is None:
            return bytes([TIMEOUT])
        return bytes([BAD_FORMAT]) if answer is Nak else b"\x00" + answer

    def _air(self, tag, frame):
        """A raw frame reaches a tag; without CRC it is none, but for short frames."""
        bits = self.registers.get(BIT_FRAMING, 0) & 0x07
        if tag.framing == "A" and bits == 7 and hasattr(tag, "atqa"):
            awake = frame in (b"\x26", b"\x52") and tag.wake(halted=frame == b"\x52")
            return tag.atqa[::-1] if awake else None
        if bits or not self.registers.get(TX_MODE, 0) & 0x80 or not tag.powered or tag.gone:
            return None
        if tag.framing == "A" and not isinstance(tag, Jewel) and tag.state in (IDLE, HALT):
            return None
        return tag.take(frame)

    def _do_44(self, data, _now):   # InDeselect
        return self._release(data[0], forget=False)

    def _do_52(self, data, _now):   # InRelease
        return self._release(data[0], forget=True)

    def _release(self, number, forget):
        if number and number not in self.targets:
            return bytes([WRONG_STATE])
        for key in [number] if number else list(self.targets):
            tag = self.targets[key]
            if tag.powered and not tag.gone and hasattr(tag, "halt") and not tag.mute:
                tag.halt()
            if forget:
                del self.targets[key]
        self.active = None
        return b"\x00"

    def _do_54(self, data, _now):   # InSelect
        if data[0] not in self.targets:
            return bytes([WRONG_STATE])
        tag = self.targets[data[0]]
        if hasattr(tag, "wake") and tag.framing in ("A", "B") and tag.wake(halted=True):
            tag.state = ACTIVE
            if isinstance(tag, IsoA):
                tag.rats()
            if isinstance(tag, IsoB):
                tag.attrib()
        self.active = data[0]
        return b"\x00" if tag.powered and not tag.gone else bytes([TIMEOUT])

    def _do_56(self, _data, _now):  # InJumpForDEP: no peer is here
        return bytes([TIMEOUT])
