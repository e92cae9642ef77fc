# SPDX-License-Identifier: MIT
"""What the tests of delivery share: the whole daemon with a scripted reader, at a broker that is played packet by packet.

SPRINGPARK_BUILD names the build folder.
"""
import json
import pathlib
import shutil
import socket
import tempfile
import unittest

from broker import free_port, wait_until
from fake_broker import DISCONNECT, PINGREQ, PINGRESP, PUBLISH, SUBSCRIBE, FakeBroker
from gateway import SMART_READER, TEMPLATES, Gateway, Script, build_directory

EVENT = "/rdr/evt"
STATUS = "/status"


def acknowledge(connection, packet):
    if packet.qos:
        connection.puback(packet)


def ignore(_connection, _packet):
    """No PUBACK."""


def play(event=acknowledge, status=acknowledge):
    """The script of a broker that does what it should but for events and STATUS: these are given to a function."""
    def script(connection):
        if connection.broker.tls:
            connection.start_tls()
        connection.accept()
        while not connection.broker.stopping.is_set():
            try:
                packet = connection.read(0.2)
            except socket.timeout:
                continue
            if packet.kind == SUBSCRIBE:
                connection.suback(packet)
            elif packet.kind == PINGREQ:
                connection.send(PINGRESP << 4)
            elif packet.kind == DISCONNECT:
                return
            elif packet.kind == PUBLISH:
                deal = event if packet.topic.endswith(EVENT) else status if packet.topic.endswith(STATUS) else acknowledge
                deal(connection, packet)
    return script


def pair(packet):
    """The identity of an event: startup counter and Sequence."""
    event = json.loads(packet.payload)
    return int(event["Uptime"].split(":")[0]), event["Sequence"]


def pairs(packets):
    return [pair(packet) for packet in packets]


def tag_of(packet):
    return json.loads(packet.payload)["TagId"]


class Trouble:
    """What libtrouble (tests/parts/trouble.c) does to a daemon that has this environment."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-trouble-"))
        library = build_directory() / "tests/parts/.libs/libtrouble.so"
        if not library.exists():
            raise FileNotFoundError("%s is missing; next: make test-parts" % library)
        self.environment = {"LD_PRELOAD": str(library), "SPRINGPARK_TROUBLE": str(self.folder)}

    def make(self, name, text=""):
        (self.folder / "new").write_text(text)
        (self.folder / "new").rename(self.folder / name)

    def end(self, name):
        (self.folder / name).unlink(missing_ok=True)

    def close(self):
        shutil.rmtree(self.folder)


class DeliveryTest(unittest.TestCase):
    """The daemon's broker has one port for the whole test, whether one is there or not."""

    def setUp(self):
        self.script = Script()
        self.addCleanup(self.script.close)
        self.port = free_port()
        self.number = 0

    def start_broker(self, *scripts, tls=None):
        broker = FakeBroker(list(scripts) or [play()], tls=tls, port=self.port)
        self.addCleanup(broker.stop)
        return broker

    def configuration(self, options="", more="", script=None):
        return ('mqtt: { broker = "127.0.0.1"; port = %d; tls: { enabled = false; };\n'
                '        options: { reconnect_interval = 1; %s }; };\n' % (self.port, options) +
                SMART_READER + TEMPLATES + "readers: ( %s );\n" % (script or self.script).setting + more)

    def create_gateway(self, options="", more="", script=None, **others):
        gateway = Gateway(self.configuration(options, more, script), **others)
        self.addCleanup(gateway.close)
        return gateway

    def read_tags(self, count=1, script=None):
        """Tags come to the reader and go; their identifiers, which are new ones."""
        tags = ["04%012X" % (self.number + i) for i in range(1, count + 1)]
        self.number += count
        for tag in tags:
            (script or self.script).do("insert NFC-A " + tag, "remove")
        return tags

    # -- what the broker has seen
    @staticmethod
    def packets(broker, leaf, number=None):
        """What was published under topics that end so; number: over that connection only."""
        with broker.changed:
            if number is not None and number >= len(broker.connections):
                return []
            packets = broker.published if number is None else broker.connections[number].packets
            return [one for one in packets if one.kind == PUBLISH and one.topic.endswith(leaf)]

    def events(self, broker, number=None):
        return self.packets(broker, EVENT, number)

    def wait_events(self, broker, count, timeout=15):
        if not broker.wait(lambda: len(self.events(broker)) >= count, timeout):
            self.fail("%d events came of %d: %s" % (len(self.events(broker)), count, pairs(self.events(broker))))
        return self.events(broker)

    def wait_tags(self, broker, tags, timeout=20):
        """Waits until each of them has come; the packets so far."""
        if not broker.wait(lambda: set(tags) <= {tag_of(one) for one in self.events(broker)}, timeout):
            self.fail("missing: %s" % sorted(set(tags) - {tag_of(one) for one in self.events(broker)}))
        return self.events(broker)

    def statuses(self, broker, number=None):
        """Each STATUS so far, read."""
        return [json.loads(one.payload) for one in self.packets(broker, STATUS, number)]

    def wait_status(self, broker, condition, what, number=None, timeout=15):
        if not broker.wait(lambda: any(condition(one) for one in self.statuses(broker, number)), timeout):
            self.fail("no STATUS came %s: %s" % (what, self.statuses(broker, number)))

    def wait_accepted(self, broker):
        """Waits until events that are read from now on are live ones."""
        self.wait_status(broker, lambda _: True, "at all")

    # -- what the daemon says
    @staticmethod
    def journal(gateway):
        return gateway.status()["journal"]

    def wait_journal(self, gateway, what, timeout=20, **wanted):
        """Waits until the journal's part of the status says that; returns it."""
        last = {}

        def holds():
            last.update(self.journal(gateway))
            return all(last[name] == value for name, value in wanted.items())
        try:
            wait_until(holds, timeout, what)
        except TimeoutError as error:
            self.fail("%s, it says %s" % (error, last))
        return last

    def wait_on_disk(self, gateway, count, timeout=20):
        return self.wait_journal(gateway, "%d events are on disk" % count, timeout, state="works", depth=count,
                                 in_memory=0)

    def wait_nothing_waits(self, gateway):
        return self.wait_on_disk(gateway, 0)

    def trouble(self):
        trouble = Trouble()
        self.addCleanup(trouble.close)
        return trouble
