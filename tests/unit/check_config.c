/* SPDX-License-Identifier: MIT */
#include "device/config.h"
#include "device/config_extensions.h"
#include "device/register_types.h"
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

static void expect_template(const struct settings_template *template, size_t offset, const char *bytes,
                            size_t size_bytes)
{
    ck_assert_uint_eq(template->registers[offset].size_bytes, size_bytes);
    ck_assert_mem_eq(template->registers[offset].bytes, bytes, size_bytes);
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
    "keys: { slot_B = \"/key\"; slot_C = \"pkcs11:token=t;object=o\"; };\n"
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
    expect_template(first, 0, "\x03", 1);
    expect_template(first, 1, "\xF2\x00", 2);
    expect_template(first, 2, "\\tAB", 4);
    expect_template(first, 3, "\x01\x07", 2);
    expect_template(first, 4, "\x0A", 1);
    ck_assert(settings->templates[1].enabled);
    expect_template(&settings->templates[1], 0, "\xFF", 1);
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
    ck_assert_str_eq(settings->keys[12].source, "pkcs11:token=t;object=o"); /* no path, so no folder before it */
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
    { "smart_reader: { network_format = \"tlv\"; };",
      "t.conf:1: smart_reader.network_format (register 02A0): \"tlv\" is not allowed: TLV belongs to USB, Bluetooth and"
      " serial lines, not to MQTT; write \"json\" or \"scrdr\"" },
    { "smart_reader: { network_format = \"mk1\"; };",
      "t.conf:1: smart_reader.network_format (register 02A0): \"mk1\" is not allowed: MK1 belongs to serial lines" },
    { "smart_reader: { network_format = \"iwm2\"; };",
      "t.conf:1: smart_reader.network_format (register 02A0): \"iwm2\" is not allowed: IWM2 belongs to the HTTP client" },
    { "registers = [\"02A0=0003000000\"];", "t.conf:1: smart_reader.network_format (register 02A0): " },
    { "registers = [\"02A0=0003000500\"];", "t.conf:1: smart_reader.network_format (register 02A0): " },
    { "smart_reader: { activation = \"cloud\"; };", "t.conf:1: smart_reader.activation: \"cloud\" is not allowed" },
    { "smart_reader: { debounce_ms = 10001; };", "t.conf:1: smart_reader.debounce_ms: 10001 is not allowed: 0 to 10000 ms" },
    { "mqtt: { version = 5; };", "t.conf:1: mqtt.version: needs a text (\"auto\", \"5\", \"3.1.1\"), not a number" },
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
    { "certificates: { slot_D = \"pkcs11:token=x\"; };",
      "t.conf:1: certificates.slot_D: certificates are not read from PKCS#11 tokens, only keys are" },
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
    { "templates: ( { }, { type = \"calypso\"; } );",
      "t.conf:1: templates[2].type: \"calypso\" is not allowed: there is no published description by which such cards" },
    { "templates: ( { }, { shift_bits = 8; } );",
      "t.conf:1: templates[2].shift_bits (register 0323): 8 is not allowed: 0 to 7" },
    { "templates: ( { swop = \"all\"; } );", "t.conf:1: templates[1].swop: unknown setting; did you mean templates.swap?" },
    { "templates: ( { format = \"reserved-7\"; } );", "t.conf:1: templates[1].format (register 0311): \"reserved-7\" is not"
      " allowed: the value is reserved by the device; allowed: \"decimal-10\", \"hex-4\"," },
    { "templates: ( { prefix = \"123456789\"; } );", "t.conf:1: templates[1].prefix (register 0312): a text of 9 bytes" },
    { "registers = [ \"0310=4F\" ];",
      "t.conf:1: templates.technologies (register 0310): \"ndef-all\" is not allowed: a peer (P2P) needs a reader that" },
    { "registers = [ \"0310=05\" ];", "t.conf:1: templates.technologies (register 0310): the value 5 (hex) is not allowed" },
    { "registers = [ \"02C0=24\" ];", "t.conf:1: profile.network (register 02C0): \"tcp-server\" is not allowed" },
    { "registers = [ \"02C0=6C\" ];", "t.conf:1: registers (register 02C0, bits 08): reserved bits are not as in the default" },
    { "registers = [ \"0289=5314030331E1E\" ];", "t.conf:1: registers (register 0289): the value must be an even number" },
    { "registers = [ \"0289=531403\" ];", "t.conf:1: registers (register 0289): a value of 3 bytes is not allowed: exactly 6" },
    { "registers = [ \"0289=531403031E1E\" ];", "t.conf:1: mqtt.options.keep_alive (register 0289): 3 is not allowed" },
    { "registers = [ \"0299=00\" ];", "t.conf:1: registers: there is no register 0299; next:" },
    { "registers = [ \"29=00\" ];", "t.conf:1: registers: an entry must be \"ADDRESS=VALUE\"" },
    { "registers = [ 5 ];", "t.conf:1: registers: needs a text, not a number" },
    { "registers = [ \"02A1=0A1E\",\n\"02A1=0A1E\" ];",
      "t.conf:2: registers: register 02A1 is set twice, here and in t.conf:1; keep one" },
    { "smart_reader: { read_interval = 1;\nrepeat_interval = 1; };\nregisters = [ \"02A1=0A1E\" ];",
      "t.conf:3: registers: register 02A1 is set by name and raw, here and in t.conf:1; keep one" },
    { "registers = [ \"02A1=0A1E\" ];\nsmart_reader: { read_interval = 1; };",
      "t.conf:2: smart_reader.read_interval: register 02A1 is set by name and raw, here and in t.conf:1; keep one" },
    { "network: { ipv4: { address = \"192.168.5.152\"; }; };",
      "t.conf:1: network.ipv4.address (register 0280): a static address needs a mask; next: set network.ipv4.netmask" },
    { "network: { ipv4: { address = \"192.168.5.152\"; netmask = \"255.255.255.0\"; gateway = \"192.168.6.1\"; }; };",
      "t.conf:1: network.ipv4.gateway (register 0280): the gateway is not in the network of" },
    { "registers = [ \"0280=C0A80598FF00FF00C0A805010000000000000000\" ];",
      "t.conf:1: network.ipv4.netmask (register 0280): a mask has all its ones before its zeros" },
    { "network: { ipv4: { address = \"192.168.1\"; }; };", "t.conf:1: network.ipv4.address (register 0280): \"192.168.1\""
      " is no IPv4 address, as 192.168.1.2 is one" },
    { "network: { ipv4: { address = 5; }; };",
      "t.conf:1: network.ipv4.address (register 0280): needs a text (an IPv4 address), not a number" },
    { "network: { disabled = true; };", "t.conf:1: network.disabled (register 0283): true is not allowed: without the"
      " network no event would leave the box; leave mqtt.broker out instead; allowed: false" },
    { "nfc: { poller = false; };", "t.conf:1: nfc.poller (register 0230): false is not allowed: this gateway only reads;"
      " a listener would read no tag; allowed: true" },
    { "registers = [ \"0230=00\" ];", "t.conf:1: nfc.poller (register 0230): false is not allowed" },
    { "nfc: { standard = \"din\"; };", "t.conf:1: nfc.standard (register 0237): \"din\" is not allowed: one of \"iso\"," },
    { "network: { ipv6 = \"FE80\"; };",
      "t.conf:1: network.ipv6 (register 0281): a value of 2 bytes is not allowed: exactly 16" },
    { "nfc: { vasup = \"6A0\"; };",
      "t.conf:1: nfc.vasup (register 0239): the value must be an even number of hex digits, at most 512" },
    { "nfc: { vasup = \"000000000000000000000000000000000000000000\"; };",
      "t.conf:1: nfc.vasup (register 0239): a value of 21 bytes is not allowed: at most 20" },
    { "trace: { level = 1; };",
      "t.conf:1: trace.level (register 02CD): needs a text (hex digits for at most 4 bytes), not a number" },
    { "pcsc_mode: { protocols = \"nfc-a\"; };", "t.conf:1: pcsc_mode.protocols (register 0231): needs a list (a list of any"
      " of \"picotag-v\", \"nfc-f\"," },
    { "pcsc_mode: { protocols = [ \"nfc-a\", \"nfc-x\" ]; };",
      "t.conf:1: pcsc_mode.protocols (register 0231): \"nfc-x\" is not allowed: a list of any of \"picotag-v\"" },
    { "pcsc_mode: { protocols = [ \"reserved-15\" ]; };", "t.conf:1: pcsc_mode.protocols (register 0231): \"reserved-15\""
      " is not allowed: the value is reserved by the device; allowed: a list of any of \"picotag-v\"" },
    { "pcsc_mode: { protocols = [ 1 ]; };",
      "t.conf:1: pcsc_mode.protocols (register 0231): the list must hold texts, not a number" },
    { "registers = [ \"0231=8000\" ];", "t.conf:1: pcsc_mode.protocols (register 0231): \"reserved-15\" is not allowed" },
    { "registers = [ \"0271=8395\",\n\"0272=9595\" ];",
      "t.conf:2: smartcard.sam_a.power (register 0272): the value 5 (hex) is not allowed: one of \"a\", \"b\"" },
    { "registers = [ \"0290=00\" ];", "t.conf:1: http_client.server (register 0290): a text without NUL bytes is needed" },
    { "device: { reserved_0203 = \"00\"; };", "t.conf:1: device.reserved_0203: unknown setting" },
    { "keyboard_mode: { suffix = \"123456789\"; };", "t.conf:1: keyboard_mode.suffix (register 02A9): a text of 9 bytes" },
    { "http_client: { path = \"a\\tb\"; };", "t.conf:1: http_client.path (register 0291): byte 2 is not allowed: a control" },
    { "security: { user_password = \"01234567890123456\"; };",
      "t.conf:1: security.user_password (register 02FE): a text of 17 bytes is too long: at most 16" },
    { "readers: ( { driver = \"nfc\"; } );",
      "t.conf:1: readers[1].driver: \"nfc\" is not allowed: one of \"pcsc\", \"libnfc\", \"script\"" },
    { "readers: ( { driver = \"script\"; } );", "t.conf:1: readers[1]: the driver \"script\" needs path" },
    { "readers: ( { path = \"/x\"; } );", "t.conf:1: readers[1]: path belongs to the driver \"script\", and this entry's is"
      " \"pcsc\"; next: write name for the PC/SC reader, or driver = \"script\"" },
    { "readers: ( { connection = \"*\"; } );", "t.conf:1: readers[1]: connection belongs to the driver \"libnfc\", and"
      " this entry's is \"pcsc\"; next: write name for the PC/SC reader, or driver = \"libnfc\"" },
    { "readers: ( { driver = \"script\"; path = \"/x\"; connection = \"*\"; } );",
      "t.conf:1: readers[1]: connection belongs to the driver \"libnfc\", and this entry's is \"script\"; next: write path" },
    { "readers: ( { driver = \"script\"; path = \"/x\"; name = \"*\"; } );",
      "t.conf:1: readers[1]: name belongs to the driver \"pcsc\", and this entry's is \"script\"; next: write path" },
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
    expect_template(&config_settings(config)->templates[1], 1, "\x0F\x00", 2);
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

static const char whole_device[] =
    "network: { ipv4: { address = \"192.168.5.152\"; netmask = \"255.255.255.0\"; gateway = \"192.168.5.1\"; };\n"
    "           ipv6 = \"00000000000000000000000000000001\"; link_speed = \"100-full\"; };\n"
    "pcsc_mode: { protocols = ( \"nfc-a\", \"nfc-b\" ); bitrates_a = [ ]; slots: { order = \"contact-sam-contactless\"; }; };\n"
    "nfc: { vasup = \"6a02\"; nfc_f: { system_code = 0x12FC; }; };\n"
    "keyboard_mode: { suffix = \"\\t\\n\"; };\n"
    "http_client: { hmac_key = \"00112233\"; };\n"
    "security: { user_password = \"hunter2\"; remote: { usage = \"secure\"; }; master: { auth_key ="
    " \"00112233445566778899AABBCCDDEEFF\"; }; };\n"
    "ui: { sound_volume = 1; color_active = \"blue\"; };\n"
    "registers = [ \"0203=4142\", \"0315=0011\" ];\n";

START_TEST(what_only_a_device_has_is_kept_and_noted)
{
    struct config *config = good(whole_device);
    static const char *const noted[] = {
        "t.conf:9: registers (register 0203): \"4142\" has no effect: kept for a device;",
        "t.conf:3: pcsc_mode.protocols (register 0231): [ \"nfc-b\", \"nfc-a\" ] has no effect: it is for a device in",
        "t.conf:4: nfc.vasup (register 0239): \"6A02\" has no effect:",
        "t.conf:4: nfc.nfc_f.system_code (register 023C): 4860 has no effect:",
        "t.conf:2: network.ipv6 (register 0281): \"00000000000000000000000000000001\" has no effect:",
        "t.conf:2: network.link_speed (register 0283): \"100-full\" has no effect:",
        "t.conf:6: http_client.hmac_key (register 0293): \"(set)\" has no effect:",
        "t.conf:5: keyboard_mode.suffix (register 02A9): \"\\t\\n\" has no effect:",
        "t.conf:3: pcsc_mode.slots.order (register 02B1): \"contact-sam-contactless\" has no effect:",
        "t.conf:7: security.remote.usage (register 02F0): \"secure\" has no effect:",
        "t.conf:7: security.master.auth_key (register 02F4): \"(set)\" has no effect:",
        "t.conf:7: security.user_password (register 02FE): \"(set)\" has no effect:",
        "t.conf:9: registers (register 0315): \"(set)\" has no effect:",
    };

    for (size_t i = 0; i < sizeof noted / sizeof noted[0] && i < errors_count(notes); i++)
        ck_assert_msg(strncmp(errors_get(notes, i), noted[i], strlen(noted[i])) == 0, "%s", errors_get(notes, i));
    ck_assert_uint_eq(errors_count(notes), sizeof noted / sizeof noted[0]);
    expect_register(config, 0x0203, "AB", 2);
    expect_register(config, 0x0231, "\x00\x03", 2);
    expect_register(config, 0x0232, "\x00\x00", 2);
    expect_register(config, 0x0239, "\x6A\x02", 2);
    expect_register(config, 0x023C, "\x00\x12\xFC\x01\x00\x0B\x00\x09", 8);
    expect_register(config, 0x0280, "\xC0\xA8\x05\x98\xFF\xFF\xFF\x00\xC0\xA8\x05\x01\0\0\0\0\0\0\0\0", 20);
    expect_register(config, 0x02A9, "\t\n", 2);
    expect_register(config, 0x02D2, "\x92\xA1", 2);
    expect_register(config, 0x02F0, "\x00\x00\x02\x00", 4);
    expect_register(config, 0x02FE, "hunter2", 7);
    config_free(config);
}
END_TEST

START_TEST(a_key_can_stand_in_a_file_of_its_own_in_hex)
{
    write_file("secret", "00112233445566778899aabbccddeeff\n");
    write_file("main.conf", "security: { master: { auth_key = \"file:secret\"; }; };");
    struct config *config = load("main.conf");

    ck_assert_msg(config != NULL, "%s", errors_count(errors) > 0 ? errors_get(errors, 0) : "?");
    expect_register(config, 0x02F4, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF", 16);
    config_free(config);
    write_file("secret", "hunter2\n");
    ck_assert_ptr_null(load("main.conf"));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, 0), "security.master.auth_key (register 02F4): the value must be an"));
    ck_assert_ptr_null(strstr(errors_get(errors, 0), "hunter2"));
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

/* Of all values of 02C0 the one of an MQTT client and Smart Reader runs; each other one is refused by the names of its
 * options. */
START_TEST(only_one_profile_runs_and_the_others_are_refused_by_name)
{
    static const char *const networks[] = { "\"disabled\"", "\"http-client\"", "\"tcp-server\"", "\"tcp-udp-server\"",
                                            "\"udp-server\"", "\"reserved-5\"", NULL, "\"reserved-7\"" };
    /* 5 was the UHF reader's protocol in firmware 1.23, and 1.31 has no name for it. */
    static const char *const primaries[] = { "\"direct\"", "\"springprox\"", "\"pcsc\"", "\"keyboard\"", NULL,
                                             "the value 5 (hex)", "\"mass-storage\"", "\"nxp-cockpit\"" };

    for (unsigned value = 0; value < 256; value++) {
        char *text = text_format("registers = [ \"02C0=%02X\" ];", value);
        struct config *config = parse(text);
        const char *wanted[] = { networks[value >> 4 & 7], primaries[value & 7] };
        size_t found = 0, expected = (wanted[0] != NULL) + (wanted[1] != NULL);

        ck_assert_msg((config != NULL) == (value == 0x64), "%s", text);
        for (size_t i = 0; i < errors_count(errors); i++) {
            for (size_t k = 0; k < 2; k++) {
                char *quoted = text_format(": %s is not allowed: ", wanted[k] != NULL ? wanted[k] : "-");

                found += strstr(errors_get(errors, i), quoted) != NULL;
                free(quoted);
            }
        }
        ck_assert_msg(found == expected, "%s: %zu of %zu options are named", text, found, expected);
        config_free(config);
        errors_free(errors);
        errors = errors_create();
        free(text);
    }
}
END_TEST

START_TEST(a_scrdr_line_is_honoured_and_several_readers_are_noted)
{
    struct config *config = good("registers = [\"02A0=0003000100\"]; messages: { scrdr_checksum = \"with-delimiters\"; };");

    ck_assert_int_eq(config_settings(config)->smart_reader.network_format, SETTINGS_FORMAT_SCRDR);
    ck_assert_int_eq(config_settings(config)->scrdr_checksum, SETTINGS_CHECKSUM_WITH_DELIMITERS);
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
    config_free(good("\nsmart_reader: { network_format = \"scrdr\"; };\nreaders: ( { label = \"a\"; },"
                     " { name = \"b\"; label = \"b\"; } );"));
    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_str_eq(errors_get(notes, 0), "t.conf:2: smart_reader.network_format (register 02A0): \"scrdr\" does not say"
                                           " which of the readers an event is from; \"json\" does");
}
END_TEST

START_TEST(who_waits_for_a_broker_that_is_not_set_is_told)
{
    config_free(good("smart_reader: { activation = \"broker\"; activate_on_startup = true; };"));
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(good("\nsmart_reader: { activation = \"broker\"; };"));
    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_str_eq(errors_get(notes, 0), "t.conf:2: smart_reader.activation is \"broker\", and mqtt.broker (register 0286)"
                                           " is empty: no tag is reported");
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

/* Where the settings of that group that have no effect are listed, or NULL. */
static const char *short_list(const char *text, const char *path)
{
    char *wanted = text_format("\n#     %.*s: ", (int) (strrchr(path, '.') - path), path);
    const char *found = strstr(text, wanted);

    free(wanted);
    return found;
}

/* The example of a type, and the words before it. */
static void expect_type(const char *text, const struct register_type *type)
{
    char *heading = text_format("\n#     %s: ", type->title), *example = text_format("\n#       { type = \"%s\";", type->name);
    const char *begin = strstr(text, heading), *end = strstr(text, example);
    size_t count;
    const struct register_def *table = register_table(&count);

    ck_assert_msg(begin != NULL && end != NULL && begin < end, "%s", type->name);
    char *words = text_format("%.*s", (int) (end - begin), begin);
    for (int way = 0; way < 2; way++) {
        for (size_t i = 0; i < count; i++) {
            const struct register_def *def = register_variant(type, &table[i], way == 1), *of_id_only;

            for (size_t k = 0; def->per_template && k < def->fields_count; k++) {
                const char *path = def->fields[k].path;

                /* What ID Only has stands in the example above. */
                if (path != NULL && register_type_field(NULL, false, path, &of_id_only) == NULL)
                    ck_assert_msg(strstr(words, strchr(path, '.') + 1) != NULL, "%s: %s", type->name, path);
            }
        }
    }
    free(words);
    free(example);
    free(heading);
}

START_TEST(every_type_of_template_has_a_short_example_in_the_sample)
{
    char *text = sample_configuration();
    size_t count;
    const struct register_type *types = register_types(&count);

    for (size_t i = 1; i < count; i++) {
        if (types[i].refused_because == NULL)
            expect_type(text, &types[i]);
        else
            ck_assert_msg(strstr(text, types[i].name) == NULL, "%s", types[i].name);
    }
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
            const struct field_def *field = &table[i].fields[k];
            if (field->path == NULL)
                continue;
            const char *name = strrchr(field->path, '.') + 1;
            char *assigned = text_format("%s = ", name);
            const char *list = short_list(text, field->path);

            /* What has an effect is written in full; what has none is one word of a list. */
            if (field->support == FIELD_HONOURED)
                ck_assert_msg(strstr(text, assigned) != NULL, "%s", field->path);
            else
                ck_assert_msg(list != NULL && strstr(list, name) != NULL, "%s", field->path);
            free(assigned);
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
    tcase_add_test(cases, what_only_a_device_has_is_kept_and_noted);
    tcase_add_test(cases, a_key_can_stand_in_a_file_of_its_own_in_hex);
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
    tcase_add_test(cases, only_one_profile_runs_and_the_others_are_refused_by_name);
    tcase_add_test(cases, a_scrdr_line_is_honoured_and_several_readers_are_noted);
    tcase_add_test(cases, who_waits_for_a_broker_that_is_not_set_is_told);
    tcase_add_test(cases, the_committed_sample_is_what_the_table_says);
    tcase_add_test(cases, every_type_of_template_has_a_short_example_in_the_sample);
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
