#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A sandbox's certificates in a folder of their own, and what a fault test needs besides: certificates that are wrong.

The good ones come from certs/make-sandbox-pki, the same script that users run. The wrong ones are made here, beside
them, each as NAME.pem and NAME.key.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
PURPOSES = {"server": "serverAuth", "client": "clientAuth"}


class Sandbox:
    """The certificates; with a directory of its own (removed by close) unless one is given."""

    def __init__(self, directory=None, serial=None, server_names=()):
        self._own = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="springpark-pki-"))
        command = [str(TOP / "certs" / "make-sandbox-pki"), str(self.directory)]
        if serial:
            command += ["--serial", serial]
        for name in server_names:
            command += ["--server-name", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError("make-sandbox-pki failed:\n" + done.stderr)
        self.serial = done.stdout.strip()

    def close(self):
        if self._own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def pem(self, name):
        """The path of a certificate, as text."""
        return str(self.directory / (name + ".pem"))

    def key(self, name):
        """The path of a private key, as text."""
        return str(self.directory / (name + ".key"))

    # -- certificates that are wrong -------------------------------------------------------------------------------

    def make_ca(self, name="other-ca"):
        """A CA that nobody in the sandbox trusts."""
        self._make_key(name)
        _openssl("req", "-new", "-x509", "-sha256", "-key", self.key(name), "-days", "2", "-subj", "/CN=" + name,
                 "-out", self.pem(name), "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        return name

    def make_server_of_other_ca(self, name="server-of-other-ca"):
        return self._make_leaf(name, self.make_ca(), "localhost", "server", names="DNS:localhost,IP:127.0.0.1")

    def make_server_of_other_name(self, name="server-of-other-name"):
        return self._make_leaf(name, "server-ca", "elsewhere.example", "server", names="DNS:elsewhere.example")

    def make_expired_server(self, name="server-expired"):
        return self._make_leaf(name, "server-ca", "localhost", "server", days=-1,
                               names="DNS:localhost,IP:127.0.0.1")

    def make_renewed_server(self, name="server-renewed"):
        """Another certificate of the server CA for the server's own key."""
        return self._make_leaf(name, "server-ca", "localhost", "server", names="DNS:localhost,IP:127.0.0.1",
                               key="server")

    def make_expired_client(self, name="client-expired", common_name=None):
        return self._make_leaf(name, "device-ca", common_name or self.serial, "client", days=-1)

    def make_client_of_other_ca(self, name="client-of-other-ca", common_name=None):
        return self._make_leaf(name, self.make_ca(), common_name or self.serial, "client")

    def make_client(self, name, common_name):
        """A good client certificate with that CN: a second device, for instance."""
        return self._make_leaf(name, "device-ca", common_name, "client")

    def make_expiring_client(self, name, days):
        """A good certificate of this box for that many days more."""
        return self._make_leaf(name, "device-ca", self.serial, "client", days=days)

    def make_mismatch(self, name="mismatch"):
        """The device's certificate with a key that is not its own."""
        shutil.copy(self.pem("device"), self.pem(name))
        self._make_key(name)
        return name

    def sign_request(self, request, subject="AWS IoT Certificate", ca="device-ca"):
        """A client certificate for a CSR, both PEM text. AWS decides about the subject, and so does this."""
        with tempfile.TemporaryDirectory(prefix="springpark-csr-") as folder:
            paths = [os.path.join(folder, name) for name in ("csr", "key.pub", "crt", "ext")]
            pathlib.Path(paths[0]).write_text(request)
            _openssl("req", "-in", paths[0], "-verify", "-noout", "-pubkey", "-out", paths[1])
            pathlib.Path(paths[3]).write_text("basicConstraints = critical,CA:FALSE\n"
                                              "keyUsage = critical,digitalSignature\nextendedKeyUsage = clientAuth\n")
            _openssl("x509", "-req", "-sha256", "-in", paths[0], "-force_pubkey", paths[1], "-subj", "/CN=" + subject,
                     "-CA", self.pem(ca), "-CAkey", self.key(ca), "-set_serial", "0x1" + os.urandom(15).hex(),
                     "-days", "60", "-extfile", paths[3], "-out", paths[2])
            return pathlib.Path(paths[2]).read_text()

    def _make_key(self, name):
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key(name))
        os.chmod(self.key(name), 0o600)

    def _make_leaf(self, name, ca, common_name, purpose, days=60, names=None, key=None):
        """key: whose key it is for, else a new one."""
        if key is None:
            self._make_key(name)
        else:
            shutil.copy(self.key(key), self.key(name))
        request = self.directory / (name + ".csr")
        extensions = self.directory / (name + ".ext")
        _openssl("req", "-new", "-sha256", "-key", self.key(name), "-subj", "/CN=" + common_name, "-out", str(request))
        lines = ["basicConstraints = critical,CA:FALSE", "keyUsage = critical,digitalSignature",
                 "extendedKeyUsage = " + PURPOSES[purpose]]
        if names:
            lines.append("subjectAltName = " + names)
        extensions.write_text("\n".join(lines) + "\n")
        # -days -1 is the earliest end that openssl x509 takes: a certificate that expired a day ago.
        _openssl("x509", "-req", "-sha256", "-in", str(request), "-CA", self.pem(ca), "-CAkey", self.key(ca),
                 "-set_serial", "0x1" + os.urandom(15).hex(), "-days", str(days), "-extfile", str(extensions),
                 "-out", self.pem(name))
        request.unlink()
        extensions.unlink()
        return name


def _openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError("openssl %s failed:\n%s" % (" ".join(arguments), done.stdout))
