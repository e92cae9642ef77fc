#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Wrong files, of both kinds, under a running daemon: each is refused in these words, and the daemon goes on as it was.
The unit tests have longer tables; here is what becomes of the program."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from gateway import Gateway, Script  # noqa: E402

CONFIG, DATAERR, NOINPUT = 78, 65, 66
SYNTAX = "; next: look for a missing comma, quote or brace here or before"
PROFILE = 'profile.network (register 02C0): "tcp-server" is not allowed: this gateway is an MQTT client and nothing else' \
          ' on the network; write "mqtt-client"; allowed: "mqtt-client"'

# What is appended to a good springpark.conf as its line 3, and what is said after "FILE:".
SETTINGS = {
    "wrong size": ('registers = [ "02A1=0A" ];',
                   "3: registers (register 02A1): a value of 1 byte is not allowed: exactly 2"),
    "odd hex": ('registers = [ "02A1=0A1" ];',
                "3: registers (register 02A1): the value must be an even number of hex digits, at most 512"),
    "unknown address": ('registers = [ "02A5=00" ];',
                        "3: registers: there is no register 02A5; next: `springparkctl registers` lists those that there are"),
    "unknown name": ("smart_readr: { };", "3: smart_readr: unknown setting; did you mean smart_reader?"),
    "out of range": ("smart_reader: { read_interval = 256; };",
                     "3: smart_reader.read_interval (register 02A1): 256 is not allowed: 0 to 255 in units of 0.1 s"),
    "another profile": ('registers = [ "02C0=24" ];', "3: " + PROFILE),
    "contradiction": ('smart_reader: { read_interval = 1; }; registers = [ "02A1=0A1E" ];',
                      "3: registers: register 02A1 is set by name and raw, here and in FILE:3; keep one"),
    "truncated": ("smart_reader: { read_interval = 1;", "4: syntax error; next: look for a missing semicolon, quote or bracket here "
                                                       "or in the line before"),
    "twice": ("smart_reader: { }; smart_reader: { };", "3: duplicate setting name"),
}

# A whole vendor's file, and what is said after "FILE:".
VENDOR = {
    "wrong size": ('{ "02A1": "0A" }', "1: 02A1: a value of 1 byte is not allowed: exactly 2"),
    "odd hex": ('{ "02A1": "0A1" }', "1: 02A1: a value of 3 hex digits is not allowed: each byte has two"),
    "unknown address": ('{ "02A5": "00" }', "1: 02A5: there is no register 02A5; next: `springparkctl registers` lists "
                                            "those that there are"),
    "unknown member": ('{ "configs": { } }', "1: configs: is no member of such a file: config, templates and "
                                             "certificates are, or addresses of four hex digits"),
    "out of range": ('{ "0289": "531403031E1E" }', "1: 0289: mqtt.options.keep_alive (register 0289): 3 is not allowed: 5 to "
                     "255 s; with 0 a dead link would never be noticed, and libmosquitto takes nothing from 1 to 4 s"),
    "another profile": ('{ "02C0": "24" }', "1: 02C0: " + PROFILE),
    "contradiction": ('{ "config": { }, "0202": "41" }', "1: 0202: belongs into a flat list, and this file has the form "
                      "with members; next: write all of it in one form"),
    "truncated": ('{ "config": { "A1": "0A1E"', "1:26: is no JSON: '}' expected near end of file" + SYNTAX),
    "twice": ('{ "02A1": "0A1E",\n"02a1": "0A1E" }', "2: 02a1: register 02A1 is there twice, here and in line 1; keep one"),
}


class WrongFiles(unittest.TestCase):
    def setUp(self):
        self.script = Script()
        self.addCleanup(self.script.close)
        self.good = "readers: ( %s );\nmqtt: { tls: { enabled = false; }; };\n" % self.script.setting
        self.gateway = Gateway(self.good)
        self.addCleanup(self.gateway.close)
        self.file = self.gateway.configuration_path
        self.reads = 0

    def assert_goes_on(self):
        """With the reader that it had, and without a new start."""
        self.reads += 1
        self.script.do("insert NFC-A %08X" % (0x04000000 + self.reads), "remove")
        wait_until(self.has_read, 10, "the next read")
        self.assertEqual(self.gateway.status()["startup_counter"], 1)

    def has_read(self):
        status = self.gateway.status()
        return status["events"]["created"] + status["readers"][0]["unread"] == self.reads

    def reload(self, text):
        (self.file.write_bytes if isinstance(text, bytes) else self.file.write_text)(text)
        done = self.gateway.tool("reload")
        self.assertEqual((done.returncode, done.stdout), (CONFIG, ""))
        self.assert_goes_on()
        return done.stderr.splitlines()

    def take(self, text):
        path = self.gateway.directory / "device.json"
        (path.write_bytes if isinstance(text, bytes) else path.write_text)(text)
        done = self.gateway.tool("import", "--config", str(self.file), "--apply", str(path))
        self.assertEqual((done.stdout, self.file.read_text()), ("", self.good))
        self.assertEqual(done.stderr.splitlines()[-1], "%s is as it was" % self.file)
        self.assert_goes_on()
        return done.returncode, done.stderr.splitlines()[:-1], path

    def test_settings(self):
        for name, (line, message) in SETTINGS.items():
            with self.subTest(name):
                said = self.reload(self.good + line + "\n")
                self.assertIn("%s:%s" % (self.file, message.replace("FILE", str(self.file))), said)

    def test_settings_that_are_noise(self):
        for noise, message in ((os.urandom(10 << 20), "is too large for a configuration: at most 1048576 bytes"),
                               (os.urandom(60000), "holds a NUL byte, so it is no text file")):
            self.assertIn("%s: %s" % (self.file, message), self.reload(noise)[0])
        said = self.reload(os.urandom(60000).replace(b"\0", b"x"))
        self.assertTrue(said and all(one.isprintable() for one in said), said)
        self.file.write_text(self.good)
        self.assertEqual(self.gateway.tool("reload").returncode, 0)

    def test_vendor_files(self):
        for name, (text, message) in VENDOR.items():
            with self.subTest(name):
                status, said, path = self.take(text)
                self.assertEqual((status, said), (DATAERR, ["%s:%s" % (path, message)]))

    def test_vendor_files_that_are_noise(self):
        status, said, path = self.take(os.urandom(10 << 20))
        self.assertEqual((status, said), (NOINPUT, ["%s: is too large for a configuration: at most 1048576 bytes" % path]))
        status, said, path = self.take(os.urandom(1 << 20))
        self.assertEqual((status, len(said)), (DATAERR, 1))
        self.assertTrue(said[0].startswith("%s:" % path) and said[0].isprintable(), said)


if __name__ == "__main__":
    unittest.main()
