#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl certs: what it makes is judged by openssl and by a real mosquitto with mutual TLS."""
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/parts"))

from broker import Broker, Client, wait_until  # noqa: E402
from gateway import program  # noqa: E402
from pki import Sandbox  # noqa: E402

CODE = "5d8d2eb6cbd5a8bc4ac16efa0e7d30bb" * 2
OK, USAGE, DATAERR, NOINPUT, CANTCREAT = 0, 64, 65, 66, 73


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


class CertsTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="springpark-certs-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.folder = self.directory / "ca"

    def run_tool(self, *arguments, **options):
        return subprocess.run([program("springparkctl"), "certs", *map(str, arguments)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, **options)

    def certs(self, *arguments, status=OK, **options):
        done = self.run_tool(*arguments, "--directory", self.folder, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def show(self, *arguments, status=OK):
        done = self.run_tool("show", "--json", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout)

    def names(self):
        return sorted(os.listdir(self.folder))

    def mode(self, name):
        return stat.S_IMODE(os.stat(self.folder / name).st_mode)


class Made(CertsTest):
    def test_openssl_accepts_the_whole_way(self):
        for key_type in "ec", "rsa":
            with self.subTest(key_type=key_type):
                self.folder = self.directory / key_type
                self.certs("init-ca", "--name", "My CA", "--days", "100", "--key-type", key_type)
                self.certs("verification", CODE)
                self.certs("device", "door-7", "--days", "10", "--key-type", key_type)
                self.assertEqual(self.names(), ["ca.key", "ca.pem", "device-door-7-chain.pem", "device-door-7.key",
                                                "device-door-7.pem", "verification.pem"])
                device = self.folder / "device-door-7.pem"
                status, text = openssl("verify", "-x509_strict", "-CAfile", self.folder / "ca.pem", "-purpose",
                                       "sslclient", device)
                self.assertEqual(status, 0, text)
                status, text = openssl("verify", "-CAfile", self.folder / "ca.pem", "-purpose", "sslserver", device)
                self.assertNotEqual(status, 0, text)
                self.assert_device(openssl("x509", "-in", device, "-noout", "-text")[1], key_type)
                self.assert_verification()
                self.assertEqual(openssl("x509", "-in", device, "-noout", "-pubkey")[1],
                                 openssl("pkey", "-in", self.folder / "device-door-7.key", "-pubout")[1])

    def assert_device(self, text, key_type):
        self.assertRegex(text, r"Issuer: CN ?= ?My CA\n")
        self.assertRegex(text, r"Subject: CN ?= ?door-7\n")
        self.assertRegex(text, r"Basic Constraints: critical\s+CA:FALSE")
        self.assertRegex(text, r"Key Usage: critical\s+Digital Signature\n")
        self.assertRegex(text, r"Extended Key Usage: \s+TLS Web Client Authentication\n")
        self.assertIn("ASN1 OID: prime256v1" if key_type == "ec" else "Public-Key: (3072 bit)", text)

    def assert_verification(self):
        path = self.folder / "verification.pem"
        self.assertEqual(openssl("verify", "-CAfile", self.folder / "ca.pem", path)[0], 0)
        self.assertRegex(openssl("x509", "-in", path, "-noout", "-subject")[1], r"CN ?= ?" + CODE)

    def test_the_chain_is_the_device_and_then_the_ca(self):
        self.certs("init-ca")
        self.certs("device", "door-7")
        text = (self.folder / "device-door-7.pem").read_text() + (self.folder / "ca.pem").read_text()
        self.assertEqual((self.folder / "device-door-7-chain.pem").read_text(), text)

    def test_modes_do_not_depend_on_the_umask(self):
        for umask in 0, 0o777:
            self.folder = self.directory / ("umask-%o" % umask)
            before = {"preexec_fn": lambda mask=umask: os.umask(mask)}
            self.certs("init-ca", **before)
            self.certs("device", "a", **before)
            self.certs("csr", "b", **before)
            self.assertEqual(stat.S_IMODE(os.stat(self.folder).st_mode), 0o700)
            for name in self.names():
                self.assertEqual(self.mode(name), 0o600 if name.endswith(".key") else 0o644, name)

    def test_each_step_says_the_next_one(self):
        self.assertIn("aws iot get-registration-code", self.certs("init-ca").stdout)
        self.assertIn("aws iot register-ca-certificate --ca-certificate file://%s/ca.pem" % self.folder,
                      self.certs("verification", CODE).stdout)
        said = self.certs("device", "door-7").stdout
        self.assertIn('certificates: { slot_D = "%s/device-door-7.pem"; slot_F = "%s/device-door-7-chain.pem"; };'
                      % (self.folder, self.folder), said)
        self.assertIn('keys: { slot_D = "%s/device-door-7.key"; };' % self.folder, said)

    def test_the_printed_lines_are_a_configuration(self):
        self.folder = self.directory / 'a "quoted" folder'
        self.certs("init-ca")
        said = self.certs("device", "door-7").stdout
        lines = re.findall(r"^    ((?:certificates|keys): .*)$", said, re.M)
        self.assertEqual(len(lines), 2)
        config = self.directory / "springpark.conf"
        config.write_text("\n".join(lines) + "\n")
        shown = self.show(self.folder / "device-door-7.pem", self.folder / "device-door-7-chain.pem",
                          self.folder / "device-door-7.key", "--config", config)
        self.assertEqual([one["slots"] for one in shown], [["certificates.slot_D"], ["certificates.slot_F"],
                                                           ["certificates.slot_F"], ["keys.slot_D"]])

    def test_a_request_is_good_and_a_key_that_is_there_is_taken(self):
        self.certs("csr", "door-7")
        self.assertEqual(self.names(), ["device-door-7.csr", "device-door-7.key"])
        key = self.folder / "device-door-7.key"
        self.certs("csr", "door-8", "--key", key)
        self.assertEqual(self.names(), ["device-door-7.csr", "device-door-7.key", "device-door-8.csr"])
        for name in "door-7", "door-8":
            status, text = openssl("req", "-in", self.folder / ("device-%s.csr" % name), "-noout", "-verify",
                                   "-subject", "-pubkey")
            self.assertEqual(status, 0, text)
            self.assertRegex(text, r"CN ?= ?" + name)
            self.assertIn(openssl("pkey", "-in", key, "-pubout")[1], text)
        self.certs("init-ca")
        self.certs("device", "door-9", "--key", key)
        self.assertFalse((self.folder / "device-door-9.key").exists())
        self.assertEqual(openssl("x509", "-in", self.folder / "device-door-9.pem", "-noout", "-pubkey")[1],
                         openssl("pkey", "-in", key, "-pubout")[1])

    def test_mosquitto_lets_in_whom_the_ca_signed(self):
        self.certs("init-ca")
        self.certs("device", "door-7")
        with Sandbox() as sandbox:
            shutil.copy(self.folder / "device-door-7-chain.pem", sandbox.pem("door-7"))
            shutil.copy(self.folder / "device-door-7.key", sandbox.key("door-7"))
            with Broker(sandbox) as broker:
                with self.assertRaises(OSError):
                    Client(broker, "door-7")
                shutil.copy(self.folder / "ca.pem", sandbox.pem("device-ca"))
                broker.restart()
                Client(broker, "door-7").close()
                with self.assertRaises(OSError):
                    Client(broker, "device")


class Refused(CertsTest):
    def test_nothing_is_overwritten(self):
        self.certs("init-ca")
        self.certs("verification", CODE)
        self.certs("device", "door-7")
        self.certs("csr", "door-8")
        before = {name: (self.folder / name).read_bytes() for name in self.names()}
        for arguments, first in ((["init-ca"], "ca.pem"), (["verification", CODE], "verification.pem"),
                                 (["device", "door-7"], "device-door-7.pem"), (["csr", "door-8"], "device-door-8.csr"),
                                 (["csr", "door-7"], "device-door-7.key")):
            said = self.certs(*arguments, status=CANTCREAT).stderr
            self.assertIn("%s/%s: is there already" % (self.folder, first), said)
            self.assertIn("next:", said)
        self.assertEqual({name: (self.folder / name).read_bytes() for name in self.names()}, before)

    def test_a_link_that_leads_nowhere_is_not_followed(self):
        self.folder.mkdir()
        (self.folder / "ca.key").symlink_to(self.directory / "elsewhere")
        self.certs("init-ca", status=CANTCREAT)
        self.assertEqual(self.names(), ["ca.key"])
        self.assertFalse((self.directory / "elsewhere").exists())

    def test_all_files_or_none(self):
        """A full disk, played by a limit on the size of a file."""
        self.certs("init-ca")
        limit = "ulimit -f 0; trap '' XFSZ; exec \"$@\""
        done = subprocess.run(["bash", "-c", limit, "bash", program("springparkctl"), "certs", "device", "door-7",
                               "--directory", str(self.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, CANTCREAT, done.stderr)
        self.assertIn("cannot be written", done.stderr)
        self.assertEqual(self.names(), ["ca.key", "ca.pem"])

    def test_an_interrupted_run_leaves_all_or_nothing(self):
        self.folder.mkdir()
        for number in range(20):
            process = subprocess.Popen([program("springparkctl"), "certs", "csr", "n%d" % number, "--key-type", "rsa",
                                        "--directory", str(self.folder)], stdout=subprocess.DEVNULL)
            if number % 2:  # half of them are ended as soon as a file is there, whatever its name
                wait_until(lambda count=len(self.names()): len(self.names()) > count or process.poll() is not None, 30,
                           "a file appears")
            process.send_signal(signal.SIGINT if number % 4 < 2 else signal.SIGTERM)
            process.wait(30)
            made = [name for name in self.names() if "n%d." % number in name]
            self.assertIn(made, ([], ["device-n%d.csr" % number, "device-n%d.key" % number]))

    def test_serial_numbers_codes_and_options_are_checked(self):
        self.certs("init-ca")
        for arguments in (["device", "a/b"], ["device", "a#"], ["device", "$aws"], ["device", "x" * 65], ["device", ""],
                          ["device"], ["device", "a", "b"], ["csr", "a+b"], ["verification", "123"],
                          ["verification", CODE[1:] + "g"], ["init-ca", "x"], ["init-ca", "--key", "x"],
                          ["device", "a", "--days", "0"], ["device", "a", "--days", "36501"],
                          ["device", "a", "--key-type", "dsa"], ["csr", "a", "--key-type", "ec", "--key", "x"],
                          ["csr", "a", "--days", "1"], ["verification", CODE, "--name", "x"], ["nonsense"], []):
            self.certs(*arguments, status=USAGE)
        self.assertEqual(self.names(), ["ca.key", "ca.pem"])
        self.certs("device", "x" * 64)

    def test_a_ca_that_is_none_is_refused(self):
        self.folder.mkdir()
        said = self.certs("device", "door-7", status=NOINPUT).stderr
        self.assertIn("next: springparkctl certs init-ca", said)
        self.certs("init-ca")
        (self.folder / "ca.key").chmod(0o644)
        self.assertIn("is open to others", self.certs("device", "door-7", status=DATAERR).stderr)
        (self.folder / "ca.key").unlink()
        self.certs("csr", "x")
        shutil.copy(self.folder / "device-x.key", self.folder / "ca.key")
        self.assertIn("does not belong to", self.certs("device", "door-7", status=DATAERR).stderr)
        with Sandbox() as sandbox:
            shutil.copy(sandbox.pem("device"), self.folder / "ca.pem")
            shutil.copy(sandbox.key("device"), self.folder / "ca.key")
        self.assertIn("is no CA's", self.certs("device", "door-7", status=DATAERR).stderr)

    def test_a_key_that_aws_would_refuse_is_refused(self):
        key = self.directory / "short.key"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", key)
        key.chmod(0o600)
        self.assertIn("RSA 1024", self.certs("csr", "door-7", "--key", key, status=DATAERR).stderr)
        self.assertFalse(self.folder.exists())


class Shown(CertsTest):
    def test_what_openssl_says_is_shown(self):
        self.certs("init-ca", "--name", "My CA", "--days", "100")
        self.certs("device", "door-7", "--days", "10")
        device = self.folder / "device-door-7.pem"
        chain = self.show(self.folder / "device-door-7-chain.pem")
        self.assertEqual([(one["number"], one["subject"], one["issuer"], one["ca"]) for one in chain],
                         [(1, "CN=door-7", "CN=My CA", False), (2, "CN=My CA", "CN=My CA", True)])
        printed = openssl("x509", "-in", device, "-noout", "-fingerprint", "-sha256")[1].split("=")[1]
        self.assertEqual(chain[0]["fingerprint"], printed.strip().replace(":", "").lower())
        self.assertEqual(chain[0]["key"], "EC P-256")
        self.assertEqual(chain[0]["validity"], "valid")
        self.assertIn(chain[0]["days_left"], (9, 10))
        printed = openssl("x509", "-in", device, "-noout", "-serial")[1].split("=")[1]
        self.assertEqual(chain[0]["serial"], printed.strip())

    def test_names_and_expiry_are_shown(self):
        with Sandbox() as sandbox:
            sandbox.make_expired_client()
            server, expired = self.show(sandbox.pem("server"), sandbox.pem("client-expired"))
            said = self.run_tool("show", sandbox.pem("client-expired")).stdout
        self.assertIn("localhost", server["names"])
        self.assertEqual(expired["validity"], "expired")
        self.assertLessEqual(expired["days_left"], 0)
        self.assertIn("(expired", said)

    def test_a_key_is_matched_to_certificates_and_requests(self):
        self.certs("init-ca")
        self.certs("device", "a")
        self.certs("csr", "b")
        files = [self.folder / name for name in ("device-a.key", "device-b.key", "device-a.pem", "device-b.csr",
                                                 "ca.key")]
        shown = self.show(*files)
        owners = [[(owner["file"], owner["kind"]) for owner in one["belongs_to"]]
                  for one in shown if one["kind"] == "key"]
        self.assertEqual(owners, [[(str(files[2]), "certificate")], [(str(files[3]), "request")], []])
        said = self.run_tool("show", *files).stdout
        self.assertIn("belongs to   %s, certificate 1" % files[2], said)
        self.assertNotIn("PRIVATE", said)

    def test_what_cannot_be_shown_is_named_and_the_rest_is_shown(self):
        self.certs("init-ca")
        damaged = self.directory / "damaged.pem"
        damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        done = self.run_tool("show", "--json", self.directory / "none", self.folder / "ca.pem")
        self.assertEqual(done.returncode, NOINPUT)
        self.assertEqual(len(json.loads(done.stdout)), 1)
        self.assertIn("none: cannot be read", done.stderr)
        self.assertEqual(self.run_tool("show", damaged).returncode, DATAERR)
        self.assertEqual(self.run_tool("show", program("springparkctl")).returncode, DATAERR)


if __name__ == "__main__":
    unittest.main()
