#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The whole way from cards that speak their protocols (tests/parts/cards), on a real pcscd and on a simulated PN532,
through the built springparkd and its templates, to a real mosquitto: each row of tests/parts/template_rows.py. Root;
SPRINGPARK_BUILD = the built tree."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import template_rows as table  # noqa: E402
from broker import EVENTS, Broker, wait_until  # noqa: E402
from cards.air import on_air  # noqa: E402
from cards.classic import Classic  # noqa: E402
from cards.type2 import Type2  # noqa: E402
from cards.type3 import Type3  # noqa: E402
from cards.type4 import Type4  # noqa: E402
from cards.vicc import Vicc  # noqa: E402
from gateway import Gateway, build_directory, configuration  # noqa: E402
from pcscd import Pcscd  # noqa: E402
from pki import Sandbox  # noqa: E402
from pn532 import Pn532  # noqa: E402

# One event for each visit, at once (read_interval = 0, and no second attempt), or half a second after the one before.
SMART_READER = "smart_reader: { insert_remove = false; read_interval = %d; repeat_interval = 255; debounce_ms = 0; };\n"
AT_ONCE, WITH_RETRIES = 0, 5
ID_ONLY = 'type = "id-only"; technologies = "all"; format = "hex";'


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()


def tearDownModule():
    SANDBOX.close()


class OnReader(unittest.TestCase):
    """One gateway with one reader, whose templates each row writes anew."""

    read_interval = AT_ONCE

    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="springpark-templates-")
        self.addCleanup(shutil.rmtree, self.scratch)
        self.broker = Broker(SANDBOX)
        self.addCleanup(self.broker.close)
        self.events = self.broker.subscriber(EVENTS)
        options = self.start_reader()
        self.gateway = Gateway(self.configuration(ID_ONLY), **options)
        self.addCleanup(self.gateway.close)
        wait_until(lambda: self.gateway.status()["broker"]["state"] == "online", 10, "the connection stands")

    def configuration(self, *templates):
        entries = ", ".join("{ %s }" % one for one in templates)
        return configuration(self.broker, self.reader, smart_reader=SMART_READER % self.read_interval,
                             templates=f"templates: ( {entries} );\n")

    def use(self, *templates):
        """These instances, in their order."""
        self.gateway.configure(self.configuration(*templates))
        done = self.gateway.tool("reload", timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.entry()["health"] == "works", 20, "the reader works")

    def entry(self):
        readers = self.gateway.status()["readers"]
        return readers[0] if readers else {"health": "not there"}

    def counts(self):
        entry = self.entry()
        return entry["failures"], entry["template_no_match"]

    def expect_event(self, card, template, tag_data):
        """The visit of that card is exactly one event."""
        before = len(self.events.messages)
        self.bring(card)
        try:
            messages = self.events.wait_for(before + 1, 8)
        except TimeoutError:
            self.fail("no event; failures and no match: %s; the card was asked: %s" %
                      (self.counts(), [one.hex() for one in card.log]))
        finally:
            self.take_away()
        event = json.loads(messages[before].payload)
        self.assertEqual((event.get("Template"), event.get("TagData"), event["TagId"], event["Protocol"]),
                         (template, tag_data, card.uid, card.technology), [one.hex() for one in card.log])
        self.assertEqual(len(messages), before + 1)

    def expect_count(self, card, failures, no_match):
        """The visit of that card is no event, and counted so."""
        before = len(self.events.messages)
        wanted = tuple(old + more for old, more in zip(self.counts(), (failures, no_match)))
        self.bring(card)
        try:
            wait_until(lambda: sum(self.counts()) >= sum(wanted), 8, "it is counted")
        except TimeoutError:
            pass
        finally:
            self.take_away()
        messages = [json.loads(one.payload) for one in self.events.messages[before:]]
        self.assertEqual(([one.get("TagData") for one in messages], self.counts()), ([], wanted),
                         [one.hex() for one in card.log])

    def go_through(self, rows):
        for row in rows:
            with self.subTest(row=row.name):
                self.use(row.settings)
                card = row.card()
                if row.tag_data is None:
                    self.expect_count(card, failures=0, no_match=1)
                else:
                    self.expect_event(card, 1, row.tag_data)


class OverPcsc(OnReader):
    def start_reader(self):
        self.pcscd = Pcscd(readers=1, directory=self.scratch, build=build_directory())
        self.addCleanup(self.pcscd.end)
        self.pcscd.start()
        self.reader = '{ driver = "pcsc"; name = "*"; }'
        return {"pcscd": self.pcscd.environment["PCSCLITE_CSOCK_NAME"]}

    def bring(self, card):
        self.pcscd.insert_card(0, card)

    def take_away(self):
        self.pcscd.remove(0)


class Tables(OverPcsc):
    def test_id_only(self):
        self.go_through(table.id_only())

    def test_mifare_ultralight(self):
        self.go_through(table.ultralight())

    def test_mifare_classic(self):
        self.go_through(table.classic())
        for key in (table.KEY_A, table.KEY_B, table.OTHER_KEY, "A0A1A2A3A4A5"):
            self.assertNotIn(key.lower(), self.gateway.log_text().lower())

    def test_iso15693_memory(self):
        self.go_through(table.iso15693())

    def test_iso_data(self):
        self.go_through(table.iso_data())

    def test_ndef_data_on_type_2(self):
        self.go_through(table.ndef_on_type2())

    def test_ndef_data_on_types_3_to_5(self):
        self.go_through(table.ndef_on_others())


class Order(OverPcsc):
    NDEF = 'type = "ndef-data"; mode = "string"; long = true; long_length = 255;'
    PAGES = 'type = "mifare-ultralight"; address = 4; format = "hex-4";'
    BLOCK = 'type = "mifare-classic"; address = 4; format = "hex-4"; key_type = "a"; key = "%s";' % table.KEY_A
    VICC = 'type = "iso15693-memory"; address = 2; format = "hex-4";'

    def test_the_first_of_four_that_matches_wins(self):
        self.use(self.NDEF, self.BLOCK, self.VICC, ID_ONLY)
        for card, template, tag_data in ((Type2(ndef=table.HELLO), 1, "hello"), (table.blocks(), 2, "40414243"),
                                         (table.vicc(), 3, "08090A0B"), (Vicc(ndef=table.HELLO), 1, "hello"),
                                         (Type4(table.HELLO, kind="B"), 1, "hello"), (Type2(), 4, "04A1B2C3D4E5F6"),
                                         (Classic(keys={("A", 1): table.OTHER_KEY}), 4, "DEADBEEF"),
                                         (table.files(), 4, "04AABBCCDDEEFF"),
                                         (Type3(services={}), 4, "0101020304050607")):
            with self.subTest(card=type(card).__name__, template=template):
                self.expect_event(card, template, tag_data)

    def test_the_order_is_that_of_the_settings(self):
        card = Type2(ndef=table.HELLO)
        for templates, tag_data in (((self.PAGES, self.NDEF), "030CD101"), ((self.NDEF, self.PAGES), "hello")):
            self.use(*templates)
            self.expect_event(card, 1, tag_data)

    def test_none_of_four_matches(self):
        self.use(self.NDEF, self.BLOCK, self.PAGES.replace("address = 4", "address = 200"), self.VICC)
        self.expect_count(Type2(), failures=0, no_match=1)
        self.expect_event(Type2(ndef=table.HELLO), 1, "hello")


class Trouble(OverPcsc):
    """A card that mutes, answers nonsense or leaves at any of its commands."""

    CARDS = {
        "mifare-ultralight": ('type = "mifare-ultralight"; address = 4; format = "hex-32";', table.pages,
                              "0000123456789ABCDEF0112233445566778899AABBCCDDEEFF01020304050607"),
        "mifare-classic": ('type = "mifare-classic"; address = 6; format = "hex-20"; key_type = "a"; '
                           'key = "%s";' % table.KEY_A, table.blocks, "606162636465666768696A6B6C6D6E6F80818283"),
        "mifare-classic by AID": ('type = "mifare-classic"; aid = 0x4811; format = "hex-4"; key_type = "a"; '
                                  'key = "%s";' % table.KEY_A, table.directory, "70717273"),
        "iso15693-memory": ('type = "iso15693-memory"; address = 2; format = "hex-10";',
                            lambda: table.vicc(at_once=4), "08090A0B0C0D0E0F1011"),
        "iso-data": ('type = "iso-data"; apdu_1 = "%s"; apdu_2 = "%s"; format = "hex";' % (table.SELECT, table.READ),
                     lambda: table.files(chunk=4), "0102030405060708090A"),
        "ndef-data on type 2": (f'type = "ndef-data"; {table.STRING}', lambda: Type2(ndef=table.LINK),
                                "http://www.example.com/42"),
        "ndef-data on type 3": (f'type = "ndef-data"; {table.STRING}', lambda: Type3(table.LINK),
                                "http://www.example.com/42"),
        "ndef-data on type 4": (f'type = "ndef-data"; {table.STRING}', lambda: Type4(table.LINK, mle=0x0F),
                                "http://www.example.com/42"),
        "ndef-data on type 5": (f'type = "ndef-data"; {table.STRING}', lambda: Vicc(ndef=table.LINK),
                                "http://www.example.com/42"),
    }

    def at_each_command(self, check):
        """check(card, tag_data, after) with a new card; trouble comes after 0 commands, 1, up to the last."""
        for name, (settings, make, tag_data) in self.CARDS.items():
            with self.subTest(card=name):
                self.use(settings)
                card = make()
                self.expect_event(card, 1, tag_data)
                for after in range(card.commands):
                    with self.subTest(after=after):
                        check(make(), tag_data, after)

    def test_trouble_that_passes_is_no_loss(self):
        self.read_interval = WITH_RETRIES

        def check(card, tag_data, after):
            for kind, answer in (("mute", None), ("nonsense", "63"), ("nonsense", "")):
                before = self.counts()
                card.fault(kind, after=after, times=1, answer=answer)
                self.expect_event(card, 1, tag_data)
                self.assertEqual(self.counts(), before)

        self.at_each_command(check)

    def test_a_card_that_needs_to_be_powered_anew_is(self):
        self.read_interval = WITH_RETRIES

        def check(card, tag_data, after):
            for kind in ("mute", "nonsense"):
                before = self.counts()
                card.fault(kind, after=after, until_reset=True)
                self.expect_event(card, 1, tag_data)
                self.assertEqual(self.counts(), before)

        self.at_each_command(check)

    def test_trouble_that_stays_is_counted_and_nothing_is_put_out(self):
        self.read_interval = WITH_RETRIES

        def check(card, tag_data, after):
            for kind in ("mute", "nonsense"):
                card.fault(kind, after=after)
                self.expect_count(card, failures=1, no_match=0)
            card.heal()
            self.expect_event(card, 1, tag_data)

        self.at_each_command(check)

    def test_a_card_that_leaves_is_counted_and_nothing_is_put_out(self):
        def check(card, tag_data, after):
            card.fault("leave", after=after)
            self.expect_count(card, failures=1, no_match=0)
            card.heal()
            self.expect_event(card, 1, tag_data)

        self.at_each_command(check)


class OverLibnfc(OnReader):
    def start_reader(self):
        if not (build_directory() / "springpark-nfc").exists():
            self.skipTest("this build has no libnfc")
        self.chip = Pn532(self.scratch, thread=True)
        self.addCleanup(self.chip.end)
        self.chip.start()
        self.reader = '{ driver = "libnfc"; connection = "%s"; label = "door"; }' % self.chip.connection
        return {}

    def bring(self, card):
        card.left = False
        self.chip.insert(on_air(card))

    def take_away(self):
        """The daemon looks every 80 ms: a tag that came in between with the same UID would be the same one to it."""
        self.chip.remove()
        try:
            wait_until(lambda: self.entry()["doing"] == "waiting for a tag", 10, "the daemon sees that the tag has gone")
        except TimeoutError as error:
            self.fail("%s; it says %s\n%s" % (error, self.entry(), self.gateway.log_text()[-2000:]))

    def test_the_rows_for_a_pn532(self):
        for rows in (table.id_only, table.ultralight, table.classic, table.iso_data, table.ndef_on_type2,
                     table.ndef_on_others):
            with self.subTest(table=rows.__name__):
                self.go_through([row for row in rows() if row.air])


if __name__ == "__main__":
    unittest.main(verbosity=2)
