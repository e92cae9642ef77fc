# SPDX-License-Identifier: MIT
"""Tags for the simulated PN532 (pn532.py): what each answers over the air, and the states that decide whether it does.

A tag is a Python object, or one line of text for the control socket; `text()` and `tag_from_text` go from one to the
other:

    Type2("04A1B2C3D4E5F6")               type2 uid=04A1B2C3D4E5F6
    Classic("DEADBEEF", size="4k")        classic uid=DEADBEEF size=4k key=A:1:A0A1A2A3A4A5
    IsoA("04112233445566", answers={})    iso_a uid=04112233445566 ats=78807002 answer=00A40400:6A82
    Phone()                               phone
    IsoB("11223344")                      iso_b uid=11223344
    Felica("0101020304050607")            felica uid=0101020304050607 pmm=... system=88B4 memory=...
    Jewel("11223344")                     jewel uid=11223344
    Innovatron("11223344")                innovatron uid=11223344 verlog=C5 config=41 atr=3B00
    StSrx("66554433221102D0")             srx uid=66554433221102D0
    AskCtx("11223344")                    ctx uid=11223344 product=01 fab=02

Every one takes name= (by which it is removed), mute=1 (it is found, and then says nothing) and leaves=N (it goes away
in the middle of its N-th exchange after it came), wakes=1 (in ISO 14443-4 it hears REQA and REQB, as some cards do).

States, as ISO/IEC 14443-3 and -4 have them. Type A: REQA wakes only what is idle; an active tag that hears REQA falls
back to idle without a word and answers the next one; a halted one answers none until it has lost its power; one in
ISO 14443-4 (PROTOCOL) takes REQA for a broken block and stays as it is. Type B is the same with REQB. FeliCa, Jewel and
ST SRx answer whenever they have power. Frames here carry no CRC: the chip adds and takes it away.
"""

import itertools
import os

NAK = b"\x00"           # of a Type 2 tag or Classic; 4 bits long on the air
IDLE, READY, ACTIVE, PROTOCOL, HALT = "idle", "ready", "active", "protocol", "halt"

_names = itertools.count(1)


def _bytes(value):
    return bytes.fromhex(value) if isinstance(value, str) else bytes(value)


class Nak(Exception):
    """The tag answered with 4 bits that say no."""


class Tag:
    """What all tags have in common. `uid`: hex or bytes, in the order in which it is read."""

    kind = ""
    framing = "A"       # A, B or F: which modulation it understands
    options = ()        # names of attributes that its text form carries beside uid

    def __init__(self, uid, name=None, mute=False, leaves=0, answers=None, wakes=False):
        self.uid = _bytes(uid)
        self.name = name or f"{self.kind}-{os.getpid()}-{next(_names)}"
        self.mute = bool(int(mute))
        self.leaves = int(leaves)
        self.wakes = bool(int(wakes))
        self.answers = answers if callable(answers) else {_bytes(k): _bytes(v) for k, v in (answers or {}).items()}
        self.exchanges = 0
        self.gone = False
        self.state = IDLE
        self.powered = False

    def text(self):
        """Its line of text. A tag whose answers are a function has none."""
        words = [self.kind, f"name={self.name}"]
        words += [f"uid={self.uid.hex().upper()}"] if self.carries_uid() else []
        for option in self.options:
            value = f"{self.sak:02X}" if option == "sak" else getattr(self, option)
            if value is not None:
                words.append(f"{option}={value.hex().upper() if isinstance(value, bytes) else value}")
        words += ["mute=1"] if self.mute else []
        words += [f"leaves={self.leaves}"] if self.leaves else []
        words += ["wakes=1"] if self.wakes else []
        if callable(self.answers):
            raise ValueError("a tag that answers by a function lives only in this process: Pn532(thread=True)")
        words += [f"answer={apdu.hex().upper()}:{reply.hex().upper()}" for apdu, reply in self.answers.items()]
        return " ".join(words)

    def carries_uid(self):
        return True

    def power(self, on):
        """The field came or went."""
        if self.powered and not on:
            self.state = IDLE
        self.powered = on

    def deaf(self):
        """Whether it is in the middle of ISO/IEC 14443-4, where REQA and REQB are nothing to it."""
        return self.state == PROTOCOL and not self.wakes

    def take(self, frame):
        """Counts an exchange; None if the tag says nothing to it, else what `receive` answers."""
        self.exchanges += 1
        if self.leaves and self.exchanges >= self.leaves:
            self.gone = True
        if self.gone or self.mute or not self.powered:
            return None
        return self.receive(frame)

    def receive(self, frame):
        """The answer to a frame once it is selected; None: silence; raises Nak."""
        raise NotImplementedError

    def apdu(self, command):
        """The response to an APDU, status bytes at its end."""
        if callable(self.answers):
            return _bytes(self.answers(command))
        for prefix, reply in self.answers.items():
            if command == prefix:
                return reply
        return bytes.fromhex("6A82" if command[1:2] == b"\xA4" else "6D00")


class _TypeA(Tag):
    """ISO/IEC 14443-3 type A. atqa is as the chip gives it: the high byte first."""

    def __init__(self, uid, atqa, sak, **common):
        super().__init__(uid, **common)
        self.atqa = _bytes(atqa)
        self.sak = sak if isinstance(sak, int) else int(sak, 16)

    def wake(self, halted=False):
        """REQA (WUPA if halted). Whether it answers."""
        if not self.powered or self.gone or self.deaf():
            return False
        if self.state in (ACTIVE, READY, PROTOCOL):
            self.state = IDLE
            return False
        if self.state == HALT and not halted:
            return False
        self.state = READY
        return True

    def cascaded(self):
        """The UID with its cascade tags, as InListPassiveTarget takes it."""
        if len(self.uid) == 7:
            return b"\x88" + self.uid
        if len(self.uid) == 10:
            return b"\x88" + self.uid[:3] + b"\x88" + self.uid[3:]
        return self.uid

    def halt(self):
        self.state = HALT

    def rats(self):
        """The ATS with its length byte, b"" if the tag does not know RATS."""
        return b""


class Type2(_TypeA):
    """MIFARE Ultralight, NTAG. memory: all pages, 4 bytes each; version: the 8 bytes of GET_VERSION, None = unknown."""

    kind = "type2"
    options = ("atqa", "sak", "memory", "version")

    def __init__(self, uid="04A1B2C3D4E5F6", memory=None, version=None, atqa="0044", sak="00", **common):
        super().__init__(uid, atqa, sak, **common)
        self.memory = _bytes(memory) if memory else self._factory_memory()
        self.version = _bytes(version) if version else None

    def _factory_memory(self):
        uid = self.uid.ljust(7, b"\0")
        head = uid[:3] + bytes([0x88 ^ uid[0] ^ uid[1] ^ uid[2]]) + uid[3:7]
        head += bytes([uid[3] ^ uid[4] ^ uid[5] ^ uid[6], 0x48, 0, 0]) + bytes.fromhex("E1100600")
        return head + bytes(range(0x10, 0x40))

    def receive(self, frame):
        if self.state != ACTIVE:
            return None
        pages = len(self.memory) // 4
        if frame[:1] == b"\x30" and len(frame) == 2 and frame[1] < pages:
            turned = self.memory[frame[1] * 4:] + self.memory    # reading rolls over at the end
            return turned[:16]
        if frame[:1] == b"\xA2" and len(frame) == 6 and 2 <= frame[1] < pages:
            self.memory = self.memory[:frame[1] * 4] + frame[2:] + self.memory[frame[1] * 4 + 4:]
            return b""
        if frame == b"\x60" and self.version:
            return self.version
        if frame == b"\x50\x00":
            self.halt()
            return None
        self.state = IDLE
        raise Nak


class Classic(_TypeA):
    """MIFARE Classic 1K or 4K. key="A:SECTOR:HEX", "B:..." or a list of them; other sectors have FFFFFFFFFFFF twice."""

    kind = "classic"
    options = ("atqa", "sak", "size", "key")

    def __init__(self, uid="DEADBEEF", size="1k", key=None, atqa=None, sak=None, blocks=None, **common):
        large = size == "4k"
        super().__init__(uid, atqa or ("0002" if large else "0004"), sak or ("18" if large else "08"), **common)
        self.size = size
        keys = key.split(",") if isinstance(key, str) else list(key or [])
        self.key = ",".join(keys) or None
        self.keys = {}
        for item in keys:
            letter, sector, value = item.split(":")
            self.keys[letter, int(sector)] = _bytes(value)
        self.blocks = dict(blocks or {})
        self.open_sector = None

    def sector(self, block):
        return block // 4 if block < 128 else 32 + (block - 128) // 16

    def power(self, on):
        super().power(on)
        self.open_sector = None

    def wake(self, halted=False):
        self.open_sector = None
        return super().wake(halted)

    def authenticate(self, letter, block, key, uid):
        """What the chip does with 60 and 61. A tag that refuses falls back to idle: silent until selected anew."""
        right = self.keys.get((letter, self.sector(block)), b"\xFF" * 6)
        good = key == right and uid == self.uid[-4:] and block < self.block_count()
        self.open_sector = self.sector(block) if good else None
        if not good:
            self.state = IDLE
        return good

    def block_count(self):
        return 256 if self.size == "4k" else 64

    def read(self, block):
        if block in self.blocks:
            return _bytes(self.blocks[block])
        if block == 0:
            check = 0
            for byte in self.uid:
                check ^= byte
            return (self.uid + bytes([check, self.sak]) + self.atqa[::-1]).ljust(16, b"\0")[:16]
        last = block % 4 == 3 if block < 128 else block % 16 == 15
        return bytes.fromhex("000000000000FF078069FFFFFFFFFFFF") if last else bytes([block] * 16)

    def receive(self, frame):
        if self.state != ACTIVE:
            return None
        if frame == b"\x50\x00":
            self.halt()
            return None
        block = frame[1] if len(frame) > 1 else 0
        if self.open_sector is None or self.sector(block) != self.open_sector or block >= self.block_count():
            self.state = IDLE
            raise Nak
        if frame[:1] == b"\x30" and len(frame) == 2:
            return self.read(block)
        if frame[:1] == b"\xA0" and len(frame) == 18:
            self.blocks[block] = frame[2:]
            return b""
        self.state = IDLE
        raise Nak


class _Blocks:
    """The block protocol of ISO/IEC 14443-4, 7.5: block numbers, and an R(NAK) that is answered by R(ACK), or by the
    last block once more if its number is that of the tag. with_cid: it takes blocks that carry a CID; others ignore
    them."""

    with_cid = False
    own_number = 1
    reader_number = 0               # of the chip's next I-block
    last = b""

    def activate(self):
        self.state = PROTOCOL
        self.own_number, self.reader_number, self.last = 1, 0, b""

    def i_block(self, data):
        """What the chip makes of an APDU."""
        block = bytes([0x02 | self.reader_number]) + data
        self.reader_number ^= 1
        return block

    def block(self, frame):
        pcb, cid = frame[0], b""
        if pcb & 0x08:
            if not self.with_cid or len(frame) < 2:
                return None
            cid, frame = frame[1:2], frame[:1] + frame[2:]
        if pcb & 0xF7 == 0xC2:                  # S(DESELECT)
            self.halt()
            return bytes([pcb]) + cid
        if pcb & 0xF6 == 0xB2:                  # R(NAK)
            if pcb & 1 == self.own_number:
                return self.last
            return bytes([0xA2 | (pcb & 0x08) | self.own_number]) + cid
        if pcb & 0xF2 == 0x02:                  # I-block without chaining
            self.own_number ^= 1
            self.last = bytes([0x02 | (pcb & 0x08) | self.own_number]) + cid + self.apdu(frame[1:])
            return self.last
        return None


class IsoA(_TypeA, _Blocks):
    """ISO/IEC 14443-4 type A. ats: without its length byte. answers: a dict from APDU to response, or a function."""

    kind = "iso_a"
    options = ("atqa", "sak", "ats")

    def __init__(self, uid="04112233445566", ats="788070020011", atqa=None, sak="20", **common):
        super().__init__(uid, atqa or ("0344" if len(_bytes(uid)) > 4 else "0004"), sak, **common)
        self.ats = _bytes(ats)

    def rats(self):
        self.activate()
        return bytes([len(self.ats) + 1]) + self.ats

    def receive(self, frame):
        if self.state == ACTIVE and frame[:1] == b"\xE0":
            return self.rats()
        if self.state == ACTIVE and frame == b"\x50\x00":
            self.halt()
        return self.block(frame) if self.state == PROTOCOL else None


class Phone(IsoA):
    """A phone: a UID of 4 bytes that begins with 08 and is another one each time that it gets power."""

    kind = "phone"

    def __init__(self, uid="08000000", ats="7880700200", **common):
        super().__init__(uid, ats, **common)

    def carries_uid(self):
        return False

    def power(self, on):
        if on and not self.powered:
            old = self.uid
            while self.uid == old:
                self.uid = b"\x08" + os.urandom(3)
        super().power(on)


class IsoB(Tag, _Blocks):
    """ISO/IEC 14443 type B. uid: the PUPI. application, protocol: of its ATQB; protocol type 1 is ISO/IEC 14443-4."""

    kind = "iso_b"
    framing = "B"
    options = ("application", "protocol")

    def __init__(self, uid="11223344", application="00000000", protocol="008171", **common):
        super().__init__(uid, **common)
        self.application = _bytes(application)
        self.protocol = _bytes(protocol)

    def wake(self, halted=False):
        """REQB (WUPB if halted)."""
        if not self.powered or self.gone or self.deaf() or (self.state == HALT and not halted):
            return False
        self.state = READY
        return True

    def atqb(self):
        return b"\x50" + self.uid + self.application + self.protocol

    @property
    def with_cid(self):
        return bool(self.protocol[2] & 1)

    def attrib(self):
        self.activate()
        return b"\x00"

    def halt(self):
        self.state = HALT

    def receive(self, frame):
        if self.state == PROTOCOL:
            return self.block(frame)
        if frame[:1] == b"\x05" and len(frame) == 3:
            return self.atqb() if self.wake(halted=bool(frame[2] & 0x08)) else None
        if frame[:1] == b"\x1D" and frame[1:5] == self.uid and self.state == READY:
            return self.attrib()
        return None


class Felica(Tag):
    """FeliCa, 212 and 424 kbit/s. uid: the IDm. memory: the blocks of 16 bytes of service 000B, the attribute block of
    NFC Forum Type 3 first (felica_memory makes it); without it there is no such service."""

    kind = "felica"
    framing = "F"
    options = ("pmm", "system", "memory")
    blocks_at_once = 4

    def __init__(self, uid="0101020304050607", pmm="00F1000000014300", system="88B4", memory=None, **common):
        super().__init__(uid, **common)
        self.pmm = _bytes(pmm)
        self.system = _bytes(system)
        self.memory = _bytes(memory) if memory else None

    def polled(self, system, request):
        """The answer to a polling command, without its length byte; None if it is not meant."""
        if not self.powered or self.gone:
            return None
        if any(wanted not in (0xFF, mine) for wanted, mine in zip(system, self.system)):
            return None
        return b"\x01" + self.uid + self.pmm + (self.system if request == 1 else b"")

    def receive(self, frame):
        """Frames carry their length byte, on the way there and back."""
        body = self._answer(frame[1:])
        return None if body is None else bytes([len(body) + 1]) + body

    def _answer(self, frame):
        if frame[:1] == b"\x00" and len(frame) >= 5:
            return self.polled(frame[1:3], frame[3])
        if frame[1:9] != self.uid:
            return None
        if frame[:1] == b"\x04":                # Request Response: mode 0
            return b"\x05" + self.uid + b"\x00"
        if frame[:1] == b"\x0C":                # Request System Code
            return b"\x0D" + self.uid + b"\x01" + self.system
        if frame[:1] == b"\x06":                # Read Without Encryption
            return b"\x07" + self.uid + self._read(frame[9:])
        return None

    def _read(self, request):
        """Status flags, and the blocks if they are 0. request: number of services, service codes, block list."""
        if self.memory is None or request[:3] != b"\x01\x0B\x00":
            return b"\xFF\xA6"                 # no such service
        count, elements = request[3], request[4:]
        if not 1 <= count <= self.blocks_at_once:
            return b"\xFF\xA2"
        data = b""
        for _ in range(count):
            width = 2 if elements[:1] >= b"\x80" else 3
            if len(elements) < width or elements[0] & 0x7F:
                return b"\xFF\xA8"
            number, elements = int.from_bytes(elements[1:width], "little"), elements[width:]
            block = self.memory[number * 16:number * 16 + 16]
            if len(block) < 16:
                return b"\xFF\xA8"             # no such block
            data += block
        return b"\x00\x00" + bytes([count]) + data


def felica_memory(message, blocks=13, blocks_at_once=4):
    """The memory of a Type 3 tag with that NDEF message."""
    attributes = bytes([0x10, blocks_at_once, 1]) + blocks.to_bytes(2, "big") + bytes(5) + b"\x01"
    attributes += len(message).to_bytes(3, "big")
    attributes += sum(attributes).to_bytes(2, "big")
    return attributes + message.ljust(blocks * 16, b"\0")


class Jewel(Tag):
    """Jewel, Topaz (Type 1). uid: the 4 bytes that the chip gives."""

    kind = "jewel"
    options = ("hr0", "memory")

    def __init__(self, uid="11223344", hr0="11", memory=None, **common):
        super().__init__(uid, **common)
        self.hr0 = _bytes(hr0)
        self.memory = _bytes(memory) if memory else self.uid + bytes(116)

    def wake(self, halted=False):
        return False            # its ATQA says that it knows no anticollision; InListPassiveTarget 0 passes it over

    def receive(self, frame):
        header = self.hr0 + b"\x00"
        if frame[:1] == b"\x78":                # RID
            return header + self.uid
        if frame[:1] == b"\x00":                # RALL
            return header + self.memory[:120]
        if frame[:1] == b"\x01" and len(frame) > 1 and frame[1] < len(self.memory):
            return frame[1:2] + self.memory[frame[1]:frame[1] + 1]
        return None


class _RawB(Tag):
    """Found by raw frames with type B modulation."""

    framing = "B"

    def wake(self, halted=False):
        return False


class Innovatron(_RawB):
    """ISO 14443 B' (Innovatron, Calypso). uid: the DIV, 4 bytes. APGEN is answered with REPGEN, ATTRIB selects."""

    kind = "innovatron"
    options = ("verlog", "config", "atr")

    def __init__(self, uid="11223344", verlog="C5", config="41", atr="3B6F00", **common):
        super().__init__(uid, **common)
        self.verlog = _bytes(verlog)
        self.config = _bytes(config)
        self.atr = _bytes(atr)

    def receive(self, frame):
        if frame[:2] == b"\x01\x0B":            # APGEN: whoever is not selected answers
            if self.state != IDLE:
                return None
            tail = self.config + (self.atr if self.config[0] & 0x40 else b"") if self.verlog[0] & 0x80 else b""
            return b"\x01\x07" + self.uid + self.verlog + tail
        if frame[:2] == b"\x01\x0F" and frame[2:6] == self.uid:
            self.state = ACTIVE
            return b"\x01\x00"
        if frame[:2] == b"\x01\x03" and self.state == ACTIVE:     # DISC
            self.state = IDLE
            return b"\x01\x00"
        if self.state == ACTIVE and frame[:1] == b"\x01":
            return frame[:1] + self.apdu(frame[1:])
        return None


class StSrx(_RawB):
    """ST SRx (SRT512, SRIX4K). uid: 8 bytes in the order in which it sends them: the low byte first, D0 last."""

    kind = "srx"

    def __init__(self, uid="66554433221102D0", **common):
        super().__init__(uid, **common)
        self.chip_id = bytes([sum(self.uid) & 0xFF])

    def receive(self, frame):
        if frame == b"\x06\x00":                # INITIATE: not for a selected or a deactivated one
            return self.chip_id if self.state in (IDLE, READY) else None
        if frame[:1] == b"\x0E" and len(frame) == 2:
            if frame[1:] != self.chip_id:
                self.state = IDLE if self.state == ACTIVE else self.state
                return None
            self.state = ACTIVE
            return self.chip_id
        if self.state != ACTIVE:
            return None
        if frame == b"\x0B":                    # GET_UID
            return self.uid
        if frame == b"\x0F":                    # COMPLETION: deactivated until it loses its power
            self.state = HALT
        if frame == b"\x0C":                    # RESET_TO_INVENTORY
            self.state = IDLE
        if frame[:1] == b"\x08" and len(frame) == 2:
            return bytes([frame[1]] * 4)
        return None


class AskCtx(_RawB):
    """ASK CTx (CTS256B, CTS512B). uid: 4 bytes, low half first, as libnfc puts them together."""

    kind = "ctx"
    options = ("product", "fab")

    def __init__(self, uid="11223344", product="01", fab="02", **common):
        super().__init__(uid, **common)
        self.product = _bytes(product)
        self.fab = _bytes(fab)

    def receive(self, frame):
        if frame == b"\x10":                    # REQT
            self.state = READY
            return self.product + self.fab
        if frame[:1] == b"\x9F" and len(frame) == 3 and self.state in (READY, ACTIVE):
            if frame[1:] not in (b"\xFF\xFF", self.uid[:2]):
                return None
            self.state = ACTIVE
            return self.uid[:2]
        if frame == b"\xC4" and self.state == ACTIVE:
            return self.uid[2:]
        return None


KINDS = {cls.kind: cls for cls in (Type2, Classic, IsoA, Phone, IsoB, Felica, Jewel, Innovatron, StSrx, AskCtx)}


def tag_from_text(text):
    """A tag from its line of text; ValueError if it is none."""
    kind, *words = text.split()
    if kind not in KINDS:
        raise ValueError(f"there is no tag {kind}; there are {', '.join(KINDS)}")
    options, answers = {}, {}
    for word in words:
        name, mark, value = word.partition("=")
        if not mark:
            raise ValueError(f"{word} is no NAME=VALUE")
        if name == "answer":
            apdu, _, reply = value.partition(":")
            answers[apdu] = reply
        else:
            options[name] = value
    try:
        return KINDS[kind](answers=answers, **options)
    except TypeError as error:
        raise ValueError(str(error)) from None
