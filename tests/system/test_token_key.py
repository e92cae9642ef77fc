#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The device's key in a PKCS#11 token (SoftHSM): the tool makes its certificate, the daemon connects with it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

from broker import Broker  # noqa: E402
from gateway import Gateway, Script, configuration, program  # noqa: E402
from pki import Sandbox  # noqa: E402
from softhsm import MODULE, PIN, Token  # noqa: E402

UNAVAILABLE, CONFIG = 69, 78
OTHER_PIN = "86420975"


def setUpModule():
    global TOKEN, EC, RSA
    TOKEN = Token()
    EC = TOKEN.make_key("device")
    RSA = TOKEN.make_key("device-rsa", "rsa:2048", "02")


def tearDownModule():
    TOKEN.close()


class TokenTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-token-"))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(self.sandbox.pem("device-ca"), self.folder / "ca.pem")
        shutil.copy(self.sandbox.key("device-ca"), self.folder / "ca.key")

    def run_tool(self, *arguments, **environment):
        return subprocess.run([program("springparkctl"), *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                              env=dict(os.environ, **TOKEN.environment, **environment))

    def certs(self, *arguments, status=0, **environment):
        done = self.run_tool("certs", *arguments, **environment)
        self.assertEqual(done.returncode, status, done.stderr)
        return done


class Tool(TokenTest):
    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def test_requests_and_certificates_are_for_the_tokens_key(self):
        for number, uri in enumerate((EC, RSA)):
            for name, with_pin in (("file-%d" % number, TOKEN.with_pin(uri)),
                                   ("value-%d" % number, uri + "?pin-value=%37" + PIN[1:]),
                                   ("path-%d" % number, "%s?module-path=%s&pin-value=%s" % (uri, MODULE, PIN))):
                with self.subTest(name):
                    self.certs("csr", name, "--key", with_pin, "--directory", self.folder)
                    said = self.certs("device", name, "--key", with_pin, "--directory", self.folder).stdout
                    self.assertNotIn("pin-value", said)
                    request, device = self.folder / ("device-%s.csr" % name), self.folder / ("device-%s.pem" % name)
                    self.openssl("req", "-in", request, "-noout", "-verify")
                    self.openssl("verify", "-CAfile", self.folder / "ca.pem", "-purpose", "sslclient", device)
                    self.assertEqual(self.openssl("req", "-in", request, "-noout", "-pubkey"),
                                     self.openssl("x509", "-in", device, "-noout", "-pubkey"))
                    self.assertFalse((self.folder / ("device-%s.key" % name)).exists())
                    shown = self.certs("show", with_pin, device).stdout
                    self.assertIn("belongs to   %s, certificate 1" % device, shown)

    def test_what_is_wrong_is_said_without_the_pin(self):
        pin = "?pin-value=" + PIN
        open_pin = self.folder / "open-pin"
        open_pin.write_text(PIN)
        open_pin.chmod(0o644)
        for uri, words in ((EC + "?pin-value=" + OTHER_PIN, "PIN incorrect"),
                           (EC, "pin-source=file:PATH"),
                           (EC.replace("device", "none") + pin, "object not found"),
                           (EC.replace("springpark", "none") + pin, "token=none"),
                           (EC + pin + "&module-path=/none.so", "/none.so cannot be read"),
                           (EC + "?pin-source=file:/none", "pin-source: /none cannot be read"),
                           (EC + "?pin-source=file:%s" % open_pin, "is open to others"),
                           ("pkcs11:nonsense", "next:")):
            with self.subTest(uri):
                said = self.certs("csr", "x", "--key", uri, "--directory", self.folder, status=UNAVAILABLE).stderr
                self.assertIn(words, said)
                self.assertIn("pkcs11:", said)
                self.assertEqual(said.count("\n"), 1, said)
                self.assertNotIn(PIN, said)
                self.assertNotIn(OTHER_PIN, said)
        # Three wrong ones in a row would lock some tokens; a right one forgives.
        self.certs("csr", "y", "--key", TOKEN.with_pin(EC), "--directory", self.folder)

    def test_a_missing_engine_is_named_with_its_package(self):
        said = self.certs("csr", "x", "--key", TOKEN.with_pin(EC), "--directory", self.folder, status=UNAVAILABLE,
                          OPENSSL_ENGINES="/none").stderr
        self.assertIn("next: apt-get install libengine-pkcs11-openssl", said)


class Daemon(TokenTest):
    def configuration(self, broker, script, key):
        text = configuration(broker, script.setting)
        text = text.replace(self.sandbox.key("device"), key)
        text = text.replace(self.sandbox.pem("device-chain"), str(self.folder / "device-chain.pem"))
        return text.replace(self.sandbox.pem("device"), str(self.folder / "device.pem"))

    def make_device(self, uri):
        serial = self.sandbox.serial
        self.certs("device", serial, "--key", TOKEN.with_pin(uri), "--directory", self.folder)
        (self.folder / ("device-%s.pem" % serial)).rename(self.folder / "device.pem")
        (self.folder / ("device-%s-chain.pem" % serial)).rename(self.folder / "device-chain.pem")

    def test_events_come_over_a_key_in_a_token(self):
        """And each reload and reconnection logs in to the token anew."""
        for uri in EC, RSA:
            with self.subTest(uri), Broker(self.sandbox) as broker:
                self.make_device(uri)
                script = Script()
                self.addCleanup(script.close)
                subscriber = broker.subscriber()
                with Gateway(self.configuration(broker, script, TOKEN.with_pin(uri)),
                             environment=TOKEN.environment) as gateway:
                    script.do("insert NFC-A 04A1B2C3D4E5F6")
                    self.assertIn("04A1B2C3D4E5F6", subscriber.wait_for(1, 15)[0].payload)
                    broker.restart()
                    subscriber = broker.subscriber()
                    script.do("remove", "insert NFC-A 04000000000001")
                    subscriber.wait_until(lambda got: any("04000000000001" in one.payload for one in got), 30)
                    self.assertNotIn(PIN, gateway.log_text())
                    self.assertEqual(gateway.stop(), 0)

    def test_a_key_that_is_not_in_the_token_is_a_wrong_configuration(self):
        with Broker(self.sandbox) as broker:
            self.make_device(EC)
            script = Script()
            self.addCleanup(script.close)
            for key, words in ((TOKEN.with_pin(EC.replace("device", "none")), "object not found"),
                               (EC + "?pin-value=" + OTHER_PIN, "PIN incorrect"),
                               (TOKEN.with_pin(RSA), "does not belong to the certificate")):
                gateway = Gateway(self.configuration(broker, script, key), environment=TOKEN.environment,
                                  wait_ready=False)
                self.addCleanup(gateway.close)
                self.assertEqual(gateway.wait(), CONFIG)
                self.assertIn(words, gateway.log_text())
                self.assertNotIn(OTHER_PIN, gateway.log_text())
                done = self.run_tool("check", gateway.configuration_path)
                self.assertEqual(done.returncode, CONFIG)
                self.assertIn(words, done.stderr)
            gateway.configure(self.configuration(broker, script, TOKEN.with_pin(EC)))
            done = self.run_tool("check", gateway.configuration_path)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
