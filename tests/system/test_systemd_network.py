#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkctl network with a real systemd-networkd and a real NetworkManager, in a machine that has a cable of its
own to a gateway in another network namespace: a change ends as register 0280 says, or as it was before.

The tree must be built; SPRINGPARK_BUILD names the folder. Needs root, systemd-container, network-manager, dnsmasq-base.
"""

import base64
import json
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import systemd  # noqa: E402
from unit_parts import SCRIPT, UNIT, machine_files, reason_to_skip  # noqa: E402

OK, DIFFERS, USAGE, UNAVAILABLE, TEMPFAIL, NOPERM, CONFIG = 0, 1, 64, 69, 75, 77, 78
PORT = "dev0"
CONF = "/etc/springpark-network.conf"
BEFORE, BEFORE_GATEWAY = "10.9.0.7/24", "10.9.0.1"
NEW, OTHER = "10.9.0.20/24", "10.9.0.21/24"
NOBODY_THERE = "10.9.0.99"
BASE_FILE = "/etc/systemd/network/50-test.network"
KEPT_FILE = "/etc/systemd/network/01-springpark-%s.network" % PORT
TRIAL_FILE = "/run/systemd/network/00-springpark-%s.network" % PORT
BASE = "[Match]\nName=%s\n[Network]\nAddress=%s\nGateway=%s\nIPv6AcceptRA=no\n" % (PORT, BEFORE, BEFORE_GATEWAY)
STEPS = "/usr/local/bin/springpark-network-steps"
DHCP_SERVER = ("dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=gw0 --bind-interfaces --leasefile-ro "
               "--dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,1h --dhcp-option=3,%s" % BEFORE_GATEWAY)


def settings(address, gateway=BEFORE_GATEWAY, more=""):
    """0280 in the file: address as "10.0.0.1/24", None for DHCP."""
    static = 'address = "%s"; netmask = "255.255.255.0"; gateway = "%s"; %s' % (
        (address or "").partition("/")[0], gateway, more)
    return 'network: { ipv4: { %s }; };\nreaders: ( { driver = "script"; path = "%s"; label = "door"; } );\n' % (
        static if address else 'address = "0.0.0.0";', SCRIPT)


def missing_tool():
    for tool, package in (("nmcli", "network-manager"), ("dnsmasq", "dnsmasq-base"), ("ip", "iproute2")):
        if shutil.which(tool) is None:
            return "%s is missing; next: apt-get install --no-install-recommends %s" % (tool, package)
    return reason_to_skip()


def setUpModule():
    """One machine for all: whose turn it is starts its manager and stops the other."""
    reason = missing_tool()
    if reason:
        raise unittest.SkipTest(reason)
    machine = systemd.Machine(systemd.build_folder(), files=machine_files())
    unittest.addModuleCleanup(machine.stop)
    machine.run("ip netns add gw && ip link add %s type veth peer name gw0 netns gw && "
                "ip netns exec gw ip addr add %s/24 dev gw0 && ip netns exec gw ip link set gw0 up"
                % (PORT, BEFORE_GATEWAY))
    steps = systemd.build_folder() / "tests/parts/network_steps"
    if not steps.exists():
        raise FileNotFoundError("%s is missing; next: make test-parts" % steps)
    machine.run("base64 -d >%s; chmod 0755 %s" % (STEPS, STEPS), text_in=base64.b64encode(steps.read_bytes()).decode())
    machine.run(": >/etc/resolv.conf")  # what this box uses is none of the test's business
    NetworkCase.machine = machine


class NetworkCase(unittest.TestCase):
    """What both managers have in common; `machine` has the interface PORT, and a gateway at its other end."""

    # ---- helpers ----

    def write_settings(self, *arguments, **options):
        self.machine.write(CONF, settings(*arguments, **options))

    def network(self, *arguments):
        return self.machine.run(["springparkctl", "network", "--config", CONF, *arguments], check=False, timeout_s=120)

    def expect(self, status, *arguments):
        done = self.network(*arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def addresses(self):
        """None while a manager sets it up anew: ip then tells of no interface at all."""
        links = json.loads(self.machine.run(["ip", "-json", "-4", "addr", "show", "dev", PORT]).stdout or "[]")
        return ["%s/%d" % (one["local"], one["prefixlen"]) for link in links for one in link.get("addr_info", ())]

    def gateways(self):
        said = self.machine.run(["ip", "-json", "-4", "route", "show", "default", "dev", PORT]).stdout
        return [route["gateway"] for route in json.loads(said or "[]")]

    def exists(self, path):
        return self.machine.run(["test", "-e", path], check=False).returncode == 0

    def wait_address(self, address):
        systemd.wait_for(lambda: address in self.addresses(), "the address " + address, 30)

    def expect_as_before(self):
        self.assertEqual((self.addresses(), self.gateways()), ([BEFORE], [BEFORE_GATEWAY]))
        self.assertFalse(self.exists(TRIAL_FILE))

    def start_dhcp_server(self):
        self.machine.run(["systemd-run", "--quiet", "--unit=dhcp-server", "ip", "netns", "exec", "gw",
                          *DHCP_SERVER.split()])
        self.addCleanup(self.machine.run, ["systemctl", "stop", "dhcp-server"], check=False)

    def kill_in_mid_way(self, signal, timeout_s, until=NEW):
        """Starts --apply, and sends the signal when the new address is there. Its exit status and what it said."""
        done = self.machine.run(
            "springparkctl network --config %s --apply --timeout %d >/run/said 2>&1 & tool=$!\n"
            "until ip -4 -brief addr show dev %s | grep -q '%s'; do sleep 0.05; done\n"
            "kill -%s $tool; wait $tool; echo $?; cat /run/said" % (CONF, timeout_s, PORT, until, signal),
            timeout_s=120)
        status, _, said = done.stdout.partition("\n")
        return int(status), said

    # ---- what holds for each manager ----

    def check_static(self):
        self.write_settings(NEW)
        done = self.expect(DIFFERS)
        self.assertIn("differs: register 0280 asks for the address %s, and %s has %s" % (NEW, PORT, BEFORE),
                      done.stdout)
        self.assertEqual(self.addresses(), [BEFORE], "to look changes nothing")
        done = self.expect(OK, "--apply")
        self.assertIn("both are the same", done.stdout)
        self.assertEqual((self.addresses(), self.gateways()), ([NEW], [BEFORE_GATEWAY]))
        view = json.loads(self.expect(OK, "--json").stdout)
        self.assertEqual((view["interface"], view["configured"]["address"], view["running"]["addresses"],
                          view["differences"], view["unfinished"]), (PORT, NEW, [NEW], [], False))
        self.assertEqual(self.expect(OK, "--apply").stderr, "", "there is nothing to do any more")

    def check_lost_gateway(self):
        self.write_settings(NEW, gateway=NOBODY_THERE)
        done = self.expect(UNAVAILABLE, "--apply", "--timeout", "2")
        # On a slow machine not even the interface may be that far; check_interrupted waits until it is.
        self.assertRegex(done.stderr, "(the gateway does not answer|the address did not come|the interface does not "
                                      "go by it) within 2 s; the settings of before are put back")
        self.assertIn("undone; it is as before", done.stderr)
        self.expect_as_before()

    def check_dhcp(self):
        self.start_dhcp_server()
        self.write_settings(None)
        self.assertIn("has a static one", self.expect(DIFFERS).stdout)
        done = self.expect(OK, "--apply", "--timeout", "60")
        self.assertIn("(by DHCP)", done.stdout)
        self.assertRegex(self.addresses()[0], r"^10\.9\.0\.1[0-4][0-9]/24$")

    def check_no_dhcp_server(self):
        self.write_settings(None)
        done = self.expect(UNAVAILABLE, "--apply", "--timeout", "2")
        self.assertIn("the address did not come within 2 s", done.stderr)
        self.expect_as_before()

    def check_interrupted(self, signal):
        self.write_settings(NEW, gateway=NOBODY_THERE)
        status, said = self.kill_in_mid_way(signal, 60)
        self.assertEqual(status, TEMPFAIL, said)
        self.assertIn("interrupted; the settings of before are put back", said)
        self.expect_as_before()

    def check_undone_when_kept_already(self):
        """As when the gateway goes at the last moment."""
        done = self.machine.run([STEPS, PORT, NEW.partition("/")[0], "255.255.255.0", BEFORE_GATEWAY,
                                 "try", "keep", "undo"])
        self.assertEqual(done.stdout.splitlines()[1:], ["try: done", "keep: done", "undo: done"])
        systemd.wait_for(lambda: (self.addresses(), self.gateways()) == ([BEFORE], [BEFORE_GATEWAY]), "the way back",
                         30)
        self.expect_as_before()

    def check_hang_up(self):
        self.write_settings(NEW)
        status, said = self.kill_in_mid_way("HUP", 30)
        self.assertEqual(status, OK, said)
        self.assertEqual(self.addresses(), [NEW])


class Networkd(NetworkCase):
    @classmethod
    def setUpClass(cls):
        cls.machine.run("systemctl stop NetworkManager; ip addr flush dev %s" % PORT)

    def setUp(self):
        self.machine.run("mkdir -p /etc/systemd/network; "
                         "rm -f /etc/systemd/network/* /run/systemd/network/*springpark*")
        self.machine.write(BASE_FILE, BASE)
        self.machine.run("systemctl start systemd-networkd; networkctl reload; networkctl reconfigure %s" % PORT)
        self.wait_address(BEFORE)
        systemd.wait_for(lambda: self.addresses() == [BEFORE] and self.gateways() == [BEFORE_GATEWAY], "the start", 30)

    def test_a_static_address_is_set_and_lasts(self):
        self.check_static()
        self.assertFalse(self.exists(TRIAL_FILE))
        self.assertEqual(self.machine.run(["stat", "-c", "%a %U", KEPT_FILE]).stdout, "644 root\n")
        self.machine.run("systemctl stop systemd-networkd.socket systemd-networkd; ip addr flush dev %s; "
                         "systemctl start systemd-networkd" % PORT)
        self.wait_address(NEW)
        self.assertEqual(self.machine.run(["cat", BASE_FILE]).stdout, BASE, "no file but ours is touched")

    def test_a_gateway_that_does_not_answer_undoes_it(self):
        self.check_lost_gateway()
        self.assertFalse(self.exists(KEPT_FILE))

    def test_dhcp(self):
        self.check_dhcp()
        self.write_settings(NEW)
        self.expect(OK, "--apply")
        self.assertEqual(self.addresses(), [NEW], "and back to a static one")

    def test_without_a_dhcp_server_it_is_undone(self):
        self.check_no_dhcp_server()

    def test_what_was_applied_before_is_what_it_goes_back_to(self):
        self.write_settings(NEW)
        self.expect(OK, "--apply")
        kept = self.machine.run(["cat", KEPT_FILE]).stdout
        self.write_settings(OTHER, gateway=NOBODY_THERE)
        self.expect(UNAVAILABLE, "--apply", "--timeout", "2")
        self.assertEqual((self.addresses(), self.gateways()), ([NEW], [BEFORE_GATEWAY]))
        self.assertEqual(self.machine.run(["cat", KEPT_FILE]).stdout, kept)

    def test_an_interrupt_undoes_it(self):
        self.check_interrupted("INT")
        self.check_interrupted("TERM")
        self.assertFalse(self.exists(KEPT_FILE))

    def test_the_end_of_the_session_does_not_end_it(self):
        self.check_hang_up()
        self.assertTrue(self.exists(KEPT_FILE))

    def test_what_was_kept_already_is_undone(self):
        self.check_undone_when_kept_already()
        self.assertFalse(self.exists(KEPT_FILE))

    def test_what_cannot_be_kept_is_undone(self):
        folder = KEPT_FILE.rpartition("/")[0]
        self.machine.run("mount --bind %s %s && mount -o remount,bind,ro %s" % (folder, folder, folder))
        self.addCleanup(self.machine.run, ["umount", folder])
        self.write_settings(NEW)
        said = self.expect(UNAVAILABLE, "--apply").stderr
        self.assertIn("%s cannot be written: Read-only file system; the settings of before are put back" % KEPT_FILE,
                      said)
        self.assertIn("undone; it is as before", said)
        self.expect_as_before()

    def test_one_that_was_killed_is_seen_and_ended_by_the_next(self):
        self.write_settings(NEW, gateway=NOBODY_THERE)
        status, _ = self.kill_in_mid_way("KILL", 60)
        self.assertEqual(status, 128 + 9)
        self.assertFalse(self.exists(KEPT_FILE), "a restart of the box would undo it")
        self.assertIn("an --apply was ended before its time", self.network().stdout)
        self.assertTrue(json.loads(self.network("--json").stdout)["unfinished"])
        self.write_settings(OTHER, gateway=NOBODY_THERE)
        self.expect(UNAVAILABLE, "--apply", "--timeout", "2")
        self.expect_as_before()

    def test_a_second_one_at_the_same_time_is_refused(self):
        self.write_settings(NEW, gateway=NOBODY_THERE)
        self.machine.run("flock --no-fork /run/springparkctl-network.lock sleep 60 >/dev/null 2>&1 & echo $! "
                         ">/run/holder; until ! flock -n /run/springparkctl-network.lock true; do sleep 0.05; done")
        self.addCleanup(self.machine.run, "kill $(cat /run/holder)", check=False)
        self.assertIn("another change of the network is under way", self.expect(TEMPFAIL, "--apply").stderr)
        self.expect_as_before()

    def test_a_file_that_would_come_first_is_refused_by_name(self):
        self.machine.run("mv %s /etc/systemd/network/00-first.network; networkctl reload" % BASE_FILE)
        systemd.wait_for(lambda: "00-first" in self.machine.run(["networkctl", "--json=short", "status", PORT]).stdout,
                         "the other file")
        self.write_settings(NEW)
        done = self.expect(UNAVAILABLE, "--apply")
        self.assertIn("/etc/systemd/network/00-first.network comes by its name before", done.stderr)
        self.assertFalse(self.exists(TRIAL_FILE))

    def test_a_file_that_ties_it_to_others_is_refused(self):
        self.machine.write(BASE_FILE, BASE + "VLAN=dev0.7\n")
        self.machine.run(["networkctl", "reload"])
        self.write_settings(NEW)
        self.assertIn("ties %s to other interfaces (VLAN=)" % PORT, self.expect(UNAVAILABLE, "--apply").stderr)
        self.assertFalse(self.exists(TRIAL_FILE))

    def test_name_servers_that_nobody_sets_are_left_as_a_difference(self):
        self.write_settings(NEW, more='nameserver_1 = "9.9.9.9";')
        done = self.expect(DIFFERS, "--apply")
        self.assertIn("asks for the name server 9.9.9.9", done.stdout)
        self.assertIn("/etc/resolv.conf", done.stdout)
        self.assertEqual(self.addresses(), [NEW])
        self.assertIn("DNS=9.9.9.9\n", self.machine.run(["cat", KEPT_FILE]).stdout)

    def test_who_may_and_what_is_meant(self):
        self.write_settings(NEW)
        nobody = ["runuser", "-u", "nobody", "--", "springparkctl", "network", "--config", CONF]
        self.assertEqual(self.machine.run(nobody, check=False).returncode, DIFFERS)
        done = self.machine.run(nobody + ["--apply"], check=False)
        self.assertEqual(done.returncode, NOPERM)
        self.assertIn("next: sudo springparkctl network --apply", done.stderr)
        self.assertIn("there is no such interface", self.expect(UNAVAILABLE, "--interface", "dev7").stderr)
        self.expect(USAGE, "--timeout", "0")
        self.machine.write(CONF, 'readers: ( { driver = "script"; path = "%s"; } );\n' % SCRIPT)
        self.assertIn("nothing is asked for", self.expect(OK).stdout)
        self.assertIn("does not set register 0280", self.expect(CONFIG, "--apply").stderr)
        self.expect_as_before()

    def test_an_interface_that_somebody_else_manages_is_refused_by_name(self):
        self.machine.run("ip link add other0 type veth peer name other1 && mkdir -p /run/network && "
                         "touch /run/network/ifstate.other0")
        self.addCleanup(self.machine.run, "ip link del other0; rm -rf /run/network")
        self.write_settings(NEW)
        done = self.expect(UNAVAILABLE, "--apply", "--interface", "other0")
        self.assertIn("other0 is managed by ifupdown", done.stderr)
        self.machine.run("rm -rf /run/network")
        done = self.expect(UNAVAILABLE, "--apply", "--interface", "other0")
        self.assertIn("neither systemd-networkd nor NetworkManager manages other0", done.stderr)
        self.expect_as_before()

    def test_the_daemon_says_a_difference_once_and_its_end(self):
        config = systemd.make_variable(systemd.build_folder(), "sysconfdir") + "/springpark.conf"
        self.machine.run("systemd-sysusers; mkdir -p \"$(dirname %s)\"; "
                         "install -m 0640 -o root -g springpark /dev/null %s" % (config, config))
        self.machine.write(config, settings(NEW))
        drop_in = "/run/systemd/system/springparkd.service.d/test.conf"
        self.machine.run(["mkdir", "-p", drop_in.rpartition("/")[0]])
        self.machine.write(drop_in, "[Service]\nWatchdogSec=4\n")
        self.machine.run("systemctl daemon-reload; systemctl start " + UNIT)
        self.addCleanup(self.machine.run, "systemctl stop %s; rm -f %s; systemctl daemon-reload" % (UNIT, drop_in))
        difference = "register 0280 asks for the address %s, and %s has %s" % (NEW, PORT, BEFORE)

        def status():
            return json.loads(self.machine.run(["springparkctl", "status", "--json"]).stdout)

        def said(words):
            return sum(words in line for line in self.machine.journal_text(UNIT).splitlines())
        systemd.wait_for(lambda: status()["network"], "the comparison")
        self.assertEqual(status()["network"], {"interface": PORT, "differences": [difference]})
        self.assertEqual((status()["state"], status()["health"]), ("online,ready", []), "the box is well")
        self.assertIn("network   " + difference, self.machine.run(["springparkctl", "status"]).stdout)
        systemd.wait_for(lambda: said("the network is not as configured: " + difference), "the warning", 60)
        self.machine.write(CONF, settings(NEW))
        self.expect(OK, "--apply")
        systemd.wait_for(lambda: said("the network is as register 0280 says now"), "the end of it", 60)
        self.assertEqual(said("the network is not as configured"), 1)
        self.assertEqual(status()["network"]["differences"], [])


class NetworkManager(NetworkCase):
    @classmethod
    def setUpClass(cls):
        cls.machine.run("systemctl stop systemd-networkd.socket systemd-networkd; ip addr flush dev %s; "
                        "systemctl start NetworkManager" % PORT)

    def setUp(self):
        self.machine.run("nmcli -t -f UUID connection | while read u; do nmcli connection delete uuid $u; done; "
                         "nmcli connection add type ethernet ifname %s con-name 'the: door' ipv4.method manual "
                         "ipv4.addresses %s ipv4.gateway %s ipv4.dns 1.1.1.1 ipv6.method ignore && "
                         "nmcli --wait 30 connection up 'the: door'" % (PORT, BEFORE, BEFORE_GATEWAY))
        self.wait_address(BEFORE)

    def stored(self):
        return self.machine.run(["nmcli", "-g", "ipv4.method,ipv4.addresses,ipv4.gateway,ipv4.dns", "connection",
                                 "show", "the: door"]).stdout.split("\n")[:4]

    def expect_as_before(self):
        super().expect_as_before()
        self.assertEqual(self.stored(), ["manual", BEFORE, BEFORE_GATEWAY, "1.1.1.1"])

    def test_a_static_address_is_set_and_lasts(self):
        self.check_static()
        self.assertEqual(self.stored(), ["manual", NEW, BEFORE_GATEWAY, ""])
        self.machine.run("nmcli connection down 'the: door'; nmcli --wait 30 connection up 'the: door'")
        self.wait_address(NEW)

    def test_a_gateway_that_does_not_answer_undoes_it(self):
        self.check_lost_gateway()

    def test_dhcp(self):
        self.check_dhcp()
        self.assertEqual(self.stored(), ["auto", "", "", ""])

    def test_without_a_dhcp_server_it_is_undone(self):
        self.check_no_dhcp_server()

    def test_an_interrupt_undoes_it(self):
        self.check_interrupted("INT")

    def test_the_end_of_the_session_does_not_end_it(self):
        self.check_hang_up()
        self.assertEqual(self.stored()[1], NEW)

    def test_what_was_kept_already_is_undone(self):
        self.check_undone_when_kept_already()

    def test_one_that_is_killed_leaves_the_stored_connection_alone(self):
        self.write_settings(NEW, gateway=NOBODY_THERE)
        self.assertEqual(self.kill_in_mid_way("KILL", 60)[0], 128 + 9)
        self.assertEqual(self.stored(), ["manual", BEFORE, BEFORE_GATEWAY, "1.1.1.1"])

    def test_a_device_without_a_connection_is_refused(self):
        self.machine.run(["nmcli", "device", "disconnect", PORT])
        self.write_settings(NEW)
        done = self.expect(UNAVAILABLE, "--apply", "--interface", PORT)
        self.assertIn("no connection is active on it", done.stderr)
        self.assertIn("next: nmcli device connect " + PORT, done.stderr)


if __name__ == "__main__":
    unittest.main()
