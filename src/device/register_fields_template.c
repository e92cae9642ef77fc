/* SPDX-License-Identifier: MIT */
/* What all types of templates have, and ID Only. */
#include "device/register_fields.h"

static const struct field_option lookup_options[] = {
    { 0x00, "off", "Instance disabled", NULL },
    { 0xFF, "all", "All that the reader supports", NULL },
    { 0x01, "nfc-a", "NFC-A (ISO/IEC 14443 A)", NULL },
    { 0x02, "nfc-b", "NFC-B (ISO/IEC 14443 B)", NULL },
    { 0x03, "nfc-a+b", "NFC-A and NFC-B", NULL },
    { 0x04, "nfc-v", "NFC-V (ISO/IEC 15693)", NULL },
    { 0x07, "nfc-a+b+v", "NFC-A, NFC-B and NFC-V", NULL },
    { 0x08, "nfc-f", "NFC-F", NULL },
    { 0x0F, "nfc", "All NFC and ISO/IEC protocols", NULL },
    { 0x20, "kovio", "ThinFilm / Kovio RF barcodes", NULL },
    { 0x21, "nfc-t1t", "Topaz / Jewel (NFC T1T)", NULL },
    { 0x22, "st-sr", "ST SR family", NULL },
    { 0x23, "ask-cts", "ASK CTS256B and CTS512B", NULL },
    { 0x24, "picotag-b", "PicoTag over protocol B", NULL },
    { 0x28, "felica", "FeliCa", NULL },
    { 0x2A, "picotag-v", "PicoTag over protocol V", NULL },
    { 0x2C, "innovatron", "Innovatron radio protocol", NULL },
    { 0x11, "iso-a", "ISO Data on NFC-A", NULL },
    { 0x12, "iso-b", "ISO Data on NFC-B", NULL },
    { 0x13, "iso-a+b", "ISO Data on NFC-A and NFC-B", NULL },
    { 0x40, "ndef-snep", "NDEF from SNEP peers", NO_PEER },
    { 0x41, "ndef-t1t", "NDEF on T1T", NO_TYPE_1_TAG },
    { 0x42, "ndef-t2t", "NDEF on T2T", NULL },
    { 0x43, "ndef-t3t", "NDEF on T3T", NULL },
    { 0x44, "ndef-t4t", "NDEF on T4T", NULL },
    { 0x45, "ndef-t5t", "NDEF on T5T", NULL },
    { 0x4A, "ndef-t4at", "NDEF on T4T over NFC-A", NULL },
    { 0x4B, "ndef-t4bt", "NDEF on T4T over NFC-B", NULL },
    { 0x4E, "ndef-tags", "NDEF on tags of the types 2 to 5", NULL },
    { 0x4F, "ndef-all", "NDEF on all tags and SNEP peers", NO_PEER },
    { 0x54, "iso15693-memory", "ISO 15693 Memory", NULL },
    { 0x56, "em4134-memory", "EM4134 Memory", NOT_PUBLISHED },
    { 0x61, "mifare-classic", "Mifare Classic", NULL },
    { 0x62, "mifare-ultralight", "Mifare UltraLight", NULL },
    { 0x63, "mifare-plus-sl3", "Mifare Plus SL3", NOT_PUBLISHED },
    { 0x70, "desfire-id", "Desfire ID", NULL },
    { 0x71, "desfire-data", "Desfire Data", NULL },
    { 0x72, "iso-72", "ISO Data on the Innovatron radio protocol", NULL },
    { 0x73, "pan", "PAN", CONTRACT_WITH("the schemes of the payment cards") },
    { 0x78, "calypso", "Calypso", NOT_PUBLISHED },
    { 0x79, "navigo", "Navigo", LICENCE_OF("Ile-de-France Mobilites") },
    { 0xB0, "springblue", "SpringBlue", LICENCE_OF("SpringCard") },
    { 0xC0, "orange-nfc-retail", "Orange NFC Retail", CONTRACT_WITH("Orange") },
    { 0xC1, "orange-nfc-office", "Orange NFC Office", CONTRACT_WITH("Orange") },
    { 0xC3, "stid-mobile-id", "STid Mobile ID NFC", CONTRACT_WITH("STid") },
    { 0xD1, "apple-vas", "Apple VAS", CONTRACT_WITH("Apple") },
    { 0xD2, "google-smarttap", "Google SmartTap", CONTRACT_WITH("Google") },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t0[1] = {
    { .path = "templates.technologies", .title = "What is looked for (LKL)", .kind = FIELD_CHOICE, .mask = { 0xFF },
      .options = lookup_options,
      .effect = "a tag of another kind is left to the next instance; each word belongs to one type",
      .sample = "\"all\"" },
};

static const struct field_option swap_options[] = {
    { 0, "none", "As the tag sends it", NULL },
    { 1, "reserved-1", "Reserved", BY_THE_DEVICE },
    { 2, "short-nfc-a", "Reversed for 4-byte NFC-A identifiers", NULL },
    { 3, "all", "Reversed", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_option template_padding_options[] = {
    { 0, "00-left", "00 on the left", NULL },
    { 1, "ff-right", "FF on the right", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option content_options[] = {
    { 0, "id", "The identifier only", NULL },
    { 1, "protocol", "All bytes of the protocol", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_option template_format_options[] = {
    { 0, "decimal-10", "Decimal, 10 digits, of 4 bytes", NULL },
    { 1, "hex-4", "Hex, 4 bytes", NULL },
    { 2, "hex-8", "Hex, 8 bytes", NULL },
    { 3, "hex-5", "Hex, 5 bytes", NULL },
    { 4, "hex-10", "Hex, 10 bytes", NULL },
    { 5, "hex-7", "Hex, 7 bytes", NULL },
    { 6, "hex-11", "Hex, 11 bytes", NULL },
    { 7, "reserved-7", "Reserved", BY_THE_DEVICE },
    { 8, "hex-16", "Hex, 16 bytes", NULL },
    { 9, "hex-20", "Hex, 20 bytes", NULL },
    { 10, "hex-24", "Hex, 24 bytes", NULL },
    { 11, "hex-32", "Hex, 32 bytes", NULL },
    { 12, "decimal-12", "Decimal, 12 digits, of 5 bytes", NULL },
    { 13, "decimal-13", "Decimal, 13 digits, of 5 bytes", NULL },
    { 14, "decimal", "Decimal, as long as it is", NULL },
    { 15, "hex", "Hex, as long as it is", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t1[5] = {
    { .path = "templates.swap", .title = "Order of the bytes", .kind = FIELD_CHOICE, .mask = { 0xC0 },
      .options = swap_options, .effect = "whether the identifier is reversed" },
    { .path = "templates.padding", .title = "Padding", .kind = FIELD_CHOICE, .mask = { 0x20 },
      .options = template_padding_options, .effect = "what fills an identifier that is shorter than the format" },
    { .path = "templates.content", .title = "Content", .kind = FIELD_CHOICE, .mask = { 0x10 },
      .options = content_options,
      .effect = "whether ATQ-A, ATQ-B and the like come with it; libnfc tells them of each tag, PC/SC of NFC-B (ISO/IEC"
      " 14443-4) only, any other tag on it then gives its identifier alone" },
    { .path = "templates.format", .title = "Length and format (TOF)", .kind = FIELD_CHOICE, .mask = { 0x0F },
      .options = template_format_options, .effect = "the form of TagData", .sample = "\"hex\"" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0xFF } },
};

const struct field_def fields_03t2[1] = {
    { .path = "templates.prefix", .title = "Prefix (PFX)", .kind = FIELD_TEXT,
      .effect = "text in front of the data; \\\\t, \\\\n, \\\\b and \\\\v stand for control characters" },
};

const struct field_def fields_03t3[2] = {
    SHIFT_BYTES(0xFF),
    SHIFT_BITS(0x00, 0xFF),
};

const struct field_option template_token_options[] = {
    { 0, "none", "None", NULL },
    { 1, "hex", "Card type in hex", NULL },
    { 2, "letter", "Card type as a letter", NULL },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_option template_token_position_options[] = {
    { 0, "before-prefix", "Before the prefix", NULL },
    { 1, "before-data", "Between prefix and data", NULL },
    { 2, "after-data", "After the data", NULL },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t4[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xF0 } },
    TOKEN_FIELDS,
};

const struct field_def fields_03tx[1] = {
    { .title = "Depends on the template type", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = "kept for a device; the template's type has no such register" },
};
