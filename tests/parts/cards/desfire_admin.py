# SPDX-License-Identifier: MIT
"""What a simulated DESFire (cards.desfire) has besides reading: as much as published transcripts of whole sessions
need. Key settings are kept and shown; of their rights only that of the listing commands is looked at."""
from cards.desfire_crypto import AES, DES, KEY_BYTES, TDES3, Key, crc32, xor
from cards.desfire_session import INTEGRITY_ERROR, LENGTH_ERROR, MANAGED, PLAIN, Ev1Session, NoSession, Refused

ILLEGAL_COMMAND, NO_SUCH_KEY, APPLICATION_NOT_FOUND, BOUNDARY_ERROR, DUPLICATE_ERROR = 0x1C, 0x40, 0xA0, 0xBE, 0xDE
MORE = 0xAF

KIND_BITS = {DES: 0x00, TDES3: 0x40, AES: 0x80}


def des_version(key):
    """A DES key holds its version in bit 0 of its first 8 bytes."""
    return sum((byte & 1) << (7 - i) for i, byte in enumerate(key[:8]))


class Administration:
    """A part of DesfireCard."""

    def administration(self):
        return {0x45: self._get_key_settings, 0x64: self._get_key_version, 0x6A: self._get_application_ids,
                0x6F: self._get_file_ids, 0xCA: self._create_application, 0xDA: self._delete_application,
                0xCD: self._create_data_file, 0xDF: self._delete_file, 0xFC: self._format, 0x54: self._change_settings,
                0xC4: self._change_key, 0x3D: self._write_data, 0x8D: self._write_data}

    def _take(self, ins, data, size):
        """The parameters of a command that belongs to no file."""
        if len(data) < size:
            raise Refused(LENGTH_ERROR)
        if self._session.receive(ins, data[:size], data[size:], MANAGED):
            raise Refused(LENGTH_ERROR)
        return data[:size]

    def _get_key_settings(self, ins, data, most):
        self._take(ins, data, 0)
        keys = self._application.keys
        return self._send(bytes([self._application.settings, KIND_BITS[keys[0].kind] | len(keys)]), MANAGED)

    def _get_key_version(self, ins, data, most):
        number = self._take(ins, data, 1)[0]
        if number >= len(self._application.keys):
            raise Refused(NO_SUCH_KEY)
        return self._send(bytes([self._application.keys[number].version]), MANAGED)

    def _get_application_ids(self, ins, data, most):
        self._take(ins, data, 0)
        self._need_listing()
        return self._send(b"".join(aid.to_bytes(3, "little") for aid in self.applications if aid), MANAGED)

    def _get_file_ids(self, ins, data, most):
        self._take(ins, data, 0)
        self._need_listing()
        return self._send(bytes(self._application.files), MANAGED)

    def _create_application(self, ins, data, most):
        data = self._take(ins, data, 5)
        aid = int.from_bytes(data[:3], "little")
        if aid in self.applications:
            raise Refused(DUPLICATE_ERROR)
        kind = {bits: kind for kind, bits in KIND_BITS.items()}[data[4] & 0xC0]
        self.add_application(aid, [Key(kind) for _ in range(data[4] & 0x0F)], data[3])
        return self._send(b"", MANAGED)

    def _delete_application(self, ins, data, most):
        aid = int.from_bytes(self._take(ins, data, 3), "little")
        if not aid or self.applications.pop(aid, None) is None:
            raise Refused(APPLICATION_NOT_FOUND)
        return self._send(b"", MANAGED)

    def _format(self, ins, data, most):
        self._take(ins, data, 0)
        self.applications = {0: self.applications[0]}
        return self._send(b"", MANAGED)

    def _create_data_file(self, ins, data, most):
        data = self._take(ins, data, 7)
        if data[0] in self._application.files:
            raise Refused(DUPLICATE_ERROR)
        self._application.add_data(data[0], bytes(int.from_bytes(data[4:7], "little")), data[1], data[3] >> 4,
                                   data[3] & 0x0F, data[2] >> 4, data[2] & 0x0F)
        return self._send(b"", MANAGED)

    def _delete_file(self, ins, data, most):
        number = self._take(ins, data, 1)[0]
        self._file(number)
        del self._application.files[number]
        return self._send(b"", MANAGED)

    def _write_data(self, ins, data, most):
        if len(data) < 7:
            raise Refused(LENGTH_ERROR)
        file = self._file(data[0])
        if file.kind != 0 or (ins == 0x8D and self.generation in ("ev0", "ev1")):
            raise Refused(ILLEGAL_COMMAND)
        mode = self._mode(file, file.rights[1], file.rights[2])
        offset, length = int.from_bytes(data[1:4], "little"), int.from_bytes(data[4:7], "little")
        if ins == 0x3D and len(data) - 7 < self._session.sealed_bytes(length, mode):
            self._waiting = lambda more: self._write_data(ins, data + more, most)
            return MORE, b""
        body = self._session.receive(ins, data[:7], data[7:], mode)
        if len(body) != length:
            raise Refused(LENGTH_ERROR)
        if offset + length > len(file.data):
            raise Refused(BOUNDARY_ERROR)
        file.data[offset:offset + length] = body
        return self._send(b"", mode)

    def _decrypt(self, data):
        if not isinstance(self._session, Ev1Session):
            raise Refused(ILLEGAL_COMMAND)
        return self._session.decrypt(data)

    def _change_settings(self, ins, data, most):
        plain = self._decrypt(data)
        if crc32(bytes([ins]) + plain[:1]) != plain[1:5] or any(plain[5:]):
            raise Refused(INTEGRITY_ERROR)
        self._application.settings = plain[0]
        return self._send(b"", PLAIN)

    def _change_key(self, ins, data, most):
        plain, number = self._decrypt(data[1:]), data[0]
        if number >= len(self._application.keys):
            raise Refused(NO_SUCH_KEY)
        old = self._application.keys[number]
        size = KEY_BYTES[old.kind] + (old.kind == AES)
        if crc32(bytes([ins, number]) + plain[:size]) != plain[size:size + 4]:
            raise Refused(INTEGRITY_ERROR)
        value, rest = plain[:KEY_BYTES[old.kind]], plain[size + 4:]
        if number != self._session.key_number:
            value = xor(value, old.value)
            if crc32(value) != rest[:4]:
                raise Refused(INTEGRITY_ERROR)
            rest = rest[4:]
        if any(rest):
            raise Refused(INTEGRITY_ERROR)
        version = plain[size - 1] if old.kind == AES else des_version(value)
        self._application.keys[number] = Key(old.kind, value.hex(), version)
        if number == self._session.key_number:
            self._session = NoSession()
        return self._send(b"", PLAIN)
