# SPDX-License-Identifier: MIT
"""NFC Forum Type 2 tags by NXP: MIFARE Ultralight, Ultralight C, Ultralight EV1, NTAG203, NTAG210/212, NTAG213/215/216.

From NXP's data sheets MF0ICU1, MF0ICU2, MF0ULx1, NTAG203, NTAG210_212 and NTAG213_215_216, and the NFC Forum's Type 2
Tag specification. Pages of 4 bytes; READ (30) gives four of them, from any page that can be addressed. Behind the last
page that may be read READ goes on with page 0 ("roll-over"); a page beyond that as its argument is answered by NAK.
That last page is the last one of the memory, but

  - of the Ultralight C page 2B, for its key in pages 2C to 2F is never given;
  - with a password (EV1 and NTAG21x, PROT = 1) or with AUTH0 and AUTH1 = 0 of the Ultralight C, the one before AUTH0,
    as long as nobody has authenticated, which nobody can here.

PWD and PACK are given as 00.
"""

import pcscd as parts

from .base import StorageCard, as_bytes

PAGE_BYTES, READ_PAGES = 4, 4
ATR_ULTRALIGHT = parts.storage_atr(0x03, 0x0003)
ATR_ULTRALIGHT_C = parts.storage_atr(0x03, 0x003A)
ATR_ULTRALIGHT_EV1 = parts.storage_atr(0x03, 0x003D)

# pages: all that READ may address; size: the third byte of the CC, user memory / 8; config: the first of CFG0, CFG1,
# PWD and PACK; version: the answer to GET_VERSION
_KINDS = {
    "ultralight": {"pages": 16, "size": 0x06, "atr": ATR_ULTRALIGHT},
    "ultralight-c": {"pages": 44, "size": 0x12, "atr": ATR_ULTRALIGHT_C},
    "ultralight-ev1-48": {"pages": 20, "size": 0x06, "config": 0x10, "version": "0004030101000B03",
                          "atr": ATR_ULTRALIGHT_EV1},
    "ultralight-ev1-128": {"pages": 41, "size": 0x10, "config": 0x25, "version": "0004030101000E03",
                           "atr": ATR_ULTRALIGHT_EV1},
    "ntag203": {"pages": 42, "size": 0x12, "atr": ATR_ULTRALIGHT},
    "ntag210": {"pages": 20, "size": 0x06, "config": 0x10, "version": "0004040101000B03", "atr": ATR_ULTRALIGHT},
    "ntag212": {"pages": 41, "size": 0x10, "config": 0x25, "version": "0004040101000E03", "atr": ATR_ULTRALIGHT},
    "ntag213": {"pages": 45, "size": 0x12, "config": 0x29, "version": "0004040201000F03", "atr": ATR_ULTRALIGHT},
    "ntag215": {"pages": 135, "size": 0x3E, "config": 0x83, "version": "0004040201001103", "atr": ATR_ULTRALIGHT},
    "ntag216": {"pages": 231, "size": 0x6D, "config": 0xE3, "version": "0004040201001303", "atr": ATR_ULTRALIGHT},
}
KINDS = tuple(_KINDS)


def tlv(tag, value):
    """A TLV block of a Type 2 or Type 5 tag: length in one byte, or FF and two."""
    value = as_bytes(value)
    size = bytes([len(value)]) if len(value) < 0xFF else b"\xFF" + len(value).to_bytes(2, "big")
    return bytes([tag]) + size + value


def ndef_tlv(message):
    """NDEF message TLV and Terminator TLV."""
    return tlv(0x03, message) + b"\xFE"


class Type2(StorageCard):
    """kind: one of KINDS. user: what is in the user memory from page 4 on (the rest is 00), or ndef: a message, for
    which the TLVs are made. cc: page 3; default as NXP (or, of an Ultralight, who formats it) fills it. auth0: the
    first page that is protected against reading."""

    technology = "NFC-A"
    step = READ_PAGES

    def __init__(self, kind="ntag213", uid="04A1B2C3D4E5F6", user=b"", ndef=None, cc=None, auth0=None, **common):
        traits = _KINDS[kind]
        super().__init__(uid, common.pop("atr", traits["atr"]), **common)
        self.kind = kind
        self.pages = traits["pages"]
        self.auth0 = auth0
        self.version = as_bytes(traits.get("version", ""))
        user = as_bytes(user) if ndef is None else ndef_tlv(ndef)
        head = self._head(as_bytes(cc) if cc is not None else bytes([0xE1, 0x10, traits["size"], 0x00]))
        if len(user) > (self.pages - 4) * PAGE_BYTES:
            raise ValueError(f"{len(user)} bytes do not fit into the {kind}")
        self.memory = bytearray((head + user).ljust(self.pages * PAGE_BYTES, b"\0"))
        if "config" in traits:      # CFG0 with AUTH0 = FF, CFG1; PWD and PACK as READ gives them
            at = traits["config"] * PAGE_BYTES
            if len(head) + len(user) <= at:
                protected = 0xFF if auth0 is None else auth0
                access = 0x80 if auth0 is not None else 0x00
                self.memory[at:at + 16] = bytes([0x04, 0, 0, protected, access, 5]).ljust(16, b"\0")

    def _head(self, cc):
        """UID with its check bytes (ISO/IEC 14443-3, 6.4.4: cascade tag 88), internal, lock, CC."""
        uid = bytes.fromhex(self.uid)
        check0 = 0x88 ^ uid[0] ^ uid[1] ^ uid[2]
        check1 = uid[3] ^ uid[4] ^ uid[5] ^ uid[6]
        return uid[:3] + bytes([check0]) + uid[3:] + bytes([check1, 0x48, 0, 0]) + cc

    def page(self, number, count=1):
        """Those pages as they are, for tests."""
        return bytes(self.memory[number * PAGE_BYTES:(number + count) * PAGE_BYTES])

    def readable_pages(self):
        return self.pages if self.auth0 is None else min(self.pages, self.auth0)

    def read(self, number):
        """READ; None is NAK."""
        self.air += 1
        pages = self.readable_pages()
        if number >= pages:
            return None
        return b"".join(self.page((number + i) % pages) for i in range(READ_PAGES))

    def native(self, frame):
        """One frame over the air without its CRC; None is NAK."""
        if frame[:1] == b"\x30" and len(frame) == 2:
            return self.read(frame[1])
        if frame == b"\x60" and self.version:
            return self.version
        if frame[:1] == b"\x3A" and len(frame) == 3 and self.version and frame[1] <= frame[2] < self.readable_pages():
            self.air += 1
            return self.page(frame[1], frame[2] - frame[1] + 1)
        return None
