# SPDX-License-Identifier: MIT
"""An MQTT client that says exactly what came back: an acknowledgement's code, a DISCONNECT, or a close without a word.

    client = RawClient(standin, "device", version=5)
    client.connect()                     # 0, another code of CONNACK, or CLOSED
    client.publish("a/b", b"x")          # 0 or a reason code of PUBACK, or CLOSED
    client.receive()                     # the next Message, or None if none comes
"""
import collections
import socket
import ssl
import struct
import time

CLOSED = "closed"
CONNACK, PUBLISH, PUBACK, SUBACK, DISCONNECT = 2, 3, 4, 9, 14
TIMEOUT_S = 10

Message = collections.namedtuple("Message", "topic payload retained")
# How a connection is ended by MQTT 5's DISCONNECT.
Disconnected = collections.namedtuple("Disconnected", "code")


def _varint(value):
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


class RawClient:
    """credential: the name of a certificate in the stand-in's folder. client_id: else the certificate's CN must be it,
    so say which. will: (topic, payload, qos, retain)."""

    def __init__(self, standin, credential, client_id, version=4, will=None, keep_alive=60, host="localhost"):
        self.client_id, self.version, self.will, self.keep_alive = client_id, version, will, keep_alive
        context = ssl.create_default_context(cafile=standin.pem("server-ca"))
        context.load_cert_chain(standin.pem(credential), standin.key(credential))
        plain = socket.create_connection(("127.0.0.1", standin.port), TIMEOUT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain, server_hostname=host)
        self._input = b""
        self._identifier = 0
        self.ended = None          # CLOSED or Disconnected
        self.messages = collections.deque()
        self.properties = {}       # of CONNACK, by number: what is of fixed size

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self._socket.close()

    # -- packets ----------------------------------------------------------------------------------------------------

    def _send(self, first, body):
        try:
            self._socket.sendall(bytes([first]) + _varint(len(body)) + body)
        except OSError:
            pass        # the answer tells

    def _take_packet(self):
        """(kind, flags, body) if the input holds a whole one."""
        size, at = 0, 1
        while True:
            if at >= len(self._input):
                return None
            digit = self._input[at]
            size |= (digit & 0x7F) << 7 * (at - 1)
            at += 1
            if not digit & 0x80:
                break
        if len(self._input) < at + size:
            return None
        packet = self._input[0] >> 4, self._input[0] & 15, self._input[at:at + size]
        self._input = self._input[at + size:]
        return packet

    def _read(self, timeout):
        """The next packet; None if none came in that time or the connection has ended."""
        end = time.monotonic() + timeout
        while self.ended is None or self._input:
            packet = self._take_packet()
            if packet is not None:
                return self._note(packet)
            if self.ended is not None:
                return None
            self._socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(65536)
            except socket.timeout:
                return None
            except OSError:
                data = b""
            if data == b"":
                self.ended = CLOSED
            self._input += data
        return None

    def _note(self, packet):
        kind, flags, body = packet
        if kind == PUBLISH:
            self._take_message(flags, body)
        elif kind == DISCONNECT:
            self.ended = Disconnected(body[0] if body else 0)
        return packet

    def _take_message(self, flags, body):
        size = struct.unpack_from(">H", body)[0]
        topic, at = body[2:2 + size].decode(), 2 + size
        if flags & 6:
            self._send(PUBACK << 4, body[at:at + 2])
            at += 2
        if self.version == 5:
            at += 1 + body[at]
        self.messages.append(Message(topic, body[at:], bool(flags & 1)))

    def _wait(self, kind):
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            packet = self._read(end - time.monotonic())
            if packet is not None and packet[0] == kind:
                return packet[2]
            if self.ended is not None:
                return None
        raise TimeoutError("neither packet %d nor an end came" % kind)

    def _next_identifier(self):
        self._identifier += 1
        return struct.pack(">H", self._identifier)

    # -- what it can do ---------------------------------------------------------------------------------------------

    def connect(self):
        v5 = self.version == 5
        flags = 0x02
        payload = _text(self.client_id)
        if self.will:
            topic, text, qos, retain = self.will
            flags |= 0x04 | qos << 3 | (0x20 if retain else 0)
            payload += (b"\0" if v5 else b"") + _text(topic) + _text(text)
        self._send(0x10, _text("MQTT") + bytes([self.version, flags]) + struct.pack(">H", self.keep_alive)
                   + (b"\0" if v5 else b"") + payload)
        body = self._wait(CONNACK)
        if body is None:
            return self.ended
        if v5:
            self._take_properties(body[3:])
        return body[1]

    def _take_properties(self, data):
        sizes = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}
        at = 0
        while at < len(data) and data[at] in sizes:
            size = sizes[data[at]]
            self.properties[data[at]] = int.from_bytes(data[at + 1:at + 1 + size], "big")
            at += 1 + size

    def publish(self, topic, payload=b"x", qos=1, retain=False):
        """PUBACK's code, or how the connection ended; with QoS 0 None."""
        identifier = self._next_identifier() if qos else b""
        data = payload if isinstance(payload, bytes) else payload.encode()
        self._send(PUBLISH << 4 | qos << 1 | retain, _text(topic) + identifier
                   + (b"\0" if self.version == 5 else b"") + data)
        if not qos:
            return None
        body = self._wait(PUBACK)
        return self.ended if body is None else body[2] if len(body) > 2 else 0

    def subscribe(self, topic_filter, qos=1):
        """SUBACK's code, or how the connection ended."""
        self._send(0x82, self._next_identifier() + (b"\0" if self.version == 5 else b"") + _text(topic_filter)
                   + bytes([qos]))
        body = self._wait(SUBACK)
        return self.ended if body is None else body[-1]

    def receive(self, timeout=TIMEOUT_S):
        end = time.monotonic() + timeout
        while not self.messages and self.ended is None and time.monotonic() < end:
            self._read(end - time.monotonic())
        return self.messages.popleft() if self.messages else None

    def ping(self):
        """Whether the connection is alive; what was sent before has been worked on then."""
        self._send(0xC0, b"")
        return self._wait(13) is not None

    def wait_end(self):
        """How the connection ends."""
        end = time.monotonic() + TIMEOUT_S
        while self.ended is None and time.monotonic() < end:
            self._read(end - time.monotonic())
        return self.ended
