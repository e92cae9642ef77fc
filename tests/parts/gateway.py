#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The built springparkd with directories of its own, and its tool; the build is where SPRINGPARK_BUILD says."""
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest.mock

from broker import WITH_PARENT, wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]


def build_directory():
    return pathlib.Path(os.environ.get("SPRINGPARK_BUILD", TOP))


def program(name):
    """The path of springparkd or springparkctl in the build, as text."""
    path = build_directory() / name
    if not path.exists():
        raise RuntimeError("%s is not there; next: make, and set SPRINGPARK_BUILD to the build's folder" % path)
    return str(path)


def mqtt_section(broker, host="localhost", port=None, credential="device", ca="server-ca", keep_alive=30, mqtt="",
                 options="", tls=""):
    """The settings mqtt, certificates and keys that lead to a Broker. mqtt, options and tls: more settings inside."""
    sandbox = broker.sandbox
    return """mqtt:
{
  broker = "%s"; port = %d; %s
  tls: { enabled = true; ca_slot = 0x9; certificate_slot = 0xD; key_slot = 0xD; chain = true; chain_slot = 0xF; %s };
  options: { keep_alive = %d; %s };
};
certificates: { slot_9 = "%s"; slot_D = "%s"; slot_F = "%s"; };
keys: { slot_D = "%s"; };
""" % (host, port or broker.port, mqtt, tls, keep_alive, options, sandbox.pem(ca), sandbox.pem(credential),
       sandbox.pem("device-chain"), sandbox.key(credential))


def run_daemons_under(test, *command):
    """For the rest of this test the daemon is run by that command; one that the whole run has comes back afterwards."""
    patch = unittest.mock.patch.dict(os.environ, SPRINGPARK_WRAPPER=shlex.join(command))
    patch.start()
    test.addCleanup(patch.stop)


# What the unit's ProcSubset=pid does.
SMALL_PROC = ("unshare", "--mount", "--propagation", "private", "sh", "-c",
              "mount -t proc -o subset=pid proc /proc && exec \"$@\"", "sh")

SMART_READER = 'smart_reader: { insert_remove = false; read_interval = 0; repeat_interval = 255; };\n'
TEMPLATES = 'templates: ( { type = "id-only"; technologies = "all"; format = "hex"; } );\n'


def configuration(broker, readers, smart_reader=SMART_READER, templates=TEMPLATES, more="", **sections):
    """A whole configuration. readers: the text of the setting, for instance '{ driver = "pcsc"; name = "*"; }'."""
    return mqtt_section(broker, **sections) + smart_reader + templates + "readers: ( %s );\n" % readers + more


class Gateway:
    """One springparkd. pcscd: the path of a private pcscd's socket, or None. Its configuration may be rewritten with
    configure, then reload. The variable SPRINGPARK_WRAPPER is a command to run it under, for instance valgrind."""

    def __init__(self, text, pcscd=None, arguments=(), environment=None, start=True, wait_ready=True):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="springpark-"))
        self.configuration_path = self.directory / "springpark.conf"
        self.state_directory = self.directory / "state"
        self.run_directory = self.directory / "run"
        self.state_directory.mkdir()
        self.run_directory.mkdir()
        self._log = self.directory / "springparkd.log"
        self._log.touch()
        self._wrapper = shlex.split(os.environ.get("SPRINGPARK_WRAPPER", ""))
        self._arguments = list(arguments)
        self._process = None
        self._notify = NotifySocket(self.directory / "notify")
        # NOTIFY_SOCKET and WATCHDOG_USEC of whoever runs the tests are not for this daemon.
        self._environment = {name: value for name, value in os.environ.items() if name != "WATCHDOG_USEC"}
        self._environment["NOTIFY_SOCKET"] = str(self._notify.path)
        helper = build_directory() / "springpark-nfc"
        if helper.exists():     # not in a build without libnfc
            self._environment.setdefault("SPRINGPARK_NFC_HELPER", str(helper.resolve()))
        if pcscd:
            self._environment["PCSCLITE_CSOCK_NAME"] = str(pcscd)
        self._environment.update(environment or {})
        self.configure(text)
        try:
            if start:
                self.start(wait_ready)
        except Exception:
            self.close()
            raise

    def configure(self, text):
        self.configuration_path.write_text(text)

    def start(self, wait_ready=True):
        command = WITH_PARENT + self._wrapper + [program("springparkd"), "--config", str(self.configuration_path),
                                   "--state-directory", str(self.state_directory),
                                   "--run-directory", str(self.run_directory)] + self._arguments
        told_before = self._notify.lines().count("READY=1")
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             env=self._environment)
        if wait_ready:
            self.wait_notified("READY=1", 60 if self._wrapper else 10, told_before + 1)

    @property
    def pid(self):
        return self._process.pid

    def wait_notified(self, line, timeout=10, times=1):
        """Waits until the service manager has been told that line, as often as that, over all starts of this daemon."""
        def told():
            if self._process.poll() is not None:
                raise RuntimeError("springparkd ended with %d before it told %s:\n%s" %
                                   (self._process.returncode, line, self.log_text()))
            return self._notify.lines().count(line) >= times
        try:
            wait_until(told, timeout, "springparkd tells " + line)
        except TimeoutError as error:
            raise TimeoutError("%s\n%s" % (error, self.log_text())) from None

    def notified(self):
        """All lines that the daemon has told the service manager, in order."""
        return self._notify.lines()

    def log_text(self):
        return self._log.read_text(errors="replace")

    def wait_log(self, text, timeout=10):
        try:
            wait_until(lambda: text in self.log_text(), timeout, "the log says \"%s\"" % text)
        except TimeoutError as error:
            raise TimeoutError("%s; it says:\n%s" % (error, self.log_text())) from None

    def signal(self, number):
        self._process.send_signal(number)

    def reload(self):
        self.signal(signal.SIGHUP)

    def wait(self, timeout=15):
        """Waits for the end; the exit status."""
        return self._process.wait(timeout)

    def stop(self, timeout=15):
        """SIGTERM; the exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        return self.wait(timeout)

    def kill(self):
        self._process.kill()
        return self.wait()

    def tool(self, *arguments, timeout=15):
        """Runs springparkctl against this daemon; a CompletedProcess with texts."""
        return subprocess.run([program("springparkctl"), "--run-directory", str(self.run_directory), *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout, env=self._environment)

    def status(self):
        """The daemon's status as a dict."""
        done = self.tool("status", "--json")
        if done.returncode != 0:
            raise RuntimeError("springparkctl status failed: " + done.stderr)
        return json.loads(done.stdout)

    def close(self):
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._notify.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Script:
    """A scripted reader: lines written to it happen at once."""

    def __init__(self, label="door"):
        self.directory = tempfile.mkdtemp(prefix="springpark-script-")
        self.path = os.path.join(self.directory, "fifo")
        os.mkfifo(self.path)
        self.setting = '{ driver = "script"; path = "%s"; label = "%s"; }' % (self.path, label)
        self._fifo = os.open(self.path, os.O_RDWR)

    def do(self, *lines):
        os.write(self._fifo, "".join(line + "\n" for line in lines).encode())

    def close(self):
        os.close(self._fifo)
        shutil.rmtree(self.directory)


class NotifySocket:
    """The service manager's end of sd_notify(3)."""

    def __init__(self, path):
        self.path = path
        self._lines = []
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self):
        while True:
            text = self._socket.recv(4096).decode(errors="replace")
            if text == "close":
                return
            with self._lock:
                self._lines.extend(line for line in text.split("\n") if line)

    def lines(self):
        with self._lock:
            return list(self._lines)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"close", str(self.path))
        self._thread.join()
        self._socket.close()
