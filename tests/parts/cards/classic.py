# SPDX-License-Identifier: MIT
"""MIFARE Classic 1K, 4K and Mini behind a PC/SC reader, which has the CRYPTO1.

From NXP's data sheets MF1S50yyX and MF1S70yyX (memory, keys, access conditions) and NXP's AN10787 (MAD). Blocks of 16
bytes; sectors of 4 blocks, those from 32 on of 16; the last block of a sector is its trailer: key A, access bits and
GPB, key B. FF 82 loads a key into the reader, FF 86 authenticates for the sector of a block, FF B0 00 BLOCK 10 reads,
by PC/SC part 3, 3.2.2.1.4 to 3.2.2.1.8. A refused key, and any block that is refused, ends the authentication.
"""

import pcscd as parts

from .base import (AUTHENTICATION_FAILED, KEY_SLOT, NOT_SUPPORTED, SECURITY, SUCCESS, WRONG_LENGTH, StorageCard,
                   as_bytes, correct_length)

BLOCK_BYTES, KEY_BYTES = 16, 6
FACTORY = "FFFFFFFFFFFF"
MAD_KEY_A = "A0A1A2A3A4A5"      # public
BLOCKS = {"mini": 20, "1k": 64, "4k": 256}
_ATRS = {"mini": parts.storage_atr(0x03, 0x0026), "1k": parts.storage_atr(0x03, 0x0001),
         "4k": parts.storage_atr(0x03, 0x0002)}

# Access conditions C1 C2 C3 of a data block: which keys may read it; of a trailer: key A sees the bits of key B.
_MAY_READ = {0b000: "AB", 0b010: "AB", 0b100: "AB", 0b110: "AB", 0b001: "AB", 0b011: "B", 0b101: "B", 0b111: ""}
_KEY_B_IS_DATA = (0b000, 0b010, 0b001)
_MAY_READ_ACCESS_BITS = {0b000: "A", 0b010: "A", 0b100: "AB", 0b110: "AB", 0b001: "A", 0b011: "AB", 0b101: "AB",
                         0b111: "AB"}


def sector_of(block):
    return block // 4 if block < 128 else 32 + (block - 128) // 16


def first_block(sector):
    return sector * 4 if sector < 32 else 128 + (sector - 32) * 16


def blocks_in(sector):
    return 4 if sector < 32 else 16


def trailer_of(sector):
    return first_block(sector) + blocks_in(sector) - 1


def access_bytes(data=(0, 0, 0), trailer=0b001):
    """Bytes 6 to 8 of a trailer, each with its complement (data sheet, 8.7.1); conditions as numbers C1 C2 C3."""
    conditions = [*data, trailer]
    c1, c2, c3 = (sum(((value >> bit) & 1) << i for i, value in enumerate(conditions)) for bit in (2, 1, 0))
    return bytes([(~c2 & 15) << 4 | (~c1 & 15), c1 << 4 | (~c3 & 15), c3 << 4 | c2])


def mad_crc(data):
    """CRC-8 of a MAD (AN10787, 3.6): polynomial 1D, preset C7, most significant bit first."""
    crc = 0xC7
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x1D if crc & 0x80 else 0)) & 0xFF
    return crc


def mad(aids, info=0x01):
    """CRC, info byte and the AIDs in their order. An AID is a number whose high byte is the function cluster code; in
    the card its low byte, the application code, comes first."""
    body = bytes([info]) + b"".join(aid.to_bytes(2, "little") for aid in aids)
    return bytes([mad_crc(body)]) + body


class Classic(StorageCard):
    """blocks: number to its bytes. keys: ("A" or "B", sector) to hex, all others are FF FF FF FF FF FF. mad: sector to
    AID; makes MAD1, and on a 4K with sectors beyond 16 MAD2, with their public key A. access: sector to access_bytes().
    """

    technology = "NFC-A"
    unit = BLOCK_BYTES

    def __init__(self, size="1k", uid="DEADBEEF", blocks=None, keys=None, mad=None, access=None, **common):
        super().__init__(uid, common.pop("atr", _ATRS[size]), **common)
        self.size = size
        self.count = BLOCKS[size]
        self.keys = {place: as_bytes(key) for place, key in (keys or {}).items()}
        self.access = dict(access or {})
        self.memory = {0: self._manufacturer_block()}
        self.general_purpose = {}
        if mad is not None:
            self._format(mad)
        self.memory.update({number: as_bytes(content).ljust(BLOCK_BYTES, b"\0")
                            for number, content in (blocks or {}).items()})
        self.open = None            # (A or B, sector) that is authenticated
        self._loaded = {}           # slots of the reader; they outlive the card's power

    def _manufacturer_block(self):
        uid = bytes.fromhex(self.uid)
        check = 0
        for byte in uid:
            check ^= byte
        sak = {"mini": b"\x09", "1k": b"\x08", "4k": b"\x18"}[self.size]
        atqa = b"\x02\x00" if self.size == "4k" else b"\x04\x00"
        return (uid + (bytes([check]) if len(uid) == 4 else b"") + sak + atqa).ljust(BLOCK_BYTES, b"\x62")

    def _format(self, sectors):
        """AN10787, 3: sector 0 and, with MAD2, sector 16; the GPB of sector 0 says which there is."""
        has_mad2 = any(sector > 15 for sector in sectors)
        if has_mad2 and self.size != "4k":
            raise ValueError("MAD2 is for the 4K")
        last = 4 if self.size == "mini" else 15
        self._put(1, mad([sectors.get(sector, 0) for sector in range(1, 16)]))
        if max(sectors, default=1) > (39 if has_mad2 else last) or 16 in sectors or min(sectors, default=1) < 1:
            raise ValueError("no such sector for an application")
        self.general_purpose[0] = 0xC2 if has_mad2 else 0xC1
        self.keys.setdefault(("A", 0), as_bytes(MAD_KEY_A))
        if has_mad2:
            self._put(64, mad([sectors.get(sector, 0) for sector in range(17, 40)]))
            self.keys.setdefault(("A", 16), as_bytes(MAD_KEY_A))

    def _put(self, number, data):
        for at in range(0, len(data), BLOCK_BYTES):
            self.memory[number + at // BLOCK_BYTES] = data[at:at + BLOCK_BYTES]

    def spoil(self, number, place=0):
        """Turns over one byte of that block; returns the card."""
        content = bytearray(self.memory[number])
        content[place] ^= 0xFF
        self.memory[number] = bytes(content)
        return self

    def forget(self):
        self.open = None

    def key(self, letter, sector):
        return self.keys.get((letter, sector), as_bytes(FACTORY))

    def _conditions(self, sector):
        """Of the three groups of data blocks and of the trailer."""
        bits = self.access.get(sector, access_bytes())
        c1, c2, c3 = bits[1] >> 4, bits[2] & 15, bits[2] >> 4
        return [(c1 >> i & 1) << 2 | (c2 >> i & 1) << 1 | (c3 >> i & 1) for i in range(4)]

    # --- the card

    def authenticate(self, letter, block, key):
        """AUTHENTICATE by the reader; whether it went well."""
        self.air += 1
        good = block < self.count and self.key(letter, sector_of(block)) == key
        self.open = (letter, sector_of(block)) if good else None
        return good

    def read(self, number):
        """READ; None: it says no, and the authentication is lost."""
        self.air += 1
        data = self._block(number) if self.open is not None else None
        if data is None:
            self.open = None
        return data

    def _block(self, number):
        letter, sector = self.open
        if number >= self.count or sector_of(number) != sector:
            return None
        conditions = self._conditions(sector)
        # A key B that is data is no key: the card refuses what follows (data sheet, 8.7.2).
        if letter == "B" and conditions[3] in _KEY_B_IS_DATA:
            return None
        place = number - first_block(sector)
        if number == trailer_of(sector):
            return self._trailer(letter, sector, conditions[3])
        group = place if blocks_in(sector) == 4 else place // 5
        if letter not in _MAY_READ[conditions[group]]:
            return None
        return self.memory.get(number, bytes(BLOCK_BYTES))

    def _trailer(self, letter, sector, condition):
        bits = self.access.get(sector, access_bytes()) + bytes([self.general_purpose.get(sector, 0x69)])
        shown = self.key("B", sector) if letter == "A" and condition in _KEY_B_IS_DATA else bytes(KEY_BYTES)
        return bytes(KEY_BYTES) + (bits if letter in _MAY_READ_ACCESS_BITS[condition] else bytes(4)) + shown

    # --- the reader

    def reader(self, command):
        if command[1:2] == b"\x82":
            return self._load_key(command)
        if command[1:2] == b"\x86":
            return self._authenticate(command)
        return super().reader(command)

    def _load_key(self, command):
        if len(command) != 5 + KEY_BYTES or command[4] != KEY_BYTES:
            return WRONG_LENGTH
        if command[2] not in (0x00, 0x20) or command[3] > 0x01:
            return KEY_SLOT
        self._loaded[command[3]] = command[5:]
        return SUCCESS

    def _authenticate(self, command):
        """Data: version 01, block (2 bytes), key type 60 or 61, slot."""
        if len(command) != 10 or command[4] != 5 or command[5] != 0x01:
            return WRONG_LENGTH
        letter = {0x60: "A", 0x61: "B"}.get(command[8])
        if letter is None or command[9] not in self._loaded:
            return KEY_SLOT
        good = command[6] == 0 and self.authenticate(letter, command[7], self._loaded[command[9]])
        return SUCCESS if good else AUTHENTICATION_FAILED

    def read_binary(self, number, wanted):
        wanted = wanted or BLOCK_BYTES
        if wanted % BLOCK_BYTES or wanted > (self.at_once or 240):
            return correct_length(BLOCK_BYTES)
        if number > 255:
            return NOT_SUPPORTED
        data = b""
        while len(data) < wanted:
            part = self.read(number)
            if part is None:
                return SECURITY
            data += part
            number += 1
        return data + SUCCESS
