#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A PKCS#11 token in software, in a folder of its own. Needs softhsm2, opensc and libengine-pkcs11-openssl."""
import os
import pathlib
import shutil
import subprocess
import tempfile

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
LABEL = "springpark"
PIN = "7341"


class Token:
    """environment: what a program needs to see this token and no other."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="springpark-token-"))
        (self.directory / "tokens").mkdir()
        configuration = self.directory / "softhsm2.conf"
        configuration.write_text("directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
                                 % self.directory)
        self.environment = {"SOFTHSM2_CONF": str(configuration)}
        self.pin_file = self.directory / "pin"
        self.pin_file.write_text(PIN + "\n")
        self.pin_file.chmod(0o600)
        self._run("softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "99887766")

    def _run(self, *command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env=dict(os.environ, **self.environment), timeout=60)
        if done.returncode != 0:
            raise RuntimeError("%s failed: %s" % (" ".join(command), done.stdout))

    def make_key(self, name, kind="EC:prime256v1", number="01"):
        """A new key pair in the token, with that label; its URI, without a PIN."""
        self._run("pkcs11-tool", "--module", MODULE, "--token-label", LABEL, "--login", "--pin", PIN, "--keypairgen",
                  "--key-type", kind, "--label", name, "--id", number)
        return "pkcs11:token=%s;object=%s;type=private" % (LABEL, name)

    def delete_key(self, name):
        """The key pair of make_key is gone."""
        for kind in "privkey", "pubkey":
            self._run("pkcs11-tool", "--module", MODULE, "--token-label", LABEL, "--login", "--pin", PIN,
                      "--delete-object", "--type", kind, "--label", name)

    def with_pin(self, uri):
        return "%s?pin-source=file:%s" % (uri, self.pin_file)

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)
