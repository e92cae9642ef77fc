#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A scripted MQTT broker: each connection is played by a function of the test, packet by packet.

A script is called with a Connection, in a thread of its own. Connection n gets scripts[n], those after the last get the
last one again. A connection that ends before its first byte (the client's look whether anybody answers) is not counted.

    broker = FakeBroker([refuse, accept])
    broker.port, broker.connections, broker.stop()
"""
import socket
import ssl
import struct
import threading
import time

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14


class Closed(Exception):
    """The client closed the connection."""


def _text(data, at):
    size = struct.unpack_from(">H", data, at)[0]
    return data[at + 2:at + 2 + size], at + 2 + size


def _varint(value):
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


class Packet:
    """One packet that came: kind, flags, body, and what is of interest in it."""

    def __init__(self, first, body, version):
        self.kind, self.flags, self.body = first >> 4, first & 15, body
        self.time = time.monotonic()
        if self.kind == CONNECT:
            self._parse_connect()
        elif self.kind == PUBLISH:
            self._parse_publish(version)
        elif self.kind == SUBSCRIBE:
            self.id = struct.unpack_from(">H", body)[0]
            at = 2 + (1 if version == 5 else 0)
            self.filter, at = _text(body, at)
            self.qos = body[at] & 3

    def _parse_connect(self):
        body = self.body
        name, at = _text(body, 0)
        assert name == b"MQTT", name
        self.version, self.connect_flags = body[at], body[at + 1]
        self.keep_alive = struct.unpack_from(">H", body, at + 2)[0]
        at += 4
        if self.version == 5:
            at += 1 + body[at]
        self.client_id, at = _text(body, at)
        self.will_topic = self.will = None
        if self.connect_flags & 4:
            if self.version == 5:
                at += 1 + body[at]
            self.will_topic, at = _text(body, at)
            self.will, at = _text(body, at)
        self.login = self.password = None
        if self.connect_flags & 0x80:
            self.login, at = _text(body, at)
        if self.connect_flags & 0x40:
            self.password, at = _text(body, at)

    def _parse_publish(self, version):
        self.qos, self.retain, self.dup = self.flags >> 1 & 3, self.flags & 1, self.flags >> 3 & 1
        topic, at = _text(self.body, 0)
        self.topic = topic.decode()
        self.id = None
        if self.qos:
            self.id = struct.unpack_from(">H", self.body, at)[0]
            at += 2
        if version == 5:
            at += 1 + self.body[at]
        self.payload = self.body[at:].decode()


class Connection:
    """The broker's end of one connection."""

    def __init__(self, broker, sock, number):
        self.broker, self.sock, self.number = broker, sock, number
        self.raw = sock
        self.first_byte = None
        self.packets = []
        self.version = 5
        self.client_cn = None
        self.client_serial = None   # of its certificate, in hex
        self.server_name = None
        self.opened = time.monotonic()

    # -- TCP and TLS
    def start_tls(self, context=None):
        self.sock = (context or self.broker.tls).wrap_socket(self.sock, server_side=True)
        certificate = self.sock.getpeercert() or {}
        self.client_serial = certificate.get("serialNumber")
        subject = certificate.get("subject", ())
        self.client_cn = dict(item[0] for item in subject).get("commonName")

    def close(self):
        """In order: close_notify where there is TLS, then FIN."""
        if isinstance(self.sock, ssl.SSLSocket):
            try:
                self.sock.settimeout(0.2)
                self.sock.unwrap()
            except (OSError, ValueError):
                pass
        self.sock.close()

    def fin(self):
        """FIN without close_notify."""
        fd = self.sock.detach()
        plain = socket.socket(fileno=fd)
        plain.shutdown(socket.SHUT_WR)
        time.sleep(0.3)  # what the client still sends must not turn the FIN into RST
        plain.close()

    def rst(self):
        plain = socket.socket(fileno=self.sock.detach())
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        plain.close()

    def idle(self, seconds):
        """Does nothing, until the broker is stopped at the latest."""
        self.broker.stopping.wait(seconds)

    # -- packets in
    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.sock.recv(count - len(data))
            except (ConnectionError, ssl.SSLError) as error:
                raise Closed() from error
            if not more:
                raise Closed()
            data += more
        return data

    def read(self, timeout=10):
        """The next packet; socket.timeout if none comes, Closed if the client is gone."""
        self.sock.settimeout(timeout)
        first = self._exactly(1)[0]
        size = shift = 0
        while True:
            digit = self._exactly(1)[0]
            size |= (digit & 127) << shift
            shift += 7
            if not digit & 128:
                break
        packet = Packet(first, self._exactly(size), self.version)
        if packet.kind == CONNECT:
            self.version = packet.version
        self.packets.append(packet)
        self.broker.note(packet)
        return packet

    def expect(self, kind, timeout=10):
        packet = self.read(timeout)
        assert packet.kind == kind, "packet %d came, %d was expected" % (packet.kind, kind)
        return packet

    # -- packets out
    def send(self, first, body=b""):
        try:
            self.sock.sendall(bytes([first]) + _varint(len(body)) + body)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed() from error

    def connack(self, reason=0, properties=b"", version=None):
        body = bytes([0, reason])
        if (version or self.version) == 5:
            body += _varint(len(properties)) + properties
        self.send(CONNACK << 4, body)

    def suback(self, packet, reason=None):
        code = bytes([packet.qos if reason is None else reason])
        self.send(SUBACK << 4, struct.pack(">H", packet.id) + (b"\0" if self.version == 5 else b"") + code)

    def puback(self, packet, reason=0):
        body = struct.pack(">H", packet.id)
        if reason:
            body += bytes([reason, 0])
        self.send(PUBACK << 4, body)

    def publish(self, topic, payload, retain=False, qos=0, message_id=1):
        body = struct.pack(">H", len(topic)) + topic.encode()
        if qos:
            body += struct.pack(">H", message_id)
        body += (b"\0" if self.version == 5 else b"") + payload.encode()
        self.send(PUBLISH << 4 | qos << 1 | (1 if retain else 0), body)

    def disconnect(self, reason):
        self.send(DISCONNECT << 4, bytes([reason]))

    # -- a well-behaved broker
    def accept(self):
        """CONNECT and CONNACK."""
        packet = self.expect(CONNECT)
        self.connack()
        return packet

    def serve(self, until=None, discards=lambda packet: False):
        """Acknowledges everything, but for publishes that discards(packet) takes away without a word, until the client
        leaves, or until(packet) is true."""
        while not self.broker.stopping.is_set():
            try:
                packet = self.read(0.5)
            except socket.timeout:
                continue
            if packet.kind == PUBLISH and packet.qos:
                if not discards(packet):
                    self.puback(packet)
            elif packet.kind == SUBSCRIBE:
                self.suback(packet)
            elif packet.kind == PINGREQ:
                self.send(PINGRESP << 4)
            elif packet.kind == DISCONNECT:
                return
            if until is not None and until(packet):
                return


def normal(connection):
    """The script of a broker that does what it should, with TLS where the test set it up."""
    if connection.broker.tls:
        connection.start_tls()
    connection.accept()
    connection.serve()
    connection.close()


class FakeBroker:
    def __init__(self, scripts, tls=None, port=0):
        self.scripts = list(scripts)
        self.tls = tls
        self.connections = []
        self.published = []       # all PUBLISH packets, over all connections
        self.failures = []        # what went wrong in a script
        self.stopping = threading.Event()
        self.changed = threading.Condition()
        self.threads = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self._spawn(self._accept)

    def _spawn(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        self.listener.settimeout(0.2)
        while not self.stopping.is_set():
            try:
                sock, _ = self.listener.accept()
            except socket.timeout:
                continue
            sock.settimeout(10)
            self._spawn(self._first_byte, sock)

    def _first_byte(self, sock):
        try:
            first = sock.recv(1, socket.MSG_PEEK)
        except OSError:
            first = b""
        if not first:
            sock.close()
            return
        with self.changed:
            connection = Connection(self, sock, len(self.connections))
            connection.first_byte = first[0]
            self.connections.append(connection)
            script = self.scripts[min(connection.number, len(self.scripts) - 1)]
            self.changed.notify_all()
        try:
            script(connection)
        except (Closed, ssl.SSLError, ConnectionError):
            pass
        except Exception as error:  # pylint: disable=broad-except  # told to the test by stop()
            self.failures.append(error)
        finally:
            connection.sock.close()

    def note(self, packet):
        with self.changed:
            if packet.kind == PUBLISH:
                self.published.append(packet)
            self.changed.notify_all()

    def wait(self, condition, timeout=10):
        """Waits until condition() is true; returns whether it became so."""
        with self.changed:
            return self.changed.wait_for(condition, timeout)

    def payloads(self, topic="t/evt"):
        with self.changed:
            return [packet.payload for packet in self.published if packet.topic == topic]

    def stop(self):
        self.stopping.set()
        for thread in list(self.threads):
            thread.join(15)
        self.listener.close()
        if self.failures:
            raise self.failures[0]
