# SPDX-License-Identifier: MIT
"""The same cards on the simulated PN532 (tests/parts/pn532.py), which has another language for each kind:

    chip = Pn532(scratch, thread=True)              # they live in this process
    chip.insert(on_air(Type2("ntag213", ndef=...)))

Type 2 tags, MIFARE Classic, and cards with ISO/IEC 14443-4 of type A and B. The chip knows no ISO/IEC 15693. What
libnfc says to a card to see whether it is still there (READ of page 0) is in its log, too.
"""

import pn532_tags

from .classic import Classic
from .iso7816 import IsoCard
from .type2 import Type2


class _Silent(Exception):
    """The card says nothing to it."""


class _OnAir:
    """Beside a Tag: the trouble that the card has, its log, and its reset when the field was off."""

    def power(self, on):
        if on and not self.powered:
            self.card.reset()
        super().power(on)

    def ask(self, frame, answer):
        """answer: the function that gives the card's."""
        said = self.card.ask(bytes(frame), answer)
        self.gone = self.gone or self.card.left
        return said

    def receive(self, frame):
        try:
            return super().receive(frame)
        except _Silent:
            return None


class _AirType2(_OnAir, pn532_tags.Type2):
    def __init__(self, card, **common):
        super().__init__(uid=card.uid, memory=bytes(card.memory), version=card.version or None, **common)
        self.card = card

    def receive(self, frame):
        if self.state != pn532_tags.ACTIVE:
            return None
        if frame == b"\x50\x00":
            self.halt()
            return None
        said = self.ask(frame, lambda frame: self.card.native(frame) or b"\x00")
        if said is None:
            return None
        if said == b"\x00":
            self.state = pn532_tags.IDLE
            raise pn532_tags.Nak
        return said


class _AirClassic(_OnAir, pn532_tags.Classic):
    def __init__(self, card, **common):
        sak = {"mini": "09", "1k": "08", "4k": "18"}[card.size]
        atqa = ("0042" if card.size == "4k" else "0044") if len(card.uid) > 8 else None
        super().__init__(uid=card.uid, size="4k" if card.size == "4k" else "1k", sak=sak, atqa=atqa, **common)
        self.card = card

    def power(self, on):
        self.card.open = None
        super().power(on)

    def wake(self, halted=False):
        self.card.open = None
        return super().wake(halted)

    def authenticate(self, letter, block, key, uid):
        right = uid == bytes.fromhex(self.uid.hex())[-4:]
        frame = bytes([0x60 if letter == "A" else 0x61, block])
        good = right and self.ask(frame, lambda _frame: b"\1" if self.card.authenticate(letter, block, key) else None)
        if not good:
            self.card.open = None
            self.state = pn532_tags.IDLE
        return bool(good)

    def receive(self, frame):
        if self.state != pn532_tags.ACTIVE:
            return None
        if frame == b"\x50\x00":
            self.halt()
            return None
        if frame[:1] != b"\x30" or len(frame) != 2:
            self.state = pn532_tags.IDLE
            raise pn532_tags.Nak
        said = self.ask(frame, lambda frame: self.card.read(frame[1]) or b"\x00")
        if said == b"\x00":
            self.state = pn532_tags.IDLE
            raise pn532_tags.Nak
        return said


class _Iso(_OnAir):
    def apdu(self, command):
        said = self.ask(command, self.card.answer)
        if said is None:
            raise _Silent
        return said


class _AirIsoA(_Iso, pn532_tags.IsoA):
    def __init__(self, card, **common):
        super().__init__(uid=card.uid, ats=card.ats[1:], **common)
        self.card = card


class _AirIsoB(_Iso, pn532_tags.IsoB):
    def __init__(self, card, **common):
        atr = bytes.fromhex(card.atr)       # 3B 88 80 01, then the ATQB without its PUPI
        super().__init__(uid=card.uid, application=atr[4:8], protocol=atr[8:11], **common)
        self.card = card


def on_air(card, **common):
    """A Tag for Pn532.insert. common: name, mute, leaves... of pn532_tags.Tag."""
    if isinstance(card, Type2):
        return _AirType2(card, **common)
    if isinstance(card, Classic):
        return _AirClassic(card, **common)
    if isinstance(card, IsoCard):
        return _AirIsoA(card, **common) if card.kind == "A" else _AirIsoB(card, **common)
    raise TypeError(f"the PN532 cannot reach a {type(card).__name__} here")
