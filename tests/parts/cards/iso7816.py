# SPDX-License-Identifier: MIT
"""Cards with ISO/IEC 14443-4 and files as ISO/IEC 7816-4 has them: applications by AID, transparent files by their two
bytes of identifier, records, GET RESPONSE.

    Iso7816({"A000000001": {"0001": b"...", "0002": [b"record 1", b"record 2"]}})

SELECT by name (00 A4 04), by file identifier (00 A4 00 or 02), READ BINARY (00 B0, also with a short file identifier),
READ RECORD (00 B2, P2 = 04), GET RESPONSE (00 C0). A first answer may be held back (chunk) or asked for with the one
right Le only (exact_le), as ISO/IEC 7816-4, 5.3.4 says.
"""

import pcscd as parts

from .base import (END_OF_DATA, NO_SUCH_CLASS, NO_SUCH_INSTRUCTION, NOT_ALLOWED, NOT_FOUND, SUCCESS, WRONG_LENGTH,
                   WRONG_OFFSET, WRONG_PARAMETERS, Card, as_bytes, correct_length)

RECORD_NOT_FOUND = b"\x6A\x83"
ATS = bytes.fromhex("067577810280")         # TL, T0, TA, TB, TC, one historical byte


class IsoCard(Card):
    """kind: "A" or "B". What an answer looks like beyond its data: chunk, the most bytes that one answer carries (the
    rest by 61 XX and GET RESPONSE), first_data: whether the first answer carries any itself, exact_le: another Le than
    that of the data (00 counts as right) is answered by 6C XX."""

    def __init__(self, kind="A", uid=None, chunk=256, first_data=True, exact_le=False, **common):
        self.kind = kind
        self.technology = f"NFC-{kind}"
        atr = parts.iso14443_4_a_atr(ATS[5:]) if kind == "A" else parts.ATR_TYPE_B
        default = {"A": "04AABBCCDDEEFF", "B": "11AA22BB"}[kind]
        super().__init__(uid or default, common.pop("atr", atr), common.pop("ats", ATS if kind == "A" else None),
                         **common)
        self.chunk, self.first_data, self.exact_le = chunk, first_data, exact_le
        self._rest = b""
        self._rest_status = SUCCESS

    def answer(self, command):
        if command[:1] == b"\xFF":
            return self.reader(command)
        self.air += 1
        if len(command) < 4:
            return WRONG_LENGTH
        if command[1] == 0xC0:
            return self._get_response(command)
        self._rest = b""
        parsed = parse(command)
        if parsed is None:
            return WRONG_LENGTH
        answer = self.execute(command[0], command[1], command[2], command[3], *parsed)
        return self._give(answer[:-2], answer[-2:], parsed[1])

    def execute(self, cla, ins, p1, p2, data, le):
        """The whole answer, as if any Le and any length would do. le: None, or 1 to 256."""
        raise NotImplementedError

    def forget(self):
        self._rest = b""

    def _give(self, data, status, le):
        if not data:
            return status
        if self.exact_le and le not in (len(data), 256):
            return correct_length(len(data))
        if len(data) <= self.chunk and self.first_data:
            return data + status
        first = self.chunk if self.first_data else 0
        self._rest, self._rest_status = data[first:], status
        return data[:first] + self._more()

    def _more(self):
        return bytes([0x61, min(len(self._rest), self.chunk) & 0xFF])

    def _get_response(self, command):
        if command[2:4] != b"\0\0" or len(command) != 5:
            return WRONG_PARAMETERS
        if not self._rest:
            return NOT_ALLOWED
        wanted = command[4] or 256
        announced = min(len(self._rest), self.chunk)
        if wanted > announced:
            return correct_length(announced)
        data, self._rest = self._rest[:wanted], self._rest[wanted:]
        return data + (self._more() if self._rest else self._rest_status)


def parse(command):
    """Data and Le (None, or 1 to 256) of a short command APDU; None if its lengths are wrong."""
    if len(command) == 4:
        return b"", None
    if len(command) == 5:
        return b"", command[4] or 256
    count = command[4]
    if count == 0 or len(command) not in (5 + count, 6 + count):
        return None
    return command[5:5 + count], (command[5 + count] or 256) if len(command) == 6 + count else None


class Iso7816(IsoCard):
    """applications: AID in hex to its files: identifier in hex to bytes (a transparent file) or a list of records. fci:
    what SELECT by name gives, AID in hex to bytes. answers: more commands, APDU in hex to the whole answer in hex."""

    def __init__(self, applications=None, fci=None, answers=None, **common):
        super().__init__(**common)
        self.applications = {as_bytes(aid): {as_bytes(name): content for name, content in files.items()}
                             for aid, files in (applications or {}).items()}
        self.fci = {as_bytes(aid): as_bytes(value) for aid, value in (fci or {}).items()}
        self.answers = {as_bytes(apdu): as_bytes(answer) for apdu, answer in (answers or {}).items()}
        self.application = None
        self.file = None

    def forget(self):
        super().forget()
        self.application = self.file = None

    def answer(self, command):
        if command in self.answers:
            self.air += 1
            self._rest = b""
            known = self.answers[command]
            return self._give(known[:-2], known[-2:], (parse(command) or (b"", None))[1])
        return super().answer(command)

    def execute(self, cla, ins, p1, p2, data, le):
        if cla & 0x80:
            return NO_SUCH_CLASS
        if ins == 0xA4:
            return self._select(p1, p2, data, le)
        if ins == 0xB0:
            return self._read_binary(p1, p2, le)
        if ins == 0xB2:
            return self._read_record(p1, p2, le)
        return NO_SUCH_INSTRUCTION

    def _select(self, p1, p2, data, le):
        if p1 == 0x04:
            # A name may be cut on the right (ISO/IEC 7816-4, 5.3.1.1).
            found = next((aid for aid in self.applications if data and aid.startswith(data)), None)
            if found is None:
                return NOT_FOUND
            self.application, self.file = found, None
            wants_fci = le is not None and p2 & 0x0C == 0x00
            return (self.fci.get(found, b"") if wants_fci else b"") + SUCCESS
        if p1 in (0x00, 0x02) and len(data) == 2:
            if data not in self.applications.get(self.application, {}):
                return NOT_FOUND
            self.file = data
            return SUCCESS
        return WRONG_PARAMETERS

    def _content(self, name):
        return self.applications.get(self.application, {}).get(name)

    def _read_binary(self, p1, p2, le):
        if p1 & 0x80:
            name = bytes([0, p1 & 0x1F])
            if self._content(name) is None:
                return NOT_FOUND
            self.file, offset = name, p2
        else:
            offset = p1 << 8 | p2
        content = self._content(self.file)
        if content is None or isinstance(content, list):
            return NOT_ALLOWED
        if le is None:
            return WRONG_LENGTH
        if offset >= len(content):
            return WRONG_OFFSET
        data = content[offset:offset + le]
        short = len(data) < le and le != 256
        return data + (END_OF_DATA if short else SUCCESS)

    def _read_record(self, p1, p2, le):
        if p2 & 0x07 != 0x04:
            return WRONG_PARAMETERS
        if p2 >> 3:
            self.file = bytes([0, p2 >> 3])
        content = self._content(self.file)
        if not isinstance(content, list):
            return NOT_ALLOWED
        if not 1 <= p1 <= len(content):
            return RECORD_NOT_FOUND
        if le is None:
            return WRONG_LENGTH
        return content[p1 - 1][:le] + SUCCESS
