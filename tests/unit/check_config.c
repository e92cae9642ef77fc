/* SPDX-License-Identifier: MIT */
#include "device/config.h"
#include "device/config_extensions.h"
#include "device/sample.h"

#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct errors *errors;
static struct errors *notes;
static char folder[64];

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
    strcpy(folder, "/tmp/springpark-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    errors_free(errors);
    errors_free(notes);
    static const char *const names[] = { "main.conf", "part.conf", "secret", "sub" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = text_format("%s/%s", folder, names[i]);

        if (unlink(path) != 0)
            rmdir(path);
        free(path);
    }
    rmdir(folder);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes);
}

static struct config *good(const char *text)
{
    struct config *config = parse(text);

    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "no config, no error");
    ck_assert_uint_eq(errors_count(errors), 0);
    return config;
}

static void write_file(const char *name, const char *text)
{
    char *path = text_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static struct config *load(const char *name)
{
    char *path = text_format("%s/%s", folder, name);
    struct config *config = config_load(path, "", errors, notes);

    free(path);
    return config;
}

static void expect_register(const struct config *config, uint16_t address, const char *bytes, size_t size)
{
    size_t size_bytes;
    const uint8_t *value = registers_get(config_registers(config), address, &size_bytes);

    ck_assert_uint_eq(size_bytes, size);
    ck_assert_mem_eq(value, bytes, size);
}

START_TEST(an_empty_file_gives_the_defaults_and_no_broker)
{
    struct config *config = good("");
    const struct settings *settings = config_settings(config);

    ck_assert_str_eq(settings->mqtt.broker, "");
    ck_assert_uint_eq(settings->mqtt.port, 8883);
    ck_assert(settings->mqtt.tls.enabled && settings->mqtt.tls.sni && settings->mqtt.tls.verify_name);
    ck_assert_int_eq(settings->mqtt.tls.trust, SETTINGS_TRUST_PKI);
    ck_assert(settings->mqtt.tls.client_auth);
    ck_assert(!settings->mqtt.tls.chain); /* slot F is empty */
    ck_assert_uint_eq(settings->mqtt.tls.ca_slot, 9);
    ck_assert_uint_eq(settings->mqtt.tls.certificate_slot, 13);
    ck_assert_uint_eq(settings->mqtt.tls.key_slot, 13);
    ck_assert_uint_eq(settings->mqtt.tls.chain_slot, 15);
    ck_assert_uint_eq(settings->mqtt.publish_qos, 1);
    ck_assert_uint_eq(settings->mqtt.subscribe_qos, 1);
    ck_assert(settings->mqtt.last_will && settings->mqtt.retained);
    ck_assert_uint_eq(settings->mqtt.connect_timeout_s, 20);
    ck_assert_uint_eq(settings->mqtt.response_timeout_s, 3);
    ck_assert_uint_eq(settings->mqtt.keep_alive_s, 10);
    ck_assert_uint_eq(settings->mqtt.status_interval_s, 30);
    ck_assert_uint_eq(settings->mqtt.reconnect_interval_s, 30);
    ck_assert_int_eq(settings->mqtt.version, SETTINGS_MQTT_AUTO);
    ck_assert_str_eq(settings->mqtt.topic_prefix, "springcard/springcore");
    ck_assert_str_eq(settings->certificates[9].source, "amazon");
    ck_assert_str_eq(settings->certificates[13].source, "");
    ck_assert_str_eq(settings->keys[9].source, "");
    ck_assert(!settings->smart_reader.insert_remove && !settings->smart_reader.must_leave);
    ck_assert_uint_eq(settings->smart_reader.network_format, 2);
    ck_assert_uint_eq(settings->smart_reader.read_interval_ms, 1000);
    ck_assert_uint_eq(settings->smart_reader.repeat_interval_ms, 3000);
    ck_assert_uint_eq(settings->smart_reader.debounce_ms, 300);
    ck_assert_int_eq(settings->smart_reader.activation, SETTINGS_ACTIVATION_JOURNAL);
    ck_assert(!settings->templates[0].enabled && !settings->templates[3].enabled);
    ck_assert_uint_eq(settings->readers_count, 1);
    ck_assert_str_eq(settings->readers[0].driver, "pcsc");
    ck_assert_str_eq(settings->readers[0].name, "*");
    ck_assert_str_eq(settings->state_directory, SPRINGPARK_STATE_DIRECTORY);
    ck_assert(settings->message_sequence && settings->message_date_time);
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
}
END_TEST

static const char whole_file[] =
    "profile: { network = \"mqtt-client\"; primary = \"smart-reader\"; };\n"
    "mqtt:\n{\n"
    "  broker = \"xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com.and.longer.than.48\"; port = 443; login = \"u\";\n"
    "  password = \"p\"; client_id = \"c\"; device_id = \"d\"; topic_prefix = \"a/b\"; version = \"3.1.1\";\n"
    "  tls: { enabled = true; sni = false; verify_name = false; trust = \"pki\"; ca_slot = 0x8; client_auth = true;\n"
    "         certificate_slot = 0xA; key_slot = 0xB; chain = true; chain_slot = 0xE; };\n"
    "  options: { publish_qos = 0; subscribe_qos = 0; last_will = false; retained = false; keep_alive = 60;\n"
    "             connect_timeout = 7; response_timeout = 9; status_interval = 0; reconnect_interval = 99; };\n"
    "};\n"
    "smart_reader: { insert_remove = true; activate_on_startup = true; read_interval = 0; repeat_interval = 255;\n"
    "                debounce_ms = 0; activation = \"journal\"; };\n"
    "templates: ( { type = \"id-only\"; technologies = \"nfc-a+b\"; format = \"hex-8\"; swap = \"all\";\n"
    "               padding = \"ff-right\"; content = \"protocol\"; prefix = \"\\\\tAB\"; shift_bytes = 1; shift_bits = 7;\n"
    "               token = \"letter\"; token_position = \"after-data\"; }, { } );\n"
    "readers: ( { driver = \"pcsc\"; name = \"SpringCard*\"; label = \"door\"; },\n"
    "           { driver = \"script\"; path = \"/run/x\"; label = \"sim\"; } );\n"
    "certificates: { slot_8 = \"/ca\"; slot_A = \"/crt\"; slot_e = \"chain.pem\"; };\n"
    "keys: { slot_B = \"/key\"; };\n"
    "journal: { directory = \"/state\"; };\n"
    "device: { serial = \"S1\"; inventory = \"I1\"; location = \"L1\"; };\n"
    "messages: { sequence = false; date_time = false; };\n";

START_TEST(every_setting_reaches_its_place)
{
    struct config *config = config_parse_text(whole_file, sizeof whole_file - 1, "/etc/sp/t.conf", false, "gate", errors,
                                              notes);
    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
    const struct settings *settings = config_settings(config);
    const struct settings_mqtt *mqtt = &settings->mqtt;

    ck_assert_str_eq(settings->instance, "gate");
    ck_assert_str_eq(mqtt->broker, "xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com.and.longer.than.48");
    ck_assert_uint_eq(mqtt->port, 443);
    ck_assert_str_eq(mqtt->login, "u");
    ck_assert_str_eq(mqtt->password, "p");
    ck_assert_str_eq(mqtt->client_id, "c");
    ck_assert_str_eq(mqtt->device_id, "d");
    ck_assert_str_eq(mqtt->topic_prefix, "a/b");
    ck_assert_int_eq(mqtt->version, SETTINGS_MQTT_3_1_1);
    ck_assert(mqtt->tls.enabled && !mqtt->tls.sni && !mqtt->tls.verify_name && mqtt->tls.client_auth && mqtt->tls.chain);
    expect_register(config, 0x0288, "\x31\x08\x8A\x4B\x8E", 5);
    expect_register(config, 0x0289, "\x00\x07\x09\x3C\x00\x63", 6);
    ck_assert_uint_eq(mqtt->tls.chain_slot, 14);
    ck_assert(!mqtt->last_will && !mqtt->retained && mqtt->publish_qos == 0 && mqtt->subscribe_qos == 0);
    ck_assert_uint_eq(mqtt->keep_alive_s, 60);
    ck_assert_uint_eq(mqtt->status_interval_s, 0);
    ck_assert_uint_eq(mqtt->reconnect_interval_s, 99);
    expect_register(config, 0x02A0, "\x11\x03\x00\x02\x00", 5);
    expect_register(config, 0x02A1, "\x00\xFF", 2);
    ck_assert(settings->smart_reader.insert_remove && settings->smart_reader.activate_on_startup);
    ck_assert(settings->smart_reader.must_leave);
    ck_assert_uint_eq(settings->smart_reader.read_interval_ms, 0);
    ck_assert_uint_eq(settings->smart_reader.debounce_ms, 0);
    const struct settings_template *first = &settings->templates[0];
    ck_assert(first->enabled);
    ck_assert_uint_eq(first->lookup, 0x03);
    ck_assert_mem_eq(first->output_format, "\xF2\x00", 2);
    ck_assert_str_eq(first->prefix, "\\tAB");
    ck_assert_mem_eq(first->location, "\x01\x07", 2);
    ck_assert_uint_eq(first->options, 0x0A);
    ck_assert(settings->templates[1].enabled);
    ck_assert_uint_eq(settings->templates[1].lookup, 0xFF);
    ck_assert(!settings->templates[2].enabled);
    ck_assert_uint_eq(settings->readers_count, 2);
    ck_assert_str_eq(settings->readers[0].name, "SpringCard*");
    ck_assert_str_eq(settings->readers[0].label, "door");
    ck_assert_int_eq(settings->readers[0].line, 16);
    ck_assert_str_eq(settings->readers[1].driver, "script");
    ck_assert_str_eq(settings->readers[1].path, "/run/x");
    ck_assert_str_eq(settings->certificates[8].source, "/ca");
    ck_assert_str_eq(settings->certificates[14].source, "/etc/sp/chain.pem");
    ck_assert_int_eq(settings->certificates[14].line, 18);
    ck_assert_str_eq(settings->keys[11].source, "/key");
    ck_assert_str_eq(settings->state_directory, "/state");
    ck_assert_str_eq(settings->serial, "S1");
    ck_assert_str_eq(settings->inventory, "I1");
    ck_assert_str_eq(settings->location, "L1");
    ck_assert(!settings->message_sequence && !settings->message_date_time);
    config_free(config);
}
END_TEST

#define SLOTS "certificates: { slot_D = \"/c\"; }; keys: { slot_D = \"/k\"; };"

/* A file with just this mistake, and what is said of it. */
static const struct mistake {
    const char *text;
    const char *message;
} mistakes[] = {
    { "\nmqtt: { options: { keep_alive = 3; }; };",
      "t.conf:2: mqtt.options.keep_alive (register 0289): 3 is not allowed: 5 to 255 s; with 0 a dead link would never"
      " be noticed, and libmosquitto takes nothing from 1 to 4 s" },
    { "mqtt: { options: { keep_alive = 0; }; };",
      "t.conf:1: mqtt.options.keep_alive (register 0289): 0 is not allowed: 5 to 255 s; " },
    { "mqtt: { options: { keep_alive = 256; }; };",
      "t.conf:1: mqtt.options.keep_alive (register 0289): 256 is not allowed: 5 to 255 s" },
    { "mqtt: { options: { keep_alive = -1; }; };",
      "t.conf:1: mqtt.options.keep_alive (register 0289): -1 is not allowed: 5 to 255 s" },
    { "mqtt: { options: { keep_alive = \"60\"; }; };",
      "t.conf:1: mqtt.options.keep_alive (register 0289): needs a number (5 to 255 s), not a text" },
    { "mqtt: { options: { keep_alive = 6.5; }; };",
      "t.conf:1: mqtt.options.keep_alive (register 0289): needs a number (5 to 255 s), not a number with a fraction" },
    { "mqtt: { options: { publish_qos = 2; }; };",
      "t.conf:1: mqtt.options.publish_qos (register 0289): 2 is not allowed: 0 to 1; AWS IoT Core has no QoS 2" },
    { "mqtt: { options: { last_will = 1; }; };",
      "t.conf:1: mqtt.options.last_will (register 0289): needs true or false (true or false), not a number" },
    { "profile: { network = \"http-client\"; };",
      "t.conf:1: profile.network (register 02C0): \"http-client\" is not allowed: this gateway is an MQTT client" },
    { "profile: { primary = \"pcsc\"; };",
      "t.conf:1: profile.primary (register 02C0): \"pcsc\" is not allowed: this gateway is a Smart Reader" },
    { "profile: { primary = \"toaster\"; };",
      "t.conf:1: profile.primary (register 02C0): \"toaster\" is not allowed: one of \"smart-reader\"" },
    { "smart_reader: { explicit_activation = true; };",
      "t.conf:1: smart_reader.explicit_activation (register 02A0): true is not allowed: a start command over MQTT is"
      " not in this version; allowed: false" },
    { "smart_reader: { network_format = \"scrdr\"; };",
      "t.conf:1: smart_reader.network_format (register 02A0): \"scrdr\" is not allowed: $SCRDR lines are not in this"
      " version; write \"json\"" },
    { "smart_reader: { activation = \"broker\"; };",
      "t.conf:1: smart_reader.activation: \"broker\" is not allowed: reading only while the broker" },
    { "smart_reader: { debounce_ms = 10001; };", "t.conf:1: smart_reader.debounce_ms: 10001 is not allowed: 0 to 10000 ms" },
    { "mqtt: { version = 5; };", "t.conf:1: mqtt.version: needs a text (\"auto\", \"5\", \"3.1.1\"), not a number" },
    { "mqtt: { tls: { trust = \"any\"; }; };", "t.conf:1: mqtt.tls.trust (register 0288): \"any\" is not allowed: " },
    { "mqtt: { tls: { trust = \"server\"; }; };", "t.conf:1: mqtt.tls.trust (register 0288): \"server\" is not allowed: " },
    { "mqtt: { tls: { trust = \"ca\"; }; };", "t.conf:1: mqtt.tls.trust (register 0288): \"ca\" is not allowed: " },
    { "mqtt: { tls: { ca_slot = 16; }; };", "t.conf:1: mqtt.tls.ca_slot (register 0288): 16 is not allowed: 0 to 15" },
    { "mqtt: { broker = \"mqtts://h\"; };" SLOTS, "t.conf:1: mqtt.broker (register 0286): only the name or address belongs"
      " here; leave the scheme out" },
    { "mqtt: { broker = \"h:8883\"; };" SLOTS, "t.conf:1: mqtt.broker (register 0286): only the name or address belongs here;"
      " write the port in mqtt.port" },
    { "mqtt: { broker = \"[::1]\"; };" SLOTS, "t.conf:1: mqtt.broker (register 0286): an IPv6 address is written without" },
    { "mqtt: { broker = \"a b\"; };" SLOTS, "t.conf:1: mqtt.broker (register 0286): a host name has only letters" },
    { "registers = [\"0286=6D71747473\\x3a2F2F\"];", "t.conf:1: registers (register 0286): the value must be an even" },
    { "registers = [\"0286=6D7174743A2F2F68\"];" SLOTS, "t.conf:1: mqtt.broker (register 0286): only the name or address" },
    { "mqtt: { topic_prefix = \"a/#\"; };", "t.conf:1: mqtt.topic_prefix (register 028E): '+' and '#' are not allowed" },
    { "mqtt: { topic_prefix = \"/a\"; };", "t.conf:1: mqtt.topic_prefix (register 028E): the prefix must not begin or end" },
    { "mqtt: { topic_prefix = \"\"; };", "t.conf:1: mqtt.topic_prefix (register 028E): the prefix must not be empty" },
    { "mqtt: { device_id = \"a/b\"; };", "t.conf:1: mqtt.device_id (register 028F): '/' is not allowed" },
    { "mqtt: { client_id = \"\xC3\xBC\"; };", "t.conf:1: mqtt.client_id (register 028D): only printable ASCII" },
    { "device: { serial = \"a+b\"; };", "t.conf:1: device.serial: '+' and '#' are not allowed" },
    { "device: { location = \"12345678901234567\"; };",
      "t.conf:1: device.location (register 0202): a text of 17 bytes is too long: at most 16" },
    { "device: { location = \"a\x01\"; };", "t.conf:1: device.location (register 0202): byte 2 is not allowed: a control" },
    { "mqtt: { password = \"p\"; };", "t.conf:1: mqtt.password (register 028C): a password without a user name" },
    { "mqtt: { broker = \"h\"; }; certificates: { slot_D = \"/c\"; };",
      "t.conf:1: keys.slot_D is not set, but mqtt.tls.key_slot (register 0288) names it" },
    { "mqtt: { broker = \"h\"; tls: {\nca_slot = 5; }; };" SLOTS,
      "t.conf:2: certificates.slot_5 is not set, but mqtt.tls.ca_slot (register 0288) names it" },
    { "mqtt: { broker = \"h\"; tls: {\nchain = true; }; };" SLOTS,
      "t.conf:1: certificates.slot_F is not set, but mqtt.tls.chain_slot (register 0288) names it" },
    { "keys: { slot_D = \"amazon\"; };", "t.conf:1: keys.slot_D: \"amazon\" stands for certificates" },
    { "keys: { slot_D = \"pkcs11:token=x\"; };", "t.conf:1: keys.slot_D: PKCS#11 tokens (\"pkcs11:...\") are not in this" },
    { "keys: { slot_G = \"x\"; };", "t.conf:1: keys.slot_G: unknown setting; did you mean keys.slot_" },
    { "keys: { slot_d = \"x\";\nslot_D = \"y\"; };", "t.conf:2: keys.slot_D: the slot is set twice, here and in line 1" },
    { "mqtt: { keep_alive = 60; };", "t.conf:1: mqtt.keep_alive: unknown setting; did you mean mqtt.options.keep_alive?" },
    { "mqtt: { options: { kepalive = 60; }; };",
      "t.conf:1: mqtt.options.kepalive: unknown setting; did you mean mqtt.options.keep_alive?" },
    { "mqt: { };", "t.conf:1: mqt: unknown setting; did you mean mqtt?" },
    { "weather = \"fine\";", "t.conf:1: weather: unknown setting; next: see" },
    { "mqtt = 5;", "t.conf:1: mqtt: needs a group, not a number" },
    { "templates = 5;", "t.conf:1: templates: needs a list, not a number" },
    { "templates: ( 5 );", "t.conf:1: templates: needs a group, not a number" },
    { "templates: ( {}, {}, {}, {}, {} );", "t.conf:1: templates: there are only 4 instances" },
    { "templates: ( { }, { type = \"ndef-data\"; } );",
      "t.conf:1: templates[2].type: \"ndef-data\" is not allowed: template type NDEF Data is not in this version" },
    { "templates: ( { }, { shift_bits = 8; } );",
      "t.conf:1: templates[2].shift_bits (register 0323): 8 is not allowed: 0 to 7" },
    { "templates: ( { swop = \"all\"; } );", "t.conf:1: templates[1].swop: unknown setting; did you mean templates.swap?" },
    { "templates: ( { format = \"reserved-7\"; } );", "t.conf:1: templates[1].format (register 0311): \"reserved-7\" is not"
      " allowed: the value is reserved by the device; allowed: \"decimal-10\", \"hex-4\"," },
    { "templates: ( { prefix = \"123456789\"; } );", "t.conf:1: templates[1].prefix (register 0312): a text of 9 bytes" },
    { "registers = [ \"0310=4E\" ];",
      "t.conf:1: templates.technologies (register 0310): \"ndef-tags\" is not allowed: template type NDEF Data is not" },
    { "registers = [ \"0310=05\" ];", "t.conf:1: templates.technologies (register 0310): the value 5 (hex) is not allowed" },
    { "registers = [ \"02C0=24\" ];", "t.conf:1: profile.network (register 02C0): \"tcp-server\" is not allowed" },
    { "registers = [ \"02C0=6C\" ];", "t.conf:1: registers (register 02C0, bits 08): reserved bits are not as in the default" },
    { "registers = [ \"0289=5314030331E1E\" ];", "t.conf:1: registers (register 0289): the value must be an even number" },
    { "registers = [ \"0289=531403\" ];", "t.conf:1: registers (register 0289): a value of 3 bytes is not allowed: exactly 6" },
    { "registers = [ \"0289=531403031E1E\" ];", "t.conf:1: mqtt.options.keep_alive (register 0289): 3 is not allowed" },
    { "registers = [ \"0299=00\" ];", "t.conf:1: registers: register 0299 is not in this version" },
    { "registers = [ \"29=00\" ];", "t.conf:1: registers: an entry must be \"ADDRESS=VALUE\"" },
    { "registers = [ 5 ];", "t.conf:1: registers: needs a text, not a number" },
    { "registers = [ \"02A1=0A1E\",\n\"02A1=0A1E\" ];",
      "t.conf:2: registers: register 02A1 is set twice, here and in t.conf:1; keep one" },
    { "smart_reader: { read_interval = 1;\nrepeat_interval = 1; };\nregisters = [ \"02A1=0A1E\" ];",
      "t.conf:3: registers: register 02A1 is set by name and raw, here and in t.conf:1; keep one" },
    { "registers = [ \"02A1=0A1E\" ];\nsmart_reader: { read_interval = 1; };",
      "t.conf:2: smart_reader.read_interval: register 02A1 is set by name and raw, here and in t.conf:1; keep one" },
    { "readers: ( { driver = \"libnfc\"; } );", "t.conf:1: readers[1].driver: \"libnfc\" is not allowed: there is no libnfc" },
    { "readers: ( { driver = \"nfc\"; } );", "t.conf:1: readers[1].driver: \"nfc\" is not allowed: one of \"pcsc\"" },
    { "readers: ( { driver = \"script\"; } );", "t.conf:1: readers[1]: the driver \"script\" needs path" },
    { "readers: ( { path = \"/x\"; } );", "t.conf:1: readers[1]: path belongs to the driver \"script\"" },
    { "readers: ( );", "t.conf:1: readers: the list is empty" },
    { "readers: ( { label = \"a\"; },\n{ label = \"a\"; } );",
      "t.conf:2: readers[2].label: \"a\" is the label of the reader in line 1 too" },
    { "readers: ( { driver = \"script\"; path = \"/a/x\"; },\n{ driver = \"script\"; path = \"/b/x\"; } );",
      "t.conf:2: readers[2].label: \"x\" is the label of the reader in line 1 too; each needs its own" },
    { "readers: ( { driver = \"script\"; path = \"/a/x\"; },\n{ label = \"x\"; } );",
      "t.conf:2: readers[2].label: \"x\" is the label of the reader in line 1 too; each needs its own" },
    { "mqtt: {\n broker = ;\n};", "t.conf:2: syntax error" },
    { "mqtt: { };\nmqtt: { };", "t.conf:2: duplicate setting name" },
    { "journal: { max_bytes = 4294967301; };", "t.conf:1: the number is too large" },
    { "journal: { max_bytes = 0x1FFFFFFFF; };", "t.conf:1: the number is too large" },
    { "\ndevice: { location = \"a\\x00b\"; };", "t.conf:2: \\x00 is not allowed" },
    { "device: { };\n/* never closed\n", "t.conf:2: the comment that begins here is never closed" },
    { "device: { location = \"never closed };\n", "t.conf:1: the text that begins here has no closing quote" },
    { "x = ((((((((((((((((((1))))))))))))))))));", "t.conf:1: groups and lists are nested too deeply" },
    { "mqtt: { login = \"u\"; password = \"file:/etc/hostname\"; };",
      "t.conf:1: mqtt.password (register 028C): \"file:\" is not allowed here" },
    { "mqtt: { login = \"u\"; password = \"file:\"; };",
      "t.conf:1: mqtt.password (register 028C): \"file:\" needs the name of a file" },
    { "@include \"x\"\n", "t.conf:1: @include is not allowed here" },
};

START_TEST(each_mistake_is_said_with_file_line_setting_register_and_what_is_allowed)
{
    const struct mistake *mistake = &mistakes[_i];

    ck_assert_ptr_null(parse(mistake->text));
    ck_assert_uint_ge(errors_count(errors), 1);
    const char *said = errors_get(errors, 0);
    ck_assert_msg(strncmp(said, mistake->message, strlen(mistake->message)) == 0, "%s: %s", mistake->text, said);
    ck_assert_msg(errors_count(errors) == 1, "%s: also %s", mistake->text, errors_get(errors, errors_count(errors) - 1));
}
END_TEST

START_TEST(all_mistakes_of_a_file_are_said_at_once)
{
    ck_assert_ptr_null(parse("mqtt: { options: { keep_alive = 3;\npublish_qos = 2; }; };\nfoo = 1;\nreaders = 3;\n"));
    ck_assert_uint_eq(errors_count(errors), 4);
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 3), "t.conf:4: readers"));
}
END_TEST

START_TEST(a_syntax_error_is_said_alone)
{
    ck_assert_ptr_null(parse("mqtt: { options: { keep_alive = 3; }; };\nfoo = 1;\nbar = = 2;\n"));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "t.conf:3: syntax error"));
}
END_TEST

START_TEST(plain_mqtt_is_used_where_it_is_written)
{
    struct config *config = good("mqtt: { broker = \"h\"; tls: { enabled = false; }; };");

    ck_assert(!config_settings(config)->mqtt.tls.enabled);
    ck_assert_uint_eq(config_settings(config)->mqtt.port, 1883);
    config_free(config);
}
END_TEST

START_TEST(addresses_of_both_kinds_are_brokers)
{
    static const char *const brokers[] = { "192.168.5.10", "2001:db8::1", "::1", "broker.local", "a_b" };

    for (size_t i = 0; i < sizeof brokers / sizeof brokers[0]; i++) {
        char *text = text_format("mqtt: { broker = \"%s\"; };" SLOTS, brokers[i]);
        struct config *config = good(text);

        ck_assert_str_eq(config_settings(config)->mqtt.broker, brokers[i]);
        config_free(config);
        free(text);
    }
}
END_TEST

START_TEST(the_chain_is_off_until_its_slot_is_set)
{
    struct config *config = good("mqtt: { broker = \"h\"; };" SLOTS);
    ck_assert(!config_settings(config)->mqtt.tls.chain);
    config_free(config);

    config = good("mqtt: { broker = \"h\"; }; certificates: { slot_D = \"/c\"; slot_F = \"/f\"; }; keys: { slot_D = \"/k\"; };");
    ck_assert(config_settings(config)->mqtt.tls.chain);
    config_free(config);
}
END_TEST

START_TEST(registers_may_be_set_raw)
{
    struct config *config = good("registers = [ \"02A1=00ff\", \"0321=0F00\", \"0320=FF\", \"0286=68\" ];" SLOTS);

    ck_assert(config_settings(config)->smart_reader.must_leave);
    ck_assert(!config_settings(config)->templates[0].enabled);
    ck_assert(config_settings(config)->templates[1].enabled);
    ck_assert_uint_eq(config_settings(config)->templates[1].output_format[0], 0x0F);
    ck_assert_str_eq(config_settings(config)->mqtt.broker, "h");
    config_free(config);
}
END_TEST

START_TEST(what_has_no_effect_is_noted)
{
    struct config *config = good("ports: { telnet = 24; };\nsmart_reader: { serial_format = \"json\"; };\n"
                                 "mqtt: { tls: { exact = true; key_location = \"raw\"; };\n"
                                 "options: { create_before_subscribe = true; }; };");

    ck_assert_uint_eq(errors_count(notes), 4);
    ck_assert_str_eq(errors_get(notes, 0), "t.conf:1: ports.telnet (register 0285): 24 has no effect: the gateway offers"
                                           " no such service");
    config_free(config);
}
END_TEST

START_TEST(settings_of_tls_and_slots_that_nothing_uses_are_noted)
{
    struct config *config = good("mqtt: { tls: { enabled = false; sni = true;\nca_slot = 3; }; };\n"
                                 "certificates: { slot_3 = \"/c\"; slot_D = \"/d\"; slot_4 = \"\"; };\n"
                                 "keys: { slot_d = \"/k\"; };");

    ck_assert_uint_eq(errors_count(notes), 4);
    ck_assert_str_eq(errors_get(notes, 0),
                     "t.conf:1: mqtt.tls.sni (register 0288): has no effect while mqtt.tls.enabled is false");
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 1), "t.conf:2: mqtt.tls.ca_slot"));
    ck_assert_str_eq(errors_get(notes, 2), "t.conf:3: certificates.slot_3: has no effect: no setting of mqtt.tls"
                                           " (register 0288) uses the slot");
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 3), "t.conf:4: keys.slot_d: has no effect"));
    config_free(config);
}
END_TEST

START_TEST(protocol_bytes_that_pcsc_does_not_tell_are_noted)
{
    struct config *config = good("templates: ( { },\n{ content = \"protocol\"; } );");

    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 0), "t.conf:2: templates[2].content (register 0321): \"protocol\" has"));
    config_free(config);
    config = good("templates: ( { content = \"protocol\"; } ); readers: ( { driver = \"script\"; path = \"/x\"; } );");
    ck_assert_uint_eq(errors_count(notes), 1);
    config_free(config);
}
END_TEST

START_TEST(slots_that_are_used_are_not_noted)
{
    struct config *config = good("mqtt: { broker = \"h\"; tls: { ca_slot = 3; }; };\n"
                                 "certificates: { slot_3 = \"/c\"; slot_D = \"/d\"; slot_F = \"/f\"; };\n"
                                 "keys: { slot_D = \"/k\"; };");

    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
}
END_TEST

START_TEST(the_aws_value_of_the_vendor_is_taken_with_a_note)
{
    struct config *config = good("registers = [ \"0289=5614030A1E1E\" ];");

    ck_assert(!config_settings(config)->mqtt.retained);
    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_ptr_nonnull(strstr(errors_get(notes, 0), "mqtt.options.create_before_subscribe (register 0289): true has"));
    config_free(config);
}
END_TEST

START_TEST(a_password_over_plain_mqtt_is_noted)
{
    struct config *config = good("mqtt: { login = \"u\"; password = \"hunter2\"; tls: { enabled = false; }; };");

    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_ptr_null(strstr(errors_get(notes, 0), "hunter2"));
    config_free(config);
}
END_TEST

START_TEST(a_password_can_stand_in_a_file_of_its_own)
{
    write_file("secret", "hunter2\n");
    write_file("main.conf", "mqtt: { login = \"u\"; password = \"file:secret\"; };");
    struct config *config = load("main.conf");

    ck_assert_ptr_nonnull(config);
    ck_assert_str_eq(config_settings(config)->mqtt.password, "hunter2");
    config_free(config);
}
END_TEST

START_TEST(only_one_line_feed_is_taken_from_a_password_file)
{
    write_file("secret", "hunter2\n\n");
    write_file("main.conf", "mqtt: { login = \"u\"; password = \"file:secret\"; };");
    ck_assert_ptr_null(load("main.conf"));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "mqtt.password (register 028C): byte 8 is not allowed"));
    ck_assert_ptr_null(strstr(errors_get(errors, 0), "hunter"));
}
END_TEST

START_TEST(a_password_file_that_cannot_be_read_is_an_error)
{
    write_file("main.conf", "mqtt: { login = \"u\"; password = \"file:/nonexistent/x\"; };");
    ck_assert_ptr_null(load("main.conf"));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "main.conf:1: mqtt.password (register 028C): /nonexistent/x: cannot"));
}
END_TEST

START_TEST(a_mistake_in_an_included_file_names_that_file)
{
    write_file("part.conf", "smart_reader:\n{\n  debounce_ms = -4;\n};\n");
    write_file("main.conf", "# head\n@include \"part.conf\"\n");
    ck_assert_ptr_null(load("main.conf"));
    char *expected = text_format("%s/part.conf:3: smart_reader.debounce_ms: -4 is not allowed", folder);
    ck_assert_msg(strncmp(errors_get(errors, 0), expected, strlen(expected)) == 0, "%s", errors_get(errors, 0));
    free(expected);
}
END_TEST

START_TEST(an_included_file_counts)
{
    write_file("part.conf", "smart_reader: { debounce_ms = 4; };\n");
    write_file("main.conf", "@include \"part.conf\"\n");
    struct config *config = load("main.conf");

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(config_settings(config)->smart_reader.debounce_ms, 4);
    config_free(config);
}
END_TEST

/* libconfig 1.5 ends the whole process for the second one. */
START_TEST(an_include_of_nothing_of_a_folder_or_of_itself_is_an_error)
{
    static const char *const texts[] = { "@include \"nothing\"\n", "@include \"sub\"\n", "@include \"main.conf\"\n" };
    static const char *const messages[] = { "cannot be read: No such file", "is a folder", "too many @include" };
    char *path = text_format("%s/sub", folder);

    ck_assert_int_eq(mkdir(path, 0700), 0);
    free(path);
    write_file("main.conf", texts[_i]);
    ck_assert_ptr_null(load("main.conf"));
    ck_assert_uint_eq(errors_count(errors), 1);
    ck_assert_msg(strstr(errors_get(errors, 0), messages[_i]) != NULL, "%s", errors_get(errors, 0));
}
END_TEST

START_TEST(a_file_that_is_missing_or_a_folder_or_huge_is_an_error)
{
    ck_assert_ptr_null(load("main.conf"));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "main.conf: cannot be read: No such file or directory; next:"));
    ck_assert_ptr_null(load(""));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 1), "is a folder"));
    char *huge = memory_zeroed(1048577 + 1, 1);
    memset(huge, ' ', 1048577);
    write_file("main.conf", huge);
    ck_assert_ptr_null(load("main.conf"));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 2), "is too large for a configuration"));
    huge[1048576] = '\0';
    write_file("main.conf", huge);
    free(huge);
    struct config *config = load("main.conf");
    ck_assert_ptr_nonnull(config);
    config_free(config);
}
END_TEST

START_TEST(a_nul_byte_is_an_error)
{
    static const char text[] = "device: { };\0mqtt: { port = 1; };";

    ck_assert_ptr_null(config_parse_text(text, sizeof text - 1, "t.conf", false, "", errors, notes));
    ck_assert_str_eq(errors_get(errors, 0), "t.conf: holds a NUL byte, so it is no text file");
}
END_TEST

static char *committed_sample(void)
{
    const char *source = getenv("srcdir");
    char *path = text_format("%s/etc/springpark.conf", source != NULL ? source : ".");
    FILE *file = fopen(path, "re");

    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    char *text = memory_zeroed(1 << 17, 1);
    ck_assert_uint_gt(fread(text, 1, (1 << 17) - 1, file), 0);
    fclose(file);
    free(path);
    return text;
}

START_TEST(the_committed_sample_is_what_the_table_says)
{
    char *committed = committed_sample(), *generated = sample_configuration();

    ck_assert_msg(strcmp(committed, generated) == 0,
                  "etc/springpark.conf is old; next: tests/unit/print_registers --sample > etc/springpark.conf");
    free(generated);
    free(committed);
}
END_TEST

START_TEST(the_sample_sets_nothing)
{
    char *text = sample_configuration();
    struct config *config = good(text);
    struct registers *defaults = registers_create();
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        size_t size;
        const uint8_t *bytes = registers_get(defaults, table[i].address, &size);

        expect_register(config, table[i].address, (const char *) bytes, size);
    }
    ck_assert_uint_eq(errors_count(notes), 0);
    registers_free(defaults);
    config_free(config);
    free(text);
}
END_TEST

/* Takes the # away wherever a setting follows it: "#x" and, inside lists, "#    x". */
static void use_all_settings(char *text)
{
    for (char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
        char *mark = line + strspn(line, " ");

        if (*mark == '#' && (mark[1] != ' ' || (mark == line && strncmp(mark, "#    ", 5) == 0 && mark[5] != '"' &&
                                                strncmp(mark, "#     ", 6) != 0)))
            *mark = ' ';
        else if (mark == line && strncmp(mark, "#        ", 9) == 0)
            *mark = ' ';
    }
}

START_TEST(every_setting_of_the_sample_can_be_used)
{
    char *text = sample_configuration();

    use_all_settings(text);
    struct config *config = good(text);
    const struct settings *settings = config_settings(config);

    expect_register(config, 0x0288, "\x37\x09\x8D\x4D\x8F", 5);
    expect_register(config, 0x0289, "\x53\x14\x03\x0A\x1E\x1E", 6);
    expect_register(config, 0x02A0, "\x00\x03\x00\x02\x00", 5);
    expect_register(config, 0x0310, "\xFF", 1);
    expect_register(config, 0x0311, "\x0F\x00", 2);
    ck_assert_str_eq(settings->mqtt.broker, "xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com");
    ck_assert_str_eq(settings->keys[13].source, "/etc/springpark/private/device.key");
    ck_assert_uint_eq(settings->readers_count, 1);
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
    free(text);
}
END_TEST

START_TEST(every_setting_stands_in_the_sample)
{
    char *text = sample_configuration();
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < table[i].fields_count; k++) {
            if (table[i].fields[k].path == NULL)
                continue;
            char *wanted = text_format("%s = ", strrchr(table[i].fields[k].path, '.') + 1);

            ck_assert_msg(strstr(text, wanted) != NULL, "%s", table[i].fields[k].path);
            free(wanted);
        }
    }
    const struct extension_def *extensions = extension_table(&count);
    for (size_t i = 0; i < count; i++) {
        char *wanted = text_format("#%s = ", strrchr(extensions[i].field.path, '.') + 1);

        ck_assert_msg(strstr(text, wanted) != NULL, "%s", extensions[i].field.path);
        free(wanted);
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *cases = tcase_create("config");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_empty_file_gives_the_defaults_and_no_broker);
    tcase_add_test(cases, every_setting_reaches_its_place);
    tcase_add_loop_test(cases, each_mistake_is_said_with_file_line_setting_register_and_what_is_allowed, 0,
                        sizeof mistakes / sizeof mistakes[0]);
    tcase_add_test(cases, all_mistakes_of_a_file_are_said_at_once);
    tcase_add_test(cases, a_syntax_error_is_said_alone);
    tcase_add_test(cases, plain_mqtt_is_used_where_it_is_written);
    tcase_add_test(cases, addresses_of_both_kinds_are_brokers);
    tcase_add_test(cases, the_chain_is_off_until_its_slot_is_set);
    tcase_add_test(cases, registers_may_be_set_raw);
    tcase_add_test(cases, what_has_no_effect_is_noted);
    tcase_add_test(cases, settings_of_tls_and_slots_that_nothing_uses_are_noted);
    tcase_add_test(cases, protocol_bytes_that_pcsc_does_not_tell_are_noted);
    tcase_add_test(cases, slots_that_are_used_are_not_noted);
    tcase_add_test(cases, the_aws_value_of_the_vendor_is_taken_with_a_note);
    tcase_add_test(cases, a_password_over_plain_mqtt_is_noted);
    tcase_add_test(cases, a_password_can_stand_in_a_file_of_its_own);
    tcase_add_test(cases, only_one_line_feed_is_taken_from_a_password_file);
    tcase_add_test(cases, a_password_file_that_cannot_be_read_is_an_error);
    tcase_add_test(cases, a_mistake_in_an_included_file_names_that_file);
    tcase_add_test(cases, an_included_file_counts);
    tcase_add_loop_test(cases, an_include_of_nothing_of_a_folder_or_of_itself_is_an_error, 0, 3);
    tcase_add_test(cases, a_file_that_is_missing_or_a_folder_or_huge_is_an_error);
    tcase_add_test(cases, a_nul_byte_is_an_error);
    tcase_add_test(cases, the_committed_sample_is_what_the_table_says);
    tcase_add_test(cases, the_sample_sets_nothing);
    tcase_add_test(cases, every_setting_of_the_sample_can_be_used);
    tcase_add_test(cases, every_setting_stands_in_the_sample);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
