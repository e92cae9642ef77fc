# SPDX-License-Identifier: MIT
"""ISO/IEC 15693 cards (VICC), and NFC Forum Type 5 tags in them.

From ISO/IEC 15693-3 (READ SINGLE BLOCK 20, READ MULTIPLE BLOCKS 23, GET SYSTEM INFORMATION 2B) and the NFC Forum's Type
5 Tag specification (CC). Over PC/SC FF B0 P1P2 = number of the block; Le 00 is one block. A reader may give several
blocks for a longer Le (at_once), by READ MULTIPLE BLOCKS if the card has it; Le that is no whole number of blocks is
answered by 6C and the next smaller one that is (one block at least), or cut, if cuts=True: readers differ. Behind the
last block it is 62 82 with what there is, or 6A 82 with nothing.
"""

import pcscd as parts

from .base import END_OF_DATA, NOT_FOUND, SUCCESS, StorageCard, as_bytes, correct_length
from .type2 import tlv


def type5_cc(size, eight=False, multiple=False):
    """The CC for an area of so many bytes: 4 bytes, or 8 for an area of more than 2040 bytes (or if eight). E1: a block
    number is one byte."""
    features = 0x01 if multiple else 0x00
    if size <= 255 * 8 and not eight:
        return bytes([0xE1, 0x40, size // 8, features])
    return bytes([0xE1, 0x40, 0x00, features, 0, 0]) + (size // 8).to_bytes(2, "big")


class Vicc(StorageCard):
    """memory: all of it (filled up to whole blocks), or ndef: a message, for which CC and TLVs are made (cc: another
    CC). multiple: it has READ MULTIPLE BLOCKS."""

    technology = "NFC-V"

    def __init__(self, uid="E004010012345678", block=4, blocks=28, memory=b"", ndef=None, cc=None, multiple=True,
                 cuts=False, **common):
        super().__init__(uid, common.pop("atr", parts.storage_atr(0x0B, 0x0014)), **common)
        if not 1 <= blocks <= 256:
            raise ValueError("a block number is one byte here")
        self.unit = block
        self.blocks = blocks
        self.multiple = multiple
        self.cuts = cuts
        size = block * blocks
        if ndef is not None:
            cc = as_bytes(cc) if cc is not None else type5_cc(size - (4 if size <= 255 * 8 else 8), multiple=multiple)
            memory = cc + tlv(0x03, ndef) + b"\xFE"
        memory = as_bytes(memory)
        if len(memory) > size:
            raise ValueError(f"{len(memory)} bytes do not fit into {size}")
        self.memory = bytearray(memory.ljust(size, b"\0"))

    def read(self, number):
        """READ SINGLE BLOCK; None: error 10, there is no such block."""
        answer = self.native(bytes([0x02, 0x20, number]))
        return None if answer[0] else answer[1:]

    def native(self, request):
        """Flags, command and parameters, without UID and CRC; the answer begins with its flags, 01 and an error code if
        it is none."""
        self.air += 1
        command, rest = request[1], request[2:]
        if command == 0x20 and len(rest) == 1:
            return self._blocks(rest[0], 1)
        if command == 0x23 and len(rest) == 2 and self.multiple:
            return self._blocks(rest[0], rest[1] + 1)
        if command == 0x2B and not rest:    # DSFID, AFI, memory size and IC reference are there
            uid = bytes.fromhex(self.uid)[::-1]
            return b"\x00\x0F" + uid + bytes([0, 0, self.blocks - 1, self.unit - 1, 0x01])
        return b"\x01\x01"

    def _blocks(self, first, count):
        if first + count > self.blocks:
            return b"\x01\x10"
        return b"\x00" + bytes(self.memory[first * self.unit:(first + count) * self.unit])

    def read_binary(self, number, wanted):
        wanted = wanted or self.unit
        limit = min(255, self.at_once or 255)
        if wanted > limit:
            return correct_length(max(1, limit // self.unit) * self.unit)
        if wanted % self.unit and not self.cuts:
            return correct_length(max(1, wanted // self.unit) * self.unit)
        count = -(-wanted // self.unit)
        have = max(0, min(count, self.blocks - number))
        if have == 0:
            if number < 256:
                self.read(number)
            return NOT_FOUND
        if self.multiple and have > 1:
            data = self.native(bytes([0x02, 0x23, number, have - 1]))[1:]
        else:
            data = b"".join(self.read(number + i) for i in range(have))
        return data[:wanted] + (SUCCESS if len(data) >= wanted else END_OF_DATA)
