#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The simulated cards (tests/parts/cards) through a real pcscd, asked by python3-pyscard, and on a simulated PN532,
asked through libnfc: what they answer is what the data sheets say, written out here byte for byte. Root;
SPRINGPARK_BUILD = the built tree."""

import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as parts  # noqa: E402
import pn532  # noqa: E402
from cards.air import on_air  # noqa: E402
from cards.classic import Classic, access_bytes, mad  # noqa: E402
from cards.iso7816 import Iso7816  # noqa: E402
from cards.ndef import message, text, uri  # noqa: E402
from cards.type2 import KINDS, Type2  # noqa: E402
from cards.type3 import Type3, attribute_block  # noqa: E402
from cards.type4 import Type4  # noqa: E402
from cards.vicc import Vicc  # noqa: E402
from reader_probe import Probe  # noqa: E402
from smartcard import scard  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SPRINGPARK_BUILD", os.getcwd()))
FAILED = "failed"           # the exchange itself
TEXT = "D101085402656E68656C6C6F"       # NDEF: a Text record, "hello"


def setUpModule():
    # One for all: libpcsclite reads the name of its socket once.
    global SCRATCH, PCSCD, CONTEXT
    SCRATCH = tempfile.mkdtemp(prefix="springpark-cards-")
    PCSCD = parts.Pcscd(readers=1, directory=SCRATCH, build=BUILD)
    PCSCD.start()
    os.environ.update(PCSCD.environment)
    result, CONTEXT = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if result != scard.SCARD_S_SUCCESS:
        raise RuntimeError(scard.SCardGetErrorMessage(result))


def tearDownModule():
    scard.SCardReleaseContext(CONTEXT)
    PCSCD.end()
    shutil.rmtree(SCRATCH)


def counting(first, count):
    return bytes((first + i) & 0xFF for i in range(count))


class OnReader(unittest.TestCase):
    handle = None

    def setUp(self):
        self.addCleanup(self.take_away)

    def bring(self, card):
        """The card lies on the reader in place of the one before, and is connected."""
        self.take_away()
        PCSCD.insert_card(0, card)
        parts.wait_until(self._connect, "the card to be connected")
        card.forget_commands()
        return card

    def _connect(self):
        result, handle, self.protocol = scard.SCardConnect(CONTEXT, PCSCD.names[0], scard.SCARD_SHARE_EXCLUSIVE,
                                                           scard.SCARD_PROTOCOL_T1)
        self.handle = handle if result == scard.SCARD_S_SUCCESS else None
        return self.handle is not None

    def take_away(self):
        if self.handle is not None:
            scard.SCardDisconnect(self.handle, scard.SCARD_LEAVE_CARD)
        self.handle = None
        PCSCD.remove(0)

    def ask(self, command):
        result, answer = scard.SCardTransmit(self.handle, self.protocol, list(bytes.fromhex(command)))
        return bytes(byte & 0xFF for byte in answer).hex().upper() if result == scard.SCARD_S_SUCCESS else FAILED

    def reset(self):
        result, self.protocol = scard.SCardReconnect(self.handle, scard.SCARD_SHARE_EXCLUSIVE,
                                                     scard.SCARD_PROTOCOL_T1, scard.SCARD_RESET_CARD)
        self.assertEqual(result, scard.SCARD_S_SUCCESS)

    def expect(self, *table):
        """Pairs of command and answer, in hex; blanks are for the reader's eyes."""
        for command, answer in table:
            with self.subTest(command=command):
                self.assertEqual(self.ask(command), answer if answer == FAILED else answer.replace(" ", "").upper())


class Identity(OnReader):
    def test_each_card_says_its_atr_uid_and_ats(self):
        kinds = [(Type2("ultralight"), "04A1B2C3D4E5F6", "6A81"), (Type4(), "04AABBCCDDEEFF", "067577810280 9000"),
                 (Type4(kind="B"), "11AA22BB", "6A81"), (Type3(), "0101020304050607", "6A81"),
                 (Vicc(), "E004010012345678", "6A81"), (Classic(), "DEADBEEF", "6A81"),
                 (Iso7816(), "04AABBCCDDEEFF", "067577810280 9000")]
        for card, uid, ats in kinds:
            with self.subTest(card=type(card).__name__):
                self.bring(card)
                result, _name, _state, _protocol, atr = scard.SCardStatus(self.handle)
                self.assertEqual((result, bytes(byte & 0xFF for byte in atr).hex().upper()),
                                 (scard.SCARD_S_SUCCESS, card.atr))
                self.expect(("FFCA000000", uid + "9000"), ("FFCA010000", ats),
                            ("FFCA0000FF", uid + "6282"), ("FFCA000001", "6C%02X" % (len(uid) // 2)),
                            ("FFCA020000", "6A81"), ("FF00000000", "6A81"))
                # Of these six only the last was for it to know.
                self.assertEqual(card.log, [bytes.fromhex("FF00000000")])


class Type2Tags(OnReader):
    # Pages that READ can give: NXP's data sheets.
    PAGES = {"ultralight": 16, "ultralight-c": 44, "ultralight-ev1-48": 20, "ultralight-ev1-128": 41, "ntag203": 42,
             "ntag210": 20, "ntag212": 41, "ntag213": 45, "ntag215": 135, "ntag216": 231}
    CC = {"ultralight": "E1100600", "ultralight-c": "E1101200", "ultralight-ev1-48": "E1100600",
          "ultralight-ev1-128": "E1101000", "ntag203": "E1101200", "ntag210": "E1100600", "ntag212": "E1101000",
          "ntag213": "E1101200", "ntag215": "E1103E00", "ntag216": "E1106D00"}

    def test_head_and_roll_over_of_all_kinds(self):
        self.assertEqual(set(KINDS), set(self.PAGES))
        for kind, pages in self.PAGES.items():
            with self.subTest(kind=kind):
                user = counting(0x10, 48)
                card = self.bring(Type2(kind, user=user))
                # 88 ^ 04 ^ A1 ^ B2 = 9F; C3 ^ D4 ^ E5 ^ F6 = 04
                head = "04A1B29F C3D4E5F6 04480000" + self.CC[kind]
                # The last page: of an Ultralight the last of the data, with a password PACK, else nothing.
                last = user[44:].hex() if kind == "ultralight" else "00000000"
                self.expect(
                    ("FFB0000010", head + "9000"), ("FFB0000000", head + "9000"),
                    ("FFB0000410", user[:16].hex() + "9000"), ("FFB0000704", user[12:16].hex() + "9000"),
                    ("FFB00000 20", head + user[:16].hex() + "9000"),
                    (f"FFB000{pages - 1:02X}10", last + "04A1B29F C3D4E5F6 04480000" + "9000"),
                    (f"FFB000{pages:02X}10", "6A82"),
                    (f"FFB000{pages - 4:02X}14", card.page(pages - 4, 4).hex() + "6282"))

    def test_a_longer_read_is_several_over_the_air(self):
        card = self.bring(Type2("ntag213"))
        self.ask("FFB0000030")
        self.assertEqual((card.commands, card.air), (1, 3))

    def test_a_reader_that_gives_16_bytes_at_once(self):
        self.bring(Type2("ntag213", user=counting(0, 32), at_once=16))
        self.expect(("FFB0000420", "6C10"), ("FFB0000410", counting(0, 16).hex() + "9000"))

    def test_pages_behind_auth0_are_not_given_and_the_roll_over_is_before_it(self):
        self.bring(Type2("ntag213", user=counting(0x10, 64), auth0=8))
        self.expect(("FFB0000410", counting(0x10, 16).hex() + "9000"),
                    ("FFB0000710", counting(0x1C, 4).hex() + "04A1B29FC3D4E5F604480000 9000"),
                    ("FFB0000810", "6A82"))

    def test_configuration_pages_of_an_ntag213(self):
        self.bring(Type2("ntag213"))
        self.expect(("FFB0002910", "040000FF 00050000 00000000 00000000 9000"))

    def test_ndef_tlv_of_one_and_of_three_bytes_of_length(self):
        self.bring(Type2("ntag216", ndef=TEXT))
        self.expect(("FFB0000410", "030C" + TEXT + "FE00 9000"))
        self.bring(Type2("ntag216", ndef=bytes(300)))
        self.expect(("FFB0000404", "03FF012C 9000"))

    def test_a_native_frame_is_no_apdu(self):
        self.bring(Type2("ntag213"))
        self.expect(("3004000000", "6D00"))


class Type3Tags(OnReader):
    def test_attribute_block_and_data(self):
        card = self.bring(Type3(TEXT))
        # Version 1.0, Nbr 4, Nbw 1, Nmaxb 13, not being written, read and write, 12 bytes; the sum of them is 2F.
        attributes = "10 04 01 000D 00000000 00 01 00000C 002F"
        self.expect(("FFB0000010", "6986"), ("FFA40001020B00", "9000"), ("FFB0000010", attributes + "9000"),
                    ("FFB0000100", TEXT + "00000000 9000"),
                    ("FFB0000020", attributes + TEXT + "00000000 9000"),
                    ("FFB0000D20", "00" * 16 + "6282"), ("FFB0000E10", "6A82"), ("FFB0000108", "6C10"),
                    ("FFA40001020F09", "6A82"), ("FFB0000010", "6986"), ("FFA40400020B00", "6A81"))
        self.assertEqual(card.commands, 11)

    def test_a_reset_forgets_the_service(self):
        self.bring(Type3(TEXT))
        self.expect(("FFA40001020B00", "9000"))
        self.reset()
        self.expect(("FFB0000010", "6986"))

    def test_over_the_air(self):
        card = Type3(TEXT)
        head = b"\x06" + bytes.fromhex(card.uid) + bytes.fromhex("010B00")
        said = b"\x07" + bytes.fromhex(card.uid)
        self.assertEqual(card.native(head + bytes.fromhex("01 8001")),
                         said + bytes.fromhex("000001" + TEXT + "00000000"))
        self.assertEqual(card.native(head + bytes.fromhex("02 8000 000100")), said + bytes.fromhex("000002")
                         + attribute_block(12) + bytes.fromhex(TEXT + "00000000"))
        self.assertEqual(card.native(head + bytes.fromhex("05") + bytes.fromhex("8000") * 5), said + b"\xFF\xA2")
        self.assertEqual(card.native(head + bytes.fromhex("01 800E")), said + b"\x01\xA8")


class Type4Tags(OnReader):
    def read_all(self, card, cc, file_name="E104"):
        self.expect(("00A4000C02E103", "6A82"), ("00A4040007D276000085010100", "9000"),
                    ("00B000000F", "6986"), ("00A4000C02E103", "9000"), (f"00B00000{len(cc.replace(' ', '')) // 2:02X}",
                                                                         cc + "9000"),
                    (f"00A4000C02{file_name}", "9000"))
        return card

    def test_mapping_version_2_on_both_types(self):
        for kind in "AB":
            with self.subTest(kind=kind):
                card = self.bring(Type4(TEXT, kind=kind, mle=0x10))
                self.read_all(card, "000F 20 0010 0034 04 06 E104 0080 00 FF")
                self.expect(("00B0000002", "000C9000"), ("00B0000010", "000C" + TEXT + "0000 9000"),
                            ("00B0000011", "6700"), ("00B0000210", TEXT + "00000000 9000"),
                            ("00B0008001", "6B00"), ("00B0007F10", "00 6282"), ("00B0800010", "6A86"))
                self.assertEqual(card.commands, 13)

    def test_mapping_version_3_with_an_endef_file(self):
        self.bring(Type4(TEXT, version="3.0", extended=True, size=0x12345))
        self.read_all(None, "0011 30 003B 0034 06 08 E104 00012345 00 FF")
        self.expect(("00B0000010", "0000000C" + TEXT + "9000"),
                    ("00B1000005540300000410", "53 10" + TEXT + "00000000 9000"),
                    ("00B1000005540301234410", "53 01 00 6282"), ("00B1000005540301234510", "6B00"))

    def test_mapping_version_1_has_another_application(self):
        self.bring(Type4(TEXT, version="1.0"))
        self.expect(("00A4040007D276000085010100", "6A82"), ("00A4040007D2760000850100", "9000"),
                    ("00A4000C02E103", "6A86"), ("00A4000002E103", "9000"),
                    ("00B000000F", "000F10003B00340406E104008000FF 9000"))

    def test_a_reset_forgets_the_selection(self):
        card = self.bring(Type4(TEXT))
        self.read_all(card, "000F20003B00340406E104008000FF")
        before = card.resets
        self.reset()
        self.assertGreater(card.resets, before)
        self.expect(("00B0000002", "6986"), ("00A4000C02E104", "6A82"))


class Files(OnReader):
    APPLICATION = {"A00000000101": {"0001": counting(0, 40), "0002": [b"first", b"second"]}}

    def test_files_and_records(self):
        self.bring(Iso7816(self.APPLICATION, fci={"A00000000101": "6F00"}))
        self.expect(("00A4040006A0000000010100", "6F00 9000"), ("00A4040C06A00000000101", "9000"),
                    ("00A4040006A00000000201", "6A82"), ("00A4040005A000000001", "9000"),
                    ("00B0000004", "6986"), ("00A4000C020001", "9000"), ("00B0000004", "00010203 9000"),
                    ("00B0002004", "20212223 9000"), ("00B0002010", counting(0x20, 8).hex() + "6282"),
                    ("00B0002000", counting(0x20, 8).hex() + "9000"), ("00B0002800", "6B00"),
                    ("00B0810204", "02030405 9000"), ("00B0830000", "6A82"),
                    ("00B2011400", b"first".hex() + "9000"), ("00B2020400", b"second".hex() + "9000"),
                    ("00B2030400", "6A83"), ("00CA000000", "6D00"), ("80CA000000", "6E00"), ("00A404000500", "6700"))

    def test_chains_by_61xx(self):
        card = self.bring(Iso7816(self.APPLICATION, chunk=16))
        self.expect(("00A4040006A00000000101", "9000"), ("00A4000C020001", "9000"),
                    ("00B0000000", counting(0, 16).hex() + "6110"), ("00C0000010", counting(16, 16).hex() + "6108"),
                    ("00C0000009", "6C08"), ("00C0000008", counting(32, 8).hex() + "9000"), ("00C0000008", "6986"))
        self.assertEqual(card.commands, 7)

    def test_a_first_answer_without_data(self):
        self.bring(Iso7816(self.APPLICATION, chunk=32, first_data=False))
        self.expect(("00A4040006A00000000101", "9000"), ("00B0810000", "6120"),
                    ("00C0000020", counting(0, 32).hex() + "6108"), ("00C0000008", counting(32, 8).hex() + "9000"))

    def test_the_right_le_by_6cxx(self):
        self.bring(Iso7816(answers={"80CA010005": "0102039000", "80CA020000": "6A82"}, exact_le=True))
        self.expect(("80CA010005", "6C03"), ("80CA020000", "6A82"))

    def test_what_is_held_back_is_gone_after_another_command(self):
        self.bring(Iso7816(self.APPLICATION, chunk=16))
        self.expect(("00A4040006A00000000101", "9000"), ("00B0810000", counting(0, 16).hex() + "6110"),
                    ("00A4000C020001", "9000"), ("00C0000010", "6986"))


class Viccs(OnReader):
    def test_blocks_of_4_8_and_32_bytes(self):
        for block, blocks in ((4, 28), (8, 64), (32, 8)):
            with self.subTest(block=block):
                memory = counting(0, min(255, block * blocks))
                card = self.bring(Vicc(block=block, blocks=blocks, memory=memory))
                one = memory[:block].hex()
                self.expect(("FFB0000000", one + "9000"), (f"FFB00000{block:02X}", one + "9000"),
                            (f"FFB00001{2 * block:02X}", memory[block:3 * block].hex() + "9000"),
                            (f"FFB00000{block - 1:02X}", f"6C{block:02X}"),
                            (f"FFB00000{2 * block + 1:02X}", f"6C{2 * block:02X}"),
                            (f"FFB000{blocks - 1:02X}{2 * block:02X}", bytes(card.memory[-block:]).hex() + "6282"),
                            (f"FFB000{blocks:02X}{block:02X}", "6A82"), ("FFB0010000", "6A82"))
                self.assertEqual((card.commands, card.air), (8, 5))

    def test_a_reader_that_gives_one_block_or_cuts(self):
        self.bring(Vicc(block=4, memory=counting(0, 16), at_once=4))
        self.expect(("FFB0000008", "6C04"), ("FFB0000104", "04050607 9000"))
        self.bring(Vicc(block=8, memory=counting(0, 16), cuts=True))
        self.expect(("FFB0000003", "000102 9000"), ("FFB000000A", counting(0, 10).hex() + "9000"))

    def test_type_5_cc_of_4_and_of_8_bytes(self):
        # 28 blocks of 4: 108 bytes behind the CC, 13 times 8.
        self.bring(Vicc(ndef=TEXT))
        self.expect(("FFB0000014", "E1400D01 030C" + TEXT + "FE00 9000"))
        # 256 blocks of 32: 8184 bytes behind the CC, 1023 times 8.
        self.bring(Vicc(block=32, blocks=256, ndef=TEXT, multiple=False))
        self.expect(("FFB0000000", "E1400000 000003FF 030C" + TEXT + "FE" + "00" * 9 + "9000"))

    def test_over_the_air(self):
        card = Vicc(block=8, blocks=32, memory=counting(0, 16), multiple=False)
        self.assertEqual(card.native(bytes.fromhex("022001")).hex(), "00" + counting(8, 8).hex())
        self.assertEqual(card.native(bytes.fromhex("022020")).hex(), "0110")
        self.assertEqual(card.native(bytes.fromhex("02230001")).hex(), "0101")
        self.assertEqual(card.native(bytes.fromhex("022B")).hex(), "000f78563412000104e000001f0701")


class Classics(OnReader):
    KEY_A, KEY_B = "A0A1A2A3A4A5", "B0B1B2B3B4B5"
    LOAD = "FF82000006"

    def authenticate(self, block, letter="A"):
        return f"FF860000050100{block:02X}{'60' if letter == 'A' else '61'}00"

    def test_load_authenticate_read_and_refusals(self):
        card = self.bring(Classic(blocks={4: "04" * 16, 5: "05" * 16}, keys={("A", 1): self.KEY_A}))
        self.expect(("FFB0000410", "6982"), (self.authenticate(4), "6988"), (self.LOAD + "FFFFFFFFFFFF", "9000"),
                    (self.authenticate(4), "6300"), (self.LOAD + self.KEY_A, "9000"), (self.authenticate(7), "9000"),
                    ("FFB0000410", "04" * 16 + "9000"), ("FFB0000420", "04" * 16 + "05" * 16 + "9000"),
                    # Key B may be read by key A as it was delivered, key A never.
                    ("FFB0000710", "00" * 6 + "FF078069" + "FF" * 6 + "9000"), ("FFB0000404", "6C10"),
                    ("FFB0000810", "6982"), ("FFB0000410", "6982"), (self.authenticate(64), "6300"))
        self.assertEqual(card.commands, 13)

    def test_a_reset_ends_the_authentication_and_not_the_readers_key(self):
        self.bring(Classic())
        self.expect((self.LOAD + "FFFFFFFFFFFF", "9000"), (self.authenticate(4), "9000"))
        self.reset()
        self.expect(("FFB0000410", "6982"), (self.authenticate(4), "9000"), ("FFB0000410", "00" * 16 + "9000"))

    def test_a_key_b_that_is_data_reads_nothing(self):
        self.bring(Classic(keys={("B", 1): self.KEY_B}))
        self.expect((self.LOAD + self.KEY_B, "9000"), (self.authenticate(4, "B"), "9000"), ("FFB0000410", "6982"))

    def test_access_conditions_of_blocks(self):
        # Block 0 of the sector for both keys, 1 for key B, 2 for nobody; nobody reads key B.
        bits = access_bytes((0b100, 0b011, 0b111), 0b011)
        self.assertEqual(bits.hex(), "1a51ee")
        self.bring(Classic(blocks={4: "04" * 16, 5: "05" * 16}, keys={("B", 1): self.KEY_B}, access={1: bits}))
        self.expect((self.LOAD + "FFFFFFFFFFFF", "9000"), (self.authenticate(4), "9000"),
                    ("FFB0000410", "04" * 16 + "9000"),
                    ("FFB0000710", "00" * 6 + bits.hex() + "69" + "00" * 6 + "9000"),
                    ("FFB0000510", "6982"), (self.LOAD + self.KEY_B, "9000"), (self.authenticate(4, "B"), "9000"),
                    ("FFB0000510", "05" * 16 + "9000"), ("FFB0000610", "6982"))

    def test_access_bytes_as_the_data_sheet_has_them(self):
        self.assertEqual(access_bytes().hex(), "ff0780")                                # as delivered
        self.assertEqual(access_bytes((0b100, 0b100, 0b100), 0b011).hex(), "787788")    # MAD sectors, AN10787

    def test_large_sectors_of_a_4k_and_the_end_of_each(self):
        self.bring(Classic("4k", blocks={128: "80" * 16, 254: "FE" * 16}, keys={("A", 39): self.KEY_A}))
        self.expect((self.LOAD + "FFFFFFFFFFFF", "9000"), (self.authenticate(128), "9000"),
                    ("FFB0008020", "80" * 16 + "00" * 16 + "9000"), ("FFB0008E10", "00" * 16 + "9000"),
                    ("FFB000F010", "6982"), (self.LOAD + self.KEY_A, "9000"), (self.authenticate(255), "9000"),
                    ("FFB000FE10", "FE" * 16 + "9000"))
        self.bring(Classic("mini"))
        self.expect((self.LOAD + "FFFFFFFFFFFF", "9000"), (self.authenticate(19), "9000"),
                    (self.authenticate(20), "6300"))

    def test_mad1_as_an_nfc_forum_card_has_it(self):
        # CRC 14 over 01 and fifteen times 03 E1: NXP's AN1304.
        self.bring(Classic(mad={sector: 0xE103 for sector in range(1, 16)}))
        self.expect((self.LOAD + "A0A1A2A3A4A5", "9000"), (self.authenticate(1), "9000"),
                    ("FFB0000120", "1401" + "03E1" * 15 + "9000"),
                    ("FFB0000310", "00" * 6 + "FF0780C1" + "FF" * 6 + "9000"))

    def test_mad2_is_in_sector_16(self):
        card = self.bring(Classic("4k", mad={5: 0x4811, 20: 0x4812}))
        mad2 = mad([0, 0, 0, 0x4812] + [0] * 19)
        self.assertEqual((len(mad2), mad2[1:10].hex()), (48, "010000000000001248"))
        self.expect((self.LOAD + "A0A1A2A3A4A5", "9000"), (self.authenticate(64), "9000"),
                    ("FFB0004030", mad2.hex() + "9000"), (self.authenticate(3), "9000"),
                    ("FFB0000310", "00" * 6 + "FF0780C2" + "FF" * 6 + "9000"))
        self.assertEqual(card.memory[1][10:12].hex(), "1148")


class Trouble(OnReader):
    def test_mute_for_once_and_for_ever(self):
        card = self.bring(Type2("ntag213"))
        card.fault("mute", after=1, times=1)
        good = card.page(4, 4).hex() + "9000"
        self.expect(("FFB0000410", good), ("FFB0000410", FAILED), ("FFB0000410", good))
        card.fault("mute")
        self.expect(("FFB0000410", FAILED), ("FFB0000410", FAILED), ("FFCA000000", card.uid + "9000"))
        self.reset()
        self.expect(("FFB0000410", FAILED))
        card.heal()
        self.expect(("FFB0000410", good))

    def test_nonsense_and_another_status(self):
        card = self.bring(Type4(TEXT))
        card.fault("nonsense", after=1, times=1)
        self.expect(("00A4040007D276000085010100", "9000"), ("00A4000C02E103", "63"), ("00A4000C02E103", "9000"))
        card.fault("nonsense", times=1, answer="")
        self.expect(("00B000000F", ""))
        card.fault("status", times=1)
        self.expect(("00B000000F", "6F00"))
        card.fault("status", times=1, answer="6982")
        self.expect(("00B000000F", "6982"), ("00B000000F", "000F20003B00340406E104008000FF9000"))

    def test_a_card_that_leaves_in_mid_read_has_left(self):
        card = self.bring(Type2("ntag213"))
        card.fault("leave", after=1)
        self.expect(("FFB0000410", card.page(4, 4).hex() + "9000"), ("FFB0000410", FAILED))

        def has_left():
            result, states = scard.SCardGetStatusChange(CONTEXT, 0, [(PCSCD.names[0], scard.SCARD_STATE_UNAWARE)])
            return result == scard.SCARD_S_SUCCESS and states[0][1] & scard.SCARD_STATE_EMPTY

        parts.wait_until(has_left, "pcscd to see that the card has left")
        # It comes again.
        self.bring(card)
        card.heal()
        self.expect(("FFB0000410", card.page(4, 4).hex() + "9000"))

    def test_what_the_reader_was_told_before_still_holds(self):
        """The words of `insert` that there were before socket=."""
        PCSCD.insert(0, "01020304", atr=parts.ATR_ULTRALIGHT, memory=bytes(range(64)).hex())
        parts.wait_until(self._connect, "the card to be connected")
        self.expect(("FFCA000000", "010203049000"), ("FFB0000410", bytes(range(16, 32)).hex() + "9000"))


class Messages(unittest.TestCase):
    def test_records_as_the_ndef_specification_has_them(self):
        self.assertEqual(message(text("hello")).hex().upper(), TEXT)
        self.assertEqual(message(uri(0x01, "a")).hex(), "d101025501" "61")
        self.assertEqual(message(text("a"), (2, "x/y", b"z")).hex(), "9101045402656e61" "5203" "01" "782f79" "7a")
        self.assertEqual(message((4, "a:b", b"", {"id": b"i"})).hex(), "dc030001" "613a62" "69")
        self.assertEqual(message((1, "X", b"a", {"long": True})).hex(), "c101" "00000001" "58" "61")
        self.assertEqual(message((1, "X", bytes(256)))[:7].hex(), "c1010000010058")
        self.assertEqual(message((1, "T", b"a", {"chunk": True}), (6, "", b"b")).hex(), "b1010154" "61" "560001" "62")


@unittest.skipUnless((BUILD / "springpark-nfc").exists(), "this build has no libnfc")
class OnAir(unittest.TestCase):
    """The same cards in the field of a PN532, asked through libnfc and the daemon's driver for it."""

    def setUp(self):
        scratch = tempfile.mkdtemp(prefix="springpark-cards-")
        self.addCleanup(shutil.rmtree, scratch)
        self.chip = pn532.Pn532(scratch, thread=True)
        self.addCleanup(self.chip.end)
        self.chip.start()
        self.probe = Probe({"SPRINGPARK_NFC_HELPER": str((BUILD / "springpark-nfc").resolve())}, self.chip.connection,
                           "door", driver="libnfc")
        self.addCleanup(self.probe.end)
        self.probe.until("health door|works", 30)

    def expect(self, card, *table):
        """Pairs of what is done (reader_probe.c) and what comes of it."""
        self.probe.do_with_cards([command for command, _ in table])
        self.chip.insert(on_air(card))
        arrival = self.probe.until("arrived ", 30)[1].split("|")
        self.assertEqual(arrival[1:3], [card.technology, card.uid])
        for command, answer in table:
            with self.subTest(command=command):
                if command.startswith("apdu "):
                    answer = answer.replace(" ", "").upper()
                self.assertEqual(self.probe.next(30), f"{command.split()[0]} door|{answer}")
        self.chip.remove()
        self.probe.until("left ", 30)

    def test_type_2_rolls_over_and_refuses(self):
        for kind, pages in (("ultralight", 16), ("ntag213", 45)):
            card = Type2(kind, user=counting(0x10, 48))
            head = card.page(0, 3).hex()
            self.expect(card, ("apdu FFB0000410", counting(0x10, 16).hex() + "9000"),
                        (f"apdu FFB000{pages - 1:02X}10", card.page(pages - 1).hex() + head + "9000"),
                        (f"apdu FFB000{pages:02X}10", "6A82"), ("apdu FFB0000410", counting(0x10, 16).hex() + "9000"))

    def test_classic_authenticates_for_a_sector(self):
        for size, uid in (("1k", "DEADBEEF"), ("4k", "04112233445566"), ("mini", "01020304")):
            card = Classic(size, uid=uid, blocks={4: "04" * 16}, keys={("A", 1): "A0A1A2A3A4A5"})
            self.expect(card, ("apdu FFB0000410", "6982"), ("authenticate 4 A FFFFFFFFFFFF", "error -4"),
                        ("authenticate 4 A A0A1A2A3A4A5", "fine"), ("apdu FFB0000410", "04" * 16 + "9000"),
                        ("apdu FFB0000810", "6982"))

    def test_files_of_both_types(self):
        for kind in "AB":
            card = Type4(TEXT, kind=kind)
            self.expect(card, ("apdu 00A4040007D276000085010100", "9000"), ("apdu 00A4000C02E104", "9000"),
                        ("apdu 00B000000E", "000C" + TEXT + "9000"), ("apdu 00B000003C", "6700"))
            self.assertEqual(card.commands, 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
