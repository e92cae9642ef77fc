#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The cloud stage (tests/parts/cloud_probe) against brokers that fail and certificates that are wrong."""
import os
import socket
import ssl
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parts"))
from cloud_parts import CloudTest, PKI, SLOW  # noqa: E402
from fake_broker import CONNECT, SUBSCRIBE, normal  # noqa: E402


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
        probe.log_lines(lambda line: line.startswith("cloud: still not"), "it says at debug level that it still is not", 3)
        self.assertEqual(len([line for line in probe.log if line.startswith("cloud: not connected")]), 1)


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


NAME = "the broker's certificate is made out to another host"
EXPIRED = "the broker's certificate has expired .on 20"
EARLY = "the broker's certificate is not yet valid .from 20"
STRANGER = "the broker's certificate was signed by \"CN=Strange CA\", which is not among"
SELF = "the broker's certificate is self-signed"
MODE_3 = "the broker's certificate was signed by an intermediate CA .*trust \"ca\" .mode 2. follows no chain; write mqtt.tls.trust = \"pki\" .mode 3."
RENEWED = "the broker's certificate is not the one in .* but another for the same key"
OTHER = "the broker's certificate is not that of "
OTHER_KEY = "the broker's key is not that of "
ANY, SERVER, CA, PKI_TRUST = range(4)


class EachTrust(CloudTest):
    """Through the MQTT library, what tests/unit/check_trust.c finds without it. None: it comes online."""

    KINDS = (("any", ANY, False, "server"), ("exact", SERVER, True, "server"), ("key", SERVER, False, "server"),
             ("ca", CA, False, "ca"), ("pki", PKI_TRUST, False, "ca"))
    BROKERS = {
        #                   any   exact    key        ca        pki
        "server":         (None, None,    None,      None,     None),
        "old-server":     (None, OTHER,   OTHER_KEY, EXPIRED,  EXPIRED),
        "early-server":   (None, OTHER,   OTHER_KEY, EARLY,    EARLY),
        "wrong-name":     (None, OTHER,   OTHER_KEY, NAME,     NAME),
        "stranger":       (None, OTHER,   OTHER_KEY, STRANGER, STRANGER),
        "self":           (None, OTHER,   OTHER_KEY, SELF,     SELF),
        "swapped-server": (None, OTHER,   OTHER_KEY, None,     None),
        "renewed-server": (None, RENEWED, None,      None,     None),
        "behind":         (None, OTHER,   OTHER_KEY, MODE_3,   None),
    }

    def meet(self, name, trust, exact, slot, text):
        broker = self.broker(normal if text is None else lambda connection: connection.start_tls(),
                             tls=PKI.server(name))
        probe = self.tls(broker.port, ca=slot, trust=trust, tls_exact="yes" if exact else "no").start()
        probe.send("event 1 secret")
        if text is None:
            probe.wait("^notice CONFIRMED 1$")
        else:
            probe.wait("DISCONNECTED " + text)
            self.assertEqual(broker.published, [])
        self.assert_no_plain_text(broker)
        probe.stop()

    def test_each_kind_of_trust_meets_each_broker(self):
        PKI.leaf("stranger", "localhost", "DNS:localhost", ca="strange-ca")
        for name, texts in self.BROKERS.items():
            for (kind, trust, exact, slot), text in zip(self.KINDS, texts):
                with self.subTest(broker=name, trust=kind):
                    self.meet(name, trust, exact, slot, text)

    def test_a_pinned_broker_needs_no_ca_but_its_name(self):
        """The certificate that it shows is in the slot: what else is wrong with it does not count."""
        PKI.leaf("pinned-stranger", "localhost", "DNS:localhost", ca="strange-ca")
        for name, text in (("old-server", None), ("early-server", None), ("self", None), ("pinned-stranger", None),
                           ("wrong-name", NAME)):
            for exact in (True, False):
                with self.subTest(broker=name, exact=exact):
                    self.meet(name, SERVER, exact, name, text)


if __name__ == "__main__":
    unittest.main()
