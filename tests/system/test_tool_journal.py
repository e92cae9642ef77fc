#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl journal and status with the built springparkd: what waits, is set aside, is sent again."""
import json
import os
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from broker import wait_until  # noqa: E402
from fake_broker import DISCONNECT, PINGREQ, PINGRESP, PUBLISH, SUBSCRIBE, FakeBroker  # noqa: E402
from gateway import SMART_READER, TEMPLATES, Gateway  # noqa: E402
from test_gateway import Script, uids  # noqa: E402
from tool_parts import OK, UNAVAILABLE  # noqa: E402

NOT_AUTHORIZED = 0x87
EVENT = "/rdr/evt"


class WithJournal(unittest.TestCase):
    def setUp(self):
        self.script = Script()
        self.addCleanup(self.script.close)

    def gateway(self, broker=None, more=""):
        mqtt = "" if broker is None else \
            'mqtt: { broker = "127.0.0.1"; port = %d; tls: { enabled = false; };\n' \
            '        options: { reconnect_interval = 1; }; };\n' % broker.port
        gateway = Gateway(mqtt + SMART_READER + TEMPLATES + "readers: ( %s );\n" % self.script.setting + more)
        self.addCleanup(gateway.close)
        return gateway

    def insert(self, gateway, count):
        """So many tags, until all of them are on disk; their identifiers."""
        tags = uids(count)
        for tag in tags:
            self.script.do("insert NFC-A %s" % tag, "remove")
        self.wait_stored(gateway, count)
        return tags

    @staticmethod
    def wait_stored(gateway, count):
        def stored():
            journal = gateway.status()["journal"]
            return (journal["depth"], journal["in_memory"]) == (count, 0)
        wait_until(stored, 20, "%d events are on disk" % count)

    def exported(self, gateway, *words):
        done = gateway.tool("journal", "export", *words)
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]


class Waiting(WithJournal):
    """No broker: everything waits."""

    def test_nothing_waits_at_first(self):
        gateway = self.gateway()
        wait_until(lambda: gateway.status()["journal"]["state"] == "works", 10, "the journal is open")
        self.assertEqual(gateway.tool("journal").stdout, "nothing waits, and nothing is set aside\n")
        journal = gateway.status()["journal"]
        self.assertEqual((journal["state"], journal["depth"], journal["oldest_age_s"], journal["gaps"]),
                         ("works", 0, None, []))

    def test_what_waits_is_listed_and_exported_in_order(self):
        gateway = self.gateway()
        tags = self.insert(gateway, 12)
        lines = gateway.tool("journal").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["ID", "AGE", "STATE", "EVENT"])
        self.assertEqual([line.split()[0] for line in lines[1:]], ["1:%d" % number for number in range(1, 13)])
        for line, tag in zip(lines[1:], tags):
            self.assertRegex(line, r"^1:\d+ +\d+ s +pending +NFC-A %s" % tag)
        records = self.exported(gateway)
        self.assertEqual([one["id"] for one in records], ["1:%d" % number for number in range(1, 13)])
        self.assertEqual([one["event"]["TagId"] for one in records], tags)
        self.assertEqual([one["event"]["Sequence"] for one in records], list(range(1, 13)))
        self.assertEqual({(one["state"], one["reason"]) for one in records}, {("pending", None)})
        self.assertTrue(all(isinstance(one["age_s"], int) and one["age_s"] >= 0 for one in records))
        self.assertEqual(gateway.tool("journal", "--set-aside").stdout, "nothing is set aside\n")
        self.assertEqual(self.exported(gateway, "--set-aside"), [])

    def test_a_thousand_events_are_many_pages_and_a_limit_ends_them(self):
        gateway = self.gateway()
        tags = self.insert(gateway, 1000)
        records = self.exported(gateway)
        self.assertEqual([one["event"]["TagId"] for one in records], tags)
        self.assertEqual(len(gateway.tool("journal", "list").stdout.splitlines()), 1001)
        for limit in (1, 7, 450):
            done = gateway.tool("journal", "list", "--json", "--limit", str(limit))
            self.assertEqual([json.loads(line)["event"]["TagId"] for line in done.stdout.splitlines()], tags[:limit])
        done = gateway.tool("journal", "--limit", "999")
        self.assertIn("there are more than --limit 999", done.stderr)
        target = gateway.directory / "out.jsonl"
        self.assertIn("1000 events written", gateway.tool("journal", "export", str(target)).stderr)
        # Only their ages may differ.
        self.assertEqual([json.loads(line)["event"] for line in target.read_text().splitlines()],
                         [one["event"] for one in records])

    def test_one_answer_of_the_daemon_fits_its_line(self):
        """Whatever is asked for, a page is cut so that the client can read it, and leads on to the rest."""
        gateway = self.gateway()
        self.insert(gateway, 1000)
        after, ids = 0, []
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(gateway.run_directory / "control"))
            answers = client.makefile("rb")
            while after is not None:
                client.sendall(json.dumps({"request": "journal", "arguments": {
                    "after": after, "limit": 100000, "set_aside": False}}).encode() + b"\n")
                line = answers.readline()
                self.assertLess(len(line), 65536)
                page = json.loads(line)["result"]
                ids += [one["id"] for one in page["records"]]
                after = page["next"]
        self.assertEqual(ids, ["1:%d" % number for number in range(1, 1001)])

    def test_nonsense_in_a_request_is_refused_and_the_daemon_goes_on(self):
        gateway = self.gateway()
        self.insert(gateway, 1)
        requests = [{"request": "journal", "arguments": {"after": "x"}},
                    {"request": "journal", "arguments": {"after": -1, "limit": 10}},
                    {"request": "journal", "arguments": {"after": 0, "limit": "many"}},
                    {"request": "journal", "arguments": {"after": 0, "limit": 10, "set_aside": "x"}},
                    {"request": "journal-release"},
                    {"request": "journal-release", "arguments": {"id": "x"}},
                    {"request": "journal-release", "arguments": {"id": 7}},
                    {"request": "journal-release", "arguments": {"all": 1}}]
        for request in requests:
            with self.subTest(request=request), socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(str(gateway.run_directory / "control"))
                client.sendall(json.dumps(request).encode() + b"\n")
                self.assertIs(json.loads(client.makefile().readline())["ok"], False)
        self.assertEqual(len(self.exported(gateway)), 1)

    def test_the_socket_that_is_open_to_all_shows_no_tag(self):
        gateway = self.gateway()
        self.insert(gateway, 1)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(gateway.run_directory / "status"))
            client.sendall(b'{"request":"journal","arguments":{"after":0,"limit":1,"set_aside":false}}\n')
            self.assertIs(json.loads(client.makefile().readline())["ok"], False)
        self.assertNotIn(uids(1)[0], gateway.tool("status").stdout)

    def test_status_shows_how_much_waits_and_since_when(self):
        gateway = self.gateway()
        self.insert(gateway, 20)
        journal = gateway.status()["journal"]
        self.assertEqual((journal["state"], journal["detail"], journal["depth"], journal["set_aside"]),
                         ("works", None, 20, 0))
        self.assertEqual((journal["delivered"], journal["dropped"], journal["replayed"]), (0, 0, 0))
        self.assertEqual(journal["directory"], str(gateway.state_directory))
        self.assertGreater(journal["bytes"], 20 * 100)
        self.assertIsInstance(journal["oldest_age_s"], int)
        self.assertEqual(gateway.status()["events"]["stored"], 20)
        self.assertRegex(gateway.tool("status").stdout,
                         r"(?m)^  journal   works: 20 waiting, oldest \d+ s, \d+\.\d KiB in %s$" %
                         gateway.state_directory)
        wait_until(lambda: gateway.status()["journal"]["oldest_age_s"] >= 1, 10, "the oldest grows older")

    def test_what_waits_is_still_there_after_a_stop(self):
        gateway = self.gateway()
        self.insert(gateway, 5)
        before = [(one["id"], one["event"]) for one in self.exported(gateway)]
        self.assertEqual(gateway.stop(), 0)
        gateway.start()
        self.wait_stored(gateway, 5)
        self.assertEqual([(one["id"], one["event"]) for one in self.exported(gateway)], before)
        self.script.do("insert NFC-A 0A0B0C0D")
        self.wait_stored(gateway, 6)
        self.assertEqual(self.exported(gateway)[-1]["id"], "2:1")

    def test_an_event_that_is_not_set_aside_is_not_released_and_is_named(self):
        gateway = self.gateway()
        self.insert(gateway, 1)
        for name in ("1:1", "1:2", "9:9"):
            done = gateway.tool("journal", "release", name)
            self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
            self.assertIn(name, done.stderr)
        self.assertEqual(gateway.tool("journal", "release", "--all").stdout, "nothing was set aside\n")

    def test_what_the_bounds_dropped_is_a_gap_in_status(self):
        gateway = self.gateway(more="journal: { max_events = 10; };\n")
        self.script.do(*["insert NFC-A %s" % tag for tag in uids(25)])

        def settled():
            status = gateway.status()
            journal = status["journal"]
            return status["sequence"] == 25 and journal["depth"] <= 10 and journal["in_memory"] == 0
        wait_until(settled, 20, "only 10 events are left")
        dropped = gateway.status()["journal"]["dropped"]
        self.assertGreaterEqual(dropped, 15)
        self.assertEqual(gateway.status()["journal"]["gaps"],
                         [{"First": "1:1", "Last": "1:%d" % dropped, "Count": dropped, "Reason": "journal full"}])
        self.assertIn("\n  gap       1:1 to 1:%d: %d lost (journal full)\n" % (dropped, dropped),
                      gateway.tool("status").stdout)
        self.assertEqual([one["id"] for one in self.exported(gateway)],
                         ["1:%d" % number for number in range(dropped + 1, 26)])


class SetAside(WithJournal):
    """A broker that refuses some events until it is told otherwise."""

    def setUp(self):
        super().setUp()
        self.refused = set()
        self.taken = []
        self.broker = FakeBroker([self.play])
        self.addCleanup(self.broker.stop)

    def play(self, connection):
        connection.accept()
        while not self.broker.stopping.is_set():
            try:
                packet = connection.read(0.5)
            except socket.timeout:
                continue
            if packet.kind == SUBSCRIBE:
                connection.suback(packet)
            elif packet.kind == PINGREQ:
                connection.send(PINGRESP << 4)
            elif packet.kind == DISCONNECT:
                return
            elif packet.kind == PUBLISH and packet.qos:
                self.judge(connection, packet)

    def judge(self, connection, packet):
        if not packet.topic.endswith(EVENT):
            connection.puback(packet)
            return
        tag = json.loads(packet.payload)["TagId"]
        if tag in self.refused:
            connection.puback(packet, NOT_AUTHORIZED)
            return
        self.taken.append(tag)
        connection.puback(packet)

    def test_what_the_broker_refuses_is_set_aside_until_it_is_released(self):
        tags = uids(6)
        self.refused = {tags[1], tags[4]}
        gateway = self.gateway(self.broker)
        for tag in tags:
            self.script.do("insert NFC-A %s" % tag, "remove")
        wait_until(lambda: gateway.status()["journal"]["set_aside"] == 2, 20, "two events are set aside")
        wait_until(lambda: gateway.status()["journal"]["depth"] == 0, 20, "the others were delivered")
        aside = self.exported(gateway, "--set-aside")
        self.assertEqual([(one["id"], one["state"], one["event"]["TagId"]) for one in aside],
                         [("1:2", "set aside", tags[1]), ("1:5", "set aside", tags[4])])
        self.assertRegex(aside[0]["reason"], "(?i)not authorized")
        self.assertRegex(gateway.tool("journal", "--set-aside").stdout, r"(?i)1:2 .*\n    .*not authorized")
        self.assertIn("next: springparkctl journal --set-aside", gateway.tool("status").stdout)
        self.refused = set()
        self.assertEqual(gateway.tool("journal", "release", "1:5").stdout, "1 event is sent again\n")
        wait_until(lambda: tags[4] in self.taken, 20, "the released event came")
        self.assertNotIn(tags[1], self.taken)
        self.assertEqual(gateway.tool("journal", "release", "--all").stdout, "1 event is sent again\n")
        wait_until(lambda: tags[1] in self.taken, 20, "the other one came, too")
        wait_until(lambda: gateway.tool("journal").stdout == "nothing waits, and nothing is set aside\n", 20,
                   "the journal is empty")


if __name__ == "__main__":
    unittest.main()
