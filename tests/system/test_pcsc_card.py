#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What can be done with a card over PC/SC, by a real pcscd with simulated readers. Root; SPRINGPARK_BUILD = the built
tree."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as parts  # noqa: E402
from reader_probe import UID_A, UID_B, PcscTest  # noqa: E402

PAGES = bytes(range(64))                          # of a Type 2 tag: 16 pages
BLOCKS = b"".join(bytes([i] * 16) for i in range(64))   # of a Classic 1K
KEY_A, KEY_B, WRONG = "A0A1A2A3A4A5", "B0B1B2B3B4B5", "FFFFFFFFFFFF"
KEYS = {("A", 1): KEY_A, ("B", 1): KEY_B}
REFUSED, READER = "error -4", "error -3"


class CardOverPcsc(PcscTest):
    def setUp(self):
        self.pcscd, self.probe = self.start_one()

    def expect_done(self, done, **card):
        """done: what is done with the card, and the line it gives, without the reader's label."""
        self.probe.do_with_cards([command for command, _ in done])
        card = {"uid": UID_B, **card}
        self.pcscd.insert(0, **card)
        self.assertTrue(self.probe.next().startswith("arrived door|"))
        self.expect(self.probe, *[f"{command.split()[0]} door|{answer}" for command, answer in done])
        self.pcscd.remove(0)
        self.expect(self.probe, f"left door|{card['uid']}")

    def test_pages_of_a_type_2_tag(self):
        self.expect_done(
            [("apdu FFB0000410", PAGES[16:32].hex().upper() + "9000"),
             ("apdu FFB0000C20", PAGES[48:64].hex().upper() + "6282"),
             ("apdu FFB0001010", "6A82")],
            uid=UID_A, atr=parts.ATR_ULTRALIGHT, memory=PAGES.hex())

    def test_blocks_of_a_classic_with_either_key(self):
        for kind, key in (("A", KEY_A), ("B", KEY_B)):
            self.expect_done(
                [("apdu FFB0000410", "6982"),
                 (f"authenticate 4 {kind} {key}", "fine"),
                 ("apdu FFB0000520", "05" * 16 + "06" * 16 + "9000"),
                 ("apdu FFB0000810", "6982")],
                memory=BLOCKS.hex(), keys=KEYS)

    def test_a_wrong_key_is_refused_and_the_next_one_may_be_tried(self):
        self.expect_done(
            [(f"authenticate 4 A {WRONG}", REFUSED), (f"authenticate 4 A {KEY_B}", REFUSED),
             ("apdu FFB0000410", "6982"),
             (f"authenticate 4 B {KEY_B}", "fine"), ("apdu FFB0000410", "04" * 16 + "9000"),
             (f"authenticate 8 B {KEY_B}", REFUSED), ("apdu FFB0000410", "6982")],
            memory=BLOCKS.hex(), keys=KEYS)

    def test_a_reader_that_knows_no_authentication_does_not_blame_the_card(self):
        self.expect_done([(f"authenticate 4 A {KEY_A}", READER)])
        self.expect_done([(f"authenticate 4 A {KEY_A}", READER)], answers={f"FF82000006{KEY_A}": "9000"})

    def test_the_key_of_one_card_is_not_that_of_the_next(self):
        self.expect_done([(f"authenticate 4 A {KEY_A}", "fine")], memory=BLOCKS.hex(), keys=KEYS)
        self.expect_done([(f"authenticate 4 A {KEY_A}", REFUSED)], memory=BLOCKS.hex(), keys={("A", 1): WRONG})

    def test_no_key_is_logged(self):
        self.expect_done([(f"authenticate 4 A {KEY_A}", "fine"), (f"authenticate 4 A {WRONG}", REFUSED)],
                         memory=BLOCKS.hex(), keys=KEYS)
        self.probe.finish()
        self.assertFalse([line for line in self.probe.log if KEY_A in line.upper() or WRONG in line.upper()])


if __name__ == "__main__":
    unittest.main(verbosity=2)
