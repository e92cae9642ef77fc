#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What libnfc readers need of the system, as it is installed: udev's rules, modprobe's list, the drop-in, the text.

The tree must be built; SPRINGPARK_BUILD names the folder. No root.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))
import systemd  # noqa: E402

RULE_PART = re.compile(r'(ACTION|SUBSYSTEM|ENV\{DEVTYPE\}|ATTR\{idVendor\}|ATTR\{idProduct\})(==|!=)"[^"]+"'
                       r'|(GROUP|MODE|GOTO|LABEL)="[^"]+"')


def lines_of(path):
    """Without comments and empty lines."""
    return [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


class LibnfcFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="springpark-libnfc-files-")
        cls.addClassCleanup(scratch.cleanup)
        build = systemd.build_folder()
        done = subprocess.run(["make", "-s", "-C", str(build), "install", "DESTDIR=" + scratch.name],
                              capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.prefix = pathlib.Path(scratch.name + systemd.make_variable(build, "prefix"))
        cls.documents = pathlib.Path(scratch.name + systemd.make_variable(build, "docdir"))
        cls.data = pathlib.Path(scratch.name + systemd.make_variable(build, "springparkdatadir"))
        cls.rules = lines_of(cls.prefix / "lib/udev/rules.d/60-springpark-nfc.rules")

    def test_each_rule_is_one_of_udev(self):
        for line in self.rules:
            for part in line.split(", "):
                self.assertRegex(part, "^(%s)$" % RULE_PART.pattern, line)

    def test_each_jump_has_its_label_behind_it(self):
        def find(pattern):
            return [(match, index) for index, line in enumerate(self.rules) for match in re.findall(pattern, line)]
        labels = dict(find('LABEL="([^"]+)"'))
        jumps = find('GOTO="([^"]+)"')
        self.assertTrue(jumps)
        for label, index in jumps:
            self.assertGreater(labels[label], index)

    def test_the_rules_give_exactly_those_readers_that_the_daemon_knows(self):
        given = set()
        for line in self.rules:
            match = re.fullmatch(r'ATTR\{idVendor\}=="([0-9a-f]{4})", ATTR\{idProduct\}=="([0-9a-f]{4})", '
                                 r'GROUP="springpark", MODE="0660"', line)
            if match:
                given.add(match.groups())
        source = (TOP / "src/reader/nfc_place.c").read_text()
        known = {(vendor.lower(), product.lower())
                 for vendor, product in re.findall(r"_usb\", 0x([0-9A-F]{4}), 0x([0-9A-F]{4}) }", source)}
        self.assertGreaterEqual(len(known), 10)
        self.assertEqual(given, known)

    def test_modprobe_is_told_of_each_module_that_takes_the_chip(self):
        lines = lines_of(self.prefix / "lib/modprobe.d/springpark.conf")
        for line in lines:
            self.assertRegex(line, r"^blacklist [a-z0-9_]+$")
        self.assertEqual({line.split()[1] for line in lines}, {"pn533", "pn533_usb", "pn533_i2c", "pn532_uart"})

    def test_the_drop_in_and_the_text_are_there_and_name_each_other(self):
        drop_in = self.data / "springparkd-libnfc.conf"
        self.assertIn("libnfc.md", drop_in.read_text())
        self.assertIn("springparkd-libnfc.conf /etc/systemd/system/springparkd.service.d/libnfc.conf",
                      (self.documents / "libnfc.md").read_text())


if __name__ == "__main__":
    unittest.main()
