/* SPDX-License-Identifier: MIT */
#include "device/config_extensions.h"

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
    { SETTINGS_ACTIVATION_BROKER, "broker", "While the broker is connected",
      "reading only while the broker is connected is not in this version; write \"journal\"" },
    { 0, NULL, NULL, NULL },
};

static const struct field_option order_options[] = {
    { SETTINGS_ORDER_LIVE_FIRST, "live-first", "What happens now goes before what was stored", NULL },
    { SETTINGS_ORDER_OLDEST_FIRST, "oldest-first", "What was stored goes first", NULL },
    { 0, NULL, NULL, NULL },
};

#define IN_SETTINGS(member) .offset = offsetof(struct settings, member)

static const struct extension_def table[] = {
    { .field = { .path = "mqtt.version", .title = "MQTT version", .kind = FIELD_CHOICE, .options = version_options,
                 .effect = "which protocol version is spoken to the broker" },
      IN_SETTINGS(mqtt.version), .default_value = SETTINGS_MQTT_AUTO },
    { .field = { .path = "smart_reader.debounce_ms", .title = "Debounce", .kind = FIELD_NUMBER, .max = 10000,
                 .unit = "ms", .effect = "a tag that is absent for less has not left" },
      IN_SETTINGS(smart_reader.debounce_ms), .default_value = 300 },
    { .field = { .path = "smart_reader.activation", .title = "What counts as the connected host", .kind = FIELD_CHOICE,
                 .options = activation_options, .effect = "when reading starts" },
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
    { .field = { .path = "device.serial", .title = "Serial number", .kind = FIELD_TEXT,
                 .effect = "empty = the CN of the client certificate, else derived from the machine id" },
      IN_SETTINGS(serial), .default_text = "", .limit_bytes = 64 },
    { .field = { .path = "messages.sequence", .title = "Sequence in events", .kind = FIELD_BOOLEAN,
                 .effect = "the number of the event since the start" },
      IN_SETTINGS(message_sequence), .default_value = true },
    { .field = { .path = "messages.date_time", .title = "DateTime in messages", .kind = FIELD_BOOLEAN,
                 .effect = "UTC, and only once the clock is synchronised" },
      IN_SETTINGS(message_date_time), .default_value = true },
};

static const struct field_option driver_options[] = {
    { 0, "pcsc", "PC/SC reader (pcscd)", NULL },
    { 1, "script", "Scripted virtual reader", NULL },
    { 2, "libnfc", "libnfc reader", "there is no libnfc driver in this version; next: run the reader on pcscd and write"
                                    " \"pcsc\"" },
    { 0, NULL, NULL, NULL },
};

#define IN_READER(member) .offset = offsetof(struct settings_reader, member)

static const struct extension_def reader_table[] = {
    { .field = { .path = "readers.driver", .title = "Driver", .kind = FIELD_CHOICE, .options = driver_options,
                 .effect = "what speaks to the reader" },
      IN_READER(driver), .default_text = "pcsc" },
    { .field = { .path = "readers.name", .title = "PC/SC reader name", .kind = FIELD_TEXT,
                 .effect = "a pattern with * and ?; each reader that matches is used" },
      IN_READER(name), .default_text = "*", .limit_bytes = 256 },
    { .field = { .path = "readers.path", .title = "File or FIFO of the script", .kind = FIELD_TEXT,
                 .effect = "for the driver \"script\" only" },
      IN_READER(path), .default_text = "", .limit_bytes = 1024, .is_path = true },
    { .field = { .path = "readers.label", .title = "Label", .kind = FIELD_TEXT,
                 .effect = "names the reader in logs and, with more than one reader, in events" },
      IN_READER(label), .default_text = "", .limit_bytes = 32 },
};

#define TYPE_NOT_IN_THIS_VERSION(type) "template type " type " is not in this version; write \"id-only\""

static const struct field_option type_options[] = {
    { 0, "id-only", "ID Only", NULL },
    { 1, "pan", "PAN", TYPE_NOT_IN_THIS_VERSION("PAN") },
    { 2, "google-smarttap", "Google SmartTap", TYPE_NOT_IN_THIS_VERSION("Google SmartTap") },
    { 3, "apple-vas", "Apple VAS", TYPE_NOT_IN_THIS_VERSION("Apple VAS") },
    { 4, "stid-mobile-id", "STid Mobile ID NFC", TYPE_NOT_IN_THIS_VERSION("STid Mobile ID NFC") },
    { 5, "orange-nfc-office", "Orange NFC Office", TYPE_NOT_IN_THIS_VERSION("Orange NFC Office") },
    { 6, "orange-nfc-retail", "Orange NFC Retail", TYPE_NOT_IN_THIS_VERSION("Orange NFC Retail") },
    { 7, "springblue", "SpringBlue", TYPE_NOT_IN_THIS_VERSION("SpringBlue") },
    { 8, "calypso", "Calypso", TYPE_NOT_IN_THIS_VERSION("Calypso") },
    { 9, "em4134-memory", "EM4134 Memory", TYPE_NOT_IN_THIS_VERSION("EM4134 Memory") },
    { 10, "mifare-plus-sl3", "Mifare Plus SL3", TYPE_NOT_IN_THIS_VERSION("Mifare Plus SL3") },
    { 11, "mifare-classic", "Mifare Classic", TYPE_NOT_IN_THIS_VERSION("Mifare Classic") },
    { 12, "mifare-ultralight", "Mifare UltraLight", TYPE_NOT_IN_THIS_VERSION("Mifare UltraLight") },
    { 13, "desfire-data", "Desfire Data", TYPE_NOT_IN_THIS_VERSION("Desfire Data") },
    { 14, "desfire-id", "Desfire ID", TYPE_NOT_IN_THIS_VERSION("Desfire ID") },
    { 15, "ndef-data", "NDEF Data", TYPE_NOT_IN_THIS_VERSION("NDEF Data") },
    { 16, "iso-data", "ISO Data", TYPE_NOT_IN_THIS_VERSION("ISO Data") },
    { 17, "iso15693-memory", "ISO 15693 Memory", TYPE_NOT_IN_THIS_VERSION("ISO 15693 Memory") },
    { 18, "navigo", "Navigo", TYPE_NOT_IN_THIS_VERSION("Navigo") },
    { 0, NULL, NULL, NULL },
};

static const struct extension_def template_type = {
    .field = { .path = "templates.type", .title = "Template type", .kind = FIELD_CHOICE, .options = type_options,
               .effect = "what is read from the tag" },
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
    return strcmp(path, template_type.field.path) == 0 ? &template_type : NULL;
}
