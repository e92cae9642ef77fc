# SPDX-License-Identifier: MIT
"""A card's end of the line to the simulated PC/SC reader (tests/parts/ifdsim_remote.h)."""

import os
import socket
import threading


class CardServer:
    """Answers for one card, for one visit, in a thread of its own. path: where the reader finds it, once."""

    def __init__(self, path, card):
        self.path = path
        self._card = card
        self._connection = None
        self._closed = False
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._run, name="card", daemon=True)
        self._thread.start()

    def _run(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:         # closed before anybody came
            return
        finally:
            os.unlink(self.path)
            self._listener.close()
        with self._lock:
            self._connection = connection
            if self._closed:
                connection.close()
                return
        with connection, connection.makefile("r") as lines:
            try:
                for line in lines:
                    connection.sendall(self._answer(line).encode() + b"\n")
            except OSError:     # the reader hung up in the middle of a word
                pass

    def _answer(self, line):
        word, _, hex_bytes = line.strip().partition(" ")
        if word == "reset":
            self._card.reset()
            return "left" if self._left() else "ok"
        answer = self._card.apdu(bytes.fromhex(hex_bytes))
        if answer is None:
            return "left" if self._left() else "mute"
        return answer.hex().upper()

    def _left(self):
        """A card that is no Card of base.py may not know how to leave."""
        return getattr(self._card, "left", False)

    def close(self):
        """The reader loses the card, if it has it still."""
        with self._lock:
            self._closed = True
            try:
                (self._connection or self._listener).shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join()
