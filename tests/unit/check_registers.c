/* SPDX-License-Identifier: MIT */
#include "device/register_text.h"
#include "device/register_types.h"
#include "device/registers.h"

#include "base/hex.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ZEROS_16 "00000000000000000000000000000000"
#define ZEROS_64 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16

/* The facts of the registers once more, apart from the table: what it says must be this. */
static const struct fact {
    uint16_t address;
    unsigned size;
    bool variable;
    const char *device_default;
    const char *gateway_default; /* NULL: the device's */
} facts[] = {
    { 0x0200, 16, true, "", NULL },
    { 0x0201, 16, true, "", NULL },
    { 0x0202, 16, true, "", NULL },
    { 0x0203, 32, true, "", NULL },
    { 0x0204, 32, true, "", NULL },
    { 0x0205, 32, true, "", NULL },
    { 0x0206, 32, true, "", NULL },
    { 0x0207, 32, true, "", NULL },
    { 0x0208, 32, true, "", NULL },
    { 0x0209, 32, true, "", NULL },
    { 0x020A, 32, true, "", NULL },
    { 0x020B, 32, true, "", NULL },
    { 0x020C, 32, true, "", NULL },
    { 0x020D, 32, true, "", NULL },
    { 0x020E, 32, true, "", NULL },
    { 0x020F, 32, true, "", NULL },
    { 0x0230, 1, false, "01", NULL },
    { 0x0231, 2, false, "14E7", NULL },
    { 0x0232, 2, false, "0000", NULL },
    { 0x0233, 1, false, "00", NULL },
    { 0x0234, 1, false, "00", NULL },
    { 0x0237, 1, false, "00", NULL },
    { 0x0238, 3, false, "000000", NULL },
    { 0x0239, 20, true, "6A01000002", NULL },
    { 0x023A, 1, false, "00", NULL },
    { 0x023B, 2, false, "0000", NULL },
    { 0x023C, 8, false, "00FFFF01000B0009", NULL },
    { 0x023D, 2, false, "0000", NULL },
    { 0x023E, 4, false, "00000000", NULL },
    { 0x023F, 3, false, "000000", NULL },
    { 0x0244, 29, true, "", NULL },
    { 0x0271, 2, false, "8395", NULL },
    { 0x0272, 2, false, "9295", NULL },
    { 0x0273, 2, false, "9295", NULL },
    { 0x0279, 1, false, "00", NULL },
    { 0x027A, 2, false, "0000", NULL },
    { 0x027B, 2, false, "0000", NULL },
    { 0x027C, 2, false, "0000", NULL },
    { 0x027F, 1, false, "C0", NULL },
    { 0x0280, 20, false, "0000000000000000000000000000000000000000", NULL },
    { 0x0281, 16, false, "00000000000000000000000000000000", NULL },
    { 0x0283, 1, false, "00", NULL },
    { 0x0284, 1, false, "04", NULL },
    { 0x0285, 14, false, "0000000000000000000000000000", NULL },
    { 0x0286, 48, true, "", NULL },
    { 0x0288, 5, false, "0000000000", "37098D4D8F" },
    { 0x0289, 6, false, "5314030A1E1E", NULL },
    { 0x028B, 16, true, "", NULL },
    { 0x028C, 16, true, "", NULL },
    { 0x028D, 24, true, "", NULL },
    { 0x028E, 32, true, "737072696E67636172642F737072696E67636F7265", NULL },
    { 0x028F, 24, true, "", NULL },
    { 0x0290, 48, true, "7264722E737072696E67636172642E636F6D", NULL },
    { 0x0291, 48, true, "69776D322F69776D325F706F73742E706870", NULL },
    { 0x0292, 2, false, "1E3C", NULL },
    { 0x0293, 32, true, "", NULL },
    { 0x0294, 48, true, "3235352E3235352E3235352E323535", NULL },
    { 0x0295, 1, false, "00", NULL },
    { 0x029C, 2, false, "0103", NULL },
    { 0x029F, 1, false, "00", NULL },
    { 0x02A0, 5, false, "0003000200", NULL },
    { 0x02A1, 2, false, "0A1E", NULL },
    { 0x02A6, 1, false, "00", NULL },
    { 0x02A7, 1, false, "22", NULL },
    { 0x02A8, 8, true, "", NULL },
    { 0x02A9, 8, true, "0A", NULL },
    { 0x02B0, 1, false, "00", NULL },
    { 0x02B1, 1, false, "00", NULL },
    { 0x02B2, 1, false, "00", NULL },
    { 0x02BC, 1, false, "00", NULL },
    { 0x02BE, 8, false, "0000000000000000", NULL },
    { 0x02BF, 1, false, "FF", NULL },
    { 0x02C0, 1, false, "00", "64" },
    { 0x02C1, 1, false, "10", NULL },
    { 0x02C4, 1, false, "00", NULL },
    { 0x02CD, 4, false, "00000000", NULL },
    { 0x02CE, 1, false, "00", NULL },
    { 0x02CF, 64, true, "", NULL },
    { 0x02D0, 1, false, "00", NULL },
    { 0x02D1, 1, false, "00", NULL },
    { 0x02D2, 2, false, "92A1", NULL },
    { 0x02D3, 3, false, "644B0A", NULL },
    { 0x02D7, 1, false, "00", NULL },
    { 0x02D8, 1, false, "01", NULL },
    { 0x02D9, 64, true, "", NULL },
    { 0x02DA, 3, false, "000000", NULL },
    { 0x02E0, 1, false, "00", NULL },
    { 0x02EB, 16, true, "", NULL },
    { 0x02EC, 16, true, "", NULL },
    { 0x02ED, 64, true, "", NULL },
    { 0x02F0, 4, false, "00000000", NULL },
    { 0x02F1, 2, false, "0000", NULL },
    { 0x02F2, 1, false, "00", NULL },
    { 0x02F3, 4, false, "00000000", NULL },
    { 0x02F4, 16, false, "00000000000000000000000000000000", NULL },
    { 0x02F5, 64, false, ZEROS_64, NULL },
    { 0x02FB, 1, false, "0C", NULL },
    { 0x02FC, 32, true, "", NULL },
    { 0x02FD, 32, true, "", NULL },
    { 0x02FE, 16, true, "737072696E6763617264", NULL },
    { 0x02FF, 16, true, "737072696E67636172646D6173746572", NULL },
    { 0x0310, 1, true, "", NULL },
    { 0x0311, 2, false, "0000", NULL },
    { 0x0312, 8, true, "", NULL },
    { 0x0313, 2, false, "0000", NULL },
    { 0x0314, 1, false, "00", NULL },
    { 0x0315, 32, true, "", NULL },
    { 0x0316, 32, true, "", NULL },
    { 0x0317, 64, true, "", NULL },
    { 0x0318, 32, true, "", NULL },
    { 0x0319, 32, true, "", NULL },
    { 0x031A, 64, true, "", NULL },
    { 0x031B, 32, true, "", NULL },
};

START_TEST(the_table_has_these_registers_sizes_and_defaults)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count && i < sizeof facts / sizeof facts[0]; i++) {
        ck_assert_uint_eq(table[i].address, facts[i].address);
        ck_assert_uint_eq(table[i].size_bytes, facts[i].size);
        ck_assert_uint_eq(table[i].variable, facts[i].variable);
        ck_assert_str_eq(table[i].device_default, facts[i].device_default);
        ck_assert_str_eq(register_default(&table[i]),
                         facts[i].gateway_default != NULL ? facts[i].gateway_default : facts[i].device_default);
        ck_assert_uint_eq(table[i].per_template, table[i].address >= 0x0300);
        ck_assert_uint_ge(table[i].gateway_size_bytes, table[i].size_bytes);
        ck_assert_int_eq(table[i].gateway_default != NULL, table[i].default_reason != NULL);
        ck_assert_uint_gt(table[i].fields_count, 0);
    }
    ck_assert_uint_eq(count, sizeof facts / sizeof facts[0]);
}
END_TEST

/* The same for what the template types make of it: LKL, register, mode String. */
static const struct variant_fact {
    uint8_t lookup;
    uint16_t address;
    unsigned size;
    bool variable, secret;
    const char *fields; /* the last names of the settings, in the order of the bits */
} variant_facts[] = {
    { 0xFF, 0x0311, 2, false, false, "swap padding content format" },
    { 0x4E, 0x0311, 2, false, false, "swap mode padding clean format" },
    { 0x4E, 0x0312, 8, true, false, "prefix" },
    { 0x4E, 0x0313, 2, false, false, "shift_bytes shift_bits" },
    { 0x4E, 0x0314, 1, false, false, "token_position token" },
    { 0x4E, 0x0315, 1, false, false, "tnf" },
    { 0x4E, 0x0316, 32, true, false, "ndef_type" },
    { 0x4E, 0x0317, 64, true, false, "" },
    { 0x62, 0x0311, 2, false, false, "swap mode padding clean format" },
    { 0x62, 0x0313, 3, false, false, "address shift_bytes shift_bits" },
    { 0x62, 0x0315, 32, true, true, "" },
    { 0x54, 0x0313, 3, false, false, "address shift_bytes shift_bits" },
    { 0x61, 0x0313, 5, false, false, "aid address shift_bytes shift_bits" },
    { 0x61, 0x0315, 7, false, true, "key_type key" },
    { 0x13, 0x0313, 2, false, false, "shift_bytes shift_bits" },
    { 0x13, 0x0315, 32, true, false, "apdu_1" },
    { 0x72, 0x0316, 32, true, false, "apdu_2" },
    { 0x11, 0x0317, 32, true, false, "apdu_3" },
    { 0x71, 0x0313, 10, false, false, "application command file offset length shift_bytes shift_bits" },
    { 0x71, 0x0314, 1, false, false, "ecp2 iso_wrapping select_application token_position token" },
    { 0x71, 0x0315, 18, false, true, "communication diversification key_index key_location authentication key" },
    { 0x70, 0x0311, 2, false, false, "swap format" },
    { 0x70, 0x0313, 5, false, false, "application shift_bytes shift_bits" },
    { 0x70, 0x0314, 1, false, false, "ecp2 iso_wrapping select_application token_position token" },
    { 0x70, 0x0315, 18, false, true, "communication key_index key_location authentication key" },
    { 0x78, 0x0311, 2, false, false, "swap padding content format" }, /* refused, so as the table has it */
};

static void assert_names(const struct register_def *def, const char *names)
{
    char text[256] = "";

    for (size_t i = 0; i < def->fields_count; i++) {
        if (def->fields[i].path == NULL)
            continue;
        strcat(text, *text != '\0' ? " " : "");
        strcat(text, def->fields[i].path + strlen("templates."));
    }
    ck_assert_str_eq(text, names);
}

START_TEST(an_instance_has_the_registers_of_its_type)
{
    const struct variant_fact *fact = &variant_facts[_i];
    struct registers *registers = registers_create();
    unsigned instance;
    size_t size;

    ck_assert(registers_set(registers, 0x0330, &fact->lookup, 1));
    const struct register_def *def = registers_def(registers, register_find(fact->address, &instance), 2);
    ck_assert_uint_eq(def->address, fact->address);
    ck_assert_uint_eq(def->size_bytes, fact->size);
    ck_assert_uint_eq(def->gateway_size_bytes, fact->size);
    ck_assert_int_eq(def->variable, fact->variable);
    ck_assert_int_eq(def->secret, fact->secret);
    ck_assert_uint_eq(strspn(def->device_default, "0"), def->variable ? 0 : 2 * fact->size);
    ck_assert_uint_eq(strlen(def->device_default), def->variable ? 0 : 2 * fact->size);
    assert_names(def, fact->fields);
    registers_get(registers, register_address(def, 2), &size);
    ck_assert_uint_eq(size, def->variable ? 0 : fact->size);
    registers_free(registers);
}
END_TEST

START_TEST(the_output_format_has_other_fields_as_text)
{
    struct registers *registers = registers_create();
    unsigned instance;

    registers_set(registers, 0x0310, (const uint8_t *) "\x54", 1);
    ck_assert(!registers_is_string(registers, 0));
    registers_set(registers, 0x0311, (const uint8_t *) "\x40\x00", 2);
    ck_assert(registers_is_string(registers, 0));
    assert_names(registers_def(registers, register_find(0x0311, &instance), 0),
                 "swap mode fill_spaces long short_length long_length");
    assert_names(registers_def(registers, register_find(0x0311, &instance), 1), "swap padding content format");
    registers_set(registers, 0x0310, (const uint8_t *) "\x70", 1); /* has no modes, and the bit is one of two for Swap */
    ck_assert(!registers_is_string(registers, 0));
    registers_free(registers);
}
END_TEST

static void assert_value(const struct registers *registers, uint16_t address, const char *bytes, size_t size_bytes)
{
    size_t size;
    const uint8_t *value = registers_get(registers, address, &size);

    ck_assert_uint_eq(size, size_bytes);
    ck_assert_mem_eq(value, bytes, size_bytes);
}

START_TEST(a_new_type_keeps_what_fits_and_gives_the_rest_its_defaults)
{
    struct registers *registers = registers_create();

    registers_set(registers, 0x0310, (const uint8_t *) "\x61", 1);
    assert_value(registers, 0x0313, "\0\0\0\0", 5);
    ck_assert(!registers_set(registers, 0x0313, (const uint8_t *) "\0\0", 2));
    ck_assert(registers_set(registers, 0x0313, (const uint8_t *) "\1\2\0\3\4", 5));
    ck_assert(registers_set(registers, 0x0312, (const uint8_t *) "ab", 2));
    ck_assert(registers_set(registers, 0x0311, (const uint8_t *) "\x0F\x00", 2));
    assert_value(registers, 0x0323, "\0", 2);
    registers_set(registers, 0x0310, (const uint8_t *) "\x70", 1); /* its LOC has 5 bytes, too; its AUT 18 */
    assert_value(registers, 0x0313, "\1\2\0\3\4", 5);
    assert_value(registers, 0x0315, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
    registers_set(registers, 0x0310, (const uint8_t *) "\x62", 1);
    assert_value(registers, 0x0313, "\0\0", 3);
    assert_value(registers, 0x0312, "ab", 2);
    assert_value(registers, 0x0311, "\x0F", 2);
    assert_value(registers, 0x0315, "", 0);
    registers_set(registers, 0x0310, (const uint8_t *) "", 0);
    assert_value(registers, 0x0313, "\0", 2);
    registers_free(registers);
}
END_TEST

START_TEST(no_bytes_are_the_default_of_a_register_of_a_template)
{
    struct registers *registers = registers_create();

    registers_set(registers, 0x0310, (const uint8_t *) "\x61", 1);
    ck_assert(registers_set(registers, 0x0315, (const uint8_t *) "\0\1\2\3\4\5\6", 7));
    ck_assert(registers_is_written(registers, 0x0315));
    ck_assert(registers_set(registers, 0x0315, NULL, 0));
    ck_assert(!registers_is_written(registers, 0x0315));
    assert_value(registers, 0x0315, "\0\0\0\0\0\0", 7);
    ck_assert(!registers_set(registers, 0x02A1, NULL, 0));
    registers_free(registers);
}
END_TEST

START_TEST(a_part_of_a_register_is_read_and_written_as_bytes)
{
    struct registers *registers = registers_create(), *copy = registers_create();
    const struct register_def *def;
    const struct field_def *key =
        register_type_field(register_type_of_lookup(0x61), false, "templates.key", &def);

    registers_set(registers, 0x0340, (const uint8_t *) "\x61", 1);
    ck_assert(!field_is_whole(key));
    ck_assert_uint_eq(field_part_bytes(key), 6);
    registers_set_bits(registers, 0x0345, (const uint8_t[20]) { 0x80 }, 1);
    ck_assert(!registers_is_written(registers, 0x0345));
    registers_set_part(registers, 0x0345, key, (const uint8_t *) "\x01\x02\x03\x04\x05\xFF");
    ck_assert(registers_is_written(registers, 0x0345));
    assert_value(registers, 0x0345, "\x80\x01\x02\x03\x04\x05\xFF", 7);
    char *hex = registers_field_hex(registers, def, 3, key), *allowed = field_allowed(key, 7);
    ck_assert_str_eq(hex, "0102030405FF");
    ck_assert_str_eq(allowed, "hex digits for exactly 6 bytes");
    ck_assert(registers_field_equals(registers, def, 3, key, "000102030405FF"));
    ck_assert(!registers_field_equals(registers, def, 3, key, "800102030405FE"));
    registers_copy(registers, copy);
    ck_assert(registers_is_written(copy, 0x0345));
    free(allowed);
    free(hex);
    registers_free(copy);
    registers_free(registers);
}
END_TEST

START_TEST(of_a_register_with_a_key_the_key_alone_is_a_secret)
{
    struct registers *registers = registers_create();
    static const struct {
        const char *path, *text;
    } shown[] = { { "templates.key_type", "\"b\"" }, { "templates.key", "\"(set)\"" } };

    registers_set(registers, 0x0310, (const uint8_t *) "\x61", 1);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const struct register_def *def;
        const struct field_def *one =
            register_type_field(registers_type(registers, 0), false, shown[i].path, &def);

        registers_set(registers, 0x0315, (const uint8_t *) "\x80\xA0\xA1\xA2\xA3\xA4\xA5", 7);
        char *text = field_value_text(registers, def, 0, one), *whole = register_value_text(registers, def, 0);
        ck_assert_str_eq(text, shown[i].text);
        ck_assert_str_eq(whole, "(set)");
        ck_assert_int_eq(field_is_secret(def, one), i == 1);
        free(whole);
        free(text);
        registers_set(registers, 0x0315, (const uint8_t *) "\x80\0\0\0\0\0\0", 7);
        text = field_value_text(registers, def, 0, one);
        ck_assert_str_eq(text, i == 0 ? "\"b\"" : "\"(default)\"");
        free(text);
        text = field_default_text(def, one);
        ck_assert_str_eq(text, i == 0 ? "\"a\"" : "\"(default)\"");
        free(text);
    }
    registers_free(registers);
}
END_TEST

/* Runs judge on each definition: the rows of the table, and what template types make of them. */
static void for_each_def(void (*judge)(const struct register_def *def))
{
    size_t count, types_count;
    const struct register_def *table = register_table(&count);
    const struct register_type *types = register_types(&types_count);

    for (size_t i = 0; i < count; i++)
        judge(&table[i]);
    for (size_t i = 0; i < types_count; i++) {
        for (size_t k = 0; k < types[i].formats_count; k++)
            judge(&types[i].format[k]);
        for (size_t k = 0; k < types[i].variants_count; k++)
            judge(&types[i].variants[k]);
    }
}

static void (*judge_of_fields)(const struct register_def *def, const struct field_def *field);

static void judge_fields(const struct register_def *def)
{
    for (size_t i = 0; i < def->fields_count; i++)
        judge_of_fields(def, &def->fields[i]);
}

/* Runs judge on each field of them. */
static void for_each_field(void (*judge)(const struct register_def *def, const struct field_def *field))
{
    judge_of_fields = judge;
    for_each_def(judge_fields);
}

static unsigned bits_of(const struct field_def *field)
{
    unsigned bits = 0;

    for (size_t b = 0; b < sizeof field->mask; b++)
        bits += (unsigned) __builtin_popcount(field->mask[b]);
    return bits;
}

/* The largest number that fits the field's bits. */
static uint32_t largest(const struct field_def *field)
{
    return (uint32_t) ((1ULL << bits_of(field)) - 1);
}

static void judge_bits(const struct register_def *def, const struct field_def *field)
{
    ck_assert_msg(field_is_whole(field) == (bits_of(field) == 0), "register %04X: %s", def->address, field->title);
    ck_assert(!field_is_whole(field) || def->fields_count == 1);
    if (field->kind == FIELD_HEX)
        ck_assert_uint_eq(bits_of(field), 8 * field_part_bytes(field));
    else
        ck_assert_uint_le(bits_of(field), 32);
    if (field->kind == FIELD_BOOLEAN)
        ck_assert_uint_eq(bits_of(field), 1);
    if (field->kind == FIELD_ADDRESS)
        ck_assert_uint_eq(bits_of(field), 32);
    if (field->kind == FIELD_NUMBER) {
        ck_assert_uint_le(field->max, largest(field));
        ck_assert_uint_le(field->min, field->max);
        ck_assert_uint_gt(field->max, 0);
    }
    for (size_t b = def->size_bytes; b < sizeof field->mask; b++)
        ck_assert_uint_eq(field->mask[b], 0);
}

static void judge_cover(const struct register_def *def)
{
    uint8_t seen[sizeof def->fields[0].mask] = { 0 };

    for (size_t k = 0; k < def->fields_count; k++) {
        for (size_t b = 0; b < sizeof seen; b++) {
            ck_assert_uint_eq(seen[b] & def->fields[k].mask[b], 0);
            seen[b] |= def->fields[k].mask[b];
        }
    }
    for (size_t b = 0; b < def->size_bytes && !field_is_whole(&def->fields[0]); b++)
        ck_assert_msg(seen[b] == 0xFF, "register %04X, byte %zu: %02X", def->address, b, seen[b]);
}

START_TEST(the_fields_of_a_register_cover_each_bit_exactly_once)
{
    for_each_field(judge_bits);
    for_each_def(judge_cover);
}
END_TEST

static void judge_words(const struct register_def *def, const struct field_def *field)
{
    bool nameless = field->kind == FIELD_RESERVED || field->kind == FIELD_HEX;

    ck_assert_ptr_nonnull(field->title);
    ck_assert_msg(field->path != NULL || nameless, "register %04X: %s has no name", def->address, field->title);
    ck_assert(field->path == NULL || field->kind != FIELD_RESERVED);
    ck_assert_int_eq(field->effect != NULL, field->kind != FIELD_RESERVED);
    ck_assert_int_eq(field->options != NULL, field->kind == FIELD_CHOICE || field->kind == FIELD_FLAGS);
    ck_assert(field->support != FIELD_REFUSED || field->kind == FIELD_BOOLEAN);
    /* Whatever of a secret is no bytes and no text is shown. */
    ck_assert_msg(!def->secret || field_is_whole(field) || def->per_template, "register %04X: a part of it would be shown",
                  def->address);
}

START_TEST(each_field_says_what_it_is_and_what_it_does_here)
{
    for_each_field(judge_words);
}
END_TEST

static void judge_options(const struct register_def *def, const struct field_def *field)
{
    for (const struct field_option *one = field->options; one != NULL && one->name != NULL; one++) {
        ck_assert_msg(one->value <= largest(field), "register %04X: %s", def->address, one->name);
        ck_assert(field->kind != FIELD_FLAGS || __builtin_popcount(one->value) == 1);
        ck_assert(one->title != NULL && strspn(one->name, "abcdefghijklmnopqrstuvwxyz0123456789-+") == strlen(one->name));
        ck_assert_ptr_eq(field_option_by_name(field, one->name), one);
        ck_assert_ptr_eq(field_option_by_value(field, one->value), one);
    }
}

START_TEST(options_fit_their_bits_and_are_all_different)
{
    for_each_field(judge_options);
}
END_TEST

static void judge_default(const struct register_def *def, const struct field_def *field)
{
    uint8_t bytes[REGISTER_MAX_BYTES] = { 0 };
    int converted = hex_to_bytes(register_default(def), strlen(register_default(def)), bytes, sizeof bytes);
    size_t size = converted >= 0 ? (size_t) converted : sizeof bytes;
    uint32_t value = register_default_bits(def, field->mask);
    char *problem = field->kind == FIELD_TEXT ? field_text_problem(field, (const char *) bytes, size, def->size_bytes)
                    : field->kind == FIELD_HEX ? NULL
                                               : field_problem(field, value, value);

    /* An instance of a template that is not set has no LKL, which reads as "off". */
    ck_assert_msg(problem == NULL, "register %04X: %s: %s", def->address, field->title, problem);
    ck_assert(def->variable ? size <= def->size_bytes : size == def->size_bytes);
    ck_assert(field_equals(field, bytes, size, register_default(def)));
    ck_assert_uint_eq(field_bits(field, bytes), value);
}

START_TEST(the_defaults_fit_sizes_and_options)
{
    for_each_field(judge_default);
}
END_TEST

/* One name is one setting of a type, and of one kind in all types that have it; whoever changes a file relies on that. */
static void judge_name_in_types(const struct register_def *def, const struct field_def *field)
{
    const struct register_type *type;
    bool string;
    unsigned same = 0;

    for (size_t i = 0; i < def->fields_count; i++)
        same += def->fields[i].path != NULL && strcmp(def->fields[i].path, field->path) == 0;
    ck_assert_uint_eq(same, 1);
    const struct field_def *first = register_template_field(field->path, &type, &string);
    ck_assert_ptr_nonnull(first);
    ck_assert_msg(first->kind == field->kind, "%s", field->path);
}

static void judge_name(const struct register_def *def, const struct field_def *field)
{
    const struct register_def *found;
    unsigned dots = 0;

    if (field->path == NULL)
        return;
    for (const char *c = field->path; *c != '\0'; c++) {
        dots += *c == '.';
        ck_assert_msg(strchr("abcdefghijklmnopqrstuvwxyz0123456789_.", *c) != NULL, "%s", field->path);
        ck_assert_msg(*c != '.' || (c[1] >= 'a' && c[1] <= 'z'), "%s", field->path);
    }
    ck_assert_msg(dots >= 1 && dots <= 2, "%s", field->path);
    ck_assert_int_eq(strncmp(field->path, "templates.", strlen("templates.")) == 0, def->per_template);
    if (def->per_template) {
        judge_name_in_types(def, field);
        return;
    }
    ck_assert_ptr_eq(register_find_field(field->path, &found), field);
    ck_assert_ptr_eq(found, def);
}

START_TEST(each_setting_has_a_name_of_its_own_that_follows_the_rules)
{
    for_each_field(judge_name);
}
END_TEST

static const char *name_of_group;

static void judge_group(const struct register_def *def, const struct field_def *field)
{
    size_t length = strlen(name_of_group);

    (void) def;
    ck_assert_msg(field->path == NULL || strncmp(field->path, name_of_group, length) != 0 || field->path[length] != '.',
                  "%s is a setting, and %s one in it", name_of_group, field->path);
}

static void judge_groups(const struct register_def *def, const struct field_def *field)
{
    (void) def;
    name_of_group = field->path;
    if (name_of_group != NULL)
        for_each_field(judge_group);
}

START_TEST(no_setting_is_a_group_too)
{
    for_each_field(judge_groups);
}
END_TEST

START_TEST(registers_have_names_of_their_own)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(strspn(table[i].name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(table[i].name));
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(table[i].name, table[k].name);
    }
}
END_TEST

START_TEST(template_registers_are_found_in_four_instances)
{
    unsigned instance = 9;

    ck_assert_uint_eq(register_find(0x0321, &instance)->address, 0x0311);
    ck_assert_uint_eq(instance, 1);
    ck_assert_uint_eq(register_find(0x0344, &instance)->address, 0x0314);
    ck_assert_uint_eq(instance, 3);
    ck_assert_uint_eq(register_find(0x02A1, &instance)->address, 0x02A1);
    ck_assert_uint_eq(instance, 0);
    ck_assert_ptr_null(register_find(0x0350, &instance));
    ck_assert_ptr_null(register_find(0x0301, &instance));
    ck_assert_ptr_null(register_find(0x02B3, &instance));
    ck_assert_ptr_null(register_find(0x031C, &instance));
}
END_TEST

START_TEST(a_new_set_has_the_gateways_defaults)
{
    struct registers *registers = registers_create();
    size_t size;
    const uint8_t *bytes = registers_get(registers, 0x0288, &size);

    ck_assert_uint_eq(size, 5);
    ck_assert_mem_eq(bytes, "\x37\x09\x8D\x4D\x8F", 5);
    bytes = registers_get(registers, 0x0340, &size);
    ck_assert_uint_eq(size, 0);
    ck_assert_ptr_nonnull(bytes);
    registers_free(registers);
}
END_TEST

START_TEST(the_instances_of_a_template_register_are_apart)
{
    struct registers *registers = registers_create();
    size_t size;

    ck_assert(registers_set(registers, 0x0331, (const uint8_t *) "\x0F\x00", 2));
    ck_assert_uint_eq(registers_get(registers, 0x0321, &size)[0], 0x00);
    ck_assert_uint_eq(registers_get(registers, 0x0331, &size)[0], 0x0F);
    ck_assert_uint_eq(registers_get(registers, 0x0341, &size)[0], 0x00);
    registers_free(registers);
}
END_TEST

START_TEST(a_value_of_the_wrong_size_or_address_changes_nothing)
{
    struct registers *registers = registers_create();
    uint8_t long_value[REGISTER_MAX_BYTES] = { 0 };
    size_t size;

    ck_assert(!registers_set(registers, 0x02A1, long_value, 1));
    ck_assert(!registers_set(registers, 0x02A1, long_value, 3));
    ck_assert(!registers_set(registers, 0x0299, long_value, 1));
    ck_assert(!registers_set(registers, 0x0286, long_value, 254));
    ck_assert(registers_set(registers, 0x0286, long_value, 253));
    ck_assert(registers_set(registers, 0x0286, long_value, 0));
    ck_assert_mem_eq(registers_get(registers, 0x02A1, &size), "\x0A\x1E", 2);
    registers_free(registers);
}
END_TEST

START_TEST(bits_are_read_and_written_where_the_mask_is)
{
    struct registers *registers = registers_create();
    static const uint8_t port[20] = { [10] = 0xFF, 0xFF };
    static const uint8_t trust[20] = { 0x30 };
    static const uint8_t lookup[20] = { 0xFF };
    size_t size;

    registers_set_bits(registers, 0x0285, port, 8883);
    ck_assert_uint_eq(registers_get_bits(registers, 0x0285, port), 8883);
    ck_assert_mem_eq(registers_get(registers, 0x0285, &size), "\0\0\0\0\0\0\0\0\0\0\x22\xB3\0\0", 14);
    ck_assert_uint_eq(registers_get_bits(registers, 0x0288, trust), 3);
    registers_set_bits(registers, 0x0288, trust, 1);
    ck_assert_mem_eq(registers_get(registers, 0x0288, &size), "\x17\x09\x8D\x4D\x8F", 5);
    ck_assert_uint_eq(registers_get_bits(registers, 0x0310, lookup), 0);
    registers_set_bits(registers, 0x0310, lookup, 0xFF);
    registers_get(registers, 0x0310, &size);
    ck_assert_uint_eq(size, 1);
    registers_free(registers);
}
END_TEST

static const struct field_def *field(const char *path)
{
    const struct register_def *def;

    return register_find_field(path, &def);
}

START_TEST(a_keep_alive_below_5_s_is_refused_with_the_reason)
{
    char *text = field_problem(field("mqtt.options.keep_alive"), 3, 10);

    ck_assert_str_eq(text, "3 is not allowed: 5 to 255 s; with 0 a dead link would never be noticed, and libmosquitto"
                           " takes nothing from 1 to 4 s");
    free(text);
    ck_assert_ptr_null(field_problem(field("mqtt.options.keep_alive"), 5, 10));
    ck_assert_ptr_null(field_problem(field("mqtt.options.keep_alive"), 255, 10));
}
END_TEST

START_TEST(timeouts_of_0_s_are_refused)
{
    static const char *const paths[] = { "mqtt.options.connect_timeout", "mqtt.options.response_timeout",
                                         "mqtt.options.reconnect_interval" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *text = field_problem(field(paths[i]), 0, 1);

        ck_assert_ptr_nonnull(strstr(text, "0 is not allowed: 1 to 255 s; "));
        free(text);
        ck_assert_ptr_null(field_problem(field(paths[i]), 1, 1));
    }
}
END_TEST

START_TEST(texts_must_be_printable_utf_8)
{
    static const char *const bad[] = { "a\x01", "\x7F", "\xFF", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF5\x80\x80\x80",
                                       "\xC2\x80", "a\nb" };

    static const struct field_def plain = { .kind = FIELD_TEXT };
    static const struct field_def with_controls = { .kind = FIELD_TEXT, .control_characters = true };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *text = field_text_problem(&plain, bad[i], strlen(bad[i]), 100);

        ck_assert_msg(text != NULL, "text %zu is taken", i);
        free(text);
    }
    ck_assert_ptr_null(field_text_problem(&with_controls, "\t\x1B\n", 3, 3));
    ck_assert_ptr_null(field_text_problem(&plain, "T\xC3\xBCr 3 \xE2\x82\xAC \xF0\x9F\x90\x9F", 15, 15));
    char *text = field_text_problem(&plain, "abc", 3, 2);
    ck_assert_str_eq(text, "a text of 3 bytes is too long: at most 2");
    free(text);
}
END_TEST

START_TEST(a_password_is_never_shown)
{
    struct registers *registers = registers_create();
    unsigned instance;
    const struct register_def *def = register_find(0x028C, &instance);

    registers_set(registers, 0x028C, (const uint8_t *) "hunter2", 7);
    char *value = register_value_text(registers, def, 0);
    char *text = field_value_text(registers, def, 0, &def->fields[0]);
    char *meaning = field_value_meaning(registers, def, 0, &def->fields[0]);
    ck_assert_str_eq(value, "(set)");
    ck_assert_str_eq(text, "\"(set)\"");
    ck_assert_str_eq(meaning, "(set)");
    free(meaning);
    free(text);
    free(value);
    registers_set(registers, 0x028C, (const uint8_t *) "", 0);
    value = register_value_text(registers, def, 0);
    ck_assert_str_eq(value, "");
    free(value);
    registers_free(registers);
}
END_TEST

START_TEST(a_secret_that_every_device_has_is_called_the_default)
{
    struct registers *registers = registers_create();
    unsigned instance;

    for (size_t i = 0; i < 2; i++) {
        const struct register_def *def = register_find(i == 0 ? 0x02FE : 0x02F4, &instance);
        char *value = register_value_text(registers, def, 0);

        ck_assert_str_eq(value, "(default)");
        free(value);
        registers_set(registers, def->address, (const uint8_t *) "0123456789ABCDEF", 16);
        value = field_value_text(registers, def, 0, &def->fields[0]);
        ck_assert_str_eq(value, "\"(set)\"");
        free(value);
    }
    registers_free(registers);
}
END_TEST

/* A register's value, and how the configuration file and a person would have the setting. */
static const struct wording {
    const char *path;
    const char *value;
    size_t size;
    const char *text;
    const char *meaning;
} wordings[] = {
    { "network.ipv4.gateway", "\0\0\0\0\0\0\0\0\xC0\xA8\x05\x01\0\0\0\0\0\0\0\0", 20, "\"192.168.5.1\"", "192.168.5.1" },
    { "network.ipv6", "\xFE\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, "\"FE800000000000000000000000000001\"",
      "FE800000000000000000000000000001" },
    { "pcsc_mode.bitrates_b", "\x40\x05", 2, "[ \"reader-to-card-848\", \"reader-to-card-212\" ]",
      "848 kbit/s from the reader to the card; 212 kbit/s from the reader to the card" },
    { "pcsc_mode.bitrates_a", "\x00\x05", 2, "[ ]", "none" },
    { "keyboard_mode.suffix", "a\t\"\\\x1B\n", 6, "\"a\\t\\\"\\\\\\x1B\\n\"", "a\t\"\\\x1B\n" },
    { "keyboard_mode.character_pause", "\x23", 1, "3", "15 ms" },
    { "nfc.power.voltage", "\x00\x0B\x03", 3, "11", "1.1 V" },
    { "nfc.power.current", "\x00\x0B\x03", 3, "3", "15 mA" },
    { "ui.dim_after", "\x64\x4B\x0A", 3, "10", "10 s" },
    { "nfc.poller", "\x01", 1, "true", "on" },
    { "ui.color_active", "\xE2\xA1", 2, "\"purple\"", "Purple" },
    { "device.config_id", "", 0, "\"\"", "" },
};

START_TEST(values_are_written_as_the_file_takes_them)
{
    struct registers *registers = registers_create();

    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
        const struct register_def *def;
        const struct field_def *one = register_find_field(wordings[i].path, &def);

        ck_assert_msg(registers_set(registers, def->address, (const uint8_t *) wordings[i].value, wordings[i].size), "%s",
                      wordings[i].path);
        char *text = field_value_text(registers, def, 0, one), *meaning = field_value_meaning(registers, def, 0, one);
        ck_assert_str_eq(text, wordings[i].text);
        ck_assert_str_eq(meaning, wordings[i].meaning);
        free(meaning);
        free(text);
    }
    registers_free(registers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registers");
    TCase *cases = tcase_create("registers");

    tcase_add_test(cases, the_table_has_these_registers_sizes_and_defaults);
    tcase_add_loop_test(cases, an_instance_has_the_registers_of_its_type, 0, sizeof variant_facts / sizeof variant_facts[0]);
    tcase_add_test(cases, the_output_format_has_other_fields_as_text);
    tcase_add_test(cases, a_new_type_keeps_what_fits_and_gives_the_rest_its_defaults);
    tcase_add_test(cases, no_bytes_are_the_default_of_a_register_of_a_template);
    tcase_add_test(cases, a_part_of_a_register_is_read_and_written_as_bytes);
    tcase_add_test(cases, of_a_register_with_a_key_the_key_alone_is_a_secret);
    tcase_add_test(cases, the_fields_of_a_register_cover_each_bit_exactly_once);
    tcase_add_test(cases, each_field_says_what_it_is_and_what_it_does_here);
    tcase_add_test(cases, options_fit_their_bits_and_are_all_different);
    tcase_add_test(cases, the_defaults_fit_sizes_and_options);
    tcase_add_test(cases, each_setting_has_a_name_of_its_own_that_follows_the_rules);
    tcase_add_test(cases, no_setting_is_a_group_too);
    tcase_add_test(cases, registers_have_names_of_their_own);
    tcase_add_test(cases, values_are_written_as_the_file_takes_them);
    tcase_add_test(cases, template_registers_are_found_in_four_instances);
    tcase_add_test(cases, a_new_set_has_the_gateways_defaults);
    tcase_add_test(cases, the_instances_of_a_template_register_are_apart);
    tcase_add_test(cases, a_value_of_the_wrong_size_or_address_changes_nothing);
    tcase_add_test(cases, bits_are_read_and_written_where_the_mask_is);
    tcase_add_test(cases, a_keep_alive_below_5_s_is_refused_with_the_reason);
    tcase_add_test(cases, timeouts_of_0_s_are_refused);
    tcase_add_test(cases, texts_must_be_printable_utf_8);
    tcase_add_test(cases, a_password_is_never_shown);
    tcase_add_test(cases, a_secret_that_every_device_has_is_called_the_default);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
