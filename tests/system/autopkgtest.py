#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""debian/tests, which autopkgtest runs on an installed package, in a machine with a real systemd.

SPRINGPARK_DEB names the package; ./tests/run package calls it so. Needs root and systemd-container.
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
import systemd  # noqa: E402
import unit_parts  # noqa: E402

TESTS = systemd.TOP / "debian/tests"


class AutopkgtestTest(unittest.TestCase):
    def setUp(self):
        reason = unit_parts.reason_to_skip()
        if not reason and not os.environ.get("SPRINGPARK_DEB"):
            reason = "no built package is named; next: ./tests/run package"
        if reason:
            self.skipTest(reason)

    def test_each_of_them_passes_on_the_installed_package(self):
        control = (TESTS / "control").read_text(encoding="utf-8")
        names = [word for line in control.splitlines() if line.startswith("Tests:") for word in line.split()[1:]]
        self.assertTrue(names)
        files = {"/srv/first.deb": pathlib.Path(os.environ["SPRINGPARK_DEB"])}
        files.update({"/srv/tests/" + name: ((TESTS / name).read_text(encoding="utf-8"), 0o755) for name in names})
        for name in names:
            with self.subTest(name), systemd.Machine(None, files=files) as machine:
                machine.run(["apt-get", "-q", "-y", "install", "/srv/first.deb"], timeout_s=120)
                done = machine.run(["/srv/tests/" + name], check=False, timeout_s=180)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
