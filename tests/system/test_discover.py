#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who looks for devices finds the daemon, as far as its settings say, and can do nothing else. Networks of their own."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import network  # noqa: E402
from gateway import SMALL_PROC, Gateway, program, run_daemons_under  # noqa: E402

MARKER = b"com.springcard.nddu.1:"
PORT = 3999
OK, UNAVAILABLE = 0, 69


SCRIPT = tempfile.NamedTemporaryFile("w", suffix=".script")


def configuration(more="", reach=None):
    return ('device: { serial = "GATE-7"; location = "north gate; left"; };\n'
            'readers: ( { driver = "script"; path = "%s"; label = "door"; } );\n%s' % (SCRIPT.name, more) +
            ('discovery: { reach = "%s"; };\n' % reach if reach else ""))


def setUpModule():
    SCRIPT.write("wait 60s\nrepeat\n")
    SCRIPT.flush()
    unittest.addModuleCleanup(SCRIPT.close)
    reason = network.reason_to_skip()
    if reason:
        raise unittest.SkipTest(reason)
    network.enter_private_network()


class DiscoverTest(unittest.TestCase):
    def gateway(self, *words, **named):
        gateway = Gateway(configuration(*words, **named))
        self.addCleanup(gateway.close)
        return gateway

    def site(self):
        site = network.Site()
        self.addCleanup(site.close)
        return site

    @staticmethod
    def discover(*arguments, command=()):
        return subprocess.run([*command, program("springparkctl"), "discover", "--seconds", "1", *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=30, check=False)

    def devices(self, *arguments, command=()):
        done = self.discover("--json", *arguments, command=command)
        self.assertIn(done.returncode, (OK, UNAVAILABLE), done.stderr)
        devices = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, OK if devices else UNAVAILABLE)
        return devices


class Found(DiscoverTest):
    def test_from_its_own_box_without_any_setting(self):
        self.gateway()
        device, = self.devices()
        self.assertEqual((device["info"], device["locked"]), ("serial number GATE-7, north gate  left", True))
        self.assertIn("springparkd", device["type"])
        text = self.discover()
        self.assertEqual((text.returncode, text.stderr), (OK, ""))
        self.assertIn("GATE-7", text.stdout)

    def test_not_from_the_network_without_being_told_to(self):
        site = self.site()
        self.gateway()
        done = self.discover(command=site.command)
        self.assertEqual((done.returncode, done.stdout), (UNAVAILABLE, ""))
        self.assertIn("discovery.reach", done.stderr)

    def test_from_the_network_with_what_it_has_there(self):
        site = self.site()
        self.gateway(reach="network")
        device, = self.devices(command=site.command)
        self.assertEqual((device["address"], device["netmask"]), (site.our_address, "255.255.255.252"))
        self.assertRegex(device["mac"], "^[0-9A-F]{12}$")
        link, = json.loads(subprocess.run(["ip", "-json", "link", "show", "heal-ours"], stdout=subprocess.PIPE, text=True,
                                          check=True).stdout)
        self.assertEqual(device["mac"], link["address"].replace(":", "").upper())
        self.assertEqual(len(self.devices()), 1)   # and from its own box as before

    def test_what_leads_out_of_the_box_with_the_units_small_proc_too(self):
        site = self.site()
        subprocess.run(["ip", "route", "add", "default", "via", site.their_address], check=True)
        run_daemons_under(self, *SMALL_PROC)
        self.gateway()
        device, = self.devices()
        self.assertEqual((device["address"], device["gateway"]), (site.our_address, site.their_address))

    def test_several_on_one_box_all_answer(self):
        for serial in ("ONE", "TWO", "THREE"):
            gateway = Gateway(configuration().replace("GATE-7", serial))
            self.addCleanup(gateway.close)
        self.assertEqual(sorted(device["info"].split(",")[0] for device in self.devices()),
                         ["serial number ONE", "serial number THREE", "serial number TWO"])

    def test_on_the_port_of_the_register(self):
        self.gateway("ports: { nddu = 4711; };\n")
        self.assertEqual(self.devices(), [])
        self.assertEqual(len(self.devices("--port", "4711")), 1)

    def test_a_reload_closes_and_opens(self):
        gateway = self.gateway()
        self.assertEqual(len(self.devices()), 1)
        for text in (configuration(reach="off"), configuration("network: { services: { nddu_disabled = true; }; };\n")):
            with self.subTest(text):
                gateway.configure(text)
                self.assertEqual(gateway.tool("reload").returncode, OK)
                self.assertEqual(self.devices(), [])
                gateway.configure(configuration())
                self.assertEqual(gateway.tool("reload").stdout, "the new settings are in use\n")
                self.assertEqual(len(self.devices()), 1)

    def test_a_port_that_is_taken_is_a_warning_and_no_more(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("0.0.0.0", PORT))
            gateway = self.gateway()
            gateway.wait_log("UDP port 3999: Address already in use")
            self.assertIn("ready", gateway.log_text())


class Datagrams(DiscoverTest):
    """As the vendor's utility sends them, from its own port."""

    def asker(self):
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(asker.close)
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        asker.bind(("127.0.0.1", PORT))
        asker.settimeout(10)
        return asker

    @staticmethod
    def send(asker, text):
        asker.sendto(text, ("127.255.255.255", PORT))

    def test_only_a_lookup_is_answered(self):
        self.gateway()
        asker = self.asker()
        for text in (b"", b"lookup", MARKER, MARKER + b"lookup", MARKER + b"device:mac=1;", b"com.springcard.nddu.2:lookup:",
                     MARKER + b"set_address:mac=000000000000;addr=10.0.0.1;mask=255.0.0.0;gway=;pass=;",
                     MARKER + b"message:mac=000000000000;code=1;text=x;", MARKER + b"lookup:" + b"x" * 2000):
            self.send(asker, text)
        self.send(asker, MARKER + b"lookup:info=;")
        answer = asker.recv(2048)
        self.assertTrue(answer.startswith(MARKER + b"device:mac="), answer)
        self.assertIn(b";lock=1;", answer)
        # Datagrams of one sender to one receiver stay in order on loopback: nothing was answered before, and now nothing is.
        self.send(asker, MARKER + b"lookup:info=;")
        self.assertEqual(asker.recv(2048), answer)
        asker.settimeout(0.2)
        self.assertRaises(TimeoutError, asker.recv, 2048)

    def test_so_many_answers_a_second_and_no_more(self):
        self.gateway()
        asker = self.asker()
        begin = time.monotonic()
        count = 0
        asker.settimeout(0.02)
        while time.monotonic() - begin < 2:
            for _ in range(20):
                self.send(asker, MARKER + b"lookup:")
            try:
                while asker.recv(2048):
                    count += 1
            except TimeoutError:
                pass
        elapsed = time.monotonic() - begin
        self.assertGreaterEqual(count, 10)
        self.assertLessEqual(count, 10 + 5 * elapsed)


if __name__ == "__main__":
    unittest.main()
