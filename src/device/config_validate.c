/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/ipv4_plan.h"
#include "device/register_text.h"
#include "device/register_types.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A complaint about a setting that somebody made, by name or raw. */
static void complain_about(struct config_reader *reader, const char *path, const char *problem)
{
    const struct config_node *node = config_origin(reader, path, 0);
    const struct register_def *def;

    if (node == NULL || register_find_field(path, &def) == NULL)
        return;
    char *place = text_format("%s (register %04X)", path, def->address);
    config_complain(reader, node, place, problem);
    free(place);
}

static bool is_host_name(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char) *c) && strchr("-._", *c) == NULL)
            return false;
    }
    return true;
}

static bool is_ipv6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

static const char *broker_problem(const char *broker)
{
    const char *colon = strchr(broker, ':');

    if (strstr(broker, "://") != NULL)
        return "only the name or address belongs here; leave the scheme out (TLS is mqtt.tls.enabled)";
    if (*broker == '[')
        return "an IPv6 address is written without brackets, and the port in mqtt.port";
    if (colon != NULL && strchr(colon + 1, ':') == NULL)
        return "only the name or address belongs here; write the port in mqtt.port";
    if (colon != NULL && !is_ipv6(broker))
        return "this is no IPv6 address, and a name has no colon";
    if (colon == NULL && !is_host_name(broker))
        return "a host name has only letters, digits, '-', '.' and '_'";
    return NULL;
}

/* A text that becomes part of a topic. */
static const char *topic_part_problem(const char *text, bool levels)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char) *c < 0x20 || (unsigned char) *c > 0x7E)
            return "only printable ASCII characters are allowed";
        if (*c == '+' || *c == '#')
            return "'+' and '#' are not allowed in a topic";
        if (*c == '/' && !levels)
            return "'/' is not allowed: it would divide the topic";
        if (*c == ' ')
            return "a space is not allowed in a topic";
    }
    return NULL;
}

static const char *prefix_problem(const char *prefix)
{
    size_t length = strlen(prefix);

    if (length == 0)
        return "the prefix must not be empty";
    if (prefix[0] == '/' || prefix[length - 1] == '/')
        return "the prefix must not begin or end with '/'";
    if (strstr(prefix, "//") != NULL)
        return "the prefix has an empty level (\"//\")";
    return topic_part_problem(prefix, true);
}

static const char *client_id_problem(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char) *c < 0x20 || (unsigned char) *c > 0x7E)
            return "only printable ASCII characters are allowed";
    }
    return NULL;
}

static void check_texts(struct config_reader *reader, const struct config_node *serial)
{
    const struct settings *settings = &reader->config->settings;
    const struct settings_mqtt *mqtt = &settings->mqtt;
    const char *problem;

    if ((problem = broker_problem(mqtt->broker)) != NULL)
        complain_about(reader, "mqtt.broker", problem);
    if ((problem = prefix_problem(mqtt->topic_prefix)) != NULL)
        complain_about(reader, "mqtt.topic_prefix", problem);
    if ((problem = client_id_problem(mqtt->client_id)) != NULL)
        complain_about(reader, "mqtt.client_id", problem);
    if ((problem = topic_part_problem(mqtt->device_id, false)) != NULL)
        complain_about(reader, "mqtt.device_id", problem);
    if (serial != NULL && (problem = topic_part_problem(settings->serial, false)) != NULL)
        config_complain(reader, serial, "device.serial", problem);
    if (*mqtt->password != '\0' && *mqtt->login == '\0')
        complain_about(reader, "mqtt.password", "a password without a user name is not allowed; next: set mqtt.login");
}

/* The slot that a field of 0288 names must hold something. */
static void need_slot(struct config_reader *reader, const char *group, const struct settings_slot *slots,
                      unsigned slot, const char *path)
{
    const struct config_node *node = config_origin(reader, path, 0);

    if (*slots[slot].source != '\0')
        return;
    if (node == NULL)
        node = config_origin(reader, "mqtt.broker", 0);
    errors_add(reader->errors, "%s:%d: %s.slot_%X is not set, but %s (register 0288) names it; next: name a file there",
               node->file, node->line, group, slot, path);
}

static void check_slots(struct config_reader *reader)
{
    const struct settings *settings = &reader->config->settings;
    const struct settings_tls *tls = &settings->mqtt.tls;

    if (config_origin(reader, "mqtt.broker", 0) == NULL || *settings->mqtt.broker == '\0' || !tls->enabled)
        return;
    if (tls->trust != SETTINGS_TRUST_ANY)
        need_slot(reader, "certificates", settings->certificates, tls->ca_slot, "mqtt.tls.ca_slot");
    if (!tls->client_auth)
        return;
    need_slot(reader, "certificates", settings->certificates, tls->certificate_slot, "mqtt.tls.certificate_slot");
    need_slot(reader, "keys", settings->keys, tls->key_slot, "mqtt.tls.key_slot");
    if (tls->chain)
        need_slot(reader, "certificates", settings->certificates, tls->chain_slot, "mqtt.tls.chain_slot");
}

/* A static address that the network could not have. */
static void check_ipv4(struct config_reader *reader)
{
    const char *path;
    const char *problem = ipv4_plan_problem(&reader->config->settings.ipv4, &path);

    if (problem != NULL)
        complain_about(reader, path, problem);
}

static void note_field(struct config_reader *reader, const struct register_def *def, unsigned instance,
                       const struct field_def *field)
{
    const struct registers *registers = reader->config->registers;
    const struct config_node *node = config_origin_of(reader, def, field, instance);

    if (node == NULL || registers_field_equals(registers, def, instance, field, def->device_default) ||
        registers_field_equals(registers, def, instance, field, register_default(def)))
        return;
    char *text = field_value_text(registers, def, instance, field);
    errors_add(reader->notes, "%s:%d: %s (register %04X): %s has no effect: %s", node->file, node->line,
               field->path != NULL ? field->path : "registers", register_address(def, instance), text, field->effect);
    free(text);
}

static void note_register(struct config_reader *reader, const struct register_def *def, unsigned instance)
{
    for (size_t i = 0; i < def->fields_count; i++) {
        if (def->fields[i].support == FIELD_NOT_APPLICABLE)
            note_field(reader, def, instance, &def->fields[i]);
    }
}

/* What is accepted and has no effect on a gateway. */
static void note_fields(struct config_reader *reader)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        unsigned instances = table[i].per_template ? REGISTER_TEMPLATE_INSTANCES : 1;

        for (unsigned n = 0; n < instances; n++)
            note_register(reader, registers_def(reader->config->registers, &table[i], n), n);
    }
}

static bool has_pcsc_readers(const struct settings *settings)
{
    for (size_t i = 0; i < settings->readers_count; i++) {
        if (strcmp(settings->readers[i].driver, "pcsc") == 0)
            return true;
    }
    return false;
}

/* A reader on pcscd cannot tell what the anti-collision gave, but for one kind of card; one on libnfc tells it of all. */
static void note_protocol_bytes(struct config_reader *reader)
{
    const struct registers *registers = reader->config->registers;

    for (unsigned n = 0; has_pcsc_readers(&reader->config->settings) && n < SETTINGS_TEMPLATE_COUNT; n++) {
        const struct register_type *type = registers_type(registers, n);
        const struct register_def *def;
        const struct field_def *field =
            type != NULL ? register_type_field(type, false, "templates.content", &def) : NULL;
        const struct config_node *node = field != NULL ? config_origin_of(reader, def, field, n) : NULL;

        if (node == NULL || registers_get_bits(registers, register_address(def, n), field->mask) == 0)
            continue;
        errors_add(reader->notes, "%s:%d: templates[%u].content (register %04X): \"protocol\" has an effect on PC/SC"
                                  " readers with NFC-B (ISO/IEC 14443-4) only; any other tag on them gives its"
                                  " identifier alone", node->file, node->line, n + 1, register_address(def, n));
    }
}

/* Without TLS the device ignores all the rest of 0288; whoever wrote some of it should know. */
static void note_tls_without_tls(struct config_reader *reader)
{
    const struct register_def *def;
    const struct field_def *enabled = register_find_field("mqtt.tls.enabled", &def);

    if (reader->config->settings.mqtt.tls.enabled)
        return;
    for (size_t i = 0; i < def->fields_count; i++) {
        const struct field_def *field = &def->fields[i];
        const char *path = field->path;
        const struct config_node *node = path != NULL ? config_origin_by_name(reader, path) : NULL;

        if (node != NULL && field != enabled && field->support == FIELD_HONOURED)
            errors_add(reader->notes, "%s:%d: %s (register 0288): has no effect while mqtt.tls.enabled is false",
                       node->file, node->line, path);
    }
}

/* used: as bits, the slots that 0288 makes use of. */
static void note_slots(struct config_reader *reader, const struct config_node *group, unsigned used)
{
    for (size_t i = 0; group != NULL && i < group->count; i++) {
        const struct config_node *node = &group->children[i];
        int slot = strlen(node->name) == strlen("slot_X") ? hex_digit_value(node->name[strlen("slot_")]) : -1;

        if (slot >= 0 && (used >> slot & 1) == 0 && node->text != NULL && *node->text != '\0')
            errors_add(reader->notes, "%s:%d: %s.%s: has no effect: no setting of mqtt.tls (register 0288) uses the slot",
                       node->file, node->line, group->name, node->name);
    }
}

static void note_unused_slots(struct config_reader *reader, const struct config_node *root)
{
    const struct settings_tls *tls = &reader->config->settings.mqtt.tls;
    const struct settings_provisioning *provisioning = &reader->config->settings.provisioning;
    unsigned certificates = 1U << tls->certificate_slot; /* the serial number comes from it, TLS or not */
    unsigned keys = 0;

    if (tls->enabled && tls->trust != SETTINGS_TRUST_ANY)
        certificates |= 1U << tls->ca_slot;
    if (tls->enabled && tls->client_auth) {
        certificates |= tls->chain ? 1U << tls->chain_slot : 0;
        keys |= 1U << tls->key_slot;
    }
    if (*provisioning->template_name != '\0') {
        certificates |= 1U << provisioning->certificate_slot;
        keys |= 1U << provisioning->key_slot;
    }
    note_slots(reader, config_node_child(root, "certificates"), certificates);
    note_slots(reader, config_node_child(root, "keys"), keys);
}

static void note_plain_password(struct config_reader *reader)
{
    const struct settings_mqtt *mqtt = &reader->config->settings.mqtt;
    const struct config_node *node = config_origin(reader, "mqtt.password", 0);

    if (node != NULL && *mqtt->password != '\0' && !mqtt->tls.enabled)
        errors_add(reader->notes, "%s:%d: mqtt.password (register 028C): goes over the network readable by all, for"
                                  " mqtt.tls.enabled is false", node->file, node->line);
}

static void note_journal_off(struct config_reader *reader, const struct config_node *root)
{
    const struct config_node *journal = config_node_child(root, "journal");
    const struct config_node *node = journal != NULL ? config_node_child(journal, "enabled") : NULL;

    if (node != NULL && !reader->config->settings.journal.enabled)
        errors_add(reader->notes, "%s:%d: journal.enabled is false: events are kept in memory only, at most %u of them"
                                  " (journal.memory_events); a power cut or a stop loses what the broker has not"
                                  " acknowledged",
                   node->file, node->line, reader->config->settings.journal.memory_events);
}

static void note_qos_0(struct config_reader *reader)
{
    const struct config_node *node = config_origin(reader, "mqtt.options.publish_qos", 0);

    if (node != NULL && reader->config->settings.mqtt.publish_qos == 0)
        errors_add(reader->notes, "%s:%d: mqtt.options.publish_qos (register 0289) is 0: an event counts as delivered"
                                  " once it is written to the connection; what is lost on the way is lost without a trace",
                   node->file, node->line);
}

/* JSON says which reader it was; a line has no field for it. */
static void note_scrdr_readers(struct config_reader *reader)
{
    const struct config_node *node = config_origin(reader, "smart_reader.network_format", 0);
    const struct settings *settings = &reader->config->settings;

    if (node != NULL && settings->readers_count > 1 && settings->smart_reader.network_format == SETTINGS_FORMAT_SCRDR)
        errors_add(reader->notes, "%s:%d: smart_reader.network_format (register 02A0): \"scrdr\" does not say which of the"
                                  " readers an event is from; \"json\" does", node->file, node->line);
}

/* What only the broker's connection starts never starts. */
static void note_no_host(struct config_reader *reader, const struct config_node *root)
{
    const struct settings *settings = &reader->config->settings;
    const struct config_node *group = config_node_child(root, "smart_reader");
    const struct config_node *node = group != NULL ? config_node_child(group, "activation") : NULL;

    if (node != NULL && settings->smart_reader.activation == SETTINGS_ACTIVATION_BROKER &&
        !settings->smart_reader.activate_on_startup && *settings->mqtt.broker == '\0')
        errors_add(reader->notes, "%s:%d: smart_reader.activation is \"broker\", and mqtt.broker (register 0286) is empty:"
                                  " no tag is reported", node->file, node->line);
}

void config_validate(struct config_reader *reader, const struct config_node *root)
{
    const struct config_node *device = config_node_child(root, "device");

    check_texts(reader, device != NULL ? config_node_child(device, "serial") : NULL);
    check_slots(reader);
    check_ipv4(reader);
    config_validate_templates(reader);
    note_fields(reader);
    config_validate_trust(reader, root);
    config_validate_provisioning(reader, root);
    note_protocol_bytes(reader);
    note_tls_without_tls(reader);
    note_unused_slots(reader, root);
    note_plain_password(reader);
    note_journal_off(reader, root);
    note_qos_0(reader);
    note_no_host(reader, root);
    note_scrdr_readers(reader);
}
