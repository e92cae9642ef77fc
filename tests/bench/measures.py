#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the benchmarks read from the kernel, where they put their files, and how they say what was reached."""
import collections
import math
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

Memory = collections.namedtuple("Memory", "rss_kib anonymous_kib")
Work = collections.namedtuple("Work", "cpu_ms switches threads")

# A journal there would cost nothing, and say nothing.
NO_DISK = ("tmpfs", "ramfs")
FLUSHES = 50


def read_memory(pid):
    fields = dict(line.split(":", 1) for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines())
    return Memory(*(int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon")))


def read_work(pid):
    """CPU time and context switches of all threads so far; threads: the switches of each, by name and id."""
    cpu_ms = 0.0
    threads = {}
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        cpu_ms += int((task / "schedstat").read_text().split()[0]) / 1e6
        fields = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        threads[fields["Name"].strip() + "/" + task.name] = (int(fields["voluntary_ctxt_switches"])
                                                             + int(fields["nonvoluntary_ctxt_switches"]))
    return Work(cpu_ms, sum(threads.values()), threads)


def work_between(before, after):
    threads = {name: count - before.threads.get(name, 0) for name, count in after.threads.items()}
    return Work(after.cpu_ms - before.cpu_ms, sum(threads.values()),
                {name: count for name, count in threads.items() if count > 0})


def read_written_bytes(pid):
    """What the process has caused to be written to disk so far, in whole pages."""
    fields = dict(line.split(": ", 1) for line in pathlib.Path("/proc/%d/io" % pid).read_text().splitlines())
    return int(fields["write_bytes"])


def percentile(values, part):
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def file_system(directory):
    """Its kind: "ext4", "btrfs", "tmpfs"..."""
    done = subprocess.run(["df", "--output=fstype", str(directory)], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()[-1]


def flush_ms(directory):
    """The median time of a write of 4 KiB and its flush there."""
    times_ms = []
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        for _ in range(FLUSHES):
            start = time.monotonic()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            times_ms.append(1000 * (time.monotonic() - start))
    return statistics.median(times_ms)


def use_disk(directory=None):
    """From now on temporary files, a Gateway's state folder among them, lie on a disk: there, or where one is found.
    Returns what to say about it."""
    candidates = [directory] if directory else [tempfile.gettempdir(), "/var/tmp", os.getcwd()]
    for candidate in candidates:
        kind = file_system(candidate)
        if kind not in NO_DISK:
            tempfile.tempdir = str(candidate)
            return "%s (%s; a write of 4 KiB and its flush take %.2f ms)" % (candidate, kind, flush_ms(candidate))
    raise RuntimeError("no disk, only memory, in %s; next: --directory DIRECTORY, on a disk" %
                       ", ".join(map(str, candidates)))


def print_verdicts(verdicts):
    """verdicts: pairs (text, reached). Returns whether all were reached."""
    for text, reached in verdicts:
        print("%-7s %s" % ("reached" if reached else "MISSED", text))
    return all(reached for _text, reached in verdicts)
