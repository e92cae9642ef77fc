/* SPDX-License-Identifier: MIT */
#include "device/config_feedback.h"

#include "base/memory.h"
#include "device/connection.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_TLS = 8883, PORT_PLAIN = 1883, PORT_DISCOVERY = 3999, MUST_LEAVE = 255, TENTH_OF_A_SECOND_MS = 100 };
enum { TEMPLATE_FIRST_ADDRESS = 0x0310 };

/* A field that the table has, for this file names it. */
static const struct field_def *known_field(const char *path, const struct register_def **def)
{
    const struct field_def *field = register_find_field(path, def);

    assert(field != NULL);
    return field;
}

static uint32_t number_of(const struct config *config, const char *path)
{
    const struct register_def *def;
    const struct field_def *field = known_field(path, &def);

    return registers_get_bits(config->registers, def->address, field->mask);
}

static bool flag_of(const struct config *config, const char *path)
{
    return number_of(config, path) != 0;
}

static const char *text_of_instance(struct config *config, const char *path, unsigned instance)
{
    const struct register_def *def;
    size_t size;

    known_field(path, &def);
    const uint8_t *bytes = registers_get(config->registers, register_address(def, instance), &size);
    return config_keep(config, text_format("%.*s", (int) size, (const char *) bytes));
}

static const char *text_of(struct config *config, const char *path)
{
    return text_of_instance(config, path, 0);
}

/* The chain is on by default, but there is none to send until somebody says so. */
static bool chain_of(const struct config_reader *reader)
{
    const struct config *config = reader->config;
    const struct settings_slot *slot = &config->settings.certificates[number_of(config, "mqtt.tls.chain_slot")];

    if (!flag_of(config, "mqtt.tls.chain"))
        return false;
    return *slot->source != '\0' || config_origin(reader, "mqtt.tls.chain", 0) != NULL;
}

static void decode_tls(const struct config_reader *reader, struct settings_tls *tls)
{
    const struct config *config = reader->config;

    tls->enabled = flag_of(config, "mqtt.tls.enabled");
    tls->sni = flag_of(config, "mqtt.tls.sni");
    tls->verify_name = flag_of(config, "mqtt.tls.verify_name");
    tls->exact = flag_of(config, "mqtt.tls.exact");
    tls->trust = (enum settings_trust) number_of(config, "mqtt.tls.trust");
    tls->ca_slot = number_of(config, "mqtt.tls.ca_slot");
    tls->client_auth = flag_of(config, "mqtt.tls.client_auth");
    tls->certificate_slot = number_of(config, "mqtt.tls.certificate_slot");
    tls->key_slot = number_of(config, "mqtt.tls.key_slot");
    tls->chain = chain_of(reader);
    tls->chain_slot = number_of(config, "mqtt.tls.chain_slot");
}

static void decode_mqtt(struct config_reader *reader, struct settings_mqtt *mqtt)
{
    struct config *config = reader->config;

    decode_tls(reader, &mqtt->tls);
    mqtt->broker = text_of(config, "mqtt.broker");
    mqtt->port = (uint16_t) number_of(config, "mqtt.port");
    if (mqtt->port == 0)
        mqtt->port = mqtt->tls.enabled ? PORT_TLS : PORT_PLAIN;
    mqtt->login = text_of(config, "mqtt.login");
    mqtt->password = text_of(config, "mqtt.password");
    mqtt->client_id = text_of(config, "mqtt.client_id");
    mqtt->topic_prefix = text_of(config, "mqtt.topic_prefix");
    mqtt->device_id = text_of(config, "mqtt.device_id");
    mqtt->subscribe_qos = number_of(config, "mqtt.options.subscribe_qos");
    mqtt->publish_qos = number_of(config, "mqtt.options.publish_qos");
    mqtt->last_will = flag_of(config, "mqtt.options.last_will");
    mqtt->retained = flag_of(config, "mqtt.options.retained");
    mqtt->connect_timeout_s = number_of(config, "mqtt.options.connect_timeout");
    mqtt->response_timeout_s = number_of(config, "mqtt.options.response_timeout");
    mqtt->keep_alive_s = number_of(config, "mqtt.options.keep_alive");
    mqtt->status_interval_s = number_of(config, "mqtt.options.status_interval");
    mqtt->reconnect_interval_s = number_of(config, "mqtt.options.reconnect_interval");
}

static void decode_smart_reader(const struct config *config, struct settings_smart_reader *smart_reader)
{
    uint32_t repeat = number_of(config, "smart_reader.repeat_interval");

    smart_reader->insert_remove = flag_of(config, "smart_reader.insert_remove");
    smart_reader->explicit_activation = flag_of(config, "smart_reader.explicit_activation");
    smart_reader->activate_on_startup = flag_of(config, "smart_reader.activate_on_startup");
    smart_reader->network_format = (enum settings_format) number_of(config, "smart_reader.network_format");
    smart_reader->read_interval_ms = number_of(config, "smart_reader.read_interval") * TENTH_OF_A_SECOND_MS;
    smart_reader->must_leave = repeat == MUST_LEAVE;
    smart_reader->repeat_interval_ms = smart_reader->must_leave ? 0 : repeat * TENTH_OF_A_SECOND_MS;
}

static void decode_template(const struct config *config, unsigned instance, struct settings_template *decoded)
{
    for (uint16_t offset = 0; offset < SETTINGS_TEMPLATE_REGISTERS; offset++) {
        struct settings_template_register *to = &decoded->registers[offset];
        uint16_t address = (uint16_t) (TEMPLATE_FIRST_ADDRESS + 0x10 * instance + offset);

        to->bytes = registers_get(config->registers, address, &to->size_bytes);
    }
    decoded->enabled = decoded->registers[0].size_bytes > 0 && decoded->registers[0].bytes[0] != 0;
}

static void default_readers(struct settings *settings)
{
    settings->readers = memory_zeroed(1, sizeof *settings->readers);
    settings->readers_count = 1;
    settings->readers[0] = (struct settings_reader) { .driver = "pcsc", .name = "*", .path = "",
                                                      .connection = CONNECTION_EVERY, .label = "" };
}

/* The folder that the service manager made (StateDirectory= in systemd.exec(5)) takes the place of the default: with a
 * prefix of its own the two differ, and the service may write nowhere else. */
static void find_state_directory(struct config *config)
{
    const char *made = getenv("STATE_DIRECTORY");

    if (made != NULL && *made == '/' && strcmp(config->settings.state_directory, SPRINGPARK_STATE_DIRECTORY) == 0)
        config->settings.state_directory = config_keep(config, text_copy(made));
}

/* What the device's network has of its own: 0280 with the address 0.0.0.0, or cut short, is DHCP. */
static const char *ipv4_address_of(struct config *config)
{
    size_t size;
    const uint8_t *bytes = registers_get(config->registers, 0x0280, &size);
    static const uint8_t none[4];

    if (size < sizeof none || memcmp(bytes, none, sizeof none) == 0)
        return "";
    return config_keep(config, text_format("%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]));
}

static void decode_ipv4(const struct config_reader *reader, struct settings_ipv4 *ipv4)
{
    static const char *const paths[] = { "network.ipv4.address", "network.ipv4.netmask", "network.ipv4.gateway",
                                         "network.ipv4.nameserver_1", "network.ipv4.nameserver_2" };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ipv4->stated = ipv4->stated || config_origin(reader, paths[i], 0) != NULL;
    ipv4->address = number_of(reader->config, paths[0]);
    ipv4->netmask = number_of(reader->config, paths[1]);
    ipv4->gateway = number_of(reader->config, paths[2]);
    ipv4->nameservers[0] = number_of(reader->config, paths[3]);
    ipv4->nameservers[1] = number_of(reader->config, paths[4]);
}

static void decode_discovery(const struct config *config, struct settings_discovery *discovery)
{
    uint32_t port = number_of(config, "ports.nddu");

    discovery->port = port == 0 ? PORT_DISCOVERY : port;
    if (flag_of(config, "network.services.nddu_disabled"))
        discovery->reach = SETTINGS_REACH_OFF;
}

/* All bits of the access conditions at 0: full access, free use, nothing switched off. */
static bool is_open(const struct config *config)
{
    size_t size;
    const uint8_t *bytes = registers_get(config->registers, 0x02F0, &size);

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

void config_decode_settings(struct config_reader *reader)
{
    struct config *config = reader->config;
    struct settings *settings = &config->settings;

    decode_mqtt(reader, &settings->mqtt);
    decode_smart_reader(config, &settings->smart_reader);
    for (unsigned i = 0; i < SETTINGS_TEMPLATE_COUNT; i++)
        decode_template(config, i, &settings->templates[i]);
    settings->inventory = text_of(config, "device.inventory");
    settings->location = text_of(config, "device.location");
    if (settings->readers_count == 0)
        default_readers(settings);
    find_state_directory(config);
    settings->ipv4_address = ipv4_address_of(config);
    decode_ipv4(reader, &settings->ipv4);
    decode_discovery(config, &settings->discovery);
    settings->open = is_open(config);
    config_default_own_slots(reader);
    settings->feedback.automatic = !flag_of(config, "ui.host_controlled");
    settings->feedback.sound = number_of(config, "ui.sound_volume") != 0;
    config_default_feedback(settings);
    settings->config_id = config_keep(config, config_id_of(config));
}
