/* SPDX-License-Identifier: MIT */
/* The settings of each template type: to which bytes of which register, what is refused with which words, and the same
 * from the vendor's JSON and back. */
#include "device/config.h"
#include "device/config_extensions.h"
#include "device/config_put.h"
#include "device/register_text.h"
#include "device/register_types.h"
#include "device/vendor_file.h"

#include "base/hex.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct errors *errors;
static struct errors *notes;

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
}

static void tear_down(void)
{
    errors_free(errors);
    errors_free(notes);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes);
}

static struct config *good(const char *text)
{
    struct config *config = parse(text);

    ck_assert_msg(config != NULL, "%s: %s", text, errors_count(errors) > 0 ? errors_get(errors, 0) : "no error");
    return config;
}

/* The registers of a template from 03t0 on, in hex, with blanks between; what is empty at the end is left out. */
static char *hex_of(const struct settings_template *template)
{
    char *text = text_copy("");
    size_t last = 0;

    for (size_t i = 0; i < SETTINGS_TEMPLATE_REGISTERS; i++)
        last = template->registers[i].size_bytes > 0 ? i : last;
    for (size_t i = 0; i <= last; i++) {
        char *hex = hex_from_bytes(template->registers[i].bytes, template->registers[i].size_bytes);
        char *longer = text_format("%s%s%s", text, i > 0 ? " " : "", *hex != '\0' ? hex : "-");

        free(hex);
        free(text);
        text = longer;
    }
    return text;
}

static void assert_template(const struct config *config, unsigned instance, const char *expected, const char *text)
{
    char *hex = hex_of(&config_settings(config)->templates[instance]);

    ck_assert_msg(strcmp(hex, expected) == 0, "%s: %s, not %s", text, hex, expected);
    free(hex);
}

#define KEY "000102030405060708090A0B0C0D0E0F"
#define ZEROS "00000000000000000000000000000000"

/* An entry of `templates`, and its registers LKL, TOF, PFX, LOC, OPT, 5... */
static const struct row {
    const char *entry, *registers;
} rows[] = {
    { "", "FF 0000 - 0000 00" },
    { "technologies = \"off\";", "00 0000 - 0000 00" },
    { "type = \"id-only\"; technologies = \"off\";", "00 0000 - 0000 00" },
    { "type = \"id-only\";", "FF 0000 - 0000 00" },
    { "type = \"id-only\"; technologies = \"nfc-v\"; swap = \"all\"; padding = \"ff-right\"; content = \"protocol\";"
      " format = \"hex\"; prefix = \"ab\"; shift_bytes = 1; shift_bits = 2; token = \"letter\"; token_position = \"after-data\";",
      "04 FF00 6162 0102 0A" },

    /* the common output */
    { "type = \"mifare-ultralight\"; swap = \"all\";", "62 8000 - 000000 00" },
    { "type = \"mifare-ultralight\"; mode = \"raw\";", "62 0000 - 000000 00" },
    { "type = \"mifare-ultralight\"; padding = \"ff-right\";", "62 2000 - 000000 00" },
    { "type = \"mifare-ultralight\"; clean = true;", "62 1000 - 000000 00" },
    { "type = \"mifare-ultralight\"; format = \"hex-16\";", "62 0800 - 000000 00" },
    { "type = \"mifare-ultralight\"; mode = \"string\";", "62 4000 - 000000 00" },
    { "type = \"mifare-ultralight\"; fill_spaces = true; mode = \"string\";", "62 6000 - 000000 00" },
    { "type = \"mifare-ultralight\"; short_length = 15; mode = \"string\";", "62 4F00 - 000000 00" },
    { "type = \"mifare-ultralight\"; swap = \"all\"; mode = \"string\"; long = true; long_length = 255;",
      "62 D0FF - 000000 00" },
    { "type = \"mifare-ultralight\"; prefix = \"U:\"; token = \"hex\"; token_position = \"before-data\";",
      "62 0000 553A 000000 05" },

    /* where the data is */
    { "technologies = \"mifare-ultralight\"; address = 255;", "62 0000 - FF0000 00" },
    { "type = \"mifare-ultralight\"; shift_bytes = 48; shift_bits = 7;", "62 0000 - 003007 00" },
    { "type = \"iso15693-memory\"; address = 16; shift_bytes = 1; shift_bits = 2;", "54 0000 - 100102 00" },
    { "type = \"mifare-classic\"; aid = 0xFFFF; key = \"FFFFFFFFFFFF\";", "61 0000 - FFFF000000 00 00FFFFFFFFFFFF" },
    { "type = \"mifare-classic\"; address = 255; shift_bytes = 3; shift_bits = 4; key_type = \"b\"; key ="
      " \"a0A1a2a3A4A5\";", "61 0000 - 0000FF0304 00 80A0A1A2A3A4A5" },
    { "key = \"000000000000\"; type = \"mifare-classic\"; key_type = \"a\";", "61 0000 - 0000000000 00 00000000000000" },

    { "type = \"ndef-data\";", "4E 0000 - 0000 00 00" },
    { "technologies = \"ndef-t2t\"; type = \"ndef-data\";", "42 0000 - 0000 00 00" },
    { "technologies = \"ndef-t3t\";", "43 0000 - 0000 00 00" },
    { "technologies = \"ndef-t4t\";", "44 0000 - 0000 00 00" },
    { "technologies = \"ndef-t5t\";", "45 0000 - 0000 00 00" },
    { "technologies = \"ndef-t4at\";", "4A 0000 - 0000 00 00" },
    { "technologies = \"ndef-t4bt\";", "4B 0000 - 0000 00 00" },
    { "type = \"ndef-data\"; tnf = \"default\";", "4E 0000 - 0000 00 00" },
    { "type = \"ndef-data\"; tnf = \"well-known\"; ndef_type = \"Sp\";", "4E 0000 - 0000 00 01 5370" },
    { "type = \"ndef-data\"; tnf = \"media\";", "4E 0000 - 0000 00 02" },
    { "type = \"ndef-data\"; tnf = \"absolute-uri\";", "4E 0000 - 0000 00 03" },
    { "type = \"ndef-data\"; tnf = \"external\"; ndef_type = \"a.b:c\"; shift_bytes = 2; shift_bits = 1;",
      "4E 0000 - 0201 00 04 612E623A63" },
    { "type = \"ndef-data\"; tnf = \"springcard\";", "4E 0000 - 0000 00 53" },
    { "type = \"ndef-data\"; tnf = \"text\"; mode = \"string\";", "4E 4000 - 0000 00 54" },
    { "type = \"ndef-data\"; tnf = \"uri\";", "4E 0000 - 0000 00 55" },
    { "type = \"ndef-data\"; tnf = \"any\";", "4E 0000 - 0000 00 FF" },

    { "type = \"iso-data\";", "13 0000 - 0000 00" },
    { "technologies = \"iso-a\"; apdu_1 = \"00a40400\";", "11 0000 - 0000 00 00A40400" },
    { "technologies = \"iso-b\"; apdu_2 = \"00B0000010\";", "12 0000 - 0000 00 - 00B0000010" },
    { "technologies = \"iso-72\"; apdu_3 = \"94B2040C1D\"; shift_bytes = 9; shift_bits = 7;",
      "72 0000 - 0907 00 - - 94B2040C1D" },
    { "technologies = \"iso-a+b\"; apdu_1 = \"00D600001B" ZEROS "0000000000000000000000\";",
      "13 0000 - 0000 00 00D600001B" ZEROS "0000000000000000000000" },

    { "type = \"desfire-data\";", "71 0000 - 00000000000000000000 00 0000" ZEROS },
    { "type = \"desfire-data\"; application = 0xF51BC0; command = \"read-data-ad\"; file = 15;",
      "71 0000 - F51BC04F000000000000 00 0000" ZEROS },
    { "type = \"desfire-data\"; command = \"read-record-bb\"; offset = 0x010203; length = 255;",
      "71 0000 - 00000080010203FF0000 00 0000" ZEROS },
    { "type = \"desfire-data\"; command = \"read-record-ab\"; shift_bytes = 255; shift_bits = 7;",
      "71 0000 - 000000C000000000FF07 00 0000" ZEROS },
    { "type = \"desfire-data\"; command = \"read-data-bd\"; iso_wrapping = true; ecp2 = false;",
      "71 0000 - 00000000000000000000 20 0000" ZEROS },
    { "type = \"desfire-data\"; select_application = true; token = \"letter\"; token_position = \"after-data\";",
      "71 0000 - 00000000000000000000 1A 0000" ZEROS },
    { "type = \"desfire-data\"; authentication = \"des-ev0\"; key = \"" ZEROS "\"; communication = \"plain\";",
      "71 0000 - 00000000000000000000 00 0001" ZEROS },
    { "type = \"desfire-data\"; authentication = \"iso-ev1\"; key = \"" KEY "\"; communication = \"mac\";",
      "71 0000 - 00000000000000000000 00 4002" KEY },
    { "type = \"desfire-data\"; authentication = \"aes-ev1\"; key = \"" KEY "\"; communication = \"encrypted\";"
      " diversification = \"an10922\"; key_index = 15; key_location = \"template\";",
      "71 0000 - 00000000000000000000 00 DF03" KEY },
    { "type = \"desfire-data\"; authentication = \"aes-ev2\"; key = \"" KEY "\"; diversification = \"none\";",
      "71 0000 - 00000000000000000000 00 0004" KEY },

    { "type = \"desfire-id\"; swap = \"all\"; format = \"hex-7\";", "70 C500 - 0000000000 00 0000" ZEROS },
    { "type = \"desfire-id\"; application = 0x010203; shift_bytes = 4; shift_bits = 5; select_application = true;"
      " iso_wrapping = true;", "70 0000 - 0102030405 30 0000" ZEROS },
    { "type = \"desfire-id\"; authentication = \"aes-ev1\"; key_index = 2; communication = \"encrypted\"; key = \"" KEY "\";",
      "70 0000 - 0000000000 00 C203" KEY },
};

static char *entry_text(const char *entry)
{
    return text_format("templates: ( { technologies = \"nfc-b\"; }, { %s } );\n", entry);
}

START_TEST(each_setting_of_each_type_is_in_its_bits)
{
    char *text = entry_text(rows[_i].entry);
    struct config *config = good(text);

    assert_template(config, 1, rows[_i].registers, text);
    assert_template(config, 0, "02 0000 - 0000 00", text);
    ck_assert_int_eq(config_settings(config)->templates[1].enabled, rows[_i].registers[0] != '0' || rows[_i].registers[1] != '0');
    config_free(config);
    free(text);
}
END_TEST

/* The same as entries of the raw list: "0320=...". */
static char *raw_text(const char *registers)
{
    char *words = text_copy(registers), *at = words, *text = text_copy("registers = [");
    unsigned number = 0;

    for (char *word = strsep(&at, " "); word != NULL; word = strsep(&at, " ")) {
        if (*word != '-') {
            char *longer = text_format("%s%s \"%04X=%s\"", text, number > 0 ? "," : "", 0x0320 + number, word);

            free(text);
            text = longer;
        }
        number++;
    }
    char *closed = text_format("%s ];\n", text);
    free(text);
    free(words);
    return closed;
}

START_TEST(the_same_registers_may_be_set_raw)
{
    char *text = raw_text(rows[_i].registers);
    struct config *config = good(text);

    assert_template(config, 1, rows[_i].registers, text);
    config_free(config);
    free(text);
}
END_TEST

/* The order of the raw list does not matter, nor where it stands. */
START_TEST(the_type_of_a_raw_register_may_stand_behind_it_or_in_the_list_of_templates)
{
    struct config *config = good("registers = [ \"0315=80FFFFFFFFFFFF\", \"0313=0000040000\", \"0310=61\" ];\n");

    assert_template(config, 0, "61 0000 - 0000040000 00 80FFFFFFFFFFFF", "raw");
    config_free(config);
    config = good("registers = [ \"0315=80FFFFFFFFFFFF\", \"0311=4500\" ];\ntemplates: ( { type = \"mifare-classic\"; } );\n");
    assert_template(config, 0, "61 4500 - 0000000000 00 80FFFFFFFFFFFF", "both");
    config_free(config);
    config = good("registers = [ \"0310=44\" ];\ntemplates: ( { type = \"ndef-data\"; tnf = \"uri\"; } );\n");
    assert_template(config, 0, "44 0000 - 0000 00 55", "LKL raw");
    config_free(config);
    config = good("registers = [ \"0310=12\" ];\ntemplates: ( { apdu_1 = \"00B00000\"; } );\n");
    assert_template(config, 0, "12 0000 - 0000 00 00B00000", "LKL raw alone");
    config_free(config);
    config = good("registers = [ \"0310=71\", \"0313=\", \"0315=\" ];\n");
    assert_template(config, 0, "71 0000 - 00000000000000000000 00 0000" ZEROS, "empty");
    config_free(config);
}
END_TEST

#define LACKS_KEY "no key is set, and no sector is read without; next: set the key of the card's sectors, which is" \
    " FFFFFFFFFFFF on one from the factory"
#define UNPUBLISHED "there is no published description by which such cards could be read here"
#define TYPES_ALLOWED "; allowed: \"id-only\", \"ndef-data\", \"mifare-ultralight\", \"mifare-classic\", \"iso15693-memory\"," \
    " \"iso-data\", \"desfire-data\", \"desfire-id\""
#define REFUSED_TYPE(type, reason) { "type = \"" type "\";", \
    "t.conf:2: templates[1].type: \"" type "\" is not allowed: " reason TYPES_ALLOWED }
#define NO_PEER "a peer (P2P) needs a reader that speaks SNEP, and PC/SC and libnfc here speak to tags; write \"ndef-tags\""
#define NO_SAM "this gateway has no SAM, whose keys never leave it; write \"template\", and the key in key"
#define DESFIRE "type = \"desfire-data\"; "
#define CLASSIC "type = \"mifare-classic\"; key = \"FFFFFFFFFFFF\"; "

/* An entry that begins in line 2, and all that is said of it. */
static const struct mistake {
    const char *entry, *says;
} mistakes[] = {
    REFUSED_TYPE("em4134-memory", UNPUBLISHED),
    REFUSED_TYPE("mifare-plus-sl3", UNPUBLISHED),
    REFUSED_TYPE("calypso", UNPUBLISHED),
    REFUSED_TYPE("pan", "it takes a contract with the schemes of the payment cards"),
    REFUSED_TYPE("navigo", "it takes a licence of Ile-de-France Mobilites"),
    REFUSED_TYPE("springblue", "it takes a licence of SpringCard"),
    REFUSED_TYPE("orange-nfc-retail", "it takes a contract with Orange"),
    REFUSED_TYPE("orange-nfc-office", "it takes a contract with Orange"),
    REFUSED_TYPE("stid-mobile-id", "it takes a contract with STid"),
    REFUSED_TYPE("apple-vas", "it takes a contract with Apple"),
    REFUSED_TYPE("google-smarttap", "it takes a contract with Google"),
    /* what else the entry has is not judged by another type */
    { "type = \"calypso\"; aid = 5; nonsense = 1;",
      "t.conf:2: templates[1].type: \"calypso\" is not allowed: " UNPUBLISHED TYPES_ALLOWED },
    { "type = \"nonsense\";", "t.conf:2: templates[1].type: \"nonsense\" is not allowed: one of \"id-only\", \"ndef-data\","
      " \"mifare-ultralight\", \"mifare-classic\", \"iso15693-memory\", \"iso-data\", \"desfire-data\", \"desfire-id\"" },

    { "technologies = \"nfc-a\";\ntype = \"ndef-data\";",
      "t.conf:2: templates[1].technologies (register 0310): \"nfc-a\" belongs to the type id-only, and type is \"ndef-data\""
      " in line 3, with technologies of \"ndef-tags\", \"ndef-t2t\", \"ndef-t3t\", \"ndef-t4t\", \"ndef-t5t\", \"ndef-t4at\","
      " \"ndef-t4bt\"; keep one" },
    { "type = \"id-only\";\ntechnologies = \"mifare-classic\";\nformat = \"hex\";",
      "t.conf:3: templates[1].technologies (register 0310): \"mifare-classic\" belongs to the type mifare-classic, and type"
      " is \"id-only\" in line 2, with technologies of \"all\", \"nfc-a\", \"nfc-b\", \"nfc-a+b\", \"nfc-v\", \"nfc-a+b+v\","
      " \"nfc-f\", \"nfc\", \"kovio\", \"nfc-t1t\", \"st-sr\", \"ask-cts\", \"picotag-b\", \"felica\", \"picotag-v\","
      " \"innovatron\"; keep one" },
    { "type = \"iso-data\"; technologies = \"off\";",
      "t.conf:2: templates[1].technologies (register 0310): \"off\" belongs to no type, and type is \"iso-data\" in line 2,"
      " with technologies of \"iso-a+b\", \"iso-a\", \"iso-b\", \"iso-72\"; keep one" },

    { "type = \"ndef-data\";\naid = 5;",
      "t.conf:3: templates[1].aid: aid belongs to the type mifare-classic, and the type here is ndef-data" },
    { "aid = 5;", "t.conf:2: templates[1].aid: aid belongs to the type mifare-classic, and the type here is id-only" },
    { "technologies = \"off\"; tnf = \"text\";",
      "t.conf:2: templates[1].tnf: tnf belongs to the type ndef-data, and the type here is off" },
    { "type = \"mifare-ultralight\"; key = \"FFFFFFFFFFFF\";",
      "t.conf:2: templates[1].key: key belongs to the types mifare-classic, desfire-data and desfire-id, and the type here is"
      " mifare-ultralight" },
    { CLASSIC "content = \"protocol\";",
      "t.conf:2: templates[1].content: content belongs to the type id-only, and the type here is mifare-classic" },
    { "type = \"desfire-id\"; mode = \"string\";",
      "t.conf:2: templates[1].mode: mode belongs to the types ndef-data, mifare-ultralight, mifare-classic, iso15693-memory,"
      " iso-data and desfire-data, and the type here is desfire-id" },
    { "type = \"desfire-id\"; diversification = \"none\";",
      "t.conf:2: templates[1].diversification: diversification belongs to the type desfire-data, and the type here is"
      " desfire-id" },
    { CLASSIC "adress = 5;", "t.conf:2: templates[1].adress: unknown setting; did you mean templates.address?" },

    { CLASSIC "mode = \"string\"; format = \"hex\";",
      "t.conf:2: templates[1].format: needs mode = \"raw\", and the mode here is \"string\"" },
    { CLASSIC "long_length = 3;",
      "t.conf:2: templates[1].long_length: needs mode = \"string\", and the mode here is \"raw\"" },
    { CLASSIC "mode = \"string\"; padding = \"ff-right\"; clean = true;",
      "t.conf:2: templates[1].padding: needs mode = \"raw\", and the mode here is \"string\"\n"
      "t.conf:2: templates[1].clean: needs mode = \"raw\", and the mode here is \"string\"" },
    { CLASSIC "mode = \"text\";",
      "t.conf:2: templates[1].mode (register 0311): \"text\" is not allowed: one of \"raw\", \"string\"" },
    { CLASSIC "mode = \"string\";\nlong = true;",
      "t.conf:3: templates[1].long (register 0311): a long text needs its length; next: set long_length, 1 to 255" },
    { CLASSIC "mode = \"string\"; short_length = 16;",
      "t.conf:2: templates[1].short_length (register 0311): 16 is not allowed: 0 to 15" },
    { CLASSIC "mode = \"string\"; long = true; long_length = 256;",
      "t.conf:2: templates[1].long_length (register 0311): 256 is not allowed: 0 to 255\n"
      "t.conf:2: templates[1].long (register 0311): a long text needs its length; next: set long_length, 1 to 255" },
    { CLASSIC "swap = \"short-nfc-a\";",
      "t.conf:2: templates[1].swap (register 0311): \"short-nfc-a\" is not allowed: one of \"none\", \"all\"" },
    { "type = \"desfire-id\"; swap = \"reserved-1\";",
      "t.conf:2: templates[1].swap (register 0311): \"reserved-1\" is not allowed: one of \"none\", \"all\"" },

    { "type = \"mifare-ultralight\"; address = 256;",
      "t.conf:2: templates[1].address (register 0313): 256 is not allowed: 0 to 255" },
    { "type = \"iso15693-memory\"; shift_bits = 8;",
      "t.conf:2: templates[1].shift_bits (register 0313): 8 is not allowed: 0 to 7" },
    { CLASSIC "aid = 0x10000;", "t.conf:2: templates[1].aid (register 0313): 65536 is not allowed: 0 to 65535" },
    { CLASSIC "aid = 1;\naddress = 4;",
      "t.conf:2: templates[1].aid (register 0313): aid and address are both set; data begins at one of them; next: leave one"
      " out" },
    { "type = \"mifare-classic\"; address = 4;", "t.conf:2: templates[1].key (register 0315): " LACKS_KEY },
    { "type = \"mifare-classic\"; key_type = \"b\";", "t.conf:2: templates[1].key (register 0315): " LACKS_KEY },
    { "type = \"mifare-classic\"; key = \"FFFFFFFFFF\";",
      "t.conf:2: templates[1].key (register 0315): a value of 5 bytes is not allowed: exactly 6" },
    { "type = \"mifare-classic\"; key = \"FFFFFFFFFFFFFF\";",
      "t.conf:2: templates[1].key (register 0315): a value of 7 bytes is not allowed: exactly 6" },
    { "type = \"mifare-classic\"; key = \"FFFFFFFFFFF\";",
      "t.conf:2: templates[1].key (register 0315): the value must be hex digits, exactly 12 of them" },
    { "type = \"mifare-classic\"; key = \"default\";",
      "t.conf:2: templates[1].key (register 0315): the value must be hex digits, exactly 12 of them" },
    { "type = \"mifare-classic\"; key = \"\";",
      "t.conf:2: templates[1].key (register 0315): a value of 0 bytes is not allowed: exactly 6" },
    { "type = \"mifare-classic\"; key = 5;",
      "t.conf:2: templates[1].key (register 0315): needs a text (hex digits for exactly 6 bytes), not a number" },
    { "type = \"mifare-classic\"; key = \"file:x\";",
      "t.conf:2: templates[1].key (register 0315): \"file:\" is not allowed here" },
    { CLASSIC "key_type = \"c\";",
      "t.conf:2: templates[1].key_type (register 0315): \"c\" is not allowed: one of \"a\", \"b\"" },

    { "technologies = \"ndef-all\";", "t.conf:2: templates[1].technologies (register 0310): \"ndef-all\" is not allowed: " NO_PEER },
    { "technologies = \"ndef-snep\";", "t.conf:2: templates[1].technologies (register 0310): \"ndef-snep\" is not allowed: " NO_PEER },
    { "type = \"ndef-data\"; technologies = \"ndef-t1t\";",
      "t.conf:2: templates[1].technologies (register 0310): \"ndef-t1t\" is not allowed: a Type 1 Tag (Topaz, Jewel) has"
      " commands of its own, which this gateway does not speak; write \"ndef-tags\" for the types 2 to 5" },
    { "technologies = \"calypso\"; aid = 3;",
      "t.conf:2: templates[1].technologies (register 0310): \"calypso\" is not allowed: " UNPUBLISHED },
    { "type = \"ndef-data\"; tnf = \"unknown\";",
      "t.conf:2: templates[1].tnf (register 0315): \"unknown\" is not allowed: one of \"default\", \"well-known\", \"media\","
      " \"absolute-uri\", \"external\", \"springcard\", \"text\", \"uri\", \"any\"" },
    { "type = \"ndef-data\"; ndef_type = \"123456789012345678901234567890123\";",
      "t.conf:2: templates[1].ndef_type (register 0316): a text of 33 bytes is too long: at most 32" },
    { "type = \"iso-data\"; apdu_2 = \"" ZEROS ZEROS "00\";",
      "t.conf:2: templates[1].apdu_2 (register 0316): a value of 33 bytes is not allowed: at most 32" },
    { "type = \"iso-data\"; apdu_1 = \"00A40400\"; apdu_3 = \"00A40400053F00\";",
      "t.conf:2: templates[1].apdu_3 (register 0317): is no short command APDU (ISO/IEC 7816-4): a header of 4 bytes, not of"
      " class FF; then nothing, Le, Lc and data, or Lc, data and Le" },
    { "type = \"iso-data\"; apdu_1 = \"FFCA000000\";",
      "t.conf:2: templates[1].apdu_1 (register 0315): is no short command APDU (ISO/IEC 7816-4): a header of 4 bytes, not of"
      " class FF; then nothing, Le, Lc and data, or Lc, data and Le" },
    { "type = \"iso-data\"; apdu_1 = \"file:x\";",
      "t.conf:2: templates[1].apdu_1 (register 0315): the value must be an even number of hex digits, at most 512" },

    { DESFIRE "application = 0x1000000;",
      "t.conf:2: templates[1].application (register 0313): 16777216 is not allowed: 0 to 16777215" },
    { DESFIRE "application = -1;", "t.conf:2: templates[1].application (register 0313): -1 is not allowed: 0 to 16777215" },
    { DESFIRE "file = 16;", "t.conf:2: templates[1].file (register 0313): 16 is not allowed: 0 to 15" },
    { DESFIRE "offset = 0x1000000;",
      "t.conf:2: templates[1].offset (register 0313): 16777216 is not allowed: 0 to 16777215" },
    { DESFIRE "length = 256;", "t.conf:2: templates[1].length (register 0313): 256 is not allowed: 0 to 255" },
    { DESFIRE "command = \"read\";",
      "t.conf:2: templates[1].command (register 0313): \"read\" is not allowed: one of \"read-data-bd\", \"read-data-ad\","
      " \"read-record-bb\", \"read-record-ab\"" },
    { DESFIRE "ecp2 = true;",
      "t.conf:2: templates[1].ecp2 (register 0314): true is not allowed: it takes a contract with Apple; allowed: false" },
    { DESFIRE "key_index = 16;", "t.conf:2: templates[1].key_index (register 0315): 16 is not allowed: 0 to 15" },
    { DESFIRE "communication = \"reserved-2\";",
      "t.conf:2: templates[1].communication (register 0315): \"reserved-2\" is not allowed: the value is reserved by the"
      " device; allowed: \"plain\", \"mac\", \"encrypted\"" },
    { DESFIRE "diversification = \"reserved-3\";",
      "t.conf:2: templates[1].diversification (register 0315): \"reserved-3\" is not allowed: the value is reserved by the"
      " device; allowed: \"none\", \"an10922\"" },
    { DESFIRE "key_location = \"sam\";", "t.conf:2: templates[1].key_location (register 0315): \"sam\" is not allowed: " NO_SAM
      "; allowed: \"template\"" },
    { DESFIRE "key_location = \"external-sam-version\";",
      "t.conf:2: templates[1].key_location (register 0315): \"external-sam-version\" is not allowed: " NO_SAM
      "; allowed: \"template\"" },
    { DESFIRE "authentication = \"sam\";",
      "t.conf:2: templates[1].authentication (register 0315): \"sam\" is not allowed: this gateway has no SAM; allowed:"
      " \"none\", \"des-ev0\", \"iso-ev1\", \"aes-ev1\", \"aes-ev2\"" },
    { DESFIRE "application = 5;\nauthentication = \"aes-ev1\";",
      "t.conf:3: templates[1].authentication (register 0315): needs a key, and none is set; next: set key, or authentication"
      " to \"none\"" },
    { DESFIRE "authentication = \"des-ev0\"; key = \"0011223344556677\";",
      "t.conf:2: templates[1].key (register 0315): a value of 8 bytes is not allowed: exactly 16" },
    { "type = \"desfire-id\"; authentication = \"aes-ev1\";",
      "t.conf:2: templates[1].authentication (register 0315): needs a key, and none is set; next: set key, or authentication"
      " to \"none\"" },
};

static char *all_of(const struct errors *list)
{
    char *text = text_copy("");

    for (size_t i = 0; i < errors_count(list); i++) {
        char *longer = text_format("%s%s%s", text, i > 0 ? "\n" : "", errors_get(list, i));

        free(text);
        text = longer;
    }
    return text;
}

/* A refusal of technologies ends with all words that there are. */
static void cut_technologies(char *said)
{
    char *at = strstr(said, "; allowed: \"off\", \"all\", ");

    if (at != NULL)
        *at = '\0';
}

START_TEST(each_mistake_is_said_in_these_words)
{
    char *text = text_format("templates: ( {\n%s } );\n", mistakes[_i].entry);

    ck_assert_msg(parse(text) == NULL, "%s", text);
    char *said = all_of(errors);
    cut_technologies(said);
    ck_assert_str_eq(said, mistakes[_i].says);
    free(said);
    free(text);
}
END_TEST

/* Files with registers set raw, and all that is said of them. */
static const struct mistake raw_mistakes[] = {
    { "registers = [ \"0310=61\",\n\"0315=00FFFFFFFFFF\" ];",
      "t.conf:2: registers (register 0315): a value of 6 bytes is not allowed: exactly 7" },
    { "registers = [ \"0310=61\",\n\"0313=0000\", \"0315=00FFFFFFFFFFFF\" ];",
      "t.conf:2: registers (register 0313): a value of 2 bytes is not allowed: exactly 5" },
    { "registers = [ \"0310=61\",\n\"0315=01FFFFFFFFFFFF\" ];",
      "t.conf:2: registers (register 0315, bits 7F000000000000): reserved bits are not as in the default; leave them so" },
    { "registers = [ \"0310=61\" ];", "t.conf:1: templates[1].key (register 0315): " LACKS_KEY },
    { "registers = [ \"0310=61\",\n\"0315=\" ];", "t.conf:2: templates[1].key (register 0315): " LACKS_KEY },
    { "registers = [ \"0310=61\", \"0315=00FFFFFFFFFFFF\",\n\"0313=0001010000\" ];",
      "t.conf:2: templates[1].aid (register 0313): aid and address are both set; data begins at one of them; next: leave one"
      " out" },
    { "registers = [ \"0310=62\",\n\"0311=5000\" ];",
      "t.conf:2: templates[1].long (register 0311): a long text needs its length; next: set long_length, 1 to 255" },
    { "registers = [ \"0310=62\",\n\"0311=0001\" ];",
      "t.conf:2: registers (register 0311, bits 00FF): reserved bits are not as in the default; leave them so" },
    { "registers = [ \"0310=62\",\n\"0311=0700\" ];",
      "t.conf:2: templates.format (register 0311): \"reserved-7\" is not allowed: the value is reserved by the device; allowed:"
      " \"decimal-10\", \"hex-4\", \"hex-8\", \"hex-5\", \"hex-10\", \"hex-7\", \"hex-11\", \"hex-16\", \"hex-20\", \"hex-24\","
      " \"hex-32\", \"decimal-12\", \"decimal-13\", \"decimal\", \"hex\"" },
    { "registers = [ \"0310=70\",\n\"0311=4000\" ];",
      "t.conf:2: templates.swap (register 0311): the value 1 (hex) is not allowed: one of \"none\", \"all\"" },
    { "registers = [ \"0310=4E\",\n\"0315=05\" ];",
      "t.conf:2: templates.tnf (register 0315): the value 5 (hex) is not allowed: one of \"default\", \"well-known\","
      " \"media\", \"absolute-uri\", \"external\", \"springcard\", \"text\", \"uri\", \"any\"" },
    { "registers = [ \"0310=71\",\n\"0315=0003" ZEROS "00\" ];",
      "t.conf:2: registers (register 0315): a value of 19 bytes is not allowed: exactly 18" },
    { "registers = [ \"0310=71\",\n\"0315=0010" ZEROS "\" ];",
      "t.conf:2: registers (register 0315, bits 001000000000000000000000000000000000): reserved bits are not as in the"
      " default; leave them so" },
    { "registers = [ \"0310=71\",\n\"0315=0080" ZEROS "\" ];",
      "t.conf:2: templates.key_location (register 0315): the value 4 (hex) is not allowed: one of \"template\"" },
    { "registers = [ \"0310=71\",\n\"0315=0023" ZEROS "\" ];",
      "t.conf:2: templates.key_location (register 0315): \"sam\" is not allowed: " NO_SAM "; allowed: \"template\"" },
    { "registers = [ \"0310=71\",\n\"0314=40\" ];",
      "t.conf:2: templates.ecp2 (register 0314): true is not allowed: it takes a contract with Apple; allowed: false" },
    { "registers = [ \"0310=71\",\n\"0313=00000010000000000000\" ];",
      "t.conf:2: registers (register 0313, bits 00000030000000000000): reserved bits are not as in the default; leave them"
      " so" },
    { "registers = [ \"0310=78\",\n\"0311=0E01FF\" ];",
      "t.conf:1: templates.technologies (register 0310): \"calypso\" is not allowed: " UNPUBLISHED },
    { "registers = [\n\"0310=61\" ];\ntemplates: ( { type = \"ndef-data\"; } );",
      "t.conf:3: templates[1].type: \"ndef-data\" does not go with the 61 that register 0310 has in t.conf:2; keep one" },
    { "registers = [ \"0310=4E\" ];\ntemplates: ( { technologies = \"ndef-t2t\"; } );",
      "t.conf:2: templates[1].technologies: register 0310 is set by name and raw, here and in t.conf:1; keep one" },
    { "registers = [ \"0315=00FFFFFFFFFFFF\" ];\ntemplates: ( { type = \"mifare-classic\"; key_type = \"b\"; } );",
      "t.conf:2: templates[1].key_type: register 0315 is set by name and raw, here and in t.conf:1; keep one" },
};

START_TEST(raw_registers_go_through_the_same_rules)
{
    ck_assert_msg(parse(raw_mistakes[_i].entry) == NULL, "%s", raw_mistakes[_i].entry);
    char *said = all_of(errors);
    cut_technologies(said);
    ck_assert_str_eq(said, raw_mistakes[_i].says);
    free(said);
}
END_TEST

#define IDLE(name) "t.conf:2: templates[1]." name " (register 0315): has no effect while authentication is \"none\""

static const struct mistake idles[] = {
    { DESFIRE "communication = \"mac\"; key_index = 1; key = \"" KEY "\"; diversification = \"an10922\";",
      IDLE("communication") "\n" IDLE("diversification") "\n" IDLE("key_index") "\n" IDLE("key") },
    { "type = \"iso-data\";", "t.conf:2: templates[1]: no APDU is set, so no card matches; next: set apdu_1" },
    { "type = \"iso-data\"; apdu_2 = \"00B00000\"; mode = \"string\"; long_length = 4;",
      "t.conf:2: templates[1].long_length (register 0311): has no effect while long is false" },
    { "type = \"iso-data\"; apdu_1 = \"00B00000\"; mode = \"string\"; long = true; long_length = 4; short_length = 4;",
      "t.conf:2: templates[1].short_length (register 0311): has no effect while long is true" },
    { "type = \"ndef-data\"; tnf = \"text\"; ndef_type = \"T\";",
      "t.conf:2: templates[1].ndef_type (register 0316): has no effect with this tnf, which says the type by itself" },
    { "type = \"ndef-data\"; ndef_type = \"T\";", "" },
};

START_TEST(what_has_no_effect_beside_another_setting_is_noted)
{
    char *text = text_format("templates: ( {\n%s } );\n", idles[_i].entry);

    config_free(good(text));
    char *said = all_of(notes);
    ck_assert_str_eq(said, idles[_i].says);
    free(said);
    free(text);
}
END_TEST

#define LIBNFC "readers: ( { driver = \"libnfc\"; connection = \"pn532_uart:/dev/ttyS0\"; } );\n"
#define BEYOND(what)                                                                                                   \
    "t.conf:2: templates[1].technologies (register 0310): has no effect: libnfc's readers cannot " what                \
    ", and there is no other reader; next: use a PC/SC reader"

#ifdef HAVE_LIBNFC
static const struct mistake beyonds[] = {
    { "templates: ( {\ntype = \"iso15693-memory\"; } );\n" LIBNFC, BEYOND("look for ISO/IEC 15693") },
    { "templates: ( {\ntechnologies = \"ndef-t5t\"; } );\n" LIBNFC, BEYOND("look for ISO/IEC 15693") },
    { "templates: ( {\ntechnologies = \"nfc-v\"; } );\n" LIBNFC, BEYOND("look for ISO/IEC 15693") },
    { "templates: ( {\ntechnologies = \"picotag-b\"; } );\n" LIBNFC, BEYOND("look for PicoTags") },
    { "templates: ( {\ntechnologies = \"iso-72\"; apdu_1 = \"00B00000\"; } );\n" LIBNFC,
      BEYOND("send APDUs to Innovatron cards") },
    { "templates: ( {\ntechnologies = \"ndef-tags\"; } );\n" LIBNFC, "" },
    { "templates: ( {\ntechnologies = \"innovatron\"; } );\n" LIBNFC, "" },
    { "templates: ( {\ntype = \"iso15693-memory\"; } );\n", "" },
};

START_TEST(what_libnfc_cannot_reach_is_noted_where_there_is_no_other_reader)
{
    config_free(good(beyonds[_i].entry));
    char *said = all_of(notes);
    ck_assert_str_eq(said, beyonds[_i].says);
    free(said);
}
END_TEST
#endif

START_TEST(registers_that_a_type_has_not_are_kept_and_noted)
{
    struct config *config = good("registers = [ \"0310=62\", \"0315=0011\", \"0316=22\", \"0338=33\" ];\n");
    char *said = all_of(notes);

    assert_template(config, 0, "62 0000 - 000000 00 0011 22", "raw");
    ck_assert_str_eq(said,
                     "t.conf:1: registers (register 0315): \"(set)\" has no effect: kept for a device; the template's type has"
                     " no such register\n"
                     "t.conf:1: registers (register 0316): \"22\" has no effect: kept for a device; the template's type has no"
                     " such register\n"
                     "t.conf:1: registers (register 0338): \"(set)\" has no effect: kept for a device; the template's type has"
                     " no such register");
    free(said);
    config_free(config);
}
END_TEST

START_TEST(protocol_bytes_are_a_matter_of_id_only)
{
    /* The bit of `content` is `clean` here. */
    config_free(good("templates: ( { type = \"iso15693-memory\"; clean = true; } );\nregisters = [ \"0320=54\","
                     " \"0321=1000\" ];\n"));
    ck_assert_uint_eq(errors_count(notes), 0);
}
END_TEST

START_TEST(a_key_may_stand_in_a_file)
{
    char folder[] = "/tmp/springpark-check-XXXXXX";

    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = text_format("%s/key", folder), *conf = text_format("%s/t.conf", folder);
    FILE *file = fopen(path, "w");
    fputs("A0A1A2A3A4A5\n", file);
    fclose(file);
    const char *text = "templates: ( { type = \"mifare-classic\"; key = \"file:key\"; key_type = \"b\"; } );\n";
    struct config *config = config_parse_text(text, strlen(text), conf, true, "", errors, notes);
    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    assert_template(config, 0, "61 0000 - 0000000000 00 80A0A1A2A3A4A5", text);
    config_free(config);
    unlink(path);
    rmdir(folder);
    free(conf);
    free(path);
}
END_TEST

/* ---- the tables -------------------------------------------------------------------------------------------------- */

START_TEST(each_sample_of_a_type_is_right)
{
    size_t count;
    const struct register_type *types = register_types(&count);

    for (size_t i = 0; i < count && types[i].refused_because == NULL; i++) {
        char *text = text_format("templates: ( %s );", types[i].sample);
        char *secret = strstr(text, "file:/etc/springpark/private/desfire.key");

        if (secret != NULL) {
            char *end = secret + strlen("file:/etc/springpark/private/desfire.key");

            memmove(secret + 32, end, strlen(end) + 1);
            memset(secret, '5', 32);
        }
        struct config *config = good(text);
        ck_assert_str_eq(registers_type(config_registers(config), 0)->name, types[i].name);
        ck_assert_uint_eq(errors_count(notes), 0);
        config_free(config);
        free(text);
    }
}
END_TEST

START_TEST(types_and_technologies_are_the_same_in_all_tables)
{
    size_t count, lookups = 0, options = 0;
    const struct register_type *types = register_types(&count);
    const struct register_def *def;
    const struct field_def *field = register_find_field("templates.technologies", &def);

    for (size_t i = 0; i < count; i++) {
        const struct field_option *option = &register_type_options[i];

        ck_assert_uint_eq(option->value, i);
        ck_assert_str_eq(option->name, types[i].name);
        ck_assert_str_eq(option->title, types[i].title);
        ck_assert_int_eq(option->refused_because != NULL, types[i].refused_because != NULL);
        ck_assert_int_eq(types[i].about != NULL, types[i].refused_because == NULL);
        for (size_t k = 0; k < types[i].lookups_count; k++, lookups++) {
            option = field_option_by_value(field, types[i].lookups[k]);
            ck_assert_ptr_nonnull(option);
            ck_assert_ptr_eq(register_type_of_lookup(types[i].lookups[k]), &types[i]);
            ck_assert(types[i].refused_because == NULL || strcmp(option->refused_because, types[i].refused_because) == 0);
        }
        ck_assert(types[i].refused_because != NULL ||
                  field_option_by_value(field, types[i].lookups[0])->refused_because == NULL);
    }
    ck_assert_ptr_null(register_type_options[count].name);
    ck_assert_ptr_null(register_type_of_lookup(0));
    for (const struct field_option *option = field->options; option->name != NULL; option++)
        options += option->value != 0;
    ck_assert_uint_eq(options, lookups);
}
END_TEST

/* ---- the vendor's JSON, and back --------------------------------------------------------------------------------- */

static struct registers *copy_of(const struct config *config)
{
    struct registers *registers = registers_create();

    registers_copy(config_registers(config), registers);
    return registers;
}

static char *export_of(const struct registers *registers, bool secrets)
{
    json_t *root = vendor_file_make(registers, true, secrets, notes);
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}

static struct registers *import_of(const char *json)
{
    struct vendor_file *file = vendor_file_parse(json, strlen(json), "f.json", NULL, errors);
    struct registers *registers = registers_create();

    ck_assert_msg(file != NULL, "%s: %s", json, errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    vendor_file_fill(file, registers);
    vendor_file_free(file);
    return registers;
}

/* text brought to the registers, which it must have then. */
static char *put(const char *text, const struct registers *registers)
{
    char *made = config_put_registers(text, "t.conf", registers, errors);

    ck_assert_msg(made != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "");
    return made;
}

/* Through JSON and a file that says nothing, or something else of the same instance. */
static void assert_round_trip(unsigned row, const char *before)
{
    char *text = entry_text(rows[row].entry);
    struct config *config = good(text);
    struct registers *registers = copy_of(config);
    char *json = export_of(registers, true);
    struct registers *read = import_of(json);
    char *made = put(before, read);
    struct config *again = good(made);
    struct registers *after = copy_of(again);
    char *back = export_of(after, true), *same = put(made, read);

    assert_template(again, 1, rows[row].registers, made);
    ck_assert_str_eq(back, json);
    ck_assert_str_eq(same, made);
    free(same);
    free(back);
    free(made);
    free(json);
    free(text);
    registers_free(after);
    registers_free(read);
    registers_free(registers);
    config_free(again);
    config_free(config);
}

/* LKL 00 is no LKL for a device. */
static bool is_off(unsigned row)
{
    return strncmp(rows[row].registers, "00", 2) == 0;
}

START_TEST(each_type_makes_the_round_trip_through_json)
{
    if (!is_off((unsigned) _i))
        assert_round_trip((unsigned) _i, "# mine\n");
}
END_TEST

START_TEST(a_template_of_another_type_makes_way)
{
    const unsigned other = (unsigned) (_i + (int) (sizeof rows / sizeof rows[0]) / 2) % (sizeof rows / sizeof rows[0]);
    char *before = entry_text(rows[other].entry);

    if (!is_off((unsigned) _i))
        assert_round_trip((unsigned) _i, before);
    free(before);
}
END_TEST

static const struct {
    const char *before, *json, *after;
} imports[] = {
    { "", "{ \"templates\": { \"10\": \"61\", \"13\": \"0000040000\", \"15\": \"80A0A1A2A3A4A5\" } }",
      "templates: ( { technologies = \"mifare-classic\"; address = 4; key_type = \"b\"; key = \"A0A1A2A3A4A5\"; } );\n" },
    /* LKL behind what depends on it, and a text */
    { "", "{ \"0316\": \"5370\", \"0315\": \"01\", \"0311\": \"5020\", \"0310\": \"42\" }",
      "templates: ( { technologies = \"ndef-t2t\"; mode = \"string\"; long = true; long_length = 32;"
      " tnf = \"well-known\"; ndef_type = \"Sp\"; } );\n" },
    { "", "{ \"0310\": \"72\", \"0317\": \"00B00000\" }",
      "templates: ( { technologies = \"iso-72\"; apdu_3 = \"00B00000\"; } );\n" },
    { "", "{ \"0310\": \"54\", \"0313\": \"050102\", \"0312\": \"61\" }",
      "templates: ( { technologies = \"iso15693-memory\"; prefix = \"a\"; address = 5; shift_bytes = 1; shift_bits = 2; } );\n" },
    { "", "{ \"0310\": \"62\", \"0311\": \"1800\" }",
      "templates: ( { technologies = \"mifare-ultralight\"; clean = true; format = \"hex-16\"; } );\n" },
    { "", "{ \"0310\": \"71\", \"0313\": \"F51BC0C1000001100000\", \"0314\": \"30\", \"0315\": \"C103" KEY "\" }",
      "templates: ( { technologies = \"desfire-data\"; application = 16063424; command = \"read-record-ab\"; file = 1;"
      " offset = 1; length = 16; iso_wrapping = true; select_application = true; communication = \"encrypted\"; key_index = 1;"
      " authentication = \"aes-ev1\"; key = \"" KEY "\"; } );\n" },
    { "", "{ \"0310\": \"70\", \"0311\": \"C500\", \"0315\": \"0001" ZEROS "\" }",
      "templates: ( { technologies = \"desfire-id\"; swap = \"all\"; format = \"hex-7\"; authentication = \"des-ev0\";"
      " key = \"" ZEROS "\"; } );\n" },
    /* the entry stays where it may, and is written anew where it has settings of another type or mode */
    { "templates: ( { type = \"ndef-data\"; /* mine */ tnf = \"uri\"; } );\n", "{ \"0310\": \"4E\", \"0315\": \"54\" }",
      "templates: ( { type = \"ndef-data\"; /* mine */ tnf = \"text\"; } );\n" },
    { "templates: ( { type = \"ndef-data\"; tnf = \"uri\"; } ); # mine\n", "{ \"0310\": \"62\", \"0313\": \"040000\" }",
      "templates: ( { technologies = \"mifare-ultralight\"; address = 4; } ); # mine\n" },
    { "templates: ( { type = \"mifare-ultralight\"; format = \"hex\"; prefix = \"\\\"\\t\"; } );\n",
      "{ \"0310\": \"62\", \"0311\": \"4000\", \"0312\": \"225C\" }",
      "templates: ( { technologies = \"mifare-ultralight\"; mode = \"string\"; prefix = \"\\\"\\\\\"; } );\n" },
    { "registers = [ \"0310=61\", \"0315=00FFFFFFFFFFFF\" ];\n", "{ \"0310\": \"61\", \"0315\": \"00FFFFFFFFFFFF\" }",
      "registers = [ ];\n\ntemplates: ( { technologies = \"mifare-classic\"; key = \"FFFFFFFFFFFF\"; } );\n" },
};

START_TEST(a_file_of_the_vendor_becomes_settings_of_the_type)
{
    struct registers *registers = import_of(imports[_i].json);
    char *made = put(imports[_i].before, registers);

    ck_assert_str_eq(made, imports[_i].after);
    free(made);
    registers_free(registers);
}
END_TEST

static const struct mistake wrong_imports[] = {
    { "{ \"0310\": \"61\", \"0313\": \"0000\" }", "f.json:1: 0313: a value of 2 bytes is not allowed: exactly 5" },
    { "{ \"0313\": \"0000000000\",\n\"0310\": \"FF\" }", "f.json:1: 0313: a value of 5 bytes is not allowed: exactly 2" },
    { "{ \"0310\": \"61\", \"0315\": \"01FFFFFFFFFFFF\" }",
      "f.json:1: 0315: reserved bits (register 0315): reserved bits are not as in the default; leave them so" },
    { "{ \"0310\": \"71\", \"0315\": \"0023" ZEROS "\" }",
      "f.json:1: 0315: templates.key_location (register 0315): \"sam\" is not allowed: " NO_SAM "; allowed: \"template\"" },
    { "{ \"0311\": \"0E01FF\", \"0310\": \"78\" }",
      "f.json:1: 0310: templates.technologies (register 0310): \"calypso\" is not allowed: " UNPUBLISHED },
    { "{ \"templates\": { \"10\": \"4E\", \"15\": \"06\" } }",
      "f.json:1: templates.15: templates.tnf (register 0315): the value 6 (hex) is not allowed: one of \"default\","
      " \"well-known\", \"media\", \"absolute-uri\", \"external\", \"springcard\", \"text\", \"uri\", \"any\"" },
};

START_TEST(a_wrong_file_of_the_vendor_is_refused_by_the_rules_of_the_type)
{
    const char *json = wrong_imports[_i].entry;

    ck_assert_ptr_null(vendor_file_parse(json, strlen(json), "f.json", NULL, errors));
    char *said = all_of(errors);
    cut_technologies(said);
    ck_assert_str_eq(said, wrong_imports[_i].says);
    free(said);
}
END_TEST

START_TEST(a_file_that_leaves_lkl_out_is_read_by_the_present_type)
{
    static const char json[] = "{ \"0313\": \"0000050000\" }";
    struct config *config = good("templates: ( { " CLASSIC "} );");
    struct vendor_file *file = vendor_file_parse(json, strlen(json), "f.json", config_registers(config), errors);
    struct registers *registers = copy_of(config);

    ck_assert_ptr_nonnull(file);
    vendor_file_fill(file, registers);
    char *made = put("templates: ( { " CLASSIC "} );", registers);
    ck_assert_str_eq(made, "templates: ( { " CLASSIC "address = 5; } );");
    free(made);
    registers_free(registers);
    vendor_file_free(file);
    config_free(config);
}
END_TEST

START_TEST(keys_stay_out_of_an_export_without_secrets)
{
    struct config *config = good("templates: ( { " CLASSIC "address = 4; }, { type = \"desfire-data\"; authentication ="
                                 " \"aes-ev2\"; key = \"" KEY "\"; }, { type = \"iso-data\"; apdu_1 = \"00A40000\"; },"
                                 " { type = \"ndef-data\"; tnf = \"text\"; } );");
    struct registers *registers = copy_of(config);
    char *json = export_of(registers, false), *said = all_of(notes);

    ck_assert_ptr_null(strstr(json, "\"0315\""));
    ck_assert_ptr_null(strstr(json, "\"0325\""));
    ck_assert_ptr_nonnull(strstr(json, "\"0335\":\"00A40000\""));
    ck_assert_ptr_nonnull(strstr(json, "\"0345\":\"54\""));
    ck_assert_str_eq(said, "register 0315 (template_register_5) is a secret and left out; --secrets writes it, too\n"
                           "register 0325 (template_register_5) is a secret and left out; --secrets writes it, too");
    free(said);
    free(json);
    registers_free(registers);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_templates");
    TCase *cases = tcase_create("config_templates");
    const int rows_count = sizeof rows / sizeof rows[0];

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, each_setting_of_each_type_is_in_its_bits, 0, rows_count);
    tcase_add_loop_test(cases, the_same_registers_may_be_set_raw, 0, rows_count);
    tcase_add_test(cases, the_type_of_a_raw_register_may_stand_behind_it_or_in_the_list_of_templates);
    tcase_add_loop_test(cases, each_mistake_is_said_in_these_words, 0, sizeof mistakes / sizeof mistakes[0]);
    tcase_add_loop_test(cases, raw_registers_go_through_the_same_rules, 0, sizeof raw_mistakes / sizeof raw_mistakes[0]);
    tcase_add_loop_test(cases, what_has_no_effect_beside_another_setting_is_noted, 0, sizeof idles / sizeof idles[0]);
#ifdef HAVE_LIBNFC
    tcase_add_loop_test(cases, what_libnfc_cannot_reach_is_noted_where_there_is_no_other_reader, 0,
                        sizeof beyonds / sizeof beyonds[0]);
#endif
    tcase_add_test(cases, registers_that_a_type_has_not_are_kept_and_noted);
    tcase_add_test(cases, protocol_bytes_are_a_matter_of_id_only);
    tcase_add_test(cases, a_key_may_stand_in_a_file);
    tcase_add_test(cases, each_sample_of_a_type_is_right);
    tcase_add_test(cases, types_and_technologies_are_the_same_in_all_tables);
    tcase_add_loop_test(cases, each_type_makes_the_round_trip_through_json, 0, rows_count);
    tcase_add_loop_test(cases, a_template_of_another_type_makes_way, 0, rows_count);
    tcase_add_loop_test(cases, a_file_of_the_vendor_becomes_settings_of_the_type, 0, sizeof imports / sizeof imports[0]);
    tcase_add_loop_test(cases, a_wrong_file_of_the_vendor_is_refused_by_the_rules_of_the_type, 0,
                        sizeof wrong_imports / sizeof wrong_imports[0]);
    tcase_add_test(cases, a_file_that_leaves_lkl_out_is_read_by_the_present_type);
    tcase_add_test(cases, keys_stay_out_of_an_export_without_secrets);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
