# SPDX-License-Identifier: MIT
"""NFC Forum Type 4 tags, on NFC-A and NFC-B.

From the NFC Forum's Type 4 Tag specification: the NDEF tag application D2760000850101 (mapping version 1: ...0100), the
CC file E103 and the NDEF file E104, selected by 00 A4 00 0C (mapping version 1: 00 A4 00 00). Mapping version 2.0 has
NLEN, two bytes, before the message. Version 3.0 has the same file, or, with extended=True, an ENDEF file whose ENLEN is
four bytes and whose bytes beyond 7FFF are read by READ BINARY B1 with an offset data object 54. READ BINARY for more
than MLe bytes is refused (67 00).
"""

from .base import NOT_ALLOWED, NOT_FOUND, SUCCESS, WRONG_LENGTH, WRONG_OFFSET, WRONG_PARAMETERS, as_bytes
from .iso7816 import IsoCard

AID_1, AID_2 = bytes.fromhex("D2760000850100"), bytes.fromhex("D2760000850101")
CC_FILE, NDEF_FILE = b"\xE1\x03", b"\xE1\x04"


class Type4(IsoCard):
    """kind: "A" or "B"; version: "1.0", "2.0" or "3.0"; mle: the most that READ BINARY gives; size: of the NDEF file.
    short: what follows the data of a READ BINARY that wants more than the file has: "9000" or "6282". cc: a CC file of
    the test's own."""

    def __init__(self, ndef=b"", kind="A", version="2.0", mle=0x003B, mlc=0x0034, size=None, extended=False,
                 file=NDEF_FILE, read_access=0x00, short="6282", cc=None, content=None, **common):
        super().__init__(kind=kind, **common)
        ndef = as_bytes(ndef)
        head = len(ndef).to_bytes(4 if extended else 2, "big")
        self.size = size or max(0x80, len(head) + len(ndef))
        self.mle = mle
        self.short = as_bytes(short)
        self.aid = AID_1 if version == "1.0" else AID_2
        self.select_p2 = (0x00,) if version == "1.0" else (0x0C,)
        number = int(version[0]) << 4
        if extended:
            control = b"\x06\x08" + file + self.size.to_bytes(4, "big") + bytes([read_access, 0xFF])
        else:
            control = b"\x04\x06" + file + self.size.to_bytes(2, "big") + bytes([read_access, 0xFF])
        whole = bytes([number]) + mle.to_bytes(2, "big") + mlc.to_bytes(2, "big") + control
        cc = as_bytes(cc) if cc is not None else (2 + len(whole)).to_bytes(2, "big") + whole
        content = as_bytes(content) if content is not None else (head + ndef).ljust(self.size, b"\0")
        self.files = {CC_FILE: cc, file: content}
        self.selected = False
        self.file = None

    def forget(self):
        super().forget()
        self.selected, self.file = False, None

    def execute(self, cla, ins, p1, p2, data, le):
        if cla != 0x00:
            return b"\x6E\x00"
        if ins == 0xA4:
            return self._select(p1, p2, data)
        if ins == 0xB0:
            return self._read(p1 << 8 | p2, le) if p1 < 0x80 else WRONG_PARAMETERS
        if ins == 0xB1:
            return self._read_with_object(p1, p2, data, le)
        return b"\x6D\x00"

    def _select(self, p1, p2, data):
        if (p1, p2) == (0x04, 0x00):
            self.selected, self.file = data == self.aid, None
            return SUCCESS if self.selected else NOT_FOUND
        if p1 != 0x00 or p2 not in self.select_p2 or len(data) != 2:
            return WRONG_PARAMETERS
        if not self.selected or data not in self.files:
            return NOT_FOUND
        self.file = data
        return SUCCESS

    def _read(self, offset, le):
        if self.file is None:
            return NOT_ALLOWED
        if le is None or le > self.mle and le != 256:
            return WRONG_LENGTH
        content = self.files[self.file]
        if offset >= len(content):
            return WRONG_OFFSET
        wanted = min(le, self.mle)
        data = content[offset:offset + wanted]
        return data + (SUCCESS if len(data) == wanted else self.short)

    def _read_with_object(self, p1, p2, data, le):
        """00 B1 00 00 LC 54 03 OFFSET LE; the data come in an object 53."""
        if (p1, p2) != (0, 0) or data[:2] != b"\x54\x03" or len(data) != 5:
            return WRONG_PARAMETERS
        answer = self._read(int.from_bytes(data[2:], "big"), le)
        if len(answer) == 2:
            return answer
        size = len(answer) - 2
        return b"\x53" + (bytes([size]) if size < 0x80 else bytes([0x81, size])) + answer
