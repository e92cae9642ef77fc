/* SPDX-License-Identifier: MIT */
/* Vendor's JSON files: what is taken, what is refused with which words, and what becomes of it in a configuration. */
#include "device/config.h"
#include "device/config_put.h"
#include "device/register_types.h"
#include "device/vendor_file.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vendor_file *parse(const char *text, struct errors *errors)
{
    return vendor_file_parse(text, strlen(text), "f.json", NULL, errors);
}

static char *all_of(const struct errors *errors)
{
    char *text = text_copy("");

    for (size_t i = 0; i < errors_count(errors); i++) {
        char *longer = text_format("%s%s%s", text, i > 0 ? "\n" : "", errors_get(errors, i));

        free(text);
        text = longer;
    }
    return text;
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

#define SYNTAX "; next: look for a missing comma, quote or brace here or before"
#define REFUSED_MEMBER(name) "f.json:1: " name ": is for the vendor's tool and a device, and a gateway has nothing of" \
    " the kind; next: take it out"
#define REFUSED_KEYS(name) "f.json:1: " name ": keys never come from such a file here; next: take it out, and name" \
    " the key's file in keys.slot_X"

static const struct wrong {
    const char *text;
    const char *says;
} wrongs[] = {
    { "", "f.json:1:0: is no JSON: unexpected token near end of file" SYNTAX },
    { "{ \"config\": { \"A1\": \"0A1E\"", "f.json:1:26: is no JSON: '}' expected near end of file" SYNTAX },
    { "{\n  \"028C\": \"68756E7465723", "f.json:2:24: is no JSON: premature end of input" SYNTAX },
    { "{ \"028C\": \"68756E7465723A\" \"x\" }", "f.json:1:30: is no JSON: '}' expected" SYNTAX },
    { "[ \"0200\" ]", "f.json:1: is no configuration: that is one object, in braces" },
    { "17", "f.json:1: is no configuration: that is one object, in braces" },
    { "{ \"02A1\": \"0A1\" }", "f.json:1: 02A1: a value of 3 hex digits is not allowed: each byte has two" },
    { "{ \"02A1\": \"0A1G\" }", "f.json:1: 02A1: character 4 of the value is no hex digit" },
    { "{ \"02A1\": \"0A 1E\" }", "f.json:1: 02A1: character 3 of the value is no hex digit" },
    { "{ \"02A1\": \"0A\" }", "f.json:1: 02A1: a value of 1 byte is not allowed: exactly 2" },
    { "{ \"02A1\": \"0A1E00\" }", "f.json:1: 02A1: a value of 3 bytes is not allowed: exactly 2" },
    { "{ \"0202\": \"0102030405060708090A0B0C0D0E0F1011\" }",
      "f.json:1: 0202: a value of 17 bytes is not allowed: at most 16" },
    { "{ \"02A1\": 2590 }", "f.json:1: 02A1: needs a text of hex digits" },
    { "{ \"02A1\": null }", "f.json:1: 02A1: needs a text of hex digits" },
    { "{ \"02A1\": { \"00\": \"\" } }", "f.json:1: 02A1: needs a text of hex digits" },
    { "{ \"02A5\": \"00\" }",
      "f.json:1: 02A5: there is no register 02A5; next: `springparkctl registers` lists those that there are" },
    { "{\n\"config\": {\n\"A5\": \"00\" } }",
      "f.json:3: config.A5: there is no register 02A5; next: `springparkctl registers` lists those that there are" },
    { "{ \"0350\": \"FF\" }",
      "f.json:1: 0350: there is no register 0350; next: `springparkctl registers` lists those that there are" },
    { "{ \"config\": { \"02A1\": \"0A1E\" } }",
      "f.json:1: config.02A1: is no address: two hex digits are, without anything behind them" },
    { "{ \"config\": { \"A1:text\": \"0A1E\" } }",
      "f.json:1: config.A1:text: is no address: two hex digits are, without anything behind them" },
    { "{ \"config\": { \"\\u0041\\u0031\": \"0A1E\" } }",
      "f.json:1: config.\\u0041\\u0031: is no address: two hex digits are, without anything behind them" },
    { "{ \"02A1\": \"0A1E\", \"A0\": \"0003000200\" }",
      "f.json:1: A0: is no address: four hex digits are, without anything behind them" },
    { "{\n\"02A1\": \"0A1E\",\n\"02A1\": \"051E\" }",
      "f.json:3: 02A1: register 02A1 is there twice, here and in line 2; keep one" },
    { "{\n\"config\": { \"A1\": \"0A1E\",\n\n\"a1\": \"051E\" } }",
      "f.json:4: config.a1: register 02A1 is there twice, here and in line 2; keep one" },
    { "{ \"config\": { },\n \"config\": { \"A1\": \"0A1E\" } }",
      "f.json:2: config: is there twice, here and in line 1; keep one" },
    { "{ \"config\": { \"A1\": \"0A1E\" },\n \"0202\": \"41\" }",
      "f.json:2: 0202: belongs into a flat list, and this file has the form with members; next: write all of it in one"
      " form" },
    { "{ \"0202\": \"41\",\n \"templates\": { } }",
      "f.json:1: 0202: belongs into a flat list, and this file has the form with members; next: write all of it in one"
      " form" },
    { "{ \"configs\": { } }",
      "f.json:1: configs: is no member of such a file: config, templates and certificates are, or addresses of four hex"
      " digits" },
    { "{ \"config\": \"A1=0A1E\" }", "f.json:1: config: needs an object of addresses with their values" },
    { "{ \"commands\": { \"00\": \"5884\" } }", REFUSED_MEMBER("commands") },
    { "{ \"constants\": { \"00\": \"00\" } }", REFUSED_MEMBER("constants") },
    { "{ \"security\": { \"00\": \"00\" } }", REFUSED_MEMBER("security") },
    { "{ \"samav\": { \"00\": \"00\" } }", REFUSED_KEYS("samav") },
    { "{ \"samav-rsa\": { \"00\": \"00\" } }", REFUSED_KEYS("samav-rsa") },
    { "{ \"samav-ecc\": { \"00\": \"00\" } }", REFUSED_KEYS("samav-ecc") },
    { "{ \"ataes\": { \"00\": \"00\" } }", REFUSED_KEYS("ataes") },
    { "{ \"atecc\": { \"0D\": \"00\" } }", REFUSED_KEYS("atecc") },
    { "{ \"certificates\": { \"10\": \"30\" } }", "f.json:1: certificates.10: there is no such slot: 00 to 0F" },
    { "{ \"certificates\": { \"D\": \"30\" } }",
      "f.json:1: certificates.D: is no address: two hex digits are, without anything behind them" },
    { "{ \"certificates\": { \"0D\": \"30\", \"0d\": \"30\" } }",
      "f.json:1: certificates.0d: the slot is there twice; keep one" },
    { "{ \"certificates\": { \"0D\": \"3\" } }",
      "f.json:1: certificates.0D: a value of 1 hex digit is not allowed: each byte has two" },
    { "{ \"02A1\": \"0A1E\", \"02C0\": \"E4\" }",
      "f.json:1: 02C0: reserved bits (register 02C0): reserved bits are not as in the default; leave them so" },
    { "{ \"config\": { \"C0\": \"24\" } }",
      "f.json:1: config.C0: profile.network (register 02C0): \"tcp-server\" is not allowed: this gateway is an MQTT"
      " client and nothing else on the network; write \"mqtt-client\"; allowed: \"mqtt-client\"" },
    { "{ \"config\": { \"C0\": \"\" } }",
      "f.json:1: config.C0: profile.network (register 02C0): \"disabled\" is not allowed: without the network no event"
      " would leave the box; leave mqtt.broker out instead; allowed: \"mqtt-client\"\n"
      "f.json:1: config.C0: profile.primary (register 02C0): \"direct\" is not allowed: this gateway is a Smart Reader"
      " and nothing else; write \"smart-reader\"; allowed: \"smart-reader\"" },
    { "{ \"0202\": \"4100\" }",
      "f.json:1: 0202: device.location (register 0202): a text without NUL bytes is needed" },
    { "{ \"0202\": \"FF\" }",
      "f.json:1: 0202: device.location (register 0202): byte 1 is not allowed: the text must be UTF-8" },
    { "{ \"028C\": \"66696C653A2F782F79\" }",
      "f.json:1: 028C: a secret that begins with \"file:\" is not allowed: it would name a file" },
    { "{\n\"0A\": \"\",\n\"02A1\": \"0\",\n\"02A5\": \"\",\n\"0289\": \"5314030A1E1E\" }",
      "f.json:2: 0A: is no address: four hex digits are, without anything behind them\n"
      "f.json:3: 02A1: a value of 1 hex digit is not allowed: each byte has two\n"
      "f.json:4: 02A5: there is no register 02A5; next: `springparkctl registers` lists those that there are" },
};

START_TEST(what_is_wrong_is_said_in_these_words)
{
    struct errors *errors = errors_create();
    struct vendor_file *file = parse(wrongs[_i].text, errors);
    char *said = all_of(errors);

    ck_assert_ptr_null(file);
    ck_assert_str_eq(said, wrongs[_i].says);
    free(said);
    errors_free(errors);
}
END_TEST

START_TEST(a_megabyte_of_names_is_judged_in_little_time)
{
    size_t size = 1 << 20, at = 0;
    char *text = memory_zeroed(size + 1, 1);
    struct errors *errors = errors_create();

    for (text[at++] = '{'; at + 32 < size;)
        at += (size_t) sprintf(text + at, "\"%07zx\":\"\",", at);
    strcpy(text + at, "\"0202\":\"41\"}");
    ck_assert_ptr_null(parse(text, errors));
    ck_assert_uint_gt(errors_count(errors), 50000);
    free(text);
    errors_free(errors);
}
END_TEST

/* ---- what is taken ----------------------------------------------------------------------------------------------- */

static struct registers *registers_of(const char *text)
{
    struct errors *errors = errors_create();
    struct vendor_file *file = parse(text, errors);
    struct registers *registers = registers_create();

    ck_assert_msg(file != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    vendor_file_fill(file, registers);
    vendor_file_free(file);
    errors_free(errors);
    return registers;
}

static void assert_register(const struct registers *registers, uint16_t address, const char *hex)
{
    size_t size;
    const uint8_t *bytes = registers_get(registers, address, &size);
    char *text = hex_from_bytes(bytes, size);

    ck_assert_msg(strcmp(text, hex) == 0, "%04X is %s, not %s", address, text, hex);
    free(text);
}

static const char *const examples[] = {
    "{\n  \"config\": {\n    \"A0\": \"0003000200\",\n    \"C0\": \"64\",\n"
    "    \"86\": \"62726F6B65722E6578616D706C652E636F6D\"\n  },\n"
    "  \"templates\": { \"10\": \"FF\", \"11\": \"0F00\" }\n}\n",
    "{\n  \"0202\": \"4C616220332C20646F6F722032\",\n  \"0280\": \"C0A80598FFFFFF00C0A805010000000000000000\",\n"
    "  \"0286\": \"3139322E3136382E352E3130\",\n  \"02A0\": \"0003000200\",\n  \"02C0\": \"64\",\n"
    "  \"0310\": \"FF\",\n  \"0311\": \"0200\"\n}\n",
    "{\n  \"config\": {\n    \"A0\": \"0003000200\",\n    \"C0\": \"64\",\n"
    "    \"86\": \"62726F6B65722E6578616D706C652E636F6D\",\n    \"88\": \"23098D4D8F\",\n"
    "    \"89\": \"5614030A1E1E\"\n  },\n"
    "  \"templates\": { \"10\": \"03\", \"11\": \"0F00\" }\n}\n",
};

START_TEST(the_first_example_is_mqtt_with_json_and_any_card)
{
    struct registers *registers = registers_of(examples[0]);

    assert_register(registers, 0x0286, "62726F6B65722E6578616D706C652E636F6D");
    assert_register(registers, 0x02A0, "0003000200");
    assert_register(registers, 0x02C0, "64");
    assert_register(registers, 0x0310, "FF");
    assert_register(registers, 0x0311, "0F00");
    assert_register(registers, 0x0320, "");
    registers_free(registers);
}
END_TEST

START_TEST(the_second_example_is_a_flat_list_with_an_address)
{
    struct registers *registers = registers_of(examples[1]);

    assert_register(registers, 0x0202, "4C616220332C20646F6F722032");
    assert_register(registers, 0x0280, "C0A80598FFFFFF00C0A805010000000000000000");
    assert_register(registers, 0x0286, "3139322E3136382E352E3130");
    assert_register(registers, 0x0310, "FF");
    assert_register(registers, 0x0311, "0200");
    registers_free(registers);
}
END_TEST

START_TEST(the_third_example_is_mqtt_over_tls)
{
    struct registers *registers = registers_of(examples[2]);

    assert_register(registers, 0x0288, "23098D4D8F");
    assert_register(registers, 0x0289, "5614030A1E1E");
    assert_register(registers, 0x0310, "03");
    registers_free(registers);
}
END_TEST

START_TEST(a_blank_value_is_the_devices_default_or_no_bytes)
{
    struct registers *registers =
        registers_of("{ \"config\": { \"A1\": \"\", \"88\": \"\", \"FE\": \"\", \"39\": \"\" }, \"samav\": { } }");

    assert_register(registers, 0x02A1, "0A1E");
    assert_register(registers, 0x0288, "0000000000");
    assert_register(registers, 0x02FE, "");
    assert_register(registers, 0x0239, "");
    registers_free(registers);
}
END_TEST

START_TEST(every_template_and_lower_case_are_taken)
{
    struct registers *registers =
        registers_of("{ \"templates\": { \"4a\": \"aabb\", \"11\": \"0f00\", \"35\": \"CAFE\" } }");

    assert_register(registers, 0x034A, "AABB");
    assert_register(registers, 0x0311, "0F00");
    assert_register(registers, 0x0335, "CAFE");
    registers_free(registers);
}
END_TEST

START_TEST(certificates_come_with_their_slots)
{
    struct errors *errors = errors_create();
    struct vendor_file *file = parse("{ \"certificates\": { \"09\": \"3003\",\n\"0D\": \"\" } }", errors);
    size_t count;

    ck_assert_ptr_nonnull(file);
    const struct vendor_certificate *list = vendor_file_certificates(file, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert(list[0].slot == 9 && list[0].size_bytes == 2 && memcmp(list[0].bytes, "\x30\x03", 2) == 0);
    ck_assert(list[1].slot == 13 && list[1].size_bytes == 0 && list[1].line == 2);
    ck_assert(!vendor_file_names(file, 0x0209));
    vendor_file_free(file);
    errors_free(errors);
}
END_TEST

/* ---- in a configuration and back --------------------------------------------------------------------------------- */

static char *put(const char *text, const struct registers *registers)
{
    struct errors *errors = errors_create();
    char *made = config_put_registers(text, "springpark.conf", registers, errors);
    char *said = all_of(errors);

    ck_assert_msg(made != NULL, "%s", said);
    free(said);
    errors_free(errors);
    return made;
}

static void assert_put(const char *text, const char *vendor, const char *expected)
{
    struct registers *registers = registers_of(vendor);
    char *made = put(text, registers);

    ck_assert_str_eq(made, expected);
    free(made);
    registers_free(registers);
}

START_TEST(registers_become_settings_and_the_rest_stays)
{
    assert_put("# Mine.\nreaders: ( { label = \"door\"; } ); # two\nmqtt:\n{\n"
               "    # ours\n    options: { keep_alive = 0x3C; };\n};\n",
               "{ \"0202\": \"61\", \"0289\": \"5314033C1E1E\", \"0286\": \"68\" }",
               "# Mine.\nreaders: ( { label = \"door\"; } ); # two\nmqtt:\n{\n"
               "    # ours\n    options: { keep_alive = 0x3C; };\n"
               "    broker = \"h\";\n};\n\ndevice: { location = \"a\"; };\n");
}
END_TEST

START_TEST(what_the_file_does_not_name_returns_to_its_default)
{
    assert_put("smart_reader: { read_interval = 5; };\njournal: { max_events = 7; };\n", "{ }",
               "smart_reader: { read_interval = 10; };\njournal: { max_events = 7; };\n");
}
END_TEST

START_TEST(what_is_set_raw_is_set_by_name_afterwards)
{
    assert_put("registers = [ \"02A1=051E\", \"0203=41\" ];\n",
               "{ \"02A1\": \"071E\", \"0203\": \"42\", \"0315\": \"CAFE\" }",
               "registers = [ \"0203=42\", \"0315=CAFE\" ];\n\nsmart_reader: { read_interval = 7; };\n");
    assert_put("registers = [ \"02A1=051E\" ];\n", "{ }", "registers = [ ];\n");
    assert_put("# none\n", "{ \"0203\": \"42\" }", "# none\n\nregisters = [ \"0203=42\" ];\n");
    assert_put("registers = [ \"0203=4a\" /* mine */ ];\n", "{ \"0203\": \"4A\" }",
               "registers = [ \"0203=4a\" /* mine */ ];\n");
}
END_TEST

START_TEST(a_later_template_has_the_ones_before_it_as_off)
{
    assert_put("", "{ \"0330\": \"01\" }",
               "templates: ( { technologies = \"off\"; }, { technologies = \"off\"; },"
               " { technologies = \"nfc-a\"; } );\n");
    assert_put("templates: ( { format = \"hex\"; }, { } );\n", "{ \"0320\": \"FF\" }",
               "templates: ( { format = \"decimal-10\"; technologies = \"off\"; }, { } );\n");
}
END_TEST

START_TEST(values_that_need_quotes_come_back)
{
    struct registers *registers = registers_of("{ \"0202\": \"225C22\", \"02A8\": \"0A095C\", \"0201\": \"2220\" }");
    char *made = put("", registers);
    struct errors *errors = errors_create(), *notes = errors_create();
    struct config *config = config_parse_text(made, strlen(made), "springpark.conf", false, "", errors, notes);

    ck_assert_ptr_nonnull(config);
    assert_register(config_registers(config), 0x0202, "225C22");
    assert_register(config_registers(config), 0x02A8, "0A095C");
    assert_register(config_registers(config), 0x0201, "2220");
    config_free(config);
    errors_free(errors);
    errors_free(notes);
    free(made);
    registers_free(registers);
}
END_TEST

static char *export_text(const struct registers *registers, bool flat, bool secrets, struct errors *notes)
{
    json_t *root = vendor_file_make(registers, flat, secrets, notes);
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}

/* One of the options that may be chosen, in turn. */
static uint32_t option_of(const struct field_def *field, unsigned turn)
{
    size_t count = 0, allowed = 0;
    uint32_t values[64];

    for (; field->options[count].name != NULL; count++) {
        if (field->options[count].refused_because == NULL)
            values[allowed++] = field->options[count].value;
    }
    ck_assert_uint_gt(allowed, 0);
    return values[turn % allowed];
}

/* Of one network, and a mask that can be. */
static uint32_t address_of(const struct field_def *field, unsigned turn)
{
    return strcmp(field->path, "network.ipv4.netmask") == 0 ? 0xFFFFFF00 : 0x0A000001 + turn;
}

/* Another allowed value of the field, in turn. */
static void change_field(struct registers *registers, const struct register_def *def, unsigned instance, size_t index,
                         unsigned turn)
{
    const uint16_t address = register_address(def, instance);
    const struct field_def *field = &def->fields[index];
    uint8_t bytes[REGISTER_MAX_BYTES];

    memset(bytes, 'a' + (int) ((turn + instance) % 20), sizeof bytes);
    if (field_is_whole(field))
        registers_set(registers, address, bytes, def->size_bytes);
    else if (field->kind == FIELD_HEX)
        registers_set_part(registers, address, field, bytes);
    if (field->kind == FIELD_BOOLEAN && field->support != FIELD_REFUSED)
        registers_set_bits(registers, address, field->mask, (turn + index) % 2);
    if ((field->kind == FIELD_CHOICE || field->kind == FIELD_FLAGS) && field->support != FIELD_REFUSED)
        registers_set_bits(registers, address, field->mask, option_of(field, turn + instance));
    if (field->kind == FIELD_ADDRESS && field->support != FIELD_REFUSED)
        registers_set_bits(registers, address, field->mask, address_of(field, turn + (unsigned) index));
    if (field->kind == FIELD_NUMBER && field->refused_because == NULL)
        registers_set_bits(registers, address, field->mask, (turn + (unsigned) index) % (field->max + 1));
}

/* Lc, so that the 32 bytes are an APDU. */
static void mend_apdu(struct registers *registers, uint16_t address)
{
    uint8_t bytes[32];
    size_t size;
    const uint8_t *from = registers_get(registers, address, &size);

    ck_assert_uint_eq(size, sizeof bytes);
    memcpy(bytes, from, sizeof bytes);
    bytes[4] = sizeof bytes - 5;
    registers_set(registers, address, bytes, sizeof bytes);
}

/* What single fields do not tell: a Mifare Classic has one beginning, a long text a length, an APDU a form. */
static void mend_template(struct registers *registers, unsigned instance)
{
    const uint16_t base = (uint16_t) (0x0310 + 0x10 * instance);
    static const uint8_t length[20] = { 0x00, 0xFF }, address[20] = { 0x00, 0x00, 0xFF };
    const struct register_type *type = registers_type(registers, instance);

    if (registers_is_string(registers, instance))
        registers_set_bits(registers, base + 1, length, 17 + instance);
    if (type != NULL && strcmp(type->name, "mifare-classic") == 0)
        registers_set_bits(registers, base + 3, address, 0);
    for (uint16_t offset = 5; type != NULL && strcmp(type->name, "iso-data") == 0 && offset <= 7; offset++)
        mend_apdu(registers, base + offset);
}

/* Another allowed value of each field that may have one, in turn; so the templates have other types in each turn. */
static void change_all(struct registers *registers, unsigned turn)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (unsigned n = 0; n < (table[i].per_template ? REGISTER_TEMPLATE_INSTANCES : 1U); n++) {
            for (size_t k = 0; k < registers_def(registers, &table[i], n)->fields_count; k++)
                change_field(registers, registers_def(registers, &table[i], n), n, k, turn);
        }
    }
    for (unsigned n = 0; n < REGISTER_TEMPLATE_INSTANCES; n++)
        mend_template(registers, n);
}

/* They are too long for Check's own words. */
static void assert_same(const char *text, const char *expected)
{
    size_t at = 0;

    while (text[at] != '\0' && text[at] == expected[at])
        at++;
    ck_assert_msg(text[at] == expected[at], "at %zu: %.60s, not %.60s", at, text + (at > 20 ? at - 20 : 0),
                  expected + (at > 20 ? at - 20 : 0));
}

/* Register 0288 may name any of them. */
static char *all_slots(void)
{
    char *text = text_copy("# mine\n");

    for (unsigned i = 0; i < 32; i++) {
        char *longer = text_format("%s%sslot_%X = \"x\";%s", text,
                                   i == 0 ? "certificates: { " : i == 16 ? "keys: { " : "",
                                   i % 16, i % 16 == 15 ? " };\n" : " ");

        free(text);
        text = longer;
    }
    return text;
}

START_TEST(a_round_trip_through_a_configuration_loses_nothing)
{
    const bool flat = _i % 2 == 1;
    struct registers *registers = registers_create();
    struct errors *notes = errors_create(), *errors = errors_create(), *config_notes = errors_create();

    change_all(registers, (unsigned) _i);
    char *written = export_text(registers, flat, true, notes);
    struct registers *read = registers_of(written);
    char *base = all_slots(), *text = put(base, read);
    struct config *config = config_parse_text(text, strlen(text), "springpark.conf", false, "", errors, config_notes);

    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    char *back = export_text(config_registers(config), flat, true, notes);
    assert_same(back, written);
    struct registers *again = registers_of(back);
    char *same = put(text, again);
    assert_same(same, text);
    free(same);
    free(base);
    free(back);
    free(text);
    free(written);
    registers_free(again);
    registers_free(read);
    registers_free(registers);
    config_free(config);
    errors_free(errors);
    errors_free(config_notes);
    errors_free(notes);
}
END_TEST

START_TEST(an_example_comes_back_as_it_was_but_for_defaults)
{
    struct registers *registers = registers_of(examples[_i]);
    struct errors *notes = errors_create();
    char *written = export_text(registers, true, false, notes);
    struct registers *again = registers_of(written);
    char *twice = export_text(again, true, false, notes);

    ck_assert_str_eq(written, twice);
    ck_assert_ptr_nonnull(strstr(written, "\"0286\":"));
    free(written);
    free(twice);
    registers_free(again);
    registers_free(registers);
    errors_free(notes);
}
END_TEST

START_TEST(secrets_are_left_out_and_named)
{
    struct registers *registers =
        registers_of("{ \"028B\": \"75\", \"028C\": \"68756E74657232\", \"0315\": \"CAFE\" }");
    struct errors *notes = errors_create();
    char *written = export_text(registers, false, false, notes), *said = all_of(notes);

    ck_assert_str_eq(written, "{\"config\":{\"88\":\"37098D4D8F\",\"8B\":\"75\",\"C0\":\"64\"},\"templates\":{}}");
    ck_assert_str_eq(said, "register 028C (mqtt_password) is a secret and left out; --secrets writes it, too\n"
                           "register 0315 (template_register_5) is a secret and left out; --secrets writes it, too");
    free(written);
    written = export_text(registers, false, true, notes);
    ck_assert_ptr_nonnull(strstr(written, "\"8C\":\"68756E74657232\""));
    free(written);
    free(said);
    errors_free(notes);
    registers_free(registers);
}
END_TEST

START_TEST(what_is_too_long_for_a_device_is_said)
{
    char *text = text_format("{ \"0286\": \"%s\" }",
                             "6161616161616161616161616161616161616161616161616161616161616161616161616161"
                                                    "6161616161616161616161616161616161616161616161");
    struct registers *registers = registers_of(text);
    struct errors *notes = errors_create();
    char *written = export_text(registers, true, false, notes), *said = all_of(notes);

    ck_assert_str_eq(said, "register 0286 (mqtt_broker) has 61 bytes, and a SpringPark takes 48: only a gateway can use"
                           " this file");
    free(said);
    free(written);
    errors_free(notes);
    registers_free(registers);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vendor_file");
    TCase *cases = tcase_create("vendor_file");
    TCase *round_trips = tcase_create("round trips");

    tcase_add_loop_test(cases, what_is_wrong_is_said_in_these_words, 0, sizeof wrongs / sizeof wrongs[0]);
    tcase_add_test(cases, a_megabyte_of_names_is_judged_in_little_time);
    tcase_add_test(cases, the_first_example_is_mqtt_with_json_and_any_card);
    tcase_add_test(cases, the_second_example_is_a_flat_list_with_an_address);
    tcase_add_test(cases, the_third_example_is_mqtt_over_tls);
    tcase_add_test(cases, a_blank_value_is_the_devices_default_or_no_bytes);
    tcase_add_test(cases, every_template_and_lower_case_are_taken);
    tcase_add_test(cases, certificates_come_with_their_slots);
    tcase_add_test(cases, registers_become_settings_and_the_rest_stays);
    tcase_add_test(cases, what_the_file_does_not_name_returns_to_its_default);
    tcase_add_test(cases, what_is_set_raw_is_set_by_name_afterwards);
    tcase_add_test(cases, a_later_template_has_the_ones_before_it_as_off);
    tcase_add_test(cases, values_that_need_quotes_come_back);
    tcase_add_loop_test(round_trips, a_round_trip_through_a_configuration_loses_nothing, 0, 40);
    tcase_add_loop_test(cases, an_example_comes_back_as_it_was_but_for_defaults, 0, 3);
    tcase_add_test(cases, secrets_are_left_out_and_named);
    tcase_add_test(cases, what_is_too_long_for_a_device_is_said);
    tcase_set_timeout(round_trips, 60); /* each sets some 300 settings, also under sanitizers */
    suite_add_tcase(suite, cases);
    suite_add_tcase(suite, round_trips);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
