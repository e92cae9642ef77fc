#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The templates Desfire Data and Desfire ID, from a simulated card (cards.desfire) on a real pcscd through the built
springparkd to a real mosquitto: for each row of the tables the settings, the card, and the exact TagData."""
import itertools
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

import pcscd as readers  # noqa: E402
from broker import EVENTS, Broker, wait_until  # noqa: E402
from cards.desfire import AES, DES, FREE, FULL, MAC, NEVER, PLAIN, DesfireCard, Key, diversified_key  # noqa: E402
from gateway import Gateway, build_directory, configuration  # noqa: E402
from pki import Sandbox  # noqa: E402

# A card that comes back at once is read anew; no retry, for failures are counted one by one.
SMART_READER = "smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 255; debounce_ms = 0; };\n"
APPLICATION = 0xF51234
KEY = "00112233445566778899AABBCCDDEEFF"
KEY_SINGLE_DES = "0123456789ABCDEF0123456789ABCDEF"
WRONG_KEY = "FF112233445566778899AABBCCDDEEFF"
SHORT = bytes.fromhex("C0FFEE00010203040506070809")
LONG = bytes(range(1, 201))     # more than three frames
RECORDS = [b"FIRST+01", b"SECOND02", b"THIRD+03", b"FOURTH04"]

# authentication, kind of key, key, the oldest generation that has it
WAYS = [("des-ev0", DES, KEY_SINGLE_DES, "ev0"), ("des-ev0", DES, KEY, "ev0"),
        ("iso-ev1", DES, KEY_SINGLE_DES, "ev1"), ("iso-ev1", DES, KEY, "ev1"),
        ("aes-ev1", AES, KEY, "ev1"), ("aes-ev2", AES, KEY, "ev2")]
MODES = [("plain", PLAIN), ("mac", MAC), ("encrypted", FULL)]

UIDS = ("04%012X" % number for number in itertools.count(0x1A2B00000000))


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()


def tearDownModule():
    SANDBOX.close()


def libconfig(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else json.dumps(value)


def template(kind, **settings):
    """One entry of the setting `templates`."""
    settings = {"type": kind, **settings}
    return "{ %s }" % " ".join("%s = %s;" % (name, libconfig(value)) for name, value in settings.items())


def data_template(**settings):
    """Desfire Data, all of file 1 in hex, but for what settings say."""
    return template("desfire-data", **{"application": APPLICATION, "file": 1, "format": "hex", **settings})


def with_key(authentication, key, communication="plain", index=2):
    return {"authentication": authentication, "key": key, "key_index": index, "communication": communication}


def card(kind=AES, key=KEY, mode=PLAIN, read=2, generation="ev2", content=SHORT, **options):
    """Application F51234 with a key of its own as number 2, file 1 with content, file 2 with records, file 3 that
    nobody may read and file 4 that everybody may."""
    made = DesfireCard(next(UIDS), generation, **options)
    keys = [Key(kind), Key(kind), key if isinstance(key, Key) else Key(kind, key)]
    application = made.add_application(APPLICATION, keys)
    application.add_data(1, content, mode, read=read)
    application.add_records(2, 8, RECORDS, mode, read=read, cyclic=True)
    application.add_data(3, content, mode, read=NEVER)
    application.add_data(4, content, mode, read=FREE, backup=True)
    return made


class OnDesfire(unittest.TestCase):
    """One gateway for a whole class; each row of a table gives it other templates."""

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(SANDBOX)
        cls.addClassCleanup(cls.broker.close)
        directory = tempfile.mkdtemp(prefix="springpark-pcscd-")
        cls.addClassCleanup(shutil.rmtree, directory)
        cls.pcscd = readers.Pcscd(readers=1, directory=directory, build=build_directory())
        cls.pcscd.start()
        cls.addClassCleanup(cls.pcscd.end)
        cls.subscriber = cls.broker.subscriber(EVENTS)
        cls.gateway = Gateway(cls.settings(data_template()), pcscd=cls.pcscd.environment["PCSCLITE_CSOCK_NAME"])
        cls.addClassCleanup(cls.gateway.close)
        cls.addClassCleanup(cls.expect_clean_end)

    @classmethod
    def expect_clean_end(cls):
        """Under valgrind, which the run of all tests puts it under, too, this is its verdict."""
        status = cls.gateway.stop(60)
        if status != 0:
            raise AssertionError("the daemon ended with %d:\n%s" % (status, cls.gateway.log_text()[-5000:]))

    @classmethod
    def settings(cls, *templates):
        return configuration(cls.broker, '{ driver = "pcsc"; name = "*"; }', smart_reader=SMART_READER,
                             templates="templates: ( %s );\n" % ", ".join(templates))

    def use(self, *templates):
        self.gateway.configure(self.settings(*templates))
        done = self.gateway.tool("reload")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: [one["health"] for one in self.gateway.status()["readers"]] == ["works"], 10, "it works")

    def reader(self):
        return self.gateway.status()["readers"][0]

    def present(self, shown):
        """Puts the card on the reader until its event has come; the event."""
        before = len(self.subscriber.messages)
        self.pcscd.insert_card(0, shown)
        try:
            message = self.subscriber.wait_for(before + 1, 10)[before]
        finally:
            self.pcscd.remove(0)
        return json.loads(message.payload)

    def check(self, templates, shown, data, number=1):
        self.use(*([templates] if isinstance(templates, str) else templates))
        event = self.present(shown)
        self.assertEqual((event["TagData"], event["TagId"], event["Template"]), (data, shown.uid, number))
        return event

    def check_nothing(self, templates, shown, count, good, data):
        """shown makes no event and is counted once as count; the next card, good, makes one."""
        self.use(templates)
        events = len(self.subscriber.messages)
        before = self.reader()
        self.pcscd.insert_card(0, shown)
        wait_until(lambda: self.reader()[count] == before[count] + 1, 20, "it is counted as " + count)
        self.pcscd.remove(0)
        self.assertEqual(self.present(good)["TagData"], data)
        self.assertEqual(len(self.subscriber.messages), events + 1)
        after = self.reader()
        for name in ("failures", "template_no_match"):
            self.assertEqual(after[name], before[name] + (name == count), name)


class Data(OnDesfire):
    def test_each_authentication_reads_each_kind_of_file_in_each_mode_native_and_wrapped(self):
        for (authentication, kind, key, generation), (communication, mode), wrapped in itertools.product(
                WAYS, MODES, (False, True)):
            settings = {**with_key(authentication, key, communication), "iso_wrapping": wrapped}
            for more, content, data in (
                    ({}, SHORT, "C0FFEE00010203040506070809"),
                    ({"offset": 3, "length": 4}, SHORT, "00010203"),
                    ({"offset": 8}, SHORT, "0506070809"),
                    ({"length": 200}, LONG, LONG.hex().upper()),
                    ({}, LONG, LONG.hex().upper()),
                    ({"command": "read-record-bb", "file": 2, "length": 8}, SHORT, "464F555254483034"),
                    ({"command": "read-record-bb", "file": 2, "offset": 2, "length": 8}, SHORT, "5345434F4E443032")):
                with self.subTest(authentication=authentication, key=key, mode=communication, wrapped=wrapped, **more):
                    shown = card(kind, key, mode, generation=generation, content=content)
                    self.check(data_template(**settings, **more), shown, data)
                    self.assertEqual({command[0] == 0x90 for command in shown.log}, {wrapped})

    def test_the_newer_commands_read_the_same(self):
        for (authentication, kind, key, _), (communication, mode) in itertools.product(WAYS, MODES):
            settings = with_key(authentication, key, communication)
            for more, data in (({"command": "read-data-ad", "length": 200}, LONG.hex().upper()),
                               ({"command": "read-data-ad", "offset": 190}, LONG[190:].hex().upper()),
                               ({"command": "read-record-ab", "file": 2, "length": 8}, "464F555254483034")):
                with self.subTest(authentication=authentication, key=key, mode=communication, **more):
                    self.check(data_template(**settings, **more), card(kind, key, mode, content=LONG), data)

    def test_without_authentication_only_what_is_free_is_read(self):
        for more, data in (({"file": 4}, "C0FFEE00010203040506070809"), ({"file": 4, "iso_wrapping": True}, None),
                           ({"file": 4, "offset": 1, "length": 2}, "FFEE"),
                           ({"file": 4, "command": "read-data-ad"}, None)):
            for _, mode in MODES:
                with self.subTest(mode=mode, **more):
                    self.check(data_template(**more), card(mode=mode), data or "C0FFEE00010203040506070809")

    def test_the_output_is_made_of_what_was_read(self):
        text = card(read=FREE, content=b"BADGE 0815\0\0\0\0\0\0")
        for more, data in (({"shift_bytes": 3}, "00010203040506070809"), ({"shift_bytes": 3, "length": 5}, "0001"),
                           ({"shift_bytes": 2, "shift_bits": 4, "length": 4}, "0E00"),
                           ({"format": "hex-8"}, "C0FFEE0001020304"), ({"format": "hex-4", "swap": "all"}, "00EEFFC0"),
                           ({"format": "hex-16"}, "000000C0FFEE00010203040506070809"),
                           ({"format": "hex-16", "padding": "ff-right"}, "C0FFEE00010203040506070809FFFFFF"),
                           ({"format": "decimal-10", "offset": 3}, "0000066051"),
                           ({"format": "decimal-10", "offset": 3, "clean": True}, "66051"),
                           ({"prefix": "D:", "format": "hex-4"}, "D:C0FFEE00"),
                           ({"prefix": "D:", "format": "hex-4", "token": "hex", "token_position": "before-data"},
                            "D:71C0FFEE00"),
                           ({"format": "hex-4", "token": "letter", "token_position": "after-data"}, "C0FFEE00D")):
            with self.subTest(**more):
                self.check(data_template(**more), card(read=FREE), data)
        string = template("desfire-data", application=APPLICATION, file=1, mode="string")
        self.check(string, text, "BADGE 0815")

    def test_a_diversified_key_opens_its_own_card_only(self):
        for authentication, kind, key, generation in WAYS:
            settings = data_template(**with_key(authentication, key, "encrypted"), diversification="an10922")
            with self.subTest(authentication=authentication, key=key):
                shown, other = (card(kind, key, FULL, generation=generation) for _ in range(2))
                for one in (shown, other):
                    one.applications[APPLICATION].keys[2] = card_key(kind, key, one.uid)
                self.check(settings, shown, "C0FFEE00010203040506070809")
                copied = card(kind, key, FULL, generation=generation)
                copied.applications[APPLICATION].keys[2] = shown.applications[APPLICATION].keys[2]
                self.check_nothing(settings, copied, "template_no_match", other, "C0FFEE00010203040506070809")

    def test_the_df_name_is_selected_first_where_that_is_set(self):
        for wrapped in (False, True):
            shown = card(read=FREE)
            self.check(data_template(select_application=True, iso_wrapping=wrapped), shown,
                       "C0FFEE00010203040506070809")
            self.assertEqual(shown.log[0][:12].hex(), "00a4040007d2760000850100")

    def test_no_more_commands_are_sent_than_the_protocol_needs(self):
        for authentication, kind, key, generation in WAYS:
            shown = card(kind, key, FULL, generation=generation)
            self.check(data_template(**with_key(authentication, key, "encrypted")), shown,
                       "C0FFEE00010203040506070809")
            first = {"des-ev0": 0x0A, "iso-ev1": 0x1A, "aes-ev1": 0xAA, "aes-ev2": 0x71}[authentication]
            self.assertEqual([command[0] for command in shown.log], [0x5A, first, 0xAF, 0xBD])
        shown = card(read=FREE)
        self.check(data_template(), shown, "C0FFEE00010203040506070809")
        self.assertEqual([command[0] for command in shown.log], [0x5A, 0xBD])

    def test_a_random_identifier_does_not_keep_a_file_from_being_read(self):
        shown = card(mode=FULL, random_id=True)
        event = self.check(data_template(**with_key("aes-ev2", KEY, "encrypted")), shown, "C0FFEE00010203040506070809")
        self.assertRegex(event["TagId"], "^08")

    def test_a_card_that_is_refused_or_has_no_such_file_makes_no_event(self):
        for authentication, kind, key, generation in WAYS:
            settings = with_key(authentication, key, "mac")
            good = {"kind": kind, "key": key, "mode": MAC, "generation": generation}
            for name, more, shown in (
                    ("wrong key", {}, {"key": WRONG_KEY}), ("no such application", {"application": 0xF51235}, {}),
                    ("no such file", {"file": 7}, {}), ("no such key", {"key_index": 5}, {}),
                    ("key of another kind", {}, {"kind": AES if kind == DES else DES}),
                    ("file of another kind", {"command": "read-record-bb"}, {}), ("never", {"file": 3}, {}),
                    ("right of another key", {}, {"read": 1}), ("beyond the end", {"offset": 200}, {})):
                with self.subTest(authentication=authentication, key=key, what=name):
                    self.use(data_template(**{**settings, **more}))
                    events, before = len(self.subscriber.messages), self.reader()
                    self.pcscd.insert_card(0, card(**{**good, **shown}))
                    wait_until(lambda: self.reader()["template_no_match"] == before["template_no_match"] + 1, 20,
                               "it is no match")
                    self.pcscd.remove(0)
                    self.assertEqual(self.reader()["failures"], before["failures"])
                    self.check(data_template(**settings), card(**good), "C0FFEE00010203040506070809")
                    self.assertEqual(len(self.subscriber.messages), events + 1)

    def test_the_next_template_is_tried_with_a_card_that_refuses_the_first(self):
        self.check([data_template(**with_key("aes-ev1", WRONG_KEY)), data_template(**with_key("aes-ev1", KEY))],
                   card(), "C0FFEE00010203040506070809", 2)
        self.check([data_template(application=0x000001), data_template(file=4, **with_key("aes-ev2", KEY))],
                   card(), "C0FFEE00010203040506070809", 2)

    def test_an_answer_that_is_not_genuine_makes_no_event_and_is_counted(self):
        for authentication, kind, key, generation in WAYS:
            for communication, mode, fault, value in (
                    ("mac", MAC, "wrong_mac", True), ("encrypted", FULL, "wrong_crc", True),
                    ("encrypted", FULL, "wrong_mac", True), ("mac", MAC, "wrong_rnda", True),
                    ("mac", MAC, "cut_bytes", 1), ("encrypted", FULL, "cut_bytes", 8), ("mac", MAC, "mute_after", 0),
                    ("mac", MAC, "mute_after", 2), ("encrypted", FULL, "mute_after", 3)):
                ev2 = authentication == "aes-ev2"
                if (fault == "wrong_crc" and ev2) or (fault == "wrong_mac" and mode == FULL and not ev2):
                    continue    # there is none
                with self.subTest(authentication=authentication, key=key, fault=fault, mode=communication):
                    shown, good = (card(kind, key, mode, generation=generation) for _ in range(2))
                    setattr(shown.faults, fault, value)
                    self.check_nothing(data_template(**with_key(authentication, key, communication)), shown,
                                       "failures", good, "C0FFEE00010203040506070809")

    def test_a_cmac_is_looked_at_in_a_plain_file_of_ev1_too(self):
        for authentication, kind, key, generation in WAYS[2:5]:
            shown, good = (card(kind, key, PLAIN, generation=generation) for _ in range(2))
            shown.faults.wrong_mac = True
            self.check_nothing(data_template(**with_key(authentication, key)), shown, "failures", good,
                               "C0FFEE00010203040506070809")


def card_key(kind, master, uid):
    """The key of one card: the input of AN10922 is its UID alone."""
    return diversified_key(kind, master, uid)


class Identifier(OnDesfire):
    def test_the_uid_of_get_version_is_put_out(self):
        for wrapped in (False, True):
            for more, data in (({"format": "hex"}, "%s"), ({"format": "hex-8"}, "00%s"),
                               ({"format": "hex-7", "prefix": "ID="}, "ID=%s"),
                               ({"format": "hex", "token": "hex", "token_position": "after-data"}, "%s70"),
                               ({"format": "hex", "token": "letter", "token_position": "before-prefix"}, "D%s")):
                with self.subTest(wrapped=wrapped, **more):
                    shown = DesfireCard(next(UIDS))
                    self.check(template("desfire-id", iso_wrapping=wrapped, **more), shown, data % shown.uid)
                    self.assertEqual(shown.commands, 3)
            shown = DesfireCard("04112233445566")
            for more, data in (({"swap": "all"}, "66554433221104"), ({"shift_bytes": 3}, "33445566"),
                               ({"format": "decimal"}, "1144738493519206")):
                with self.subTest(wrapped=wrapped, **more):
                    self.check(template("desfire-id", iso_wrapping=wrapped, **{"format": "hex", **more}), shown, data)

    def test_the_true_uid_of_a_random_id_card_needs_a_key(self):
        for (authentication, kind, key, generation), wrapped in itertools.product(WAYS[2:], (False, True)):
            with self.subTest(authentication=authentication, key=key, wrapped=wrapped):
                shown = card(kind, key, generation=generation, random_id=True)
                event = self.check(template("desfire-id", application=APPLICATION, format="hex", iso_wrapping=wrapped,
                                            **with_key(authentication, key, "encrypted")),
                                   shown, shown.real_uid.hex().upper())
                self.assertRegex(event["TagId"], "^08")
                self.assertEqual(shown.commands, 4)

    def test_d40_secure_messaging_gets_the_true_uid_of_a_newer_card(self):
        shown = card(DES, KEY, random_id=True)
        self.check(template("desfire-id", application=APPLICATION, format="hex",
                            **with_key("des-ev0", KEY, "encrypted")), shown, shown.real_uid.hex().upper())

    def test_a_random_id_card_makes_no_event_without_its_key(self):
        settings = {"application": APPLICATION, "format": "hex"}
        for authentication, kind, key, generation in WAYS[2:]:
            right = template("desfire-id", **settings, **with_key(authentication, key, "encrypted"))
            shown, good = (card(kind, one, generation=generation, random_id=True) for one in (WRONG_KEY, key))
            with self.subTest(authentication=authentication, key=key):
                self.check_nothing(right, shown, "template_no_match", good, good.real_uid.hex().upper())
        # GetVersion alone shows zeros, which would be the same identity for all such cards.
        shown, good = DesfireCard(next(UIDS), random_id=True), DesfireCard(next(UIDS))
        self.check_nothing(template("desfire-id", format="hex"), shown, "template_no_match", good, good.uid)

    def test_a_uid_that_is_not_genuine_makes_no_event_and_is_counted(self):
        for authentication, kind, key, generation in WAYS[2:]:
            for fault in ("wrong_mac" if authentication == "aes-ev2" else "wrong_crc", "wrong_rnda"):
                with self.subTest(authentication=authentication, key=key, fault=fault):
                    shown, good = (card(kind, key, generation=generation, random_id=True) for _ in range(2))
                    setattr(shown.faults, fault, True)
                    self.check_nothing(template("desfire-id", application=APPLICATION, format="hex",
                                                **with_key(authentication, key, "encrypted")), shown, "failures", good,
                                       good.real_uid.hex().upper())


if __name__ == "__main__":
    unittest.main()
