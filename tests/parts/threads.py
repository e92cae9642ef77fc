# SPDX-License-Identifier: MIT
"""What the kernel says of another process's threads. One that ends between a look at the folder and a look at its file
is not there any more, and no failure: whoever asks asks again or meant those that stay."""
import pathlib
import re


def read_of_each(pid, name):
    """The text of that file of each thread that is there."""
    texts = []
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        try:
            texts.append((task / name).read_text())
        except (FileNotFoundError, ProcessLookupError):
            pass
    return [text for text in texts if text or name == "children"]


def list_children(pid):
    """The process numbers of what its threads have started."""
    return [int(child) for text in read_of_each(pid, "children") for child in text.split()]


def list_threads(pid):
    """Name and voluntary context switches of each: how often it went to sleep."""
    found = []
    for text in read_of_each(pid, "status"):
        found.append((re.search(r"^Name:\t(.*)$", text, re.M).group(1),
                      int(re.search(r"^voluntary_ctxt_switches:\t(\d+)$", text, re.M).group(1))))
    return found


def count_switches(pid):
    return sum(switches for _name, switches in list_threads(pid))
