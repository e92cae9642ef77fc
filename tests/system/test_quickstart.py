#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""./quickstart with the built programs, on the virtual reader: what it prints, how it ends, and what it leaves."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parts"))
from broker import wait_until  # noqa: E402
from gateway import TOP, build_directory, program  # noqa: E402

# A stand-in for the build's Makefile: everything is there already.
MAKEFILE = "springparkd springparkctl tests/parts/list_readers tests/awsiot/libstandin.la:\n\t@test -x $@\n"


def processes_naming(text):
    """The processes whose command line has that text, as {pid: command line}."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if text in command:
            found[int(entry.name)] = command
    return found


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.clone = pathlib.Path(tempfile.mkdtemp(prefix="springpark-clone-"))
        self.addCleanup(shutil.rmtree, self.clone)
        for name in ("certs", "etc"):
            shutil.copytree(TOP / name, self.clone / name)
        (self.clone / "tests" / "parts").mkdir(parents=True)
        shutil.copy(TOP / "tests" / "parts" / "packages.sh", self.clone / "tests" / "parts")
        shutil.copy(TOP / "quickstart", self.clone)
        (self.clone / "Makefile.in").touch()
        self.temporary = self.clone / "tmp"
        self.temporary.mkdir()
        self.build = self.clone / "build" / "quickstart"
        (self.build / "tests" / "parts").mkdir(parents=True)
        (self.build / "Makefile").write_text(MAKEFILE)
        for script in (self.clone / "configure", self.build / "tests" / "parts" / "list_readers"):
            script.write_text("#!/bin/sh\n")
            script.chmod(0o755)
        for name in ("springparkd", "springparkctl"):
            (self.build / name).symlink_to(program(name))

    def add_standin(self):
        """What --aws-sandbox needs besides."""
        for folder in ("tests/awsiot", "doc/aws"):
            shutil.copytree(TOP / folder, self.clone / folder)
        shutil.copy(TOP / "tests" / "parts" / "pki.py", self.clone / "tests" / "parts")
        libraries = build_directory().resolve() / "tests" / "awsiot"
        if not (libraries / ".libs" / "libstandin.so").exists():
            raise RuntimeError("%s has no stand-in; next: make test-parts" % libraries)
        (self.build / "tests" / "awsiot").mkdir()
        (self.build / "tests" / "awsiot" / ".libs").symlink_to(libraries / ".libs")
        (self.build / "tests" / "awsiot" / "libstandin.la").touch(0o755)

    def start(self, *arguments):
        # A session of its own, as from a terminal; it ends with this test all the same.
        quickstart = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", str(self.clone / "quickstart"), "--virtual",
                                       *arguments], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, start_new_session=True,
                                      env=dict(os.environ, TMPDIR=str(self.temporary)))
        self.addCleanup(quickstart.stdout.close)
        self.addCleanup(quickstart.stderr.close)
        self.addCleanup(lambda: quickstart.poll() is None and quickstart.kill())
        return quickstart

    def assert_nothing_left(self):
        wait_until(lambda: not processes_naming(str(self.clone)), 10,
                   "the end of %s" % processes_naming(str(self.clone)))

    def assert_is_event(self, line):
        event = json.loads(line)
        self.assertEqual(line, json.dumps(event, separators=(",", ":")) + "\n")
        self.assertIn("TagId", event)

    def test_it_prints_as_many_events_as_asked_for_and_ends_with_0(self):
        quickstart = self.start("--events", "3", "--timeout", "30")
        output, progress = quickstart.communicate(timeout=60)
        self.assertEqual(quickstart.returncode, 0, progress)
        lines = output.splitlines(keepends=True)
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assert_is_event(line)
        self.assertEqual([json.loads(line)["TagId"] for line in lines],
                         ["04A1B2C3D4E580", "5EB0C0DE", "E0040150A1B2C3D4"])
        self.assertIn("nothing to install", progress)
        self.assert_nothing_left()
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_the_aws_sandbox_shows_the_whole_way_from_a_new_certificate_to_events(self):
        self.add_standin()
        quickstart = self.start("--aws-sandbox", "--events", "3", "--timeout", "60")
        output, progress = quickstart.communicate(timeout=120)
        self.assertEqual(quickstart.returncode, 0, progress)
        lines = output.splitlines(keepends=True)
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assert_is_event(line)
        serial = re.search(r"device ([0-9A-F]{8}), certificates of a new CA", progress).group(1)
        for who in "demo client demo-1", "device " + serial:
            steps = [line.split(who + ": ")[1] for line in progress.splitlines() if who + ": " in line]
            self.assertEqual([re.match(wanted, step) is not None for wanted, step in
                              zip((".*dropped before CONNACK; awaiting registration", "registered by", "online"), steps)],
                             [True] * 3, progress)
            self.assertEqual(len(steps), 3, progress)
        records = [json.loads(line) for line in
                   (self.build / "aws" / "standin" / "records.jsonl").read_text().splitlines()]
        for name in "demo-1", serial:
            ways = [one["what"] for one in records if one.get("client") == name and one["what"] in ("drop", "connect")]
            self.assertGreater(ways.count("drop"), 0)
            self.assertEqual(ways[-1:], ["connect"])
            self.assertEqual(ways.count("connect"), 1)
        self.assertEqual([one for one in records if one["what"] == "refused"], [])
        self.assert_nothing_left()
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_ctrl_c_ends_the_aws_sandbox_while_it_awaits_registration(self):
        self.add_standin()
        quickstart = self.start("--aws-sandbox")
        for line in quickstart.stderr:
            if "awaiting registration" in line:
                break
        os.killpg(quickstart.pid, signal.SIGINT)
        quickstart.communicate(timeout=30)
        self.assertEqual(quickstart.returncode, 130)
        self.assert_nothing_left()

    def test_it_ends_with_75_when_the_events_do_not_come_in_time(self):
        quickstart = self.start("--events", "1000", "--timeout", "1")
        _output, progress = quickstart.communicate(timeout=30)
        self.assertEqual(quickstart.returncode, 75, progress)
        self.assertIn("within 1 s", progress)
        self.assert_nothing_left()

    def end_by(self, end):
        quickstart = self.start()
        self.assert_is_event(quickstart.stdout.readline())
        end(quickstart)
        quickstart.communicate(timeout=30)
        self.assert_nothing_left()
        return quickstart.returncode

    def test_ctrl_c_ends_it_and_all_that_it_started(self):
        self.assertEqual(self.end_by(lambda process: os.killpg(process.pid, signal.SIGINT)), 130)

    def test_sigterm_ends_it_and_all_that_it_started(self):
        self.assertEqual(self.end_by(lambda process: process.terminate()), 143)

    def test_even_if_it_is_killed_what_it_started_ends(self):
        self.assertEqual(self.end_by(lambda process: process.kill()), -signal.SIGKILL)

    def test_it_ends_with_an_error_when_the_daemon_dies(self):
        def kill_daemon(_process):
            for pid, command in processes_naming(str(self.build / "springparkd")).items():
                if "--config" in command:
                    os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.end_by(kill_daemon), 1)

    def test_an_unknown_option_is_refused_before_anything_is_done(self):
        done = subprocess.run([str(self.clone / "quickstart"), "--event", "1"], stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 64)
        self.assertIn("unknown option --event", done.stderr)
        self.assertFalse((self.build / "sandbox").exists())


if __name__ == "__main__":
    unittest.main()
