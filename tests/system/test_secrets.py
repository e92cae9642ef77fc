#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Secrets are never printed: each secret register of the table gets a value of its own, and then everything that the
programs say is searched for it."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import free_port, wait_until  # noqa: E402
from gateway import Gateway, Script  # noqa: E402
from tool_parts import OK, CONFIG, ToolTest  # noqa: E402

DATAERR = 65

# The keys of templates, by name: address, setting, key, and the entry that it belongs to.
KEYS = (
    ("0315", "templates[1].key", "71B1C2D3E4F5", 'type = "mifare-classic"; key_type = "b"; '),
    ("0325", "templates[2].key", "7203B1C2D3E4F5061728394A5B6C7D8E",
     'type = "desfire-data"; authentication = "aes-ev1"; '),
    ("0335", "templates[3].key", "7303B1C2D3E4F5061728394A5B6C7D8E",
     'type = "desfire-id"; authentication = "des-ev0"; '),
)


def count_in_memory(pid, pattern):
    """How often these bytes stand in what a process has written to of its memory. Root."""
    count = 0
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
        for line in maps:
            area, rights = line.split()[:2]
            begin, end = (int(number, 16) for number in area.split("-"))
            if rights.startswith("rw"):
                memory.seek(begin)
                count += memory.read(end - begin).count(pattern)
    return count


class Secrets(ToolTest):
    def setUp(self):
        super().setUp()
        self.table = json.loads(self.run_tool("registers", "--json", "--config", "/dev/null").stdout)
        self.secrets = {one["address"]: self.marker(number, one)
                        for number, one in enumerate(one for one in self.table if one["secret"])}

    @staticmethod
    def marker(number, register):
        """As long as the register may be, and unlike anything else."""
        return ("q%02dX" % number * 8)[:min(register["size"], 16)]

    def names(self):
        """The settings of those that have a name."""
        for register in self.table:
            for field in register["fields"]:
                if register["secret"] and field["path"]:
                    yield register["address"], field["path"], field["kind"]

    def assert_kept(self, *outputs):
        for output in outputs:
            for address, marker in self.secrets.items():
                for form in (marker, marker[:4] * 2, marker.encode().hex(), marker.encode().hex().upper()):
                    self.assertNotIn(form, output, "register %s is shown" % address)

    def settings(self):
        raw = ", ".join('"%s=%s"' % (address, marker.encode().hex()) for address, marker in self.secrets.items())
        return 'mqtt: { login = "me"; tls: { enabled = false; }; };\nregisters = [ %s ];\n' % raw

    def settings_by_name(self):
        tree = {"mqtt": {"login": "me", "tls": {"enabled": False}}}
        for address, path, kind in self.names():
            marker = self.secrets[address]
            *groups, name = path.split(".")
            node = tree
            for group in groups:
                node = node.setdefault(group, {})
            node[name] = marker.encode().hex() if kind == "hex" else marker
        return self.group(tree)

    @classmethod
    def group(cls, tree):
        return "".join("%s: { %s};\n" % (name, cls.group(value)) if isinstance(value, dict) else
                       "%s = %s; " % (name, json.dumps(value)) for name, value in tree.items())

    def write(self, text, name="springpark.conf"):
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def said(self, *words, status=OK):
        done = self.run_tool(*words)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    def test_the_table_has_the_secrets_that_a_springpark_has(self):
        expected = {"028C", "0293", "02F4", "02FE", "02FF"}
        expected |= {"03%s%s" % (template, register) for template in "1234" for register in "58B"}
        self.assertEqual(set(self.secrets), expected)

    def test_what_the_tool_says_of_the_settings(self):
        path = self.write(self.settings())
        for words in (["registers"], ["registers", "--json"], ["registers", "--changed"],
                      ["registers", "--changed", "--json"], ["registers", *self.secrets],
                      ["registers", "--sample"], ["export"], ["export", "--flat"], ["check"]):
            with self.subTest(words=words):
                self.assert_kept(self.said(*words, "--config", path))
        everything = self.said("export", "--secrets", "--config", path)
        for address, marker in self.secrets.items():     # so they were there to be found
            self.assertIn(marker.encode().hex().upper(), everything, address)

    def test_what_set_says(self):
        path = self.write(self.settings())
        self.assert_kept(self.said("set", "--config", path, "device.location=door"))
        path = self.write("mqtt: { login = \"me\"; tls: { enabled = false; }; };\n")
        for address, name, kind in self.names():
            marker = self.secrets[address]
            value = marker.encode().hex() if kind == "hex" else marker
            self.assert_kept(self.said("set", "--config", path, "%s=%s" % (name, value)))
            self.assert_kept(self.said("set", "--config", path, "%s=%s" % (name, value * 40), status=CONFIG))
            self.assert_kept(self.said("set", "--config", path, "%sx=%s" % (name, value), status=CONFIG))
            self.assertIn(value, pathlib.Path(path).read_text())

    def test_what_is_said_of_wrong_settings(self):
        for wrong in ("mqqt: { };", "ports: { telnet = 70000; };", "device: { inventory = [ 1 ]; };", "mqtt: {", "}"):
            for text in (self.settings(), self.settings_by_name()):
                with self.subTest(wrong=wrong):
                    self.assert_kept(self.said("check", self.write(text + wrong), status=CONFIG))
        for address, marker in self.secrets.items():
            for value in (marker.encode().hex() + "0", marker.encode().hex() * 20, marker):
                text = 'registers = [ "%s=%s" ];\n' % (address, value)
                self.assert_kept(self.said("check", self.write(text), status=CONFIG))
        for address, name, kind in self.names():
            group, _, setting = name.rpartition(".")
            text = "".join("%s: { " % one for one in group.split(".")) + '%s = [ "%s" ]' % (setting,
                                                                                            self.secrets[address])
            self.assert_kept(self.said("check", self.write(text + "; }" * len(group.split(".")) + ";"), status=CONFIG))

    def test_what_import_says(self):
        path = self.write("mqtt: { tls: { enabled = false; }; };\n")
        values = {address: marker.encode().hex() for address, marker in self.secrets.items()}
        good = self.write(json.dumps(dict(values, **{"028B": "6D65"})), "device.json")
        self.assert_kept(self.said("import", "--config", path, good))
        self.assertIn(self.secrets["028C"], pathlib.Path(path).read_text())
        self.assert_kept(self.said("import", "--config", path, good))
        for change in ({"02A1": "0A"}, {"028B": ""}, {"02C0": "24"}, {"1234": "00"},
                       {address: value * 40 for address, value in values.items()},
                       {address: value + "0" for address, value in values.items()},
                       {address: self.secrets[address] for address in values},
                       {address: [value] for address, value in values.items()}):
            wrong = self.write(json.dumps(dict(values, **change)), "device.json")
            done = self.run_tool("import", "--config", path, wrong)
            self.assertIn(done.returncode, (DATAERR, CONFIG))
            self.assert_kept(done.stdout + done.stderr)
        text = json.dumps(values)
        for cut in range(1, len(text), 29):
            done = self.run_tool("import", "--config", path, self.write(text[:cut], "device.json"))
            self.assertEqual(done.returncode, DATAERR)
            self.assert_kept(done.stdout + done.stderr)

    @staticmethod
    def templates(keys=tuple('key = "%s"; ' % key for _, _, key, _ in KEYS)):
        """Each type that has a key; then one whose bytes are none."""
        entries = ", ".join("{ %s%s}" % (entry, key) for (_, _, _, entry), key in zip(KEYS, keys))
        return 'templates: ( %s, { type = "iso-data"; apdu_1 = "00A40400"; } );\n' % entries

    def assert_keys_kept(self, *outputs):
        for output in outputs:
            for address, _, key, _ in KEYS:
                for form in (key, key.lower(), key[2:10], key[2:10].lower()):
                    self.assertNotIn(form, output, "the key in %s is shown" % address)

    def test_what_the_tool_says_of_the_keys_of_templates(self):
        path = self.write(self.templates())
        for words in (["registers"], ["registers", "--json"], ["registers", "--changed"],
                      ["registers", "--changed", "--json"], ["registers", "0315", "0325", "0335", "templates"],
                      ["registers", "templates.key", "templates.key_type", "templates.authentication"],
                      ["export"], ["export", "--flat"], ["check"]):
            with self.subTest(words=words):
                self.assert_keys_kept(self.said(*words, "--config", path))
        shown = self.said("registers", "templates.key", "--config", path)
        self.assertEqual(shown.count('templates.key = "(set)"'), 3, shown)
        self.assertIn('templates.key_type = "b"', self.said("registers", "0315", "--config", path))
        self.assertIn("00A40400", self.said("export", "--config", path))
        everything = self.said("export", "--secrets", "--config", path)
        for _, _, key, _ in KEYS:     # so they were there to be found
            self.assertIn(key, everything)

    def test_what_set_says_of_the_keys_of_templates(self):
        path = self.write(self.templates())
        for _, name, key, _ in KEYS:
            other = key[:2] + key[2:][::-1]
            self.assert_keys_kept(self.said("set", "--config", path, "%s=%s" % (name, other)))
            self.assert_keys_kept(self.said("set", "--config", path, "%s=%s" % (name, key)))
            self.assertIn(key, pathlib.Path(path).read_text())
            for wrong in (key + "00", key[:-2], key[:-1], key * 40, key + "xx"):
                self.assert_keys_kept(self.said("set", "--config", path, "%s=%s" % (name, wrong), status=CONFIG))
            self.assert_keys_kept(self.said("set", "--config", path, "%sx=%s" % (name, key), status=CONFIG))

    def test_what_is_said_of_wrong_keys_of_templates(self):
        for form in ("%s00", "%sxx", "%s0", "file:%s"):
            keys = ['key = "%s"; ' % (form % key) for _, _, key, _ in KEYS]
            said = self.said("check", self.write(self.templates(keys)), status=CONFIG)
            self.assertEqual(said.count("].key (register 03"), 3, said)
            if not form.startswith("file:"):    # a name of a file that is not there is said
                self.assert_keys_kept(said)
        for form in ("[ \"%s\" ]", "( \"%s\" )", "{ key = \"%s\"; }"):
            keys = ["key = %s; " % (form % key) for _, _, key, _ in KEYS]
            self.assert_keys_kept(self.said("check", self.write(self.templates(keys)), status=CONFIG))
        for address, _, key, _ in KEYS:
            raw = 'registers = [ "%s0=%s", "%s=%s" ];\n'
            for lookup, value in (("61", key), ("71", key + "00"), ("4E", key), ("78", key), ("FF", key + "0")):
                self.assert_keys_kept(self.run_tool(
                    "check", self.write(raw % (address[:3], lookup, address, value))).stderr)

    def test_a_key_of_a_template_may_stand_in_a_file(self):
        for number, (_, _, key, _) in enumerate(KEYS):
            (self.directory / ("key%d" % number)).write_text(key + "\n")
        path = self.write(self.templates(['key = "file:key%d"; ' % number for number in range(3)]))
        self.assert_keys_kept(self.said("check", path), self.said("registers", "--json", "--config", path))
        everything = self.said("export", "--secrets", "--config", path)
        for _, _, key, _ in KEYS:
            self.assertIn(key, everything)
        (self.directory / "key1").write_text(KEYS[1][2] + "00\n")
        said = self.said("check", path, status=CONFIG)
        self.assertIn("templates[2].key (register 0325): a value of 17 bytes is not allowed: exactly 16", said)
        self.assert_keys_kept(said)

    def test_what_import_says_of_the_keys_of_templates(self):
        path = self.write(self.templates())
        exported = json.loads(self.run_tool("export", "--flat", "--secrets", "--config", path).stdout)
        target = str(self.directory / "other.conf")
        pathlib.Path(target).write_text("# mine\n")
        good = self.write(json.dumps(exported), "device.json")
        self.assert_keys_kept(self.said("import", "--config", target, good))
        again = json.loads(self.run_tool("export", "--flat", "--secrets", "--config", target).stdout)
        self.assertEqual(again, exported)
        for address, _, key, _ in KEYS:
            for wrong in (exported[address] + "00", exported[address] + "0", "FF" + exported[address][2:], key):
                file = self.write(json.dumps(dict(exported, **{address: wrong})), "device.json")
                done = self.run_tool("import", "--config", target, file)
                self.assertEqual(done.returncode, DATAERR, (address, done.stderr))
                self.assert_keys_kept(done.stdout + done.stderr)

    def test_what_a_running_daemon_says_of_the_keys_of_templates(self):
        script = Script()
        self.addCleanup(script.close)
        more = 'readers: ( %s );\n' % script.setting
        gateway = Gateway(self.templates() + more, arguments=["--log-level", "debug"])
        self.addCleanup(gateway.close)
        wait_until(lambda: gateway.status()["readers"], 10, "it has readers")
        self.assert_keys_kept(json.dumps(gateway.status()), gateway.tool("status").stdout)
        gateway.configure(self.templates() + more + "mqqt: { };\n")
        done = gateway.tool("reload")
        self.assertEqual(done.returncode, CONFIG)
        self.assert_keys_kept(done.stdout + done.stderr)
        self.assert_keys_kept(gateway.log_text(), *[one.read_text(errors="replace") for one in
                              gateway.state_directory.iterdir() if one.is_file()])

    def test_the_keys_of_templates_leave_the_memory_with_the_configuration(self):
        """Those of a file from the beginning also as text."""
        script = Script()
        self.addCleanup(script.close)
        readers = "readers: ( %s );\n" % script.setting
        files = tuple('key = "file:%s"; ' % self.write(key, "key-%d" % number)
                      for number, (_, _, key, _) in enumerate(KEYS))
        gateway = Gateway(self.templates(files) + readers)
        self.addCleanup(gateway.close)
        for _, name, key, _ in KEYS:
            self.assertGreater(count_in_memory(gateway.pid, bytes.fromhex(key)), 0, name)
            self.assertEqual(count_in_memory(gateway.pid, key.encode()), 0, name)
        gateway.configure(readers)
        self.assertEqual(gateway.tool("reload", timeout=30).returncode, OK)
        wait_until(lambda: gateway.status()["readers"], 10, "the reader is there")
        for _, name, key, _ in KEYS:
            wait_until(lambda: count_in_memory(gateway.pid, bytes.fromhex(key)) == 0, 10,   # pylint: disable=W0640
                       "no trace of " + name)

    def test_what_a_running_daemon_says(self):
        script = Script()
        self.addCleanup(script.close)
        for text in (self.settings(), self.settings_by_name()):
            more = 'readers: ( %s );\n' % script.setting
            broker = 'mqtt: { broker = "localhost"; port = %d; ' % free_port()
            gateway = Gateway(text.replace("mqtt: { ", broker, 1) + more, arguments=["--log-level", "debug"])
            self.addCleanup(gateway.close)
            wait_until(lambda: gateway.status()["broker"]["attempts"] > 0, 10, "it has tried")
            for words in (["status"], ["status", "--json"], ["readers"], ["journal"]):
                done = gateway.tool(*words)
                self.assert_kept(done.stdout + done.stderr)
            self.assert_kept(json.dumps(gateway.status()))
            gateway.configure(text.replace("mqtt: { ", broker, 1) + more + 'device: { location = "door"; };\n')
            done = gateway.tool("reload")
            self.assertEqual(done.returncode, OK, done.stderr)
            self.assert_kept(done.stdout + done.stderr)
            gateway.configure(text + more + "mqqt: { };\n")
            done = gateway.tool("reload")
            self.assertEqual(done.returncode, CONFIG)
            self.assert_kept(done.stdout + done.stderr)
            done = gateway.tool("doctor", "--config", str(gateway.configuration_path))
            self.assert_kept(done.stdout + done.stderr)
            command_line = pathlib.Path("/proc/%d/cmdline" % gateway.pid).read_text()
            self.assert_kept(gateway.log_text(), command_line, *[one.read_text(errors="replace") for one in
                             gateway.state_directory.iterdir() if one.is_file()])


if __name__ == "__main__":
    unittest.main()
