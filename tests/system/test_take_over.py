#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Certificates and keys that are replaced while the daemon runs: the new ones are used from the next connection or the
next reload on, and whatever goes wrong meanwhile, no event is lost.

The broker is played, so that each connection's certificate is seen. SPRINGPARK_BUILD = the built tree."""
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from delivery_parts import DeliveryTest, pair, play  # noqa: E402
from gateway import Gateway, configuration, program  # noqa: E402
from pki import Sandbox  # noqa: E402
from softhsm import PIN, Token  # noqa: E402

CONFIG = 78
FLOW_PAUSE_S = 0.02


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True).stdout


class TakeOverTest(DeliveryTest):
    """self.folder: the box's own device.pem, device.key, chain.pem and ca.pem."""

    def setUp(self):
        super().setUp()
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-take-over-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.place("device.pem", self.sandbox.pem("device"))
        self.place("device.key", self.sandbox.key("device"))
        self.place("chain.pem", self.sandbox.pem("device-chain"))
        self.place("ca.pem", self.sandbox.pem("server-ca"))
        self.brokers = []
        self.stop_flow = threading.Event()

    # -- files

    def place(self, name, *sources):
        """A file of the box is replaced at once, as install(1) and every careful tool does."""
        new = self.folder / (name + ".new")
        new.write_bytes(b"".join(pathlib.Path(one).read_bytes() for one in sources))
        new.chmod(0o600)
        new.rename(self.folder / name)

    def place_pair(self, name):
        self.place("device.pem", self.sandbox.pem(name))
        self.place("device.key", self.sandbox.key(name))

    def serial(self, path=None):
        return openssl("x509", "-in", path or self.folder / "device.pem", "-noout", "-serial").strip().split("=")[1]

    # -- broker and daemon

    def tls_broker(self, server="server", *scripts):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.sandbox.pem(server), self.sandbox.key(server))
        tls.load_verify_locations(self.sandbox.pem("device-ca"))
        tls.verify_mode = ssl.CERT_REQUIRED
        broker = self.start_broker(*scripts, tls=tls)
        self.brokers.append(broker)
        return broker

    def settings(self):
        where = types.SimpleNamespace(sandbox=self.sandbox, port=self.port)
        text = configuration(where, self.script.setting, options="reconnect_interval = 1;")
        for name, source in (("ca.pem", "server-ca.pem"), ("chain.pem", "device-chain.pem"),
                             ("device.key", "device.key"), ("device.pem", "device.pem")):
            text = text.replace('"%s"' % (self.sandbox.directory / source), '"%s"' % (self.folder / name))
        return text

    def start(self, text=None, **options):
        gateway = Gateway(text or self.settings(), **options)
        self.addCleanup(gateway.close)
        return gateway

    def reload(self, gateway, status=0):
        done = gateway.tool("reload", timeout=30)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stderr

    def wait_connection(self, broker, number, serial, timeout=15):
        """Waits until events have come over that connection, and looks at the certificate of its client."""
        if not broker.wait(lambda: len(self.events(broker, number)) > 0, timeout):
            self.fail("no event came over connection %d of %d" % (number, len(broker.connections)))
        self.assertEqual(broker.connections[number].client_serial, serial)

    def wait_state(self, gateway, state, words="", timeout=20):
        last = {}

        def holds():
            last.update(gateway.status()["broker"])
            return last["state"] == state and words in (last.get("detail") or "")
        try:
            wait_until(holds, timeout, "%s, %s" % (state, words))
        except TimeoutError as error:
            self.fail("%s; it says %s" % (error, last))

    # -- events

    def begin_flow(self):
        """Tags come and go until end_flow."""
        def flow():
            while not self.stop_flow.wait(FLOW_PAUSE_S):
                self.read_tags()
        self.flow = threading.Thread(target=flow, daemon=True)
        self.flow.start()
        self.addCleanup(self.stop_flow.set)

    def end_flow(self):
        self.stop_flow.set()
        self.flow.join(10)

    def wait_further_events(self, broker, number, count=5):
        """Waits until the flow goes on over that connection."""
        before = len(self.events(broker, number))
        self.assertTrue(broker.wait(lambda: len(self.events(broker, number)) >= before + count, 15),
                        "no more events came over connection %d" % number)

    def all_pairs(self):
        return {pair(packet) for broker in self.brokers for packet in self.events(broker)}

    def assert_nothing_is_missing(self, gateway, starts=1):
        """Each Sequence from 1 on came, and what came more than once was the same."""
        # What the script was told last may not have reached the daemon, and then it has nothing to wait for.
        wait_until(lambda: len(self.all_pairs()) >= self.number, 20, "each of %d tags came" % self.number)
        self.wait_nothing_waits(gateway)
        payloads = {}
        for broker in self.brokers:
            for packet in self.events(broker):
                self.assertEqual(payloads.setdefault(pair(packet), packet.payload), packet.payload)
        self.assertEqual(len(payloads), self.number)
        for start in range(1, starts + 1):
            sequences = sorted(sequence for counter, sequence in payloads if counter == start)
            self.assertEqual(sequences, list(range(1, len(sequences) + 1)))
        self.assertEqual(sum(len(one.get("Gaps", ())) for broker in self.brokers for one in self.statuses(broker)), 0)


class Files(TakeOverTest):
    def test_a_pair_that_was_replaced_is_used_from_a_reload_on(self):
        old = self.serial()
        self.sandbox.make_client("renewed", self.sandbox.serial)
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, old)
        self.place_pair("renewed")
        self.wait_further_events(broker, 0)
        self.reload(gateway)
        self.assertNotEqual(self.serial(), old)
        self.wait_connection(broker, 1, self.serial())
        self.wait_further_events(broker, 1)
        self.end_flow()
        self.assert_nothing_is_missing(gateway)
        self.assertEqual(len(broker.connections), 2)

    def test_without_a_reload_the_next_connection_uses_it(self):
        self.sandbox.make_client("renewed", self.sandbox.serial)
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        self.place_pair("renewed")
        broker.stop()
        broker = self.tls_broker()
        self.wait_connection(broker, 0, self.serial())
        self.wait_further_events(broker, 0)
        self.end_flow()
        self.assert_nothing_is_missing(gateway)

    def test_half_a_pair_is_refused_until_the_other_half_is_there(self):
        """In either order, and the connection that stands goes on."""
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        for number, (first, second) in enumerate(((".pem", ".key"), (".key", ".pem"))):
            with self.subTest(first):
                name = "renewed-%d" % number
                self.sandbox.make_client(name, self.sandbox.serial)
                self.place("device" + first, self.sandbox.directory / (name + first))
                said = self.reload(gateway, CONFIG)
                self.assertIn(str(self.folder / "device.key"), said)
                self.assertIn("does not belong to the certificate %s" % (self.folder / "device.pem"), said)
                self.assertIn("next: ", said)
                self.wait_further_events(broker, number)
                self.assertEqual(len(broker.connections), number + 1)
                self.place("device" + second, self.sandbox.directory / (name + second))
                self.reload(gateway)
                self.wait_connection(broker, number + 1, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)

    def test_a_connection_that_is_lost_at_half_a_pair_comes_back_with_the_other_half(self):
        self.sandbox.make_client("renewed", self.sandbox.serial)
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        self.place("device.pem", self.sandbox.pem("renewed"))
        broker.stop()
        broker = self.tls_broker()
        self.wait_state(gateway, "waiting", "does not belong to the certificate")
        self.assertEqual(len(broker.connections), 0)
        self.place("device.key", self.sandbox.key("renewed"))
        self.wait_connection(broker, 0, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)

    def test_a_file_that_is_half_written_is_refused_and_later_used(self):
        self.sandbox.make_client("renewed", self.sandbox.serial)
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        whole = pathlib.Path(self.sandbox.pem("renewed")).read_bytes()
        half = self.folder / "half"
        half.write_bytes(whole[:len(whole) // 2])
        self.place("device.pem", half)
        self.assertIn("%s: the device's certificate is damaged" % (self.folder / "device.pem"),
                      self.reload(gateway, CONFIG))
        self.wait_further_events(broker, 0)
        self.place_pair("renewed")
        self.reload(gateway)
        self.wait_connection(broker, 1, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)

    def test_a_new_certificate_that_has_expired_does_not_end_the_connection(self):
        self.sandbox.make_expired_client()
        self.sandbox.make_client("renewed", self.sandbox.serial)
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        self.place_pair("client-expired")
        said = self.reload(gateway, CONFIG)
        self.assertIn("%s: the device's certificate has expired" % (self.folder / "device.pem"), said)
        self.wait_further_events(broker, 0)
        self.assertEqual(len(broker.connections), 1)
        # Once the connection is lost all the same, status says why there is no other, and a reload is nothing to refuse.
        broker.stop()
        broker = self.tls_broker()
        self.wait_state(gateway, "waiting", "has expired")
        self.reload(gateway)
        self.assertEqual(len(broker.connections), 0)
        self.place_pair("renewed")
        self.wait_connection(broker, 0, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)


class Authorities(TakeOverTest):
    def setUp(self):
        super().setUp()
        self.sandbox.make_server_of_other_ca()

    def test_a_broker_with_a_certificate_of_a_new_ca_is_trusted_once_the_file_has_it(self):
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        broker.stop()
        broker = self.tls_broker("server-of-other-ca")
        self.wait_state(gateway, "waiting", "certificate")
        self.assertEqual(self.events(broker), [])
        self.place("ca.pem", self.sandbox.pem("other-ca"))
        self.assertTrue(broker.wait(lambda: len(self.events(broker)) > 5, 20), "it is trusted now")
        self.end_flow()
        self.assert_nothing_is_missing(gateway)

    def test_with_both_cas_in_the_file_the_broker_may_change_at_any_time(self):
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        self.place("ca.pem", self.sandbox.pem("server-ca"), self.sandbox.pem("other-ca"))
        self.reload(gateway)
        self.wait_connection(broker, 1, self.serial())
        broker.stop()
        broker = self.tls_broker("server-of-other-ca")
        self.wait_connection(broker, 0, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)


class Credentials(TakeOverTest):
    def test_a_restart_takes_new_credentials_and_loses_nothing(self):
        """systemd hands them over at a start only."""
        self.sandbox.make_client("renewed", self.sandbox.serial)
        text = self.settings()
        for name in "device.pem", "device.key":
            text = text.replace(str(self.folder / name), "credential:" + name)
        broker = self.tls_broker()
        gateway = self.start(text, environment={"CREDENTIALS_DIRECTORY": str(self.folder)})
        self.wait_tags(broker, self.read_tags(3))
        self.wait_connection(broker, 0, self.serial())
        self.wait_nothing_waits(gateway)
        broker.stop()
        self.read_tags(20)
        self.wait_on_disk(gateway, 20)
        self.assertEqual(gateway.stop(), 0)
        self.place_pair("renewed")
        gateway.start()
        self.read_tags(3)
        broker = self.tls_broker()
        self.wait_connection(broker, 0, self.serial())
        self.assert_nothing_is_missing(gateway, starts=2)


class Tokens(TakeOverTest):
    """The URI of a key stays the same when another key is behind it."""

    def setUp(self):
        super().setUp()
        self.token = Token()
        self.addCleanup(self.token.close)
        shutil.copy(self.sandbox.pem("device-ca"), self.folder / "device-ca.pem")
        self.uri = self.token.with_pin(self.token.make_key("device"))
        self.make_certificate()

    def make_certificate(self):
        """device.pem for the key that the token has now."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copy(self.sandbox.pem("device-ca"), folder / "ca.pem")
        shutil.copy(self.sandbox.key("device-ca"), folder / "ca.key")
        done = subprocess.run([program("springparkctl"), "certs", "device", self.sandbox.serial, "--key", self.uri,
                               "--directory", str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=dict(os.environ, **self.token.environment))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.place("device.pem", folder / ("device-%s.pem" % self.sandbox.serial))

    def replace_key(self):
        self.token.delete_key("device")
        self.token.make_key("device")

    def start(self, text=None, **options):
        text = self.settings().replace(str(self.folder / "device.key"), self.uri)
        return super().start(text, environment=self.token.environment, **options)

    def test_a_key_that_was_replaced_in_the_token_is_used_from_a_reload_on(self):
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        for number in 1, 2:     # the second time the old one has been in use by way of a reload
            self.replace_key()
            said = self.reload(gateway, CONFIG)
            self.assertIn("keys.slot_D (register 0288): pkcs11:", said)
            self.assertIn("does not belong to the certificate %s" % (self.folder / "device.pem"), said)
            self.assertNotIn(PIN, said)
            self.wait_further_events(broker, number - 1)
            self.make_certificate()
            self.reload(gateway)
            self.wait_connection(broker, number, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)
        self.assertEqual(len(broker.connections), 3)

    def test_without_a_reload_the_next_connection_uses_it(self):
        broker = self.tls_broker()
        gateway = self.start()
        self.begin_flow()
        self.wait_connection(broker, 0, self.serial())
        self.replace_key()
        self.make_certificate()
        broker.stop()
        broker = self.tls_broker()
        self.wait_connection(broker, 0, self.serial())
        self.end_flow()
        self.assert_nothing_is_missing(gateway)


if __name__ == "__main__":
    unittest.main()
