#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springpark-nfc with the real libnfc and a simulated PN532: by nfc_probe (the daemon's own end of the link), and by a
socket of this test where the daemon's end is to misbehave. SPRINGPARK_BUILD = the built tree."""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from pn532 import Pn532  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SPRINGPARK_BUILD", os.getcwd()))
HELPER = BUILD / "springpark-nfc"
DEADLINE_S = 20.0
TYPE_2 = "type2 uid=04A1B2C3D4E5F6"
ISO_A = "iso_a uid=04112233445566 ats=78807002 answer=00A4040000:6A82"
OPEN, SELECT, POLL, CLOSE = 2, 3, 4, 9
FINE, NOTHING = 1, 2
NFC_A = 1
POLLS = 200         # of 150 ms


class Probe:
    def __init__(self):
        environment = {**os.environ, "SPRINGPARK_NFC_HELPER": str(HELPER)}
        environment.pop("LIBNFC_LOG_LEVEL", None)
        self.process = subprocess.Popen([str(BUILD / "tests/parts/nfc_probe")], env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def end(self):
        """What it printed to standard error."""
        self.process.stdin.close()
        said = self.process.stderr.read()
        self.process.wait(DEADLINE_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return said


class Helper:
    """springpark-nfc with this test as its daemon; reader/nfc_wire.c has the messages."""

    def __init__(self):
        self.socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(DEADLINE_S)
        self.pid = os.posix_spawn(str(HELPER), [str(HELPER)], os.environ,
                                  file_actions=[(os.POSIX_SPAWN_DUP2, other.fileno(), 3)])
        other.close()
        self.status = None

    def send(self, verb, connection="", technologies=0):
        connection = connection.encode()
        self.socket.send(struct.pack(">BH", verb, len(connection)) + connection
                         + struct.pack(">IBIH", technologies, POLLS if verb == POLL else 0, 0, 0))

    def receive(self):
        """The result byte, or None for the end."""
        message = self.socket.recv(65536)
        return message[0] if message else None

    def ask(self, verb, *arguments):
        self.send(verb, *arguments)
        return self.receive()

    def wait(self):
        """(how it ended, after how many seconds)"""
        start = time.monotonic()
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > start + DEADLINE_S:
                raise AssertionError("springpark-nfc does not end")
            time.sleep(0.005)
        return self.status, time.monotonic() - start

    def end(self):
        self.socket.close()
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()


class NfcTest(unittest.TestCase):
    def setUp(self):
        if not HELPER.exists():
            raise unittest.SkipTest("springpark-nfc is not built: configured without libnfc")
        scratch = tempfile.TemporaryDirectory(prefix="springpark-nfc-")
        self.addCleanup(scratch.cleanup)
        self.chip = Pn532(scratch.name)
        self.chip.__enter__()
        self.addCleanup(self.chip.__exit__, None, None, None)

    def open_probe(self):
        probe = Probe()
        self.addCleanup(lambda: probe.process.stdin.closed or probe.end())
        self.reopen(probe)
        return probe

    def reopen(self, probe):
        probe("end")
        self.assertEqual(probe("begin"), "begun")
        line = probe("open " + self.chip.connection)
        self.assertTrue(line.startswith("fine PN532 v1.6|pn532_uart:"), line)
        return line

    def wait_for_command(self, prefix):
        """Of all since the last forget."""
        end = time.monotonic() + DEADLINE_S
        while not self.chip.commands(prefix):
            self.assertLess(time.monotonic(), end, f"no command {prefix}")
            time.sleep(0.005)

    def open_helper(self):
        helper = Helper()
        self.addCleanup(helper.end)
        self.assertEqual(helper.ask(OPEN, self.chip.connection), FINE)
        return helper


class Tags(NfcTest):
    def test_an_open_device_says_what_it_is_and_what_it_looks_for(self):
        _, name, connection, technologies, polled = self.reopen(self.open_probe()).split("|")
        self.assertIn("pn532_uart:", name)
        self.assertEqual(connection, self.chip.connection)
        self.assertEqual(set(technologies.split("+")), {"NFC-A", "NFC-B", "NFC-F", "NFC-T1T", "ST-SR", "ASK-CTS",
                                                        "Innovatron"})
        self.assertEqual(set(polled.split("+")), {"NFC-A", "NFC-B", "NFC-F", "NFC-T1T"})

    def assert_comes_and_goes(self, probe, technology, tag, found):
        """Before and after each of them a type A tag is found: no select leaves a framing behind."""
        self.assertEqual(probe("select " + technology), "nothing")
        self.chip.insert(tag)
        self.assertEqual(probe("select " + technology), f"fine {technology} {found}")
        self.assertEqual(probe("present"), "fine")
        self.assertEqual(probe("present"), "fine")
        self.chip.remove()
        self.assertEqual(probe("present"), "nothing")
        self.assertEqual(probe("present"), "nothing")
        self.chip.insert(TYPE_2)
        self.assertEqual(probe("select NFC-A"), "fine NFC-A 04A1B2C3D4E5F6 - 004400")
        self.assertEqual(probe("exchange 3000")[:19], "fine 04A1B29FC3D4E5")
        self.chip.remove()
        self.assertEqual(probe("present"), "nothing")

    def test_each_technology_comes_and_goes(self):
        probe = self.open_probe()
        for technology, tag, found in (
                ("NFC-A", "classic uid=DEADBEEF", "DEADBEEF - 000408"),
                ("NFC-A", ISO_A, "04112233445566 78807002 034420"),
                ("NFC-A", "type2 uid=04A1B2C3D4E5F7 sak=04", "04A1B2C3D4E5F7 - 004404"),
                ("NFC-B", "iso_b uid=11223344", "11223344 - 00000000008171"),
                ("NFC-B", "iso_b uid=11223344 protocol=008170", "11223344 - 00000000008170"),
                ("NFC-F", "felica uid=0101020304050607", "0101020304050607 - 00F100000001430088B4"),
                ("NFC-T1T", "jewel uid=11223344", "11223344 - 0C00"),
                ("Innovatron", "innovatron uid=11223344 verlog=C5 config=41 atr=3B00", "11223344 - C5413B00"),
                ("ST-SR", "srx uid=D002112233445566", "D002112233445566 - -"),
                ("ST-SR", "srx uid=0002112233445566", "0002112233445566 - -"),
                ("ASK-CTS", "ctx uid=11223344 product=01 fab=02", "11223344 - 0102"),
                ("ASK-CTS", "ctx uid=00223344 product=01 fab=02", "00223344 - 0102")):
            with self.subTest(tag):
                self.assert_comes_and_goes(probe, technology, tag, found)

    def test_what_would_disturb_the_others_is_not_looked_for(self):
        probe = self.open_probe()
        for technology in ("Kovio", "Inside-Pico", "NFC-V"):
            self.assertEqual(probe("select " + technology), "unsupported", technology)

    def test_what_the_chip_found_is_selected(self):
        probe = self.open_probe()
        poll = "poll 2 NFC-A NFC-B NFC-F NFC-T1T"
        self.assertEqual(probe(poll), "nothing")
        for tag, found in ((TYPE_2, "NFC-A 04A1B2C3D4E5F6 - 004400"), (ISO_A, "NFC-A 04112233445566 78807002 034420"),
                           ("iso_b uid=11223344", "NFC-B 11223344 - 00000000008171"),
                           ("felica uid=0101020304050607", "NFC-F 0101020304050607 - 00F100000001430088B4"),
                           ("jewel uid=11223344", "NFC-T1T 11223344 - 0C00")):
            with self.subTest(tag):
                self.chip.insert(tag)
                self.assertEqual(probe(poll), "fine " + found)
                self.assertEqual(probe("present"), "fine")
                if tag == ISO_A:
                    self.assertEqual(probe("exchange 00A4040000"), "fine 6A82")
                    self.assertEqual(probe("present"), "fine")
                self.chip.remove()
                self.assertEqual(probe("present"), "nothing")

    def test_of_two_tags_that_the_chip_found_the_one_described_is_the_one_talked_to(self):
        probe = self.open_probe()
        self.chip.insert(TYPE_2)
        self.chip.insert("type2 uid=04AAAAAAAAAAAA")
        uid = probe("poll 2 NFC-A").split()[2]
        self.assertEqual(probe("exchange 3000")[5:11], uid[:6])
        self.assertEqual(probe("present"), "fine")

    def test_a_tag_that_is_deselected_sleeps_until_the_field_was_off(self):
        probe = self.open_probe()
        self.chip.insert(TYPE_2)
        self.assertTrue(probe("select NFC-A").startswith("fine"))
        self.assertEqual(probe("deselect"), "fine")
        self.assertEqual(probe("present"), "nothing")
        self.assertEqual(probe("select NFC-A"), "nothing")
        self.assertEqual(probe("reset"), "fine")
        self.assertTrue(probe("select NFC-A").startswith("fine"))

    def test_an_exchange_with_a_mute_tag_ends(self):
        probe = self.open_probe()
        self.chip.insert("iso_a uid=04112233445566 mute=1")
        self.assertTrue(probe("select NFC-A").startswith("fine"))
        self.assertEqual(probe("exchange 00A4040000 200"), "mute")


class Trouble(NfcTest):
    def test_a_device_that_cannot_be_opened_is_told_with_libnfcs_reason(self):
        probe = self.open_probe()
        for connection, reason in (
                ("pn532_uart:/nonexistent", "libnfc cannot open it: Invalid serial port: /nonexistent"),
                ("pn532_i2c:/nonexistent", "libnfc cannot open it: Cannot open I2C bus: No such file or directory"),
                ("nonsense", "libnfc cannot open it")):
            probe("end")
            probe("begin")
            self.assertEqual(probe("open " + connection), "trouble " + reason)
        self.assertEqual(probe.end(), "", "nothing of libnfc's goes to standard error")

    def test_an_unplugged_device_is_trouble_and_can_be_opened_again(self):
        probe = self.open_probe()
        self.chip.kill()
        self.assertRegex(probe("select NFC-A"), "^trouble .*")
        self.chip.start()
        self.reopen(probe)

    def test_a_damaged_frame_is_trouble(self):
        probe = self.open_probe()
        self.chip.insert(TYPE_2)
        probe("select NFC-A")
        self.chip.answer_garbage(1, "checksum")
        self.assertEqual(probe("exchange 3000"), "trouble Input / Output Error: Data checksum mismatch")

    def test_a_chip_that_makes_libnfc_abort_ends_the_helper_only(self):
        probe = self.open_probe()
        self.chip.insert(TYPE_2)
        probe("select NFC-A")
        self.chip.answer_garbage(1, "status80")
        self.assertEqual(probe("exchange 3000"), "died libnfc ended itself (signal 6, aborted)")
        self.reopen(probe)

    def test_a_chip_that_makes_libnfc_overrun_its_memory_ends_the_helper_only(self):
        probe = self.open_probe()
        self.chip.insert(ISO_A)
        self.chip.answer_garbage(1, "ats0")
        self.assertRegex(probe("select NFC-A"), r"^died libnfc ended itself \(signal (6|11), ")
        self.reopen(probe)

    def test_a_chip_that_stops_in_the_middle_of_a_frame_is_hung(self):
        probe = self.open_probe()
        self.chip.insert(TYPE_2)
        self.chip.answer_garbage(1, "cut")
        probe("limit 500")
        self.assertEqual(probe("poll 2 NFC-A"),
                         "hung libnfc did not come back from letting the chip look for tags in 500 ms")
        self.assertEqual(probe("pid"), "pid 0")
        probe("limit 5000")
        self.reopen(probe)

    def test_two_programs_cannot_be_at_one_device_through_one_helper(self):
        probe = self.open_probe()
        self.assertEqual(probe("open " + self.chip.connection), "trouble a device is open already")


class Ends(NfcTest):
    def assert_switched_off(self):
        """The last command is PowerDown, after RF field off."""
        self.wait_for_command("16")
        self.assertEqual([command.bytes.hex() for command in self.chip.commands()][-2:], ["320100", "16f0"])

    def test_close_switches_the_field_off(self):
        helper = self.open_helper()
        self.chip.forget()
        self.assertEqual(helper.ask(CLOSE), FINE)
        self.assertIsNone(helper.receive())
        self.assertEqual(helper.wait()[0], 0)
        self.assert_switched_off()

    def test_the_end_of_the_socket_switches_the_field_off(self):
        helper = self.open_helper()
        self.chip.forget()
        helper.socket.close()
        self.assertEqual(helper.wait()[0], 0)
        self.assert_switched_off()

    def test_close_aborts_a_call_that_waits_for_the_chip(self):
        helper = self.open_helper()
        helper.send(POLL, "", NFC_A)
        self.wait_for_command("60")
        helper.send(CLOSE)
        status, took_s = helper.wait()
        self.assertEqual(status, 0)
        self.assertLess(took_s, 5)
        self.assert_switched_off()

    def test_a_call_that_does_not_come_back_does_not_keep_the_helper(self):
        helper = self.open_helper()
        self.chip.insert(TYPE_2)
        self.chip.answer_garbage(1, "cut")
        helper.send(POLL, "", NFC_A)
        self.wait_for_command("60")
        helper.socket.close()
        status, took_s = helper.wait()
        self.assertEqual(status, 69)
        self.assertLess(took_s, 5)

    def test_nonsense_on_the_socket_ends_the_helper(self):
        helper = self.open_helper()
        helper.socket.send(b"\xFFnonsense")
        self.assertIsNone(helper.receive())
        self.assertEqual(helper.wait()[0], 0)

    def test_signals_of_systemd_and_of_a_terminal_do_not_end_it(self):
        helper = self.open_helper()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            os.kill(helper.pid, number)
        self.assertEqual(helper.ask(SELECT, "", NFC_A), NOTHING)

    def test_it_dies_with_its_daemon(self):
        probe = self.open_probe()
        pid = int(probe("pid").split()[1])
        probe.process.kill()
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end and pathlib.Path(f"/proc/{pid}/fd").exists():
            try:
                if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    return
            except OSError:
                return
            time.sleep(0.01)
        self.assertFalse(pathlib.Path(f"/proc/{pid}/fd").exists(), "springpark-nfc outlives its daemon")

    def test_it_writes_no_core(self):
        helper = self.open_helper()
        limits = pathlib.Path(f"/proc/{helper.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")


class ByHand(NfcTest):
    def run_it(self, *words):
        return subprocess.run([str(HELPER), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=DEADLINE_S, check=False)

    def test_by_hand_it_says_what_it_is_for(self):
        done = self.run_it()
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("springparkd starts this program", done.stderr)

    def test_it_has_help_and_version_and_no_words(self):
        self.assertIn("springparkd", self.run_it("--help").stdout)
        self.assertTrue(self.run_it("--version").stdout.startswith("springpark-nfc "))
        self.assertEqual(self.run_it("word").returncode, 64)


if __name__ == "__main__":
    unittest.main(verbosity=2)
