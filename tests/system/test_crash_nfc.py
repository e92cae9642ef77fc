#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A short run of the crash harness with readers of libnfc: kill -9 of the daemon, of the broker and of springpark-nfc,
PN532s that are unplugged and come back, and whose power fails for a moment. make chaos has the long run. No root is needed.

The seed is printed; SPRINGPARK_CHAOS_SEED runs with that one instead, SPRINGPARK_CHAOS_FLAGS adds flags of chaos.py.
"""
import pathlib
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests/chaos"), str(TOP / "tests/parts")]

import chaos  # noqa: E402

SEED = "20260862"      # at least three kills of each victim


class Crash(unittest.TestCase):
    def test_whatever_is_killed_no_read_is_lost(self):
        chaos.run_short(self, "libnfc", SEED, "--kills", "18", "--inserts", "80", "--minutes-limit", "4")


if __name__ == "__main__":
    unittest.main()
