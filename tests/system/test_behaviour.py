#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Registers that decide what the built springparkd tells, and when: 0200, 02F0, 02A0, 02A1, with a real broker."""
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_gateway as gateways  # noqa: E402
from broker import wait_until  # noqa: E402
from gateway import program  # noqa: E402


def setUpModule():
    gateways.setUpModule()


def tearDownModule():
    gateways.tearDownModule()


class Meta(gateways.WithBroker):
    def test_meta_has_the_configurations_identity_and_whether_it_is_open(self):
        meta = self.subscriber("meta")

        def told(count):
            return json.loads(meta.wait_for(count)[-1].payload)
        gateway = self.gateway()
        first = told(1)
        gateway.stop()
        gateway.start()
        self.assertEqual(told(2)["ConfigId"], first["ConfigId"], "the same at each start")
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        for count, more, wanted in ((3, "journal: { max_age = 77; };\n", None),
                                    (4, 'registers = [ "0200=377FB7F8CAB53824EB1174587EB54140", "02F0=00000001" ];\n',
                                     "377FB7F8-CAB5-3824-EB11-74587EB54140")):
            gateway.configure(gateways.configuration(self.broker, self.script.setting, more=more))
            self.assertEqual(gateway.tool("reload").returncode, 0)
            last = told(count)
            self.assertNotEqual(last["ConfigId"], first["ConfigId"])
            self.assertEqual(last["Open"], wanted is None)
        self.assertEqual(last["ConfigId"], wanted)


class Activation(gateways.WithBroker):
    """Register 02A0: when tags are reported."""

    def reader(self, **settings):
        inside = "".join(" %s = %s;" % (name, json.dumps(value)) for name, value in settings.items())
        return "smart_reader: { read_interval = 0; repeat_interval = 255;%s };\n" % inside

    def is_reading(self, gateway, yes):
        wait_until(lambda: gateway.status()["reading"]["active"] is yes, 10, "reading is %s" % yes)

    def present(self, gateway, count):
        wait_until(lambda: gateway.status()["readers"][0]["present"] == count, 10, "%d tags are there" % count)

    def test_an_explicit_activation_waits_for_the_command_and_ends_with_it(self):
        subscriber = self.subscriber()
        gateway = self.gateway(smart_reader=self.reader(explicit_activation=True))
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        self.assertEqual(gateway.status()["reading"], {"active": False, "detail": "waits for a start command"})
        self.assertIn("tags are not reported: the gateway waits for a start command", gateway.tool("status").stdout)
        self.script.do("insert NFC-A 01020304", "insert NFC-A 01020305", "remove 01020305")
        self.present(gateway, 1)
        self.assertEqual(gateway.status()["events"]["created"], 0)
        self.broker.command(gateways.SANDBOX.serial, '{"Active":true}')
        got = gateways.events(subscriber.wait_for(1))
        self.assertEqual([(one["TagId"], one["Sequence"]) for one in got], [("01020304", 1)], "what lies there still")
        self.script.do("insert NFC-A 01020306")
        self.assertEqual(gateways.events(subscriber.wait_for(2))[1]["TagId"], "01020306")
        self.assertEqual(gateway.tool("command", "$SCCMD;ACT=00").returncode, 0)
        self.is_reading(gateway, False)
        self.script.do("insert NFC-A 01020307", "remove 01020307", "insert NFC-A 01020308")
        self.present(gateway, 3)
        self.assertEqual(gateway.status()["events"]["created"], 2)
        self.broker.stop()      # with the journal as the host a command outlasts the connection
        wait_until(lambda: gateway.status()["broker"]["state"] != "online", 10, "the broker is gone")
        self.assertEqual(gateway.tool("command", '{"Active":true}').returncode, 0)
        wait_until(lambda: gateway.status()["events"]["created"] == 3, 10, "the tag that lies there")

    def test_a_start_command_is_refused_where_02a0_knows_none(self):
        gateway = self.gateway()
        refused = gateway.tool("command", '{"Active":false}')
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("smart_reader.explicit_activation", refused.stderr)
        self.assertTrue(gateway.status()["reading"]["active"])

    def test_with_the_broker_as_the_host_tags_count_while_it_is_connected(self):
        self.broker.stop()
        gateway = self.gateway(smart_reader=self.reader(activation="broker"), options="reconnect_interval = 1;")
        self.assertEqual(gateway.status()["reading"],
                         {"active": False, "detail": "waits for the connection to the broker"})
        self.script.do("insert NFC-A 01020304", "remove 01020304", "insert NFC-A 01020305")
        self.present(gateway, 1)
        self.assertEqual(gateway.status()["events"]["created"], 0)
        self.broker.start()
        wait_until(lambda: gateway.status()["events"]["delivered"] == 1, 20, "the tag that lies there")
        self.is_reading(gateway, True)
        self.broker.stop()
        self.is_reading(gateway, False)
        self.script.do("insert NFC-A 01020306", "remove 01020306", "remove 01020305")
        self.present(gateway, 0)
        status = gateway.status()
        self.assertEqual((status["events"]["created"], status["events"]["stored"]), (1, 0))

    def test_with_the_broker_as_the_host_each_connection_needs_its_command(self):
        gateway = self.gateway(smart_reader=self.reader(activation="broker", explicit_activation=True),
                               options="reconnect_interval = 1;")
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        self.broker.command(gateways.SANDBOX.serial, "$SCCMD;ACT=01")
        self.is_reading(gateway, True)
        self.broker.restart()
        wait_until(lambda: gateway.status()["broker"]["connects"] == 2, 20, "connected again")
        self.assertEqual(gateway.status()["reading"]["detail"], "waits for a start command")

    def test_activation_on_startup_waits_for_nobody(self):
        self.broker.stop()
        gateway = self.gateway(smart_reader=self.reader(activation="broker", activate_on_startup=True))
        self.script.do("insert NFC-A 01020304")
        wait_until(lambda: gateway.status()["events"]["stored"] == 1, 10, "the event waits")

    def test_a_reload_changes_it(self):
        gateway = self.gateway()
        for settings, active in (({"explicit_activation": True}, False),
                                 ({"explicit_activation": True, "activate_on_startup": True}, False),
                                 ({"activate_on_startup": True}, True),
                                 ({"explicit_activation": True, "activate_on_startup": True}, True)):
            gateway.configure(gateways.configuration(self.broker, self.script.setting,
                                                     smart_reader=self.reader(**settings)))
            self.assertIs(json.loads(gateway.tool("--json", "reload").stdout)["changed"], True)
            self.assertIs(gateway.status()["reading"]["active"], active, settings)


class Moves(gateways.WithBroker):
    """Register 02A1 with insert and remove events."""

    def test_a_short_apparition_is_one_event(self):
        subscriber = self.subscriber()
        gateway = self.gateway(smart_reader="smart_reader: { insert_remove = true; read_interval = 250; };\n")
        self.script.do("insert NFC-A 01020304", "insert NFC-A 01020305", "remove 01020305")
        got = gateways.events(subscriber.wait_for(2))
        self.assertEqual([(one["TagId"], one["Move"]) for one in got],
                         [("01020304", "Insert"), ("01020305", "Insert,Remove")])
        self.script.do("remove 01020304")
        self.assertEqual(gateways.events(subscriber.wait_for(3))[2]["Move"], "Remove")
        self.assertEqual(gateway.status()["readers"][0]["unread"], 0)


class Format(gateways.WithBroker):
    """Register 02A0: the form of the events over the network."""

    def line(self, uid, move="", checksum=0):
        body = "SCRDR;13;;01;;%s;%s;%s;" % (uid, move, uid)
        for character in body:
            checksum ^= ord(character)
        return "$%s*%02X\r\n" % (body, checksum)

    def configured(self, smart_reader, more=""):
        return gateways.configuration(self.broker, self.script.setting, more=more, options="reconnect_interval = 1;",
                                      smart_reader="smart_reader: { read_interval = 0; repeat_interval = 255; %s };\n" %
                                                   smart_reader)

    def test_scrdr_lines_with_their_checksum_and_meta_and_status_in_json(self):
        subscriber, meta, status = self.subscriber(), self.subscriber("meta"), self.subscriber("status")
        self.gateway(smart_reader='smart_reader: { network_format = "scrdr"; insert_remove = true;'
                                  ' read_interval = 0; };\n')
        self.script.do("insert NFC-A 01020304", "remove 01020304")
        self.assertEqual([one.payload for one in subscriber.wait_for(2)],
                         [self.line("01020304", "I"), self.line("01020304", "R")])
        self.assertEqual(json.loads(meta.wait_for(1)[0].payload)["Protocol"], "$SCRDR")
        self.assertEqual(json.loads(status.wait_for(1)[0].payload)["State"], "online,ready")

    def test_a_reload_changes_what_is_made_from_then_on_and_nothing_that_is_stored(self):
        gateway = self.gateway(options="reconnect_interval = 1;")
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 10, "online")
        self.broker.stop()
        self.script.do("insert NFC-A 01020304")
        wait_until(lambda: gateway.status()["journal"]["depth"] == 1, 10, "the first is stored")
        gateway.configure(self.configured('network_format = "scrdr";',
                                          'messages: { scrdr_checksum = "with-delimiters"; };\n'))
        self.assertIs(json.loads(gateway.tool("--json", "reload").stdout)["changed"], True)
        self.script.do("insert NFC-A 01020305")
        wait_until(lambda: gateway.status()["journal"]["depth"] == 2, 10, "the second is stored")
        shown = gateway.tool("journal").stdout
        self.assertIn("NFC-A 01020304", shown)
        self.assertIn(self.line("01020305", checksum=0x0E).strip(), shown)
        self.broker.start()
        got = [one.payload for one in self.subscriber().wait_for(2, 20)]
        self.assertEqual(json.loads(got[0])["TagId"], "01020304")
        self.assertEqual(got[1], self.line("01020305", checksum=0x0E))

    def test_watch_shows_json_all_the_same(self):
        gateway = self.gateway(smart_reader='smart_reader: { network_format = "scrdr"; };\n')
        watch = subprocess.Popen([program("springparkctl"), "--run-directory", str(gateway.run_directory), "watch",
                                  "--events", "1"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        while watch.poll() is None and gateway.status()["events"]["created"] < 50:
            self.script.do("insert NFC-A 01020304", "remove 01020304", "insert NFC-A 01020305", "remove 01020305")
            try:
                watch.wait(1)
            except subprocess.TimeoutExpired:
                pass
        self.assertIn(json.loads(watch.stdout.read())["TagId"], ("01020304", "01020305"))


if __name__ == "__main__":
    unittest.main()
