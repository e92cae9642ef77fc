#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The whole way on real parts: cards on a real pcscd, the built springparkd, a real mosquitto with mutual TLS."""
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

import pcscd as cards  # noqa: E402
from broker import EVENTS, PREFIX, Broker, free_port, wait_until  # noqa: E402
from fake_broker import PUBLISH, SUBSCRIBE, FakeBroker, normal  # noqa: E402
from gateway import (SMALL_PROC, SMART_READER, TEMPLATES, Gateway, Script, build_directory, configuration,  # noqa: E402
                     run_daemons_under)
from pki import Sandbox  # noqa: E402
from threads import count_switches  # noqa: E402

PCSC_READERS = '{ driver = "pcsc"; name = "*"; }'


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()


def tearDownModule():
    SANDBOX.close()


def uids(count, first=0x04000000000000):
    return ["%014X" % (first + number) for number in range(count)]


def events(messages):
    return [json.loads(message.payload) for message in messages]


class WithBroker(unittest.TestCase):
    """A broker that is there, a subscriber for everything of the device, and one scripted reader."""

    def setUp(self):
        self.broker = Broker(SANDBOX)
        self.addCleanup(self.broker.close)
        self.script = Script()
        self.addCleanup(self.script.close)

    def gateway(self, readers=None, **options):
        sections = {name: options.pop(name) for name in ("smart_reader", "templates", "more", "mqtt", "options", "tls",
                                                         "host", "port", "credential", "ca") if name in options}
        gateway = Gateway(configuration(self.broker, readers or self.script.setting, **sections), **options)
        self.addCleanup(gateway.close)
        return gateway

    def subscriber(self, leaf="rdr/evt"):
        return self.broker.subscriber(PREFIX + SANDBOX.serial + "/" + leaf, credential="device")


class OnPcsc(WithBroker):
    def setUp(self):
        super().setUp()
        directory = tempfile.mkdtemp(prefix="springpark-pcscd-")
        self.addCleanup(shutil.rmtree, directory)
        self.pcscd = cards.Pcscd(readers=2, directory=directory, build=build_directory())
        self.pcscd.start()
        self.addCleanup(self.pcscd.end)

    def pcsc_gateway(self, readers=PCSC_READERS, **options):
        return self.gateway(readers, pcscd=self.pcscd.environment["PCSCLITE_CSOCK_NAME"], **options)

    def wait_readers(self, gateway, count):
        wait_until(lambda: [one["health"] for one in gateway.status()["readers"]].count("works") == count, 10,
                   "%d readers work" % count)

    def test_200_inserts_on_2_readers_arrive_as_200_right_events_in_order_per_reader(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.pcsc_gateway()
        self.wait_readers(gateway, 2)
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "the connection stands")
        wanted = {name: uids(100, first) for name, first in zip(self.pcscd.names, (0x04A00000000000, 0x04B00000000000))}

        def walk_by(reader):
            for uid in wanted[self.pcscd.names[reader]]:
                before = self.pcscd.count(reader)
                self.pcscd.insert(reader, uid)
                wait_until(lambda: self.pcscd.count(reader) > before, 10, "the card was asked for its UID")
                self.pcscd.remove(reader)

        walkers = [threading.Thread(target=walk_by, args=(reader,)) for reader in range(2)]
        for walker in walkers:
            walker.start()
        for walker in walkers:
            walker.join()
        got = events(subscriber.wait_for(200, 30))
        self.assertEqual(len(got), 200)
        for name, tags in wanted.items():
            self.assertEqual([event["TagId"] for event in got if event["Reader"] == name], tags)
        self.assertEqual([event["Sequence"] for event in got], list(range(1, 201)))
        for event in got:
            self.assertEqual((event["Interface"], event["Protocol"], event["Template"], event["TagData"]),
                             ("13.56", "NFC-A", 1, event["TagId"]))
            self.assertRegex(event["Uptime"], r"^1:\d+\.\d{3}$")
        wait_until(lambda: gateway.status()["events"]["delivered"] == 200, 5, "all are acknowledged")

    def test_each_technology_is_named_and_a_contact_card_gets_no_apdu(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.pcsc_gateway()
        self.wait_readers(gateway, 2)
        kinds = [(cards.ATR_ULTRALIGHT, "NFC-A"), (cards.ATR_NFC_V, "NFC-V"), (cards.ATR_FELICA, "NFC-F"),
                 (cards.ATR_TYPE_A, "NFC-A"), (cards.ATR_TYPE_B, "NFC-B")]
        for number, (atr, protocol) in enumerate(kinds):
            self.pcscd.insert(0, "0102030%d" % number, atr=atr)
            event = events(subscriber.wait_for(number + 1))[-1]
            self.assertEqual((event["Protocol"], event["TagId"]), (protocol, "0102030%d" % number))
            self.pcscd.remove(0)
        self.pcscd.insert(1, "99999999", atr=cards.ATR_CONTACT)
        gateway.wait_log("%s holds a contact card" % self.pcscd.names[1])
        self.pcscd.insert(0, "01020309")
        subscriber.wait_for(len(kinds) + 1)
        self.assertEqual(self.pcscd.count(1), 0)

    def test_nonsense_mute_and_early_leaving_are_counted_and_the_next_card_is_read(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.pcsc_gateway()
        self.wait_readers(gateway, 2)
        self.pcscd.nonsense(0, 100, "63")
        self.pcscd.insert(0, "01020304")
        wait_until(lambda: sum(reader["failures"] for reader in gateway.status()["readers"]) == 1, 10,
                   "the failure is counted")
        self.pcscd.remove(0)
        self.pcscd.nonsense(0, 0, "-")
        self.pcscd.insert(0, "01020305")
        self.assertEqual(events(subscriber.wait_for(1))[0]["TagId"], "01020305")

    def test_without_pcscd_the_gateway_is_busy_says_why_and_heals(self):
        status = self.subscriber("status")
        subscriber = self.broker.subscriber(EVENTS)
        self.pcscd.kill()
        gateway = self.pcsc_gateway()
        first = status.wait_until(lambda messages: any("online" in one.payload for one in messages))
        told = json.loads(first[-1].payload)
        self.assertEqual(told["State"], "online,busy")
        self.assertIn("pcscd", told["Health"])
        self.pcscd.start()
        status.wait_until(lambda messages: any("online,ready" in one.payload for one in messages), 15)
        self.wait_readers(gateway, 2)
        self.pcscd.insert(0, "01020304")
        self.assertEqual(events(subscriber.wait_for(1))[0]["TagId"], "01020304")
        self.pcscd.kill()
        status.wait_until(lambda messages: "online,busy" in messages[-1].payload, 15)
        self.pcscd.start()
        self.wait_readers(gateway, 2)
        self.pcscd.insert(1, "01020305")
        self.assertEqual(events(subscriber.wait_for(2))[1]["TagId"], "01020305")

    def test_a_hanging_pcscd_is_waited_for_once_and_offline_is_still_said(self):
        status = self.subscriber("status")
        self.pcscd.stop()
        self.addCleanup(self.pcscd.cont)
        gateway = self.pcsc_gateway(", ".join('{ driver = "pcsc"; name = "reader %d"; }' % number for number in range(4)))
        status.wait_until(lambda messages: any("online" in one.payload for one in messages))
        begin = time.monotonic()
        self.assertEqual(gateway.stop(30), 0)
        self.assertLess(time.monotonic() - begin, 9)
        status.wait_until(lambda messages: json.loads(messages[-1].payload)["State"] == "offline")

    def test_idle_costs_no_wake_ups(self):
        gateway = self.pcsc_gateway(options="status_interval = 0")
        self.wait_readers(gateway, 2)
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")

        def switches():
            return count_switches(gateway.pid)

        # The last request's own traffic comes to rest first.
        last = [switches(), time.monotonic()]

        def at_rest():
            now = switches()
            if now != last[0]:
                last[:] = [now, time.monotonic()]
            return time.monotonic() - last[1] > 1

        wait_until(at_rest, 10, "the daemon is at rest")
        before = switches()
        end = time.monotonic() + 8
        while time.monotonic() < end:
            time.sleep(1)
        self.assertLessEqual(switches() - before, 2)


class OnScript(WithBroker):
    def test_the_vendors_sample_comes_out_byte_for_byte_but_for_the_time(self):
        subscriber = self.broker.subscriber(EVENTS)
        self.gateway(more="messages: { sequence = false; date_time = false; };\n",
                     templates='templates: ( { type = "id-only"; technologies = "all"; format = "hex-8"; } );\n')
        self.script.do("insert NFC-A 047DAE02C84080")
        payload = subscriber.wait_for(1)[0].payload
        self.assertRegex(payload, '^{"Interface":"13.56","Protocol":"NFC-A","Template":1,"TagId":"047DAE02C84080",'
                                  '"TagData":"00047DAE02C84080","Uptime":"1:[0-9]+[.][0-9]{3}"}$')

    def test_meta_then_ready_and_offline_at_the_end(self):
        status = self.subscriber("status")
        meta = self.subscriber("meta")
        gateway = self.gateway(more='device: { inventory = "gate 7"; location = "Lab 3, door 2"; };\n')
        told = json.loads(meta.wait_for(1)[0].payload)
        self.assertEqual((told["SerialNumber"], told["Inventory"], told["Location"], told["Protocol"], told["Open"]),
                         (SANDBOX.serial, "gate 7", "Lab 3, door 2", "RDR/JSON", True))
        self.assertRegex(told["ConfigId"], r"^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$")
        ready = json.loads(status.wait_until(lambda all: any("ready" in one.payload for one in all))[-1].payload)
        self.assertEqual(ready["State"], "online,ready")
        self.assertRegex(ready["Uptime"], r"^1:\d+\.\d{3}$")
        self.assertEqual(gateway.stop(), 0)
        last = status.wait_until(lambda all: "offline" in all[-1].payload)[-1]
        self.assertEqual(json.loads(last.payload)["State"], "offline")

    def test_meta_has_the_boxs_addresses_with_the_units_small_proc_too(self):
        meta = self.subscriber("meta")
        gateway = self.gateway()
        told = json.loads(meta.wait_for(1)[0].payload)
        gateway.stop()
        if "IpAddress" not in told:
            self.skipTest("this machine has no default route, so META has no address")
        run_daemons_under(self, *SMALL_PROC)
        self.gateway()
        small = json.loads(meta.wait_until(lambda all: len(all) == 2)[1].payload)
        for name in ("IpAddress", "PhysAddress"):
            self.assertEqual(small.get(name), told.get(name))

    def test_the_will_speaks_for_a_killed_gateway_and_is_retained(self):
        gateway = self.gateway()
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        status = self.subscriber("status")
        gateway.kill()
        last = status.wait_until(lambda all: bool(all) and "dead" in all[-1].payload)[-1]
        self.assertEqual(last.payload, '{"State":"offline,dead"}')
        late = self.subscriber("status")
        self.assertTrue(late.wait_for(1)[0].retained)
        gateway.start()
        late.wait_until(lambda all: "online,ready" in all[-1].payload)

    def test_a_broker_absent_at_start_is_normal_and_its_events_wait(self):
        self.broker.stop()
        gateway = self.gateway(options="reconnect_interval = 1")
        self.script.do(*["insert NFC-A %s" % uid for uid in uids(20)])
        wait_until(lambda: gateway.status()["events"]["stored"] == 20, 10, "20 events are stored")
        self.assertIn(gateway.status()["broker"]["state"], ("waiting", "connecting"))
        self.broker.start()
        subscriber = self.broker.subscriber(EVENTS)
        got = events(subscriber.wait_for(20, 20))
        self.assertEqual([event["TagId"] for event in got], uids(20))
        self.assertEqual([event["Sequence"] for event in got], list(range(1, 21)))

    def test_an_outage_in_the_middle_loses_nothing_and_keeps_the_order(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.gateway(options="reconnect_interval = 1")
        self.script.do("insert NFC-A 01020304")
        subscriber.wait_for(1)
        wait_until(lambda: gateway.status()["events"]["delivered"] == 1, 5, "the first is acknowledged")
        self.broker.kill()
        self.script.do(*["insert NFC-A %s" % uid for uid in uids(50)])
        wait_until(lambda: gateway.status()["sequence"] == 51, 10, "51 events were made")
        self.broker.start()
        again = self.broker.subscriber(EVENTS)
        got = events(again.wait_for(50, 20))
        self.assertEqual([event["TagId"] for event in got if event["Sequence"] > 1], uids(50))

    def test_what_does_not_fit_the_journal_is_told_as_a_gap_until_the_broker_has_it(self):
        port = free_port()
        gateway = Gateway('mqtt: { broker = "127.0.0.1"; port = %d; tls: { enabled = false; };\n'
                          '        options: { reconnect_interval = 1; }; };\n' % port +
                          SMART_READER + TEMPLATES + "readers: ( %s );\n" % self.script.setting +
                          "journal: { max_events = 10; };\n")
        self.addCleanup(gateway.close)
        for uid in uids(15):
            self.script.do("insert NFC-A %s" % uid, "remove")
        wait_until(lambda: gateway.status()["events"]["dropped"] == 5, 10, "5 events are dropped")
        gap = {"First": "1:1", "Last": "1:5", "Count": 5, "Reason": "journal full"}
        self.assertEqual(gateway.status()["journal"]["gaps"], [gap])
        gateway.wait_log("the journal is full (journal.max_events)")
        broker = FakeBroker([normal], port=port)
        self.addCleanup(broker.stop)

        def told(leaf):
            return [json.loads(packet.payload) for packet in broker.published if packet.topic.endswith(leaf)]
        wait_until(lambda: len(told("/rdr/evt")) >= 10, 10, "the stored events come")
        self.assertEqual([event["Sequence"] for event in told("/rdr/evt")], list(range(6, 16)))
        wait_until(lambda: gateway.status()["journal"]["gaps"] == [], 10, "the gap is acknowledged")
        self.assertEqual(told("/status")[0]["Gaps"], [gap])
        self.assertTrue(all("Gaps" not in status or status["Gaps"] == [gap] for status in told("/status")))

    def test_an_event_that_is_refused_while_the_gateway_stops_is_set_aside_too(self):
        held, refuse = threading.Event(), threading.Event()

        def refuse_late(connection):
            connection.accept()
            while not connection.broker.stopping.is_set():
                packet = connection.read()
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                elif packet.kind == PUBLISH and packet.topic.endswith("/rdr/evt"):
                    held.set()
                    refuse.wait(10)
                    connection.puback(packet, 0x87)
                elif packet.kind == PUBLISH:
                    connection.puback(packet)

        broker = FakeBroker([refuse_late])
        self.addCleanup(broker.stop)
        gateway = Gateway('mqtt: { broker = "127.0.0.1"; port = %d; tls: { enabled = false; }; };\n' % broker.port +
                          SMART_READER + TEMPLATES + "readers: ( %s );\n" % self.script.setting)
        self.addCleanup(gateway.close)
        self.script.do("insert NFC-A 01020304")
        self.assertTrue(held.wait(10))
        gateway.signal(signal.SIGTERM)
        gateway.wait_log("stopping")
        wait_until(lambda: not (gateway.run_directory / "control").exists(), 5, "the loop has ended")
        refuse.set()
        self.assertEqual(gateway.wait(), 0)
        self.assertRegex(gateway.log_text(), "event 1:1 is set aside: .*not authorized")
        gateway.start()
        wait_until(lambda: gateway.status()["journal"]["set_aside"] == 1, 5, "it is kept")

    def test_insert_and_remove_debounce_and_the_read_interval(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.gateway(
            smart_reader="smart_reader: { insert_remove = true; read_interval = 0; repeat_interval = 0; "
                         "debounce_ms = 300; };\n")
        flaps = ["insert NFC-A 01020304", "remove"] * 20
        self.script.do(*flaps, "insert NFC-A 01020304", "wait 400ms", "remove")
        got = events(subscriber.wait_for(2))
        self.assertEqual([(event["Move"], event["TagId"]) for event in got],
                         [("Insert", "01020304"), ("Remove", "01020304")])
        gateway.configure(configuration(self.broker, self.script.setting, smart_reader="smart_reader: { "
                                        "read_interval = 250; repeat_interval = 255; debounce_ms = 0; };\n"))
        self.assertEqual(gateway.tool("reload").returncode, 0)
        self.script.do("insert NFC-A 0A", "remove", "insert NFC-A 0B", "remove")
        wait_until(lambda: gateway.status()["readers"][0]["unread"] == 2, 10, "both hurried tags are counted")
        self.assertEqual(len(subscriber.messages), 2)

    def test_commands_reach_the_feedback_and_bad_ones_change_nothing(self):
        gateway = self.gateway()
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        self.broker.command(SANDBOX.serial, '{"Sequence":96}')
        gateway.wait_log("access granted")
        self.broker.command(SANDBOX.serial, "$SCCMD;SEQ=0E\r\n")
        gateway.wait_log("wink")
        for number, bad in enumerate(['{"Sequence":300}', '{"Sequence":1,"Buzzer":5}', "$SCCMD;SEQ=60*00", "rubbish",
                                      '{"Sequence":1,"Sequence":2}', '{"Buzzer":"' + "1" * 5000 + '"}'], 1):
            self.broker.command(SANDBOX.serial, bad)
            wait_until(lambda: gateway.status()["commands"]["refused"] == number, 5, "%s is refused" % bad[:30])
        self.assertEqual(gateway.status()["commands"], {"accepted": 2, "refused": 6, "repeated": 0})
        self.assertEqual(gateway.log_text().count("command from the broker is refused"), 6)
        self.assertEqual(gateway.tool("command", "--deny").returncode, 0)
        gateway.wait_log("access denied")

    def test_a_repeated_or_late_command_is_harmless(self):
        gateway = self.gateway(arguments=["--log-level", "debug"])
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        for _ in range(3):
            self.broker.command(SANDBOX.serial, '{"Sequence":96,"Id":"door-1"}')
        self.broker.command(SANDBOX.serial, '{"Sequence":97,"Expires":1000000000}')
        self.broker.command(SANDBOX.serial, '{"Sequence":97,"Expires":"2001-09-09T01:46:40Z"}')
        self.broker.command(SANDBOX.serial, '{"Sequence":96}')
        wait_until(lambda: gateway.status()["commands"] == {"accepted": 2, "refused": 2, "repeated": 2}, 10,
                   "all six are judged")
        gateway.wait_log("was carried out before")
        self.assertEqual(gateway.log_text().count("access granted"), 2)
        self.assertNotIn("access denied", gateway.log_text())
        # Without a clock that is set nobody knows; then they do not act, either.
        self.assertRegex(gateway.log_text(), r"refused: it (is late by \d+ s|has an Expires, and the clock of this box)")

    def test_a_command_does_not_act_after_its_message_expiry_interval(self):
        gateway = self.gateway()
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        self.broker.expiring_command(SANDBOX.serial, '{"Sequence":96}', 60)
        gateway.wait_log("access granted")
        gateway.signal(signal.SIGSTOP)  # what comes now waits in the socket, where the broker does not count any more
        state = pathlib.Path("/proc/%d/stat" % gateway.pid)
        wait_until(lambda: state.read_text().rpartition(") ")[2][0] == "T", 10, "it is stopped")
        self.broker.expiring_command(SANDBOX.serial, '{"Sequence":97}', 4)
        late_from = time.monotonic() + 4
        wait_until(lambda: time.monotonic() > late_from + 0.1, 10, "the interval is over")
        gateway.signal(signal.SIGCONT)
        gateway.wait_log("a command from the broker is refused")
        self.assertRegex(gateway.log_text(), r"refused: it is late by \d+ s \(the message expiry interval that it was sent "
                                             r"with\)")
        self.broker.expiring_command(SANDBOX.serial, '{"Sequence":14}', 60)
        gateway.wait_log("wink")
        self.assertEqual(gateway.status()["commands"], {"accepted": 2, "refused": 1, "repeated": 0})
        self.assertNotIn("access denied", gateway.log_text())

    def test_a_reload_is_whole_or_not_at_all(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.gateway()
        self.script.do("insert NFC-A 01020304")
        subscriber.wait_for(1)
        good = configuration(self.broker, self.script.setting,
                             templates='templates: ( { type = "id-only"; technologies = "all"; format = "hex-8"; } );\n')
        gateway.configure(good.replace("keep_alive = 30", "keep_alive = 3") + 'mqqt: { };\n')
        refused = gateway.tool("reload")
        self.assertEqual(refused.returncode, 78)
        self.assertIn("mqtt.options.keep_alive", refused.stderr)
        self.assertIn("0289", refused.stderr)
        self.assertIn("mqqt", refused.stderr)
        self.script.do("remove", "insert NFC-A 01020305")
        self.assertEqual(events(subscriber.wait_for(2))[1]["TagData"], "01020305")
        gateway.configure(good)
        self.assertEqual(gateway.tool("reload").returncode, 0)
        self.script.do("insert NFC-A 01020306")
        self.assertEqual(events(subscriber.wait_for(3))[2]["TagData"], "0000000001020306")
        gateway.configure(configuration(self.broker, '{ driver = "script"; path = "/nonexistent/script"; }'))
        refused = gateway.tool("reload")
        self.assertEqual(refused.returncode, 78)
        self.assertIn("/nonexistent/script", refused.stderr)
        self.script.do("insert NFC-A 01020307")
        self.assertEqual(events(subscriber.wait_for(4))[3]["TagData"], "0000000001020307")

    def test_a_reload_tells_the_new_meta_on_the_connection_that_stands(self):
        meta = self.subscriber("meta")
        gateway = self.gateway(more='device: { location = "door 1"; };\n')
        meta.wait_for(1)
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        for location in ("door 1", "door 2"):  # the first is no news
            gateway.configure(configuration(self.broker, self.script.setting,
                                            more='device: { location = "%s"; };\n' % location))
            self.assertEqual(gateway.tool("reload").returncode, 0)
        got = [json.loads(one.payload)["Location"] for one in meta.wait_for(2)]
        self.assertEqual(got, ["door 1", "door 2"])
        self.assertEqual(gateway.status()["broker"]["connects"], 1)

    def test_a_reload_takes_a_certificate_into_use_that_was_renewed_under_its_old_name(self):
        for suffix in (".pem", ".key"):
            shutil.copy(SANDBOX.directory / ("device" + suffix), SANDBOX.directory / ("renewed" + suffix))
        gateway = self.gateway(credential="renewed")
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        self.assertEqual(gateway.tool("reload").returncode, 0)
        self.assertEqual(gateway.status()["broker"]["connects"], 1)
        SANDBOX.make_client("renewed", SANDBOX.serial)
        self.assertEqual(gateway.tool("reload").returncode, 0)
        wait_until(lambda: gateway.status()["broker"]["connects"] == 2, 10, "it connects anew")

    def test_sighup_moves_to_another_broker_without_losing_what_waits(self):
        self.broker.stop()
        gateway = self.gateway(options="reconnect_interval = 1")
        self.script.do(*["insert NFC-A %s" % uid for uid in uids(5)])
        wait_until(lambda: gateway.status()["events"]["stored"] == 5, 10, "5 events wait")
        with Broker(SANDBOX) as other:
            subscriber = other.subscriber(EVENTS)
            gateway.configure(configuration(other, self.script.setting))
            gateway.reload()
            got = events(subscriber.wait_for(5, 15))
            self.assertEqual([event["TagId"] for event in got], uids(5))
            gateway.stop()
        self.assertIn("RELOADING=1", gateway.notified())

    def test_who_moves_to_another_broker_says_offline_at_the_old_one(self):
        status = self.subscriber("status")
        gateway = self.gateway()
        status.wait_until(lambda messages: any("online,ready" in one.payload for one in messages))
        with Broker(SANDBOX) as other:
            gateway.configure(configuration(other, self.script.setting, more='journal: { directory = "/elsewhere"; };\n'))
            done = gateway.tool("reload")
            self.assertEqual(done.returncode, 0)
            self.assertIn("journal.directory", done.stdout + gateway.log_text())
            last = status.wait_until(lambda messages: "offline" in messages[-1].payload)[-1]
            self.assertEqual(json.loads(last.payload)["State"], "offline")
            gateway.stop()

    def test_watch_shows_events_live_and_the_log_no_tag(self):
        gateway = self.gateway()
        watch = subprocess.Popen([str(build_directory() / "springparkctl"), "--run-directory",
                                  str(gateway.run_directory), "watch", "--events", "1"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        # A watcher has no way to say that it is there but its first event: tags come until it has seen one.
        for uid in uids(200):
            self.script.do("insert NFC-A " + uid, "remove")
            try:
                watch.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                pass
        event = json.loads(watch.stdout.readline())
        self.assertIn(event["TagId"], uids(200))
        self.assertEqual(watch.returncode, 0)
        self.assertNotIn(event["TagId"], gateway.log_text())

    def test_a_start_says_everything_that_is_wrong_and_ends_with_78(self):
        gateway = self.gateway(options="keep_alive_ = 5; publish_qos = 2", wait_ready=False,
                               smart_reader="smart_reader: { read_interval = 999; };\n")
        self.assertEqual(gateway.wait(), 78)
        for word in ("keep_alive_", "publish_qos", "read_interval", "02A1", "0289", str(gateway.configuration_path)):
            self.assertIn(word, gateway.log_text())
        self.assertNotIn("READY=1", gateway.notified())

    def test_a_second_daemon_on_the_same_directory_is_refused(self):
        gateway = self.gateway()
        second = self.gateway(wait_ready=False, arguments=["--run-directory", str(gateway.run_directory)])
        self.assertNotEqual(second.wait(), 0)
        self.assertIn(str(gateway.run_directory), second.log_text())
        self.assertEqual(gateway.status()["state"], "online,ready")

    def test_a_second_daemon_spoils_nothing_of_the_first(self):
        gateway = self.gateway()
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        shared = ["--run-directory", str(gateway.run_directory), "--state-directory", str(gateway.state_directory)]
        for _ in range(5):
            self.assertEqual(self.gateway(wait_ready=False, arguments=shared).wait(), 73)
        self.assertEqual(gateway.status()["broker"]["connects"], 1)
        self.assertEqual(gateway.stop(), 0)
        gateway.start(wait_ready=False)
        wait_until(lambda: gateway.tool("status").returncode == 0, 10, "it answers again")
        self.assertEqual(gateway.status()["startup_counter"], 2)

    def test_the_startup_counter_rises_with_each_start(self):
        subscriber = self.broker.subscriber(EVENTS)
        gateway = self.gateway()
        for start in (1, 2, 3):
            if start > 1:
                gateway.start(wait_ready=False)
            self.script.do("insert NFC-A 01020304")
            event = events(subscriber.wait_for(start))[-1]
            self.assertTrue(event["Uptime"].startswith("%d:" % start), event)
            self.assertEqual(event["Sequence"], 1)
            self.assertEqual(gateway.stop(), 0)


class Tls(WithBroker):
    """Faults of the server's or our own certificates: each has its own words, and none leads to plain text."""

    def serve(self, server):
        self.broker.close()
        self.broker = Broker(SANDBOX, server=server)
        self.addCleanup(self.broker.close)

    def refused_with(self, *words, **sections):
        gateway = self.gateway(options="reconnect_interval = 1", **sections)
        for word in words:
            gateway.wait_log(word)
        self.script.do("insert NFC-A 01020304")
        wait_until(lambda: gateway.status()["events"]["stored"] == 1, 5, "the event waits")
        status = gateway.status()
        self.assertEqual(status["events"]["delivered"], 0)
        self.assertNotEqual(status["broker"]["state"], "online")
        gateway.stop()
        return status["broker"]["detail"]

    def start_fails_with(self, *words, **sections):
        gateway = self.gateway(wait_ready=False, **sections)
        self.assertEqual(gateway.wait(), 78)
        checked = gateway.tool("check", str(gateway.configuration_path))
        self.assertEqual(checked.returncode, 78, "check finds what the daemon would refuse")
        for word in words:
            self.assertIn(word, gateway.log_text())
            self.assertIn(word, checked.stderr)

    def test_each_fault_of_the_server_is_refused_with_its_own_message(self):
        details = []
        for server, word in ((SANDBOX.make_server_of_other_ca(), "trusted CA"),
                             (SANDBOX.make_server_of_other_name(), "name"),
                             (SANDBOX.make_expired_server(), "expired")):
            with self.subTest(server):
                self.serve(server)
                details.append(self.refused_with(word))
        self.assertEqual(len(set(details)), 3, details)

    def test_a_key_that_does_not_match_prevents_the_start(self):
        self.start_fails_with("does not belong", SANDBOX.key(SANDBOX.make_mismatch()), "keys.slot_D (register 0288)",
                              credential="mismatch")

    def test_an_expired_certificate_of_our_own_is_named_and_reading_goes_on(self):
        """Where a box without a clock of its own starts with a wrong one, ending for good would be worse."""
        detail = self.refused_with("expired", credential=SANDBOX.make_expired_client())
        self.assertIn(SANDBOX.pem("client-expired"), detail)
        self.assertIn("clock", detail)

    def test_a_client_certificate_that_the_broker_does_not_take_is_said(self):
        self.refused_with("certificate", credential=SANDBOX.make_client_of_other_ca())

    def test_no_byte_goes_out_in_plain_text(self):
        first = []
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.settimeout(10)
            gateway = self.gateway(options="reconnect_interval = 1", port=listener.getsockname()[1])
            while len(first) < 3:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(10)
                    # The look whether the port answers comes without a byte; the attempt itself comes next.
                    data = connection.recv(1)
                    if data:
                        first.append(data)
            self.assertEqual(set(first), {b"\x16"}, "a TLS record, handshake")
            gateway.stop()

    def test_plain_mqtt_must_be_written(self):
        gateway = self.gateway(wait_ready=False, tls="")
        self.addCleanup(gateway.kill)
        text = gateway.configuration_path.read_text()
        gateway.stop()
        gateway.configure(text.replace("enabled = true;", "").replace("certificates:", "# certificates:")
                          .replace("keys:", "# keys:"))
        gateway.start(wait_ready=False)
        self.assertEqual(gateway.wait(), 78)
        self.assertIn("slot_D", gateway.log_text())


if __name__ == "__main__":
    unittest.main()
