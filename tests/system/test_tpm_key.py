#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The device's key in a TPM 2.0 (swtpm), through OpenSSL's provider: the tool makes its certificate, the daemon connects
with it. That a key came out of the TPM is not possible: what is in the file only that TPM can use."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

import swtpm  # noqa: E402
from broker import Broker, wait_until  # noqa: E402
from gateway import Gateway, Script, configuration, program  # noqa: E402
from pki import Sandbox  # noqa: E402

DATA, CONFIG = 65, 78
WHY_NOT = swtpm.reason_to_skip()
KINDS = (("EC", "group:P-256"), ("RSA", "bits:2048"))


def setUpModule():
    global TPM
    if WHY_NOT is not None:
        raise unittest.SkipTest(WHY_NOT)
    TPM = swtpm.Tpm()


def tearDownModule():
    TPM.close()


class TpmTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-tpm-"))
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copy(self.sandbox.pem("device-ca"), self.folder / "ca.pem")
        shutil.copy(self.sandbox.key("device-ca"), self.folder / "ca.key")

    def run_tool(self, *arguments, **environment):
        return subprocess.run([program("springparkctl"), *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                              env=dict(os.environ, **dict(TPM.environment, **environment)))

    def certs(self, *arguments, status=0, **options):
        done = self.run_tool("certs", *arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def make_key(self, name, *options):
        TPM.make_key(self.folder / (name + ".key"), *options)
        return self.folder / (name + ".key")

    def make_device(self, *options):
        """device.key of the TPM, and its certificate, for this box."""
        key = self.make_key("device", *options)
        serial = self.sandbox.serial
        self.certs("device", serial, "--key", key, "--directory", self.folder)
        (self.folder / ("device-%s.pem" % serial)).rename(self.folder / "device.pem")
        (self.folder / ("device-%s-chain.pem" % serial)).rename(self.folder / "device-chain.pem")


class Tool(TpmTest):
    def openssl(self, *arguments):
        """Without the TPM."""
        done = subprocess.run(["openssl", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def request_and_certificate(self, kind, name, key, environment):
        self.certs("csr", "asked-" + name, "--key", key, "--directory", self.folder, **environment)
        # The CA's key is in a file, whatever OpenSSL's configuration prefers.
        self.certs("device", "box-" + name, "--key", key, "--directory", self.folder, **environment)
        request, device = self.folder / ("device-asked-%s.csr" % name), self.folder / ("device-box-%s.pem" % name)
        self.openssl("req", "-in", request, "-noout", "-verify")
        self.openssl("verify", "-CAfile", self.folder / "ca.pem", "-purpose", "sslclient", device)
        self.assertEqual(self.openssl("req", "-in", request, "-noout", "-pubkey"),
                         self.openssl("x509", "-in", device, "-noout", "-pubkey"))
        self.assertFalse((self.folder / ("device-box-%s.key" % name)).exists())
        shown = self.certs("show", key, device, request, **environment).stdout
        self.assertIn("EC P-256" if kind == "EC" else "RSA 2048", shown)
        self.assertIn("belongs to   %s, certificate 1" % device, shown)

    def test_requests_and_certificates_are_for_the_tpms_key(self):
        for kind, size in KINDS:
            key = self.make_key(kind, kind, size)
            for name, environment in (("plain", {}), ("configured", TPM.configured("TLSv1.3"))):
                with self.subTest("%s, %s" % (kind, name)):
                    self.request_and_certificate(kind, kind + "-" + name, key, environment)

    def test_what_is_missing_is_named_with_the_next_step(self):
        key = self.make_key("device")
        for words, variable, value in (
                ("is not there; next: apt-get install tpm2-openssl", "OPENSSL_MODULES", str(self.folder)),
                ("reaches no TPM; next: see that this user may open /dev/tpmrm0", "TPM2OPENSSL_TCTI",
                 "swtpm:host=127.0.0.1,port=1")):
            with self.subTest(words):
                said = self.certs("csr", "x", "--key", key, "--directory", self.folder, status=DATA,
                                  **{variable: value}).stderr
                self.assertIn("%s: the device's private key is a TPM's (TSS2 PRIVATE KEY)" % key, said)
                self.assertIn(words, said)

    def test_a_key_of_another_tpm_and_one_with_a_password_are_refused(self):
        other = swtpm.Tpm()
        self.addCleanup(other.close)
        other.make_key(self.folder / "other.key")
        said = self.certs("csr", "x", "--key", self.folder / "other.key", "--directory", self.folder,
                          status=DATA).stderr
        self.assertIn("this TPM does not take it: cannot load key; next: use the TPM that made it", said)
        key = self.make_key("locked", *KINDS[0], "-pkeyopt", "user-auth:7341")
        said = self.certs("csr", "x", "--key", key, "--directory", self.folder, status=DATA).stderr
        self.assertIn("needs a password for the TPM", said)
        self.assertIn("next: ", said)


class Daemon(TpmTest):
    def configuration(self, broker, script, **sections):
        text = configuration(broker, script.setting, options="reconnect_interval = 1;", **sections)
        for name in ("device-chain.pem", "device.key", "device.pem"):
            text = text.replace(str(self.sandbox.directory / name), str(self.folder / name))
        return text

    def start_script(self):
        script = Script()
        self.addCleanup(script.close)
        return script

    @staticmethod
    def open_files(gateway):
        return len(os.listdir("/proc/%d/fd" % gateway.pid))

    def connect_events_and_reconnect(self, environment, version):
        with Broker(self.sandbox) as broker:
            script = self.start_script()
            subscriber = broker.subscriber()
            with Gateway(self.configuration(broker, script), environment=environment) as gateway:
                script.do("insert NFC-A 04A1B2C3D4E5F6")
                self.assertIn("04A1B2C3D4E5F6", subscriber.wait_for(1, 20)[0].payload)
                self.assertIn(", %s\n" % version, gateway.log_text())
                broker.restart()
                subscriber = broker.subscriber()
                script.do("remove", "insert NFC-A 04000000000001")
                subscriber.wait_until(lambda got: any("04000000000001" in one.payload for one in got), 30)
                # A reload reads the key beside the connection that has it in use, and lets go of it.
                before = self.open_files(gateway)
                for _time in range(4):
                    done = gateway.tool("reload")
                    self.assertEqual(done.returncode, 0, done.stderr)
                # One or two stay with the first; what a key holds, a way to the TPM, is more than that each time.
                wait_until(lambda: self.open_files(gateway) <= before + 2, 10, "%d open files again" % before)
                self.assertEqual(gateway.stop(), 0)

    def test_events_come_over_a_key_in_the_tpm(self):
        for kind, size in KINDS:
            self.make_device(kind, size)
            for version in "TLSv1.2", "TLSv1.3":
                with self.subTest("%s, %s" % (kind, version)):
                    self.connect_events_and_reconnect(TPM.configured(version), version)
            with self.subTest("%s, nothing configured" % kind):
                self.connect_events_and_reconnect(TPM.environment, "TLSv1.3")
            for name in "device.pem", "device-chain.pem", "device.key":
                (self.folder / name).unlink()

    def test_check_and_doctor_take_the_key_as_the_daemon_does(self):
        self.make_device()
        with Broker(self.sandbox) as broker:
            settings = self.folder / "springpark.conf"
            settings.write_text(self.configuration(broker, self.start_script()))
            done = self.run_tool("check", settings)
            self.assertEqual(done.returncode, 0, done.stderr)
            done = self.run_tool("doctor", "--config", settings)
            for line in ("private key", "key pair", "TLS", "connect"):
                self.assertRegex(done.stdout, r"(?m)^ok +%s" % line)
            done = self.run_tool("check", settings, OPENSSL_MODULES=str(self.folder))
            self.assertEqual(done.returncode, CONFIG)
            self.assertIn("keys.slot_D (register 0288): %s/device.key: " % self.folder, done.stderr)
            self.assertIn("next: apt-get install tpm2-openssl", done.stderr)

    def test_without_the_provider_the_daemon_ends_and_names_it(self):
        self.make_device()
        with Broker(self.sandbox) as broker:
            gateway = Gateway(self.configuration(broker, self.start_script()), wait_ready=False,
                              environment=dict(TPM.environment, OPENSSL_MODULES=str(self.folder)))
            self.addCleanup(gateway.close)
            self.assertEqual(gateway.wait(), CONFIG)
            self.assertIn("next: apt-get install tpm2-openssl", gateway.log_text())

    def test_the_brokers_signature_is_not_the_tpms_business(self):
        """A TPM knows RSA of 2048 bits, and seldom more."""
        self.make_device()
        TPM.openssl("req", "-x509", "-newkey", "rsa:4096", "-noenc", "-subj", "/CN=localhost", "-days", "2", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", self.sandbox.key("big"), "-out",
                    self.sandbox.pem("big"))
        with Broker(self.sandbox, server="big") as broker:
            for version in "TLSv1.2", "TLSv1.3":
                with self.subTest(version), Gateway(self.configuration(broker, self.start_script(), ca="big"),
                                                    environment=TPM.configured(version)) as gateway:
                    gateway.wait_log("connected to localhost", 20)
                    self.assertIn(", %s\n" % version, gateway.log_text())

    def test_a_key_in_a_file_is_not_the_tpms_business(self):
        with Broker(self.sandbox) as broker:
            for version in "TLSv1.2", "TLSv1.3":
                script = self.start_script()
                with self.subTest(version), Gateway(configuration(broker, script.setting),
                                                    environment=TPM.configured(version)) as gateway:
                    gateway.wait_log("connected to localhost", 20)
                    self.assertIn(", %s\n" % version, gateway.log_text())

    def test_subscribe_takes_a_demo_clients_key_from_the_tpm(self):
        key = self.make_key("demo-1")
        self.certs("device", "demo-1", "--key", key, "--directory", self.folder)
        with Broker(self.sandbox) as broker:
            subscriber = subprocess.Popen(
                [program("springparkctl"), "subscribe", "--broker", "localhost", "--port", str(broker.port), "--ca",
                 self.sandbox.pem("server-ca"), "--cert", str(self.folder / "device-demo-1.pem"), "--key", str(key),
                 "--events", "1", "--timeout", "30"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, env=dict(os.environ, **TPM.environment))
            self.addCleanup(subscriber.kill)
            wait_until(lambda: " springcard/springcore/+/rdr/evt\n" in broker.log_text() or
                       subscriber.poll() is not None, 20, "it is subscribed")
            script = self.start_script()
            with Gateway(configuration(broker, script.setting)):
                script.do("insert NFC-A 04A1B2C3D4E5F6")
                output, said = subscriber.communicate(timeout=40)
            self.assertEqual(subscriber.returncode, 0, said)
            self.assertIn("04A1B2C3D4E5F6", output)

    def test_a_resource_manager_that_is_gone_is_named_and_found_again(self):
        self.make_device()
        with Broker(self.sandbox) as broker:
            script = self.start_script()
            subscriber = broker.subscriber()
            with Gateway(self.configuration(broker, script), environment=TPM.environment) as gateway:
                script.do("insert NFC-A 04A1B2C3D4E5F6")
                subscriber.wait_for(1, 20)
                TPM.stop_manager()
                self.addCleanup(lambda: TPM.stop_manager() or TPM.start_manager())
                broker.restart()
                subscriber = broker.subscriber()
                script.do("remove", "insert NFC-A 04000000000001")
                gateway.wait_log("reaches no TPM; next: ", 20)
                TPM.start_manager()
                subscriber.wait_until(lambda got: any("04000000000001" in one.payload for one in got), 30)
                self.assertEqual(gateway.stop(), 0)


if __name__ == "__main__":
    unittest.main()
