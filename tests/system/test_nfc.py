#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The libnfc driver under reader_probe, with the real libnfc and PN532s that are simulated on pseudo-terminals. No root
is needed."""

import os
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))

from pcscd import wait_until  # noqa: E402
from pn532 import Pn532  # noqa: E402
from pn532_tags import AskCtx, Classic, Felica, Innovatron, IsoA, IsoB, Jewel, Phone, StSrx, Type2  # noqa: E402
from reader_probe import BUILD, Probe  # noqa: E402
from threads import list_children  # noqa: E402

HELPER = str(BUILD / "springpark-nfc")
SELECT, SELECT_A, POLL = "4A", "4A0100", "60"
FIELD_OFF, FIELD_ON = "320100", "320101"
UID_2, UID_CLASSIC, UID_4 = "04A1B2C3D4E5F6", "DEADBEEF", "04112233445566"


class NfcTest(unittest.TestCase):
    def start_chip(self, name="pn532"):
        scratch = tempfile.TemporaryDirectory(prefix="springpark-nfc-")
        self.addCleanup(scratch.cleanup)
        chip = Pn532(scratch.name, name)
        self.addCleanup(chip.end)
        chip.start()
        return chip

    def start_probe(self, *arguments, environment=None, killed=False, **options):
        """killed: the test ends it itself, and hard."""
        probe = Probe({"SPRINGPARK_NFC_HELPER": HELPER, **(environment or {})}, *arguments, driver="libnfc", **options)
        self.addCleanup(self.close_streams if killed else probe.end, *([probe] if killed else []))
        return probe

    @staticmethod
    def close_streams(probe):
        for stream in (probe.process.stdin, probe.process.stdout, probe.process.stderr):
            stream.close()

    def start_one(self, **options):
        """One chip, whose reader works, labelled door."""
        chip = self.start_chip()
        probe = self.start_probe(chip.connection, "door", **options)
        probe.until("health door|works")
        return chip, probe

    def show(self, chip, probe, tag):
        """Inserts it; the fields of the line that says so."""
        chip.insert(tag)
        return probe.until("arrived door|")[1].split("|")[1:]

    def helpers_of(self, probe):
        """The process numbers of the helpers that this probe has."""
        return list_children(probe.process.pid)


class Technologies(NfcTest):
    def assert_comes_and_goes(self, tag, technology, uid, ats="", protocol=""):
        chip, probe = self.start_one()
        said = self.show(chip, probe, tag)
        self.assertEqual(said[:2], [technology, uid])
        self.assertIn("ats=" + ats, said)
        self.assertIn("protocol=" + protocol, said)
        chip.remove()
        self.assertEqual(probe.until("left ")[1], f"left door|{uid}")
        probe.finish()

    def test_type_2(self):
        self.assert_comes_and_goes(Type2(UID_2), "NFC-A", UID_2, protocol="004400")

    def test_classic(self):
        self.assert_comes_and_goes(Classic(UID_CLASSIC), "NFC-A", UID_CLASSIC, protocol="000408")

    def test_iso_14443_4_a(self):
        self.assert_comes_and_goes(IsoA(UID_4, ats="788070020011"), "NFC-A", UID_4, ats="788070020011",
                                   protocol="034420")

    def test_phone(self):
        chip, probe = self.start_one()
        said = self.show(chip, probe, Phone())
        self.assertEqual(said[0], "NFC-A")
        self.assertRegex(said[1], "^08[0-9A-F]{6}$")
        chip.remove()
        self.assertEqual(probe.until("left ")[1], f"left door|{said[1]}")

    def test_iso_14443_4_b(self):
        self.assert_comes_and_goes(IsoB("11223344", application="A1A2A3A4", protocol="008171"), "NFC-B", "11223344",
                                   protocol="A1A2A3A4008171")

    def test_felica(self):
        self.assert_comes_and_goes(Felica("0101020304050607", pmm="00F1000000014300", system="88B4"), "NFC-F",
                                   "0101020304050607", protocol="00F100000001430088B4")

    def test_jewel(self):
        chip, probe = self.start_one()
        said = self.show(chip, probe, Jewel("11223344"))
        self.assertEqual(said[:2], ["NFC-T1T", "11223344"])
        chip.remove()
        self.assertEqual(probe.until("left ")[1], "left door|11223344")

    def test_innovatron(self):
        chip, probe = self.start_one()
        said = self.show(chip, probe, Innovatron("A1B2C3D4"))
        self.assertEqual(said[:2], ["Innovatron", "A1B2C3D4"])
        chip.remove()
        self.assertEqual(probe.until("left ")[1], "left door|A1B2C3D4")

    def test_st_srx(self):
        self.assert_comes_and_goes(StSrx("D002112233445566"), "ST-SR", "D002112233445566")

    def test_ask_ctx(self):
        chip, probe = self.start_one()
        tag = AskCtx()
        said = self.show(chip, probe, tag)
        self.assertEqual(said[:2], ["ASK-CTS", tag.uid.hex().upper()])
        chip.remove()
        self.assertEqual(probe.until("left ")[1], f"left door|{said[1]}")

    def test_all_of_them_one_after_the_other(self):
        """What libnfc leaves set in the chip for one technology does not hide the next."""
        chip, probe = self.start_one()
        for _ in range(2):
            for tag in (StSrx(), Type2(UID_2), Innovatron(), IsoA(UID_4), AskCtx(), Felica(), IsoB(), Jewel(),
                        Classic(UID_CLASSIC)):
                self.show(chip, probe, tag)
                chip.remove()
                probe.until("left door|")


class Field(NfcTest):
    def test_several_at_once(self):
        chip, probe = self.start_one()
        chip.insert(Type2(UID_2))
        chip.insert(Classic(UID_CLASSIC))
        chip.insert(IsoB("11223344"))
        seen = {probe.until("arrived ")[1].split("|")[2] for _ in range(3)}
        self.assertEqual(seen, {UID_2, UID_CLASSIC, "11223344"})

    def test_one_of_several_goes_and_the_others_stay(self):
        chip, probe = self.start_one()
        tags = [Type2(UID_2), Classic(UID_CLASSIC), IsoA(UID_4)]
        for tag in tags:
            self.show(chip, probe, tag)
        chip.remove(tags[1])
        before, line = probe.until("left ")
        self.assertEqual((before, line), ([], f"left door|{UID_CLASSIC}"))
        chip.remove(tags[0])
        before, line = probe.until("left ")
        self.assertEqual((before, line), ([], f"left door|{UID_2}"))
        chip.remove(tags[2])
        before, line = probe.until("left ")
        self.assertEqual((before, line), ([], f"left door|{UID_4}"))

    def test_a_tag_swapped_for_another(self):
        chip, probe = self.start_one()
        for _ in range(5):
            self.show(chip, probe, Type2(UID_2))
            chip.remove()
            chip.insert(Type2("04FFEEDDCCBBAA"))
            self.assertEqual(probe.until("left ")[1], f"left door|{UID_2}")
            self.assertIn("04FFEEDDCCBBAA", probe.until("arrived ")[1])
            chip.remove()
            probe.until("left ")

    def test_a_tag_that_lies_there_is_one_visit_and_is_not_hammered(self):
        chip, probe = self.start_one()
        self.show(chip, probe, Type2(UID_2))
        chip.forget()
        begin = time.monotonic()
        wait_until(lambda: time.monotonic() - begin > 3.0, "3 s", 4)
        chip.remove()
        before, _ = probe.until("left ")
        seconds = time.monotonic() - begin
        self.assertEqual(before, [])
        # READ as a look at it each 80 ms; each second a look for others.
        self.assertLess(chip.count("40"), seconds * 13 + 2)
        self.assertLess(chip.count(SELECT_A), seconds * 6 + 4)
        self.assertLess(chip.count(FIELD_OFF), seconds * 1.5 + 2)

    def test_a_phone_is_one_visit_and_keeps_the_field(self):
        chip, probe = self.start_one()
        uid = self.show(chip, probe, Phone())[1]
        chip.forget()
        begin = time.monotonic()
        wait_until(lambda: time.monotonic() - begin > 3.0, "3 s", 4)
        self.assertEqual(chip.count(FIELD_OFF), 0)
        chip.remove()
        self.assertEqual(probe.until("left ")[:2], ([], f"left door|{uid}"))

    def test_a_phone_beside_a_card_is_one_visit(self):
        chip, probe = self.start_one()
        self.show(chip, probe, Type2(UID_2))
        phone = Phone()
        uid = self.show(chip, probe, phone)[1]
        begin = time.monotonic()
        wait_until(lambda: time.monotonic() - begin > 2.0, "2 s", 3)
        chip.remove(phone)
        self.assertEqual(probe.until("left ")[:2], ([], f"left door|{uid}"))

    def test_an_empty_field_is_watched_by_a_select_loop_when_raw_technologies_are_asked_for(self):
        chip = self.start_chip()
        probe = self.start_probe(chip.connection, "door")
        self.assertEqual(probe.until("described ")[1].split("|")[1:], [chip.connection, "PN532 v1.6", "select loop"])
        chip.forget()
        chip.wait_for(SELECT_A, 5)
        self.assertEqual(chip.count(POLL), 0)

    def test_an_empty_field_is_watched_by_the_chip_when_it_can(self):
        chip = self.start_chip()
        probe = self.start_probe(chip.connection, "door", technologies=1)
        self.assertEqual(probe.until("described ")[1].split("|")[1:], [chip.connection, "PN532 v1.6", "by the chip"])
        chip.wait_for(POLL, 1)
        chip.forget()
        self.assertEqual(self.show(chip, probe, Type2(UID_2))[:2], ["NFC-A", UID_2])
        chip.remove()
        self.assertEqual(probe.until("left ")[1], f"left door|{UID_2}")
        chip.wait_for(POLL, 1)
        self.assertEqual(self.show(chip, probe, IsoA(UID_4))[1], UID_4)


class Trouble(NfcTest):
    def assert_reads(self, chip, probe, uid=UID_2):
        self.assertEqual(self.show(chip, probe, Type2(uid))[1], uid)
        chip.remove()
        probe.until(f"left door|{uid}")

    def test_unplugged_and_plugged_again(self):
        chip, probe = self.start_one()
        self.assert_reads(chip, probe)
        for _ in range(2):
            chip.unplug()
            probe.until("health door|ill|")
            chip.plug()
            probe.until("health door|works")
            self.assert_reads(chip, probe)

    def test_unplugged_with_a_tag_on_it(self):
        chip, probe = self.start_one()
        self.show(chip, probe, Type2(UID_2))
        chip.kill()
        before, _ = probe.until("health door|ill|")
        self.assertIn(f"left door|{UID_2}", before + [probe.next() if not before else ""])
        chip.start()
        before, line = probe.until("arrived ")
        self.assertIn("health door|works", before)
        self.assertIn(UID_2, line)

    def test_not_there_at_first(self):
        chip = self.start_chip()
        chip.unplug()
        probe = self.start_probe(chip.connection, "door")
        self.assertIn("next: ", probe.until("health door|ill|")[1])
        chip.plug()
        probe.until("health door|works")
        self.assert_reads(chip, probe)

    def test_a_chip_that_falls_silent(self):
        chip, probe = self.start_one()
        self.assert_reads(chip, probe)
        before = self.helpers_of(probe)
        chip.silence(True)
        line = probe.until("health door|ill|")[1]
        self.assertIn("the device does not answer as it should", line)
        chip.silence(False)
        probe.until("health door|works")
        self.assert_reads(chip, probe)
        self.assertEqual(len(self.helpers_of(probe)), 1)
        self.assertNotEqual(self.helpers_of(probe), before)

    def test_a_power_glitch(self):
        """The chip forgets its settings and sleeps; a tag that lay there is read again."""
        chip, probe = self.start_one()
        self.show(chip, probe, Type2(UID_2))
        chip.reset()
        before, line = probe.until("arrived ")
        self.assertIn("health door|works", before)
        self.assertIn(UID_2, line)
        chip.remove()
        probe.until(f"left door|{UID_2}")

    def test_noise_on_the_line(self):
        chip, probe = self.start_one()
        for noise in (b"\xFF" * 40, b"\0\0\xFF", os.urandom(200)):
            chip.garbage(noise)
        self.assert_reads(chip, probe)

    def test_answers_that_are_garbled(self):
        """Whatever libnfc makes of them, the reader comes back; the process of the daemon is not touched."""
        chip, probe = self.start_one()
        for kind in ("checksum", "cut", "length"):
            with self.subTest(kind):
                chip.answer_garbage(1, kind)
                probe.until("health door|ill|")
                probe.until("health door|works")
                self.assert_reads(chip, probe)

    def test_a_tag_whose_answers_are_nonsense(self):
        chip, probe = self.start_one()
        for kind in ("status80", "uid200", "ats0"):
            with self.subTest(kind):
                chip.answer_garbage(1, kind)
                chip.insert(IsoA(UID_4))
                # The helper may have ended meanwhile, and the next one have read the tag. A description of a tag with a
                # wrong length and a right checksum is a tag, until the chip finds it again and it is another one.
                probe.until("arrived ", 30)
                chip.remove()
                chip.insert(Type2(UID_2))
                self.assertIn(UID_2, probe.until(f"arrived door|NFC-A|{UID_2}", 30)[1])
                chip.remove()
                probe.until(f"left door|{UID_2}")

    def test_a_helper_that_is_killed(self):
        chip, probe = self.start_one()
        self.show(chip, probe, Type2(UID_2))
        os.kill(self.helpers_of(probe)[0], signal.SIGKILL)
        before, line = probe.until("arrived ")
        self.assertTrue([said for said in before if said.startswith("health door|ill|libnfc ended itself (signal 9")],
                        before)
        self.assertIn(f"left door|{UID_2}", before)
        self.assertIn(UID_2, line)

    def test_a_helper_that_is_stopped(self):
        chip, probe = self.start_one()
        os.kill(self.helpers_of(probe)[0], signal.SIGSTOP)
        self.assertIn("did not come back from", probe.until("health door|ill|")[1])
        probe.until("health door|works")
        self.assert_reads(chip, probe)

    def test_no_helper(self):
        chip = self.start_chip()
        probe = self.start_probe(chip.connection, "door", environment={"SPRINGPARK_NFC_HELPER": "/nonexistent/helper"})
        line = probe.until("health door|ill|")[1]
        self.assertIn("/nonexistent/helper", line)
        self.assertIn("next: ", line)


class Ownership(NfcTest):
    def test_a_second_reader_on_the_same_device_is_told_who_has_it(self):
        chip, first = self.start_one()
        second = self.start_probe(chip.connection, "other")
        line = second.until("health other|ill|")[1]
        self.assertIn(f"process {first.process.pid}", line)
        self.assertIn("next: ", line)
        first.finish()
        second.until("health other|works")
        chip.insert(Type2(UID_2))
        self.assertIn(UID_2, second.until("arrived other|")[1])

    def test_the_reader_of_the_next_configuration_waits_without_a_word(self):
        """As in a reload, where the old readers end only once the new ones have started."""
        chip, probe = self.start_one()
        probe.ask(f"start new |{chip.connection}|gate", "started")
        probe.say("stop 0")
        before, _ = probe.until("new health gate|works")
        self.assertFalse([line for line in before if "ill" in line], before)
        chip.insert(Type2(UID_2))
        self.assertIn(UID_2, probe.until("new arrived gate|")[1])

    def test_the_stop_switches_the_field_off(self):
        chip, probe = self.start_one()
        wait_until(lambda: chip.field_on, "the field") # it is off for a moment now and then
        begin = time.monotonic()
        self.assertEqual(probe.finish(), "joined true")
        self.assertLess(time.monotonic() - begin, 2.0)
        self.assertFalse(chip.field_on)

    def test_the_stop_ends_the_chips_own_polling(self):
        chip = self.start_chip()
        probe = self.start_probe(chip.connection, "door", technologies=1)
        probe.until("health door|works")
        chip.wait_for(POLL, 1)
        begin = time.monotonic()
        self.assertEqual(probe.finish(), "joined true")
        self.assertLess(time.monotonic() - begin, 2.0)
        self.assertFalse(chip.field_on)

    def test_a_stop_while_the_chip_is_silent(self):
        chip, probe = self.start_one()
        chip.silence(True)
        chip.wait_for("", 1)
        begin = time.monotonic()
        self.assertEqual(probe.finish(), "joined true")
        self.assertLess(time.monotonic() - begin, 4.0)

    def test_helpers_end_with_the_daemon(self):
        chip = self.start_chip()
        probe = self.start_probe(chip.connection, "door", killed=True)
        probe.until("health door|works")
        helper = self.helpers_of(probe)[0]
        probe.process.kill()
        wait_until(lambda: not pathlib.Path(f"/proc/{helper}").exists(), "the end of the helper")
        probe.process.wait()
        again = self.start_probe(chip.connection, "door")
        again.until("health door|works")


class Scan(NfcTest):
    def test_what_libnfc_finds_is_a_reader(self):
        chip = self.start_chip()
        probe = self.start_probe("*", "door", environment=chip.environment)
        self.assertEqual(probe.until("appeared ")[1], f"appeared door|{chip.connection}|libnfc")
        probe.until("health door|works")
        chip.insert(Type2(UID_2))
        self.assertIn(UID_2, probe.until("arrived door|")[1])
        self.assertEqual(probe.finish(), "joined true")

    def test_nothing_found_is_said(self):
        probe = self.start_probe("*", "door")
        line = probe.until("health door|ill|")[1]
        self.assertIn("libnfc finds no device", line)
        self.assertIn("next: ", line)
        self.assertEqual(probe.finish(), "joined true")


if __name__ == "__main__":
    unittest.main()
