#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a person at the reader sees and hears, through the whole daemon: the calls of a program that records them, and
LEDs in a folder that looks like the kernel's. SPRINGPARK_BUILD = the built tree with its test parts."""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as cards  # noqa: E402
from broker import wait_until  # noqa: E402
from delivery_parts import DeliveryTest, ignore, play  # noqa: E402
from gateway import build_directory  # noqa: E402

NOT_AUTHORIZED = 0x87
RECORDER = """#!/bin/sh
echo "$1 $SPRINGPARK_SEQUENCE${SPRINGPARK_LEDS+leds $SPRINGPARK_LEDS}${SPRINGPARK_RELAY_1+ relay $SPRINGPARK_RELAY_1}\
${SPRINGPARK_READER+ at $SPRINGPARK_READER}" >> "${0%/*}/calls"
"""
STARTED = "started 11"
READ = "read 23 at door"


def refuse(connection, packet):
    connection.puback(packet, NOT_AUTHORIZED)


class FeedbackTest(DeliveryTest):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-feedback-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.recorder = self.folder / "recorder"
        self.recorder.write_text(RECORDER)
        self.recorder.chmod(0o755)
        self.device = '{ driver = "command"; path = "%s"; }' % self.recorder

    def start(self, settings="", devices=None, **others):
        more = others.pop("more", "")
        return self.create_gateway(more="%sfeedback: { %s devices = ( %s ); };\n"
                                        % (more, settings, devices or self.device), **others)

    def calls(self):
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def wait_calls(self, *expected, timeout=15):
        """Waits until so many calls were made; they must be just these."""
        try:
            wait_until(lambda: len(self.calls()) >= len(expected), timeout, "%d calls" % len(expected))
        finally:
            self.assertEqual(self.calls(), list(expected))


class Reads(FeedbackTest):
    def test_a_confirmed_read_is_one_signal(self):
        broker = self.start_broker()
        gateway = self.start("confirm_timeout = 1;")
        self.wait_calls(STARTED)
        self.wait_accepted(broker)
        self.read_tags()
        self.wait_calls(STARTED, READ)
        wait_until(lambda: gateway.status()["events"]["delivered"] == 1, 10, "it is delivered")
        # Later than its time-out would have been: the next one's, which is not confirmed.
        broker.stop()
        wait_until(lambda: gateway.status()["broker"]["state"] != "online", 10, "the broker is gone")
        self.read_tags()
        self.wait_calls(STARTED, READ, READ, "unconfirmed 08 at door")

    def test_each_state_plays_what_is_set_for_it(self):
        broker = self.start_broker()
        gateway = self.start('started = "none"; read = "tag-insert"; stored = "tag-present"; confirmed = "access-granted";'
                             ' cloud_lost = "suspended"; confirm_timeout = 0;')
        self.wait_accepted(broker)
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "it is online")
        self.read_tags()
        wait_until(lambda: "confirmed 60 at door" in self.calls(), 10, "it is confirmed")
        # The disk may be the quicker or the slower one; of an event that is confirmed it tells nothing more.
        self.assertIn(self.calls(), (["read 28 at door", "stored 29 at door", "confirmed 60 at door"],
                                     ["read 28 at door", "confirmed 60 at door"]))
        broker.stop()
        wait_until(lambda: self.calls()[-1] == "cloud lost 13", 10, "the loss is signalled")
        self.read_tags()
        wait_until(lambda: self.calls()[-1] == "stored 29 at door", 10, "it is stored")
        self.assertEqual(self.calls().count("cloud lost 13"), 1, "attempts that fail are no loss")

    def test_a_refused_read_is_signalled(self):
        broker = self.start_broker(play(event=refuse))
        self.start('refused = "access-denied"; confirm_timeout = 60;')
        self.wait_accepted(broker)
        self.read_tags()
        self.wait_calls(STARTED, READ, "refused 61 at door")

    def test_a_read_without_an_answer_is_signalled_once(self):
        broker = self.start_broker(play(event=ignore))
        self.start("confirm_timeout = 1;")
        self.wait_accepted(broker)
        self.read_tags(1)
        self.wait_calls(STARTED, READ, "unconfirmed 08 at door")
        self.read_tags(1)
        self.wait_calls(STARTED, READ, "unconfirmed 08 at door", READ, "unconfirmed 08 at door")

    def test_a_tag_that_gives_no_event_is_a_failed_read_and_a_departure_is_none(self):
        gateway = self.create_gateway(start=False)
        text = self.configuration(more="feedback: { devices = ( %s ); };\n" % self.device)
        text = text.replace('technologies = "all"', 'technologies = "nfc-b"')
        text = text.replace("insert_remove = false", "insert_remove = true")
        gateway.configure(text)
        gateway.start()
        self.wait_calls(STARTED)
        self.script.do("insert NFC-A 01020304", "remove")
        self.wait_calls(STARTED, "read failed 24 at door")
        self.script.do("fail mute")
        self.wait_calls(STARTED, *["read failed 24 at door"] * 2)
        self.script.do("insert NFC-B 01020304")
        self.wait_calls(STARTED, *["read failed 24 at door"] * 2, READ)
        self.script.do("remove", "wait 400ms", "insert NFC-B 01020305")
        self.wait_calls(STARTED, *["read failed 24 at door"] * 2, READ, READ)
        self.assertEqual(gateway.status()["events"]["created"], 3)


class Hosts(FeedbackTest):
    def test_a_host_may_have_it_for_itself(self):
        broker = self.start_broker(play(event=ignore))
        gateway = self.start("confirm_timeout = 1;", more="ui: { host_controlled = true; };\n")
        self.wait_accepted(broker)
        self.read_tags()
        self.wait_events(broker, 1)
        self.assertEqual(gateway.tool("command", '{"Sequence":"60","Relay":500}').returncode, 0)
        self.assertEqual(gateway.tool("command", "$SCCMD;LEDS=92929292").returncode, 0)
        self.wait_calls("command 60 relay 500", "command leds 92929292")

    def test_a_reload_changes_what_is_played_and_by_whom(self):
        gateway = self.start()
        self.wait_calls(STARTED)
        gateway.configure(self.configuration(more='feedback: { read = "wink"; devices = ( %s, %s ); };\n' %
                                             (self.device, self.device.replace("command\";", 'command"; reader = "gate";'))))
        self.assertEqual(gateway.tool("reload").returncode, 0)
        self.read_tags()
        self.wait_calls(STARTED, "read 0E at door")
        self.assertEqual(gateway.tool("command", "--accept").returncode, 0)
        self.wait_calls(STARTED, "read 0E at door", "command 60", "command 60")

    def test_a_program_that_hangs_stops_nothing(self):
        self.recorder.write_text("#!/bin/sh\necho x >> \"${0%/*}/calls\"\nexec sleep 1000\n")
        broker = self.start_broker()
        gateway = self.start(devices='{ driver = "command"; path = "%s"; time_limit = 60000; }' % self.recorder)
        self.wait_accepted(broker)
        self.wait_calls("x")
        self.wait_tags(broker, self.read_tags(30))
        self.assertEqual(gateway.stop(), 0)
        self.assertNotIn("is left behind", gateway.log_text())


class ReadersOwn(FeedbackTest):
    """The LEDs and the buzzer of PC/SC readers, at a real pcscd."""

    QUIET, LOUD, DARK = "FF00520000", "FF0052FF00", "FF00400C0400000000"
    GREEN_BEEP, GREEN = "FF00400E0402000101", "FF00400E0400000000"

    def start_pcscd(self, names):
        pcscd = cards.Pcscd(directory=self.folder / "pcscd", build=build_directory(), names=names)
        pcscd.start()
        self.addCleanup(pcscd.end)
        return pcscd

    def start_with(self, pcscd):
        gateway = self.create_gateway(
            start=False, environment=pcscd.environment,
            more='feedback: { started = "none"; devices = ( { driver = "pcsc"; }, %s ); };\n' % self.device)
        gateway.configure(gateway.configuration_path.read_text().replace(self.script.setting, '{ driver = "pcsc"; }'))
        gateway.start()
        wait_until(lambda: len(gateway.status()["readers"]) == 2, 10, "both readers are there")
        return gateway

    def test_the_reader_of_the_read_beeps_and_no_other(self):
        pcscd = self.start_pcscd(["ACS ACR122U", "ACS ACR1252"])
        gateway = self.start_with(pcscd)
        wait_until(lambda: pcscd.escapes(0) == [self.QUIET, self.DARK] and pcscd.escapes(1) == ["E00000290100"], 10,
                   "both are dark, and the one that would beep by itself is told not to")
        pcscd.insert(0, "04010203")
        wait_until(lambda: pcscd.escapes(0)[2:] == [self.GREEN_BEEP, self.DARK], 10, "one beep, and then dark again")
        self.assertEqual(pcscd.escapes(1), ["E00000290100"])
        pcscd.insert(1, "04010204")
        wait_until(lambda: pcscd.escapes(1)[1:] == ["E00000290102", "E0000028010F", "E00000290100"], 10, "the other one")
        self.assertEqual(len(pcscd.escapes(0)), 4)
        self.assertEqual(gateway.tool("command", '{"Buzzer":250}').returncode, 0)
        wait_until(lambda: pcscd.escapes(0)[-1] == "FF00400C0403000101" and pcscd.escapes(1)[-1] == "E00000280119", 10,
                   "a command is for both")
        self.assertEqual(gateway.stop(), 0)
        self.assertEqual(pcscd.escapes(0)[-1], self.LOUD)

    def test_without_escape_it_beeps_while_the_card_is_there_and_says_what_to_do(self):
        pcscd = self.start_pcscd(["ACS ACR122U", "Other"])
        pcscd.take_escapes(0, False)
        gateway = self.start_with(pcscd)
        gateway.wait_log("it beeps only while a card lies on it; next: set ifdDriverOptions to 0x0001")
        gateway.wait_log("Other 01 00: nothing is known of LEDs or a buzzer of its own; it is left alone")
        before = pcscd.count(0)
        pcscd.insert(0, "04010203", answers={self.QUIET: "9000", "FF0040000402000101": "9000"})
        wait_until(lambda: pcscd.count(0) == before + 3, 10, "UID, own beep off, beep")
        self.assertEqual(gateway.log_text().count("ifdDriverOptions"), 1)
        self.assertEqual(pcscd.escapes(0), [])


class Leds(FeedbackTest):
    def make_led(self, name, trigger="none"):
        led = self.folder / "leds" / name
        led.mkdir(parents=True)
        (led / "brightness").write_text("3\n")
        (led / "max_brightness").write_text("255\n")
        (led / "trigger").write_text("none timer [%s]\n" % trigger)
        return led

    def test_leds_follow_the_reads_and_the_host_and_are_given_back(self):
        red, green, first = self.make_led("red"), self.make_led("green", "heartbeat"), self.make_led("first")
        broker = self.start_broker()
        gateway = self.start('read = "tag-present"; started = "none";',
                             '{ driver = "sysfs-leds"; folder = "%s"; red = "red"; green = "green"; leds = "first"; }' %
                             (self.folder / "leds"))
        self.wait_accepted(broker)

        def lit():
            return [int((led / "brightness").read_text() or "-1") for led in (red, green, first)]

        def wait_lit(*expected):
            wait_until(lambda: lit() == list(expected), 10, "the LEDs are %s; they are %s" % (expected, lit()))
        wait_lit(0, 0, 0)
        self.assertEqual((green / "trigger").read_text(), "none")
        self.read_tags()
        wait_lit(0, 255, 255)
        self.assertEqual(gateway.tool("command", '{"RgbColor":"400000","Leds":"00000000"}').returncode, 0)
        wait_lit(0x40, 0, 0)
        self.assertEqual(gateway.tool("command", '{"Leds":"01000000"}').returncode, 0)
        wait_lit(0x40, 0, 255)
        self.assertEqual(gateway.stop(), 0)
        self.assertEqual(lit(), [3, 3, 3])
        self.assertEqual((green / "trigger").read_text(), "heartbeat")


if __name__ == "__main__":
    unittest.main()
