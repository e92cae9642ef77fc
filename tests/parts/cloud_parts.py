# SPDX-License-Identifier: MIT
"""What the tests of the cloud stage share: the probe that runs it, certificates of all kinds, and their base class.

SPRINGPARK_BUILD names the build folder; without it the current one is taken.
SPRINGPARK_WRAP is put before the probe, for instance "valgrind -q --error-exitcode=9": then CPU time is not judged.
"""
import atexit
import ctypes
import datetime
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from broker import wait_until
from fake_broker import FakeBroker
from threads import count_switches

BUILD = os.environ.get("SPRINGPARK_BUILD", os.getcwd())
PROBE = os.path.join(BUILD, "tests", "parts", "cloud_probe")
WRAP = shlex.split(os.environ.get("SPRINGPARK_WRAP", ""))
SLOW = 4 if WRAP else 1

if not os.path.exists(PROBE):
    raise FileNotFoundError(PROBE + " is missing; next: make test-parts, or set SPRINGPARK_BUILD")


def die_with_parent():
    """In the child: nothing is left running, however this program ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Lines:
    """The lines of a program's output, as they come."""

    def __init__(self, stream):
        self.stream = stream
        self.incoming = queue.Queue()
        self.seen = []
        self.last_time = None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.stream:
            self.incoming.put((time.monotonic(), line.rstrip("\n")))
        self.incoming.put((time.monotonic(), None))

    def wait(self, pattern, timeout=10):
        """The next line that matches pattern, of those that were not looked at yet."""
        end = time.monotonic() + timeout * SLOW
        while True:
            try:
                when, line = self.incoming.get(timeout=max(end - time.monotonic(), 0.001))
            except queue.Empty:
                line, why = None, "no %r within %s s" % (pattern, timeout)
            else:
                why = "the output ended before %r" % pattern
            if line is None:
                raise AssertionError("%s; before:\n%s" % (why, "\n".join(self.seen[-15:])))
            self.seen.append(line)
            if re.search(pattern, line):
                self.last_time = when
                return line

    def close(self):
        self.thread.join(5)
        self.stream.close()


class Pki:
    """Certificates for the tests, made by openssl, P-256."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="springpark-cloud-")
        self._root("ca", "Test CA")
        self._root("other-ca", "Test CA")          # the same name, another key
        self._root("strange-ca", "Strange CA")
        self.leaf("server", "localhost", "DNS:localhost,IP:127.0.0.1")
        self.leaf("wrong-name", "elsewhere", "DNS:wrong.example")
        self.leaf("old-server", "localhost", "DNS:localhost", days=-1)
        self.leaf("early-server", "localhost", "DNS:localhost", days=5, start_days=2)
        self.leaf("swapped-server", "localhost", "DNS:localhost")
        self.leaf("renewed-server", "localhost", "DNS:localhost", key="server")
        self.leaf("intermediate", "Test intermediate", "CA")
        self.leaf("behind", "localhost", "DNS:localhost", ca="intermediate")
        self.append("behind", "intermediate")
        self.leaf("device", "probe")
        self.leaf("strange-device", "probe", ca="strange-ca")
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                  "-keyout", self.path("self.key"), "-out", self.path("self.pem"), "-subj", "/CN=localhost",
                  "-addext", "subjectAltName=DNS:localhost")

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _root(self, name, common_name):
        self._run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                  "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"), "-subj", "/CN=" + common_name)

    def append(self, name, other):
        """What is sent or trusted by that name has the other certificate, too, behind the first."""
        with open(self.path(other + ".pem"), encoding="ascii") as more, \
                open(self.path(name + ".pem"), "a", encoding="ascii") as file:
            file.write(more.read())

    def leaf(self, name, common_name, names=None, days=2, ca="ca", start_days=-3, key=None):
        """A certificate; days < 0: it expired yesterday; start_days > 0: its time has not come. names "CA": another CA.
        key: whose key it is for, else a new one."""
        if key is None:
            self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-out", self.path(name + ".key"))
        else:
            shutil.copy(self.path(key + ".key"), self.path(name + ".key"))
        self._run("req", "-new", "-key", self.path(name + ".key"), "-out", self.path(name + ".csr"),
                  "-subj", "/CN=" + common_name)
        now = datetime.datetime.now(datetime.timezone.utc)
        start = now + datetime.timedelta(days=start_days)
        end = now + datetime.timedelta(days=days)
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
            if names == "CA":
                file.write("basicConstraints=critical,CA:TRUE\n")
            else:
                file.write("subjectAltName=%s\n" % names if names else "basicConstraints=CA:FALSE\n")
        folder = self.path(name + ".db")
        os.mkdir(folder)
        with open(os.path.join(folder, "conf"), "w", encoding="ascii") as file:
            file.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\n"
                       "rand_serial=yes\nunique_subject=no\n[p]\ncommonName=supplied\n" % (folder, folder))
        with open(os.path.join(folder, "index"), "w", encoding="ascii"):
            pass
        self._run("ca", "-batch", "-notext", "-config", os.path.join(folder, "conf"), "-cert", self.path(ca + ".pem"),
                  "-keyfile", self.path(ca + ".key"), "-in", self.path(name + ".csr"), "-out", self.path(name + ".pem"),
                  "-startdate", start.strftime("%y%m%d%H%M%SZ"), "-enddate", end.strftime("%y%m%d%H%M%SZ"),
                  "-extfile", self.path(name + ".ext"))

    def server(self, name="server", version=None, ca="ca", require=True):
        """A server's TLS context that demands a client certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path(name + ".pem"), self.path(name + ".key"))
        if require:
            context.load_verify_locations(self.path(ca + ".pem"))
            context.verify_mode = ssl.CERT_REQUIRED
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    def remove(self):
        shutil.rmtree(self.folder)


PKI = Pki()
atexit.register(PKI.remove)


class Probe:
    """The program under test and what it said."""

    def __init__(self, port=None, queue_size=4096, **settings):
        self.process = subprocess.Popen([*WRAP, PROBE, str(queue_size)], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1,
                                        preexec_fn=die_with_parent)
        self.output = Lines(self.process.stdout)
        self.log = []
        self.log_reader = threading.Thread(target=self._read_log, daemon=True)
        self.log_reader.start()
        self.set(backoff_base_ms=100, response_floor_ms=1000, reconnect_interval_s=0)
        if port is not None:
            self.set(host="localhost", port=port)
        self.set(**settings)

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))

    def log_lines(self, condition, what, at_least=1):
        """The lines of the log so far for which the condition holds. What a thread logs comes by a pipe of its own, a moment
        after what it did can be seen elsewhere: waits until there are so many."""
        def found():
            return [line for line in list(self.log) if condition(line)]
        try:
            wait_until(lambda: len(found()) >= at_least, 10 * SLOW, what)
        except TimeoutError as error:
            raise AssertionError("%s\nlog:\n%s" % (error, "\n".join(self.log[-15:]))) from None
        return found()

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def set(self, **settings):
        for key, value in settings.items():
            self.send("set %s %s" % (key.replace("tls_", "tls."), value))

    def start(self):
        self.send("start")
        return self

    def wait(self, pattern, timeout=10):
        try:
            return self.output.wait(pattern, timeout)
        except AssertionError as error:
            raise AssertionError("%s\nlog:\n%s" % (error, "\n".join(self.log[-15:]))) from None

    @property
    def last_time(self):
        return self.output.last_time

    def report(self):
        self.send("report")
        line = self.wait("^report ")
        facts = dict(re.findall(r"(\w+)=(\w+)", line.split(" what=")[0]))
        facts["detail"] = line.split("detail=", 1)[1]
        return facts

    def cpu_s(self):
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def threads(self):
        return len(os.listdir("/proc/%d/task" % self.process.pid))

    def context_switches(self):
        """Voluntary ones of all threads: how often they went to sleep."""
        return count_switches(self.process.pid)

    def stop(self, limit_ms=3000):
        self.send("stop %d" % (limit_ms * SLOW))
        line = self.wait("^stopped ", 10)
        self.end()
        return line

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
        try:
            status = self.process.wait(20 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.output.close()
            self.log_reader.join(5)
            self.process.stderr.close()
            self.process.stdin.close()
        if status != 0:
            raise AssertionError("the probe ended with %d:\n%s" % (status, "\n".join(self.log[-40:])))


class CloudTest(unittest.TestCase):
    def broker(self, *scripts, **options):
        broker = FakeBroker(scripts, **options)
        self.addCleanup(broker.stop)
        return broker

    def probe(self, port=None, **settings):
        probe = Probe(port, **settings)

        def clean():
            if probe.process.returncode is None:
                probe.end()
        self.addCleanup(clean)
        return probe

    def blackhole(self, room):
        """A listener that accepts nothing, with room for that many more connections."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(room + 1)
        for _ in range(2):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.connect(listener.getsockname())
        return listener.getsockname()[1]

    def tls(self, port, ca="ca", certificate="device", key=None, **settings):
        settings.setdefault("tls_client_auth", "yes")
        return self.probe(port, tls_enabled="yes", tls_ca=PKI.path(ca + ".pem"),
                          tls_certificate=PKI.path(certificate + ".pem"),
                          tls_key=PKI.path((key or certificate) + ".key"), **settings)

    def assert_no_plain_text(self, broker):
        self.assertTrue(broker.connections)
        for connection in broker.connections:
            self.assertEqual(connection.first_byte, 0x16, "something else than a TLS handshake record was sent")

    def assert_calm(self, probe, before_s, limit_s=0.5):
        if not WRAP:
            self.assertLess(probe.cpu_s() - before_s, limit_s)
