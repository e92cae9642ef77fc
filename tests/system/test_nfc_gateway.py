#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The whole way from tags on simulated PN532s, through the real libnfc and the built springparkd, to a real mosquitto with
mutual TLS. Needs root for the one test that has a pcscd beside it."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

from broker import EVENTS, PREFIX, Broker, wait_until  # noqa: E402
from gateway import Gateway, build_directory, configuration  # noqa: E402
from pcscd import Pcscd  # noqa: E402
from pki import Sandbox  # noqa: E402
from pn532 import Pn532  # noqa: E402
from pn532_tags import AskCtx, Classic, Felica, Innovatron, IsoA, IsoB, Jewel, StSrx, Type2  # noqa: E402
from threads import list_children  # noqa: E402

FIELD_OFF, SELECT, SELECT_A, SELECT_B, POLL = "320100", "4A", "4A0100", "4A0103", "60"
UID_2, UID_CLASSIC = "04A1B2C3D4E5F6", "DEADBEEF"

# One event for each visit, at once (repeat_interval = 255: not before the tag has left).
READS = "smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 255; debounce_ms = 0; };\n"
MOVES = "smart_reader: { insert_remove = true; read_interval = 0; debounce_ms = %d; };\n"
TEMPLATE = 'templates: ( { type = "id-only"; technologies = %s; format = "hex"; %s } );\n'
ALL = TEMPLATE % ('"all"', "")
B_AND_CTS = ('templates: ( { type = "id-only"; technologies = "nfc-b"; format = "hex"; },'
             ' { type = "id-only"; technologies = "ask-cts"; format = "hex"; } );\n')
ONLY_A = TEMPLATE % ('"nfc-a"', "")


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()


def tearDownModule():
    SANDBOX.close()


def reader(chip, label="door"):
    return '{ driver = "libnfc"; connection = "%s"; label = "%s"; }' % (chip.connection, label)


def events(messages):
    return [json.loads(message.payload) for message in messages]


def ended(pid):
    return not os.path.exists("/proc/%d" % pid)


class NfcGateway(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="springpark-nfc-")
        self.addCleanup(shutil.rmtree, self.scratch)
        self.broker = Broker(SANDBOX)
        self.addCleanup(self.broker.close)
        self.events = self.broker.subscriber(EVENTS)

    def start_chip(self, name="pn532"):
        chip = Pn532(self.scratch, name)
        self.addCleanup(chip.end)
        chip.start()
        return chip

    def settings(self, readers, smart_reader=READS, templates=ALL, **sections):
        return configuration(self.broker, readers, smart_reader=smart_reader, templates=templates, **sections)

    def start_gateway(self, readers, pcscd=None, **sections):
        gateway = Gateway(self.settings(readers, **sections), pcscd=pcscd)
        self.addCleanup(gateway.close)
        return gateway

    def start_one(self, name="pn532", **sections):
        """A chip, and a gateway whose reader "door" works on it."""
        chip = self.start_chip(name)
        gateway = self.start_gateway(reader(chip), **sections)
        self.wait_works(gateway)
        return chip, gateway

    def entry(self, gateway, label="door"):
        found = [one for one in gateway.status()["readers"] if one["label"] == label]
        return found[0] if found else {"health": "not there", "reason": None}

    def wait_works(self, gateway, label="door", timeout=20):
        wait_until(lambda: self.entry(gateway, label)["health"] == "works", timeout, "the reader %s works" % label)

    def wait_ill(self, gateway, label="door", timeout=20):
        """The reason."""
        wait_until(lambda: self.entry(gateway, label)["health"] == "ill", timeout, "the reader %s is ill" % label)
        return self.entry(gateway, label)["reason"]

    def wait_event(self, number, timeout=10):
        return events(self.events.wait_for(number, timeout))[number - 1]

    def assert_reads(self, chip, uid=UID_2):
        """The tag of a visit comes as one event."""
        before = len(self.events.messages)
        chip.insert(Type2(uid))
        self.assertEqual(self.wait_event(before + 1)["TagId"], uid)
        chip.remove()

    def reload(self, gateway, text):
        gateway.configure(text)
        return gateway.tool("reload", timeout=30)


class Events(NfcGateway):
    def test_each_technology_has_the_springparks_name(self):
        chip, _gateway = self.start_one()
        tags = [(Type2(UID_2), "NFC-A"), (Classic(UID_CLASSIC), "NFC-A"), (IsoA("04112233445566"), "NFC-A"),
                (IsoB("11223344"), "NFC-B"), (Felica("0101020304050607"), "NFC-F"), (Jewel("55667788"), "NFC-T1T"),
                (Innovatron("A1B2C3D4"), "Innovatron"), (StSrx("D002112233445566"), "ST-SR"),
                (AskCtx("99AABBCC"), "ASK-CTS")]
        for number, (tag, protocol) in enumerate(tags, 1):
            chip.insert(tag)
            event = self.wait_event(number)
            uid = tag.uid.hex().upper()
            self.assertEqual((event["Interface"], event["Protocol"], event["Template"], event["TagId"],
                              event["TagData"]), ("13.56", protocol, 1, uid, uid))
            self.assertNotIn("Reader", event)
            chip.remove()

    def test_content_protocol_gives_the_bytes_of_the_protocol(self):
        chip, _gateway = self.start_one(templates=TEMPLATE % ('"all"', 'content = "protocol";'))
        tags = [(Type2(UID_2), UID_2 + "004400"), (Classic(UID_CLASSIC), UID_CLASSIC + "000408"),
                (IsoB("11223344", application="A1A2A3A4", protocol="008171"), "11223344A1A2A3A4008171")]
        for number, (tag, data) in enumerate(tags, 1):
            chip.insert(tag)
            event = self.wait_event(number)
            self.assertEqual((event["TagId"], event["TagData"]), (tag.uid.hex().upper(), data))
            chip.remove()

    def test_insert_and_remove_of_several_at_once(self):
        chip, gateway = self.start_one(smart_reader=MOVES % 0)
        tags = [Type2(UID_2), Classic(UID_CLASSIC), IsoB("11223344")]
        for tag in tags:
            chip.insert(tag)
        came = events(self.events.wait_for(3))
        self.assertEqual({(event["Move"], event["TagId"]) for event in came},
                         {("Insert", tag.uid.hex().upper()) for tag in tags})
        wait_until(lambda: self.entry(gateway)["present"] == 3, 5, "3 tags are there")
        for number, tag in enumerate(tags, 4):
            chip.remove(tag)
            event = self.wait_event(number)
            self.assertEqual((event["Move"], event["TagId"]), ("Remove", tag.uid.hex().upper()))

    def test_two_chips_side_by_side(self):
        chips = [self.start_chip("left"), self.start_chip("right")]
        gateway = self.start_gateway(", ".join(reader(chip, chip.link.name) for chip in chips))
        for chip in chips:
            self.wait_works(gateway, chip.link.name)
        self.assertEqual(len(list_children(gateway.pid)), 2)
        for chip, uid in zip(chips, (UID_2, "04FFEEDDCCBBAA")):
            chip.insert(Type2(uid))
        told = {(event["Reader"], event["TagId"]) for event in events(self.events.wait_for(2))}
        self.assertEqual(told, {("left", UID_2), ("right", "04FFEEDDCCBBAA")})

    @unittest.skipIf(os.geteuid() != 0, "the private pcscd needs root")
    def test_pcsc_and_libnfc_side_by_side(self):
        chip = self.start_chip()
        with Pcscd(readers=1, directory=self.scratch + "/pcscd", build=build_directory()) as pcscd:
            gateway = self.start_gateway('{ driver = "pcsc"; name = "*"; label = "gate"; }, ' + reader(chip),
                                         pcscd=pcscd.environment["PCSCLITE_CSOCK_NAME"])
            self.wait_works(gateway)
            self.wait_works(gateway, "gate")
            pcscd.insert(0, "01020304")
            chip.insert(Type2(UID_2))
            told = {(event["Reader"], event["TagId"]) for event in events(self.events.wait_for(2))}
            self.assertEqual(told, {("gate", "01020304"), ("door", UID_2)})
            drivers = {one["label"]: one["driver"] for one in gateway.status()["readers"]}
            self.assertEqual(drivers, {"gate": "pcsc", "door": "libnfc"})
            chip.unplug()
            self.wait_ill(gateway)
            pcscd.remove(0)
            pcscd.insert(0, "01020305")
            self.assertEqual(self.wait_event(3)["Reader"], "gate")
            gateway.stop()

    def test_what_no_template_wants_is_not_looked_for(self):
        chip, gateway = self.start_one(templates=B_AND_CTS)
        chip.insert(Type2(UID_2))
        chip.wait_for(SELECT_B, 10)
        chip.insert(IsoB("11223344"))
        self.assertEqual(self.wait_event(1)["TagId"], "11223344")
        self.assertEqual({command.bytes[1:3].hex() for command in chip.commands(SELECT)}, {"0103"})
        self.assertEqual(chip.count(POLL), 0)
        self.assertEqual(len(self.events.messages), 1)
        self.assertEqual(self.entry(gateway)["looks_for"], ["NFC-B", "ASK-CTS"])

    def test_the_chip_by_itself_polls_for_no_more_than_the_template_wants(self):
        chip, _gateway = self.start_one(templates=TEMPLATE % ('"nfc-b"', ""))
        chip.insert(Type2(UID_2))
        chip.wait_for(POLL, 2, 15)
        chip.insert(IsoB("11223344"))
        self.assertEqual(self.wait_event(1)["TagId"], "11223344")
        chip.remove()
        self.assertEqual({command.bytes[3:].hex() for command in chip.commands(POLL)}, {"03"})
        self.assertEqual({command.bytes[1:3].hex() for command in chip.commands(SELECT)} - {"0103"}, set())

    def storm(self, chip, first):
        """Four tags that lie there for a moment, then one that stays a little, and so on: some 20 come and 20 go each
        second. The events, and the tags that stayed."""
        stayed = []
        self.events.clear()
        for number in range(first, first + 60):
            stays = number % 5 == 4
            uid = "%014X" % (0x04000000000000 + number)
            chip.insert(Type2(uid))
            time.sleep(0.150 if stays else 0.015)
            chip.remove()
            time.sleep(0.010)
            stayed += [uid] if stays else []
        last = "04FFEEDDCC%04X" % first
        for move, act in (("Insert", lambda: chip.insert(Type2(last))), ("Remove", chip.remove)):
            act()
            self.events.wait_until(lambda all: (events(all[-1:]) or [{}])[0].get("Move") == move
                                   and json.loads(all[-1].payload)["TagId"] == last, 10, move + " of the last tag")
        return events(self.events.messages), stayed

    def test_a_storm_loses_nothing_that_lay_there_for_150_ms(self):
        """A quiet machine needs some 120 ms at most. On one that has other things to do a storm may be lost, not three."""
        chip, gateway = self.start_one(smart_reader=MOVES % 0)
        lost = []
        for first in (0, 100, 200):
            told, stayed = self.storm(chip, first)
            for move, other in (("Insert", "Remove"), ("Remove", "Insert")):
                uids = [event["TagId"] for event in told if event["Move"] == move]
                self.assertEqual(len(uids), len(set(uids)), "each tag is told once")
                self.assertEqual(set(uids), {event["TagId"] for event in told if event["Move"] == other})
            seen = [event["TagId"] for event in told if event["Move"] == "Insert" and event["TagId"] in stayed]
            self.assertEqual(seen, sorted(seen), "in the order in which they came")
            lost.append(sorted(set(stayed) - set(seen)))
            if not lost[-1]:
                break
        self.assertEqual(lost[-1], [], lost)
        self.assertEqual(self.entry(gateway)["health"], "works")


class Shown(NfcGateway):
    def test_readers_shows_driver_connection_chip_and_what_it_looks_for(self):
        chip, gateway = self.start_one(templates=TEMPLATE % ('"nfc-a+b"', ""))
        entry = json.loads(gateway.tool("readers", "--json").stdout)["readers"][0]
        self.assertEqual({name: entry[name] for name in ("label", "driver", "connection", "chip", "polling", "health",
                                                         "reason", "looks_for")},
                         {"label": "door", "driver": "libnfc", "connection": chip.connection, "chip": "PN532 v1.6",
                          "polling": "by the chip", "health": "works", "reason": None,
                          "looks_for": ["NFC-A", "NFC-B"]})
        self.assertEqual(set(entry["technologies"]),
                         {"NFC-A", "NFC-B", "NFC-F", "NFC-T1T", "Innovatron", "ST-SR", "ASK-CTS"})
        shown = gateway.tool("readers").stdout
        for text in ("door", "libnfc", "works", chip.connection, "PN532 v1.6",
                     "looks for NFC-A NFC-B (by the chip); no template asks for"):
            self.assertIn(text, shown)

    def test_a_select_loop_is_said(self):
        _chip, gateway = self.start_one()
        self.assertEqual(self.entry(gateway)["polling"], "select loop")
        self.assertIn("(select loop)", gateway.tool("readers").stdout)


class Trouble(NfcGateway):
    def setUp(self):
        super().setUp()
        self.status = self.broker.subscriber(PREFIX + SANDBOX.serial + "/status", credential="device")

    def wait_told(self, state, since=0, timeout=20):
        """The broker has the STATUS with that state as the last one; it, and how many came so far."""
        told = self.status.wait_until(lambda all: len(all) > since and json.loads(all[-1].payload)["State"] == state,
                                      timeout, state)
        return json.loads(told[-1].payload)

    def assert_ill_and_well(self, chip, gateway, begin, end, *words):
        self.wait_told("online,ready")
        begin()
        reason = self.wait_ill(gateway)
        for word in words + ("next: ",):
            self.assertIn(word, reason)
        shown = gateway.tool("status").stdout
        self.assertIn("ill", shown)
        self.assertIn(reason, shown)
        self.assertIn(reason, gateway.tool("readers").stdout)
        self.assertIn("door: ", self.wait_told("online,busy")["Health"])
        end()
        self.wait_works(gateway)
        self.wait_told("online,ready")
        self.assertIsNone(self.entry(gateway)["reason"])
        self.assert_reads(chip)

    def test_unplugged(self):
        chip, gateway = self.start_one()
        self.assert_ill_and_well(chip, gateway, chip.unplug, chip.plug)

    def test_unplugged_while_the_chip_looks_for_tags_by_itself(self):
        chip, gateway = self.start_one(templates=ONLY_A)
        self.assert_ill_and_well(chip, gateway, chip.unplug, chip.plug)

    def test_silent(self):
        chip, gateway = self.start_one()
        self.assert_ill_and_well(chip, gateway, chip.silence, lambda: chip.silence(False))

    def test_a_node_that_is_not_there_at_the_start(self):
        chip = self.start_chip()
        chip.unplug()
        gateway = self.start_gateway(reader(chip))
        self.assertIn("is not there", self.wait_ill(gateway))
        self.wait_told("online,busy")
        chip.plug()
        self.wait_works(gateway)
        self.wait_told("online,ready")
        self.assert_reads(chip)

    def test_held_by_another_process(self):
        chip = self.start_chip()
        holder = os.open(chip.link, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(holder, fcntl.LOCK_EX)
            gateway = self.start_gateway(reader(chip))
            reason = self.wait_ill(gateway)
            self.assertIn("process %d" % os.getpid(), reason)
            self.assertIn("next: ", reason)
            self.assertIn(reason, gateway.tool("status").stdout)
            self.wait_told("online,busy")
            self.assertEqual(list_children(gateway.pid), [])
        finally:
            os.close(holder)
        self.wait_works(gateway)
        self.wait_told("online,ready")
        self.assert_reads(chip)

    def test_a_second_daemon_is_told_who_has_the_device(self):
        chip, first = self.start_one()
        second = self.start_gateway(reader(chip), host="")
        self.assertIn("process %d" % first.pid, self.wait_ill(second))
        self.assert_reads(chip)
        self.assertEqual(self.entry(first)["health"], "works")
        self.assertEqual(first.stop(), 0)
        self.wait_works(second)
        chip.insert(Type2("04FFEEDDCCBBAA"))
        wait_until(lambda: self.entry(second)["reads"] == 1, 10, "the second one reads")


class Reload(NfcGateway):
    def assert_reloaded(self, gateway, text):
        done = self.reload(gateway, text)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_new_label_is_no_trouble(self):
        chip, gateway = self.start_one()
        self.assert_reads(chip)
        for label in ("gate", "hall"):
            self.assert_reloaded(gateway, self.settings(reader(chip, label)))
            self.wait_works(gateway, label)
            self.assert_reads(chip)
        self.assertEqual([one["label"] for one in gateway.status()["readers"]], ["hall"])
        self.assertNotIn("does not work", gateway.log_text())
        self.assertEqual(len(list_children(gateway.pid)), 1)

    def test_new_templates_change_the_polling_and_a_tag_that_lies_there_stays(self):
        chip, gateway = self.start_one(smart_reader=MOVES % 3000)
        self.assertEqual(self.entry(gateway)["polling"], "select loop")
        chip.insert(Type2(UID_2))
        self.assertEqual(self.wait_event(1)["Move"], "Insert")
        for templates, polling in ((ONLY_A, "by the chip"), (ALL, "select loop")):
            self.assert_reloaded(gateway, self.settings(reader(chip), smart_reader=MOVES % 3000, templates=templates))
            wait_until(lambda: self.entry(gateway).get("polling") == polling, 10, polling)
            wait_until(lambda: self.entry(gateway)["present"] == 1, 10, "the tag is there")
        chip.remove()
        self.assertEqual(self.wait_event(2)["Move"], "Remove")
        self.assertEqual(len(self.events.messages), 2)
        self.assertNotIn("does not work", gateway.log_text())

    def test_another_chip(self):
        chip, gateway = self.start_one()
        other = self.start_chip("other")
        self.assert_reloaded(gateway, self.settings(reader(other)))
        wait_until(lambda: self.entry(gateway).get("connection") == other.connection, 10, "the other one works")
        self.assert_reads(other)
        wait_until(lambda: not chip.field_on, 5, "the field of the first one is off")

    def test_a_wrong_connection_string_is_refused_and_the_old_reader_goes_on(self):
        chip, gateway = self.start_one()
        before = list_children(gateway.pid)
        for wrong in ("pn532_uart", "pn999:/dev/ttyS0", "/dev/ttyS0"):
            with self.subTest(wrong):
                done = self.reload(gateway, self.settings('{ driver = "libnfc"; connection = "%s"; }' % wrong))
                self.assertEqual(done.returncode, 78)
                self.assertIn("connection", done.stderr)
                self.assertIn(wrong, done.stderr)
        self.assertEqual(list_children(gateway.pid), before)
        self.assert_reads(chip)


class Stop(NfcGateway):
    def assert_stops(self, chip, gateway):
        helper, = list_children(gateway.pid)
        begin = time.monotonic()
        self.assertEqual(gateway.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertTrue(ended(helper))

    def test_a_stop_switches_the_field_off(self):
        for name, templates in (("select", ALL), ("poll", ONLY_A)):
            with self.subTest(name):
                chip, gateway = self.start_one(name, templates=templates)
                self.assert_reads(chip)
                self.assert_stops(chip, gateway)
                self.assertFalse(chip.field_on)

    def test_a_stop_with_a_tag_on_the_reader(self):
        chip, gateway = self.start_one()
        chip.insert(IsoA("04112233445566"))
        self.wait_event(1)
        self.assert_stops(chip, gateway)
        self.assertFalse(chip.field_on)

    def test_a_stop_while_the_chip_is_silent(self):
        chip, gateway = self.start_one()
        chip.silence()
        chip.wait_for("", 1)
        self.assert_stops(chip, gateway)

    def test_a_stop_while_the_helper_hangs(self):
        chip, gateway = self.start_one()
        os.kill(list_children(gateway.pid)[0], signal.SIGSTOP)
        self.assert_stops(chip, gateway)

    def test_after_kill_no_helper_is_left_and_a_new_start_reads_again(self):
        chip, gateway = self.start_one()
        self.assert_reads(chip)
        for templates in (ALL, ONLY_A):
            gateway.configure(self.settings(reader(chip), templates=templates))
            helper, = list_children(gateway.pid)
            gateway.kill()
            wait_until(lambda: ended(helper), 5, "the helper has ended")
            gateway.start()
            self.wait_works(gateway)
            self.assert_reads(chip, "04FFEEDDCCBBAA")


if __name__ == "__main__":
    unittest.main()
