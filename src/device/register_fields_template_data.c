/* SPDX-License-Identifier: MIT */
/* The types that read data: how it is put out, and where it stands on the card. Those of Desfire cards have a file of
 * their own. */
#include "device/register_fields.h"

/* ---- TOF --------------------------------------------------------------------------------------------------------- */

static const struct field_option mode_options[] = {
    { 0, "raw", "The data is a number", NULL },
    { 1, "string", "The data is text", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option swap_options[] = {
    { 0, "none", "As the card has it", NULL },
    { 1, "all", "Reversed", NULL },
    { 0, NULL, NULL, NULL },
};

#define SWAP                                                                                                           \
    { .path = "templates.swap", .title = "Order of the bytes", .kind = FIELD_CHOICE, .mask = { 0x80 },                 \
      .options = swap_options, .effect = "whether the data is reversed" }

#define MODE                                                                                                           \
    { .path = "templates.mode", .title = "What the data is (TOF)", .kind = FIELD_CHOICE, .mask = { 0x40 },             \
      .options = mode_options,                                                                                         \
      .effect = "a number goes with padding, clean and format, a text with fill_spaces, long and the lengths" }

const struct field_def fields_03t1_raw[6] = {
    SWAP,
    MODE,
    { .path = "templates.padding", .title = "Padding", .kind = FIELD_CHOICE, .mask = { 0x20 },
      .options = template_padding_options, .effect = "what fills data that is shorter than the format" },
    { .path = "templates.clean", .title = "Drop leading zeros", .kind = FIELD_BOOLEAN, .mask = { 0x10 },
      .effect = "whether digits 0 in front of the others are left out" },
    { .path = "templates.format", .title = "Length and format (TOF)", .kind = FIELD_CHOICE, .mask = { 0x0F },
      .options = template_format_options, .effect = "the form of TagData, and how much is read for it" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0xFF } },
};

const struct field_def fields_03t1_string[6] = {
    SWAP,
    MODE,
    { .path = "templates.fill_spaces", .title = "Fill up with spaces", .kind = FIELD_BOOLEAN, .mask = { 0x20 },
      .effect = "whether a text that is shorter than the length gets spaces on the right" },
    { .path = "templates.long", .title = "Long text", .kind = FIELD_BOOLEAN, .mask = { 0x10 },
      .effect = "whether long_length is the length, and not short_length" },
    { .path = "templates.short_length", .title = "Length of a short text", .kind = FIELD_NUMBER, .mask = { 0x0F },
      .max = 15, .effect = "characters at most; 0 = 16 of them" },
    { .path = "templates.long_length", .title = "Length of a long text", .kind = FIELD_NUMBER, .mask = { 0x00, 0xFF },
      .max = 255, .effect = "characters; with long = true it must be 1 at least" },
};

/* ---- LOC --------------------------------------------------------------------------------------------------------- */

const struct field_def fields_03t3_memory[3] = {
    { .path = "templates.address", .title = "Address (LOC)", .kind = FIELD_NUMBER, .mask = { 0xFF }, .max = 255,
      .effect = "the page or block where reading begins; the output format says how much is read" },
    SHIFT_BYTES(0x00, 0xFF),
    SHIFT_BITS(0x00, 0x00, 0xFF),
};

const struct field_def fields_03t3_classic[4] = {
    { .path = "templates.aid", .title = "Application (LOC)", .kind = FIELD_NUMBER, .mask = { 0xFF, 0xFF },
      .max = 0xFFFF, .effect = "the AID whose sectors the card's directory (MAD) names; 0 = address counts",
      .sample = "0x0" },
    { .path = "templates.address", .title = "Address (LOC)", .kind = FIELD_NUMBER, .mask = { 0x00, 0x00, 0xFF },
      .max = 255, .effect = "the block where reading begins; sector trailers are passed over; 0 with an aid" },
    SHIFT_BYTES(0x00, 0x00, 0x00, 0xFF),
    SHIFT_BITS(0x00, 0x00, 0x00, 0x00, 0xFF),
};

/* ---- registers of single types ----------------------------------------------------------------------------------- */

static const struct field_option tnf_options[] = {
    { 0x00, "default", "As \"any\"", NULL },
    { 0x01, "well-known", "NFC Forum well-known record", NULL },
    { 0x02, "media", "Media record (RFC 2046)", NULL },
    { 0x03, "absolute-uri", "Absolute URI record (RFC 3986)", NULL },
    { 0x04, "external", "NFC Forum external record", NULL },
    { 0x53, "springcard", "SpringCard data entry", NULL },
    { 0x54, "text", "Text: a well-known record of the type T, or a media record text/plain", NULL },
    { 0x55, "uri", "URI: a well-known record of the type U, or an absolute URI record", NULL },
    { 0xFF, "any", "SpringCard data entry, text or URI", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t5_ndef[1] = {
    { .path = "templates.tnf", .title = "Which record", .kind = FIELD_CHOICE, .mask = { 0xFF },
      .options = tnf_options, .effect = "the first record of that kind is taken" },
};

const struct field_def fields_03t6_ndef[1] = {
    { .path = "templates.ndef_type", .title = "Type of the record", .kind = FIELD_TEXT,
      .effect = "with tnf of \"well-known\", \"media\", \"absolute-uri\" or \"external\": only a record of this type is"
      " taken; empty = of any" },
};

#define APDU(setting, which)                                                                                           \
    { .path = "templates." setting, .title = which " command (APDU)", .kind = FIELD_HEX,                               \
      .effect = "sent as it is; TagData is what the card answers to the last one; empty = none" }

const struct field_def fields_03t5_iso[1] = { APDU("apdu_1", "First") };
const struct field_def fields_03t6_iso[1] = { APDU("apdu_2", "Second") };
const struct field_def fields_03t7_iso[1] = { APDU("apdu_3", "Third") };

static const struct field_option key_type_options[] = {
    { 0, "a", "Key A", NULL },
    { 1, "b", "Key B", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t5_classic[3] = {
    { .path = "templates.key_type", .title = "Which key (AUT)", .kind = FIELD_CHOICE, .mask = { 0x80 },
      .options = key_type_options, .effect = "of the two that each sector has" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x7F } },
    { .path = "templates.key", .title = "Key", .kind = FIELD_HEX, .mask = { 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
      .effect = "of the sectors that are read; it must be written, were it the factory's FFFFFFFFFFFF" },
};
