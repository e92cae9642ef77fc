#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A throw-away machine with a real systemd, into which the built tree is installed (build=None: nothing is).

Its disk is an overlay on this machine's root file system, its upper layer a tmpfs, so nothing that happens inside
stays. Both are mounted in a mount namespace of their own, and everything runs in a process namespace of its own whose
first process dies with the test's: however the test ends, processes and mounts vanish together. The machine has a
network of its own with loopback only, no broker, and only those services that basic.target asks for. Needs root and
the Debian package systemd-container. One machine at a time.

    with Machine(build_folder(), files={"/etc/springpark.conf": "..."}) as machine:
        machine.run(["systemctl", "start", "springparkd"])

That rests on `setpriv --pdeathsig`, which looks at the thread that started it: make machines on the main thread.
"""

import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]

# $1: where to mount, $2: build folder or nothing, $3: staged files, $4: name. Runs as process 1 of its own namespaces, and stays
# it, because nspawn as process 1 would log to the kernel.
START = r"""
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
# Into the overlay and not into its upper layer, where a folder /lib would hide the link to usr/lib.
[ -z "$2" ] || make -s -C "$2" install DESTDIR="$1/root" >"$3/install.log" 2>&1 || { cat "$3/install.log" >&2; exit 1; }
cp -R --preserve=mode "$3/files/." "$1/root/"
rm -f "$1/root/usr/sbin/policy-rc.d"
# What this machine does at times (package updates, file system checks) is none of the test's business.
mkdir -p "$1/root/etc/systemd/system"
ln -sf /dev/null "$1/root/etc/systemd/system/timers.target"
# @clock: nspawn's own filter would forbid even to ask for the clock's state, which no real machine does.
# nspawn notes its machines there; a killed one could not take its note back.
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=0755 tmpfs /run/systemd/nspawn
systemd-nspawn --quiet --system-call-filter=@clock --directory="$1/root" --boot --register=no \
    --keep-unit --private-network --link-journal=no --machine="$4" --console=pipe -- --unit=basic.target
"""


class MachineError(Exception):
    """The machine did not do what every machine must do."""


def build_folder():
    """Where the tree was built: SPRINGPARK_BUILD, else the top of the source tree."""
    return pathlib.Path(os.environ.get("SPRINGPARK_BUILD", TOP)).resolve()


def make_variable(build, name):
    """A variable of the build's Makefile, for instance sysconfdir, expanded."""
    rule = ".PHONY: print-variable\nprint-variable:\n\t@echo '$(%s)'\n" % name
    answer = subprocess.run(["make", "-s", "--no-print-directory", "-C", str(build), "-f", "Makefile", "-f", "-",
                             "print-variable"], input=rule, capture_output=True, text=True, timeout=60, check=True)
    return answer.stdout.strip()


def wait_for(condition, what, timeout_s=20):
    """The first true value of condition(), asked again and again; MachineError with `what` if it stays false."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise MachineError("%s did not happen within %g s" % (what, timeout_s))
        time.sleep(0.05)


class Machine:
    """files: path inside -> text, (text, mode), or the Path of a file; there before the machine starts."""

    def __init__(self, build, files=None, boot_timeout_s=60):
        self._leader = None
        self._container = None
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="springpark-machine-"))
        atexit.register(self.stop)  # an interrupt may pass by every other clean-up
        try:
            self._start(build, files or {})
            self._wait_until_booted(boot_timeout_s)
        except BaseException:
            console = self.console()
            self.stop()
            if console:
                print("the machine's console:\n" + console)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def _start(self, build, files):
        for name in ("mount", "stage", "stage/files"):
            (self._folder / name).mkdir()
        for path, content in files.items():
            staged = self._folder / "stage/files" / path.lstrip("/")
            staged.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, pathlib.Path):
                shutil.copy(content, staged)
                continue
            text, mode = content if isinstance(content, tuple) else (content, 0o644)
            staged.write_text(text, encoding="utf-8")
            staged.chmod(mode)
        with open(self._folder / "console", "wb") as console:
            self._container = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
                 "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "sh", "-c", START, "start",
                 str(self._folder / "mount"), str(build or ""), str(self._folder / "stage"),
                 "springpark-%d" % os.getpid()],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)

    def _require_alive(self):
        if self._container.poll() is not None:
            raise MachineError("the machine ended with status %d" % self._container.returncode)

    def _find_leader(self):
        """The pid, on this machine, of the systemd inside: unshare, sh, systemd-nspawn, systemd."""
        self._require_alive()
        pid = self._container.pid
        try:
            for _ in range(3):
                pid = int(pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()[0])
            if pathlib.Path("/proc/%d/comm" % pid).read_text().strip() == "systemd":
                return pid
        except (OSError, IndexError):
            pass  # not there yet, or gone in between
        return None

    def _wait_until_booted(self, timeout_s):
        # The installation is in this wait, too.
        self._leader = wait_for(self._find_leader, "the start of systemd", timeout_s)

        def booted():
            self._require_alive()
            state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
            return state in ("running", "degraded")
        wait_for(booted, "the boot", timeout_s)

    def run(self, command, check=True, timeout_s=60, text_in=None):
        """Runs a command inside, as root; a list, or a text for sh. subprocess.CompletedProcess with texts.

        check: MachineError with everything that it said if it fails."""
        if isinstance(command, str):
            command = ["sh", "-c", command]
        done = subprocess.run(
            ["nsenter", "-t", str(self._leader), "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i",
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
             "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"] + list(command),
            capture_output=True, text=True, timeout=timeout_s,
            **({"input": text_in} if text_in is not None else {"stdin": subprocess.DEVNULL}))
        if check and done.returncode != 0:
            raise MachineError("%s inside the machine ended with %d\n%s%s"
                               % (command, done.returncode, done.stdout, done.stderr))
        return done

    def write(self, path, text):
        """Writes a file inside in place: its owner and mode stay."""
        self.run(["tee", path], text_in=text)

    def show(self, unit, name):
        """One property of a unit, as systemctl show prints it."""
        return self.run(["systemctl", "show", "--value", "--property", name, unit]).stdout.rstrip("\n")

    def wait_for_property(self, unit, name, wanted, timeout_s=20):
        """Waits until the property is wanted, or wanted(value) is true."""
        accept = wanted if callable(wanted) else (lambda value: value == wanted)
        seen = []

        def reached():
            seen[:] = [self.show(unit, name)]
            return accept(seen[0])
        try:
            wait_for(reached, "%s of %s" % (name, unit), timeout_s)
        except MachineError as error:
            raise MachineError("%s; it is %r\n%s" % (error, seen[0], self.journal_text(unit))) from None

    def journal(self, unit=None):
        """The journal of this boot, oldest first: a dictionary of fields for each line."""
        self.run(["journalctl", "--sync"])
        command = ["journalctl", "--boot", "--all", "--output=json", "--no-pager", "--quiet"]
        lines = self.run(command + (["--unit", unit] if unit else [])).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def journal_text(self, unit=None):
        """The same as MESSAGE texts, for a person."""
        return "\n".join(str(line.get("MESSAGE")) for line in self.journal(unit))

    def console(self):
        """What systemd and the installation printed."""
        try:
            return (self._folder / "console").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def stop(self):
        """Powers off, kills what does not end by itself, and leaves nothing behind. May be called twice."""
        if self._container is not None and self._container.poll() is None:
            if self._leader is not None:
                self._signal(self._leader, signal.SIGRTMIN + 4)
            else:
                self._container.kill()
            try:
                self._container.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._container.kill()
                self._container.wait()
        self._container = None
        self._leader = None
        shutil.rmtree(self._folder, ignore_errors=True)
        atexit.unregister(self.stop)

    @staticmethod
    def _signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
