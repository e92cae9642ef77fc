# SPDX-License-Identifier: MIT
"""A simulated MIFARE DESFire: the card's side, as a PC/SC reader passes it on.

    card = DesfireCard(uid="04112233445566")
    application = card.add_application(0xF51234, [Key(AES, "00112233445566778899AABBCCDDEEFF")])
    application.add_data(1, b"badge 4711", mode=FULL, read=0)
    application.add_records(2, 8, [b"record 1", b"record 2"], read=0)
    card.apdu(bytes.fromhex("905A0000033412F500"))      # 9100

It speaks D40, EV1 and EV2 secure messaging (cards.desfire_session), native and ISO 7816-4 wrapped commands, and ISO
select by the DF name. `generation` says which commands there are: "ev0" knows only D40, "ev1" no EV2. With random_id
its identifier on the air is 08 and three random bytes, GetVersion shows zeros instead of the UID, and only GetCardUID
after an authentication tells it. `random` makes its random numbers; play() gives it chosen ones. `faults` is what it
does wrong. Administration is there as far as published transcripts need it to be played: applications and standard
files are created and deleted, keys and key settings changed in an EV1 session, standard files written.

It was written from published descriptions and is checked against published numbers and logs of real cards, each with
its source, in tests/system/test_desfire_simulator.py. What no published numbers were found for, and is tested by its
formulae only: in D40 an enciphered answer and GetCardUID (there are numbers for all parts of it: the authentication,
the MAC, the CRC16, and an enciphered command) and a length of 0; in EV1 a length of 0 (that the padding then begins
with 80 is what the makers of readers write) and an enciphered answer with two different halves of a 3DES key; in EV2
answers of several frames, commands in plain, and the last frame of AuthenticateEV2NonFirst; record files; AN10922 with
inputs shorter than one block. Which status a real card answers where several would fit (for instance AE or 9D for a
file that another key may read), and how a long answer in a DES session is cut into frames, is the author's reading of
the same descriptions.
"""
import os

from cards.desfire_admin import Administration
from cards.desfire_crypto import (AES, DES, RANDOM_BYTES, TDES3, Key, diversify, ev2_session_keys, rotate,
                                  session_key)
from cards.desfire_session import (FULL, LENGTH_ERROR, MAC, MANAGED, PLAIN, D40Session, Ev1Session, Ev2Session, Faults,
                                   NoSession, Refused)

__all__ = ["AES", "DES", "FULL", "MAC", "PLAIN", "TDES3", "FREE", "NEVER", "Application", "DesfireCard", "File", "Key",
           "diversified_key"]

FREE, NEVER = 0xE, 0xF
STANDARD, BACKUP, LINEAR, CYCLIC = 0, 1, 3, 4

OK, MORE = 0x00, 0xAF
(ILLEGAL_COMMAND, NO_SUCH_KEY, PERMISSION_DENIED, PARAMETER_ERROR, APPLICATION_NOT_FOUND, AUTHENTICATION_ERROR,
 BOUNDARY_ERROR, COMMAND_ABORTED, FILE_NOT_FOUND) = (0x1C, 0x40, 0x9D, 0x9E, 0xA0, 0xAE, 0xBE, 0xCA, 0xF0)

DF_NAME = bytes.fromhex("D2760000850100")

# The first two frames of GetVersion: vendor, type, subtype, version, storage size, protocol of hardware and software.
VERSIONS = {
    "ev0": ("04010100021805", "04010100061805"),
    "ev1": ("04010101001A05", "04010101041A05"),
    "ev2": ("04010112001A05", "04010102011A05"),
    "ev3": ("04010133001A05", "04010103001A05"),
}
GENERATIONS = ("ev0", "ev1", "ev2", "ev3")


def diversified_key(kind, master, uid, aid=None, system=b""):
    """The key of the card with this UID after NXP AN10922: its input is UID, AID (if there is one) and the name of the
    system. master, uid: hex; aid: a number, 3 bytes with the high one first, as in the examples of AN10922."""
    message = bytes.fromhex(uid) + (aid.to_bytes(3, "big") if aid is not None else b"") + system
    return Key(kind, diversify(kind, bytes.fromhex(master), message).hex())


class File:
    """A file of an application. records: the oldest first."""

    def __init__(self, kind, mode, read, write, read_write, change, data=b"", record_bytes=0, records=(), most=0):
        self.kind = kind
        self.mode = mode
        self.rights = (read, write, read_write, change)
        self.data = bytearray(data)
        self.record_bytes = record_bytes
        self.records = list(records)
        self.most = most

    def settings(self):
        read, write, read_write, change = self.rights
        text = bytes([self.kind, self.mode, read_write << 4 | change, read << 4 | write])
        if self.kind in (STANDARD, BACKUP):
            return text + len(self.data).to_bytes(3, "little")
        return text + b"".join(n.to_bytes(3, "little") for n in (self.record_bytes, self.most, len(self.records)))


class Application:
    """AID 0 is the card itself (PICC level)."""

    def __init__(self, aid, keys, settings=0x0F):
        self.aid = aid
        self.keys = list(keys)
        self.settings = settings
        self.files = {}

    def add_data(self, number, data, mode=PLAIN, read=FREE, write=NEVER, read_write=NEVER, change=0, backup=False):
        """A standard or backup data file that holds data."""
        self.files[number] = File(BACKUP if backup else STANDARD, mode, read, write, read_write, change, data)

    def add_records(self, number, record_bytes, records, mode=PLAIN, read=FREE, write=NEVER, read_write=NEVER, change=0,
                    most=None, cyclic=False):
        """A record file; records: the oldest first; most: how many it has room for."""
        if any(len(record) != record_bytes for record in records):
            raise ValueError("each record has %d bytes" % record_bytes)
        self.files[number] = File(CYCLIC if cyclic else LINEAR, mode, read, write, read_write, change,
                                  record_bytes=record_bytes, records=records, most=most or len(records) + 1)


class DesfireCard(Administration):
    """One card. Its master key is DES 00..00 unless `picc_key` is another; frame_bytes: data bytes in one answer; log:
    the commands that reached it as bytes, without those of class FF; commands: how many those are."""

    atr = "3B8180018080"     # the historical byte 80 of a DESFire's ATS (PC/SC part 3, 3.1.3.2.3.1)

    def __init__(self, uid="04112233445566", generation="ev2", random_id=False, picc_key=None, picc_settings=0x0F,
                 frame_bytes=59, batch="BA45D81234", week="49", year="20"):
        if generation not in GENERATIONS:
            raise ValueError("there is no generation " + generation)
        self.real_uid = bytes.fromhex(uid)
        self.generation = generation
        self.random_id = random_id
        self.frame_bytes = frame_bytes
        self.faults = Faults()
        self.random = os.urandom
        self.log = []
        self.commands = 0
        self.picc_capabilities = bytes(6)
        self.versions = [bytes.fromhex(part) for part in VERSIONS[generation]]
        self.production = bytes.fromhex(batch + week + year)
        self.applications = {0: Application(0, [picc_key or Key()], picc_settings)}
        self._new_identifier()
        self._forget()

    # --- what a test does with it

    def add_application(self, aid, keys, settings=0x0F):
        """aid: a number; its low byte goes over the air first. settings: key settings."""
        application = self.applications[aid] = Application(aid, keys, settings)
        return application

    def play(self, *values):
        """The next random numbers of the card, hex, in their order: RndB, and after it TI for EV2."""
        chosen = [bytes.fromhex(value) for value in values]

        def take(size):
            value = chosen.pop(0)
            if len(value) != size:
                raise AssertionError("the card wants a random number of %d bytes" % size)
            return value
        self.random = take

    def reset(self):
        """Its power was off and on."""
        self._new_identifier()
        self._forget()

    @property
    def uid(self):
        return self._identifier.hex().upper()

    # --- commands as they come

    def apdu(self, command):
        """The answer to a command, or None if there is none."""
        command = bytes(command)
        if command[:1] == b"\xFF":
            return self._reader(command)
        self.log.append(command)
        self.commands += 1
        if self.faults.mute_after is not None and self.commands > self.faults.mute_after:
            return None
        if command[:2] == b"\x00\xA4":
            return self._iso_select(command)
        if command[:1] == b"\x90" and len(command) >= 5:
            return self._wrapped(command)
        if command[:1] in (b"\x00", b"\x90", b""):
            return bytes.fromhex("6700" if command[:1] == b"\x90" else "6D00")
        status, data = self._command(command[0], command[1:], 1 << 16)
        return bytes([status]) + data

    def _reader(self, command):
        """What a reader answers by itself (PC/SC part 3, 3.2.2)."""
        if command[:4] == bytes.fromhex("FFCA0000"):
            return self._identifier + b"\x90\x00"
        return bytes.fromhex("6A81")

    def _iso_select(self, command):
        """Only by the DF name of the card (ISO/IEC 7816-4, 11.1.1)."""
        length = command[4] if len(command) > 4 else 0
        name = command[5:5 + length]
        if len(command) not in (5 + length, 6 + length):
            return bytes.fromhex("6700")
        if command[2:3] != b"\x04" or name != DF_NAME:
            return bytes.fromhex("6A82")
        self._forget()
        return bytes.fromhex("9000")

    def _wrapped(self, command):
        data = command[5:-1] if len(command) > 5 else b""
        if command[2:4] != b"\0\0" or (len(command) > 5 and len(data) != command[4]) or command[-1] != 0:
            return bytes.fromhex("6700")
        status, answer = self._command(command[1], data, 256)
        return answer + bytes([0x91, status])

    def _command(self, ins, data, most):
        """Status and data. most: the longest answer that fits."""
        waiting, self._waiting = self._waiting, None
        try:
            if ins == MORE:
                if waiting is None:
                    raise Refused(ILLEGAL_COMMAND)
                return waiting(data)
            if waiting is not None:
                raise Refused(COMMAND_ABORTED)
            if ins not in self._known():
                raise Refused(ILLEGAL_COMMAND)
            return self._known()[ins](ins, data, most)
        except Refused as refused:
            self._session = NoSession()
            return refused.status, b""

    def _known(self):
        known = {0x0A: self._authenticate_d40, 0x5A: self._select, 0x60: self._get_version, 0xBD: self._read_data,
                 0xBB: self._read_records, 0xF5: self._get_file_settings, **self.administration()}
        if self.generation != "ev0":
            known.update({0x1A: self._authenticate_ev1, 0xAA: self._authenticate_ev1, 0x51: self._get_card_uid})
        if self.generation not in ("ev0", "ev1"):
            known.update({0x71: self._authenticate_ev2, 0x77: self._authenticate_ev2,
                          0xAD: self._read_data, 0xAB: self._read_records})
        return known

    # --- answers

    def _answer(self, frames):
        """The first frame, and the others when they are asked for."""
        if len(frames) == 1:
            return OK, frames[0]

        def more(extra):
            if extra:
                raise Refused(LENGTH_ERROR)
            return self._answer(frames[1:])
        self._waiting = more
        return MORE, frames[0]

    def _split(self, data):
        """The frames of an answer. What is too long for one goes out, in a session, in whole blocks: an EV3 that has
        authenticated with AES sends 48 bytes at a time, while 48 and a CMAC come from an EV1 in one frame."""
        size = self.frame_bytes - self.frame_bytes % self._session.unit
        frames = []
        while len(data) > self.frame_bytes:
            frames.append(data[:size])
            data = data[size:]
        return frames + [data]

    def _send(self, data, mode, length_known=True):
        return self._answer(self._split(self._session.send(data, mode, length_known)))

    def _send_file(self, ins, data, mode, length_known, most):
        sent = self._session.send(data, mode, length_known)
        if self.faults.cut_bytes:
            sent = sent[:-self.faults.cut_bytes]
        if ins not in (0xAD, 0xAB):
            return self._answer(self._split(sent))
        if len(sent) > most:    # these commands leave chaining to ISO/IEC 14443-4
            raise Refused(LENGTH_ERROR)
        return OK, sent

    # --- states

    def _new_identifier(self):
        self._identifier = b"\x08" + os.urandom(3) if self.random_id else self.real_uid

    def _forget(self):
        self._application = self.applications[0]
        self._session = NoSession()
        self._waiting = None

    def _select(self, ins, data, most):
        if len(data) != 3:
            raise Refused(LENGTH_ERROR)
        aid = int.from_bytes(data, "little")
        if aid not in self.applications:
            raise Refused(APPLICATION_NOT_FOUND)
        self._forget()
        self._application = self.applications[aid]
        return OK, b""

    def _key(self, data, kinds):
        """The key that an authentication names."""
        if not data:
            raise Refused(LENGTH_ERROR)
        if data[0] >= len(self._application.keys):
            raise Refused(NO_SUCH_KEY)
        key = self._application.keys[data[0]]
        if key.kind not in kinds:
            raise Refused(AUTHENTICATION_ERROR)
        self._session = NoSession()
        return key

    def _rnd_a_back(self, rnd_a):
        return rotate(bytes([rnd_a[0] ^ 1]) + rnd_a[1:] if self.faults.wrong_rnda else rnd_a)

    def _authenticate_d40(self, ins, data, most):
        key = self._key(data, (DES,))
        rnd_b = self.random(8)

        def second(proof):
            if len(proof) != 16:
                raise Refused(LENGTH_ERROR)
            plain = key.block.undo_reader(proof)
            rnd_a = plain[:8]
            if plain[8:] != rotate(rnd_b):
                raise Refused(AUTHENTICATION_ERROR)
            self._session = D40Session(session_key(DES, key.value, rnd_a, rnd_b), data[0], self.faults)
            return OK, key.block.encrypt(self._rnd_a_back(rnd_a))
        self._waiting = second
        return MORE, key.block.encrypt(rnd_b)

    def _authenticate_ev1(self, ins, data, most):
        key = self._key(data, (AES,) if ins == 0xAA else (DES, TDES3))
        size = RANDOM_BYTES[key.kind]
        rnd_b = self.random(size)
        sent = key.block.encrypt(rnd_b)

        def second(proof):
            if len(proof) != 2 * size:
                raise Refused(LENGTH_ERROR)
            plain = key.block.decrypt(proof, sent[-key.block.size:])
            rnd_a = plain[:size]
            if plain[size:] != rotate(rnd_b):
                raise Refused(AUTHENTICATION_ERROR)
            made = session_key(key.kind, key.value, rnd_a, rnd_b)
            self._session = Ev1Session(key.kind, made, data[0], self.faults)
            return OK, key.block.encrypt(self._rnd_a_back(rnd_a), proof[-key.block.size:])
        self._waiting = second
        return MORE, sent

    def _authenticate_ev2(self, ins, data, most):
        before = self._session
        if ins == 0x77 and not isinstance(before, Ev2Session):
            raise Refused(PERMISSION_DENIED)
        key = self._key(data, (AES,))
        if len(data) != (1 if ins == 0x77 else 2 + min(6, data[1] if len(data) > 1 else 0)):
            raise Refused(LENGTH_ERROR)
        rnd_b = self.random(16)

        def second(proof):
            if len(proof) != 32:
                raise Refused(LENGTH_ERROR)
            plain = key.block.decrypt(proof)
            rnd_a = plain[:16]
            if plain[16:] != rotate(rnd_b):
                raise Refused(AUTHENTICATION_ERROR)
            keys = ev2_session_keys(key.value, rnd_a, rnd_b)
            back = self._rnd_a_back(rnd_a)
            if ins == 0x77:
                self._session = Ev2Session(keys, data[0], before.ti, self.faults, before.counter)
                return OK, key.block.encrypt(back)
            ti = self.random(4)
            self._session = Ev2Session(keys, data[0], ti, self.faults)
            return OK, key.block.encrypt(ti + back + self.picc_capabilities + data[2:].ljust(6, b"\0"))
        self._waiting = second
        return MORE, key.block.encrypt(rnd_b)

    # --- reading

    def _get_version(self, ins, data, most):
        self._session.receive(ins, b"", data, MANAGED)
        uid = bytes(7) if self.random_id else self.real_uid
        sent = self._session.send(b"".join(self.versions) + uid + self.production, MANAGED)
        return self._answer([sent[:7], sent[7:14], sent[14:]])

    def _get_card_uid(self, ins, data, most):
        if self._session.key_number is None:
            raise Refused(AUTHENTICATION_ERROR)
        self._session.receive(ins, b"", data, FULL)
        return self._send(self.real_uid, FULL)

    def _file(self, number):
        file = self._application.files.get(number)
        if file is None:
            raise Refused(FILE_NOT_FOUND)
        return file

    def _mode(self, file, *rights):
        """How a command with this file travels: as the file says if the key of the session has one of these rights, in
        plain if it is only free to everybody."""
        if self._session.key_number is not None and self._session.key_number in rights:
            return file.mode if file.mode in (MAC, FULL) else PLAIN
        if FREE in rights:
            return PLAIN
        raise Refused(PERMISSION_DENIED if all(right == NEVER for right in rights) else AUTHENTICATION_ERROR)

    def _read_header(self, ins, data, kinds):
        """File, how it travels, and the two numbers of a reading command."""
        if len(data) < 7:
            raise Refused(LENGTH_ERROR)
        file = self._file(data[0])
        mode = self._mode(file, file.rights[0], file.rights[2])
        if file.kind not in kinds:
            raise Refused(PARAMETER_ERROR)
        if self._session.receive(ins, data[:7], data[7:], mode):
            raise Refused(LENGTH_ERROR)
        return file, mode, int.from_bytes(data[1:4], "little"), int.from_bytes(data[4:7], "little")

    def _read_data(self, ins, data, most):
        file, mode, offset, length = self._read_header(ins, data, (STANDARD, BACKUP))
        if offset + max(length, 1) > len(file.data):
            raise Refused(BOUNDARY_ERROR)
        found = bytes(file.data[offset:offset + length] if length else file.data[offset:])
        return self._send_file(ins, found, mode, length != 0, most)

    def _read_records(self, ins, data, most):
        """Record 0 is the newest; what is read comes oldest first."""
        file, mode, newest, count = self._read_header(ins, data, (LINEAR, CYCLIC))
        end = len(file.records) - newest
        if end < max(count, 1):
            raise Refused(BOUNDARY_ERROR)
        found = b"".join(file.records[end - count if count else 0:end])
        return self._send_file(ins, found, mode, count != 0, most)

    def _get_file_settings(self, ins, data, most):
        number = self._take(ins, data, 1)[0]
        self._need_listing()
        return self._send(self._file(number).settings(), MANAGED)

    def _need_listing(self):
        """Key settings, bit 1: whether files and applications are told to everybody."""
        if not self._application.settings & 0x02 and self._session.key_number != 0:
            raise Refused(AUTHENTICATION_ERROR)
