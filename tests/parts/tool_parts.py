# SPDX-License-Identifier: MIT
"""What the tests of springparkctl share: running it, and a stand-in for the daemon."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from broker import wait_until
from gateway import program

SERIAL = "0A1B2C3D"
OK, USAGE, UNAVAILABLE, TEMPFAIL, PROTOCOL, NOPERM, CONFIG = 0, 64, 69, 75, 76, 77, 78
NOBODY = 65534

STATUS = {
    "version": "0.1.0", "serial": SERIAL, "state": "online,ready", "health": [], "startup_counter": 7,
    "uptime_ms": 3725000, "sequence": 12, "config_file": "/etc/springpark.conf",
    "broker": {"state": "online", "host": "broker.example", "port": 8883, "tls": True, "mqtt_version": 5,
               "detail": None, "connects": 1, "attempts": 2},
    "events": {"created": 12, "delivered": 11, "stored": 1, "in_flight": 1, "dropped": 0, "refused": 0},
    "journal": {"state": "works", "detail": None, "directory": "/var/lib/springpark", "depth": 1, "in_memory": 0,
                "bytes": 40960, "oldest_age_s": 66, "delivered": 11, "dropped": 0, "replayed": 4, "set_aside": 0,
                "gaps": []},
    "commands": {"accepted": 3, "refused": 1},
    "readers": [{"label": "door", "name": "ACME Reader 00 00", "driver": "pcsc", "health": "works", "reason": None,
                 "doing": "waits for a tag", "present": 1, "reads": 12, "failures": 2, "unread": 0,
                 "template_no_match": 4}],
}


class Process:
    """springparkctl that goes on; its output is collected in threads."""

    def __init__(self, arguments, **options):
        self.lines = []
        self.errors = []
        self._process = subprocess.Popen([program("springparkctl"), *arguments], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self._threads = [threading.Thread(target=self._collect, args=pair, daemon=True)
                         for pair in ((self._process.stdout, self.lines), (self._process.stderr, self.errors))]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def wait_line(self, count, timeout=10):
        wait_until(lambda: len(self.lines) >= count, timeout, "%d lines; stderr: %s" % (count, self.errors))

    def wait_error(self, text, count=1, timeout=15):
        wait_until(lambda: sum(text in line for line in self.errors) >= count, timeout,
                   "\"%s\" %d times on stderr; it is %s" % (text, count, self.errors))

    def end(self, number=None, timeout=15):
        """Waits for the end, after that signal if there is one; the exit status."""
        if number is not None:
            self._process.send_signal(number)
        status = self._process.wait(timeout)
        for thread in self._threads:
            thread.join()
        return status

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        self._process.stdout.close()
        self._process.stderr.close()


class StandIn:
    """The daemon's end of the sockets. answers: a request's name to the lines that answer it, None to hang up, or a
    function that is given the request's arguments and returns one of these."""

    def __init__(self, directory, answers, names=("control", "status")):
        self.requests = []
        self.connections = []
        self._answers = answers
        self._listeners = []
        for name in names:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(str(directory / name))
            listener.listen()
            self._listeners.append(listener)
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()

    def _accept(self, name, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(name, connection), daemon=True).start()

    def _serve(self, name, connection):
        for line in connection.makefile("r"):
            request = json.loads(line)
            self.requests.append((name, request))
            answer = self._answers.get(request["request"], {"ok": False, "errors": ["unknown request"]})
            if callable(answer):
                answer = answer(request.get("arguments", {}))
            if answer is None:
                connection.shutdown(socket.SHUT_RDWR)
                return
            if isinstance(answer, (dict, str)):
                answer = [answer]
            text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in answer)
            connection.sendall(text.encode())

    def close(self):
        """Ends it; a second time does nothing."""
        while self._listeners:
            listener = self._listeners.pop()
            path = listener.getsockname()
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            os.unlink(path)
        for connection in self.connections:
            connection.close()


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="springpark-tool-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def stand_in(self, answers, **options):
        stand_in = StandIn(self.directory, answers, **options)
        self.addCleanup(stand_in.close)
        return stand_in

    def run_tool(self, *arguments, executable=None, **options):
        return subprocess.run([executable or program("springparkctl"), "--run-directory", str(self.directory),
                               *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=30, **options)

    def start_tool(self, *arguments, **options):
        process = Process(["--run-directory", str(self.directory), *arguments], **options)
        self.addCleanup(process.close)
        return process
