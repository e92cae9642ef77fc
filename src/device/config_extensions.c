/* SPDX-License-Identifier: MIT */
#include "device/config_extensions.h"

#include "device/config_feedback.h"
#include "device/connection.h"
#include "device/register_types.h"
#include "device/settings.h"

#include <string.h>

static const struct field_option version_options[] = {
    { SETTINGS_MQTT_AUTO, "auto", "MQTT 5, and 3.1.1 if the broker refuses it", NULL },
    { SETTINGS_MQTT_5, "5", "MQTT 5 only", NULL },
    { SETTINGS_MQTT_3_1_1, "3.1.1", "MQTT 3.1.1 only", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option activation_options[] = {
    { SETTINGS_ACTIVATION_JOURNAL, "journal", "As soon as events can be kept", NULL },
    { SETTINGS_ACTIVATION_BROKER, "broker", "While the broker is connected", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option reach_options[] = {
    { SETTINGS_REACH_OFF, "off", "Nobody is answered", NULL },
    { SETTINGS_REACH_LOOPBACK, "loopback", "Who looks from this box is answered", NULL },
    { SETTINGS_REACH_NETWORK, "network", "Who looks from a directly attached network is answered, too", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option order_options[] = {
    { SETTINGS_ORDER_LIVE_FIRST, "live-first", "What happens now goes before what was stored", NULL },
    { SETTINGS_ORDER_OLDEST_FIRST, "oldest-first", "What was stored goes first", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option checksum_options[] = {
    { SETTINGS_CHECKSUM_BETWEEN, "between", "Of what stands between $ and *, as NMEA 0183 and the vendor's frame structure do",
      NULL },
    { SETTINGS_CHECKSUM_WITH_DELIMITERS, "with-delimiters", "$ and * included, as the vendor's page of $SCRDR does", NULL },
    { 0, NULL, NULL, NULL },
};

#define IN_SETTINGS(member) .offset = offsetof(struct settings, member)

static const struct extension_def table[] = {
    { .field = { .path = "mqtt.version", .title = "MQTT version", .kind = FIELD_CHOICE, .options = version_options,
                 .effect = "which protocol version is spoken to the broker" },
      IN_SETTINGS(mqtt.version), .default_value = SETTINGS_MQTT_AUTO },
    { .field = { .path = "mqtt.tls.allow_insecure", .title = "Allow the trust \"any\"", .kind = FIELD_BOOLEAN,
                 .effect = "without it a configuration with that trust is refused, for whoever answers gets every event"
                           " and can send commands; for a test bench only" },
      IN_SETTINGS(mqtt.tls.allow_insecure), .default_value = false },
    { .field = { .path = "smart_reader.debounce_ms", .title = "Debounce", .kind = FIELD_NUMBER, .max = 10000,
                 .unit = "ms", .effect = "a tag that is absent for less has not left" },
      IN_SETTINGS(smart_reader.debounce_ms), .default_value = 300 },
    { .field = { .path = "smart_reader.activation", .title = "What counts as the connected host", .kind = FIELD_CHOICE,
                 .options = activation_options,
                 .effect = "for smart_reader.activate_on_startup = false; \"journal\": events are kept from the start on,"
                           " so tags are reported at once, broker or not; \"broker\", as a SpringPark does: tags are"
                           " reported only while the broker is connected, and smart_reader.explicit_activation needs its"
                           " command on each connection anew" },
      IN_SETTINGS(smart_reader.activation), .default_value = SETTINGS_ACTIVATION_JOURNAL },
    { .field = { .path = "journal.enabled", .title = "Events on disk", .kind = FIELD_BOOLEAN,
                 .effect = "an event is stored until the broker has acknowledged it; false = in memory only: a power cut"
                           " or a stop loses what the broker does not have" },
      IN_SETTINGS(journal.enabled), .default_value = true },
    { .field = { .path = "journal.directory", .title = "State folder", .kind = FIELD_TEXT,
                 .effect = "where the startup counter and the journal are kept",
                 .sample = "\"/var/lib/springpark\"" },
      IN_SETTINGS(state_directory), .default_text = SPRINGPARK_STATE_DIRECTORY, .limit_bytes = 1024, .is_path = true },
    { .field = { .path = "journal.max_events", .title = "Events in the journal", .kind = FIELD_NUMBER, .min = 1,
                 .max = 10000000, .effect = "at most; when there are more the oldest go, and a gap is reported" },
      IN_SETTINGS(journal.max_events), .default_value = 150000 },
    { .field = { .path = "journal.max_bytes", .title = "Size of the journal", .kind = FIELD_NUMBER, .min = 1048576,
                 .max = 2147483647, .unit = "bytes",
                 .effect = "of its files together, at most; when they are larger the oldest events go, and a gap is"
                           " reported" },
      IN_SETTINGS(journal.max_bytes), .default_value = 134217728 },
    { .field = { .path = "journal.max_age", .title = "Age of an event", .kind = FIELD_NUMBER, .max = 2147483647,
                 .unit = "s",
                 .effect = "at most, counted while the daemon runs; older events go, and a gap is reported; 0 = no"
                           " limit" },
      IN_SETTINGS(journal.max_age_s) },
    { .field = { .path = "journal.replay_rate", .title = "Replay", .kind = FIELD_NUMBER, .max = 10000,
                 .unit = "a second",
                 .effect = "how many stored events are sent after an outage, while new ones keep flowing; AWS IoT Core"
                           " allows 100 publishes a second for a connection, new ones included; 0 = as fast as the"
                           " broker takes them" },
      IN_SETTINGS(journal.replay_rate), .default_value = 50 },
    { .field = { .path = "journal.order", .title = "Order after an outage", .kind = FIELD_CHOICE,
                 .options = order_options, .effect = "what is sent first" },
      IN_SETTINGS(journal.order), .default_value = SETTINGS_ORDER_LIVE_FIRST },
    { .field = { .path = "journal.memory_events", .title = "Events kept in memory", .kind = FIELD_NUMBER, .min = 1,
                 .max = 1000000,
                 .effect = "while the disk takes none, or when the journal is not enabled; what does not fit is"
                           " dropped, and a gap is reported" },
      IN_SETTINGS(journal.memory_events), .default_value = 10000 },
    { .field = { .path = "provisioning.template", .title = "Fleet provisioning template", .kind = FIELD_TEXT,
                 .effect = "while this box has no certificate of its own, it obtains one from AWS IoT Core with a claim"
                           " certificate and this template, and keeps it with its key in the state folder"
                           " (journal.directory), or in the files that the slots of mqtt.tls name; empty = it does"
                           " not", .sample = "\"springpark\"" },
      IN_SETTINGS(provisioning.template_name), .default_text = "", .limit_bytes = 36 },
    { .field = { .path = "provisioning.certificate_slot", .title = "Slot of the claim certificate",
                 .kind = FIELD_NUMBER, .max = 15, .effect = "the slot in certificates with the claim",
                 .sample = "0xC" },
      IN_SETTINGS(provisioning.certificate_slot), .default_value = 0xC },
    { .field = { .path = "provisioning.key_slot", .title = "Slot of the claim's key", .kind = FIELD_NUMBER, .max = 15,
                 .effect = "the slot in keys with the key of the claim", .sample = "0xC" },
      IN_SETTINGS(provisioning.key_slot), .default_value = 0xC },
    { .field = { .path = "discovery.reach", .title = "Who finds this device", .kind = FIELD_CHOICE,
                 .options = reach_options,
                 .effect = "whether lookups of SpringCard's utility and of springparkctl discover are answered (register"
                           " 0284, port in 0285), with type, serial number and addresses; nothing can be set that way" },
      IN_SETTINGS(discovery.reach), .default_value = SETTINGS_REACH_LOOPBACK },
    { .field = { .path = "device.serial", .title = "Serial number", .kind = FIELD_TEXT,
                 .effect = "empty = the CN of the client certificate, else derived from the machine id" },
      IN_SETTINGS(serial), .default_text = "", .limit_bytes = 64 },
    { .field = { .path = "messages.sequence", .title = "Sequence in events", .kind = FIELD_BOOLEAN,
                 .effect = "the number of the event since the start" },
      IN_SETTINGS(message_sequence), .default_value = true },
    { .field = { .path = "messages.date_time", .title = "DateTime in messages", .kind = FIELD_BOOLEAN,
                 .effect = "UTC, and only once the clock is synchronised" },
      IN_SETTINGS(message_date_time), .default_value = true },
    { .field = { .path = "messages.scrdr_checksum", .title = "Checksum of $SCRDR lines", .kind = FIELD_CHOICE,
                 .options = checksum_options,
                 .effect = "for smart_reader.network_format = \"scrdr\"; the vendor's pages disagree, and commands are taken"
                           " with either" },
      IN_SETTINGS(scrdr_checksum), .default_value = SETTINGS_CHECKSUM_BETWEEN },
    { .field = { .path = "feedback.confirm_timeout", .title = "Time for a confirmation", .kind = FIELD_NUMBER,
                 .max = 3600, .unit = "s",
                 .effect = "how long the broker may take before a read counts as unconfirmed for the person at the"
                           " reader; 0 = as long as it likes" },
      IN_SETTINGS(feedback.confirm_timeout_s), .default_value = 3 },
    { .field = { .path = "feedback.started", .title = "Started", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when reading has begun" },
      IN_SETTINGS(feedback.started), .default_value = 0x11 },
    { .field = { .path = "feedback.read", .title = "Read", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when an event was made of a tag" },
      IN_SETTINGS(feedback.read), .default_value = 0x23 },
    { .field = { .path = "feedback.read_failed", .title = "Read failed", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when a tag was there, and could not be read or is wanted by no template" },
      IN_SETTINGS(feedback.read_failed), .default_value = 0x24 },
    { .field = { .path = "feedback.stored", .title = "Stored", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when the event is on disk" },
      IN_SETTINGS(feedback.stored), .default_value = 0 },
    { .field = { .path = "feedback.confirmed", .title = "Confirmed", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when the broker has acknowledged the event" },
      IN_SETTINGS(feedback.confirmed), .default_value = 0 },
    { .field = { .path = "feedback.refused", .title = "Refused", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when the broker refused the event" },
      IN_SETTINGS(feedback.refused), .default_value = 0x24 },
    { .field = { .path = "feedback.unconfirmed", .title = "Unconfirmed", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when the broker did not acknowledge the event"
                           " within confirm_timeout; it is kept, and sent again" },
      IN_SETTINGS(feedback.unconfirmed), .default_value = 0x08 },
    { .field = { .path = "feedback.cloud_lost", .title = "Cloud lost", .kind = FIELD_CHOICE,
                 .options = config_sequence_options,
                 .effect = "played when the connection to the broker is lost" },
      IN_SETTINGS(feedback.cloud_lost), .default_value = 0 },
};

static const struct field_option driver_options[] = {
    { 0, "pcsc", "PC/SC reader (pcscd)", NULL },
    { 1, "libnfc", "libnfc reader", NULL },
    { 2, "script", "Scripted virtual reader", NULL },
    { 0, NULL, NULL, NULL },
};

#define IN_READER(member) .offset = offsetof(struct settings_reader, member)

static const struct extension_def reader_table[] = {
    { .field = { .path = "readers.driver", .title = "Driver", .kind = FIELD_CHOICE, .options = driver_options,
                 .effect = "what speaks to the reader" },
      IN_READER(driver), .default_text = "pcsc" },
    { .field = { .path = "readers.name", .title = "PC/SC reader name", .kind = FIELD_TEXT,
                 .effect = "for the driver \"pcsc\" only; a pattern with * and ?; each reader that matches is used" },
      IN_READER(name), .default_text = "*", .limit_bytes = 256 },
    { .field = { .path = "readers.connection", .title = "Connection of the libnfc reader", .kind = FIELD_TEXT,
                 .effect = "for the driver \"libnfc\" only; a connection string of libnfc, for instance"
                           " \"pn532_uart:/dev/ttyS0:115200\"; \"*\" = every device that libnfc finds by itself, which"
                           " are those on USB" },
      IN_READER(connection), .default_text = CONNECTION_EVERY, .limit_bytes = CONNECTION_MAX_BYTES },
    { .field = { .path = "readers.path", .title = "File or FIFO of the script", .kind = FIELD_TEXT,
                 .effect = "for the driver \"script\" only" },
      IN_READER(path), .default_text = "", .limit_bytes = 1024, .is_path = true },
    { .field = { .path = "readers.label", .title = "Label", .kind = FIELD_TEXT,
                 .effect = "names the reader in logs and, with more than one reader, in events" },
      IN_READER(label), .default_text = "", .limit_bytes = 32 },
};

static const struct extension_def template_type = {
    .field = { .path = "templates.type", .title = "Template type", .kind = FIELD_CHOICE,
               .options = register_type_options,
               .effect = "what is read from the tag; may be left out where technologies names it" },
};

const struct extension_def *extension_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct extension_def *extension_reader_table(size_t *count)
{
    *count = sizeof reader_table / sizeof reader_table[0];
    return reader_table;
}

const struct extension_def *extension_template_type(void)
{
    return &template_type;
}

const char *extension_gone(const char *path)
{
    if (strcmp(path, "mqtt.queue_events") == 0)
        return "there is no such setting any more: events are stored on disk; next: write journal.max_events for how"
               " many, or journal.memory_events for how many in memory while the disk takes none";
    return NULL;
}

const struct extension_def *extension_find(const char *path)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].field.path, path) == 0)
            return &table[i];
    }
    for (size_t i = 0; i < sizeof reader_table / sizeof reader_table[0]; i++) {
        if (strcmp(reader_table[i].field.path, path) == 0)
            return &reader_table[i];
    }
    size_t count;
    const struct extension_def *devices = config_feedback_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(devices[i].field.path, path) == 0)
            return &devices[i];
    }
    return strcmp(path, template_type.field.path) == 0 ? &template_type : NULL;
}
