#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The cloud stage (tests/parts/cloud_probe) against a scripted broker and a real mosquitto, all on loopback.

SPRINGPARK_BUILD names the build folder; without it the current one is taken.
SPRINGPARK_WRAP is put before the probe, for instance "valgrind -q --error-exitcode=9": then CPU time is not judged.
"""
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
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from fake_broker import (CONNECT, DISCONNECT, PINGREQ, PUBLISH, SUBSCRIBE,  # noqa: E402
                         Closed, FakeBroker, normal)

BUILD = os.environ.get("SPRINGPARK_BUILD", os.getcwd())
PROBE = os.path.join(BUILD, "tests", "parts", "cloud_probe")
WRAP = shlex.split(os.environ.get("SPRINGPARK_WRAP", ""))
SLOW = 4 if WRAP else 1
PKI = None


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


def setUpModule():  # pylint: disable=invalid-name
    global PKI  # pylint: disable=global-statement
    if not os.path.exists(PROBE):
        raise FileNotFoundError(PROBE + " is missing; next: make check_PROGRAMS, or set SPRINGPARK_BUILD")
    PKI = Pki()


def tearDownModule():  # pylint: disable=invalid-name
    PKI.remove()


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

    def leaf(self, name, common_name, names=None, days=2, ca="ca"):
        """A certificate; days < 0: it expired yesterday."""
        self._run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", self.path(name + ".key"), "-out", self.path(name + ".csr"), "-subj", "/CN=" + common_name)
        now = datetime.datetime.now(datetime.timezone.utc)
        start = now - datetime.timedelta(days=3)
        end = now + datetime.timedelta(days=days)
        with open(self.path(name + ".ext"), "w", encoding="ascii") as file:
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
        total = 0
        for task in os.listdir("/proc/%d/task" % self.process.pid):
            with open("/proc/%d/task/%s/status" % (self.process.pid, task), encoding="ascii") as file:
                total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.M).group(1))
        return total

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


class Faults(CloudTest):
    """Every row of the table of what stops libmosquitto's own loop: the stage retries, calmly, and delivers in the end."""

    def play(self, fault, text, tls=None, attempts=3, pause_s=0):
        """fault is played `attempts` times, then the broker works."""
        broker = self.broker(*[fault] * attempts, normal, tls=tls)
        probe = self.tls(broker.port) if tls else self.probe(broker.port)
        probe.send("set backoff_base_ms 200")
        probe.start()
        probe.send("event 1 first")
        for _ in range(attempts):
            probe.wait("^notice DISCONNECTED .*" + text, 15)
        time.sleep(pause_s)
        probe.wait("^notice ONLINE", 15)
        probe.wait("^notice CONFIRMED 1$")
        probe.send("event 2 second")
        probe.wait("^notice CONFIRMED 2$")
        self.assert_calm(probe, 0)
        if tls:
            self.assert_no_plain_text(broker)
        self.assertIn("stopped ended=1 unsent=0", probe.stop())
        return broker

    def test_fin_without_close_notify_before_connack(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                def fault(connection):
                    connection.start_tls()
                    connection.expect(CONNECT)
                    connection.fin()
                self.play(fault, "(closed|broke off) the connection instead of sending CONNACK",
                          PKI.server(version=version))

    def test_fin_without_close_notify_after_connack(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                def fault(connection):
                    connection.start_tls()
                    connection.accept()
                    connection.suback(connection.expect(SUBSCRIBE))
                    connection.fin()
                self.play(fault, "(closed|broke off) the connection", PKI.server(version=version), 2)

    def test_close_notify_before_and_after_connack(self):
        def early(connection):
            connection.start_tls()
            connection.expect(CONNECT)
            connection.close()

        def late(connection):
            connection.start_tls()
            connection.accept()
            connection.expect(SUBSCRIBE)
            connection.close()
        self.play(early, "closed the connection instead of sending CONNACK", PKI.server())
        self.play(late, "closed the connection", PKI.server(), 2)

    def test_reset_of_an_established_session(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                def fault(connection):
                    connection.start_tls()
                    connection.accept()
                    connection.expect(SUBSCRIBE)
                    connection.rst()
                self.play(fault, "connection", PKI.server(version=version), 2)

    def test_reset_before_connack(self):
        def fault(connection):
            connection.start_tls()
            connection.expect(CONNECT)
            connection.rst()
        self.play(fault, "instead of sending CONNACK", PKI.server())

    def test_reset_after_client_hello(self):
        self.play(lambda connection: connection.rst(), "during the TLS handshake", PKI.server())

    def test_fin_after_client_hello(self):
        self.play(lambda connection: connection.fin(), "during the TLS handshake", PKI.server())

    def refused_certificate(self, version):
        """The server trusts another CA first, then the right one."""
        def fault(connection):
            connection.start_tls(PKI.server(version=version, ca="strange-ca"))
            connection.read()
        self.play(fault, "(refused the device's certificate|during the TLS handshake|instead of sending CONNACK)",
                  PKI.server(version=version))

    def test_client_certificate_rejected_in_tls_1_2(self):
        self.refused_certificate(ssl.TLSVersion.TLSv1_2)

    def test_client_certificate_rejected_in_tls_1_3(self):
        self.refused_certificate(ssl.TLSVersion.TLSv1_3)

    def test_a_rejected_client_certificate_is_named(self):
        """Without the race between alert and reset: the server waits until its alert has been read."""
        def fault(connection):
            try:
                connection.start_tls()
            except ssl.SSLError:
                connection.idle(0.3)
                raise
        broker = self.broker(fault, tls=PKI.server(version=ssl.TLSVersion.TLSv1_2))
        probe = self.tls(broker.port, certificate="strange-device").start()
        probe.wait("DISCONNECTED the broker refused the device's certificate .TLS alert .*unknown CA", 10)
        probe.stop()

    def test_a_missing_client_certificate_is_named(self):
        def fault(connection):
            connection.start_tls()
            connection.read()
        broker = self.broker(fault, tls=PKI.server(version=ssl.TLSVersion.TLSv1_3))
        probe = self.tls(broker.port, tls_client_auth="no").start()
        probe.wait("DISCONNECTED the broker wants a device certificate", 10)
        probe.stop()

    def test_wrong_host_name(self):
        def fault(connection):
            connection.start_tls(PKI.server("wrong-name"))
            connection.read()
        self.play(fault, r"made out to another host \(wrong.example\), not to \"localhost\"", PKI.server())

    def test_connack_7_of_mqtt_3(self):
        def fault(connection):
            connection.expect(CONNECT)
            connection.connack(1, version=4)        # "unacceptable protocol version": on to 3.1.1

        def seven(connection):
            connection.expect(CONNECT)
            connection.connack(7)
            connection.idle(0.1)
        broker = self.broker(fault, seven, seven, normal)
        probe = self.probe(broker.port).start()
        probe.send("event 1 first")
        probe.wait(r"DISCONNECTED the broker refused the connection: unknown reason \(code 7\)")
        probe.wait("^notice ONLINE")
        probe.wait("^notice CONFIRMED 1$")
        self.assertEqual(probe.report()["mqtt"], "4")
        self.assert_calm(probe, 0)
        probe.stop()

    def test_connack_not_authorized_of_mqtt_5(self):
        def fault(connection):
            connection.expect(CONNECT)
            connection.connack(0x87, b"\x1f\x00\x06no way")
            connection.idle(0.1)
        self.play(fault, r"refused the connection: not authorized \(0x87\); check the broker's policy .*no way")

    def test_plain_close_without_connack(self):
        def fault(connection):
            connection.expect(CONNECT)
            connection.close()
        self.play(fault, "closed the connection instead of sending CONNACK")

    def test_closed_port_then_a_broker(self):
        spare = socket.socket()
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
        spare.close()
        probe = self.tls(port).start()
        probe.send("event 1 first")
        probe.wait("DISCONNECTED localhost port %d refused the connection: no broker listens there" % port)
        before = probe.cpu_s()
        time.sleep(3)
        self.assert_calm(probe, before)
        broker = self.broker(normal, tls=PKI.server(), port=port)
        probe.wait("^notice CONFIRMED 1$", 15)
        self.assert_no_plain_text(broker)
        probe.stop()

    def test_a_peer_silent_in_the_handshake_is_cut_at_the_connect_timeout(self):
        broker = self.broker(lambda connection: connection.idle(30), normal, tls=PKI.server())
        probe = self.tls(broker.port, connect_timeout_s=1).start()
        begun = time.monotonic()
        probe.wait("DISCONNECTED localhost did not finish the TLS handshake within 1 s")
        self.assertLess(probe.last_time - begun, 2.5 * SLOW)
        self.assertGreater(probe.last_time - begun, 0.7)
        probe.wait("^notice ONLINE")
        self.assert_calm(probe, 0)
        probe.stop()

    def test_a_missing_connack_is_cut_at_the_connect_timeout(self):
        broker = self.broker(lambda connection: connection.idle(30), normal)
        probe = self.probe(broker.port, connect_timeout_s=1).start()
        probe.wait("DISCONNECTED localhost sent no CONNACK within 1 s")
        probe.wait("^notice ONLINE")
        probe.stop()

    def test_a_silent_tcp_peer_is_cut_at_the_connect_timeout(self):
        for room in (0, 1):     # with 1 the look at the address succeeds and the connection itself hangs
            with self.subTest(room=room):
                probe = self.probe(self.blackhole(room), connect_timeout_s=1, host="127.0.0.1").start()
                begun = time.monotonic()
                probe.wait("DISCONNECTED 127.0.0.1 .*did not answer within 1 s")
                self.assertLess(probe.last_time - begun, 2.5 * SLOW)
                self.assertGreater(probe.last_time - begun, 0.7)
                self.assertIn("ended=1", probe.stop())

    def test_an_unknown_name_is_told(self):
        probe = self.probe(1883, host="no-such-host.invalid").start()
        probe.wait("DISCONNECTED the broker's name \"no-such-host.invalid\" .*(not known|cannot be resolved)", 30)
        probe.stop()

    def test_a_peer_without_tls_is_told(self):
        def fault(connection):
            connection.sock.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            connection.idle(0.3)
        broker = self.broker(fault)
        probe = self.tls(broker.port).start()
        probe.wait("DISCONNECTED what answers there does not speak TLS; check mqtt.port")
        self.assert_no_plain_text(broker)
        probe.stop()

    def test_the_same_failure_is_one_warning(self):
        def fault(connection):
            connection.expect(CONNECT)
            connection.close()
        broker = self.broker(fault)
        probe = self.probe(broker.port).start()
        for _ in range(4):
            probe.wait("DISCONNECTED")
        probe.stop()
        self.assertEqual(len([line for line in probe.log if line.startswith("cloud: not connected")]), 1)
        self.assertGreaterEqual(len([line for line in probe.log if line.startswith("cloud: still not")]), 3)


class Trust(CloudTest):
    """Who is not trusted gets no byte but TLS, and each reason has its own words."""

    def refuse(self, server, text, **settings):
        def fault(connection):
            connection.start_tls()
            connection.read()
        broker = self.broker(fault, tls=PKI.server(server))
        probe = self.tls(broker.port, **settings).start()
        probe.send("event 1 secret")
        probe.wait("DISCONNECTED " + text)
        probe.wait("DISCONNECTED " + text)
        self.assertRegex(probe.report()["detail"], text)
        self.assertIn("unsent=1", probe.stop())
        self.assert_no_plain_text(broker)
        self.assertEqual(broker.published, [])

    def test_wrong_ca(self):
        self.refuse("server", "the broker's certificate was signed by \"CN=Test CA\", which is not among", ca="strange-ca")

    def test_ca_of_the_same_name(self):
        self.refuse("server", "the broker's certificate was signed by a CA of the same name .*another key", ca="other-ca")

    def test_wrong_name(self):
        self.refuse("wrong-name", "the broker's certificate is made out to another host")

    def test_expired_server(self):
        self.refuse("old-server", "the broker's certificate has expired .on 20")

    def test_self_signed_server(self):
        self.refuse("self", "the broker's certificate is self-signed")

    def test_server_of_tls_1_1_is_refused(self):
        context = PKI.server()
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        broker = self.broker(lambda connection: connection.start_tls(), tls=context)
        probe = self.tls(broker.port).start()
        probe.wait("DISCONNECTED the broker .*(TLS 1.2|handshake)")
        self.assert_no_plain_text(broker)
        probe.stop()

    def nothing_is_sent(self, text, **settings):
        broker = self.broker(normal, tls=PKI.server())
        probe = self.tls(broker.port, **settings)
        probe.send("check")
        probe.wait("^error .*" + text)
        probe.wait("^checked")
        probe.start()
        probe.wait("DISCONNECTED .*" + text)
        probe.wait("DISCONNECTED .*" + text)
        self.assertEqual(broker.connections, [])
        probe.stop()

    def test_a_key_that_does_not_match_opens_no_connection(self):
        self.nothing_is_sent("does not belong to the certificate", key="server")

    def test_missing_files_open_no_connection(self):
        self.nothing_is_sent("nowhere.pem: the certificate of the broker's CA cannot be read", ca="nowhere")
        self.nothing_is_sent("nowhere.key: the device's private key cannot be read", key="nowhere")

    def test_other_kinds_of_trust_open_no_connection(self):
        self.nothing_is_sent("mqtt.tls.trust: only \"pki\"", trust=0)

    def test_sni_is_sent_or_not(self):
        for host, sni, expected in (("localhost", "yes", "localhost"), ("localhost", "no", None),
                                    ("127.0.0.1", "yes", None)):
            with self.subTest(host=host, sni=sni):
                seen = []
                context = PKI.server()
                context.sni_callback = lambda sock, name, ctx: seen.append(name)  # pylint: disable=cell-var-from-loop
                broker = self.broker(normal, tls=context)
                probe = self.tls(broker.port, tls_sni=sni, host=host).start()
                probe.wait("^notice ONLINE")
                self.assertEqual(seen, [expected])
                self.assertEqual(broker.connections[0].client_cn, "probe")
                probe.stop()

    def test_a_name_need_not_fit_if_the_check_is_off(self):
        broker = self.broker(normal, tls=PKI.server("wrong-name"))
        probe = self.tls(broker.port, tls_verify_name="no").start()
        probe.wait("^notice ONLINE")
        probe.stop()


class Conversation(CloudTest):
    """What goes over the wire when."""

    def test_nothing_but_connect_goes_out_before_connack(self):
        gap = []

        def script(connection):
            connection.expect(CONNECT)
            try:
                connection.read(1)
                gap.append("a packet came before CONNACK")
            except socket.timeout:
                pass
            connection.connack()
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("event 1 first")
        probe.send("meta early")
        probe.wait("^notice CONNECTED")
        probe.wait("^notice CONFIRMED 1$")
        self.assertEqual(gap, [])
        self.assertEqual(broker.payloads("t/meta"), [])     # there was no connection to be told about
        probe.stop()

    def test_connect_says_what_the_settings_say(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, will="offline,dead", retained="yes", login="me", password="sesame",
                           keep_alive_s=77, client_id="door-7").start()
        probe.wait("^notice ONLINE")
        connect, subscribe = broker.connections[0].packets[:2]
        self.assertEqual((connect.version, connect.client_id, connect.keep_alive), (5, b"door-7", 77))
        self.assertEqual((connect.will_topic, connect.will), (b"t/status", b"offline,dead"))
        self.assertEqual((connect.login, connect.password), (b"me", b"sesame"))
        self.assertEqual(connect.connect_flags, 0xC0 | 0x20 | 0x08 | 0x04 | 0x02)  # login, will retained QoS 1, clean
        self.assertEqual((subscribe.filter, subscribe.qos), (b"t/cmd", 1))
        probe.stop()

    def test_no_will_no_login(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, publish_qos=0, subscribe_qos=0).start()
        probe.wait("^notice ONLINE")
        connect, subscribe = broker.connections[0].packets[:2]
        self.assertEqual(connect.connect_flags, 0x02)
        self.assertEqual(subscribe.qos, 0)
        probe.stop()

    def test_retain_and_qos(self):
        for qos, retained in ((1, "yes"), (0, "no"), (0, "yes"), (1, "no")):
            with self.subTest(qos=qos, retained=retained):
                broker = self.broker(normal)
                probe = self.probe(broker.port, publish_qos=qos, retained=retained).start()
                probe.wait("^notice ONLINE")
                probe.send("meta the meta")
                probe.send("status the status")
                probe.send("event 5 the event")
                probe.wait("^notice CONFIRMED 5$")
                self.assertTrue(broker.wait(lambda: len(broker.published) == 3))
                probe.stop()
                flags = {packet.topic: (packet.qos, packet.retain, packet.payload) for packet in broker.published[:3]}
                keep = 1 if retained == "yes" else 0
                self.assertEqual(flags, {"t/meta": (qos, keep, "the meta"), "t/status": (qos, keep, "the status"),
                                         "t/evt": (qos, 0, "the event")})
                self.assertEqual(broker.published[3].payload, "offline")

    def test_events_arrive_in_order_and_once(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 500 n")
        probe.wait("^notice CONFIRMED 500$")
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 501)])
        facts = probe.report()
        self.assertEqual((facts["delivered"], facts["stored"], facts["in_flight"]), ("500", "0", "0"))
        probe.stop()

    def test_qos_0_events_arrive_in_order_and_once(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, publish_qos=0).start()
        probe.send("burst 1 500 n")
        probe.wait("^notice CONFIRMED 500$")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 500))
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 501)])
        probe.stop()

    def test_at_most_a_window_is_unacknowledged(self):
        def script(connection):
            connection.accept()
            held = []
            while len(held) < 20:
                packet = connection.read()
                if packet.kind == SUBSCRIBE:
                    connection.suback(packet)
                else:
                    held.append(packet)
            try:
                connection.read(0.5)
                raise AssertionError("more than 20 events in flight")
            except socket.timeout:
                pass
            for packet in held:
                connection.puback(packet)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, response_floor_ms=5000).start()
        probe.send("burst 1 50 n")
        probe.wait("^notice CONFIRMED 50$")
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 51)])
        probe.stop()

    def test_the_broker_may_ask_for_a_smaller_window(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x21\x00\x02")      # Receive Maximum 2
            connection.suback(connection.expect(SUBSCRIBE))
            first = [connection.expect(PUBLISH), connection.expect(PUBLISH)]
            try:
                connection.read(0.5)
                raise AssertionError("more in flight than the broker takes")
            except socket.timeout:
                pass
            for packet in first:
                connection.puback(packet)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, response_floor_ms=5000).start()
        probe.send("burst 1 9 n")
        probe.wait("^notice CONFIRMED 9$")
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 10)])
        probe.stop()

    def test_the_brokers_limits_of_qos_retain_and_size_are_kept(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x24\x00\x25\x00\x27\x00\x00\x00\x40")  # QoS 0, no retain, 64 bytes
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, retained="yes").start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 " + "x" * 100)
        probe.send("event 2 small")
        probe.send("status s")
        probe.wait("^notice REFUSED 1 .*packet too large")
        probe.wait("^notice CONFIRMED 2$")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 2))
        self.assertEqual({(packet.qos, packet.retain) for packet in broker.published}, {(0, 0)})
        probe.stop()

    def test_a_withheld_puback_leads_to_a_new_connection_and_the_same_payload(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH))
            while True:
                connection.read()
        broker = self.broker(script, normal)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 5 n")
        probe.wait("^notice CONFIRMED 1$")
        probe.wait("DISCONNECTED the broker did not acknowledge an event within 1 s")
        probe.wait("^notice CONFIRMED 5$")
        self.assertEqual(broker.payloads(), ["n1", "n2", "n3", "n4", "n5", "n2", "n3", "n4", "n5"])
        self.assertEqual([packet.dup for packet in broker.connections[1].packets if packet.kind == PUBLISH], [0] * 4)
        self.assertEqual(probe.report()["delivered"], "5")
        probe.stop()

    def test_acknowledgements_in_another_order_and_unknown_ones_do_no_harm(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            events = [connection.expect(PUBLISH) for _ in range(3)]
            for packet in reversed(events):
                connection.puback(packet)
            events[0].id = 4711
            connection.puback(events[0])
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 3 n")
        for number in (3, 2, 1):
            probe.wait("^notice CONFIRMED %d$" % number)
        probe.send("event 4 n4")
        probe.wait("^notice CONFIRMED 4$")
        self.assertEqual(probe.report()["connects"], "1")
        probe.stop()

    def test_a_refused_event_is_set_aside_and_the_rest_goes_on(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x87)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("burst 1 3 n")
        probe.wait(r"^notice REFUSED 1 .*t/evt: not authorized \(0x87\); check the broker's policy or ACL")
        probe.wait("^notice CONFIRMED 3$")
        facts = probe.report()
        self.assertEqual((facts["refused"], facts["delivered"], facts["stored"]), ("1", "2", "0"))
        probe.stop()

    def test_an_event_over_quota_is_sent_again_later(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x97)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        first, second = broker.published
        self.assertEqual((first.payload, second.payload), ("n1", "n1"))
        self.assertGreaterEqual(second.time - first.time, 0.9)
        self.assertEqual(probe.report()["refused"], "0")
        probe.stop()

    def test_no_matching_subscriber_is_no_refusal(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.puback(connection.expect(PUBLISH), 0x10)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        probe.stop()

    def test_a_refused_subscription_is_told_and_events_go_on(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE), 0x87)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")
        facts = probe.report()
        self.assertEqual(facts["state"], "ONLINE")
        self.assertIn("refused the subscription to t/cmd: not authorized (0x87)", facts["detail"])
        probe.stop()

    def test_a_missing_suback_leads_to_a_new_connection(self):
        def script(connection):
            connection.accept()
            while True:
                packet = connection.read()
                if packet.kind == PUBLISH:
                    connection.puback(packet)
        broker = self.broker(script, normal)
        probe = self.probe(broker.port).start()
        probe.send("event 1 n1")
        probe.wait("^notice CONFIRMED 1$")      # events do not wait for SUBACK
        probe.wait("DISCONNECTED the broker did not acknowledge the subscription to t/cmd within 1 s")
        probe.wait("^notice ONLINE")
        probe.stop()

    def test_mqtt_3_1_1_is_taken_where_5_is_refused(self):
        for reason, version in ((0x84, 5), (1, 4)):
            with self.subTest(reason=reason):
                def old(connection):
                    connection.expect(CONNECT)
                    connection.connack(reason, version=version)  # pylint: disable=cell-var-from-loop
                    connection.idle(0.1)

                def lose(connection):
                    connection.accept()
                    connection.suback(connection.expect(SUBSCRIBE))
                    connection.idle(0.2)
                broker = self.broker(old, lose, normal)
                probe = self.probe(broker.port).start()
                probe.send("event 1 n1")
                probe.wait("^notice ONLINE")
                probe.wait("^notice ONLINE")
                probe.wait("^notice CONFIRMED 1$")
                probe.stop()
                self.assertEqual([c.packets[0].version for c in broker.connections], [5, 4, 4])

    def test_a_fixed_version_is_kept(self):
        def old(connection):
            connection.expect(CONNECT)
            connection.connack(0x84)
            connection.idle(0.1)
        broker = self.broker(old)
        probe = self.probe(broker.port, version=1).start()
        for _ in range(2):
            probe.wait("DISCONNECTED the broker refused the connection: unsupported protocol version")
        probe.stop()
        self.assertEqual({c.packets[0].version for c in broker.connections}, {5})

    def test_commands_come_through_and_retained_ones_do_not(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.publish("t/cmd", "stale", retain=True)
            for number in range(30):
                connection.publish("t/cmd", "command %d" % number)
            connection.publish("t/cmd", "acknowledge me", qos=1, message_id=9)
            connection.serve()
        for tls in (None, PKI.server()):
            with self.subTest(tls=bool(tls)):
                def played(connection):
                    if connection.broker.tls:
                        connection.start_tls()
                    script(connection)
                broker = self.broker(played, tls=tls)
                probe = (self.tls(broker.port) if tls else self.probe(broker.port)).start()
                for number in range(30):
                    self.assertTrue(probe.wait("^notice COMMAND").endswith("command %d" % number))
                probe.wait("^notice COMMAND acknowledge me$")
                self.assertTrue(broker.wait(lambda: any(packet.kind == 4 for packet in broker.connections[0].packets)))
                probe.stop()

    def test_impossible_topics_are_told(self):
        for topic, text in (("topic_event", "an event could not be handed"), ("topic_command", "the subscription to")):
            with self.subTest(topic=topic):
                broker = self.broker(normal)
                probe = self.probe(broker.port, **{topic: "a/#/b"}).start()
                probe.send("event 1 n1")
                probe.wait("DISCONNECTED %s.*check .*topic" % text)
                if topic == "topic_event":
                    self.assertEqual(probe.report()["stored"], "1")
                probe.stop()

    def test_session_taken_over_names_the_client_id(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            connection.disconnect(0x8E)
            connection.close()
        broker = self.broker(script, normal)
        probe = self.probe(broker.port, client_id="door-7").start()
        probe.wait("DISCONNECTED .*session taken over .0x8E.: another client uses the client id \"door-7\"")
        probe.wait("^notice ONLINE")
        probe.stop()

    def test_made_and_lost_again_and_again_backs_off_and_is_diagnosed(self):
        def script(connection):
            connection.accept()
            connection.expect(SUBSCRIBE)
            connection.close()
        broker = self.broker(script)
        probe = self.probe(broker.port, reconnect_interval_s=60, backoff_base_ms=50).start()
        probe.wait("DISCONNECTED .*made and lost again and again: check whether another client uses the client id", 20)
        time.sleep(3)
        before = len(broker.connections)
        probe.stop()
        self.assertLess(before, 20)     # without doubling there would be about 120 by now

    def test_pingreq_comes_at_the_right_second_and_idle_is_idle(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port, keep_alive_s=5).start()
        probe.wait("^notice ONLINE")
        time.sleep(0.5)
        switches = probe.context_switches()
        self.assertTrue(broker.wait(lambda: sum(p.kind == PINGREQ for p in broker.connections[0].packets) >= 2, 15))
        woken = probe.context_switches() - switches
        times = [p.time for p in broker.connections[0].packets if p.kind in (SUBSCRIBE, PINGREQ)]
        for earlier, later in zip(times, times[1:]):
            self.assertGreater(later - earlier, 3.9)
            self.assertLess(later - earlier, 6.1)
        if not WRAP:
            self.assertLess(woken, 10)      # two pings and their answers; a tick a second would be more
        self.assertEqual(len(broker.connections), 1)
        probe.stop()

    def test_the_servers_keep_alive_counts(self):
        def script(connection):
            connection.expect(CONNECT)
            connection.connack(0, b"\x13\x00\x05")
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, keep_alive_s=60).start()
        probe.wait("^notice ONLINE")
        self.assertTrue(broker.wait(lambda: any(p.kind == PINGREQ for p in broker.connections[0].packets), 8))
        probe.stop()

    def test_a_missing_pingresp_ends_the_connection(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while True:
                connection.read(20)
        broker = self.broker(script, normal)
        probe = self.probe(broker.port, keep_alive_s=5).start()
        probe.wait("^notice ONLINE")
        probe.wait("DISCONNECTED the broker did not answer within the keep-alive of 5 s", 15)
        probe.wait("^notice ONLINE")
        probe.stop()


class Life(CloudTest):
    """Store, settings, stopping."""

    def test_without_a_broker_events_are_kept(self):
        probe = self.probe(queue_events=3).start()
        probe.send("burst 1 5 n")
        probe.wait("^notice DROPPED 1$")
        probe.wait("^notice DROPPED 2$")
        facts = probe.report()
        self.assertEqual((facts["state"], facts["stored"], facts["dropped"]), ("NOT_CONFIGURED", "3", "2"))
        broker = self.broker(normal)
        probe.set(host="localhost", port=broker.port)
        probe.send("reconfigure")
        probe.wait("^notice CONFIRMED 5$")
        self.assertEqual(broker.payloads(), ["n3", "n4", "n5"])
        probe.stop()

    def test_reconfiguring_to_another_broker_keeps_events_and_says_goodbye(self):
        def deaf(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while True:
                if connection.read().kind == DISCONNECT:
                    return
        first, second = self.broker(deaf), self.broker(normal)
        probe = self.probe(first.port, response_floor_ms=9000).start()
        probe.send("burst 1 30 n")
        self.assertTrue(first.wait(lambda: len(first.published) == 20))
        probe.set(port=second.port)
        probe.send("reconfigure")
        probe.wait("DISCONNECTED the settings have changed")
        probe.wait("^notice CONFIRMED 30$")
        self.assertEqual(first.connections[0].packets[-1].kind, DISCONNECT)
        self.assertEqual(second.payloads(), ["n%d" % i for i in range(1, 31)])
        probe.stop()

    def test_reconfiguring_ends_a_wait_and_an_attempt(self):
        silent = self.broker(lambda connection: connection.idle(30))
        good = self.broker(normal)
        probe = self.probe(silent.port, connect_timeout_s=20).start()
        self.assertTrue(silent.wait(lambda: silent.connections))
        probe.set(port=good.port)
        probe.send("reconfigure")
        probe.wait("^notice ONLINE", 3)
        probe.stop()

    def test_an_event_does_not_call_an_attempt_off(self):
        def slow(connection):
            connection.expect(CONNECT)
            connection.idle(0.7)
            connection.connack()
            connection.serve()
        broker = self.broker(slow)
        probe = self.probe(broker.port).start()
        for number in range(1, 8):
            probe.send("event %d n" % number)
            time.sleep(0.1)
        probe.wait("^notice CONFIRMED 7$")
        self.assertEqual(probe.report()["attempts"], "1")
        probe.stop()

    def test_stopping_sends_what_is_stored_then_the_last_status_then_disconnect(self):
        broker = self.broker(normal)
        probe = self.probe(broker.port).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 100 n")
        self.assertEqual(probe.stop(), "stopped ended=1 unsent=0")
        packets = broker.connections[0].packets
        self.assertEqual([packets[-1].kind, packets[-2].payload, packets[-2].topic], [DISCONNECT, "offline", "t/status"])
        self.assertEqual(broker.payloads(), ["n%d" % i for i in range(1, 101)])

    def test_stopping_while_the_broker_is_deaf_keeps_its_time(self):
        def deaf(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while True:
                connection.read(20)
        broker = self.broker(deaf)
        probe = self.probe(broker.port, response_floor_ms=60000).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 5 n")
        begun = time.monotonic()
        self.assertEqual(probe.stop(3000), "stopped ended=1 unsent=5")
        self.assertLess(time.monotonic() - begun, 3 * SLOW)
        self.assertIn("offline", broker.payloads("t/status"))

    def test_stopping_while_waiting_or_connecting_is_quick(self):
        silent = self.broker(lambda connection: connection.idle(30))
        probe = self.probe(silent.port, connect_timeout_s=20).start()
        self.assertTrue(silent.wait(lambda: silent.connections))
        begun = time.monotonic()
        self.assertIn("ended=1", probe.stop())
        self.assertLess(time.monotonic() - begun, 1 * SLOW)
        waiting = self.probe(1, backoff_base_ms=600000, host="127.0.0.2").start()
        waiting.wait("DISCONNECTED")
        begun = time.monotonic()
        self.assertIn("ended=1", waiting.stop())
        self.assertLess(time.monotonic() - begun, 1 * SLOW)

    def test_a_thread_that_hangs_in_a_foreign_call_is_abandoned(self):
        probe = self.probe(self.blackhole(1), connect_timeout_s=60, host="127.0.0.1").start()
        probe.send("event 1 n1")
        deadline = time.monotonic() + 5 * SLOW
        while True:
            probe.send("report")
            line = probe.wait("^report ")
            if "connecting to the broker" in line:
                break
            self.assertLess(time.monotonic(), deadline, line)
        begun = time.monotonic()
        self.assertEqual(probe.stop(300), "stopped ended=0 unsent=1")
        self.assertLess(time.monotonic() - begun, 2 * SLOW)

    def test_confirmations_and_commands_survive_a_full_notice_queue(self):
        def script(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            for number in range(10):
                connection.publish("t/cmd", "c%d" % number)
            connection.serve()
        broker = self.broker(script)
        probe = self.probe(broker.port, queue_size=2, response_floor_ms=1000)
        probe.send("take no")
        probe.start()
        probe.send("burst 1 60 n")
        time.sleep(2.5)
        facts = probe.report()
        self.assertEqual(facts["connects"], "1")        # nothing was given up meanwhile
        self.assertLess(int(facts["delivered"]), 60)    # and not all was read
        probe.send("take yes")
        for number in range(1, 61):
            probe.wait("^notice (CONFIRMED|COMMAND)")
        for _ in range(10):
            probe.wait("^notice (CONFIRMED|COMMAND)")
        seen = [line for line in probe.output.seen if line.startswith("notice CONFIRMED")]
        self.assertEqual(seen, ["notice CONFIRMED %d" % i for i in range(1, 61)])
        self.assertEqual(len([line for line in probe.output.seen if line.startswith("notice COMMAND c")]), 10)
        probe.stop()

    def test_the_store_drops_the_oldest_that_is_not_in_flight(self):
        def deaf(connection):
            connection.accept()
            connection.suback(connection.expect(SUBSCRIBE))
            while len(connection.packets) < 23:
                try:
                    connection.read(2)
                except socket.timeout:
                    break
            raise Closed()
        broker = self.broker(deaf, normal)
        probe = self.probe(broker.port, response_floor_ms=9000, queue_events=25).start()
        probe.wait("^notice ONLINE")
        probe.send("burst 1 20 n")
        self.assertTrue(broker.wait(lambda: len(broker.published) == 20))
        probe.send("burst 21 7 n")
        probe.wait("^notice DROPPED 21$")
        probe.wait("^notice DROPPED 22$")
        probe.wait("^notice CONFIRMED 27$", 20)
        again = [packet.payload for packet in broker.connections[1].packets if packet.kind == PUBLISH]
        self.assertEqual(again, ["n%d" % i for i in [*range(1, 21), *range(23, 28)]])
        probe.stop()


class Mosquitto(CloudTest):
    """A real broker with require_certificate."""

    def start_mosquitto(self, port, version):
        folder = tempfile.mkdtemp(prefix="springpark-mosquitto-")
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "mosquitto.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("listener %d 127.0.0.1\nrequire_certificate true\nuse_identity_as_username true\n"
                       "cafile %s\ncertfile %s\nkeyfile %s\npersistence false\nuser root\n" % (
                           port, PKI.path("ca.pem"), PKI.path("server.pem"), PKI.path("server.key")))
        # mosquitto's own tls_version is a minimum only, so OpenSSL's configuration sets the version.
        limits = os.path.join(folder, "openssl.cnf")
        with open(limits, "w", encoding="ascii") as file:
            file.write("openssl_conf=o\n[o]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nMinProtocol=%s\n"
                       "MaxProtocol=%s\n" % (version, version))
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        self.assertIsNotNone(program, "mosquitto is missing; next: apt-get install mosquitto")
        process = subprocess.Popen([program, "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "OPENSSL_CONF": limits}, preexec_fn=die_with_parent)

        def end():
            process.terminate()
            process.wait()
        self.addCleanup(lambda: process.poll() is None and end())
        return process

    def free_port(self):
        with socket.socket() as spare:
            spare.bind(("127.0.0.1", 0))
            return spare.getsockname()[1]

    def listen(self, port):
        process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-h", "localhost", "-p", str(port), "--cafile", PKI.path("ca.pem"), "--cert",
             PKI.path("device.pem"), "--key", PKI.path("device.key"), "-t", "t/#", "-i", "listener", "-v", "-d"],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        lines = Lines(process.stdout)

        def end():
            process.terminate()
            process.wait()
            lines.close()
        self.addCleanup(end)
        lines.wait("^Subscribed")
        return lines

    def test_events_status_and_will_over_real_tls(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version=version):
                port = self.free_port()
                probe = self.tls(port, will="offline,dead").start()     # the broker is absent at start
                probe.wait("DISCONNECTED localhost port %d refused" % port)
                probe.send("burst 1 50 n")
                broker = self.start_mosquitto(port, version)
                probe.wait("^notice CONFIRMED 50$")
                self.assertTrue([line for line in probe.log if version in line and "MQTT 5" in line], probe.log)
                listener = self.listen(port)
                probe.send("status online")
                probe.send("event 51 last")
                probe.wait("^notice CONFIRMED 51$")
                probe.stop()
                dying = self.tls(port, will="offline,dead").start()
                dying.wait("^notice ONLINE")
                dying.process.kill()
                dying.process.wait()
                listener.wait("^t/status offline,dead$")
                heard = [line for line in listener.seen if line.startswith("t/")]
                self.assertEqual(sorted(heard[:2]), ["t/evt last", "t/status online"])
                self.assertEqual(heard[2:], ["t/status offline", "t/status offline,dead"])
                with self.assertRaises(AssertionError):
                    dying.end()
                broker.terminate()
                broker.wait()

    def test_a_restart_of_the_broker_loses_nothing(self):
        port = self.free_port()
        broker = self.start_mosquitto(port, "TLSv1.2")
        probe = self.tls(port).start()
        probe.wait("^notice ONLINE")
        broker.terminate()
        broker.wait()
        probe.wait("DISCONNECTED")
        probe.send("burst 1 100 n")
        self.start_mosquitto(port, "TLSv1.2")
        probe.wait("^notice CONFIRMED 100$", 15)
        self.assert_calm(probe, 0)
        probe.stop()


if __name__ == "__main__":
    unittest.main()
