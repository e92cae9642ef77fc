#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The same commands to the same cards, over PC/SC (a real pcscd) and over libnfc (a simulated PN532): the answers must
be the same, byte for byte; but for the memory of a FeliCa, which the simulated PC/SC reader does not read. Root;
SPRINGPARK_BUILD = the built tree."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as parts  # noqa: E402
import pn532  # noqa: E402
import pn532_tags  # noqa: E402
from reader_probe import BUILD, PcscTest, Probe  # noqa: E402

KEY_A, KEY_B, FACTORY = "A0A1A2A3A4A5", "B0B1B2B3B4B5", "FFFFFFFFFFFF"
REFUSED = "error -4"
PAGES = bytes(range(0x40, 0x80)).hex().upper()      # of a Type 2 tag: 16 pages
TRAILER = "000000000000FF078069FFFFFFFFFFFF"
BLOCKS = "".join(TRAILER if block % 4 == 3 else f"{block:02X}" * 16 for block in range(64))
CLASSIC_KEYS = {(kind, sector): FACTORY for kind in "AB" for sector in range(16)}
CLASSIC_KEYS.update({("A", 1): KEY_A, ("B", 1): KEY_B})
LONG = "".join(f"{byte:02X}" for byte in range(200)) + "9000"


def pages(first, count):
    """Bytes of the Type 2 tag in hex; after the last page comes the first one."""
    return (PAGES + PAGES)[8 * first:8 * (first + count)]


def block(number):
    return BLOCKS[32 * number:32 * (number + 1)]


class Card:
    """One card for both drivers, and what it is asked. arrival: technology, UID, ATS as both must tell them."""

    def __init__(self, arrival, pcsc, libnfc, done):
        self.arrival = arrival
        self.pcsc = {"uid": arrival[1], **pcsc}
        self.libnfc = libnfc
        self.done = done


def classic(uid, atqa):
    return Card(
        ("NFC-A", uid, "ats="),
        {"atr": parts.ATR_CLASSIC_1K, "memory": BLOCKS, "keys": CLASSIC_KEYS},
        f"classic uid={uid} atqa={atqa} key=A:1:{KEY_A},B:1:{KEY_B}",
        [("apdu FFCA000000", uid + "9000"),
         ("apdu FFCA010000", "6A81"),
         ("apdu FFB0000410", "6982"),
         (f"authenticate 4 A {FACTORY}", REFUSED),
         (f"authenticate 4 B {KEY_A}", REFUSED),
         ("apdu FFB0000410", "6982"),
         (f"authenticate 4 A {KEY_A}", "fine"),
         ("apdu FFB0000410", block(4) + "9000"),
         ("apdu FFB0000500", block(5) + "9000"),
         ("apdu FFB0000420", block(4) + block(5) + "9000"),
         ("apdu FFB0000710", TRAILER + "9000"),
         ("apdu FFB0000404", "6C10"),
         ("apdu FFB0000810", "6982"),
         ("apdu FFB0000410", "6982"),
         (f"authenticate 6 B {KEY_B}", "fine"),
         ("apdu FFB0000610", block(6) + "9000"),
         (f"authenticate 8 B {FACTORY}", "fine"),
         ("apdu FFB0000820", block(8) + block(9) + "9000"),
         ("apdu FFB0000410", "6982"),
         ("apdu FFB0010410", "6A82")])


CARDS = {
    "a Type 2 tag": Card(
        ("NFC-A", "04A1B2C3D4E5F6", "ats="),
        {"atr": parts.ATR_ULTRALIGHT, "memory": PAGES},
        f"type2 uid=04A1B2C3D4E5F6 memory={PAGES}",
        [("apdu FFCA000000", "04A1B2C3D4E5F69000"),
         ("apdu FFCA000007", "04A1B2C3D4E5F69000"),
         ("apdu FFCA000004", "6C07"),
         ("apdu FFCA00000A", "04A1B2C3D4E5F66282"),
         ("apdu FFCA010000", "6A81"),
         ("apdu FFCA020000", "6A81"),
         ("apdu FFB0000010", pages(0, 4) + "9000"),
         ("apdu FFB0000400", pages(4, 4) + "9000"),
         ("apdu FFB0000404", pages(4, 1) + "9000"),
         ("apdu FFB0000414", pages(4, 5) + "9000"),
         ("apdu FFB0000040", pages(0, 16) + "9000"),
         ("apdu FFB0000E10", pages(14, 4) + "9000"),
         ("apdu FFB0000C20", pages(12, 4) + "6282"),
         ("apdu FFB0001010", "6A82"),
         ("apdu FFB0010010", "6A82"),
         (f"authenticate 4 A {FACTORY}", REFUSED),
         ("apdu FFB0000410", pages(4, 4) + "9000")]),
    "a Classic with a UID of 4 bytes": classic("DEADBEEF", "0004"),
    "a Classic with a UID of 7 bytes": classic("04112233445566", "0044"),
    "a card with ISO/IEC 14443-4 type A": Card(
        ("NFC-A", "04AABBCCDDEEFF", "ats=7577810280"),
        {"atr": parts.iso14443_4_a_atr(b"\x80"), "ats": "067577810280",
         "answers": {"00A4040007D276000085010100": "9000", "9060000000": "04010101001A0591AF", "00B00000C8": LONG}},
        "iso_a uid=04AABBCCDDEEFF ats=7577810280 answer=00A4040007D276000085010100:9000 "
        f"answer=9060000000:04010101001A0591AF answer=00B00000C8:{LONG}",
        [("apdu FFCA000000", "04AABBCCDDEEFF9000"),
         ("apdu FFCA010000", "0675778102809000"),
         ("apdu FFCA010004", "6C06"),
         ("apdu FFB0000410", "6A81"),
         ("apdu 00A4040007D276000085010100", "9000"),
         ("apdu 9060000000", "04010101001A0591AF"),
         ("apdu 00B00000C8", LONG),
         ("apdu 00CA000000", "6D00")]),
    "a card with ISO/IEC 14443-4 type B": Card(
        ("NFC-B", "11AA22BB", "ats="),
        {"atr": parts.ATR_TYPE_B, "answers": {"0084000008": "01020304050607089000"}},
        "iso_b uid=11AA22BB application=11223344 protocol=338171 answer=0084000008:01020304050607089000",
        [("apdu FFCA000000", "11AA22BB9000"),
         ("apdu FFCA010000", "6A81"),
         ("apdu FFB0000410", "6A81"),
         ("apdu 0084000008", "01020304050607089000")]),
    "a FeliCa": Card(
        ("NFC-F", "0101020304050607", "ats="),
        {"atr": parts.ATR_FELICA},
        "felica uid=0101020304050607",
        [("apdu FFCA000000", "01010203040506079000"),
         ("apdu FFCA010000", "6A81")]),
}

MESSAGE = "C1010000004155" + "03" + "61" * 64     # an NDEF message of 5 blocks
MEMORY = pn532_tags.felica_memory(bytes.fromhex(MESSAGE)).hex().upper()
FELICA = Card(
    ("NFC-F", "0101020304050607", "ats="), {}, f"felica uid=0101020304050607 memory={MEMORY}",
    [("apdu FFB0000010", "6986"),
     ("apdu FFA40001020B00", "9000"),
     ("apdu FFB0000010", MEMORY[:32] + "9000"),
     ("apdu FFB0000150", MEMORY[32:32 * 6] + "9000"),
     ("apdu FFB0000D10", MEMORY[32 * 13:] + "9000"),
     ("apdu FFB0000A60", MEMORY[32 * 10:] + "6282"),
     ("apdu FFB0000E10", "6A82"),
     ("apdu FFB0000004", "6C10"),
     ("apdu FFA40001020900", "9000"),
     ("apdu FFB0000010", "6A82")])


class Same:
    """What is done over either driver; the subclass says how a card comes and goes."""

    def assert_gives_its_answers(self, card):
        self.probe.do_with_cards([command for command, _ in card.done])
        self.bring(card)
        fields = self.probe.until("arrived ", 30)[1].split("|")
        self.assertEqual(tuple(fields[1:4]), card.arrival)
        for command, answer in card.done:
            with self.subTest(command=command):
                self.assertEqual(self.probe.next(), f"{command.split()[0]} door|{answer}")
        self.take_away()
        self.assertEqual(self.probe.until("left ", 30)[1], f"left door|{card.arrival[1]}")

    def test_each_card_gives_the_answers_of_the_table(self):
        for name, card in CARDS.items():
            with self.subTest(card=name):
                self.assert_gives_its_answers(card)


class OverPcsc(Same, PcscTest):
    def setUp(self):
        self.pcscd, self.probe = self.start_one()

    def bring(self, card):
        self.pcscd.insert(0, **card.pcsc)

    def take_away(self):
        self.pcscd.remove(0)


class OverLibnfc(Same, unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="springpark-nfc-")
        self.addCleanup(scratch.cleanup)
        self.chip = pn532.Pn532(scratch.name)
        self.addCleanup(self.chip.end)
        self.chip.start()
        self.probe = Probe({"SPRINGPARK_NFC_HELPER": str(BUILD / "springpark-nfc")}, self.chip.connection, "door",
                           driver="libnfc")
        self.addCleanup(self.probe.end)
        self.probe.until("health door|works", 30)

    def bring(self, card):
        self.chip.insert(card.libnfc)

    def take_away(self):
        self.chip.remove()

    def test_the_blocks_of_a_felica_are_read_once_their_service_was_named(self):
        self.assert_gives_its_answers(FELICA)


if __name__ == "__main__":
    unittest.main(verbosity=2)
