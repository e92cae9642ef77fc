/* SPDX-License-Identifier: MIT */
#include "gateway/plan.h"

#include "base/memory.h"
#include "message/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void plan_presence(struct plan *plan)
{
    const struct settings_smart_reader *reader = &plan->settings->smart_reader;

    plan->presence = (struct presence_settings) {
        .insert_remove = reader->insert_remove,
        .read_interval_ms = reader->read_interval_ms,
        .repeat_interval_ms = reader->repeat_interval_ms,
        .must_leave = reader->must_leave,
        .debounce_ms = reader->debounce_ms,
    };
}

static void plan_templates(struct plan *plan)
{
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        const struct settings_template *from = &plan->settings->templates[i];
        struct template_registers *to = &plan->templates[i];

        to->lookup = from->enabled ? from->lookup : 0;
        memcpy(to->output_format, from->output_format, sizeof to->output_format);
        to->prefix = from->prefix;
        memcpy(to->location, from->location, sizeof to->location);
        to->options = from->options;
    }
}

static enum cloud_trust trust_from_settings(enum settings_trust trust)
{
    switch (trust) {
    case SETTINGS_TRUST_ANY:
        return CLOUD_TRUST_ANY;
    case SETTINGS_TRUST_SERVER:
        return CLOUD_TRUST_SERVER;
    case SETTINGS_TRUST_CA:
        return CLOUD_TRUST_CA;
    case SETTINGS_TRUST_PKI:
        break;
    }
    return CLOUD_TRUST_PKI;
}

static enum cloud_mqtt_version version_from_settings(enum settings_mqtt_version version)
{
    switch (version) {
    case SETTINGS_MQTT_5:
        return CLOUD_MQTT_5;
    case SETTINGS_MQTT_3_1_1:
        return CLOUD_MQTT_3_1_1;
    case SETTINGS_MQTT_AUTO:
        break;
    }
    return CLOUD_MQTT_AUTO;
}

static struct cloud_tls_settings plan_tls(const struct settings *settings)
{
    const struct settings_tls *tls = &settings->mqtt.tls;

    return (struct cloud_tls_settings) {
        .enabled = tls->enabled,
        .sni = tls->sni,
        .verify_name = tls->verify_name,
        .trust = trust_from_settings(tls->trust),
        .ca = settings->certificates[tls->ca_slot].source,
        .client_auth = tls->client_auth,
        .certificate = settings->certificates[tls->certificate_slot].source,
        .key = settings->keys[tls->key_slot].source,
        .chain = tls->chain ? settings->certificates[tls->chain_slot].source : "",
    };
}

/* The topics of the vendor's Topics page: {prefix}/{id}/meta and so on. */
static void plan_cloud(struct plan *plan)
{
    static const char *const leaves[] = { "meta", "status", "rdr/evt", "rdr/cmd" };
    const struct settings_mqtt *mqtt = &plan->settings->mqtt;
    const struct message_status dead = { .state = MESSAGE_OFFLINE_DEAD };

    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        plan->topics[i] = text_format("%s/%s/%s", mqtt->topic_prefix, plan->identity->device_id, leaves[i]);
    if (mqtt->last_will)
        plan->will = message_status_to_json(&dead);
    plan->cloud = (struct cloud_settings) {
        .host = mqtt->broker,
        .port = mqtt->port,
        .tls = plan_tls(plan->settings),
        .version = version_from_settings(mqtt->version),
        .client_id = plan->identity->client_id,
        .login = mqtt->login,
        .password = mqtt->password,
        .topic_meta = plan->topics[0],
        .topic_status = plan->topics[1],
        .topic_event = plan->topics[2],
        .topic_command = plan->topics[3],
        .subscribe_qos = mqtt->subscribe_qos,
        .publish_qos = mqtt->publish_qos,
        .retained = mqtt->retained,
        .will = plan->will,
        .connect_timeout_s = mqtt->connect_timeout_s,
        .response_timeout_s = mqtt->response_timeout_s,
        .keep_alive_s = mqtt->keep_alive_s,
        .reconnect_interval_s = mqtt->reconnect_interval_s,
        .replay_rate = plan->settings->journal.replay_rate,
        .oldest_first = plan->settings->journal.order == SETTINGS_ORDER_OLDEST_FIRST,
    };
}

static void plan_journal(struct plan *plan)
{
    const struct settings_journal *journal = &plan->settings->journal;

    plan->journal = (struct journal_settings) {
        .max_events = journal->max_events,
        .max_bytes = journal->max_bytes,
        .max_age_s = journal->max_age_s,
        .memory_events = journal->memory_events,
    };
}

/* What tells one version of a file from another, as far as a look at its folder can; also of a folder. */
static char *file_stamp(const char *path)
{
    struct stat status;

    if (path == NULL || *path == '\0' || stat(path, &status) != 0)
        return text_copy("");
    return text_format("%ju:%ju:%jd:%jd.%09ld", (uintmax_t) status.st_dev, (uintmax_t) status.st_ino,
                       (intmax_t) status.st_size, (intmax_t) status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/* Before the files are read: one that is replaced meanwhile then differs at the next reload, and not never. */
static void stamp_files(struct plan *plan)
{
    const struct cloud_tls_settings *tls = &plan->cloud.tls;
    const char *const paths[] = { tls->ca, tls->certificate, tls->key, tls->chain };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        plan->file_stamps[i] = file_stamp(tls->enabled ? paths[i] : NULL);
}

static char *client_certificate_cn(const struct settings *settings)
{
    const char *file = settings->certificates[settings->mqtt.tls.certificate_slot].source;

    return *file == '\0' ? NULL : cloud_certificate_cn(file);
}

/* The complaint about a certificate or key starts with its file; the administrator looks for it in the settings. */
static bool add_with_slot(const char *config_file, const char *list, const struct settings_slot slots[SETTINGS_SLOT_COUNT],
                          const char *complaint, struct errors *errors)
{
    for (unsigned i = 0; i < SETTINGS_SLOT_COUNT; i++) {
        size_t length = strlen(slots[i].source);

        if (length == 0 || strncmp(complaint, slots[i].source, length) != 0 || complaint[length] != ':')
            continue;
        if (slots[i].line > 0)
            errors_add(errors, "%s:%d: %s.slot_%X (register 0288): %s", config_file, slots[i].line, list, i, complaint);
        else
            errors_add(errors, "%s: %s.slot_%X by default (register 0288): %s", config_file, list, i, complaint);
        return true;
    }
    return false;
}

static void locate(const struct plan *plan, const char *config_file, const struct errors *complaints,
                   struct errors *errors)
{
    for (size_t i = 0; i < errors_count(complaints); i++) {
        const char *complaint = errors_get(complaints, i);

        if (!add_with_slot(config_file, "keys", plan->settings->keys, complaint, errors) &&
            !add_with_slot(config_file, "certificates", plan->settings->certificates, complaint, errors))
            errors_add(errors, "%s: %s", config_file, complaint);
    }
}

/* Returns whether certificates and keys can be used. */
static bool check_cloud(struct plan *plan, const char *config_file, struct errors *errors)
{
    struct errors *complaints = errors_create();
    struct errors *notes = errors_create();

    cloud_check_settings(&plan->cloud, complaints, notes);
    locate(plan, config_file, complaints, errors);
    locate(plan, config_file, notes, plan->notes);
    bool sound = errors_count(complaints) == 0;
    errors_free(complaints);
    errors_free(notes);
    return sound;
}

struct plan *plan_create(const char *config_file, const char *instance, struct errors *errors)
{
    struct errors *notes = errors_create();
    struct config *config = config_load(config_file, instance, errors, notes);

    if (config == NULL) {
        errors_free(notes);
        return NULL;
    }
    struct plan *plan = memory_zeroed(1, sizeof *plan);
    plan->config = config;
    plan->settings = config_settings(config);
    plan->notes = notes;
    char *cn = client_certificate_cn(plan->settings);
    plan->identity = identity_create(plan->settings, cn);
    free(cn);
    plan_presence(plan);
    plan_templates(plan);
    plan_cloud(plan);
    plan_journal(plan);
    stamp_files(plan);
    if (*plan->cloud.host != '\0' && !check_cloud(plan, config_file, errors)) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    identity_free(plan->identity);
    config_free(plan->config);
    errors_free(plan->notes);
    for (size_t i = 0; i < sizeof plan->topics / sizeof *plan->topics; i++)
        free(plan->topics[i]);
    free(plan->will);
    for (size_t i = 0; i < sizeof plan->file_stamps / sizeof *plan->file_stamps; i++)
        free(plan->file_stamps[i]);
    free(plan);
}

static bool same_text(const char *one, const char *other)
{
    if (one == NULL || other == NULL)
        return one == other;
    return strcmp(one, other) == 0;
}

static bool same_template(const struct template_registers *one, const struct template_registers *other)
{
    return one->lookup == other->lookup && one->options == other->options &&
           memcmp(one->output_format, other->output_format, sizeof one->output_format) == 0 &&
           memcmp(one->location, other->location, sizeof one->location) == 0 && same_text(one->prefix, other->prefix);
}

static bool same_reader(const struct settings_reader *one, const struct settings_reader *other)
{
    return same_text(one->driver, other->driver) && same_text(one->name, other->name) &&
           same_text(one->path, other->path) && same_text(one->label, other->label);
}

/* A script may have changed in its file, which a comparison of settings cannot see. */
static bool reads_a_file(const struct settings_reader *reader)
{
    return *reader->path != '\0';
}

bool plan_same_readers(const struct plan *one, const struct plan *other)
{
    if (one->settings->readers_count != other->settings->readers_count)
        return false;
    for (size_t i = 0; i < one->settings->readers_count; i++) {
        if (!same_reader(&one->settings->readers[i], &other->settings->readers[i]) ||
            reads_a_file(&one->settings->readers[i]))
            return false;
    }
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        if (!same_template(&one->templates[i], &other->templates[i]))
            return false;
    }
    return true;
}

static bool same_tls(const struct cloud_tls_settings *one, const struct cloud_tls_settings *other)
{
    return one->enabled == other->enabled && one->sni == other->sni && one->verify_name == other->verify_name &&
           one->trust == other->trust && one->client_auth == other->client_auth && same_text(one->ca, other->ca) &&
           same_text(one->certificate, other->certificate) && same_text(one->key, other->key) &&
           same_text(one->chain, other->chain);
}

bool plan_same_cloud(const struct plan *one, const struct plan *other)
{
    const struct cloud_settings *a = &one->cloud;
    const struct cloud_settings *b = &other->cloud;

    for (size_t i = 0; i < sizeof one->file_stamps / sizeof *one->file_stamps; i++) {
        if (!same_text(one->file_stamps[i], other->file_stamps[i]))
            return false;
    }
    return same_text(a->host, b->host) && a->port == b->port && same_tls(&a->tls, &b->tls) &&
           a->version == b->version && same_text(a->client_id, b->client_id) && same_text(a->login, b->login) &&
           same_text(a->password, b->password) && same_text(a->topic_meta, b->topic_meta) &&
           a->subscribe_qos == b->subscribe_qos && a->publish_qos == b->publish_qos && a->retained == b->retained &&
           same_text(a->will, b->will) && a->connect_timeout_s == b->connect_timeout_s &&
           a->response_timeout_s == b->response_timeout_s && a->keep_alive_s == b->keep_alive_s &&
           a->reconnect_interval_s == b->reconnect_interval_s && a->replay_rate == b->replay_rate &&
           a->oldest_first == b->oldest_first;
}

static bool same_journal(const struct plan *one, const struct plan *other)
{
    const struct journal_settings *a = &one->journal;
    const struct journal_settings *b = &other->journal;

    return a->max_events == b->max_events && a->max_bytes == b->max_bytes && a->max_age_s == b->max_age_s &&
           a->memory_events == b->memory_events &&
           one->settings->journal.enabled == other->settings->journal.enabled;
}

bool plan_same_rest(const struct plan *one, const struct plan *other)
{
    const struct presence_settings *a = &one->presence;
    const struct presence_settings *b = &other->presence;
    const struct settings *mine = one->settings;
    const struct settings *theirs = other->settings;

    return a->insert_remove == b->insert_remove && a->read_interval_ms == b->read_interval_ms &&
           a->repeat_interval_ms == b->repeat_interval_ms && a->must_leave == b->must_leave &&
           a->debounce_ms == b->debounce_ms && same_text(one->identity->serial, other->identity->serial) &&
           same_text(mine->inventory, theirs->inventory) && same_text(mine->location, theirs->location) &&
           same_text(mine->state_directory, theirs->state_directory) &&
           same_journal(one, other) && mine->message_sequence == theirs->message_sequence &&
           mine->message_date_time == theirs->message_date_time &&
           mine->mqtt.status_interval_s == theirs->mqtt.status_interval_s;
}
