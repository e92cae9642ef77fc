# SPDX-License-Identifier: MIT
"""What each template must make of a card: settings of one entry of `templates`, a card, and the exact TagData.

TagData is worked out by hand from the tables of the vendor's template registers and from the assumptions that
src/template/output.c lists; never by running the program. None: the template does not match. air: the card lies on a
PN532, too. tests/system/test_templates.py goes through them.
"""

import collections

from cards.classic import Classic, access_bytes
from cards.iso7816 import Iso7816
from cards.ndef import ABSOLUTE_URI, EXTERNAL, MEDIA, WELL_KNOWN, message, text, uri
from cards.type2 import Type2, ndef_tlv
from cards.type3 import Type3
from cards.type4 import Type4
from cards.vicc import Vicc

Row = collections.namedtuple("Row", "name settings card tag_data air")


def rows(settings, *table):
    """One Row for each (name, more settings, card, TagData, [True if it is for the PN532, too])."""
    return [Row(name, f"{settings} {more}", card, tag_data, bool(air)) for name, more, card, tag_data, *air in table]


# ---- ID Only: what a reader says of any card ------------------------------------------------------------------------

def id_only():
    return rows(
        'type = "id-only"; technologies = "all";',
        ("a UID", 'format = "hex";', Type2, "04A1B2C3D4E5F6", True),
        ("a UID in 8 bytes", 'format = "hex-8";', Type2, "0004A1B2C3D4E5F6", True),
        ("a UID of 4 bytes", 'format = "decimal-10";', Classic, "3735928559", True),
        ("a PUPI", 'format = "hex";', lambda: Type4(kind="B"), "11AA22BB", True),
        ("a card with ISO/IEC 14443-4", 'format = "hex";', files, "04AABBCCDDEEFF", True),
        ("an IDm", 'format = "hex";', Type3, "0101020304050607"),
        ("an ISO/IEC 15693 UID", 'format = "hex";', Vicc, "E004010012345678"))


# ---- Mifare UltraLight: pages ---------------------------------------------------------------------------------------

PAGES = ("00001234 56789ABC DEF01122 33445566 778899AA BBCCDDEE FF010203 04050607 08090A0B 0C0D0E0F 10111213 DDEEFF99")


def pages(kind="ntag213", **common):
    """PAGES from page 4 on; of an Ultralight the last one is the end of its memory, page 15."""
    return Type2(kind, user=PAGES, **common)


def characters(content):
    return Type2("ntag213", user=content if isinstance(content, bytes) else content.encode())


def ultralight():
    return rows(
        'type = "mifare-ultralight";',
        # lengths and formats
        ("hex-4", 'address = 4; format = "hex-4";', pages, "00001234", True),
        ("hex-5", 'address = 4; format = "hex-5";', pages, "0000123456"),
        ("hex-7", 'address = 4; format = "hex-7";', pages, "0000123456789A"),
        ("hex-8", 'address = 4; format = "hex-8";', pages, "0000123456789ABC"),
        ("hex-10", 'address = 4; format = "hex-10";', pages, "0000123456789ABCDEF0"),
        ("hex-11", 'address = 4; format = "hex-11";', pages, "0000123456789ABCDEF011"),
        ("hex-16", 'address = 4; format = "hex-16";', pages, "0000123456789ABCDEF0112233445566"),
        ("hex-20", 'address = 4; format = "hex-20";', pages, "0000123456789ABCDEF0112233445566778899AA", True),
        ("hex-24", 'address = 4; format = "hex-24";', pages, "0000123456789ABCDEF0112233445566778899AABBCCDDEE"),
        ("hex-32", 'address = 4; format = "hex-32";', pages,
         "0000123456789ABCDEF0112233445566778899AABBCCDDEEFF01020304050607", True),
        ("decimal-10", 'address = 4; format = "decimal-10";', pages, "0000004660"),
        ("decimal-12", 'address = 4; format = "decimal-12";', pages, "000001193046"),
        ("decimal-13", 'address = 4; format = "decimal-13";', pages, "0000001193046"),
        # 2^40 - 1 has 13 digits
        ("decimal-12 of a number of 13 digits", 'address = 4; format = "decimal-12";',
         lambda: Type2(user="FFFFFFFFFFFF"), "099511627775"),
        ("decimal-13 of that number", 'address = 4; format = "decimal-13";', lambda: Type2(user="FFFFFFFFFFFF"),
         "1099511627775"),
        ("decimal-10 of four times FF", 'address = 4; format = "decimal-10";', lambda: Type2(user="FFFFFFFFFFFF"),
         "4294967295"),
        # swap, clean, shift: the bits of 00 00 12 34 56 78 behind the first 12 are 01 23 45 67 8
        ("swap", 'address = 4; format = "hex-4"; swap = "all";', pages, "34120000"),
        ("swap of a decimal", 'address = 4; format = "decimal-10"; swap = "all";', pages, "0873594880"),
        ("clean", 'address = 4; format = "hex-4"; clean = true;', pages, "1234"),
        ("clean decimal", 'address = 4; format = "decimal-10"; clean = true;', pages, "4660"),
        ("clean zeros", 'address = 4; format = "hex-4"; clean = true;', lambda: Type2(user=bytes(8)), "0"),
        ("shift of bytes", 'address = 4; format = "hex-4"; shift_bytes = 2;', pages, "12345678"),
        ("shift of bytes and bits", 'address = 4; format = "hex-4"; shift_bytes = 1; shift_bits = 4;', pages,
         "01234567"),
        ("the longest shift of the vendor's tool", 'address = 0; format = "hex-4"; shift_bytes = 48;', pages,
         "08090A0B"),
        ("another address", 'address = 7; format = "hex-8";', pages, "33445566778899AA"),
        ("the head, from address 0", 'address = 0; format = "hex-7";', pages, "04A1B29FC3D4E5"),
        # the end of the memory: READ goes on with page 0, which is no data
        ("the last page", 'address = 15; format = "hex-4";', lambda: pages("ultralight"), "DDEEFF99", True),
        ("beyond the end: zeros on the left", 'address = 15; format = "hex-8";', lambda: pages("ultralight"),
         "00000000DDEEFF99", True),
        ("beyond the end: FF on the right", 'address = 15; format = "hex-8"; padding = "ff-right";',
         lambda: pages("ultralight"), "DDEEFF99FFFFFFFF"),
        ("beyond the end, in a read of its own", 'address = 12; format = "hex-20";', lambda: pages("ultralight"),
         "0000000008090A0B0C0D0E0F10111213DDEEFF99"),
        ("all to the end", 'address = 13; format = "hex";', lambda: pages("ultralight"), "0C0D0E0F10111213DDEEFF99",
         True),
        ("all as a decimal", 'address = 15; format = "decimal";', lambda: pages("ultralight"), "3723427737"),
        ("all of an Ultralight", 'address = 4; format = "hex";', lambda: pages("ultralight"), PAGES.replace(" ", "")),
        ("the configuration of an NTAG213", 'address = 41; format = "hex";', pages, "040000FF000500000000000000000000"),
        ("the configuration of an NTAG216", 'address = 0xE2; format = "hex";', lambda: Type2("ntag216"),
         "00000000" "040000FF" "00050000" "00000000" "00000000"),
        ("all ends where the CC says", 'address = 15; format = "hex";', lambda: pages("ultralight-ev1-48"), "DDEEFF99"),
        ("all behind that, to the last page", 'address = 16; format = "hex";', lambda: pages("ultralight-ev1-48"),
         "040000FF" "00050000" "00000000" "00000000"),
        ("the end of an Ultralight C", 'address = 42; format = "hex";', lambda: Type2("ultralight-c"),
         "0000000000000000"),
        ("page 130 of an NTAG215", 'address = 130; format = "hex-4";',
         lambda: Type2("ntag215", user=bytes(504) + b"\1\2\3\4"),
         "01020304"),
        ("a reader that gives 16 bytes at once", 'address = 4; format = "hex-20";', lambda: pages(at_once=16),
         "0000123456789ABCDEF0112233445566778899AA"),
        ("an address behind the end", 'address = 16; format = "hex-4";', lambda: pages("ultralight"), None, True),
        ("a shift behind the end", 'address = 15; format = "hex-4"; shift_bytes = 4;', lambda: pages("ultralight"),
         None),
        ("pages that are protected", 'address = 8; format = "hex-4";', lambda: pages(auth0=8), None),
        # strings
        ("a string of 5", 'address = 4; mode = "string"; short_length = 5;', lambda: characters("Hello, SpringPark!"),
         "Hello", True),
        ("a string of 16", 'address = 4; mode = "string"; short_length = 0;', lambda: characters("Hello, SpringPark!"),
         "Hello, SpringPar"),
        ("a long string", 'address = 4; mode = "string"; long = true; long_length = 18;',
         lambda: characters("Hello, SpringPark!"), "Hello, SpringPark!"),
        ("a string that ends before", 'address = 4; mode = "string"; short_length = 5;', lambda: characters("Hi"),
         "Hi"),
        ("a string with spaces", 'address = 4; mode = "string"; short_length = 5; fill_spaces = true;',
         lambda: characters("Hi"), "Hi   "),
        ("a string turned round", 'address = 4; mode = "string"; short_length = 5; swap = "all";',
         lambda: characters("Hello, SpringPark!"), "olleH"),
        ("a string turned round, then spaces",
         'address = 4; mode = "string"; short_length = 4; fill_spaces = true; swap = "all";', lambda: characters("Hi"),
         "iH  "),
        ("a string of ISO 8859-1", 'address = 4; mode = "string"; short_length = 5;',
         lambda: characters("Grüße".encode("latin-1")), "Grüße"),
        ("a string with a control character", 'address = 4; mode = "string"; short_length = 3;',
         lambda: characters("A\tB"), "A B"),
        ("a string after a shift", 'address = 4; mode = "string"; short_length = 6; shift_bytes = 7;',
         lambda: characters("Hello, SpringPark!"), "Spring"),
        # prefix and token
        ("a prefix", 'address = 4; format = "hex-4"; prefix = "P\\\\t:";', pages, "P\t:00001234"),
        ("token in hex", 'address = 4; format = "hex-4"; prefix = "P:"; token = "hex";', pages, "62P:00001234"),
        ("token as a letter", 'address = 4; format = "hex-4"; prefix = "P:"; token = "letter"; '
         'token_position = "before-data";', pages, "P:U00001234"),
        ("token at the end", 'address = 4; format = "hex-4"; prefix = "P:"; token = "letter"; '
         'token_position = "after-data";', pages, "P:00001234U"),
        ("another card", 'address = 4; format = "hex-4";', Classic, None, True),
        ("another technology", 'address = 4; format = "hex-4";', Vicc, None))


# ---- Mifare Classic: blocks of sectors ------------------------------------------------------------------------------

KEY_A, KEY_B, OTHER_KEY = "111213141516", "212223242526", "313233343536"


def counted(first):
    """A block: 16 bytes that count up."""
    return bytes(range(first, first + 16))


def blocks(**common):
    """Sectors 1 and 2 with KEY_A; sector 3 may be read by KEY_B only."""
    keys = {("A", 1): KEY_A, ("A", 2): KEY_A, ("A", 3): KEY_A, ("B", 3): KEY_B, ("B", 1): KEY_B}
    content = {4: counted(0x40), 5: counted(0x50), 6: counted(0x60), 8: counted(0x80), 9: counted(0x90),
               12: counted(0xC0)}
    return Classic(blocks=content, keys=keys, access={3: access_bytes((0b011, 0b011, 0b011), 0b011)}, **common)


def directory(size="1k", sectors=None, **common):
    """AID 4812 in sectors 5 and 9 (and, of a 4K, 4813 in 20 and 33), for KEY_A."""
    sectors = sectors or {5: 0x4812, 7: 0x4811, 9: 0x4812, **({20: 0x4813, 33: 0x4813} if size == "4k" else {})}
    keys = {("A", sector): KEY_A for sector in sectors}
    content = {20: counted(0x00), 21: counted(0x10), 22: counted(0x20), 28: counted(0x70), 36: counted(0x90),
               80: counted(0xA0), 81: counted(0xB0), 82: counted(0xC0), 144: counted(0xD0)}
    return Classic(size, mad=sectors, keys=keys, blocks=content, **common)


def classic():
    key_a = f'key_type = "a"; key = "{KEY_A}";'
    key_b = f'key_type = "b"; key = "{KEY_B}";'
    factory = 'key_type = "a"; key = "FFFFFFFFFFFF";'
    return rows(
        'type = "mifare-classic";',
        ("a block", f'address = 4; format = "hex-4"; {key_a}', blocks, "40414243", True),
        ("a whole block", f'address = 5; format = "hex-16"; {key_a}', blocks, "505152535455565758595A5B5C5D5E5F"),
        ("two blocks", f'address = 4; format = "hex-20"; {key_a}', blocks, "404142434445464748494A4B4C4D4E4F50515253",
         True),
        ("over a trailer into the next sector", f'address = 6; format = "hex-32"; {key_a}', blocks,
         "606162636465666768696A6B6C6D6E6F808182838485868788898A8B8C8D8E8F", True),
        ("key B", f'address = 12; format = "hex-8"; {key_b}', blocks, "C0C1C2C3C4C5C6C7", True),
        ("a wrong key", f'address = 4; format = "hex-4"; key_type = "a"; key = "{OTHER_KEY}";', blocks, None, True),
        ("a key that reads nothing", f'address = 12; format = "hex-4"; {key_a}', blocks, None),
        ("a key B that is data", f'address = 4; format = "hex-4"; {key_b}', blocks, None),
        ("a sector behind with another key", f'address = 10; format = "hex-32"; {key_a}',
         lambda: Classic(keys={("A", 2): KEY_A, ("A", 3): OTHER_KEY}), None),
        ("shift, swap, prefix and token",
         f'address = 4; format = "hex-4"; shift_bytes = 16; swap = "all"; prefix = "C"; token = "hex"; '
         f'token_position = "after-data"; {key_a}', blocks, "C5352515061"),
        ("token as a letter", f'address = 4; format = "hex-4"; token = "letter"; {key_a}', blocks, "M40414243"),
        ("the manufacturer's block", f'address = 0; aid = 0; format = "hex-4"; {factory}', Classic, "DEADBEEF"),
        ("a string", f'address = 8; mode = "string"; short_length = 0; {factory}',
         lambda: Classic(blocks={8: b"parking".ljust(16, b"\0")}), "parking"),
        ("a long string over blocks", f'address = 9; mode = "string"; long = true; long_length = 40; {factory}',
         lambda: Classic(blocks={9: b"0123456789abcdef", 10: b"ghijklmnopqrstuv", 12: b"wxyzABCDEF"}),
         "0123456789abcdefghijklmnopqrstuvwxyzABCD"),
        ("the end of the card", f'address = 62; format = "hex-32"; {factory}',
         lambda: Classic(blocks={62: counted(0xE0)}), "00" * 16 + "E0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF"),
        ("behind the end", f'address = 64; format = "hex-4"; {factory}', Classic, None),
        ("a Mini", f'address = 16; format = "hex-4"; {factory}', lambda: Classic("mini", blocks={16: counted(0x11)}),
         "11121314", True),
        ("behind the end of a Mini", f'address = 20; format = "hex-4"; {factory}', lambda: Classic("mini"), None),
        ("a large sector of a 4K", f'address = 128; format = "hex-4"; {factory}',
         lambda: Classic("4k", blocks={128: counted(0x80)}), "80818283", True),
        ("over the trailer of a large sector", f'address = 142; format = "hex-32"; {factory}',
         lambda: Classic("4k", blocks={142: counted(0x10), 144: counted(0x30)}),
         "101112131415161718191A1B1C1D1E1F303132333435363738393A3B3C3D3E3F"),
        ("the last block of a 4K", f'address = 254; format = "hex-16"; {factory}',
         lambda: Classic("4k", blocks={254: counted(0xE0)}), "E0E1E2E3E4E5E6E7E8E9EAEBECEDEEEF"),
        ("a UID of 7 bytes", f'address = 4; format = "hex-4"; {key_a}', lambda: blocks(uid="04112233445566"),
         "40414243",
         True),
        # by the directory
        ("an AID", f'aid = 0x4811; format = "hex-4"; {key_a}', directory, "70717273", True),
        ("the first sector of an AID", f'aid = 0x4812; format = "hex-16"; {key_a}', directory,
         "000102030405060708090A0B0C0D0E0F"),
        ("from one sector of an AID to the next", f'aid = 0x4812; format = "hex-16"; shift_bytes = 40; {key_a}',
         directory,
         "28292A2B2C2D2E2F9091929394959697", True),
        ("an AID that is not there", f'aid = 0x4899; format = "hex-4"; {key_a}', directory, None, True),
        ("an AID, and no directory", f'aid = 0x4812; format = "hex-4"; {factory}', Classic, None),
        ("an AID, and a directory with a wrong check byte", f'aid = 0x4812; format = "hex-4"; {key_a}',
         lambda: directory(uid="01020304", sectors={5: 0x4812}).spoil(1), None),
        ("an AID whose sector has another key", f'aid = 0x4812; format = "hex-4"; {factory}', directory, None),
        ("an AID in the second directory of a 4K", f'aid = 0x4813; format = "hex-4"; {key_a}', lambda: directory("4k"),
         "A0A1A2A3", True),
        ("from there into a large sector", f'aid = 0x4813; format = "hex-16"; shift_bytes = 40; {key_a}',
         lambda: directory("4k"), "C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7"),
        ("an AID of the first directory of a 4K", f'aid = 0x4811; format = "hex-4"; {key_a}', lambda: directory("4k"),
         "70717273"),
        ("another card", f'address = 4; format = "hex-4"; {factory}', Type2, None, True))


# ---- ISO 15693 Memory: blocks ---------------------------------------------------------------------------------------

def vicc(block=4, blocks=28, **common):
    """Bytes that count up; of 28 blocks of 4 the last is 6C 6D 6E 6F."""
    return Vicc(block=block, blocks=blocks, memory=bytes(i & 0xFF for i in range(block * blocks)), **common)


def iso15693():
    return rows(
        'type = "iso15693-memory";',
        ("a block of 4", 'address = 2; format = "hex-4";', vicc, "08090A0B"),
        ("four blocks of 4", 'address = 2; format = "hex-16";', vicc, "08090A0B0C0D0E0F1011121314151617"),
        ("a piece of a block", 'address = 1; format = "hex-5";', vicc, "0405060708"),
        ("blocks of 8", 'address = 2; format = "hex-10";', lambda: vicc(8, 16), "10111213141516171819"),
        ("less than a block of 8", 'address = 3; format = "hex-4";', lambda: vicc(8, 16), "18191A1B"),
        ("a block of 32", 'address = 1; format = "hex-32";', lambda: vicc(32, 8),
         "202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F"),
        ("less than a block of 32", 'address = 2; format = "hex-4"; shift_bytes = 4;', lambda: vicc(32, 8), "44454647"),
        ("two blocks of 32", 'address = 0; format = "hex-8"; shift_bytes = 28;', lambda: vicc(32, 8),
         "1C1D1E1F20212223"),
        ("a reader that gives one block at once", 'address = 2; format = "hex-10";', lambda: vicc(at_once=4),
         "08090A0B0C0D0E0F1011"),
        ("the same with blocks of 8", 'address = 2; format = "hex-10";', lambda: vicc(8, 16, at_once=8),
         "10111213141516171819"),
        ("a card that gives one block at once", 'address = 2; format = "hex-10";', lambda: vicc(multiple=False),
         "08090A0B0C0D0E0F1011"),
        ("a reader that cuts", 'address = 2; format = "hex-10";', lambda: vicc(8, 16, cuts=True),
         "10111213141516171819"),
        ("the end", 'address = 27; format = "hex-4";', vicc, "6C6D6E6F"),
        ("beyond the end: zeros on the left", 'address = 27; format = "hex-8";', vicc, "000000006C6D6E6F"),
        ("beyond the end: FF on the right", 'address = 27; format = "hex-8"; padding = "ff-right";', vicc,
         "6C6D6E6FFFFFFFFF"),
        ("all to the end", 'address = 24; format = "hex";', vicc, "606162636465666768696A6B6C6D6E6F"),
        ("all to the end, of blocks of 8", 'address = 14; format = "hex";', lambda: vicc(8, 16),
         "707172737475767778797A7B7C7D7E7F"),
        ("behind the end", 'address = 28; format = "hex-4";', vicc, None),
        ("a shift behind the end", 'address = 27; format = "hex-4"; shift_bytes = 4;', vicc, None),
        ("a decimal", 'address = 0; format = "decimal-10";', vicc, "0000066051"),
        ("swap and shift of bits", 'address = 0; format = "hex-4"; shift_bits = 4; swap = "all";', vicc, "30201000"),
        ("a string", 'address = 4; mode = "string"; short_length = 8;',
         lambda: Vicc(memory=bytes(16) + b"exit 12\0rest"), "exit 12"),
        ("token and prefix", 'address = 2; format = "hex-4"; prefix = "V="; token = "hex"; '
         'token_position = "before-data";', vicc, "V=5408090A0B"),
        ("token as a letter", 'address = 2; format = "hex-4"; token = "letter";', vicc, "V08090A0B"),
        ("another card", 'address = 0; format = "hex-4";', Type2, None))


# ---- ISO Data: up to three commands ---------------------------------------------------------------------------------

SELECT, READ = "00A40400" "06" "A00000000101", "00B0810000"
LONG = bytes(i & 0xFF for i in range(600))


def files(**common):
    return Iso7816({"A00000000101": {"0001": bytes.fromhex("0102030405060708090A"), "0002": b"ticket 42"}},
                   **common)


def iso_data():
    two = f'apdu_1 = "{SELECT}"; apdu_2 = "{READ}";'
    return rows(
        'type = "iso-data";',
        ("one command", 'apdu_1 = "80CA010004"; format = "hex-4";',
         lambda: Iso7816(answers={"80CA010004": "CAFEBABE9000"}), "CAFEBABE", True),
        ("two commands", f'{two} format = "hex";', files, "0102030405060708090A", True),
        ("three commands", f'apdu_1 = "{SELECT}"; apdu_2 = "00A4000C020002"; apdu_3 = "00B0000000"; mode = "string";',
         files, "ticket 42", True),
        ("cut and swapped", f'{two} format = "hex-4"; swap = "all"; shift_bytes = 2;', files, "06050403"),
        ("shorter than the format", f'{two} format = "hex-16"; padding = "ff-right";', files,
         "0102030405060708090AFFFFFFFFFFFF"),
        ("a chain by 61 XX", f'{two} format = "hex";', lambda: files(chunk=4), "0102030405060708090A", True),
        ("a chain whose first answer has no data", f'{two} format = "hex";', lambda: files(chunk=4, first_data=False),
         "0102030405060708090A"),
        ("6C XX", 'apdu_1 = "80CA010001"; format = "hex";',
         lambda: Iso7816(answers={"80CA010001": "CAFEBABE9000", "80CA010004": "CAFEBABE9000"}, exact_le=True),
         "CAFEBABE", True),
        ("a chain of more than 512 bytes", f'apdu_1 = "{SELECT}"; apdu_2 = "80CA0100"; format = "hex-4"; '
         'shift_bytes = 255;',
         lambda: Iso7816({"A00000000101": {}}, answers={"80CA0100": LONG.hex() + "9000"}, chunk=200), "FF000102"),
        ("a status of 91 XX is none that ends it", 'apdu_1 = "9060000000"; format = "hex";',
         lambda: Iso7816(answers={"9060000000": "04010101001A0591AF"}), "04010101001A05", True),
        ("no such application", f'apdu_1 = "00A4040006A00000000999"; apdu_2 = "{READ}"; format = "hex";', files, None,
         True),
        ("no such file", f'apdu_1 = "{SELECT}"; apdu_2 = "00B0850000"; format = "hex";', files, None),
        ("a last answer without data", f'apdu_1 = "{SELECT}"; format = "hex";', files, None),
        ("a shift behind the data", f'{two} format = "hex"; shift_bytes = 10;', files, None),
        ("type B", f'{two} format = "hex-4";', lambda: files(kind="B"), "01020304", True),
        ("type B for a template of type B", f'technologies = "iso-b"; {two} format = "hex-4";',
         lambda: files(kind="B"), "01020304"),
        ("type B for a template of type A", f'technologies = "iso-a"; {two} format = "hex-4";',
         lambda: files(kind="B"), None),
        ("type A for a template of type A", f'technologies = "iso-a"; {two} format = "hex-4";', files, "01020304"),
        ("type A for a template of type B", f'technologies = "iso-b"; {two} format = "hex-4";', files, None),
        ("token and prefix", f'{two} format = "hex-4"; prefix = "I"; token = "hex"; token_position = "after-data";',
         files,
         "I010203041F"),
        ("token as a letter", f'{two} format = "hex-4"; token = "letter";', files, "T01020304"),
        ("another card", f'{two} format = "hex-4";', Type2, None))


# ---- NDEF Data: a record --------------------------------------------------------------------------------------------

HELLO = message(text("hello"))
LINK = message(uri(0x01, "example.com/42"))
BOTH = message(uri(0x04, "springcard.com"), text("second", "de"))
LETTERS = "".join(chr(ord("a") + i % 26) for i in range(300))
JSON = message((MEDIA, "application/json", b'{"a":1}'))
EXTERNAL_ID = message((EXTERNAL, "example.com:id", bytes.fromhex("DEADBEEF01")))
STRING = 'mode = "string"; long = true; long_length = 255;'


def type2(ndef, **common):
    return lambda: Type2(common.pop("kind", "ntag213"), ndef=ndef, **common)


def ndef_on_type2():
    return rows(
        'type = "ndef-data";',
        ("a text", STRING, type2(HELLO), "hello", True),
        ("a text by name", f'technologies = "ndef-t2t"; tnf = "text"; {STRING}', type2(HELLO), "hello"),
        ("the bytes of a text", 'format = "hex"; tnf = "any";', type2(HELLO), "68656C6C6F", True),
        ("a text, cut and swapped", 'format = "hex-4"; swap = "all"; shift_bytes = 1;', type2(HELLO), "6F6C6C65"),
        ("a text as digits", 'format = "hex-8";', type2(HELLO), "00000068656C6C6F"),
        ("a text of UTF-16", STRING, type2(message(text("Grüße", "de", utf16=True))), "Grüße"),
        ("a text of UTF-8", STRING, type2(message(text("Grüße €", "de"))), "Grüße €"),
        ("a plain text", f'tnf = "text"; {STRING}', type2(message((MEDIA, "text/plain", b"abc"))), "abc"),
        ("a URI with a prefix", STRING, type2(LINK), "http://www.example.com/42", True),
        ("a URI with no prefix", STRING, type2(message(uri(0x00, "geo:48.7,2.2"))), "geo:48.7,2.2"),
        ("a URI with the last prefix", STRING, type2(message(uri(0x23, "x"))), "urn:nfc:x"),
        ("an absolute URI", f'tnf = "uri"; {STRING}', type2(message((ABSOLUTE_URI, "https://example.com/a", b""))),
         "https://example.com/a"),
        ("the first of two", STRING, type2(BOTH), "https://springcard.com"),
        ("the text of two", f'tnf = "text"; {STRING}', type2(BOTH), "second", True),
        ("no text among them", f'tnf = "text"; {STRING}', type2(LINK), None, True),
        ("a media record", f'tnf = "media"; {STRING}', type2(JSON), '{"a":1}'),
        ("a media record of that type", f'tnf = "media"; ndef_type = "application/json"; {STRING}', type2(JSON),
         '{"a":1}'),
        ("a media record of another type", f'tnf = "media"; ndef_type = "application/xml"; {STRING}', type2(JSON),
         None),
        ("an external record", 'tnf = "external"; ndef_type = "example.com:id"; format = "hex";', type2(EXTERNAL_ID),
         "DEADBEEF01"),
        ("a well-known record of another type", 'tnf = "well-known"; ndef_type = "X"; format = "hex";',
         type2(message(text("no"), (WELL_KNOWN, "X", bytes.fromhex("01020304")))), "01020304"),
        ("a record with an identifier", STRING, type2(message((*text("named"), {"id": b"n1"}))), "named"),
        ("a record in the long form", STRING, type2(message((*text("short"), {"long": True}))), "short"),
        ("a text of 300 characters, of which 255 are wanted", STRING,
         lambda: Type2("ntag216", ndef=message(text(LETTERS))), LETTERS[:255]),
        ("a URI after a long text", f'tnf = "uri"; {STRING}',
         lambda: Type2("ntag216", ndef=message(text(LETTERS), uri(0x03, "end"))), "http://end"),
        ("behind a Lock Control and a NULL TLV", STRING,
         lambda: Type2(user=bytes.fromhex("0103A00C34" "0000") + ndef_tlv(HELLO)), "hello"),
        ("at the end of the memory", STRING, lambda: Type2("ultralight", ndef=message(text("x" * 38))), "x" * 38, True),
        ("chunks", STRING, type2(message((1, "T", b"\2en", {"chunk": True}), (6, "", b"hello"))), None),
        ("a record longer than the message", STRING, type2(HELLO[:2] + b"\xF0" + HELLO[3:]), None),
        ("an empty message", STRING, type2(b""), None),
        ("a TLV longer than the memory", STRING, lambda: Type2(user="03FF0400D101"), None),
        ("no message", STRING, lambda: Type2(user="FE"), None, True),
        ("no CC", STRING, type2(HELLO, cc="00000000"), None),
        ("no right to read", STRING, type2(HELLO, cc="E11012F0"), None),
        ("token and prefix", f'prefix = "N:"; token = "hex"; {STRING}', type2(HELLO), "4FN:hello"),
        ("token as a letter", f'token = "letter"; token_position = "after-data"; {STRING}', type2(HELLO), "helloN"),
        ("a reader that gives 16 bytes at once", STRING, type2(LINK, at_once=16), "http://www.example.com/42"),
        ("another type of tag", f'technologies = "ndef-t4t"; {STRING}', type2(HELLO), None))


def ndef_on_others():
    return rows(
        'type = "ndef-data";',
        ("type 4A", STRING, lambda: Type4(HELLO), "hello", True),
        ("type 4A by name", f'technologies = "ndef-t4at"; {STRING}', lambda: Type4(HELLO), "hello"),
        ("type 4B", STRING, lambda: Type4(HELLO, kind="B"), "hello", True),
        ("type 4B by name", f'technologies = "ndef-t4bt"; {STRING}', lambda: Type4(HELLO, kind="B"), "hello"),
        ("type 4B for a template of type 4A", f'technologies = "ndef-t4at"; {STRING}',
         lambda: Type4(HELLO, kind="B"), None),
        ("type 4A for a template of type 2", f'technologies = "ndef-t2t"; {STRING}', lambda: Type4(HELLO), None),
        ("type 4, in several reads", STRING, lambda: Type4(message(text(LETTERS[:100])), mle=0x0F), LETTERS[:100],
         True),
        ("type 4, with a full message of 256 bytes", STRING, lambda: Type4(message(text(LETTERS)), mle=0xFF),
         LETTERS[:255]),
        ("type 4, a file without room behind the message", STRING,
         lambda: Type4(HELLO, size=2 + len(HELLO), short="9000"),
         "hello"),
        ("type 4, mapping version 3", STRING, lambda: Type4(HELLO, version="3.0"), "hello"),
        ("type 4, mapping version 3 with an extended file", STRING,
         lambda: Type4(HELLO, version="3.0", extended=True), "hello"),
        ("type 4, mapping version 1", STRING, lambda: Type4(HELLO, version="1.0"), "hello"),
        ("type 4, another file", STRING, lambda: Type4(HELLO, file=b"\xE1\x05"), "hello"),
        ("type 4, no right to read", STRING, lambda: Type4(HELLO, read_access=0xFF), None),
        ("type 4, a CC that is none", STRING, lambda: Type4(HELLO, cc="000F20"), None),
        ("type 4, a length beyond the file", STRING, lambda: Type4(content="FFFFD101"), None),
        ("a card without that application", STRING, files, None, True),
        ("type 3", STRING, lambda: Type3(HELLO), "hello"),
        ("type 3, several blocks", f'technologies = "ndef-t3t"; {STRING}',
         lambda: Type3(message(text(LETTERS[:150]))), LETTERS[:150]),
        ("type 3, one block at once", STRING, lambda: Type3(message(text(LETTERS[:50])), nbr=1, at_once=16),
         LETTERS[:50]),
        ("type 3, a wrong check sum", STRING,
         lambda: Type3(HELLO, attributes="10040100" "0D0000000000" "0100000C" "0000"),
         None),
        ("type 3 without NDEF", STRING, lambda: Type3(services={0x090F: bytes(32)}), None),
        ("type 5", STRING, lambda: Vicc(ndef=HELLO), "hello"),
        ("type 5 by name", f'technologies = "ndef-t5t"; {STRING}', lambda: Vicc(ndef=HELLO), "hello"),
        ("type 5, blocks of 8", STRING, lambda: Vicc(block=8, blocks=32, ndef=LINK), "http://www.example.com/42"),
        ("type 5, blocks of 32 and a CC of 8 bytes", STRING, lambda: Vicc(block=32, blocks=256, ndef=LINK),
         "http://www.example.com/42"),
        ("type 5, one block at once", STRING, lambda: Vicc(ndef=LINK, at_once=4), "http://www.example.com/42"),
        ("type 5, a text of 300 characters", STRING, lambda: Vicc(blocks=128, ndef=message(text(LETTERS))),
         LETTERS[:255]),
        ("type 5 without a CC", STRING, vicc, None),
        ("type 5 for a template of type 3", f'technologies = "ndef-t3t"; {STRING}', lambda: Vicc(ndef=HELLO), None))
