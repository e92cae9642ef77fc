# SPDX-License-Identifier: MIT
"""Simulated cards that speak their protocols, for a simulated PC/SC reader (Pcscd.insert_card of tests/parts/pcscd.py)
and for a simulated PN532 (cards/air.py). They are written from the public specifications, which each file names, and
know nothing of the daemon. base.py says what all have in common."""
