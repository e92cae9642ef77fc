# SPDX-License-Identifier: MIT
"""The card's side of the four kinds of secure messaging of a MIFARE DESFire: none, D40 (MF3ICD40, also called EV0), EV1
and EV2. A session takes a command apart (receive) and puts an answer together (send); both keep its state.

mode is how the command travels, as the file says: PLAIN, MAC or FULL; MANAGED is a command that belongs to no file, for
instance GetFileSettings: plain in D40, with a CMAC in EV1 and a MAC in EV2.

A command is its code, a header that is never enciphered (file number, offset, length) and a body, which only writing
commands have.
"""
from cards.desfire_crypto import AES, DES, Block, crc16, crc32, pad_80, pad_zero

PLAIN, MAC, FULL, MANAGED = 0, 1, 3, -1

INTEGRITY_ERROR, LENGTH_ERROR = 0x1E, 0x7E


class Refused(Exception):
    """The card answers an error, and forgets the session."""

    def __init__(self, status):
        super().__init__("%02X" % status)
        self.status = status


class Faults:
    """What a card does wrong on demand; all of it is off at first."""

    def __init__(self):
        self.wrong_mac = False      # a bit of each MAC that it sends is turned round
        self.wrong_crc = False      # a bit of each CRC in what it enciphers
        self.wrong_rnda = False     # it does not know RndA when it authenticates itself
        self.cut_bytes = 0          # what is missing at the end of an answer with the data of a file
        self.mute_after = None      # how many commands it answers before it falls silent

    def mac(self, mac):
        return bytes([mac[0] ^ 1]) + mac[1:] if self.wrong_mac else mac

    def crc(self, crc):
        return bytes([crc[0] ^ 1]) + crc[1:] if self.wrong_crc else crc


class NoSession:
    """Nobody has authenticated."""
    key_number = None
    unit = 1    # of how many bytes the frames of a long answer are multiples

    def sealed_bytes(self, length, mode):
        """How long the body of a command is that has so many bytes to write."""
        return length

    def receive(self, ins, header, body, mode):
        return body

    def send(self, data, mode, length_known=True):
        return data


class D40Session:
    """A MAC of 4 bytes over the data alone, or the data and its CRC16 enciphered; the starting value is always 0."""

    def __init__(self, key, key_number, faults):
        self.key_number = key_number
        self.faults = faults
        self.block = Block(DES, key)

    @property
    def unit(self):
        return self.block.size

    def sealed_bytes(self, length, mode):
        return {MAC: length + 4, FULL: -(-(length + 2) // 8) * 8}.get(mode, length)

    def mac(self, data):
        return self.block.encrypt(pad_zero(data, 8))[-8:-4]

    def receive(self, ins, header, body, mode):
        if body and mode == MAC:
            data, mac = body[:-4], body[-4:]
            if self.mac(data) != mac:
                raise Refused(INTEGRITY_ERROR)
            return data
        if body and mode == FULL:
            if len(body) % 8:
                raise Refused(LENGTH_ERROR)
            return checked(self.block.undo_reader(body), header, crc16, b"")
        return body

    def send(self, data, mode, length_known=True):
        if not data or mode not in (MAC, FULL):
            return data
        if mode == MAC:
            return data + self.faults.mac(self.mac(data))
        data += self.faults.crc(crc16(data))
        return self.block.encrypt(pad_zero(data, 8) if length_known else pad_80(data, 8))


class Ev1Session:
    """A CMAC over every command and every answer, each beginning where the one before ended; or the data and its CRC32
    enciphered, in the same chain. A command's CMAC is sent only with data that is written."""

    def __init__(self, kind, key, key_number, faults):
        self.key_number = key_number
        self.faults = faults
        self.block = Block(kind, key)
        self.iv = self.block.zero

    @property
    def unit(self):
        return self.block.size

    def sealed_bytes(self, length, mode):
        size = self.block.size
        return {MAC: length + 8, FULL: -(-(length + 4) // size) * size}.get(mode, length)

    def mac(self, data):
        self.iv = self.block.cmac(data, self.iv)
        return self.iv[:8]

    def decrypt(self, data):
        if not data or len(data) % self.block.size:
            raise Refused(LENGTH_ERROR)
        plain = self.block.decrypt(data, self.iv)
        self.iv = data[-self.block.size:]
        return plain

    def receive(self, ins, header, body, mode):
        if body and mode == MAC:
            data, mac = body[:-8], body[-8:]
            if self.mac(bytes([ins]) + header + data) != mac:
                raise Refused(INTEGRITY_ERROR)
            return data
        if body and mode == FULL:
            return checked(self.decrypt(body), header, crc32, bytes([ins]) + header)
        self.mac(bytes([ins]) + header + body)
        return body

    def send(self, data, mode, length_known=True):
        if not data or mode != FULL:
            return data + self.faults.mac(self.mac(data + b"\0"))
        data += self.faults.crc(crc32(data + b"\0"))
        size = self.block.size
        sent = self.block.encrypt(pad_zero(data, size) if length_known else pad_80(data, size), self.iv)
        self.iv = sent[-size:]
        return sent


class Ev2Session:
    """A MAC that takes in a transaction identifier and a counter of commands, over what is perhaps enciphered."""

    def __init__(self, keys, key_number, ti, faults, counter=0):
        """keys: for enciphering and for MACs."""
        self.key_number = key_number
        self.faults = faults
        self.ti = ti
        self.counter = counter
        self.block, self.mac_block = (Block(AES, key) for key in keys)

    @property
    def unit(self):
        return self.block.size

    def sealed_bytes(self, length, mode):
        return {MAC: length + 8, FULL: (length // 16 + 1) * 16 + 8}.get(mode, length)

    def mac(self, first, data):
        whole = self.mac_block.cmac(bytes([first]) + self.counter.to_bytes(2, "little") + self.ti + data)
        return whole[1::2]

    def iv(self, label):
        return self.block.encrypt(bytes.fromhex(label) + self.ti + self.counter.to_bytes(2, "little") + bytes(8))

    def receive(self, ins, header, body, mode):
        if mode == PLAIN:
            return body
        sent = header + body
        if len(sent) < 8:
            raise Refused(LENGTH_ERROR)
        if self.mac(ins, sent[:-8]) != sent[-8:]:
            raise Refused(INTEGRITY_ERROR)
        body = sent[len(header):-8]
        if not body or mode != FULL:
            return body
        if len(body) % 16:
            raise Refused(LENGTH_ERROR)
        padded = self.block.decrypt(body, self.iv("A55A")).rstrip(b"\0")
        if padded[-1:] != b"\x80":
            raise Refused(INTEGRITY_ERROR)
        return padded[:-1]

    def send(self, data, mode, length_known=True):
        self.counter += 1
        if mode == PLAIN:
            return data
        if data and mode == FULL:
            data = self.block.encrypt(pad_80(data, 16), self.iv("5AA5"))
        return data + self.faults.mac(self.mac(0, data))


def checked(plain, header, crc, before):
    """Written data, without CRC and padding; its length stands in the header's last 3 bytes."""
    length = int.from_bytes(header[-3:], "little")
    end = length + len(crc(b""))
    if len(plain) < end or any(plain[end:]):
        raise Refused(LENGTH_ERROR)
    if plain[length:end] != crc(before + plain[:length]):
        raise Refused(INTEGRITY_ERROR)
    return plain[:length]
