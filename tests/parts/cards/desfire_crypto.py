# SPDX-License-Identifier: MIT
"""What a MIFARE DESFire calculates with: block ciphers in CBC mode, CMAC with a starting value, CRC16, CRC32, paddings,
and key diversification. Needs Debian's python3-cryptography.

A cipher is Block(kind, key); kind is one of DES (which is 2K3DES: a single DES key is given twice), TDES3 or AES.
"""
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES as _Aes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES as _TripleDes
except ImportError:     # before version 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES as _TripleDes

DES, TDES3, AES = "des", "3k3des", "aes"

KEY_BYTES = {DES: 16, TDES3: 24, AES: 16}
BLOCK_BYTES = {DES: 8, TDES3: 8, AES: 16}
RANDOM_BYTES = {DES: 8, TDES3: 16, AES: 16}


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def blocks(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)]


class Block:
    """One key of one block cipher. Nothing is kept from one call to the next."""

    def __init__(self, kind, key):
        if len(key) != KEY_BYTES[kind]:
            raise ValueError("a %s key has %d bytes" % (kind, KEY_BYTES[kind]))
        self.kind = kind
        self.size = BLOCK_BYTES[kind]
        self.zero = bytes(self.size)
        self._algorithm = _Aes(key) if kind == AES else _TripleDes(key)

    def encrypt(self, data, iv=None):
        """CBC."""
        run = Cipher(self._algorithm, modes.CBC(iv or self.zero)).encryptor()
        return run.update(data) + run.finalize()

    def decrypt(self, data, iv=None):
        """CBC."""
        run = Cipher(self._algorithm, modes.CBC(iv or self.zero)).decryptor()
        return run.update(data) + run.finalize()

    def undo_reader(self, data):
        """What a D40 reader has "deciphered" in its send mode: that reader can only decipher, so the card enciphers
        each block and takes the block before off it."""
        plain, before = b"", self.zero
        for block in blocks(data, self.size):
            plain += xor(self.encrypt(block), before)
            before = block
        return plain

    def subkeys(self):
        """K1 and K2 of NIST SP 800-38B, 6.1."""
        def double(value):
            number = int.from_bytes(value, "big") << 1
            if number >> (8 * self.size):
                number ^= (1 << (8 * self.size)) | (0x87 if self.size == 16 else 0x1B)
            return number.to_bytes(self.size, "big")
        first = double(self.encrypt(self.zero))
        return first, double(first)

    def cmac(self, data, iv=None, at_least=0):
        """NIST SP 800-38B, but beginning with iv. at_least: shorter data is padded to that many bytes."""
        first, second = self.subkeys()
        whole = len(data) % self.size == 0 and len(data) >= max(at_least, 1)
        if not whole:
            data = pad_80(data, self.size)
            data += bytes(max(0, at_least - len(data)))
        data = data[:-self.size] + xor(data[-self.size:], first if whole else second)
        return self.encrypt(data, iv)[-self.size:]


class Key:
    """A key of a card. value: hex, zeros if there is none; a DES key of 8 bytes is taken twice."""

    def __init__(self, kind=DES, value=None, version=0):
        self.kind = kind
        self.value = bytes.fromhex(value) if value is not None else bytes(KEY_BYTES[kind])
        if kind == DES and len(self.value) == 8:
            self.value *= 2
        self.version = version
        self.block = Block(kind, self.value)


def crc16(data):
    """CRC_A of ISO/IEC 14443-3, annex B, low byte first."""
    crc = 0x6363
    for byte in data:
        byte ^= crc & 0xFF
        byte = (byte ^ (byte << 4)) & 0xFF
        crc = (crc >> 8) ^ (byte << 8) ^ (byte << 3) ^ (byte >> 4)
    return crc.to_bytes(2, "little")


def crc32(data):
    """The CRC of IEEE 802.3 without its inversion at the end, low byte first."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return crc.to_bytes(4, "little")


def pad_zero(data, size):
    return data + bytes(-len(data) % size)


def pad_80(data, size):
    """Method 2 of ISO/IEC 9797-1: at least one byte."""
    return pad_zero(data + b"\x80", size)


def rotate(data):
    """One byte to the left."""
    return data[1:] + data[:1]


def is_single_des(key):
    """Whether both halves of a 2K3DES key are the same; bit 0 of a byte does not count, it holds the key's version."""
    return all((a ^ b) & 0xFE == 0 for a, b in zip(key[:8], key[8:16]))


def diversify(kind, key, message):
    """NXP AN10922: the key of one card. message: what tells cards apart, UID, AID and so on, 1 to 31 bytes (AES) or 1
    to 15 (DES and 3K3DES). The bits 0 of a DES key, its version, are as they come."""
    constants = {AES: b"\x01", DES: b"\x21\x22", TDES3: b"\x31\x32\x33"}[kind]
    block = Block(kind, key)
    if not 1 <= len(message) < 2 * block.size:
        raise ValueError("between 1 and %d bytes are diversified" % (2 * block.size - 1))
    return b"".join(block.cmac(bytes([constant]) + message, at_least=2 * block.size) for constant in constants)


def ev2_session_keys(key, rnd_a, rnd_b):
    """The keys for enciphering and for MACs (NXP data sheet NT4H2421Gx, 9.1.7; AN12196)."""
    context = rnd_a[:2] + xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    block = Block(AES, key)
    return tuple(block.cmac(bytes.fromhex(label + "00010080") + context) for label in ("A55A", "5AA5"))


def session_key(kind, key, rnd_a, rnd_b):
    """The session key of the authentications before EV2."""
    if kind == AES:
        return rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]
    if kind == TDES3:
        return rnd_a[:4] + rnd_b[:4] + rnd_a[6:10] + rnd_b[6:10] + rnd_a[12:] + rnd_b[12:]
    if is_single_des(key):
        return (rnd_a[:4] + rnd_b[:4]) * 2
    return rnd_a[:4] + rnd_b[:4] + rnd_a[4:] + rnd_b[4:]
