#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A TPM 2.0 in software with its resource manager, on a message bus of its own, in a folder of its own.

Needs swtpm, tpm2-abrmd, libtss2-tcti-tabrmd0, tpm2-openssl and dbus. The resource manager is no luxury: a TPM has room
for three keys at a time, and OpenSSL's provider alone fills it ("out of memory for object contexts").
"""
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from broker import WITH_PARENT, wait_until

PROGRAMS = ("swtpm", "tpm2-abrmd", "dbus-daemon", "dbus-send", "openssl")
PACKAGES = "swtpm tpm2-abrmd libtss2-tcti-tabrmd0 tpm2-openssl dbus"
BUS_NAME = "com.intel.tss2.Tabrmd"

# What many a guide says to put there so that other programs have TPM keys; springpark has to live with it.
CONFIGURATION = """openssl_conf = openssl_init
[openssl_init]
providers = provider_list
alg_section = algorithms
ssl_conf = ssl_list
[provider_list]
default = provider_activated
tpm2 = provider_activated
[provider_activated]
activate = 1
[algorithms]
default_properties = ?tpm2.signature=yes
[ssl_list]
system_default = ssl_settings
[ssl_settings]
MinProtocol = TLSv1.2
"""


def _which(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def reason_to_skip():
    """Why there can be no such TPM here, or None."""
    missing = [name for name in PROGRAMS if _which(name) is None]
    libraries = [pathlib.Path(root) / name for root in pathlib.Path("/usr/lib").glob("*-linux-gnu*")
                 for name in ("ossl-modules/tpm2.so", "libtss2-tcti-tabrmd.so.0")]
    for name in ("tpm2.so", "libtss2-tcti-tabrmd.so.0"):
        if not any(path.exists() for path in libraries if path.name == name):
            missing.append(name)
    if missing:
        return "missing: %s; next: apt-get install %s" % (", ".join(missing), PACKAGES)
    return None


def _two_free_ports():
    """The resource manager takes the port after the TPM's for its control channel."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Tpm:
    """environment: what a program needs to see this TPM through OpenSSL."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="springpark-tpm-"))
        self._processes = {}
        (self.directory / "state").mkdir()
        self._bus = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=%s/bus" % self.directory}
        self.environment = dict(self._bus, TPM2OPENSSL_TCTI="tabrmd:bus_type=session")
        try:
            self._start_tpm()
            self._start("dbus-daemon", "--session", "--nofork", "--nopidfile",
                        "--address=unix:path=%s/bus" % self.directory)
            self._wait("dbus-daemon", lambda: (self.directory / "bus").exists())
            self.start_manager()
        except Exception:
            self.close()
            raise

    def configured(self, at_most):
        """The environment with CONFIGURATION besides, and no newer TLS than that."""
        path = self.directory / ("at-most-%s.cnf" % at_most)
        path.write_text(CONFIGURATION + "MaxProtocol = %s\n" % at_most)
        return dict(self.environment, OPENSSL_CONF=str(path))

    # -- the parts

    def _start(self, name, *arguments):
        # Never with CONFIGURATION: swtpm calculates by OpenSSL itself, and would ask itself to.
        log = self.directory / (name + ".log")
        with open(log, "ab") as output:
            self._processes[name] = subprocess.Popen(WITH_PARENT + [_which(name), *arguments],
                                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                                     env=dict(os.environ, **self._bus))

    def _wait(self, name, condition):
        def settled():
            if self._processes[name].poll() is not None:
                raise RuntimeError("%s ended with %d:\n%s" % (name, self._processes[name].returncode, self._log(name)))
            return condition()
        try:
            wait_until(settled, 20, name + " works")
        except TimeoutError as error:
            raise TimeoutError("%s\n%s" % (error, self._log(name))) from None

    def _log(self, name):
        return (self.directory / (name + ".log")).read_text(errors="replace")

    def _start_tpm(self):
        for _attempt in range(5):
            self._port = _two_free_ports()
            self._start("swtpm", "socket", "--tpm2", "--tpmstate", "dir=%s/state" % self.directory, "--server",
                        "type=tcp,port=%d,bindaddr=127.0.0.1" % self._port, "--ctrl",
                        "type=tcp,port=%d,bindaddr=127.0.0.1" % (self._port + 1), "--flags",
                        "not-need-init,startup-clear", "--log", "file=%s/swtpm.log" % self.directory)
            try:
                # Looked up, not tried out: the TPM serves one client and ends with it.
                self._wait("swtpm", lambda: _listens(self._port) and _listens(self._port + 1))
                return
            except RuntimeError:
                continue    # somebody was quicker
        raise RuntimeError("swtpm did not start:\n" + self._log("swtpm"))

    def start_manager(self):
        root = ["--allow-root"] if os.geteuid() == 0 else []
        self._start("tpm2-abrmd", "--session", "--tcti=swtpm:host=127.0.0.1,port=%d" % self._port, *root)
        self._wait("tpm2-abrmd", self._manager_is_there)

    def _manager_is_there(self):
        done = subprocess.run(["dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
                               "org.freedesktop.DBus.NameHasOwner", "string:" + BUS_NAME], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, env=dict(os.environ, **self._bus))
        return done.stdout.split() == ["boolean", "true"]

    def stop_manager(self):
        self._end("tpm2-abrmd")

    def _end(self, name):
        process = self._processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # -- keys

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=dict(os.environ, **self.environment), timeout=120)
        if done.returncode != 0:
            raise RuntimeError("openssl %s failed: %s" % (" ".join(map(str, arguments)), done.stderr))
        return done.stdout

    def make_key(self, path, algorithm="EC", option="group:P-256", *more):
        """A key that only this TPM can use, in a file that is for its owner alone."""
        self.openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, *more, "-provider", "tpm2", "-provider",
                     "default", "-propquery", "?provider=tpm2", "-out", path)
        os.chmod(path, 0o600)
        text = pathlib.Path(path).read_text()
        if "BEGIN TSS2 PRIVATE KEY" not in text:
            raise RuntimeError("the key was not made by the TPM:\n" + text.splitlines()[0])

    def close(self):
        for name in ("tpm2-abrmd", "dbus-daemon", "swtpm"):
            self._end(name)
        shutil.rmtree(self.directory, ignore_errors=True)


def _listens(port):
    """Whether somebody listens on that port of 127.0.0.1, by the kernel's own table."""
    address = "0100007F:%04X" % port
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(line.split()[1] == address and line.split()[3] == "0A" for line in table.readlines()[1:])
