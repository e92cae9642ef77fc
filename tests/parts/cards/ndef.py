# SPDX-License-Identifier: MIT
"""NDEF messages, from the NFC Forum's NDEF 1.0 and its record type definitions Text 1.0 and URI 1.0."""

WELL_KNOWN, MEDIA, ABSOLUTE_URI, EXTERNAL = 1, 2, 3, 4


def message(*records):
    """records: (tnf, type, payload), and may be a dict of options: long, chunk, id. MB and ME are as they must be."""
    whole = b""
    for place, (tnf, kind, payload, *options) in enumerate(records):
        options = options[0] if options else {}
        kind = kind.encode() if isinstance(kind, str) else kind
        name = options.get("id", b"")
        short = len(payload) < 256 and not options.get("long")
        flags = ((0x80 if place == 0 else 0) | (0x40 if place == len(records) - 1 else 0)
                 | (0x20 if options.get("chunk") else 0) | (0x10 if short else 0) | (0x08 if name else 0))
        whole += bytes([flags | tnf, len(kind)])
        whole += bytes([len(payload)]) if short else len(payload).to_bytes(4, "big")
        whole += (bytes([len(name)]) if name else b"") + kind + name + payload
    return whole


def text(content, language="en", utf16=False):
    """A Text record."""
    encoded = content.encode("utf-16-be" if utf16 else "utf-8")
    return WELL_KNOWN, "T", bytes([len(language) | (0x80 if utf16 else 0)]) + language.encode() + encoded


def uri(prefix, rest):
    """A URI record; prefix: the number of its abbreviation."""
    return WELL_KNOWN, "U", bytes([prefix]) + rest.encode()
