/* SPDX-License-Identifier: MIT */
/* The types Desfire Data and Desfire ID. */
#include "device/register_fields.h"

static const struct field_option swap_options[] = {
    { 0, "none", "As the card sends it", NULL },
    { 3, "all", "Reversed", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t1_desfire_id[4] = {
    { .path = "templates.swap", .title = "Order of the bytes", .kind = FIELD_CHOICE, .mask = { 0xC0 },
      .options = swap_options, .effect = "whether the identifier is reversed" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x30 } },
    { .path = "templates.format", .title = "Length and format (TOF)", .kind = FIELD_CHOICE, .mask = { 0x0F },
      .options = template_format_options, .effect = "the form of TagData" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0xFF } },
};

static const struct field_option command_options[] = {
    { 0, "read-data-bd", "Read Data (BD), of each Desfire", NULL },
    { 1, "read-data-ad", "Read Data (AD), of a Desfire EV2 and later", NULL },
    { 2, "read-record-bb", "Read Records (BB), of each Desfire", NULL },
    { 3, "read-record-ab", "Read Records (AB), of a Desfire EV2 and later", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_03t3_desfire_data[8] = {
    { .path = "templates.application", .title = "Application (LOC)", .kind = FIELD_NUMBER,
      .mask = { 0xFF, 0xFF, 0xFF }, .max = 0xFFFFFF, .effect = "its AID; 0 = that of the card itself",
      .sample = "0x0" },
    { .path = "templates.command", .title = "Command that reads", .kind = FIELD_CHOICE,
      .mask = { 0x00, 0x00, 0x00, 0xC0 }, .options = command_options,
      .effect = "data files need Read Data, record files Read Records" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0x00, 0x00, 0x30 } },
    { .path = "templates.file", .title = "File", .kind = FIELD_NUMBER, .mask = { 0x00, 0x00, 0x00, 0x0F }, .max = 15,
      .effect = "its number in the application" },
    { .path = "templates.offset", .title = "Offset", .kind = FIELD_NUMBER,
      .mask = { 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF }, .max = 0xFFFFFF,
      .effect = "of a data file: the byte where reading begins; of a record file: the number of the record" },
    { .path = "templates.length", .title = "Length", .kind = FIELD_NUMBER,
      .mask = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF }, .max = 255,
      .effect = "of a data file: how many bytes are read, 0 = all; of a record file: the size of a record" },
    SHIFT_BYTES(0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF),
    SHIFT_BITS(0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF),
};

const struct field_def fields_03t3_desfire_id[3] = {
    { .path = "templates.application", .title = "Application (LOC)", .kind = FIELD_NUMBER,
      .mask = { 0xFF, 0xFF, 0xFF }, .max = 0xFFFFFF,
      .effect = "where the authentication is; 0 without authentication: the identifier is that of GetVersion",
      .sample = "0x0" },
    SHIFT_BYTES(0x00, 0x00, 0x00, 0xFF),
    SHIFT_BITS(0x00, 0x00, 0x00, 0x00, 0xFF),
};

const struct field_def fields_03t4_desfire[6] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "templates.ecp2", .title = "Apple ECP2", .kind = FIELD_BOOLEAN, .mask = { 0x40 },
      .support = FIELD_REFUSED, .effect = CONTRACT_WITH("Apple") },
    { .path = "templates.iso_wrapping", .title = "ISO 7816 wrapping", .kind = FIELD_BOOLEAN, .mask = { 0x20 },
      .effect = "whether commands go in APDUs of ISO/IEC 7816-4, and not in their native form" },
    { .path = "templates.select_application", .title = "Select by ISO 7816", .kind = FIELD_BOOLEAN, .mask = { 0x10 },
      .effect = "whether the Desfire is selected by its name (ISO/IEC 7816-4 SELECT) before anything else" },
    TOKEN_FIELDS,
};

static const struct field_option communication_options[] = {
    { 0, "plain", "Plain", NULL },
    { 1, "mac", "With a MAC or CMAC", NULL },
    { 2, "reserved-2", "Reserved", BY_THE_DEVICE },
    { 3, "encrypted", "Encrypted", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option diversification_options[] = {
    { 0, "none", "None", NULL },
    { 1, "an10922", "By NXP's application note AN10922", NULL },
    { 2, "reserved-2", "Reserved", BY_THE_DEVICE },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

#define NO_SAM "this gateway has no SAM, whose keys never leave it; write \"template\", and the key in key"

static const struct field_option location_options[] = {
    { 0, "template", "In this template", NULL },
    { 1, "sam", "Internal SAM, slot and version by themselves", NO_SAM },
    { 2, "sam-slot", "Internal SAM, by slot", NO_SAM },
    { 3, "sam-version", "Internal SAM, by slot and version", NO_SAM },
    { 5, "external-sam", "SAM in the first slot, slot and version by themselves", NO_SAM },
    { 6, "external-sam-slot", "SAM in the first slot, by slot", NO_SAM },
    { 7, "external-sam-version", "SAM in the first slot, by slot and version", NO_SAM },
    { 0, NULL, NULL, NULL },
};

static const struct field_option authentication_options[] = {
    { 0, "none", "None", NULL },
    { 1, "des-ev0", "DES or two-key 3DES, of a Desfire EV0 (Authenticate)", NULL },
    { 2, "iso-ev1", "DES or two-key 3DES, of a Desfire EV1 (AuthenticateISO)", NULL },
    { 3, "aes-ev1", "AES, of a Desfire EV1 (AuthenticateAES)", NULL },
    { 4, "aes-ev2", "AES, of a Desfire EV2 (AuthenticateEV2)", NULL },
    { 15, "sam", "As the SAM says", "this gateway has no SAM" },
    { 0, NULL, NULL, NULL },
};

#define COMMUNICATION                                                                                                  \
    { .path = "templates.communication", .title = "Communication (AUT)", .kind = FIELD_CHOICE, .mask = { 0xC0 },       \
      .options = communication_options, .effect = "how what is read is protected, as the file on the card has it" }

#define KEY_INDEX                                                                                                      \
    { .path = "templates.key_index", .title = "Number of the key", .kind = FIELD_NUMBER, .mask = { 0x0F }, .max = 15,  \
      .effect = "in the application" }

#define REST_OF_AUTHENTICATION                                                                                         \
    { .path = "templates.key_location", .title = "Where the key is", .kind = FIELD_CHOICE, .mask = { 0x00, 0xE0 },     \
      .options = location_options, .effect = "the template has it" },                                                  \
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0x10 } }, /* of a SAM */                            \
    { .path = "templates.authentication", .title = "Authentication", .kind = FIELD_CHOICE, .mask = { 0x00, 0x0F },     \
      .options = authentication_options, .effect = "how this gateway and the card prove their key to one another" },   \
    { .path = "templates.key", .title = "Key", .kind = FIELD_HEX,                                                      \
      .mask = { 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,  \
                0xFF },                                                                                                \
      .effect = "for the authentication, and then it must be written; a DES key of 8 bytes stands there twice; a key"  \
      " of 24 bytes does not fit into the register" }

const struct field_def fields_03t5_desfire_data[7] = {
    COMMUNICATION,
    { .path = "templates.diversification", .title = "Diversification of the key", .kind = FIELD_CHOICE,
      .mask = { 0x30 }, .options = diversification_options,
      .effect = "whether each card's key is made of this one and the card's identifier" },
    KEY_INDEX,
    REST_OF_AUTHENTICATION,
};

const struct field_def fields_03t5_desfire_id[7] = {
    COMMUNICATION,
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x30 } },
    KEY_INDEX,
    REST_OF_AUTHENTICATION,
};
