#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The simulated MIFARE DESFire against published numbers: whole transcripts are played with the published random
numbers, and every answer is compared byte for byte. Needs neither root nor a network.

Sources, as they are named below; the numbers of the NXP documents were taken from public test suites that quote them
with their tables, which is said where it was so:
  EXAMPLES  "DESFire EV1 Communication Examples" by Elmue, a log of a real card, in the repository sotechcllc/RFDoorLock
            (also hack.cert.pl/files/desfire-9f122c71e0057d4f747d2ee295b0f5f6eef8ac32.html).
  RELAY     a log of a real DESFire EV3 under NXP TagInfo, in the README of gentilkiwi's kpn532.
  AN10922   NXP, symmetric key diversification, as quoted in libfreefare, test/test_mifare_key_deriver_an10922.c.
  AN12196   NXP, NTAG 424 DNA features and hints, as quoted in lucianox777/nfc-ev2-crypto, test_ev2.py.
  AN12343   NXP, MIFARE DESFire Light features and hints, as quoted in GtechGovind/desfire-sdk,
            tests/unit/ev3_security_test.cpp and ev3_card_test.cpp.
  AN12757   NXP, MIFARE DESFire EV3 features and hints, as quoted in the public tests of Fabric.Hardware.Desfire.
  AN0945    NXP, MIFARE DESFire EV1 features and hints, as quoted in GtechGovind/desfire-sdk,
            tests/unit/ev3_standard_aes_test.cpp (AN12757 has the same numbers).
  SPOOKY    mittelab/libspookyaction, test/main.cpp: commands that a real card took.
  DESOX     paultag/desox-rs, src/replay/*.replay: commands and answers of a real DESFire EV3 with keys 00..00.
  PM3       RfidResearchGroup/proxmark3, client/src/mifare/desfiretest.c.
  NIST      SP 800-38B and the TDES CMAC examples of NIST.
What has no published numbers is read by a small reader in this file, written from the descriptions and with the
library's primitives only, not with the simulator's.
"""
import pathlib
import sys
import unittest

from cryptography.hazmat.primitives import cmac as library_cmac
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES as LibraryAes

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

from cards import desfire_crypto as crypto  # noqa: E402
from cards.desfire import (AES, DES, FREE, FULL, MAC, NEVER, PLAIN, TDES3, DesfireCard, Key,  # noqa: E402
                           diversified_key)
from cards.desfire_session import D40Session, Ev1Session, Ev2Session  # noqa: E402

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES as LibraryTripleDes
except ImportError:     # before version 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES as LibraryTripleDes

BYTES_16 = "00112233445566778899AABBCCDDEEFF"
ZERO = "00" * 16


def h(text):
    return bytes.fromhex(text)


class Transcripts(unittest.TestCase):
    def play(self, card, transcript):
        """Lines in turn: a command, and the answer to it."""
        lines = [line.split("#")[0].replace(" ", "") for line in transcript.strip().splitlines()]
        lines = [line for line in lines if line]
        for number in range(0, len(lines), 2):
            answer = card.apdu(h(lines[number]))
            self.assertEqual(answer.hex().upper(), lines[number + 1].upper(), "the answer to " + lines[number])

    def with_session(self, session, **options):
        """A card with application 1, one AES key, and a session that is already there."""
        card = DesfireCard(**options)
        application = card.add_application(1, [Key(AES)])
        card.apdu(h("5A010000"))
        card._session = session(card)
        return card, application


class Calculations(unittest.TestCase):
    def test_cmac_of_aes_is_that_of_nist_sp_800_38b(self):
        # NIST, also in libfreefare, test/test_mifare_desfire_aes.c
        block = crypto.Block(AES, h("2b7e151628aed2a6abf7158809cf4f3c"))
        message = h("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef"
                    "f69f2445df4f9b17ad2b417be66c3710")
        self.assertEqual([key.hex() for key in block.subkeys()],
                         ["fbeed618357133667c85e08f7236a8de", "f7ddac306ae266ccf90bc11ee46d513b"])
        for length, mac in ((0, "bb1d6929e95937287fa37d129b756746"), (16, "070a16b46b4d4144f79bdd9dd04a287c"),
                            (40, "dfa66747de9ae63030ca32611497c827"), (64, "51f0bebf7e3b9d92fc49741779363cfe")):
            self.assertEqual(block.cmac(message[:length]).hex(), mac)

    def test_cmac_of_triple_des_is_that_of_nist(self):
        # NIST, TDES_CMAC.pdf, also in PM3
        message = h("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51")
        three = crypto.Block(TDES3, h("0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123"))
        two = crypto.Block(DES, h("0123456789ABCDEF23456789ABCDEF01"))
        one = crypto.Block(DES, h("0123456789ABCDEF" * 2))
        for block, macs in ((three, ("7DB0D37DF936C550", "30239CF1F52E6609", "6C9F3EE4923F6BE2", "99429BD0BF7904E5")),
                            (two, ("79CE52A7F786A960", "CC18A0B79AF2413B", "C06D377ECD101969", "9CD33580F9B64DFB")),
                            (one, ("86F79C13FD306E67", "BEA4212292462A85", "3E2F8310C569275E", "9D1FC4D4C0259132"))):
            self.assertEqual([block.cmac(message[:length]).hex().upper() for length in (0, 16, 20, 32)], list(macs))

    def test_the_crcs_are_those_that_real_cards_send(self):
        # PM3: the UID of a card and its CRCs as GetCardUID has them (the CRC32 includes the status)
        self.assertEqual(crypto.crc16(h("04440F32763180")), h("2798"))
        self.assertEqual(crypto.crc32(h("04440F32763180" "00")), h("99CE1AD4"))
        # SPOOKY
        self.assertEqual(crypto.crc16((h("11223344556677889900") * 5)[:47]), (0x5530).to_bytes(2, "little"))
        # EXAMPLES, "CRC Crypto" of two ChangeKey commands
        self.assertEqual(crypto.crc32(h("C400" "00102031405060708090A0B0B0A09080")), h("C5FF0150"))
        self.assertEqual(crypto.crc32(h("C400" "00102030405060708090A0B0B0A0908010")), h("D2C6E66B"))

    def test_what_a_d40_reader_has_deciphered_comes_out_again(self):
        # libfreefare, test/test_mifare_desfire_des.c
        self.assertEqual(crypto.Block(DES, b"\1" * 16).undo_reader(h("d659e17043a84068")), h("730ddfada4d20789"))
        # SPOOKY, a new key with its CRC16
        block = crypto.Block(DES, h("c86db44f0552b69b" * 2))
        self.assertEqual(block.undo_reader(h("ae992bd72b90324f3e2cf2f35e4fd79a99bea561ad0424bc")),
                         h("00020407080a0c0e" * 2 + "2aec000000000000"))
        self.assertEqual(crypto.crc16(h("00020407080a0c0e" * 2)), h("2aec"))

    def test_diversified_keys_are_those_of_an10922(self):
        # AN10922, 2.2.1, 2.4.1 and 2.5.1; libfreefare puts the master key's version into bits 0, the document does not
        uid, aid = "04782E21801D80", 0x3042F5
        self.assertEqual(diversified_key(AES, BYTES_16, uid, aid, b"NXP Abu").value,
                         h("A8DD63A3B89D54B37CA802473FDA9175"))
        two = diversified_key(DES, BYTES_16, uid, aid, b"NXP A").value
        self.assertEqual(two, h("16F8597C9E8910C86B9648D006107DD7"))
        three = diversified_key(TDES3, BYTES_16 + "0102030405060708", uid, aid, b"NXP").value
        self.assertEqual(three, h("2F0DD03675D3FB9A5705AB0BDA91CA0B55B8E07FCDBF10EC"))

    def test_an_input_shorter_than_a_block_is_diversified_over_two_blocks(self):
        # By the formula: CMAC's last step, but with 80 00... up to 32 bytes.
        library = LibraryReader.block(h(BYTES_16))
        zero = int.from_bytes(library.encrypt(bytes(16)), "big")
        for _ in range(2):
            zero = (zero << 1) ^ (((1 << 128) | 0x87) if zero >> 127 else 0)
        for more in (b"", b"EXACTLY1"):
            message = (h("01" "04112233445566") + more + b"\x80").ljust(32, b"\0")
            last = bytes(a ^ b for a, b in zip(message[16:], zero.to_bytes(16, "big")))
            self.assertEqual(diversified_key(AES, BYTES_16, "04112233445566", system=more).value,
                             library.encrypt(message[:16] + last)[-16:])


class D40(Transcripts):
    def test_the_authentication_of_an_empty_real_card_is_played(self):
        # RELAY, three times: key 00..00
        for rnd_b, transcript in (
                ("976421DCF9AEDCC0", "900A0000010000 \n 53AE95457A7FDF8391AF \n"
                                     "90AF0000100000000000000000FBF96823321C6E5C00 \n CC0B2E2555EA033D9100"),
                ("CF5A36D11A0EC2E9", "900A0000010000 \n 4494B9FDD9EDB9B391AF \n"
                                     "90AF000010000000000000000003F877465D67C6C500 \n CC0B2E2555EA033D9100"),
                ("BA7261ECA46BCDE3", "900A0000010000 \n 214FC51AB696135491AF \n"
                                     "90AF00001000000000000000004C066583A1B1DCDF00 \n CC0B2E2555EA033D9100")):
            card = DesfireCard(generation="ev3")
            card.play(rnd_b)
            self.play(card, transcript)
            self.play(card, "906A000000 \n 9100")   # no MAC in D40

    def test_the_authentication_with_two_different_halves_is_played(self):
        # AN12757, tables 30 and 31: RndB, RndA and the session key; the reader's part follows from its formula
        for key, rnd_b, sent, rnd_a, back, session in (
                (ZERO, "FC68213E79B985D0", "07B4246843F94E2F", "CB4B2F5A73160F44", "0F3E03224EE6260F",
                 "CB4B2F5AFC68213ECB4B2F5AFC68213E"),
                (BYTES_16, "62C615A085C043FD", "43F0384069C1CBB2", "2AEC97F224313D24", "179F286709BB449E",
                 "2AEC97F262C615A024313D2485C043FD")):
            card = DesfireCard(picc_key=Key(DES, key))
            card.play(rnd_b)
            proof = LibraryReader.block(h(key), DES).decipher_to_send(h(rnd_a) + crypto.rotate(h(rnd_b)))
            self.play(card, "0A00 \n AF%s \n AF%s \n 00%s" % (sent, proof.hex(), back))
            self.assertEqual(crypto.session_key(DES, h(key), h(rnd_a), h(rnd_b)), h(session))

    def test_maced_and_enciphered_data_are_written_and_a_mac_is_read(self):
        # AN12757, tables 32 (write with MAC), 33 (read with MAC) and 34 (write enciphered)
        card, application = self.with_session(
            lambda card: D40Session(h("A908E976D518D0B9AE1D7F7A04CB0154"), 0, card.faults))
        application.add_data(1, bytes(14), MAC, read=0, write=0)
        self.play(card, """
            3D010000000E0000 00112233445566778899AABBCCDD 87480163
            00
            BD010000000E0000
            00 00112233445566778899AABBCCDD 87480163""")
        application.add_data(1, bytes(16), FULL, read=0, write=0)
        self.play(card, "3D01000000100000 C9F94412DA6FEBA4B97995E9DF7AFB9A577CE04B002BFB65 \n 00")
        self.assertEqual(application.files[1].data, h(BYTES_16))

    def test_a_mac_over_whole_blocks_is_taken(self):
        # SPOOKY
        card, application = self.with_session(lambda card: D40Session(h("c86db44f2343ba56" * 2), 0, card.faults))
        application.add_data(0, bytes(32), MAC, read=0, write=0)
        written = bytes(range(32)).hex()
        self.play(card, "3D00000000200000 %s 9AA83A44 \n 00 \n BD00000000200000 \n 00 %s 9AA83A44" % (written, written))
        self.play(card, "3D00000000200000 %s 9AA83A45 \n 1E" % written)


class Ev1(Transcripts):
    def test_the_self_test_of_a_real_card_is_played_with_a_des_key(self):
        # EXAMPLES, "Selftest"; the storage size of the card is that of the log
        card = DesfireCard("04063F72633480", "ev1", batch="BA4519E320", week="49", year="13")
        card.play("4FD1B75942A8B8E1", "3B3DFE628164BFDA")
        self.play(card, """
            5A000000
            00
            6400
            0000
            1A00
            AF5D994CE085F24089
            AF21D0AD5F2FD97454A746CC80567F1B1C
            00913C6DED84221C41
            60
            AF04010101001A05
            AF
            AF04010101041A05
            AF
            0004063F72633480BA4519E3204913 CDC810BAFA401759
            FC
            009C2C813A065C45F7
            CA16DE000F02
            000A1379B01D85AD47
            CA24DE000F42
            005D73AE5287A1BBE4
            CA16AE000F82
            003B68D72A3BE0D20C
            CACCBBAA0F01
            00F11AC0738EF83878
            6A
            0016DE0024DE0016AE00CCBBAA 2739154E2630D650
            DACCBBAA
            00A9AF19052292F662
            6A
            0016DE0024DE0016AE00 520E51E00AF06D5E
            5A16DE00
            00
            1A00
            AF8476D1CF3024B7C7
            AFDAC67AB743763DC9FAF8A0AE504E80C5
            0013E9E4FA4388BF16
            45
            000F02 25DD8D7731B1CFD5
            5427882805FC3FD49D
            00A6283783 74270ACD
            45
            000D02 613FB2D3F453D2E4""")

    def test_the_two_key_3des_part_of_the_log_is_played_with_its_key_changes(self):
        # EXAMPLES, "2K3DES"
        card = DesfireCard("04063F72633480", "ev1")
        card.add_application(0x00DE16, [Key(), Key()])
        card.play("4C647E5672E2A651", "BCD8299747332DAF", "A40E79E0F52F63AF", "CBE9525FB7DF5C3A", "608BECD60A7E4934")
        self.play(card, """
            5A16DE00
            00
            1A00
            AFDE50F92310CAF5A5
            AFE00616668704D5549C8D6A13A0F8FCED
            001D9D2954697DE760
            C400BEDE0FC6ED347DCF0D51C717DF75D97D2C5A2BA6CAC7479D
            00
            1A00
            AFB295579926155AE3
            AF70F349740C945DAE159BA9FEDBCC461A
            00B8FD7FE56B241FC4
            C40094E4F709DC2A2B07552610A1966E5C49EC90F616EDECA55B
            00
            1A00
            AF9414819CC8BB62C3
            AF937E6B1854A6D92E0FD975D9909001E8
            00E055D11DD9535060
            6400
            0010 3345AA95F2D956CF
            C400FC9E20FD77191E2AAB0CFD53D9999984BC59E886BFEB42D0
            00
            1A00
            AF53A670D78C0DFFD6
            AFB308408B575A2025253D49D693CCC29C
            00525BB01E5B70B794
            C4014EB669E48DCA584749542E1BE89CB4C7845A38C57D19DE59
            002EAD04DCF121E0FE
            C401FA7BEFA6782C93E8D69CF7352CFD33DF5BC8AC4FBA4906FC
            00CB0A506405512893
            1A01
            AF87D3AC1E09570AAD
            AFD82E8C092631FE15257D67629FC929D5
            00C4132CEF0D13F812""")

    def test_the_three_key_3des_part_of_the_log_is_played(self):
        # EXAMPLES, "3K3DES", its first two authentications and the one before GetKeyVersion
        card = DesfireCard("04063F72633480", "ev1")
        card.add_application(0x00DE24, [Key(TDES3), Key(TDES3)])
        card.play("316E6D76A449F925BA304FB2653656A2", "F4D65642AEEB3D12FB8AC6FE46CE7A2F",
                  "5814D2513D9EC06668C0CC1B59237AFD")
        self.play(card, """
            5A24DE00
            00
            1A00
            AFBC1C570BC948156187132364E4DCE176
            AFDDDC9A77597F03A40C7FAA362F45A8EADBE46A115D98198CBF36A6E51B39D87C
            007244D935ED9A1306CD8C841A7C1DE39A
            C400F4F865F318CB9DE80B2B165145021F4F3AFEF1244FEA42FC997726FDE750741D
            00
            1A00
            AFFA2FB9A17B359D034DF3EB1C4179207E
            AF7BF9E1AC2D7C2836112E642D398FBAEF5CA61CC3A629FA8BD52F43F9D931C043
            001E3051B59BA31E4CEF64BBE8721B7BD6
            C4000A9BE77E7203CD8D3EB13D5F2C1F11FFE897ECAC1FE054CE4287685F3CE2162E
            00
            1A00
            AFEDFAC076F7F75F3FA930D8365A7C9206
            AFB4F5266DBF4BF93970BC386E94F4FA59884E94F9F113B1BFB5A54E5A1BA08892
            0065F4F5DADE89E12E2405FCE14D5CD798
            6400
            0010 AD4A52B1E31CC741""")

    def test_the_aes_part_of_the_log_is_played_with_its_file(self):
        # EXAMPLES, "AES", and what follows it: a file is created, written, read and deleted
        card = DesfireCard("04063F72633480", "ev1")
        card.add_application(0x00AE16, [Key(AES), Key(AES)])
        card.play("C05DDD714FD788A6B7B754F3C4D066E8", "271047125A2AA58178F5C51B1177A19B",
                  "910368457E2E9AA167355BFB544B9931", "D81000444B976F48340DCDE34D7AB17C",
                  "626FFBD45CAF334ACCA45599304F5B17")
        self.play(card, """
            5A16AE00
            00
            AA00
            AFB969FDFE56FD91FC9DE6F6F213B8FD1E
            AF36AAD7DF6E436BA08D18613830A70D5AD43E3D3F4A8D47541EEE623A934E4774
            00800DB680BC146BD121D6578F2D2E2059
            C400E9F85E219496C2B58C1090DC3935FAE9E840CF61B383D9531946256B1F110C10
            00
            AA00
            AFCCC8316C2B2613FE9A189BAC9CC89D03
            AFC02E061E72E17726489CAEEC997C523758BF863EFE7671C55B4665D06ACCD97B
            0072ACCC0BDEA482B53185BB5AD0086246
            C4002945E3760E60F4A4046BB8A505B31CF559A3A2E05213BC82942CA6AB5DBCECF5
            00
            AA00
            AF3E2BE626C05E7798EE518355A751648E
            AFFABF71BB0DC45B8F31BAEDDFF7F3439652D4094DF12C17EF0C94353E6D7770C8
            001CE6C574E24923D404E18B6A240C1B08
            6400
            0010 8A8FA36F55CD210D
            C400635375E4919F8AF2E9E86B1C1BA55B0C0807EAF484D7A7EF6E0C3084160F5A61
            00
            AA00
            AFEDDAF0C5D9A7CF42B8808BE2013899A1
            AFD8105F874E2CA57B76C354A8066B0D7880B0C4EC399DBF253438DB46D75F8F60
            00459C76B71AB9F1736413F5ACD73E7DF9
            C401E7ECCB6BD1CA64BC161A12B1C024F71430337408C8A87EACAB7A1FF18951FCA3
            002128D3CD9C9ACFFF
            C40128 41938C40A4BC2C33064482FEADA5F43EC535D34255B0286C2352CD173863C7
            00CAF3BF0B2836E9DE
            AA01
            AFB351CB2465D4F33AC627FD6E87A168F2
            AF044B6CAC343A0865895149649CA8DDE1F5AC4EC67BD208900AF02F049E05F0B0
            00A2EE144B1012FBEB7B2F11132D95A454
            CD05001100500000
            00A75316AD1596B953
            6F
            0005 2D5FF67FFEC9D2D3
            F505
            0000001100500000 2AAC7517024E09DC
            3D05000000340000 %s
            00765C9DAA50ECB62F
            3D053400001C0000 %s
            003E0AED986B8B0F37
            BD05000000300000
            00 %s 4C65F1F842262BAC
            BD05300000200000
            00 %s F02205CF913C03C9
            DF05
            001BEF0D32B6D1D7F9
            6F
            00FC194EA93E3EF8E7
            """ % tuple(bytes(range(*part)).hex() for part in ((0x34,), (0x34, 0x50), (0x30,), (0x30, 0x50))))

    def played(self, card, log):
        """One command and its answer a line; the card's random numbers are in its own answers, under keys 00..00."""
        lines = [line.split() for line in log.strip().splitlines()]
        card.play(*(LibraryReader.block(bytes(16), AES if command[:2] == "aa" else DES).decrypt(h(answer[2:])).hex()
                    for command, answer in lines if command[:2] in ("1a", "aa")))
        self.play(card, "\n".join("\n".join(line) for line in lines))

    def test_what_a_real_card_tells_of_itself_is_played(self):
        # DESOX, metadata.replay: GetCardUID is enciphered, with its CRC32
        card = DesfireCard("0464D59ADD1E90", "ev3", batch="2113623030", week="40", year="24")
        card.versions = [h("04010133001805"), h("04010103001805")]
        self.played(card, """
            1a00 afc7bbd82ff8fefae8
            afc6dab54df2278d2952d560821be7e4c3 007d9abe94a9b14748
            45 000f011d5c40f4990acd9c
            6400 00000a361ce1ff0cdc9e
            6a 009651c9dc43b6e417
            51 00baf665c87723c13876c10b993668481f
            60 af04010133001805
            af af04010103001805
            af 000464d59add1e9021136230304024979e425be4c34ca2""")

    def test_an_application_of_a_real_card_is_played(self):
        # DESOX, application.replay of version 0.5.0: its key settings are changed with AES
        self.played(DesfireCard(generation="ev3"), """
            1a00 af82c0ab236e97e3d4
            af01d15278b4a08729c323c32a49239ab9 00762262dac3b103bb
            ca0102030981 00f443f754bedd1448
            5a010203 00
            aa00 afbf8f998a924873daac8b859309b46d13
            af0fdb4c644c9fac875cad7a817d26c0e35c970dd97a654fb17e09a865f39ced90 00631bd8b8f4a2d0f0f5b4ebe6034c3869
            45 0009819c63702e15e62095
            6400 0000245b84397350f81d
            6f 00c29cc839562c5145
            54c316b45d72e501bdb9de4e867a587893 00e2d7dd76bd596fab
            45 0000815054da9f9ff1c9d1
            5a000000 00
            1a00 afdbedbb3913dd9038
            af965e7b3d1767ee1356b6881560f1a68a 0024c8e9643e8bcffa
            da010203 00e91840f5538652d3""")

    def test_the_long_files_of_a_real_card_are_written_and_read_in_all_three_modes(self):
        # DESOX, file_io.replay: answers of several frames, 48 bytes each, plain, with a CMAC and enciphered
        text = (b"Had I the heavens' embroidered cloths,\nEnwrought with golden and silver light,\n"
                b"The blue and the dim and the dark cloths\nOf night and light and the half light,\n"
                b"I would spread the cloths under your feet:\nBut I, being poor, have only my dreams;\n"
                b"I have spread my dreams under your feet;\nTread softly because you tread on my dreams.\n")
        self.assertEqual(len(text), 0x148)

        def written(mac):
            parts = [text[i:i + 59] for i in range(0, len(text), 59)]
            return "\n".join("af%s af" % part.hex() for part in parts[:-1]) + "\naf" + parts[-1].hex() + mac

        def read(command, mac):
            parts = [text[i:i + 48] for i in range(0, len(text), 48)]
            return "%s %s\naf 00%s%s" % (command, "\naf ".join("af" + part.hex() for part in parts[:-1]),
                                         parts[-1].hex(), mac)
        card = DesfireCard(generation="ev3")
        self.played(card, """
            1a00 afdd7d2a6d1240a953
            afd0f558122fbfce49898992c958cd1442 006f4bd4837640b2af
            ca0102030981 00b0ae42ad2bd7c51e
            5a010203 00
            aa00 af6d3dfc06a85bc3ae1ad0e32d670d822a
            afee7c3b39e02093480dff963f4fc387d92085238b4a6e6e28f00797b430e94524 0048c03f96dab3c77721fbb5434d10dba2
            cd01000000480100 00953a404ffec15e15
            cd02010000480100 00047b6bce30bf941c
            cd03030000480100 0042c89f1b4215802e
            f501 0000000000480100dc176f35f488c073
            3d01000000480100 af
            """ + written("") + " 00c43e179f9ccbf0c7\n" + read("bd01000000480100", "19070dc8a67df72d") + """
            f502 0000010000480100aeb5ddc65cf68c27
            3d02000000480100 af
            """ + written("9d34eefbdbef862d") + " 00f548f3922df18525\n" +
                    read("bd02000000480100", "0bee1d732cf2b095") + """
            f503 0000030000480100bdc1ab65b1060c73
            3d03000000480100 af
            afb4e1775419e4dde3e663b32d5d0245803e60b87a806c357c7724cd355fb85297 af
            af4adbf0693c332d2071aafbed0c2d08674d3653fbbbc71f27d07b87993ec43e0c af
            af24f76980b2ece1aaed0f9e33536f43c3a69d969c7496988cb983e970f234de54 af
            affd081390b3b6655e37bbd277bb3a7427971b3418e3654221a6b509406b5cb949 af
            af100e6b88e54bc114cdd00aff68f28923c0428e4e8341724822125d21263d7fb5 af
            af193eb4fd0eac751c499985bb51f453a44736cf61e25849736e05d955ec9ab1d8 af
            af36a747eeed89e72c8d884920e49f97ac25adf894d5f4cfbc85a7cafda36360a3 af
            af0b89c4119d5569c5ef8fc48839afe76cdb6a4b1abe6909234b87d1e904d72a2f af
            af4538c372c2b8a9fcc520ab81bbbaae6cf6616c3f3fbe81d0ccc4885b7a46cb6d af
            afb0d1b5ca842893a27454a1de6d5a014bdf659f4e83f99e1b923a2d45cf45826d af
            af6f0b64dba879f4187fe79ddf9fb07d72 0041b6ce6ed38d3306
            bd03000000480100 af77a6228ed76d925019265a45f152deff6e81e7010397ecb20c96e2543b4b736b99ec7b4891eac2920753+
            0c1c8c9f143e
            af af265729cc2986f7cf441dcc5ef94650b18071f6a16679c1bc28be155363b533fe160f75ee442cd3114aefd28f29dd9d3f
            af afd16cb44e08d78c34e523f0567c1c43bae283f71894053295dc5fc08db7801400b592dd75b98aa2e32a28e614ef44b7c5
            af af595968d15c4d5336c3d915aa2fb4ca01439f625de1f736d7494aa9c85ea02cf0deef4d05101044dbff6c2f5c303dad5b
            af afd9600252f4c5f99f855fcf7730a75c919b7f40ee48eafffee1d80361a1ebda5af9f4715d8d731df28d3ad0692ae654a0
            af aff4aa6521f6ecb84d18e8a19cdcb7d42fa35e44e49132edac30579339a28b41214f7d534d8345d10c104189ae3985495a
            af 00c6b851be765f73c9e45f63d7daab45fab0449f6bcf848cd2e77696ea4eea40adae753fc04edcf81f4dd8cb50293823e5
            """.replace("+\n            ", ""))
        self.assertEqual(card.applications[0x030201].files[3].data, text)

    def test_the_authentications_of_the_application_notes_are_played(self):
        # AN0945, table 22 = AN12757 (AES); AN12757, table 20 (2TDEA; the reader's part follows from its formula)
        card = DesfireCard(picc_key=Key(AES))
        card.play("1EA0353A7D2947D8BBC6AD6FB52FCA84")
        self.play(card, """
            90AA0000010000
            C5537C8EFFFCC7E152C27831AFD383BA91AF
            90AF0000201EF512D957973AED7E6E13991EB0FB431B373EA23400A3AC0B7749CD6FB1C32800
            FFC212245F03DB0EA0645A495190952A9100""")
        library = LibraryReader.block(h(ZERO), DES)
        rnd_b = library.decrypt(h("D3C84E1AAB3AA692"))
        self.assertEqual(crypto.session_key(DES, h(ZERO), h("FE07A026547F0BAE"), rnd_b), h("FE07A026682EB9D7" * 2))
        card = DesfireCard()
        card.play(rnd_b.hex())
        proof = library.encrypt(h("FE07A026547F0BAE") + crypto.rotate(rnd_b), h("D3C84E1AAB3AA692"))
        self.play(card, "1A00 \n AFD3C84E1AAB3AA692 \n AF%s \n 00DC9A5F5B3F8DE04E" % proof.hex())

    def test_files_are_written_and_read_in_both_modes_with_3des_and_with_aes(self):
        # AN12757, tables 21 to 28; the AES ones are tables 23 to 26 of AN0945
        data = "010203040506070809101112131415161718"
        for kind, session, mode, number, written, transcript in (
                (DES, "7EBBEA1BA4A399EF" * 2, MAC, 1, data, """
                    3D01000000120000 010203040506070809101112131415161718 C15BFD83F9021869
                    00AD37516C1029640E
                    BD01000000120000
                    00 010203040506070809101112131415161718 35E4EE4183A3B718"""),
                (DES, "B736960AFA41EED7" * 2, FULL, 0, data, """
                    3D00000000120000 EF4E0879067770A638F8D5DFFBCC7A5D95A66B761BCBEAE3
                    00B206E23D3083EF51
                    BD00000000120000
                    006423F66793402B1D3B6AAD6CA3EE028D79C11B8ADF793C1C"""),
                (AES, "0AAF803DD2A6252D851B69B9E4F63801", MAC, 3, "0102030405060708090A0B0C0D0E0F101112131415", """
                    3D03000000150000 0102030405060708090A0B0C0D0E0F101112131415 BEF5B687604234F7
                    00A6589DC8FC47D2E4
                    BD03000000150000
                    00 0102030405060708090A0B0C0D0E0F101112131415 DF5C0EA3D6331E4F"""),
                (AES, "227EAC508FB2D130E0451988D51F8DD0", FULL, 2, "112233445566778899AABBCCDDEEFF", """
                    3D020000000F0000 9B9915A7572364D05CDF03FBA9B0F69EA88E3C4F0DEE3EDAB9ACC8BE88B7DAC9
                    00B987074D3F60EEF6
                    BD020000000F0000
                    00 3C624B56FF16798F960E341E10EEA8CF5155D67AC6273EE5DDEB90E16228DF03""")):
            card, application = self.with_session(lambda card, kind=kind, session=session: Ev1Session(
                kind, h(session), 0, card.faults))
            application.add_data(number, bytes(len(written) // 2), mode, read=0, write=0)
            self.play(card, transcript)
            self.assertEqual(application.files[number].data, h(written))

    def test_a_plain_command_in_a_session_is_answered_with_a_cmac(self):
        # AN0945, table 34: GetKeySettings of an application with 4 AES keys
        card, application = self.with_session(lambda card: Ev1Session(
            AES, h("CB45D8074BD262A526782FEF5049B5D5"), 0, card.faults))
        application.keys *= 4
        self.play(card, "45 \n 000F84 C5D5E829E923C3B5")

    def test_a_wrong_cmac_of_written_data_ends_the_session(self):
        card, application = self.with_session(lambda card: Ev1Session(
            AES, h("0AAF803DD2A6252D851B69B9E4F63801"), 0, card.faults))
        application.add_data(3, bytes(21), MAC, read=0, write=0)
        self.play(card, """
            3D03000000150000 0102030405060708090A0B0C0D0E0F101112131415 BEF5B687604234F8
            1E
            BD03000000150000
            AE""")


class Ev2(Transcripts):
    def test_the_first_authentications_of_the_application_notes_are_played(self):
        for key_number, rnd_b, ti, transcript in (
                # AN12343, table 16
                (0, "FA659AD0DCA738DD65DC7DC38612AD81", "8CF141F3", """
                    9071000002000000
                    24677DDBD46349E623798FD729006E7991AF
                    90AF0000203B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD00
                    04C6DBD67417ED0D31DDDE4D2E3FFAC2B4B074F638EEF7FFF9254963B65C77599100"""),
                # AN12196, "AuthenticateEV2First with key 0x00"
                (0, "B9E2FC789B64BF237CCCAA20EC7E6E48", "9D00C4DF", """
                    9071000002000000
                    A04C124213C186F22399D33AC2A3021591AF
                    90AF00002035C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D00
                    3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F081206639100"""),
                # AN12196, "AuthenticateEV2First with key 0x03"
                (3, "91517975190DCEA6104948EFA3085C1B", "7614281A", """
                    9071000002030000
                    B875CEB0E66A6C5CD00898DC371F92D191AF
                    90AF000020FF0306E47DFBC50087C4D8A78E88E62DE1E8BE457AA477C707E2F0874916A8B100
                    0CC9A8094A8EEA683ECAAC5C7BF20584206D0608D477110FC6B3D5D3F65C3A6A9100"""),
                # AN12757, table 12, native
                (0, "6CCC83FCBF582BA77D10B28025F224E6", "B04D6C11", """
                    710000
                    AFC56F576D2444171CF64B196346A81662
                    AF60DCFF9A0BBE8DE18B7D79BB590CD4B42D531C24906D1B0D11BEB17E8850D298
                    00EE93375DE2190A24F97D4AE363CAEC8DE2ED76DF4C3EE23C9D3499E3EC8D2259""")):
            card = DesfireCard()
            card.add_application(0x010203, [Key(AES) for _ in range(4)])
            self.play(card, "5A030201 \n 00")
            card.play(rnd_b, ti)
            self.play(card, transcript)
            self.assertEqual((card._session.key_number, card._session.ti), (key_number, h(ti)))

    def test_the_session_keys_are_those_of_the_application_notes(self):
        for rnd_a, rnd_b, enciphering, macs in (
                # AN12343, 7.1.3.1 (also PM3)
                ("B04D0787C93EE0CC8CACC8E86F16C6FE", "FA659AD0DCA738DD65DC7DC38612AD81",
                 "63DC07286289A7A6C0334CA31C314A04", "774F26743ECE6AF5033B6AE8522946F6"),
                # AN12196, keys 0x00 and 0x03
                ("13C5DB8A5930439FC3DEF9A4C675360F", "B9E2FC789B64BF237CCCAA20EC7E6E48",
                 "1309C877509E5A215007FF0ED19CA564", "4C6626F5E72EA694202139295C7A7FC7"),
                ("B98F4C50CF1C2E084FD150E33992B048", "91517975190DCEA6104948EFA3085C1B",
                 "7A93D6571E4B180FCA6AC90C9A7488D4", "FC4AF159B62E549B5812394CAB1918CC"),
                # AN12757, table 12
                ("876D85B7FC717073AFBF564834F98F1E", "6CCC83FCBF582BA77D10B28025F224E6",
                 "030A8C76BBC954513A52B2AAD161D15B", "185D0E3CEA4C0C32DFAD84B3414A5054")):
            self.assertEqual(crypto.ev2_session_keys(bytes(16), h(rnd_a), h(rnd_b)), (h(enciphering), h(macs)))

    def test_the_pcd_capabilities_come_back(self):
        # GtechGovind/desfire-sdk, tests/unit/ev3_card_test.cpp: AN12343's handshake with made-up capabilities
        card = DesfireCard(picc_key=Key(AES))
        card.picc_capabilities = h("112233445566")
        card.play("FA659AD0DCA738DD65DC7DC38612AD81", "8CF141F3")
        self.play(card, """
            90710000050003A1A2A300
            24677DDBD46349E623798FD729006E7991AF
            90AF0000203B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD00
            04C6DBD67417ED0D31DDDE4D2E3FFAC275944C9B56DE150BA3BD15563236A3809100""")

    def ev2(self, enciphering, macs, ti, **options):
        return self.with_session(lambda card: Ev2Session((h(enciphering), h(macs)), 0, h(ti), card.faults), **options)

    def test_a_non_first_authentication_keeps_ti_and_counter(self):
        # AN12196, "AuthenticateEV2NonFirst with key 0x00": its numbers up to the reader's proof, quoted in a public Go
        # test of package sun (ev2_kat_test.go); the last frame follows from the formula
        card, _ = self.ev2("7A93D6571E4B180FCA6AC90C9A7488D4", "FC4AF159B62E549B5812394CAB1918CC", "7614281A")
        card._session.counter = 1
        card.play("6924E8D09722659A2E7DEC68E66312B8")
        back = LibraryReader.block(bytes(16)).encrypt(crypto.rotate(h("60BE759EDA560250AC57CDDC11743CF6"))).hex()
        self.play(card, """
            90770000010000
            A6A2B3C572D06C097BB8DB70463E22DC91AF
            90AF000020BE7D45753F2CAB85F34BC60CE58B940763FE969658A532DF6D95EA2773F6E99100
            %s9100""" % back)
        session = card._session
        self.assertEqual((session.ti, session.counter), (h("7614281A"), 1))
        # The numbers of AN12343's first authentication, and the last frame that GtechGovind/desfire-sdk made for them.
        card.play("FA659AD0DCA738DD65DC7DC38612AD81")
        self.play(card, """
            90770000010000
            24677DDBD46349E623798FD729006E7991AF
            90AF0000203B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD00
            42557CACA75FB489EB682F716D9123D79100""")
        self.assertEqual(crypto.ev2_session_keys(bytes(16), h("60BE759EDA560250AC57CDDC11743CF6"),
                                                 h("6924E8D09722659A2E7DEC68E66312B8")),
                         (h("4CF3CB41A22583A61E89B158D252FC53"), h("5529860B2FC5FB6154B7F28361D30BF9")))

    def test_macs_on_both_ways_are_those_of_an12343(self):
        # AN12343, tables 23 and 24 (also PM3)
        card, application = self.ev2("C4C9F2A734F32967FAC80A0F37C764F0", "9366FA195EB566F5BD2BAD4020B83002",
                                     "E2D3AF69")
        application.add_data(0, bytes(48), MAC, read=0, write=0)
        self.play(card, """
            908D0000280000000019000022222222222222222222222222222222222222222222222222 68F2C28C575A1628 00
            0820F68898C2A7F19100
            90AD00000F00000000300000 0D9BE191D5960834 00
            %s %s A49A44222D9266669100""" % ("22" * 25, "00" * 23))

    def test_enciphered_data_on_both_ways_are_those_of_an12343(self):
        # AN12343, tables 25 and 26
        card, application = self.ev2("FFBCFE1F41840A09C9A88D0A4B10DF05", "37E7234B11BEBEFDE41A8F290090EF80",
                                     "CD73D8E5")
        application.add_data(0, bytes(48), FULL, read=0, write=0)
        self.play(card, """
            8D00000000190000 D7446FBC912580C0A65E738D28B609E43ADBB8FB2B4CA68744D1BBEBB37EBD32 700ADF7BB9F62A6C
            00B9A534A7A73EE0DD
            AD00000000300000 7CF94F122B3DB05F
            008848D0F9B9FD4495770C89925B2A85C7274D350FA9029C484D43804886662DC42D7F40A6D7A415E4A71EFF79EB8E5721 #
            """.replace("#", "AC3BF1CAAFE8EB2CAA2DC162E67A97A3 8ED7888F22B3A587"))
        self.assertEqual(application.files[0].data, b"\x22" * 25 + bytes(23))

    def test_long_and_short_enciphered_writes_are_those_of_an12196(self):
        # AN12196, WriteData of the NDEF file (its length field is that of the MAC: 80) and of the proprietary file
        card, application = self.ev2("1309C877509E5A215007FF0ED19CA564", "4C6626F5E72EA694202139295C7A7FC7",
                                     "9D00C4DF")
        application.add_data(2, bytes(256), FULL, read=0, write=0)
        self.play(card, """
            908D00009F02000000800000421C73A27D827658AF481FDFF20A5025B559D0E3AA21E58D347F343CFFC768BFE596C706BC00F2+
            176781D4B0242642A0FF5A42C461AAF894D9A1284B8C76BCFA658ACD40555D362E08DB15CF421B51283F9064BCBE20E96CAE54+
            5B407C9D651A3315B27373772E5DA2367D2064AE054AF996C6F1F669170FA88CE8C4E3A4A7BBBEF0FD971FF532C3A802AF7456+
            60F2B4D1D9A8499661EBF300
            FC222E5F7A5424529100""".replace("+\n", ""))
        self.assertIn(b"choose.url.com/ntag424?e=0000", application.files[2].data)
        card, application = self.ev2("7A93D6571E4B180FCA6AC90C9A7488D4", "FC4AF159B62E549B5812394CAB1918CC",
                                     "7614281A")
        application.add_data(3, bytes(16), FULL, read=0, write=0)
        self.play(card, """
            908D00001F030000000A00006B5E6804909962FC4E3FF5522CF0F8436C0C53315B9C73AA00
            C26D236E4A7C046D9100""")
        self.assertEqual(application.files[3].data[:10], h("0102030405060708090A"))

    def test_file_settings_are_asked_for_with_the_mac_of_an12196(self):
        # AN12196, "CommMode.MAC": only its command, as an NTAG's settings are longer than a DESFire's
        card, application = self.ev2("00" * 16, "8248134A386E86EB7FAF54A52E536CB6", "7A21085E")
        application.add_data(2, bytes(256))
        answer = card.apdu(h("90F5000009026597A457C8CD442C00"))
        self.assertEqual((answer[:-10], answer[-2:]), (h("0000F0EF000100"), h("9100")))

    def test_the_card_uid_is_that_of_an12196(self):
        # AN12196, "Get UID": the only published answer with data that both deciphers and has its session keys
        card, _ = self.ev2("2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522",
                           uid="04958CAA5C5E80", random_id=True)
        self.play(card, """
            90510000088E2C155ADDA99BE300
            70756055688505B52A5E26E59E329CD6595F672298EA41B79100""")

    def test_a_wrong_mac_ends_the_session(self):
        card, _ = self.ev2("2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522")
        self.play(card, "90510000088E2C155ADDA99BE400 \n 911E \n 90510000088E2C155ADDA99BE300 \n 91AE")


class Frames(Transcripts):
    def test_the_scan_of_a_real_card_is_played(self):
        # RELAY: GetVersion, an aborted command, DF names, applications that are not there
        card = DesfireCard("0495910A5D6D80", "ev3", batch="9953673030", week="20", year="20")
        self.play(card, """
            9060000000
            04010133001A0591AF""")
        card.reset()
        self.play(card, """
            00A4040007D276000085010100
            6A82
            00A4040007D2760000850100
            9000
            00A4000002E103
            6A82
            905A00000300000000
            9100
            9060000000
            04010133001A0591AF
            905A00000300000000
            91CA
            9060000000
            04010133001A0591AF
            90AF000000
            04010103001A0591AF
            90AF000000
            0495910A5D6D80995367303020209100
            906A000000
            9100
            905A0000033010F200
            91A0
            9045000000
            0F019100""")

    def test_a_long_answer_comes_in_frames_of_at_most_59_bytes(self):
        card = DesfireCard()
        data = bytes(range(150))
        card.add_application(1, [Key()]).add_data(4, data)
        self.play(card, """
            905A00000301000000
            9100
            90BD0000070400000000000000
            %s91AF
            90AF000000
            %s91AF
            90AF000000
            %s9100
            90AF000000
            911C""" % (data[:59].hex(), data[59:118].hex(), data[118:].hex()))
        self.play(card, "90AD0000070400000000000000 \n %s9100" % data.hex())
        self.assertEqual(card.commands, len(card.log))

    def test_an_unauthenticated_or_wrong_read_is_refused_with_its_status(self):
        card = DesfireCard()
        application = card.add_application(1, [Key(), Key(AES)], settings=0x0D)
        application.add_data(1, b"secret", read=0)
        application.add_data(2, b"closed", read=NEVER)
        application.add_data(3, b"open")
        application.add_records(5, 2, [])
        self.play(card, """
            5A010000
            00
            BD01000000000000
            AE
            BD02000000000000
            9D
            BD03000000070000
            BE
            BD03060000000000
            BE
            BD04000000000000
            F0
            BB03000000000000
            9E
            BB05000000000000
            BE
            BD0300000000
            7E
            F503
            AE
            0A02
            40
            0A01
            AE
            AA00
            AE
            7700
            9D
            51
            AE
            99
            1C
            5A020000
            A0""")

    def test_records_are_counted_from_the_newest_and_come_oldest_first(self):
        card = DesfireCard()
        card.add_application(1, [Key()]).add_records(0, 1, [b"a", b"b", b"c", b"d"], cyclic=True, most=5)
        self.play(card, """
            5A010000
            00
            BB00000000010000
            0064
            BB00010000020000
            006263
            BB00000000000000
            0061626364
            BB00010000000000
            00616263
            BB00030000020000
            BE
            F500
            000400F0EF 010000 050000 040000""")

    def test_older_cards_do_not_know_newer_commands(self):
        for generation, unknown in (("ev0", "1A00 AA00 7100 51 AD AB"), ("ev1", "710000 AD AB 7700")):
            card = DesfireCard(generation=generation)
            for command in unknown.split():
                self.play(card, command + " \n 1C")

    def test_a_random_identifier_changes_and_hides_the_uid(self):
        card = DesfireCard("04958CAA5C5E80", random_id=True)
        first = card.uid
        self.assertRegex(first, "^08[0-9A-F]{6}$")
        self.assertEqual(card.apdu(h("FFCA000000")).hex().upper(), first + "9000")
        card.apdu(h("60"))
        card.apdu(h("AF"))
        self.assertEqual(card.apdu(h("AF"))[1:8], bytes(7))
        identifiers = set()
        for _ in range(8):
            card.reset()
            identifiers.add(card.uid)
        self.assertGreater(len(identifiers), 1)
        self.assertEqual((DesfireCard("04958CAA5C5E80").uid, card.commands), ("04958CAA5C5E80", 3))


class LibraryBlock:
    """A block cipher out of the library, for the reader below."""

    def __init__(self, key, kind):
        self.algorithm = LibraryAes(key) if kind == AES else LibraryTripleDes(key)
        self.size = 16 if kind == AES else 8

    def encrypt(self, data, iv=None):
        return Cipher(self.algorithm, modes.CBC(iv or bytes(self.size))).encryptor().update(data)

    def decrypt(self, data, iv=None):
        return Cipher(self.algorithm, modes.CBC(iv or bytes(self.size))).decryptor().update(data)

    def decipher_to_send(self, data):
        """D40: each block is deciphered after the last result was added to it."""
        sent = bytes(8)
        whole = b""
        for i in range(0, len(data), 8):
            sent = self.decrypt(bytes(a ^ b for a, b in zip(data[i:i + 8], sent)))
            whole += sent
        return whole

    def chained_cmac(self, data, iv):
        """The library's CMAC has no starting value: the first block is made so that it has one."""
        sub = int.from_bytes(self.encrypt(bytes(self.size)), "big")
        whole = data and len(data) % self.size == 0
        for _ in range(1 if whole else 2):
            sub <<= 1
            if sub >> 8 * self.size:
                sub ^= 1 << 8 * self.size | (0x87 if self.size == 16 else 0x1B)
        if not whole:
            data += b"\x80"
            data += bytes(-len(data) % self.size)
        last = bytes(a ^ b for a, b in zip(data[-self.size:], sub.to_bytes(self.size, "big")))
        return self.encrypt(data[:-self.size] + last, iv)[-self.size:]


class LibraryReader:
    """A reader: it authenticates and reads, and raises AssertionError for an answer that is not as it must be."""

    @staticmethod
    def block(key, kind=AES):
        return LibraryBlock(key, kind)

    def __init__(self, card, wrapped=False):
        self.card = card
        self.wrapped = wrapped

    def exchange(self, ins, data=b""):
        """All frames of an answer."""
        whole = b""
        while True:
            if self.wrapped:
                answer = self.card.apdu(bytes([0x90, ins, 0, 0]) + (bytes([len(data)]) + data if data else b"") + b"\0")
                status, part = answer[-1], answer[:-2]
            else:
                answer = self.card.apdu(bytes([ins]) + data)
                status, part = answer[0], answer[1:]
            whole += part
            if status != 0xAF or ins in (0x0A, 0x1A, 0xAA, 0x71, 0x77):
                return status, whole
            ins, data = 0xAF, b""

    def authenticate(self, ins, number, kind, key, rnd_a):
        block = LibraryBlock(key, kind)
        size = len(rnd_a)
        status, sent = self.exchange(ins, bytes([number]) + (b"\0" if ins == 0x71 else b""))
        assert status == 0xAF, "%02X" % status
        rnd_b = block.decrypt(sent)
        plain = rnd_a + rnd_b[1:] + rnd_b[:1]
        if ins == 0x0A:
            proof = block.decipher_to_send(plain)
        else:
            proof = block.encrypt(plain, sent[-block.size:] if ins in (0x1A, 0xAA) else None)
        status, back = self.exchange(0xAF, proof)
        assert status == 0, "%02X" % status
        plain = block.decrypt(back, proof[-block.size:] if ins in (0x1A, 0xAA) else None)
        assert (plain[4:20] if ins == 0x71 else plain) == rnd_a[1:] + rnd_a[:1], "RndA is another"
        self.way = "d40" if ins == 0x0A else "ev1" if ins in (0x1A, 0xAA) else "ev2"
        if self.way == "ev2":
            mixed = rnd_a[:2] + bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6])) + rnd_b[6:] + rnd_a[8:]
            self.block = LibraryBlock(self.library_mac(key, h("A55A00010080") + mixed), AES)
            self.mac_key = self.library_mac(key, h("5AA500010080") + mixed)
            if ins == 0x71:
                self.ti, self.counter = plain[:4], 0
            return
        if kind == AES:
            session = rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]
        else:
            session = rnd_a[:4] + rnd_b[:4] + (rnd_a[4:] + rnd_b[4:] if key[:8] != key[8:] else b"")
            session = session.ljust(16, b"\0") if len(session) == 16 else session * 2
        self.block = LibraryBlock(session, kind)
        self.iv = bytes(size if kind == AES else 8)

    @staticmethod
    def library_mac(key, data):
        run = library_cmac.CMAC(LibraryAes(key))
        run.update(data)
        return run.finalize()

    def ev2_mac(self, first, data):
        return self.library_mac(self.mac_key, bytes([first, self.counter & 0xFF, self.counter >> 8]) + self.ti
                                + data)[1::2]

    @staticmethod
    def crc(data, width):
        polynomial, crc = (0x8408, 0x6363) if width == 2 else (0xEDB88320, 0xFFFFFFFF)
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
        return crc.to_bytes(width, "little")

    def read(self, ins, header, mode, length):
        """length: how many bytes must come; they are taken out of their protection."""
        send = header
        if self.way == "ev2" and mode != PLAIN:
            send += self.ev2_mac(ins, header)
        if self.way == "ev1":
            self.iv = self.block.chained_cmac(bytes([ins]) + header, self.iv)
        status, got = self.exchange(ins, send)
        assert status == 0, "%02X" % status
        if self.way == "ev2":
            self.counter += 1
            if mode == PLAIN:
                return got
            got, mac = got[:-8], got[-8:]
            assert mac == self.ev2_mac(0, got), "wrong MAC"
            if mode == FULL:
                start = self.block.encrypt(h("5AA5") + self.ti + self.counter.to_bytes(2, "little") + bytes(8))
                got = self.block.decrypt(got, start)
                assert got[length:] == b"\x80".ljust(len(got) - length, b"\0") and len(got) > length, "wrong padding"
            return got[:length]
        if mode == FULL:
            width = 2 if self.way == "d40" else 4
            if self.way == "d40":
                got = self.block.decrypt(got)
            else:
                self.iv, got = got[-self.block.size:], self.block.decrypt(got, self.iv)
            crc = self.crc(got[:length] + (b"" if width == 2 else b"\0"), width)
            assert got[length:length + width] == crc, "wrong CRC"
            rest = got[length + width:]
            no_length = header[4:7] == bytes(3)
            assert rest == (b"\x80".ljust(len(rest), b"\0") if no_length else bytes(len(rest))), "wrong padding"
            assert len(rest) < self.block.size + no_length and (rest or not no_length), "too much padding"
            return got[:length]
        if self.way == "d40":
            if mode == PLAIN:
                return got
            mac = self.block.encrypt(got[:-4] + bytes(-len(got[:-4]) % 8))[-8:-4]
            assert mac == got[-4:], "wrong MAC"
            return got[:-4]
        self.iv = self.block.chained_cmac(got[:-8] + b"\0", self.iv)
        assert self.iv[:8] == got[-8:], "wrong MAC"
        return got[:-8]


# Authentication, kind of key, key, RndA.
WAYS = ((0x0A, DES, "0011223344556677" * 2, "A0A1A2A3A4A5A6A7"), (0x0A, DES, BYTES_16, "A0A1A2A3A4A5A6A7"),
        (0x1A, DES, "0011223344556677" * 2, "A0A1A2A3A4A5A6A7"), (0x1A, DES, BYTES_16, "A0A1A2A3A4A5A6A7"),
        (0xAA, AES, BYTES_16, "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"),
        (0x71, AES, BYTES_16, "A0A1A2A3A4A5A6A7A8A9AAABACADAEAF"))
CONTENT = bytes(range(7, 207))


class ByTheFormulae(unittest.TestCase):
    """What has no published numbers, with the reader above."""

    def card(self, kind, key, mode):
        card = DesfireCard("04958CAA5C5E80", random_id=True)
        application = card.add_application(0x010203, [Key(kind), Key(kind), Key(kind, key)])
        application.add_data(1, CONTENT, mode, read=2)
        application.add_data(2, CONTENT, mode, read=FREE)
        application.add_records(3, 25, [CONTENT[i:i + 25] for i in range(0, 200, 25)], mode, read_write=2, read=0)
        return card

    def readers(self, mode):
        for ins, kind, key, rnd_a in WAYS:
            for wrapped in (False, True):
                card = self.card(kind, key, mode)
                reader = LibraryReader(card, wrapped)
                self.assertEqual(reader.exchange(0x5A, h("030201")), (0, b""))
                reader.authenticate(ins, 2, kind, h(key), h(rnd_a))
                yield card, reader

    def test_data_of_every_length_and_records_are_read_in_every_mode(self):
        for mode in (PLAIN, MAC, FULL):
            for _, reader in self.readers(mode):
                for offset, length in ((0, 1), (3, 11), (0, 14), (1, 16), (0, 59), (0, 64), (0, 200), (195, 5)):
                    header = bytes([1]) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")
                    self.assertEqual(reader.read(0xBD, header, mode, length), CONTENT[offset:offset + length])
                self.assertEqual(reader.read(0xBD, h("01000000000000"), mode, 200), CONTENT)
                self.assertEqual(reader.read(0xBD, h("01BE0000000000"), mode, 10), CONTENT[190:])
                self.assertEqual(reader.read(0xBD, h("02000000000000"), PLAIN, 200), CONTENT)    # free to everybody
                self.assertEqual(reader.read(0xBB, h("03000000010000"), mode, 25), CONTENT[175:])
                self.assertEqual(reader.read(0xBB, h("03010000000000"), mode, 175), CONTENT[:175])
                self.assertEqual(reader.read(0xAD, h("01000000C80000"), mode, 200), CONTENT)
                self.assertEqual(reader.read(0xAB, h("03000000000000"), mode, 200), CONTENT)

    def test_the_true_uid_comes_after_every_authentication(self):
        for _, reader in self.readers(PLAIN):
            self.assertEqual(reader.read(0x51, b"", FULL, 7), h("04958CAA5C5E80"))
            self.assertEqual(reader.read(0x51, b"", FULL, 7), h("04958CAA5C5E80"))
            managed = PLAIN if reader.way == "d40" else MAC
            self.assertEqual(reader.read(0x60, b"", managed, 28)[14:21], bytes(7))
            self.assertEqual(reader.read(0xF5, b"\1", managed, 7)[:1], b"\0")

    def test_a_second_authentication_keeps_the_counter_of_ev2(self):
        for _, reader in self.readers(MAC):
            if reader.way == "ev2":
                reader.read(0xBD, h("01000000010000"), MAC, 1)
                reader.authenticate(0x77, 2, AES, h(BYTES_16), h("B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"))
                self.assertEqual(reader.read(0xBD, h("01000000010000"), MAC, 1), CONTENT[:1])

    def test_a_wrong_key_is_refused(self):
        for ins, kind, _, rnd_a in WAYS:
            reader = LibraryReader(self.card(kind, "FF" * 16, MAC))
            reader.exchange(0x5A, h("030201"))
            with self.assertRaisesRegex(AssertionError, "AE"):
                reader.authenticate(ins, 2, kind, h("01" * 16), h(rnd_a))
            self.assertEqual(reader.exchange(0xBD, h("01000000000000"))[0], 0xAE)

    def test_an_error_a_select_and_a_loss_of_power_end_the_session(self):
        for _, reader in self.readers(PLAIN):
            self.assertEqual(reader.exchange(0xBD, h("09000000000000"))[0], 0xF0)
            self.assertEqual(reader.exchange(0x51)[0], 0xAE)
        for _, reader in self.readers(PLAIN):
            self.assertEqual(reader.exchange(0x5A, h("030201"))[0], 0)
            self.assertEqual(reader.exchange(0xBD, h("01000000000000"))[0], 0xAE)
        for card, reader in self.readers(PLAIN):
            card.reset()
            self.assertEqual(reader.exchange(0xBD, h("01000000000000"))[0], 0xF0)   # no application is selected

    def test_faults_are_seen_by_a_reader(self):
        for mode, fault, complaint in ((MAC, "wrong_mac", "wrong MAC"), (FULL, "wrong_crc", "wrong CRC")):
            for card, reader in self.readers(mode):
                if fault == "wrong_crc" and reader.way == "ev2":
                    continue    # it has no CRC
                setattr(card.faults, fault, True)
                with self.assertRaisesRegex(AssertionError, complaint):
                    reader.read(0xBD, h("01000000100000"), mode, 16)
        for card, reader in self.readers(FULL):
            card.faults.cut_bytes = 8
            with self.assertRaises(AssertionError):
                reader.read(0xBD, h("01000000300000"), FULL, 48)
        for ins, kind, key, rnd_a in WAYS:
            card = self.card(kind, key, MAC)
            card.faults.wrong_rnda = True
            reader = LibraryReader(card)
            reader.exchange(0x5A, h("030201"))
            with self.assertRaisesRegex(AssertionError, "RndA"):
                reader.authenticate(ins, 2, kind, h(key), h(rnd_a))
        card = DesfireCard()
        card.faults.mute_after = 1
        self.assertEqual((card.apdu(h("5A000000")), card.apdu(h("60")), card.apdu(h("FFCA000000"))[-2:]),
                         (b"\0", None, h("9000")))


if __name__ == "__main__":
    unittest.main()
