/* SPDX-License-Identifier: MIT */
#include "device/register_types.h"

#include "base/memory.h"
#include "device/register_fields.h"
#include "device/register_text.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS(list) .fields = (list), .fields_count = sizeof(list) / sizeof((list)[0])
#define SIZE(bytes) .size_bytes = (bytes), .gateway_size_bytes = (bytes)
#define TEMPLATE .section = "Templates", .per_template = true
#define ZEROS_18 "000000000000000000000000000000000000"

#define FORMAT(list)                                                                                                   \
    { .address = 0x0311, .name = "template_output_format", .title = "Output size and format (TOF)", TEMPLATE, SIZE(2), \
      .device_default = "0000", FIELDS(list) }
#define LOCATION(bytes, zeros, list)                                                                                   \
    { .address = 0x0313, .name = "template_location", .title = "Location of data (LOC)", TEMPLATE, SIZE(bytes),        \
      .device_default = (zeros), FIELDS(list) }
#define AUTHENTICATION(bytes, zeros, list)                                                                             \
    { .address = 0x0315, .name = "template_register_5", .title = "Authentication (AUT)", TEMPLATE, SIZE(bytes),        \
      .secret = true, .device_default = (zeros), FIELDS(list) }
#define COMMAND(at, number, text, list)                                                                                \
    { .address = (at), .name = "template_register_" number, .title = text, TEMPLATE, SIZE(32), .variable = true,       \
      .device_default = "", FIELDS(list) }
#define DESFIRE_OPTIONS                                                                                                \
    { .address = 0x0314, .name = "template_options", .title = "Options (OPT)", TEMPLATE, SIZE(1),                      \
      .device_default = "00", FIELDS(fields_03t4_desfire) }

static const struct register_def data_format[] = { FORMAT(fields_03t1_raw), FORMAT(fields_03t1_string) };
static const struct register_def desfire_id_format[] = { FORMAT(fields_03t1_desfire_id) };

static const struct register_def ndef_variants[] = {
    { .address = 0x0315, .name = "template_register_5", .title = "Type name and format (TNF)", TEMPLATE, SIZE(1),
      .device_default = "00", FIELDS(fields_03t5_ndef) },
    COMMAND(0x0316, "6", "Type of the record", fields_03t6_ndef),
};

static const struct register_def memory_variants[] = { LOCATION(3, "000000", fields_03t3_memory) };

static const struct register_def classic_variants[] = {
    LOCATION(5, "0000000000", fields_03t3_classic),
    AUTHENTICATION(7, "00000000000000", fields_03t5_classic),
};

static const struct register_def iso_variants[] = {
    COMMAND(0x0315, "5", "First APDU", fields_03t5_iso),
    COMMAND(0x0316, "6", "Second APDU", fields_03t6_iso),
    COMMAND(0x0317, "7", "Third APDU", fields_03t7_iso),
};

static const struct register_def desfire_data_variants[] = {
    LOCATION(10, "00000000000000000000", fields_03t3_desfire_data),
    DESFIRE_OPTIONS,
    AUTHENTICATION(18, ZEROS_18, fields_03t5_desfire_data),
};

static const struct register_def desfire_id_variants[] = {
    LOCATION(5, "0000000000", fields_03t3_desfire_id),
    DESFIRE_OPTIONS,
    AUTHENTICATION(18, ZEROS_18, fields_03t5_desfire_id),
};

static const uint8_t id_only_lookups[] = { 0xFF, 0x01, 0x02, 0x03, 0x04, 0x07, 0x08, 0x0F, 0x20, 0x21, 0x22, 0x23,
                                           0x24, 0x28, 0x2A, 0x2C };
static const uint8_t ndef_lookups[] = { 0x4E, 0x42, 0x43, 0x44, 0x45, 0x4A, 0x4B, 0x40, 0x41, 0x4F };
static const uint8_t ultralight_lookups[] = { 0x62 };
static const uint8_t classic_lookups[] = { 0x61 };
static const uint8_t iso15693_lookups[] = { 0x54 };
static const uint8_t iso_lookups[] = { 0x13, 0x11, 0x12, 0x72 };
static const uint8_t desfire_data_lookups[] = { 0x71 };
static const uint8_t desfire_id_lookups[] = { 0x70 };
static const uint8_t em4134_lookups[] = { 0x56 };
static const uint8_t plus_lookups[] = { 0x63 };
static const uint8_t calypso_lookups[] = { 0x78 };
static const uint8_t pan_lookups[] = { 0x73 };
static const uint8_t navigo_lookups[] = { 0x79 };
static const uint8_t springblue_lookups[] = { 0xB0 };
static const uint8_t retail_lookups[] = { 0xC0 };
static const uint8_t office_lookups[] = { 0xC1 };
static const uint8_t stid_lookups[] = { 0xC3 };
static const uint8_t apple_lookups[] = { 0xD1 };
static const uint8_t google_lookups[] = { 0xD2 };

#define TYPE(word, text, list) .name = (word), .title = (text), .lookups = (list), .lookups_count = sizeof(list)
#define VARIANTS(formats, others)                                                                                      \
    .format = (formats), .formats_count = sizeof(formats) / sizeof((formats)[0]), .variants = (others),                \
    .variants_count = sizeof(others) / sizeof((others)[0])
#define REFUSED(word, text, list, reason) { TYPE(word, text, list), .refused_because = (reason) }

static const struct register_type types[] = {
    { TYPE("id-only", "ID Only", id_only_lookups),
      .about = "The identifier that a tag gives by the protocol itself; its memory is not read.",
      .sample = "{ technologies = \"all\"; format = \"hex\"; }" },
    { TYPE("ndef-data", "NDEF Data", ndef_lookups), .format = data_format, .formats_count = 2,
      .variants = ndef_variants, .variants_count = 2,
      .about = "The payload of a record of the NDEF message on an NFC Forum tag of the types 2 to 5.",
      .rules = "The first record that fits is taken: of a Text its text without the language, of a URI all of it"
      " with its prefix, of an absolute URI the type field, of all others the payload. A text/plain record"
      " counts as a Text. A SpringCard data entry is an external record whose type begins with"
      " springcard.com:. The type filter counts with a TNF of 1 to 4. A message that is chunked, malformed"
      " or longer than the tag does not match.",
      .sample = "{ type = \"ndef-data\"; tnf = \"text\"; mode = \"string\"; long = true; long_length = 64; }" },
    { TYPE("mifare-ultralight", "Mifare UltraLight", ultralight_lookups), VARIANTS(data_format, memory_variants),
      .about = "Pages of an UltraLight, an NTAG or another Type 2 Tag, as they are.",
      .rules = "With a format as long as the data, the data area of the capability container is put out, without one"
      " the user memory. The end of the memory is found by reading; what a tag gives again from its"
      " beginning is never put out.",
      .sample = "{ type = \"mifare-ultralight\"; address = 4; format = \"hex-16\"; }" },
    { TYPE("mifare-classic", "Mifare Classic", classic_lookups), VARIANTS(data_format, classic_variants),
      .about = "Blocks of a Mifare Classic, from one on by its number or from the sectors of an application on, which"
      " the card's directory (MAD) names. Each sector is opened with the key.",
      .rules = "Trailers are left out. An AID is the number of AN10787, the function cluster first: 0xE103 for the"
      " NFC Forum. The directory is read with its public key and must have the right checksum. A key that a"
      " sector refuses is no match; with a format as long as the data, a later sector that refuses it ends"
      " the data.",
      .sample = "{ type = \"mifare-classic\"; address = 4; key = \"FFFFFFFFFFFF\"; format = \"hex-16\"; }" },
    { TYPE("iso15693-memory", "ISO 15693 Memory", iso15693_lookups), VARIANTS(data_format, memory_variants),
      .about = "Blocks of an ISO/IEC 15693 tag, as they are.",
      .rules = "Over PC/SC only. The size of a block is learned from the reader. A block that is protected is no"
      " match.",
      .sample = "{ type = \"iso15693-memory\"; address = 0; format = \"hex-8\"; }" },
    { TYPE("iso-data", "ISO Data", iso_lookups), VARIANTS(data_format, iso_variants),
      .about = "Up to three commands of ISO/IEC 7816-4 for a smart card; what it answers to the last one is the data.",
      .rules = "Only a status of 9xxx goes on; any other is no match. 61xx and 6Cxx are followed. Commands of class"
      " FF, which are for the reader, and malformed ones are errors.",
      .sample = "{ type = \"iso-data\"; apdu_1 = \"00A4040C07A0000001510000\"; apdu_2 = \"00B0000010\";"
      " format = \"hex-16\"; }" },
    { TYPE("desfire-data", "Desfire Data", desfire_data_lookups), VARIANTS(data_format, desfire_data_variants),
      .about = "A file of an application of a Desfire, with or without authentication.",
      .rules = "communication must be the file's own, or plain where anybody may read it. A length of 0 reads a data"
      " file to its end, at most 4096 bytes. Of a record file one record is read, offset 0 being the newest,"
      " and length is the size that it must have, or 0. A key is diversified (AN10922) by the UID of 7 bytes"
      " alone, so a card that hides its UID cannot be read by such a key. A DES key has the same 8 bytes"
      " twice. A refused key, or a file that is not there, is no match; a wrong MAC or checksum is a failed"
      " read.",
      .sample = "{ type = \"desfire-data\"; application = 0xF51BC0; file = 1; authentication = \"aes-ev1\";"
      " communication = \"encrypted\"; key = \"file:/etc/springpark/private/desfire.key\"; }" },
    { TYPE("desfire-id", "Desfire ID", desfire_id_lookups), VARIANTS(desfire_id_format, desfire_id_variants),
      .about = "The true identifier of a Desfire, also of one that shows a random one by the protocol.",
      .rules = "With a key by GetCardUID, which is always encrypted; without one by GetVersion, which gives none on"
      " a card that hides it: that is no match. An application without a key is chosen only, so that cards"
      " without it do not match.",
      .sample = "{ type = \"desfire-id\"; format = \"hex-7\"; }" },
    REFUSED("em4134-memory", "EM4134 Memory", em4134_lookups, NOT_PUBLISHED),
    REFUSED("mifare-plus-sl3", "Mifare Plus SL3", plus_lookups, NOT_PUBLISHED),
    REFUSED("calypso", "Calypso", calypso_lookups, NOT_PUBLISHED),
    REFUSED("pan", "PAN", pan_lookups, CONTRACT_WITH("the schemes of the payment cards")),
    REFUSED("navigo", "Navigo", navigo_lookups, LICENCE_OF("Ile-de-France Mobilites")),
    REFUSED("springblue", "SpringBlue", springblue_lookups, LICENCE_OF("SpringCard")),
    REFUSED("orange-nfc-retail", "Orange NFC Retail", retail_lookups, CONTRACT_WITH("Orange")),
    REFUSED("orange-nfc-office", "Orange NFC Office", office_lookups, CONTRACT_WITH("Orange")),
    REFUSED("stid-mobile-id", "STid Mobile ID NFC", stid_lookups, CONTRACT_WITH("STid")),
    REFUSED("apple-vas", "Apple VAS", apple_lookups, CONTRACT_WITH("Apple")),
    REFUSED("google-smarttap", "Google SmartTap", google_lookups, CONTRACT_WITH("Google")),
};

enum { TYPES_COUNT = sizeof types / sizeof types[0] };

const struct field_option register_type_options[] = {
    { 0, "id-only", "ID Only", NULL },
    { 1, "ndef-data", "NDEF Data", NULL },
    { 2, "mifare-ultralight", "Mifare UltraLight", NULL },
    { 3, "mifare-classic", "Mifare Classic", NULL },
    { 4, "iso15693-memory", "ISO 15693 Memory", NULL },
    { 5, "iso-data", "ISO Data", NULL },
    { 6, "desfire-data", "Desfire Data", NULL },
    { 7, "desfire-id", "Desfire ID", NULL },
    { 8, "em4134-memory", "EM4134 Memory", NOT_PUBLISHED },
    { 9, "mifare-plus-sl3", "Mifare Plus SL3", NOT_PUBLISHED },
    { 10, "calypso", "Calypso", NOT_PUBLISHED },
    { 11, "pan", "PAN", CONTRACT_WITH("the schemes of the payment cards") },
    { 12, "navigo", "Navigo", LICENCE_OF("Ile-de-France Mobilites") },
    { 13, "springblue", "SpringBlue", LICENCE_OF("SpringCard") },
    { 14, "orange-nfc-retail", "Orange NFC Retail", CONTRACT_WITH("Orange") },
    { 15, "orange-nfc-office", "Orange NFC Office", CONTRACT_WITH("Orange") },
    { 16, "stid-mobile-id", "STid Mobile ID NFC", CONTRACT_WITH("STid") },
    { 17, "apple-vas", "Apple VAS", CONTRACT_WITH("Apple") },
    { 18, "google-smarttap", "Google SmartTap", CONTRACT_WITH("Google") },
    { 0, NULL, NULL, NULL },
};

const struct register_type *register_types(size_t *count)
{
    *count = TYPES_COUNT;
    return types;
}

const struct register_type *register_type_of_lookup(uint8_t lookup)
{
    for (size_t i = 0; i < TYPES_COUNT; i++) {
        if (memchr(types[i].lookups, lookup, types[i].lookups_count) != NULL)
            return &types[i];
    }
    return NULL;
}

char *register_type_lookups(const struct register_type *type)
{
    char *text = text_copy("");

    for (size_t i = 0; i < type->lookups_count; i++) {
        const struct field_option *option = field_option_by_value(&fields_03t0[0], type->lookups[i]);

        if (option == NULL || option->refused_because != NULL)
            continue;
        char *longer = text_format("%s%s\"%s\"", text, *text != '\0' ? ", " : "", option->name);

        free(text);
        text = longer;
    }
    return text;
}

const struct register_def *register_variant(const struct register_type *type, const struct register_def *row,
                                            bool string)
{
    if (type == NULL)
        return row;
    if (type->formats_count > 0 && row->address == type->format->address)
        return &type->format[string && type->formats_count > 1];
    for (size_t i = 0; i < type->variants_count; i++) {
        if (type->variants[i].address == row->address)
            return &type->variants[i];
    }
    return row;
}

const struct field_def *register_type_field(const struct register_type *type, bool string, const char *path,
                                            const struct register_def **def)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        const struct register_def *variant = table[i].per_template ? register_variant(type, &table[i], string) : NULL;

        for (size_t k = 0; variant != NULL && k < variant->fields_count; k++) {
            if (variant->fields[k].path == NULL || strcmp(variant->fields[k].path, path) != 0)
                continue;
            *def = variant;
            return &variant->fields[k];
        }
    }
    return NULL;
}

const struct field_def *register_template_field(const char *path, const struct register_type **type, bool *string)
{
    const struct register_def *def;

    for (size_t i = 0; i < TYPES_COUNT; i++) {
        for (int mode = 0; types[i].refused_because == NULL && mode < 2; mode++) {
            const struct field_def *field = register_type_field(&types[i], mode == 1, path, &def);

            if (field == NULL)
                continue;
            *type = &types[i];
            *string = mode == 1;
            return field;
        }
    }
    return NULL;
}

/* Calls visit for those of the register's paths that no type, mode or register before it has. */
static void visit_register(const struct register_type *type, bool string, const struct register_def *def,
                           void (*visit)(void *context, const char *path), void *context)
{
    for (size_t i = 0; i < def->fields_count; i++) {
        const char *path = def->fields[i].path;
        const struct register_type *first;
        bool first_string;

        if (path == NULL || register_template_field(path, &first, &first_string) != &def->fields[i])
            continue;
        if (first == type && first_string == string)
            visit(context, path);
    }
}

void register_visit_template_paths(void (*visit)(void *context, const char *path), void *context)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < TYPES_COUNT; i++) {
        for (size_t k = 0; types[i].refused_because == NULL && k < count; k++) {
            for (int mode = 0; table[k].per_template && mode < 2; mode++)
                visit_register(&types[i], mode == 1, register_variant(&types[i], &table[k], mode == 1), visit, context);
        }
    }
}
