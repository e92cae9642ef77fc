#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The filter of the unit, on programs that are no services: what it denies is denied, and a daemon under it reads and tells.
The whole of the system tests runs under it in the stage `filtered` of tests/run --all.

SPRINGPARK_BUILD = the built tree; python3-seccomp, systemd-analyze.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

PARTS = pathlib.Path(__file__).resolve().parents[1] / "parts"
sys.path.insert(0, str(PARTS))
from gateway import Gateway, build_directory, run_daemons_under  # noqa: E402

UNIT = build_directory() / "systemd" / "springparkd.service"
WRAPPER = ["/usr/bin/python3", str(PARTS / "under_filter.py"), str(UNIT)]


class Filter(unittest.TestCase):
    def under(self, code):
        return subprocess.run([*WRAPPER, "/usr/bin/python3", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)

    def test_what_the_unit_denies_is_denied(self):
        umount = ("import ctypes; c = ctypes.CDLL(None, use_errno=True); c.umount(b'/nowhere'); "
                  "raise OSError(ctypes.get_errno(), 'umount')")
        for name, call in (("@privileged", "os.chroot('/')"), ("@mount", umount),
                           ("@resources", "os.sched_setscheduler(0, 0, os.sched_param(0))")):
            with self.subTest(name):
                self.assertIn("PermissionError", self.under("import os; " + call).stderr)
                if os.geteuid() != 0:
                    continue    # the kernel denies some of it to anybody else
                plain = subprocess.run(["/usr/bin/python3", "-c", "import os; " + call], stderr=subprocess.PIPE, text=True,
                                       check=False)
                self.assertNotIn("PermissionError", plain.stderr)

    def test_what_the_unit_allows_is_done(self):
        done = self.under("import os, socket; socket.socket(); os.stat('/'); print('done')")
        self.assertEqual((done.returncode, done.stdout), (0, "done\n"), done.stderr)

    def test_a_daemon_reads_and_tells(self):
        with tempfile.NamedTemporaryFile("w", suffix=".script") as script:
            script.write("insert NFC-A 047DAE02C84080\nwait 100ms\nremove\nwait 100ms\nrepeat\n")
            script.flush()
            run_daemons_under(self, *WRAPPER)
            gateway = Gateway('readers: ( { driver = "script"; path = "%s"; } );\nsmart_reader: { repeat_interval = 0; };\n' %
                              script.name)
            self.addCleanup(gateway.close)
            with open("/proc/%d/status" % gateway.pid, encoding="ascii") as status:
                self.assertIn("\nSeccomp:\t2\n", status.read())
            self.assertIn("047DAE02C84080", gateway.tool("watch", "--events", "1").stdout)
            self.assertEqual(gateway.stop(), 0)


if __name__ == "__main__":
    unittest.main()
