#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl journal against a stand-in for the daemon: pages, files, releases, and a daemon that makes no sense."""
import json
import pathlib
import signal
import stat
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from gateway import program  # noqa: E402
from tool_parts import OK, UNAVAILABLE, TEMPFAIL, PROTOCOL, STATUS, ToolTest  # noqa: E402

CANTCREAT, IOERR = 73, 74


def record(number, state="pending", reason=None):
    return {"position": number, "id": "12:%d" % number, "state": state, "reason": reason, "age_s": 60,
            "event": {"Sequence": number, "Interface": "13.56", "Protocol": "NFC-A", "TagId": "%014X" % number,
                      "Uptime": "12:%d.000" % number}}


class Journal:
    """What the daemon answers to journal and journal-release; pages are cut to page_bytes, as the daemon cuts them."""

    def __init__(self, records, page_bytes=49152):
        self.records = records
        self.page_bytes = page_bytes
        self.asked = []

    def page(self, arguments):
        self.asked.append(arguments)
        records, size = [], 0
        rest = [one for one in self.records if one["position"] > arguments["after"] and
                (one["state"] == "set aside" or not arguments["set_aside"])]
        for one in rest[:arguments["limit"]]:
            size += len(json.dumps(one))
            if records and size > self.page_bytes:
                break
            records.append(one)
        last = len(records) == len(rest)
        return {"ok": True, "result": {"records": records, "next": None if last else records[-1]["position"]}}

    def release(self, arguments):
        chosen = [one for one in self.records if one["state"] == "set aside" and
                  (arguments.get("all") or one["id"] == arguments["id"])]
        for one in chosen:
            one.update(state="pending", reason=None)
        return {"ok": True, "result": {"released": len(chosen)}}

    def answers(self):
        return {"journal": self.page, "journal-release": self.release}


class Records(ToolTest):
    def journal(self, records, **options):
        journal = Journal(records, **options)
        self.stand_in(journal.answers())
        return journal

    def test_list_shows_all_pages_in_order_under_one_heading(self):
        journal = self.journal([record(number) for number in range(1, 1001)])
        done = self.run_tool("journal")
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["ID", "AGE", "STATE", "EVENT"])
        self.assertEqual([line.split()[0] for line in lines[1:]], ["12:%d" % number for number in range(1, 1001)])
        self.assertEqual(lines[1000], "12:1000           1 min 0 s     pending    NFC-A 000000000003E8")
        self.assertGreater(len(journal.asked), 3)
        self.assertEqual(self.run_tool("journal", "list").stdout, done.stdout)

    def test_short_pages_are_followed_to_the_end(self):
        journal = self.journal([record(number) for number in range(1, 31)], page_bytes=1)
        done = self.run_tool("journal", "list", "--json")
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()],
                         ["12:%d" % number for number in range(1, 31)])
        self.assertEqual([one["after"] for one in journal.asked], list(range(30)))

    def test_only_what_was_set_aside(self):
        journal = self.journal([record(1), record(2, "set aside", "Not authorized (0x87)"), record(3, "in flight")])
        done = self.run_tool("journal", "--set-aside")
        self.assertEqual(done.stdout.splitlines()[1:],
                         ["12:2              1 min 0 s     set aside  NFC-A 00000000000002",
                          "    Not authorized (0x87)"])
        self.assertIs(journal.asked[0]["set_aside"], True)
        whole = self.run_tool("journal").stdout
        self.assertEqual([line.split("  ")[0] for line in whole.splitlines()[1:] if line.startswith("12:")],
                         ["12:1", "12:2", "12:3"])
        self.assertIs(journal.asked[-1]["set_aside"], False)

    def test_a_limit_ends_the_list_and_says_that_there_is_more(self):
        journal = self.journal([record(number) for number in range(1, 501)])
        for limit in (1, 200, 201, 499):
            done = self.run_tool("journal", "list", "--limit", str(limit))
            self.assertEqual(len(done.stdout.splitlines()), limit + 1)
            self.assertIn("there are more than --limit %d" % limit, done.stderr)
        self.assertLessEqual(sum(one["limit"] for one in journal.asked if one["limit"] == 1), 2)
        done = self.run_tool("journal", "list", "--limit", "500")
        self.assertEqual((len(done.stdout.splitlines()), done.stderr), (501, ""))

    def test_nothing_to_show_is_said(self):
        self.journal([])
        self.assertEqual(self.run_tool("journal").stdout, "nothing waits, and nothing is set aside\n")
        self.assertEqual(self.run_tool("journal", "--set-aside").stdout, "nothing is set aside\n")
        self.assertEqual(self.run_tool("journal", "--json").stdout, "")

    def test_export_is_one_json_object_a_line(self):
        records = [record(number) for number in range(1, 501)]
        records[3].update(state="set aside", reason="it is forbidden")
        self.journal(records)
        done = self.run_tool("journal", "export")
        self.assertEqual(done.returncode, OK)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(lines, [{key: one[key] for key in ("id", "state", "reason", "age_s", "event")}
                                 for one in records])
        self.assertEqual(list(lines[0]), ["id", "state", "reason", "age_s", "event"])
        self.assertEqual(list(lines[0]["event"]), list(records[0]["event"]))
        self.assertEqual(self.run_tool("journal", "export", "-").stdout, done.stdout)
        aside = self.run_tool("journal", "export", "--set-aside").stdout.splitlines()
        self.assertEqual([json.loads(line)["id"] for line in aside], ["12:4"])

    def test_export_to_a_file_replaces_it_whole(self):
        self.journal([record(number) for number in range(1, 301)])
        target = self.directory / "out.jsonl"
        target.write_text("old\n")
        done = self.run_tool("journal", "export", str(target))
        self.assertEqual((done.returncode, done.stdout), (OK, ""))
        self.assertIn("300 events written to %s" % target, done.stderr)
        self.assertEqual(target.read_text(), self.run_tool("journal", "export").stdout)
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o600)
        self.assertEqual(list(self.directory.glob("out.jsonl*")), [target])

    def test_an_export_that_breaks_off_leaves_the_old_file(self):
        first = Journal([record(number) for number in range(1, 301)])

        def break_off(arguments):
            return first.page(arguments) if arguments["after"] == 0 else None

        self.stand_in({"journal": break_off})
        target = self.directory / "out.jsonl"
        target.write_text("old\n")
        done = self.run_tool("journal", "export", str(target))
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertEqual(target.read_text(), "old\n")
        self.assertEqual(list(self.directory.glob("out.jsonl*")), [target])

    def test_a_signal_during_an_export_leaves_the_old_file(self):
        asked = threading.Event()

        def endless(arguments):
            if arguments["after"] > 0:
                asked.set()
            number = arguments["after"] + 1
            return {"ok": True, "result": {"records": [record(number)], "next": number}}

        self.stand_in({"journal": endless})
        target = self.directory / "out.jsonl"
        target.write_text("old\n")
        process = self.start_tool("journal", "export", str(target))
        self.assertTrue(asked.wait(10))
        self.assertEqual(process.end(signal.SIGINT), TEMPFAIL)
        process.wait_error("interrupted")
        self.assertEqual(target.read_text(), "old\n")
        self.assertEqual(list(self.directory.glob("out.jsonl*")), [target])

    def test_a_file_that_cannot_be_made_or_written_is_named(self):
        self.journal([record(number) for number in range(1, 1001)])
        done = self.run_tool("journal", "export", "/nonexistent/x")
        self.assertEqual(done.returncode, CANTCREAT)
        self.assertIn("/nonexistent/x: cannot be written", done.stderr)
        done = self.run_tool("journal", "export", "/dev/full")
        self.assertEqual(done.returncode, IOERR)
        self.assertIn("/dev/full: cannot be written: No space left", done.stderr)
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([program("springparkctl"), "--run-directory", str(self.directory), "journal"],
                                  stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
        self.assertEqual(done.returncode, IOERR)
        self.assertIn("cannot write the output: No space left", done.stderr)

    def test_who_stops_reading_ends_the_list_quietly(self):
        self.journal([record(number) for number in range(1, 5001)])
        done = subprocess.run("%s --run-directory %s journal | head -n 2; exit ${PIPESTATUS[0]}" %
                              (program("springparkctl"), self.directory), shell=True, executable="/bin/bash",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=30)
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        self.assertEqual(len(done.stdout.splitlines()), 2)


class Release(ToolTest):
    def setUp(self):
        super().setUp()
        self.records = [record(1), record(2, "set aside", "no"), record(3, "set aside", "no"),
                        record(4, "set aside", "no")]
        self.stand = self.stand_in(Journal(self.records).answers())

    def set_aside(self):
        return [one["id"] for one in self.records if one["state"] == "set aside"]

    def test_one_is_released_and_counted(self):
        done = self.run_tool("journal", "release", "12:3")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (OK, "1 event is sent again\n", ""))
        self.assertEqual(self.set_aside(), ["12:2", "12:4"])
        self.assertEqual(self.stand.requests, [("control", {"request": "journal-release",
                                                            "arguments": {"id": "12:3"}})])

    def test_all_are_released(self):
        done = self.run_tool("journal", "release", "--all")
        self.assertEqual((done.returncode, done.stdout), (OK, "3 events are sent again\n"))
        self.assertEqual(self.set_aside(), [])
        done = self.run_tool("journal", "release", "--all")
        self.assertEqual((done.returncode, done.stdout), (OK, "nothing was set aside\n"))

    def test_one_that_is_not_set_aside_is_named_and_the_others_are_released(self):
        done = self.run_tool("journal", "release", "12:2", "12:1", "12:99", "12:4")
        self.assertEqual(done.returncode, UNAVAILABLE)
        self.assertIn("12:1 is not set aside", done.stderr)
        self.assertIn("12:99 is not set aside", done.stderr)
        self.assertEqual(done.stdout, "2 events are sent again\n")
        self.assertEqual(self.set_aside(), ["12:3"])

    def test_json_is_the_number(self):
        done = self.run_tool("--json", "journal", "release", "12:2", "12:3")
        self.assertEqual((done.returncode, json.loads(done.stdout)), (OK, {"released": 2}))


class Trouble(ToolTest):
    def test_a_daemon_that_refuses_is_heard(self):
        refusal = {"ok": False, "errors": ["the journal cannot be read now"]}
        self.stand_in({"journal": refusal, "journal-release": refusal})
        for words in (["list"], ["export"], ["release", "--all"], ["release", "12:5", "12:6"]):
            with self.subTest(words=words):
                done = self.run_tool("journal", *words)
                self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
                self.assertIn("the journal cannot be read now", done.stderr)

    def test_a_page_that_makes_no_sense_is_76_and_never_endless(self):
        for result in (None, 7, [], {}, {"records": 7}, {"records": [], "next": 0}, {"records": [], "next": -3},
                       {"records": {}, "next": 5}):
            with self.subTest(result=result):
                stand_in = self.stand_in({"journal": {"ok": True, "result": result}})
                done = self.run_tool("journal", "export")
                self.assertEqual(done.returncode, PROTOCOL)
                self.assertIn("makes no sense", done.stderr)
                stand_in.close()

    def test_an_empty_page_that_leads_on_is_followed(self):
        pages = {0: {"records": [], "next": 7}, 7: {"records": [record(9)], "next": None}}
        self.stand_in({"journal": lambda arguments: {"ok": True, "result": pages[arguments["after"]]}})
        done = self.run_tool("journal", "--json")
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()], ["12:9"])

    def test_status_names_gaps_and_why_the_journal_is_ill(self):
        status = dict(STATUS, journal=dict(STATUS["journal"], state="degraded", detail="the disk is full", in_memory=1,
                                           set_aside=1, gaps=[{"First": "7:3", "Last": "7:9", "Count": 7,
                                                               "Reason": "journal full"}]))
        self.stand_in({"status": {"ok": True, "result": status}})
        lines = self.run_tool("status").stdout.splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("  journal "))
        self.assertEqual(lines[start:start + 5], [
            "  journal   degraded: 1 waiting (1 in memory), oldest 1 min 6 s, 40.0 KiB in /var/lib/springpark",
            "            the disk is full",
            "            11 delivered, 0 dropped, 4 replayed, 1 set aside",
            "            next: springparkctl journal --set-aside shows what the broker refused, and why",
            "  gap       7:3 to 7:9: 7 lost (journal full)"])


if __name__ == "__main__":
    unittest.main()
