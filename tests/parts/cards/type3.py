# SPDX-License-Identifier: MIT
"""FeliCa, as an NFC Forum Type 3 tag.

From the NFC Forum's Type 3 Tag specification (attribute information block, service 000B) and Sony's FeliCa user's
manual (Read Without Encryption 06). Over PC/SC a service is selected by FF A4 00 01 02 and its code, low byte first,
and its blocks of 16 bytes are read by FF B0 00 NUMBER LE: Le 00 or 10 is one, a multiple of 10 several, as many as the
reader gives at once.
"""

import pcscd as parts

from .base import (END_OF_DATA, NOT_ALLOWED, NOT_FOUND, NOT_SUPPORTED, SUCCESS, WRONG_LENGTH, StorageCard, as_bytes,
                   correct_length)

BLOCK_BYTES = 16
NDEF_READ = 0x000B


def attribute_block(size, nbr=4, nbw=1, nmaxb=13, version=0x10, writing=0x00, read_write=0x01):
    """Block 0: of a message of so many bytes."""
    block = bytes([version, nbr, nbw]) + nmaxb.to_bytes(2, "big") + bytes(4) + bytes([writing, read_write])
    block += size.to_bytes(3, "big")
    return block + sum(block).to_bytes(2, "big")


class Type3(StorageCard):
    """ndef: a message, for which the attribute block is made (attributes: another one), or services: code to memory."""

    technology = "NFC-F"
    unit = BLOCK_BYTES

    def __init__(self, ndef=b"", uid="0101020304050607", attributes=None, nbr=4, nmaxb=13, services=None, **common):
        super().__init__(uid, common.pop("atr", parts.ATR_FELICA), **common)
        ndef = as_bytes(ndef)
        if attributes is None:
            attributes = attribute_block(len(ndef), nbr=nbr, nmaxb=nmaxb)
        memory = as_bytes(attributes) + ndef.ljust(nmaxb * BLOCK_BYTES, b"\0")
        self.nbr = nbr
        self.services = {NDEF_READ: memory} if services is None else services
        self.service = None

    def forget(self):
        self.service = None

    def reader(self, command):
        if command[1:2] == b"\xA4":
            return self._select(command)
        return super().reader(command)

    def _select(self, command):
        if command[2:5] != b"\x00\x01\x02":
            return NOT_SUPPORTED
        if len(command) != 7:
            return WRONG_LENGTH
        code = int.from_bytes(command[5:], "little")
        self.air += 1       # the reader asks the card whether there is such a service
        self.service = code if code in self.services else None
        return SUCCESS if self.service is not None else NOT_FOUND

    def read_binary(self, number, wanted):
        wanted = wanted or BLOCK_BYTES
        limit = min(240, self.at_once or 240)
        if self.service is None:
            return NOT_ALLOWED
        if wanted > limit or wanted % BLOCK_BYTES:
            return correct_length(min(limit, max(1, wanted // BLOCK_BYTES) * BLOCK_BYTES))
        memory = self.services[self.service]
        data = memory[number * BLOCK_BYTES:number * BLOCK_BYTES + wanted]
        blocks = wanted // BLOCK_BYTES
        self.air += -(-blocks // self.nbr)
        if not data:
            return NOT_FOUND
        return data + (SUCCESS if len(data) == wanted else END_OF_DATA)

    def native(self, frame):
        """Read Without Encryption of blocks of one service, without the length byte on the way there and back; None:
        it says nothing."""
        uid = bytes.fromhex(self.uid)
        if frame[:1] != b"\x06" or frame[1:9] != uid or len(frame) < 13 or frame[9] != 1:
            return None
        self.air += 1
        memory = self.services.get(int.from_bytes(frame[10:12], "little"))
        count, rest = frame[12], frame[13:]
        if memory is None:
            return b"\x07" + uid + b"\xFF\xA6"
        if not 1 <= count <= self.nbr:
            return b"\x07" + uid + b"\xFF\xA2"
        data = b""
        for _ in range(count):
            size = 2 if rest[:1] and rest[0] & 0x80 else 3
            number, rest = int.from_bytes(rest[1:size], "little"), rest[size:]
            block = memory[number * BLOCK_BYTES:(number + 1) * BLOCK_BYTES]
            if not block:
                return b"\x07" + uid + b"\x01\xA8"
            data += block
        return b"\x07" + uid + b"\0\0" + bytes([count]) + data
