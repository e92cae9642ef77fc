#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A name server that is dead or slow, under the whole daemon: reading goes on, status answers at once, the watchdog is fed,
a question that hangs is a state with its name, and everything that was read arrives once there is an answer.

Root, for a network and an /etc/resolv.conf of its own; SPRINGPARK_BUILD = the built tree."""
import os
import pathlib
import socket
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import network  # noqa: E402
from broker import wait_until  # noqa: E402
from heal_parts import HealTest  # noqa: E402

WHY_NOT = network.reason_to_skip()
NAME = "broker.springpark.test"
WATCHDOG_S = 2


def setUpModule():
    if WHY_NOT:
        raise unittest.SkipTest(WHY_NOT)
    network.enter_private_network()


class NameServer:
    """Answers each question for an address with 127.0.0.1, and for anything else with "no data"; while it is silent it
    keeps the questions and answers them later."""

    def __init__(self):
        self.silent = True
        self.questions = 0
        self._kept = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            question, peer = self._socket.recvfrom(512)
            if question == b"end":
                return
            with self._lock:
                self.questions += 1
                self._kept.append((question, peer))
            if not self.silent:
                self.answer()

    def answer(self):
        """From now on it answers, those that it was asked before, too."""
        self.silent = False
        with self._lock:
            kept, self._kept = self._kept, []
        for question, peer in kept:
            end = question.index(b"\0", 12) + 5
            is_a = question[end - 4:end - 2] == b"\0\1"
            head = question[:2] + struct.pack(">HHHHH", 0x8180, 1, 1 if is_a else 0, 0, 0)
            record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + bytes([127, 0, 0, 1]) if is_a else b""
            self._socket.sendto(head + question[12:end] + record, peer)

    def close(self):
        self._socket.sendto(b"end", self._socket.getsockname())
        self._thread.join()
        self._socket.close()


class Dns(HealTest):
    def start_with_resolver(self, options):
        """A daemon whose only name server is ours, with these options of resolv.conf(5). The wrapper becomes the daemon, so
        that its process is the one that the service manager asked to feed the watchdog."""
        self.server = NameServer()
        self.addCleanup(self.server.close)
        folder = pathlib.Path(self.script.directory)
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions %s\n" % options)
        (folder / "nsswitch.conf").write_text("hosts: files dns\n")
        wrapper = os.environ.get("SPRINGPARK_WRAPPER", "")
        os.environ["SPRINGPARK_WRAPPER"] = (
            "unshare --mount --propagation private sh -c 'mount --bind %s/resolv.conf \"$(readlink -f /etc/resolv.conf)\" && "
            "mount --bind %s/nsswitch.conf /etc/nsswitch.conf && exec \"$@\"' sh %s" % (folder, folder, wrapper))
        self.addCleanup(os.environ.__setitem__ if wrapper else os.environ.pop, "SPRINGPARK_WRAPPER",
                        *([wrapper] if wrapper else []))
        self.start_broker()
        self.events = self.broker.subscriber()
        self.gateway = self.start_gateway(host=NAME, tls="verify_name = false", options="reconnect_interval = 1",
                                          environment={"WATCHDOG_USEC": str(WATCHDOG_S * 1000000)})
        wait_until(lambda: self.server.questions > 0, 10, "the name server is asked")

    def live_until(self, condition, timeout, what):
        """Until then tags are read, status answers, and the watchdog is fed in time."""
        begin = self.begin_calm(self.gateway)
        fed = [self.gateway.notified().count("WATCHDOG=1"), time.monotonic()]

        def watch():
            asked = time.monotonic()
            status = self.gateway.status()
            now = time.monotonic()
            self.assertLess(now - asked, 1.0, "status answers at once")
            self.present()
            count = self.gateway.notified().count("WATCHDOG=1")
            if count > fed[0]:
                fed[:] = [count, now]
            self.assertLess(now - fed[1], WATCHDOG_S, "the watchdog is fed")
            time.sleep(0.1)
            return condition(status)
        wait_until(watch, timeout, what)
        self.assert_calm(self.gateway, begin, limit_share=0.2)

    def test_a_dead_name_server_is_told_asked_again_and_answers_in_the_end(self):
        self.start_with_resolver("timeout:1 attempts:1")
        self.live_until(lambda status: "no name server answers; check the network and /etc/resolv.conf"
                        in (status["broker"]["detail"] or ""), 15, "the reason")
        self.gateway.wait_log("no name server answers")
        attempts = self.gateway.status()["broker"]["attempts"]
        self.live_until(lambda status: status["broker"]["attempts"] >= attempts + 2, 15, "it is tried again")
        self.server.answer()
        self.assert_nothing_is_missing(self.events)
        self.wait_online(self.gateway)

    def test_a_name_server_that_keeps_us_waiting_is_a_hang_with_a_name_and_an_end(self):
        self.start_with_resolver("timeout:30 attempts:5")
        self.live_until(lambda status: "hangs while resolving the broker's name, since 3" in (status["broker"]["detail"] or ""),
                        40, "the hang is named")
        self.gateway.wait_log("the connection hangs while resolving the broker's name")
        self.assertEqual(self.gateway.status()["state"], "online,ready", "the reader works")
        self.server.answer()
        self.assert_nothing_is_missing(self.events, 30)
        self.wait_online(self.gateway)
        self.gateway.wait_log("the connection does not hang any more")


if __name__ == "__main__":
    unittest.main()
