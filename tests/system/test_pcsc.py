#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The PC/SC driver against a real pcscd with simulated readers. Root; SPRINGPARK_BUILD = the built tree."""

import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import pcscd as parts  # noqa: E402
from reader_probe import BUILD, UID_A, UID_B, PcscTest  # noqa: E402


class Cards(PcscTest):
    def present(self, atr, uid=UID_A, **options):
        """Presents one card; returns the fields of its arrival and the number of APDUs."""
        before = self.pcscd.count(0)
        self.pcscd.insert(0, uid, atr, **options)
        fields = self.probe.next().split("|")
        self.assertEqual(fields[0], "arrived door")
        apdus = self.pcscd.count(0) - before
        self.pcscd.remove(0)
        self.expect(self.probe, f"left door|{uid}")
        return fields[1:], apdus

    def setUp(self):
        self.pcscd, self.probe = self.start_one()

    def count_log(self, text):
        return sum("reader door" in line and text in line for line in self.probe.log)

    def test_storage_cards_are_named_by_their_standard_byte_with_one_apdu(self):
        for atr, technology, uid in ((parts.ATR_CLASSIC_1K, "NFC-A", UID_B), (parts.ATR_ULTRALIGHT, "NFC-A", UID_A),
                                     (parts.ATR_NFC_V, "NFC-V", "E00401009188FC85"),
                                     (parts.ATR_FELICA, "NFC-F", "0123456789ABCDEF")):
            fields, apdus = self.present(atr, uid)
            self.assertEqual(fields, [technology, uid, "ats=", f"atr={atr}", "protocol="])
            self.assertEqual(apdus, 1)

    def test_a_type_a_card_gives_its_ats_and_may_refuse_it(self):
        fields, apdus = self.present(parts.ATR_TYPE_A, ats="0675778102800000")
        self.assertEqual(fields[0:3], ["NFC-A", UID_A, "ats=0675778102800000"])
        self.assertEqual(apdus, 2)
        fields, apdus = self.present(parts.ATR_TYPE_A)
        self.assertEqual(fields[0:3], ["NFC-A", UID_A, "ats="])
        self.assertEqual(apdus, 2)

    def test_a_type_b_card_gives_the_bytes_of_its_atqb(self):
        fields, _ = self.present(parts.ATR_TYPE_B, "11AA22BB")
        self.assertEqual(fields[0:2], ["NFC-B", "11AA22BB"])
        self.assertEqual(fields[4], "protocol=11223344338171")

    def test_a_uid_of_32_bytes_is_the_longest(self):
        fields, _ = self.present(parts.ATR_CLASSIC_1K, "AB" * 32)
        self.assertEqual(fields[1], "AB" * 32)

    def test_a_contact_card_gets_no_apdu_and_one_log_line(self):
        self.pcscd.insert(0, UID_A, parts.ATR_CONTACT)
        self.probe.wait_for_log("contact card")
        self.pcscd.remove(0)
        self.assertEqual(self.pcscd.count(0), 0)
        self.pcscd.insert(0, UID_B)
        self.assertTrue(self.probe.next().startswith(f"arrived door|NFC-A|{UID_B}|"))
        self.assertEqual(len(self.probe.wait_for_log("contact card")), 1)

    def test_templates_can_talk_to_the_card_while_it_arrives(self):
        self.probe.say("apdu FFB0000410")
        self.assertEqual(self.probe.next(), "ok")
        self.pcscd.insert(0, UID_A, answers={"FFB0000410": "00112233445566778899AABBCCDDEEFF9000"})
        self.probe.until("arrived door|")
        self.expect(self.probe, "apdu door|00112233445566778899AABBCCDDEEFF9000")

    def test_a_card_that_lies_there_at_the_start_arrives(self):
        self.probe.finish()
        self.pcscd.insert(0, UID_B)
        probe = self.start_probe(self.pcscd, "*", "door")
        before, arrived = probe.until("arrived ")
        self.assertTrue(arrived.startswith(f"arrived door|NFC-A|{UID_B}|"))
        self.assertIn("health door|works", before)

    def test_stopping_is_no_departure_of_a_card(self):
        self.pcscd.insert(0, UID_B)
        self.probe.until("arrived ")
        self.probe.process.stdin.close()
        self.assertEqual(self.probe.until("joined ")[0], ["gone door"])

    def test_a_card_that_leaves_in_mid_read_fails_as_gone(self):
        self.pcscd.slow(0, 5000)
        self.pcscd.insert(0, UID_A)
        parts.wait_until(lambda: self.pcscd.count(0) == 1, "the read to begin")
        self.assertIn("|foreign|talking to the card|", "|" + self.probe.ask_activity()[len("activity "):])
        self.pcscd.remove(0)
        self.expect(self.probe, "failed door|gone")
        self.pcscd.slow(0, 0)
        self.assertTrue(self.present(parts.ATR_CLASSIC_1K))

    def test_nonsense_is_asked_again_three_times_and_then_fails_once(self):
        for answer in ("-", "90", "9000", "04AABBCC6300", "AB" * 33 + "9000"):
            with self.subTest(answer=answer):
                before = self.pcscd.count(0)
                warnings = self.count_log("does not answer as a card")
                self.pcscd.nonsense(0, 100, answer)
                self.pcscd.insert(0, UID_A)
                self.expect(self.probe, "failed door|mute")
                self.assertEqual(self.pcscd.count(0) - before, 4)
                self.pcscd.remove(0)
                self.pcscd.nonsense(0, 0, "-")
                self.present(parts.ATR_CLASSIC_1K)
                parts.wait_until(lambda: self.count_log("does not answer as a card") > warnings, "the warning")
                self.assertEqual(self.count_log("does not answer as a card"), warnings + 1)

    def test_a_glitch_is_healed_within_the_visit(self):
        self.pcscd.nonsense(0, 2, "90")
        self.assertEqual(self.present(parts.ATR_CLASSIC_1K)[1], 3)
        self.pcscd.fail(0, 2)
        self.assertEqual(self.present(parts.ATR_CLASSIC_1K)[1], 3)

    def test_a_mute_card_fails_with_one_line_and_the_next_one_is_read(self):
        self.pcscd.mute(0)
        self.expect(self.probe, "failed door|mute")
        self.pcscd.remove(0)
        self.present(parts.ATR_CLASSIC_1K)
        self.assertEqual(len(self.probe.wait_for_log("power-up")), 1)
        self.assertEqual(self.pcscd.count(0), 1)

    def test_a_card_that_another_program_keeps_for_itself_is_read_once_it_is_let_go(self):
        holder = subprocess.Popen(
            [sys.executable, "-c", EXCLUSIVE_HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **self.pcscd.environment})
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        # The probe comes second, so that it does not see the card before the other program holds it.
        self.probe.finish()
        self.pcscd.insert(0, UID_B)
        self.assertEqual(holder.stdout.readline(), "held\n")
        probe = self.start_probe(self.pcscd, "*", "door")
        self.assertEqual(probe.until("failed ")[1], "failed door|reader")
        probe.wait_for_log("another program keeps the card for itself")
        holder.stdin.close()
        self.assertTrue(probe.until("arrived ")[1].startswith(f"arrived door|NFC-A|{UID_B}|"))


# Waits for a card and holds it exclusively until its standard input ends.
EXCLUSIVE_HOLDER = """
import sys
from smartcard.scard import *
context = SCardEstablishContext(SCARD_SCOPE_USER)[1]
reader = SCardListReaders(context, [])[1][0]
while True:
    result, card, protocol = SCardConnect(context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
    if result == SCARD_S_SUCCESS:
        break
print("held", flush=True)
sys.stdin.read()
SCardDisconnect(card, SCARD_LEAVE_CARD)
"""


class Readers(PcscTest):
    def test_the_glob_chooses_and_labels_count_up(self):
        daemon = self.start_pcscd(names=["Gate North", "Gate South", "Other [PICC]"])
        probe = self.start_probe(daemon, "Gate *", "gate")
        probe.until("gone gate")
        appeared = [probe.until("appeared ")[1].split("|") for _ in range(2)]
        self.assertEqual({words[0] for words in appeared}, {"appeared gate", "appeared gate 2"})
        self.assertEqual({words[1] for words in appeared}, {"Gate North 00 00", "Gate South 01 00"})
        other = self.start_probe(daemon, "Other [PICC] 02 00")
        other.until("health Other [PICC] 02 00|works")

    def test_a_source_without_a_reader_says_so(self):
        daemon = self.start_pcscd(readers=1)
        probe = self.start_probe(daemon, "Nothing*")
        self.expect(probe, "appeared Nothing*|Nothing*|pcsc")
        self.assertTrue(probe.next().startswith('health Nothing*|ill|no PC/SC reader matches "Nothing*"; next: '))
        self.assertEqual(probe.finish(), "joined true")

    def test_a_name_is_demanded(self):
        result = subprocess.run([str(BUILD / "tests/parts/reader_probe"), "pcsc", ""], capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("needs a name", result.stderr)

    def test_200_inserts_on_2_readers_arrive_in_order(self):
        daemon = self.start_pcscd(readers=2)
        probe = self.start_probe(daemon, "*")
        for _ in range(2):
            probe.until("health Sim ")
        expected = {name: [] for name in daemon.names}
        for i in range(100):
            for reader, name in enumerate(daemon.names):
                uid = f"04{reader:02X}{i:04X}"
                daemon.insert(reader, uid)
                expected[name] += [f"arrived {name}|NFC-A|{uid}", f"left {name}|{uid}"]
            seen = [probe.until("arrived ")[1] for _ in range(2)]
            for reader in range(2):
                daemon.remove(reader)
            seen += [probe.until("left ")[1] for _ in range(2)]
            for name in daemon.names:
                mine = ["|".join(line.split("|")[:3]) for line in seen if line.split(" ", 1)[1].startswith(name)]
                self.assertEqual(mine, expected[name][2 * i:])

    def test_a_reader_that_fails_is_ill_and_works_when_it_is_back(self):
        daemon, probe = self.start_one()
        daemon.insert(0, UID_A)
        probe.until("arrived ")
        daemon.gone(0)
        self.expect(probe, f"left door|{UID_A}")
        self.assertTrue(probe.next().startswith("health door|ill|pcscd cannot talk to the reader; next: "))
        daemon.remove(0)
        daemon.back(0)
        self.expect(probe, "health door|works")
        daemon.insert(0, UID_B)
        self.assertTrue(probe.next().startswith(f"arrived door|NFC-A|{UID_B}|"))

    def test_idle_threads_cause_no_wake_ups(self):
        daemon, probe = self.start_one()
        daemon.insert(0, UID_A)
        probe.until("arrived ")
        parts.wait_until(lambda: probe.ask_activity() == "activity idle|waiting for a card|in time", "the idle state")
        self.wait_until_quiet(probe, ["pcsc-reader", "pcsc-watcher"])


class Service(PcscTest):
    def test_pcscd_killed_and_restarted_heals_by_itself(self):
        daemon, probe = self.start_one()
        daemon.insert(0, UID_A)
        probe.until("arrived ")
        daemon.kill()
        self.expect(probe, f"left door|{UID_A}",
                    "health door|ill|pcscd is not running; next: systemctl start pcscd.socket")
        # At least two attempts fail before it comes back, and change nothing.
        time.sleep(1.6)
        self.assertTrue(probe.lines.empty(), list(probe.lines.queue))
        daemon.start()
        daemon.insert(0, UID_B)
        probe.until("health door|works")
        self.assertTrue(probe.until("arrived ")[1].startswith(f"arrived door|NFC-A|{UID_B}|"))
        self.assertEqual(len(probe.wait_for_log("pcscd is not running")), 1)
        self.assertEqual(len(probe.wait_for_log("works again")), 1)
        self.assertEqual(probe.finish(), "joined true")

    def test_pcscd_ended_in_order_heals_too(self):
        daemon, probe = self.start_one()
        daemon.restart()
        self.assertEqual(probe.until("health door|works")[0][0],
                         "health door|ill|pcscd is not running; next: systemctl start pcscd.socket")

    def test_pcscd_killed_in_mid_read(self):
        daemon, probe = self.start_one()
        daemon.slow(0, 5000)
        daemon.insert(0, UID_A)
        parts.wait_until(lambda: daemon.count(0) == 1, "the read to begin")
        daemon.kill()
        self.expect(probe, "failed door|reader",
                    "health door|ill|pcscd is not running; next: systemctl start pcscd.socket")
        daemon.start()
        probe.until("health door|works")

    def test_pcscd_absent_at_the_start(self):
        daemon = self.start_pcscd(readers=1)
        daemon.kill()
        probe = self.start_probe(daemon, "*", "door")
        self.expect(probe, "appeared door|*|pcsc",
                    "health door|ill|pcscd is not running; next: systemctl start pcscd.socket")
        daemon.start()
        self.expect(probe, "gone door", f"appeared door|{daemon.names[0]}|pcsc", "health door|works")

    def test_a_hanging_pcscd_does_not_hold_up_the_stop(self):
        daemon, probe = self.start_one(join_limit_ms=700)
        daemon.stop()
        begin = time.monotonic()
        self.assertEqual(probe.finish(), "joined false")
        self.assertLess(time.monotonic() - begin, 3)
        probe.wait_for_log("did not let go")

    def test_a_hanging_pcscd_at_the_start_is_named_by_the_activity(self):
        daemon = self.start_pcscd(readers=1)
        daemon.stop()
        probe = self.start_probe(daemon, "*", "door", join_limit_ms=300)
        self.expect(probe, "appeared door|*|pcsc")
        self.assertEqual(parts.wait_until(lambda: "foreign" in (line := probe.ask_activity()) and line, "the call"),
                         "activity foreign|connecting to pcscd|in time")
        daemon.cont()
        probe.until("health door|works")
        self.assertEqual(probe.finish(), "joined true")

    def test_a_stop_while_a_card_is_read_waits_for_the_exchange(self):
        daemon, probe = self.start_one()
        daemon.slow(0, 300)
        daemon.insert(0, UID_A)
        parts.wait_until(lambda: daemon.count(0) == 1, "the read to begin")
        self.assertEqual(probe.finish(), "joined true")


class Plugging(PcscTest):
    def test_readers_that_are_plugged_and_unplugged(self):
        daemon = self.start_pcscd(hotplug=True)
        probe = self.start_probe(daemon, "*", "door")
        self.expect(probe, "appeared door|*|pcsc")
        self.assertIn('ill|no PC/SC reader matches "*"', probe.next())
        daemon.plug(1)
        self.expect(probe, "gone door", "appeared door|SIM Contactless Reader (SN0001) 00 00|pcsc", "health door|works")
        daemon.plug(2)
        self.expect(probe, "appeared door 2|SIM Contactless Reader (SN0002) 01 00|pcsc", "health door 2|works")
        daemon.insert(1, UID_A)
        self.assertTrue(probe.next().startswith(f"arrived door|NFC-A|{UID_A}|"))
        daemon.unplug(1)
        # pcscd takes the card away first; a card on a reader that was pulled out has left.
        self.assertIn(f"left door|{UID_A}", probe.until("gone door")[0])
        daemon.insert(2, UID_B)
        self.assertTrue(probe.next().startswith(f"arrived door 2|NFC-A|{UID_B}|"))
        daemon.plug(1)
        self.expect(probe, "appeared door|SIM Contactless Reader (SN0001) 00 00|pcsc", "health door|works")
        self.assertEqual(probe.finish(), "joined true")

    def test_the_last_reader_that_leaves_is_missed(self):
        daemon = self.start_pcscd(hotplug=True)
        probe = self.start_probe(daemon, "*", "door")
        daemon.plug(1)
        probe.until("health door|works")
        daemon.unplug(1)
        probe.until("gone door")
        self.expect(probe, "appeared door|*|pcsc")
        self.assertIn("health door|ill|", probe.next())


if __name__ == "__main__":
    unittest.main(verbosity=2)
