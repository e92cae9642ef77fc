# SPDX-License-Identifier: MIT
"""Networks that can be cut: namespaces of their own, so that nothing of this machine's network is touched. Needs root.

enter_private_network() puts this program, and whatever it starts from then on, into a network with nothing but loopback.
A Site is a second such network, tied to the first by a cable (veth) with a plug at our end:

    site = Site()                     # we are site.our_address there
    subprocess.Popen(site.command + [...])
    site.cut()                        # its packets vanish: nobody refuses them, nobody says that we are unreachable
    site.mend()
    site.close()
"""
import ctypes
import os
import shutil
import subprocess

from broker import Broker

CLONE_NEWNET = 0x40000000


def reason_to_skip():
    if os.geteuid() != 0:
        return "a network of its own needs root; next: sudo ./tests/run system"
    for tool in ("ip", "nsenter", "unshare"):
        if shutil.which(tool) is None:
            return "%s is missing; next: apt-get install iproute2 util-linux" % tool
    if subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return "this machine does not let root make a network namespace"
    return None


def _ip(*words, inside=()):
    subprocess.run([*inside, "ip", *words], check=True)


def enter_private_network():
    """For this thread, the threads that it starts, and their programs. There is no way back."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _ip("link", "set", "lo", "up")


class Site:
    our_address = "10.213.7.1"
    their_address = "10.213.7.2"

    def __init__(self):
        # Who keeps the namespace alive; it says when it is there.
        self._keeper = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c",
                                         "echo there; exec sleep infinity"], stdout=subprocess.PIPE, text=True)
        self._keeper.stdout.readline()
        self.command = ["nsenter", "--net=/proc/%d/ns/net" % self._keeper.pid, "--"]
        _ip("link", "add", "heal-ours", "type", "veth", "peer", "name", "heal-theirs", "netns", str(self._keeper.pid))
        _ip("addr", "add", self.our_address + "/30", "dev", "heal-ours")
        _ip("link", "set", "heal-ours", "up")
        for words in (("addr", "add", self.their_address + "/30", "dev", "heal-theirs"), ("link", "set", "lo", "up"),
                      ("link", "set", "heal-theirs", "up")):
            _ip(*words, inside=self.command)
        self._pin_neighbours()

    def _pin_neighbours(self):
        """With the neighbour's address unknown the kernel would soon say "no route": behind a router nobody does."""
        link = subprocess.run(["ip", "-brief", "link", "show", "heal-ours"], check=True, stdout=subprocess.PIPE, text=True)
        _ip("neigh", "replace", self.our_address, "lladdr", link.stdout.split()[2], "nud", "permanent",
            "dev", "heal-theirs", inside=self.command)

    def cut(self):
        _ip("link", "set", "heal-ours", "down")

    def mend(self):
        _ip("link", "set", "heal-ours", "up")

    def unplug(self):
        """Their own interface goes down: they know it."""
        _ip("link", "set", "heal-theirs", "down", inside=self.command)

    def plug(self):
        _ip("link", "set", "heal-theirs", "up", inside=self.command)
        self._pin_neighbours()

    def close(self):
        self._keeper.kill()
        self._keeper.wait()
        self._keeper.stdout.close()
        subprocess.run(["ip", "link", "del", "heal-ours"], stderr=subprocess.DEVNULL, check=False)


class BrokerForAll(Broker):
    """Listens on every address of the private network, loopback's too, where the subscribers come from."""

    def _write_configuration(self, server, extra):
        super()._write_configuration(server, extra)
        text = self._configuration.read_text()
        self._configuration.write_text(text.replace("listener %d 127.0.0.1" % self.port, "listener %d" % self.port))
