#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""springparkd as a service with the drop-in for libnfc readers: what it opens, and what stays closed.

The tree must be built; SPRINGPARK_BUILD names the folder. Needs root and systemd-container.
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from unit_parts import UNIT, UnitCase  # noqa: E402
import systemd  # noqa: E402

PLACE = "/etc/systemd/system/springparkd.service.d/libnfc.conf"
ASK = "/etc/springpark-test-ask.py"
LINE = "/etc/springpark-test-line"

# What a reader and its helper do, asked inside the sandbox: exit status 0 if all of it works.
QUESTIONS = """
import ctypes, fcntl, os, resource, signal, socket, termios
open("/etc/springpark-test-line", "r+b").close()             # a node of the group dialout
assert not os.access("/etc/springpark-test-root", os.R_OK)   # one of root
open("/proc/consoles").close()                               # who has a line otherwise
assert "systemd" in open("/proc/1/comm").read()
assert open("/proc/1/stat").read().startswith("1 (systemd)")
os.listdir("/sys/bus")
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)   # the helper and how it is spoken to
helper = os.posix_spawn("/bin/sleep", ["/bin/sleep", "60"], {})
os.kill(helper, signal.SIGKILL)
assert os.waitpid(helper, 0)[0] == helper
assert ctypes.CDLL(None).prctl(1, int(signal.SIGKILL)) == 0  # PR_SET_PDEATHSIG
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
master, line = os.openpty()                                  # a line of its own
fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
fcntl.ioctl(line, termios.TIOCEXCL)
"""


class LibnfcUnitTest(UnitCase):
    def setUp(self):
        super().setUp()
        source = systemd.make_variable(systemd.build_folder(), "springparkdatadir") + "/springparkd-libnfc.conf"
        self.machine.run(["install", "-D", "-m", "0644", source, PLACE])
        self.machine.run(["systemctl", "daemon-reload"])
        self.addCleanup(self.machine.run, "rm -f %s; systemctl daemon-reload" % PLACE)

    def test_systemd_finds_nothing_wrong_with_unit_and_drop_in(self):
        done = self.machine.run(["systemd-analyze", "verify", UNIT], check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_service_starts_with_it_in_the_groups_of_the_nodes(self):
        self.start()
        self.assertEqual(self.show("SubState"), "running")
        status = self.machine.run(["cat", "/proc/%s/status" % self.show("MainPID")]).stdout
        groups = set(next(line for line in status.splitlines() if line.startswith("Groups:")).split()[1:])
        for name in ("dialout", "plugdev"):
            self.assertIn(self.machine.run(["getent", "group", name]).stdout.split(":")[2], groups)

    def test_a_reader_and_its_helper_can_do_what_they_must(self):
        self.machine.write(ASK, QUESTIONS)
        self.machine.run("install -m 0060 -g dialout /dev/null %s; install -m 0600 /dev/null /etc/springpark-test-root"
                         % LINE)
        self.drop_in("[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nMemoryDenyWriteExecute=no\nProtectSystem=no\n"
                     "ExecStart=\nExecStart=/usr/bin/python3 %s\n" % ASK)
        self.start()

    def test_the_devices_are_those_of_readers_only(self):
        self.assertEqual(self.show("DevicePolicy"), "closed")
        allowed = {line.split()[0] for line in self.show("DeviceAllow").splitlines()}
        self.assertEqual(allowed, {"char-ttyS", "char-ttyAMA", "char-ttyUSB", "char-ttyACM", "char-usb_device",
                                   "char-i2c", "char-spi*"})

    def test_its_exposure_is_at_most_2(self):
        done = self.machine.run(["systemd-analyze", "security", "--threshold=20", "--no-pager", UNIT], check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
