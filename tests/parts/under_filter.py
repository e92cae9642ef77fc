#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a command under the system call filter of a systemd unit, as systemd would: under_filter.py UNIT COMMAND...

For tests that start programs by themselves: SPRINGPARK_WRAPPER="/usr/bin/python3 .../under_filter.py UNIT". Needs
python3-seccomp, and systemd-analyze for what is in a set.
"""
import errno
import os
import re
import subprocess
import sys

import seccomp

# What systemd allows whatever the list says, as it could not start the program otherwise (systemd.exec(5)).
ALWAYS = ("@default", "execve")


def read_sets():
    """The members of each set that systemd knows, as it lists them: system calls and other sets."""
    said = subprocess.run(["systemd-analyze", "syscall-filter"], stdout=subprocess.PIPE, text=True, check=True).stdout
    sets = {}
    for line in said.splitlines():
        word = line.strip()
        if line.startswith("@"):
            members = sets.setdefault(word, set())
        elif line.startswith(" ") and word and not word.startswith("#"):
            members.add(word)
        elif line.startswith("#"):
            break   # what this kernel has and no set
    return sets


def expand(sets, words):
    calls = set()
    for word in words:
        calls |= expand(sets, sets[word]) if word.startswith("@") else {word}
    return calls


def read_filter(unit_text):
    """(The calls that are allowed, the errno that the others get.) The first line must allow; later ones add, or with ~ take
    away; an empty one would begin anew."""
    allowed = set()
    sets = read_sets()
    for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit_text):
        if not line.strip():
            allowed.clear()
        elif line.startswith("~"):
            allowed -= expand(sets, line[1:].split())
        else:
            allowed |= expand(sets, line.split())
    error, = re.findall(r"(?m)^SystemCallErrorNumber=(\w+)$", unit_text)
    if not allowed:
        raise SystemExit("under_filter.py: the unit allows nothing")
    return allowed | expand(sets, ALWAYS), getattr(errno, error)


def apply(allowed, error):
    calls = seccomp.SyscallFilter(seccomp.ERRNO(error))
    for name in sorted(allowed):
        try:
            calls.add_rule(seccomp.ALLOW, name)
        except RuntimeError:
            pass    # this processor or this libseccomp has it not: nobody can call it
    calls.load()    # sets no_new_privs, too, as the unit does


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        allowed, error = read_filter(file.read())
    apply(allowed, error)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
