#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl import and export: what was made for a SpringPark runs here, and comes back as it was."""
import base64
import json
import os
import pathlib
import re
import stat
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import EVENTS, Broker, wait_until  # noqa: E402
from gateway import Gateway, Script  # noqa: E402
from pki import Sandbox  # noqa: E402
from tool_parts import OK, USAGE, UNAVAILABLE, CONFIG, ToolTest  # noqa: E402

DATAERR, NOINPUT, CANTCREAT = 65, 66, 73

SETTINGS = """\
# Mine, of May.
readers: ( { driver = "script"; path = "/nonexistent/x"; label = "door"; } ); # by the stairs
journal: { max_events = 5000; };
smart_reader: { read_interval = 5; # half a second
};
mqtt: { login = "u"; password = "hunter2"; tls: { enabled = false; }; };
registers = [ "0203=4D" ];
"""

EXAMPLE_1 = {"config": {"A0": "0003000200", "C0": "64", "86": "62726F6B65722E6578616D706C652E636F6D"},
             "templates": {"10": "FF", "11": "0F00"}}
EXAMPLE_2 = {"0202": "4C616220332C20646F6F722032", "0280": "C0A80598FFFFFF00C0A805010000000000000000",
             "0286": "3139322E3136382E352E3130", "02A0": "0003000200", "02C0": "64", "0310": "FF", "0311": "0200"}
EXAMPLE_3 = {"config": {"A0": "0003000200", "C0": "64", "86": "62726F6B65722E6578616D706C652E636F6D",
                        "88": "23098D4D8F", "89": "5614030A1E1E"}, "templates": {"10": "03", "11": "0F00"}}
# Each type of template that this gateway has, four in a file.
TYPES = (
    {"0310": "61", "0313": "4811000102", "0315": "80A0A1A2A3A4A5", "0320": "4E", "0321": "5020", "0325": "01",
     "0326": "5370", "0330": "62", "0331": "1800", "0333": "040000", "0340": "FF", "0341": "0F00"},
    {"0310": "71", "0313": "F51BC0C1000001100000", "0314": "30", "0315": "C10300112233445566778899AABBCCDDEEFF",
     "0320": "70", "0321": "C500", "0325": "000100000000000000000000000000000000", "0330": "54", "0333": "050203",
     "0340": "72", "0345": "00A40400", "0347": "94B20000"},
)


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()


def tearDownModule():
    SANDBOX.close()


def pem_bytes(name):
    return pathlib.Path(SANDBOX.pem(name)).read_bytes()


def der_bytes(name):
    inside = re.search(b"-----BEGIN CERTIFICATE-----(.*?)-----END", pem_bytes(name), re.S).group(1)
    return base64.b64decode(inside)


class ImportTest(ToolTest):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "springpark.conf"
        self.file.write_text(SETTINGS)

    def vendor(self, content, name="device.json"):
        path = self.directory / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def take(self, content, *options, **kinds):
        return self.run_tool("import", "--config", str(self.file), self.vendor(content), *options, **kinds)

    def taken(self, content, *options):
        done = self.take(content, *options)
        self.assertEqual(done.returncode, OK, done.stderr)
        return done

    def export(self, *options, file=None):
        done = self.run_tool("export", "--config", str(file or self.file), *options)
        self.assertEqual(done.returncode, OK, done.stderr)
        return done

    def assert_refused(self, done, status, message):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(message, done.stderr)
        self.assertTrue(done.stderr.endswith("\n%s is as it was\n" % self.file), done.stderr)
        self.assertEqual((done.stdout, self.file.read_text()), ("", SETTINGS))
        self.assert_nothing_left()

    def assert_nothing_left(self):
        names = sorted(one.name for one in self.directory.iterdir())
        self.assertEqual([one for one in names if one not in ("device.json", "springpark.conf")], [])


class Examples(ImportTest):
    def test_the_first_is_plain_mqtt_and_the_rest_of_the_file_stays(self):
        done = self.taken(EXAMPLE_1)
        self.assertEqual(done.stdout, "%s: changed\n" % self.file)
        self.assertIn("names a broker (register 0286) and no TLS (register 0288), so mqtt.tls.enabled is false",
                      done.stderr)
        self.assertEqual(self.file.read_text(), """\
# Mine, of May.
readers: ( { driver = "script"; path = "/nonexistent/x"; label = "door"; } ); # by the stairs
journal: { max_events = 5000; };
smart_reader: { read_interval = 10; # half a second
};
mqtt: { login = ""; password = ""; tls: { enabled = false; }; broker = "broker.example.com"; };
registers = [ ];

templates: ( { technologies = "all"; format = "hex"; } );
""")

    def test_the_second_is_a_flat_list_with_an_address(self):
        done = self.taken(EXAMPLE_2)
        text = self.file.read_text()
        for line in ('device: { location = "Lab 3, door 2"; };', 'broker = "192.168.5.10";', 'format = "hex-8";',
                     'address = "192.168.5.152"; netmask = "255.255.255.0"; gateway = "192.168.5.1";'):
            self.assertIn(line, text)
        self.assertNotIn("has no effect", done.stderr, "register 0280 is compared with the network")

    def test_the_third_needs_the_certificates_that_a_device_has_from_its_factory(self):
        self.assert_refused(self.take(EXAMPLE_3), CONFIG,
                            "certificates.slot_D is not set, but mqtt.tls.certificate_slot (register 0288) names it")
        self.file.write_text(SETTINGS + 'keys: { slot_D = "%s"; };\n' % SANDBOX.key("device"))
        content = dict(EXAMPLE_3, certificates={"09": pem_bytes("server-ca").hex(), "0D": der_bytes("device").hex(),
                                                "0f": der_bytes("device-chain").hex().upper()})
        self.taken(content)
        text = self.file.read_text()
        folder = self.directory / "springpark" / "certs"
        self.assertIn('enabled = true; trust = "ca"; verify_name = false; }', text)
        self.assertIn('mqtt: { login = ""', text)
        for slot, name in (("9", "server-ca"), ("D", "device"), ("F", "device-chain")):
            path = folder / ("slot_%s.pem" % slot)
            self.assertIn('slot_%s = "%s";' % (slot, path), text)
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o644)
            self.assertIn(base64.b64encode(der_bytes(name))[:60], path.read_bytes())
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o755)
        self.assertEqual(json.loads(self.export().stdout)["config"]["88"], "23098D4D8F")
        self.assertEqual(self.taken(content).stdout, "%s: nothing to change\n" % self.file)

    def test_certificates_come_back_too(self):
        self.file.write_text(SETTINGS + 'keys: { slot_D = "%s"; };\n' % SANDBOX.key("device"))
        chain = b"".join(pem_bytes(name) for name in ("device", "device-chain"))
        content = dict(EXAMPLE_3, certificates={"01": chain.hex().upper(), "09": der_bytes("server-ca").hex().upper(),
                                                "0D": der_bytes("device").hex().upper(),
                                                "0F": der_bytes("device-chain").hex().upper()})
        self.taken(content)
        text = self.file.read_text()
        done = self.export("--secrets")
        exported = json.loads(done.stdout)
        self.assertEqual(exported["certificates"], content["certificates"])
        self.assertEqual(exported["config"]["88"], EXAMPLE_3["config"]["88"])
        self.assertEqual([line for line in done.stderr.splitlines() if "slot_" in line], [
            "note: certificates.slot_1 has 2 certificates, written in PEM: whether a SpringPark takes more than one is not "
            "known",
            "note: certificates.slot_D is locked in a SpringPark, which keeps its own: only a gateway can use it",
            "note: certificates.slot_F is locked in a SpringPark, which keeps its own: only a gateway can use it",
            "note: keys.slot_D is left out, --secrets or not: private keys are never in such a file"])
        self.assertEqual(self.taken(done.stdout).stdout, "%s: nothing to change\n" % self.file)
        other = self.directory / "other" / "springpark.conf"
        other.parent.mkdir()
        other.write_text('keys: { slot_D = "%s"; };\n' % SANDBOX.key("device"))
        self.assertEqual(self.take(done.stdout, "--output", str(other)).returncode, OK)
        self.assertEqual(self.export("--secrets", file=other).stdout, done.stdout)
        flat = self.export("--flat")
        self.assertIn("note: certificates.slot_9 is left out: a flat list has no place for certificates; next: export "
                      "without --flat\n", flat.stderr)
        self.taken(flat.stdout)    # and what it does not name of them stays
        self.assertEqual(self.file.read_text(), text)

    def test_what_is_no_certificate_of_a_slot_is_left_out_and_named(self):
        key = pathlib.Path(SANDBOX.key("device")).read_bytes()
        (self.directory / "both.pem").write_bytes(pem_bytes("device") + key)
        (self.directory / "many.pem").write_bytes(pem_bytes("device") * 10)
        self.file.write_text('mqtt: { tls: { enabled = false; }; };\ncertificates: { slot_1 = "both.pem"; slot_2 = '
                             '"many.pem"; slot_3 = "amazon"; slot_4 = "."; slot_5 = "none.pem"; slot_9 = ""; };\n')
        done = self.export("--secrets")
        self.assertEqual(json.loads(done.stdout)["certificates"], {"01": der_bytes("device").hex().upper(), "09": ""})
        more = " is more than one certificate; next: name the file of the one that is needed\n"
        self.assertRegex(done.stderr, r"note: certificates.slot_2 is left out: the 10 certificates of \S*/many.pem have "
                                      r"\d{4,} bytes, and a slot takes 4088\n"
                                      r"note: certificates.slot_3 is left out: amazon" + more +
                                      r"note: certificates.slot_4 is left out: \S*" + more +
                                      r"note: \S*/none.pem: certificates.slot_5 cannot be read: No such file or "
                                      r"directory; it is left out\n")
        self.file.write_text("mqtt: { tls: { enabled = false; }; };\n")
        self.assertNotIn("certificates", self.export().stdout)

    def test_a_round_trip_loses_nothing_in_either_form(self):
        for example in (EXAMPLE_1, EXAMPLE_2):
            for flat in ([], ["--flat"]):
                with self.subTest(example=example, flat=flat):
                    self.file.write_text(SETTINGS)
                    self.taken(example)
                    text = self.file.read_text()
                    exported = self.export("--secrets", *flat).stdout
                    self.taken(exported)
                    self.assertEqual(self.file.read_text(), text)
                    self.file.write_text(SETTINGS)
                    self.taken(exported)
                    self.assertEqual(self.export("--secrets", *flat).stdout, exported)

    def test_every_type_of_template_makes_the_round_trip(self):
        for types in TYPES:
            with self.subTest(types=types):
                self.file.write_text("# Mine.\n")
                self.taken(types)
                text = self.file.read_text()
                exported = json.loads(self.export("--flat", "--secrets").stdout)
                self.assertEqual({address: value for address, value in exported.items() if address >= "0300"}, types)
                self.assertNotIn("registers =", text)
                self.taken(exported)
                self.assertEqual(self.file.read_text(), text)

    def test_templates_of_other_types_make_way_and_the_rest_of_the_file_stays(self):
        self.file.write_text("# Mine.\n")
        for types in (TYPES[0], TYPES[1], TYPES[0]):
            self.taken(types)
            exported = json.loads(self.export("--flat", "--secrets").stdout)
            self.assertEqual({address: value for address, value in exported.items() if address >= "0300"}, types)
            self.assertTrue(self.file.read_text().startswith("# Mine.\n"))
        self.taken({})
        self.assertEqual([one for one in json.loads(self.export("--flat").stdout) if one >= "0300"], [])

    def test_a_key_that_was_left_out_is_missed(self):
        exported = json.loads(self.export("--flat").stdout)
        self.file.write_text(SETTINGS)
        self.assert_refused(self.take(dict(exported, **{"0310": "61", "0313": "0000040000"})), CONFIG,
                            "templates[1].key (register 0315): no key is set, and no sector is read without;")


class Options(ImportTest):
    def test_no_load_defaults_knows_the_type_of_a_template(self):
        self.file.write_text('templates: ( { type = "mifare-classic"; key = "FFFFFFFFFFFF"; } );\n')
        self.taken({"0313": "0000050000"}, "--no-load-defaults")
        self.assertEqual(self.file.read_text(),
                         'templates: ( { type = "mifare-classic"; key = "FFFFFFFFFFFF"; address = 5; } );\n')
        done = self.take({"0313": "0500"}, "--no-load-defaults")
        self.assertEqual(done.returncode, DATAERR)
        self.assertIn("0313: a value of 2 bytes is not allowed: exactly 5\n", done.stderr)

    def test_no_load_defaults_keeps_what_the_file_does_not_name(self):
        self.taken({"02A1": "0A07", "0203": "41"}, "--no-load-defaults")
        self.assertEqual(self.file.read_text(), SETTINGS.replace("read_interval = 5;", "read_interval = 10;")
                         .replace("# half a second\n", "# half a second\n    repeat_interval = 7;\n")
                         .replace("0203=4D", "0203=41"))

    def test_output_names_the_file_and_makes_it(self):
        other = self.directory / "other.conf"
        done = self.taken(EXAMPLE_1, "--output", str(other))
        self.assertEqual(done.stdout, "%s: made; next: let the daemon's group read it: chgrp springpark %s\n"
                         % (other, other))
        self.assertEqual(self.file.read_text(), SETTINGS)
        self.assertEqual(stat.S_IMODE(other.stat().st_mode), 0o640)
        self.assertEqual(json.loads(self.export(file=other).stdout)["templates"], EXAMPLE_1["templates"])
        self.assertEqual(self.run_tool("check", str(other)).returncode, OK)

    def test_mode_and_owner_stay_and_a_link_stays_a_link(self):
        link = self.directory / "link.conf"
        link.symlink_to(self.file)
        self.file.chmod(0o604)
        self.assertEqual(self.take(EXAMPLE_1, "--output", str(link)).returncode, OK)
        self.assertTrue(link.is_symlink())
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o604)
        self.assertIn("broker.example.com", self.file.read_text())

    def test_secrets_are_shown_by_secrets_alone(self):
        done = self.export()
        self.assertNotIn(b"hunter2".hex().upper(), done.stdout + done.stderr)
        self.assertIn("note: register 028C (mqtt_password) is a secret and left out; --secrets writes it, too\n",
                      done.stderr)
        self.assertEqual(json.loads(self.export("--secrets").stdout)["config"]["8C"], b"hunter2".hex().upper())
        self.assertEqual(json.loads(self.export("--flat", "--secrets").stdout)["028C"], b"hunter2".hex().upper())
        done = self.taken(self.export("--secrets").stdout)
        self.assertNotIn("hunter2", done.stdout + done.stderr)

    def test_an_export_of_a_wrong_file_says_why(self):
        self.file.write_text("mqtt: { prot = 1; };\n")
        done = self.run_tool("export", "--config", str(self.file))
        self.assertEqual((done.returncode, done.stdout), (CONFIG, ""))
        self.assertIn(":1: mqtt.prot: unknown setting; did you mean mqtt.port?", done.stderr)

    def test_wrong_usage_says_what_is_wrong(self):
        for words, message in ((["import"], "the FILE is missing"), (["import", "a", "b"], "one FILE at a time"),
                               (["export", "a"], "Too many arguments")):
            done = self.run_tool(*words)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(message, done.stderr)


class Refused(ImportTest):
    def test_a_wrong_file_leaves_the_configuration_as_it_was(self):
        cases = [
            ('{ "02A1": "0A1" }', ":1: 02A1: a value of 3 hex digits is not allowed: each byte has two\n"),
            ('{ "02A1": "0A" }', ":1: 02A1: a value of 1 byte is not allowed: exactly 2\n"),
            ('{ "02A5": "0A" }', ":1: 02A5: there is no register 02A5; next: "),
            ('{ "02C0": "24" }', ":1: 02C0: profile.network (register 02C0): \"tcp-server\" is not allowed: "),
            ('{ "0289": "9314030A1E1E" }',
             ":1: 0289: mqtt.options.subscribe_qos (register 0289): 2 is not allowed: 0 to 1; "),
            ('{ "config": { "A1": "0A1E" ', ":1:27: is no JSON: '}' expected near end of file; next: "),
            ('{ "02A1": "0A1E",\n"02a1": "0A1E" }',
             ":2: 02a1: register 02A1 is there twice, here and in line 1; keep one\n"),
            ('{ "config": { }, "0202": "41" }', ":1: 0202: belongs into a flat list, and this file has the form with"),
            ('{ "atecc": { "0D": "00" } }', ":1: atecc: keys never come from such a file here; next: take it out"),
            ('{ "certificates": { "09": "3000" } }',
             ":1: certificates.09: is no X.509 certificate, in DER or in PEM\n"),
        ]
        for text, message in cases:
            with self.subTest(text=text):
                self.assert_refused(self.take(text), DATAERR, self.vendor(text) + message)

    def test_every_entry_is_named_at_once(self):
        done = self.take('{ "config": { "A1": "0", "A5": "", "0": "" },\n"security": { "00": "" } }')
        self.assert_refused(done, DATAERR, "config.A1: ")
        self.assertEqual(len(done.stderr.splitlines()), 5, done.stderr)

    def test_settings_that_contradict_one_another_are_the_checks_matter(self):
        self.assert_refused(self.take({"028C": "41"}), CONFIG, "a password without a user name is not allowed")
        self.assert_refused(self.take({"0286": "68", "0288": "0100000000"}), CONFIG, "\"any\" is refused")

    def test_ten_megabytes_of_noise_are_refused_in_a_moment(self):
        path = self.directory / "device.json"
        path.write_bytes(os.urandom(10 << 20))
        before = time.monotonic()
        done = self.run_tool("import", "--config", str(self.file), str(path))
        self.assertLess(time.monotonic() - before, 5)
        self.assert_refused(done, NOINPUT, "%s: is too large for a configuration: at most 1048576 bytes\n" % path)
        path.write_bytes(os.urandom(1 << 20))
        done = self.run_tool("import", "--config", str(self.file), str(path))
        self.assert_refused(done, DATAERR, "%s:" % path)

    def test_a_file_that_is_not_there_is_said(self):
        done = self.run_tool("import", "--config", str(self.file), str(self.directory / "none.json"))
        self.assert_refused(done, NOINPUT, "none.json: cannot be read: No such file or directory")

    def test_a_secret_in_a_broken_file_is_not_shown(self):
        done = self.take('{ "028C": "%s" "028B": }' % b"hunter2".hex())
        self.assert_refused(done, DATAERR, ": is no JSON: ")
        done = self.take('{ "028C": "%s0" }' % b"hunter2".hex())
        self.assert_refused(done, DATAERR, "028C: a value of 15 hex digits is not allowed")
        self.assertNotIn(b"hunter2".hex(), done.stderr)

    def test_a_private_key_is_never_taken(self):
        key = pathlib.Path(SANDBOX.key("device")).read_bytes()
        both = {"certificates": {"0D": (pem_bytes("device") + key).hex()}}
        self.assert_refused(self.take(both), DATAERR, "certificates.0D: holds a private key, and keys never come from")

    def test_a_certificate_never_takes_the_place_of_another(self):
        folder = self.directory / "springpark" / "certs"
        self.taken({"certificates": {"09": der_bytes("server-ca").hex()}})
        text, there = self.file.read_text(), (folder / "slot_9.pem").read_bytes()
        done = self.take({"certificates": {"09": der_bytes("device").hex(), "0D": der_bytes("device").hex()}})
        self.assertEqual(done.returncode, DATAERR)
        self.assertIn("certificates.09: %s is there already with something else in it"
                      % (folder / "slot_9.pem"), done.stderr)
        self.assertEqual((self.file.read_text(), (folder / "slot_9.pem").read_bytes()), (text, there))
        self.assertEqual([one.name for one in folder.iterdir()], ["slot_9.pem"])

    def test_certificates_of_a_refused_file_leave_no_trace(self):
        refused = dict(EXAMPLE_3, certificates={"0D": der_bytes("device").hex()})
        self.assert_refused(self.take(refused), CONFIG, "keys.slot_D is not set")

    def test_a_blank_certificate_empties_its_slot(self):
        self.taken({"certificates": {"09": ""}})
        self.assertIn('certificates: { slot_9 = ""; };', self.file.read_text())

    def test_what_an_included_file_sets_is_not_changed(self):
        (self.directory / "springpark.part").write_text("ports: { telnet = 24; };\n")
        self.file.write_text("@include \"springpark.part\"\n" + SETTINGS)
        done = self.take(EXAMPLE_1)
        self.assertEqual(done.returncode, CONFIG)
        self.assertIn("ports.telnet: its group begins in %s:1, which %s includes; next: change it there\n"
                      % (self.directory / "springpark.part", self.file), done.stderr)
        self.assertEqual(self.file.read_text(), "@include \"springpark.part\"\n" + SETTINGS)


class Apply(ImportTest):
    def test_the_daemon_is_told_only_when_the_file_is_right(self):
        daemon = self.stand_in({"reload": {"ok": True, "result": {"changed": True, "notes": []}}})
        self.assertEqual(self.take({"02C0": "24"}, "--apply").returncode, DATAERR)
        self.assertEqual(self.take({"028C": "41"}, "--apply").returncode, CONFIG)
        self.assertEqual(daemon.requests, [])
        done = self.taken(EXAMPLE_1, "--apply")
        self.assertEqual(done.stdout, "%s: changed\nthe new settings are in use\n" % self.file)
        self.assertEqual([(name, request["request"]) for name, request in daemon.requests], [("control", "reload")])

    def test_without_a_daemon_the_file_is_changed_and_the_status_says_so(self):
        done = self.take(EXAMPLE_1, "--apply")
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, "%s: changed\n" % self.file))

    def test_a_running_daemon_goes_over_to_a_devices_configuration(self):
        broker = Broker(SANDBOX)
        self.addCleanup(broker.close)
        script = Script()
        self.addCleanup(script.close)
        gateway = Gateway("readers: ( %s );\nkeys: { slot_D = \"%s\"; };\n" % (script.setting, SANDBOX.key("device")))
        self.addCleanup(gateway.close)
        subscriber = broker.subscriber(EVENTS)
        content = {
            "config": {"86": b"localhost".hex(), "85": "00" * 10 + "%04X" % broker.port + "0000", "88": "37098D4D8F",
                       "A1": "00FF"},
            "templates": {"10": "FF", "11": "0200"},
            "certificates": {"09": der_bytes("server-ca").hex(), "0D": pem_bytes("device").hex(),
                             "0F": der_bytes("device-chain").hex()},
        }
        done = gateway.tool("import", "--config", str(gateway.configuration_path), "--apply", self.vendor(content))
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertTrue(done.stdout.endswith(": changed\nthe new settings are in use\n"), done.stdout)
        wait_until(lambda: gateway.status()["broker"]["state"] == "online", 15, "the connection stands")
        script.do("insert NFC-A 04112233445566")
        event = json.loads(subscriber.wait_for(1)[0].payload)
        self.assertEqual((event["TagId"], event["TagData"]), ("04112233445566", "0004112233445566"))
        before = gateway.configuration_path.read_text()
        done = gateway.tool("import", "--config", str(gateway.configuration_path), "--apply",
                            self.vendor({"02C0": "24"}))
        self.assertEqual((done.returncode, gateway.configuration_path.read_text()), (DATAERR, before))
        script.do("remove", "insert NFC-A 04112233445567")
        self.assertEqual(json.loads(subscriber.wait_for(2)[1].payload)["TagData"], "0004112233445567")
        self.assertEqual([one["label"] for one in gateway.status()["readers"]], ["door"])


if __name__ == "__main__":
    unittest.main()
