#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What configure says and keeps: missing libraries all at once with their packages, the user's flags, its switches."""
import os
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]


class Configure(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="springpark-configure-")
        self.addCleanup(scratch.cleanup)
        self.build = pathlib.Path(scratch.name)

    def configure(self, *arguments, **environment):
        return subprocess.run([str(TOP / "configure"), *arguments], cwd=self.build, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment})

    def test_everything_that_is_missing_is_said_at_once_with_its_package(self):
        done = self.configure("--with-libnfc", PKG_CONFIG_LIBDIR=str(self.build))
        self.assertNotEqual(done.returncode, 0)
        said = done.stdout[done.stdout.index("these libraries are missing"):]
        for package in ("libmosquitto-dev", "libssl-dev", "libpcsclite-dev", "libconfig-dev", "libsystemd-dev",
                        "libjansson-dev", "libnfc-dev"):
            self.assertIn("apt-get install " + package, said)
            self.assertIn(" " + package, said.split("or all at once:")[1])

    def test_the_users_flags_stay_the_users(self):
        done = self.configure("CFLAGS=-O3 -DMINE", "LDFLAGS=-Wl,-O1", "--without-libnfc")
        self.assertEqual(done.returncode, 0, done.stdout)
        made = (self.build / "Makefile").read_text().splitlines()
        self.assertIn("CFLAGS = -O3 -DMINE", made)
        self.assertIn("LDFLAGS = -Wl,-O1", made)
        ours = next(line for line in made if line.startswith("SP_CFLAGS = "))
        for flag in ("-Wall", "-Wconversion", "-fstack-protector-strong", "-fPIE", "-D_FORTIFY_SOURCE=2"):
            self.assertIn(flag, ours.split())
        self.assertRegex(done.stdout, r"libnfc +no\b")

    def test_nothing_is_installed_outside_of_the_prefix(self):
        done = self.configure("--prefix=" + str(self.build / "prefix"), "--without-libnfc")
        self.assertEqual(done.returncode, 0, done.stdout)
        done = subprocess.run(["make", "--dry-run", "install", "prefix=/the-prefix"], cwd=self.build,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("/the-prefix/lib/systemd/system", done.stdout)
        self.assertNotIn("'/lib/", done.stdout)

    def test_hardening_coverage_and_sanitizers_are_switches(self):
        done = self.configure("--disable-hardening", "--enable-coverage", "--enable-sanitizers=undefined")
        self.assertEqual(done.returncode, 0, done.stdout)
        made = (self.build / "Makefile").read_text().splitlines()
        ours = next(line for line in made if line.startswith("SP_CFLAGS = ")).split()
        self.assertNotIn("-fstack-protector-strong", ours)
        self.assertIn("--coverage", ours)
        self.assertIn("-fsanitize=undefined", ours)

    def test_a_sanitizer_that_the_compiler_lacks_is_refused(self):
        done = self.configure("--enable-sanitizers=no-such-thing")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("does not build with -fsanitize=no-such-thing", done.stdout)

    def test_fuzzers_without_clang_are_refused_with_the_next_step(self):
        done = self.configure("--enable-fuzzers", "CC=gcc")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("CC=clang", done.stdout)


if __name__ == "__main__":
    unittest.main()
