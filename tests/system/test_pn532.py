#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The simulated PN532 under the real libnfc, for all tests of libnfc readers. SPRINGPARK_BUILD = the built tree."""

import os
import pathlib
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tty
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pn532 as parts  # noqa: E402
from pn532_tags import (AskCtx, Classic, Felica, Innovatron, IsoA, IsoB, Jewel, Phone, StSrx, Type2,  # noqa: E402
                        tag_from_text)

BUILD = pathlib.Path(os.environ.get("SPRINGPARK_BUILD", os.getcwd()))
PROBE = BUILD / "tests/parts/libnfc_probe"
DEADLINE_S = 10.0
EIO, EINVARG, EDEVNOTSUPP, ETIMEOUT, ETGRELEASED, ERFTRANS, EMFCAUTHFAIL, ECHIP = -1, -2, -3, -6, -10, -20, -30, -90

EACH_KIND = (
    (Type2("04A1B2C3D4E5F6"), "A", "A:04A1B2C3D4E5F6"),
    (Type2("04A1B2C3"), "A", "A:04A1B2C3"),
    (Type2("04A1B2C3D4E5F6000102"), "A", "A:04A1B2C3D4E5F6000102"),
    (Classic("DEADBEEF"), "A", "A:DEADBEEF"),
    (IsoA("04112233445566", ats="788070020011"), "A", "A:04112233445566:788070020011"),
    (IsoB("11223344"), "B", "B:11223344"),
    (Felica("0101020304050607"), "F212", "F212:0101020304050607"),
    (Felica("0101020304050607"), "F424", "F424:0101020304050607"),
    (Jewel("11223344"), "J", "J:11223344"),
    (Innovatron("11223344"), "BI", "BI:11223344"),
    (StSrx("66554433221102D0"), "SR", "SR:66554433221102D0"),
    (AskCtx("11223344"), "CT", "CT:11223344"),
)


class Libnfc:
    """libnfc_probe: libnfc in a process."""

    def __init__(self, connection):
        self.process = subprocess.Popen([str(PROBE), connection], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self._read = b""
        self.opened = self.line()

    def line(self, deadline_s=DEADLINE_S):
        """The next line; None if it ended; TimeoutError."""
        end = time.monotonic() + deadline_s
        while b"\n" not in self._read:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("libnfc did not come back")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                return None
            self._read += part
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def begin(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def finish(self, deadline_s=DEADLINE_S):
        """The return value and the words behind it; the exit status if libnfc ended the process."""
        line = self.line(deadline_s)
        if line is None:
            return self.process.wait(DEADLINE_S), []
        result, _, self.took_ms, *words = line.split(" ")
        return int(result), words

    def ask(self, command):
        self.begin(command)
        return self.finish()

    def result(self, command):
        return self.ask(command)[0]

    def close(self):
        """Whether it closed the device by itself."""
        self.process.stdin.close()
        try:
            self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@unittest.skipUnless(PROBE.exists(), f"{PROBE} is not built (libnfc-dev is missing?); next: make test-parts")
class Pn532Test(unittest.TestCase):
    thread = False

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="springpark-pn532-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.chip = parts.Pn532(self.directory, thread=self.thread)
        self.chip.start()
        self.addCleanup(self.chip.end)

    def open(self):
        """libnfc with the device open as a reader that does not wait for tags."""
        libnfc = Libnfc(self.chip.connection)
        self.addCleanup(libnfc.kill)
        self.assertNotEqual(libnfc.opened, "open -")
        self.assertEqual(libnfc.result("init"), 0)
        self.assertEqual(libnfc.result("infinite 0"), 0)
        return libnfc

    def refuses_to_open(self):
        libnfc = Libnfc(self.chip.connection)
        libnfc.kill()
        return libnfc.opened == "open -"

    def place(self, *tags):
        """Only these lie there."""
        self.chip.remove()
        for tag in tags:
            self.chip.insert(tag)


class Tags(Pn532Test):
    def test_each_kind_is_found_present_and_missed(self):
        libnfc = self.open()
        for tag, kind, told in EACH_KIND:
            with self.subTest(tag=tag.text()[:40], kind=kind):
                self.assertLessEqual(libnfc.result(f"select {kind}"), 0)
                self.place(tag)
                result, words = libnfc.ask(f"select {kind}")
                self.assertGreater(result, 0)
                self.assertEqual(words, [told])
                self.assertEqual(libnfc.result("present"), 0)
                self.chip.remove(tag)
                self.assertEqual(libnfc.result("present"), ETGRELEASED)
                self.assertLessEqual(libnfc.result(f"select {kind}"), 0)

    def test_each_kind_answers_only_its_own_search(self):
        libnfc = self.open()
        for tag, mine, _ in EACH_KIND:
            self.place(tag)
            for kind in {"A", "B", "F212", "J", "BI", "SR", "CT"} - {mine, "F212" if mine == "F424" else ""}:
                with self.subTest(tag=tag.kind, kind=kind):
                    self.assertLessEqual(libnfc.result(f"select {kind}"), 0)

    def test_each_kind_survives_its_text(self):
        for tag in [tag for tag, _, _ in EACH_KIND] + [Classic(size="4k", key="A:1:A0A1A2A3A4A5"),
                                                       IsoA(answers={"00A40400": "9000"}, mute=True, leaves=3)]:
            self.assertEqual(tag_from_text(tag.text()).text(), tag.text())
        for text in ("lego uid=01", "type2 nothing", "type2 size=1k", "type2 uid=XY"):
            with self.assertRaises(ValueError):
                tag_from_text(text)

    def test_a_uid_that_begins_with_00_is_not_told(self):
        libnfc = self.open()
        for kind, tag, other in (("SR", StSrx("00554433221102D0"), StSrx("01554433221102D0")),
                                 ("CT", AskCtx("00223344"), AskCtx("01223344"))):
            self.place(tag)
            self.assertEqual(libnfc.ask(f"select {kind}"), (0, []))
            self.place(other)
            self.assertEqual(libnfc.result(f"select {kind}"), 1)

    def test_the_chip_polls_by_itself(self):
        libnfc = self.open()
        self.assertEqual(libnfc.result("poll 1 A B F212 F424 J"), 0)
        self.assertGreaterEqual(float(libnfc.took_ms), 150)
        for tag, kind, told in EACH_KIND[:9]:
            if kind == "F424":
                continue        # the same tag is found at 212 first
            self.place(tag)
            self.assertEqual(libnfc.ask("poll 1 A B F212 F424 J"), (1, [told]))
            self.assertEqual(libnfc.result("present"), 0)
            self.assertEqual(libnfc.result("field 0"), 0)
        self.assertEqual(libnfc.result("poll 1 A BI"), EINVARG)

    def test_a_tag_that_comes_during_a_poll_is_told_at_once(self):
        libnfc = self.open()
        since = time.monotonic()
        libnfc.begin("poll 200 A")
        self.chip.wait_for("60", since=since)
        self.chip.insert(Type2())
        self.assertEqual(libnfc.finish(5.0)[0], 1)

    def test_two_of_a_kind_in_one_poll(self):
        libnfc = self.open()
        self.place(Type2("04000000000001"), Type2("04000000000002"))
        self.assertEqual(libnfc.ask("poll 1 A"), (2, ["A:04000000000002"]))
        # libnfc tells of the second and talks to the first: page 0 begins with its UID, 04 00 00.
        _, words = libnfc.ask("exchange 3001")
        self.assertTrue(words[0].startswith("00000001"))

    def test_a_deselected_tag_sleeps_until_it_loses_its_power(self):
        libnfc = self.open()
        self.place(Type2("04000000000001"), IsoA("04000000000002"))
        found = []
        for _ in range(2):
            result, words = libnfc.ask("select A")
            self.assertEqual(result, 1)
            found.append(words[0][:16])
            self.assertEqual(libnfc.result("deselect"), 1)
        self.assertEqual(found, ["A:04000000000001", "A:04000000000002"])
        self.assertEqual(set(self.chip.states().values()), {"halt"})
        self.assertEqual(libnfc.result("select A"), 0)
        self.assertEqual([libnfc.result("field 0"), libnfc.result("field 1")], [0, 0])
        self.assertEqual(libnfc.ask("list A")[0], 2)
        self.assertEqual(libnfc.ask("list A")[0], 0)

    def test_an_active_tag_hears_reqa_only_on_level_3(self):
        libnfc = self.open()
        for tag, again in ((Type2(), 1), (IsoA(), 0), (IsoA(wakes=True), 1)):
            self.place(tag)
            self.assertEqual(libnfc.result("select A"), 1)
            self.assertEqual(libnfc.result("select A"), again)
        self.place(IsoB())
        self.assertEqual([libnfc.result("select B"), libnfc.result("select B")], [1, 0])

    def test_a_phone_has_another_id_whenever_it_gets_power(self):
        libnfc = self.open()
        self.place(Phone())
        seen = set()
        for _ in range(3):
            result, words = libnfc.ask("select A")
            self.assertEqual(result, 1)
            self.assertTrue(words[0].startswith("A:08"))
            self.assertEqual(libnfc.result("present"), 0)
            seen.add(words[0])
            self.assertEqual([libnfc.result("field 0"), libnfc.result("field 1")], [0, 0])
        self.assertEqual(len(seen), 3)

    def test_without_field_nothing_answers(self):
        self.place(Type2())
        self.assertFalse(self.chip.field_on)
        libnfc = self.open()
        self.assertTrue(self.chip.field_on)
        self.assertEqual(libnfc.result("select A"), 1)
        self.assertEqual(libnfc.result("field 0"), 0)
        self.assertLess(libnfc.result("exchange 3000"), 0)
        self.assertEqual(libnfc.close(), 0)
        self.assertFalse(self.chip.field_on)


class Exchanges(Pn532Test):
    def test_type_2_reads_and_refuses(self):
        libnfc = self.open()
        self.place(Type2("04A1B2C3D4E5F6", version="0004040201000F03"))
        libnfc.ask("select A")
        self.assertEqual(libnfc.ask("exchange 3000"), (16, ["04A1B29FC3D4E5F604480000E1100600"]))
        self.assertEqual(libnfc.ask("exchange 300F"), (16, ["3C3D3E3F04A1B29FC3D4E5F604480000"]))
        self.assertEqual(libnfc.result("exchange A204CAFEBABE"), 0)
        self.assertTrue(libnfc.ask("exchange 3004")[1][0].startswith("CAFEBABE"))
        self.assertEqual(libnfc.result("easy 0"), 0)
        self.assertEqual(libnfc.ask("exchange 60"), (8, ["0004040201000F03"]))
        self.assertEqual(libnfc.result("easy 1"), 0)
        self.assertEqual(libnfc.result("exchange 3010"), ERFTRANS)      # the end of its memory: NAK, and it is idle
        self.assertEqual(libnfc.result("exchange 3000"), ERFTRANS)
        self.assertEqual(libnfc.result("present"), ETGRELEASED)
        self.assertEqual(libnfc.result("select A"), 1)
        self.assertEqual(libnfc.result("exchange 3000"), 16)

    def test_classic_wants_its_key(self):
        libnfc = self.open()
        self.place(Classic("DEADBEEF", key="A:1:A0A1A2A3A4A5", blocks={4: "00112233445566778899AABBCCDDEEFF"}))
        libnfc.ask("select A")
        self.assertEqual(libnfc.result("exchange 3004"), ERFTRANS)
        libnfc.ask("select A")
        self.assertEqual(libnfc.result("exchange 6004FFFFFFFFFFFFDEADBEEF"), EMFCAUTHFAIL)
        self.assertEqual(libnfc.result("exchange 6004A0A1A2A3A4A5DEADBEEF"), ERFTRANS)     # silent until selected anew
        libnfc.ask("select A")
        self.assertEqual(libnfc.result("exchange 6004A0A1A2A3A4A5DEADBEEF"), 0)
        self.assertEqual(libnfc.ask("exchange 3004"), (16, ["04040404040404040404040404040404"]))
        self.assertEqual(libnfc.result("exchange 3008"), ERFTRANS)      # another sector
        self.assertEqual(libnfc.result("present"), 0)                   # selects it anew

    def test_apdus_of_both_types(self):
        libnfc = self.open()
        for kind, tag in (("A", IsoA(answers={"00A40400": "6F009000"})), ("B", IsoB(answers={"00A40400": "6F009000"}))):
            self.place(tag)
            libnfc.ask(f"select {kind}")
            for _ in range(3):      # an odd and an even number of blocks
                self.assertEqual(libnfc.ask("exchange 00A40400"), (4, ["6F009000"]))
                self.assertEqual(libnfc.result("present"), 0)
            self.assertEqual(libnfc.ask("exchange 00B00000"), (2, ["6D00"]))

    def test_a_type_b_tag_without_cid_is_said_to_be_gone(self):
        libnfc = self.open()
        self.place(IsoB(protocol="008170"))
        libnfc.ask("select B")
        self.assertEqual(libnfc.result("present"), ETGRELEASED)

    def test_felica_and_jewel_frames(self):
        libnfc = self.open()
        self.place(Felica("0101020304050607", system="88B4"))
        libnfc.ask("select F212")
        self.assertEqual(libnfc.ask("exchange 0A0C0101020304050607"), (13, ["0D0D01010203040506070188B4"]))
        self.place(Jewel("11223344"))
        libnfc.ask("select J")
        self.assertEqual(libnfc.ask("exchange 78"), (6, ["110011223344"]))

    def test_a_mute_tag_and_one_that_leaves(self):
        libnfc = self.open()
        for kind, tag, command in (("A", Type2(mute=True), "3000"), ("A", IsoA(mute=True), "00A40400"),
                                   ("B", IsoB(mute=True), "00A40400"), ("F212", Felica(mute=True), "020C")):
            self.place(tag)
            self.assertEqual(libnfc.result(f"select {kind}"), 1)
            self.assertEqual(libnfc.result(f"exchange {command}"), ERFTRANS)
            self.assertEqual(libnfc.result("present"), ETGRELEASED)
        self.place(IsoA(leaves=2))
        self.assertEqual(libnfc.result("select A"), 1)
        self.assertEqual(libnfc.result("exchange 00A40400"), 2)
        self.assertEqual(libnfc.result("exchange 00A40400"), ERFTRANS)
        self.assertEqual(self.chip.ids(), {})
        self.assertEqual(libnfc.result("present"), ETGRELEASED)

    def test_presence_is_not_known_for_some_tags(self):
        libnfc = self.open()
        self.place(Type2(sak="10"))
        self.assertEqual(libnfc.result("select A"), 1)
        self.assertEqual(libnfc.result("present"), EDEVNOTSUPP)


class Trouble(Pn532Test):
    def test_a_silent_chip(self):
        libnfc = self.open()
        self.place(Type2())
        libnfc.ask("select A")
        self.chip.silence()
        self.assertEqual(libnfc.result("exchange 3000"), ETIMEOUT)
        self.assertEqual(libnfc.result("present"), ETIMEOUT)
        self.assertEqual(libnfc.result("select A"), ETIMEOUT)
        self.chip.silence(False)
        self.assertEqual(libnfc.result("select A"), 1)
        self.chip.silence()
        libnfc.begin("poll 1 A")        # has no limit: this is why libnfc lives in a process of its own
        with self.assertRaises(TimeoutError):
            libnfc.finish(1.5)

    def test_a_stopped_chip(self):
        libnfc = self.open()
        since = time.monotonic()
        self.chip.stop()
        self.assertEqual(libnfc.result("select A"), ETIMEOUT)
        self.chip.cont()
        self.chip.wait_for("4A", since=since)       # it answers late; libnfc throws that away before the next command
        self.assertEqual(libnfc.result("select A"), 0)

    def test_a_silent_chip_is_not_opened(self):
        self.chip.silence()
        self.assertTrue(self.refuses_to_open())
        self.chip.silence(False)
        self.assertFalse(self.refuses_to_open())

    def test_a_slow_chip(self):
        libnfc = self.open()
        self.place(Type2())
        self.chip.slow(100)
        self.assertEqual(libnfc.result("select A"), 1)
        self.assertGreaterEqual(float(libnfc.took_ms), 100)
        self.chip.slow(600)
        self.assertEqual(libnfc.result("select A"), ETIMEOUT)

    def test_a_glitch_of_its_power_is_only_healed_by_opening_it_anew(self):
        libnfc = self.open()
        self.place(Type2())
        self.assertEqual(libnfc.result("select A"), 1)
        self.chip.reset()
        self.assertFalse(self.chip.field_on)
        for command in ("select A", "init", "select A"):
            self.assertEqual(libnfc.result(command), ETIMEOUT)
        libnfc.kill()
        self.assertEqual(self.open().result("select A"), 1)

    def test_unplugged_and_plugged_again(self):
        for away, back in ((self.chip.kill, self.chip.start), (self.chip.unplug, self.chip.plug)):
            libnfc = self.open()
            self.place(Type2())
            self.assertEqual(libnfc.result("select A"), 1)
            away()
            self.assertFalse(self.chip.link.is_symlink())
            self.assertEqual(libnfc.result("present"), EIO)
            self.assertEqual(libnfc.close(), 0)
            self.assertTrue(self.refuses_to_open())
            back()
            again = self.open()
            self.assertEqual(again.result("select A"), 1)       # the tag still lies there
            self.assertEqual(again.close(), 0)

    def test_killed_during_a_poll(self):
        libnfc = self.open()
        since = time.monotonic()
        libnfc.begin("poll 254 A")
        self.chip.wait_for("60", since=since)
        self.chip.kill()
        self.assertEqual(libnfc.finish()[0], EIO)

    def test_broken_answers_once(self):
        libnfc = self.open()
        self.place(Type2())
        for kind, result in (("checksum", EIO), ("length", EIO), ("cut", ETIMEOUT)):
            self.assertEqual(libnfc.result("select A"), 1)
            self.chip.answer_garbage(1, kind)
            self.assertEqual(libnfc.result("exchange 3000"), result)
            self.assertEqual(libnfc.result("exchange 3000"), 16)

    def test_a_cut_answer_to_a_poll_hangs(self):
        libnfc = self.open()
        self.chip.answer_garbage(1, "cut")
        libnfc.begin("poll 1 A")
        with self.assertRaises(TimeoutError):
            libnfc.finish(1.5)

    def test_answers_that_end_libnfc(self):
        for kind, command, end in (("status80", "exchange 00A40400", -signal.SIGABRT),
                                   ("ats0", "select A", -signal.SIGSEGV)):
            libnfc = self.open()
            self.place(IsoA())
            if kind == "status80":
                self.assertEqual(libnfc.result("select A"), 1)
            self.chip.answer_garbage(1, kind)
            self.assertEqual(libnfc.result(command), end)

    def test_a_uid_longer_than_the_answer(self):
        libnfc = self.open()
        self.place(Type2("04A1B2C3D4E5F6"))
        self.chip.answer_garbage(1, "uid200")
        result, words = libnfc.ask("select A")
        self.assertNotEqual((result, words), (1, ["A:04A1B2C3D4E5F6"]))
        self.assertEqual(libnfc.ask("select A"), (1, ["A:04A1B2C3D4E5F6"]))

    def test_noise_between_commands_does_no_harm(self):
        libnfc = self.open()
        self.place(Type2())
        for noise in (b"\x00\x12\x55\xFF\x00", b"\xAA" * 3000, b"\0\0\xFF\x05"):
            self.chip.garbage(noise)
            self.assertEqual(libnfc.result("select A"), 1)


class Line(Pn532Test):
    """What a host sees that is not libnfc."""

    def host(self):
        line = os.open(self.chip.link, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(os.close, line)
        tty.setraw(line)
        return line

    def read(self, line, count):
        data = b""
        while len(data) < count:
            self.assertTrue(select.select([line], [], [], DEADLINE_S)[0], data.hex())
            data += os.read(line, count - len(data))
        return data

    @staticmethod
    def said(body):
        return parts.frame(b"\xD4" + body)

    def awake(self):
        line = self.host()
        os.write(line, b"\x55\x55\0\0\0" + self.said(b"\x14\x01"))
        self.assertEqual(self.read(line, 15), parts.ACK + parts.frame(b"\xD5\x15"))
        return line

    def test_it_sleeps_until_the_wake_up_and_sam_configuration(self):
        line = self.host()
        os.write(line, self.said(b"\x02"))
        os.write(line, b"\x55\x55\0\0\0" + self.said(b"\x02") + self.said(b"\x14\x01"))
        self.assertEqual(self.read(line, 15), parts.ACK + parts.frame(b"\xD5\x15"))
        os.write(line, self.said(b"\x02"))
        self.assertEqual(self.read(line, 19), parts.ACK + parts.frame(bytes.fromhex("D50332010607")))

    def test_unknown_commands_and_frames_in_pieces(self):
        line = self.awake()
        os.write(line, self.said(b"\xEE"))
        self.assertEqual(self.read(line, 14), parts.ACK + parts.ERROR_FRAME)
        whole = self.said(b"\x00\x00" + bytes(range(200)) * 2)      # an extended frame, a byte at a time
        for byte in whole:
            os.write(line, bytes([byte]))
        answer = parts.ACK + parts.frame(b"\xD5\x01\x00" + bytes(range(200)) * 2)
        self.assertEqual(self.read(line, len(answer)), answer)
        os.write(line, self.said(b"\x02")[:-2] + b"\x00\x00")       # a wrong checksum is not heard
        os.write(line, parts.NACK)                                  # and the last answer comes once more
        self.assertEqual(self.read(line, len(answer) - 6), answer[6:])

    def test_an_endless_search_ends_with_a_tag_or_an_ack(self):
        line = self.awake()
        os.write(line, self.said(b"\x4A\x01\x00"))      # MaxRetries is infinite after a start
        self.assertEqual(self.read(line, 6), parts.ACK)
        self.assertFalse(select.select([line], [], [], 0.3)[0])
        self.chip.insert(Type2("04A1B2C3D4E5F6"))
        self.assertEqual(self.read(line, 23)[5:8], b"\xD5\x4B\x01")
        self.chip.remove()
        os.write(line, self.said(b"\x4A\x01\x00"))
        self.assertEqual(self.read(line, 6), parts.ACK)
        os.write(line, parts.ACK)
        while not [seen for seen in self.chip.traffic() if seen.direction == ">" and seen.bytes == parts.ACK]:
            time.sleep(0.01)
        self.chip.insert(Type2("04A1B2C3D4E5F6"))
        self.assertFalse(select.select([line], [], [], 0.3)[0])

    def test_what_happened_can_be_counted(self):
        line = self.awake()
        self.chip.forget()
        since = time.monotonic()
        for _ in range(3):
            os.write(line, self.said(b"\x32\x01\x00"))
            self.read(line, 15)
        self.assertEqual(self.chip.wait_for("3201", 3, since=since), b"\x32\x01\x00")
        self.assertEqual(self.chip.count("3201"), 3)
        self.assertEqual(self.chip.count("4A"), 0)
        self.assertEqual([command.bytes for command in self.chip.commands("32")], [b"\x32\x01\x00"] * 3)
        self.assertEqual([seen.direction for seen in self.chip.traffic()], [">", "<", "<"] * 3)
        with self.assertRaises(TimeoutError):
            self.chip.wait_for("4A", deadline_s=0.1)


class OtherWays(Pn532Test):
    def test_as_a_program_with_a_control_socket(self):
        link, control = f"{self.directory}/other", f"{self.directory}/other.control"
        process = subprocess.Popen([sys.executable, parts.__file__, link, control, "type2 uid=04A1B2C3D4E5F6 name=one"])
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        end = time.monotonic() + DEADLINE_S
        while not os.path.exists(link):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        libnfc = Libnfc(f"pn532_uart:{link}:115200")
        self.addCleanup(libnfc.kill)
        self.assertEqual([libnfc.result("init"), libnfc.result("infinite 0")], [0, 0])
        self.assertEqual(libnfc.ask("select A"), (1, ["A:04A1B2C3D4E5F6"]))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(control)
            answers = client.makefile("r")
            for line, answer in (("tags", "ok one:04A1B2C3D4E5F6:active"), ("remove one", "ok"), ("remove one", "no "),
                                 ("insert lego", "no "), ("dance", "no "), ("insert jewel name=j", "ok j"),
                                 ("answer_garbage 1 soup", "no "), ("field", "ok on")):
                client.sendall(line.encode() + b"\n")
                self.assertTrue(answers.readline().startswith(answer), line)
            answers.close()
        self.assertEqual(libnfc.ask("select J"), (1, ["J:11223344"]))

    def test_sixteen_at_the_same_time(self):
        chips = [parts.Pn532(f"{self.directory}/{i}") for i in range(16)]
        for i, chip in enumerate(chips):
            chip.start()
            self.addCleanup(chip.end)
            chip.insert(Type2(f"040000000000{i:02X}"))
        running = [Libnfc(chip.connection) for chip in chips]
        for libnfc in running:
            self.addCleanup(libnfc.kill)
        for i, libnfc in enumerate(running):
            self.assertEqual([libnfc.result("init"), libnfc.result("infinite 0")], [0, 0])
            self.assertEqual(libnfc.ask("select A"), (1, [f"A:040000000000{i:02X}"]))

    def test_it_answers_at_once(self):
        libnfc = self.open()
        took = []
        for _ in range(100):
            self.assertEqual(libnfc.result("select A"), 0)
            took.append(float(libnfc.took_ms))
        self.assertLess(statistics.median(took), 10)    # 0.2 ms on an idle machine


class InAThread(Pn532Test):
    thread = True

    def test_a_tag_that_answers_by_a_function(self):
        asked = []

        def answer(command):
            asked.append(command)
            return bytes(300) + b"\x90\x00" if command == b"\x02" else command[::-1] + b"\x90\x00"

        libnfc = self.open()
        self.chip.insert(IsoA(answers=answer))
        self.assertEqual(libnfc.result("select A"), 1)
        self.assertEqual(libnfc.ask("exchange 00A4"), (4, ["A4009000"]))
        self.assertEqual(libnfc.result("exchange 02"), ECHIP)       # more than libnfc has room for
        self.assertEqual(libnfc.ask("exchange 0102"), (4, ["02019000"]))
        self.assertEqual(asked, [b"\x00\xA4", b"\x02", b"\x01\x02"])

    def test_unplugged_and_plugged_again(self):
        libnfc = self.open()
        self.chip.insert(Type2())
        self.assertEqual(libnfc.result("select A"), 1)
        self.chip.kill()
        self.assertEqual(libnfc.result("present"), EIO)
        libnfc.kill()
        self.chip.start()
        self.assertEqual(self.open().result("select A"), 1)


if __name__ == "__main__":
    unittest.main()
