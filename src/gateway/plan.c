/* SPDX-License-Identifier: MIT */
#include "gateway/plan.h"

#include "base/memory.h"
#include "feedback/setup.h"
#include "message/message.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Beyond the window of the cloud so many stored events may wait for their turn there. Few: see journal_settings. */
enum { REPLAY_AHEAD = 4 };

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

        for (size_t k = 0; k < TEMPLATE_REGISTERS; k++) {
            struct template_register *to = &plan->templates[i].at[k];

            assert(from->registers[k].size_bytes <= sizeof to->bytes);
            to->size_bytes = from->registers[k].size_bytes;
            memcpy(to->bytes, from->registers[k].bytes, to->size_bytes);
        }
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
        .exact = tls->exact,
        .ca = settings->certificates[tls->ca_slot].source,
        .client_auth = tls->client_auth,
        .certificate = settings->certificates[tls->certificate_slot].source,
        .key = settings->keys[tls->key_slot].source,
        .chain = tls->chain ? settings->certificates[tls->chain_slot].source : "",
    };
}

static struct cloud_claim_settings plan_claim(const struct plan *plan)
{
    const struct settings_provisioning *provisioning = &plan->settings->provisioning;

    return (struct cloud_claim_settings) {
        .enabled = *provisioning->template_name != '\0',
        .certificate = plan->settings->certificates[provisioning->certificate_slot].source,
        .key = plan->settings->keys[provisioning->key_slot].source,
        .template_name = provisioning->template_name,
        .serial = plan->identity->serial,
        .thing = plan->thing_path,
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
        .claim = plan_claim(plan),
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
        .lent_most = CLOUD_WINDOW + REPLAY_AHEAD,
    };
}

static void plan_feedback_devices(struct plan *plan)
{
    const struct settings_feedback *settings = &plan->settings->feedback;

    plan->feedback_devices = memory_zeroed(settings->devices_count + 1, sizeof *plan->feedback_devices);
    for (size_t i = 0; i < settings->devices_count; i++) {
        const struct settings_feedback_device *from = &settings->devices[i];

        plan->feedback_devices[i] = (struct feedback_device) {
            .driver = from->driver, .reader = from->reader, .path = from->path, .time_limit_ms = from->time_limit_ms,
            .folder = from->folder, .chip = from->chip, .name = from->name, .commands = from->commands,
            .red = from->red, .green = from->green,
            .blue = from->blue, .leds = from->leds, .buzzer = from->buzzer, .relays = from->relays,
        };
    }
    plan->feedback = (struct feedback_settings) {
        .devices = plan->feedback_devices, .devices_count = settings->devices_count, .sound = settings->sound,
    };
}

static void plan_signals(struct plan *plan)
{
    const struct settings_feedback *settings = &plan->settings->feedback;
    const unsigned sequences[FEEDBACK_CAUSES_COUNT] = {
        [FEEDBACK_STARTED] = settings->started,         [FEEDBACK_READ] = settings->read,
        [FEEDBACK_READ_FAILED] = settings->read_failed, [FEEDBACK_STORED] = settings->stored,
        [FEEDBACK_CONFIRMED] = settings->confirmed,     [FEEDBACK_REFUSED] = settings->refused,
        [FEEDBACK_UNCONFIRMED] = settings->unconfirmed, [FEEDBACK_CLOUD_LOST] = settings->cloud_lost,
    };

    for (size_t i = 0; i < FEEDBACK_CAUSES_COUNT; i++)
        plan->signals[i] = settings->automatic ? (uint8_t) sequences[i] : 0;
    /* Without a broker nobody will ever confirm. */
    plan->confirm_timeout_ms = *plan->cloud.host != '\0' ? settings->confirm_timeout_s * 1000 : 0;
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

enum { STAMP_CA, STAMP_CERTIFICATE, STAMP_KEY, STAMP_CHAIN, STAMP_CLAIM_CERTIFICATE, STAMP_CLAIM_KEY };

/* Before the files are read: one that is replaced meanwhile then differs at the next reload, and not never. */
static void stamp_files(struct plan *plan)
{
    const struct cloud_tls_settings *tls = &plan->cloud.tls;
    const struct cloud_claim_settings *claim = &plan->cloud.claim;
    const char *const paths[] = {
        [STAMP_CA] = tls->ca,
        [STAMP_CERTIFICATE] = tls->certificate,
        [STAMP_KEY] = tls->key,
        [STAMP_CHAIN] = tls->chain,
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        plan->file_stamps[i] = file_stamp(tls->enabled ? paths[i] : NULL);
    /* A claim means nothing to a box that has its certificate. */
    const bool needed = claim->enabled && *plan->file_stamps[STAMP_CERTIFICATE] == '\0';
    plan->file_stamps[STAMP_CLAIM_CERTIFICATE] = file_stamp(needed ? claim->certificate : NULL);
    plan->file_stamps[STAMP_CLAIM_KEY] = file_stamp(needed ? claim->key : NULL);
}

static void plan_identity(struct plan *plan)
{
    const struct settings *settings = plan->settings;
    const char *file = settings->certificates[settings->mqtt.tls.certificate_slot].source;
    char *cn = *file == '\0' ? NULL : cloud_certificate_cn(file);
    char *thing;

    plan->thing_path = text_format("%s/thing", settings->state_directory);
    thing = *file == '\0' ? NULL : cloud_thing_name(plan->thing_path, file);
    plan->identity = identity_create(settings, cn, thing);
    free(cn);
    free(thing);
}

/* Whether the complaint starts with that file or token. */
static bool is_about(const char *complaint, const char *source)
{
    char *text = *source != '\0' ? cloud_key_text(source) : text_copy("");
    size_t length = strlen(text);
    bool about = length > 0 && strncmp(complaint, text, length) == 0 && complaint[length] == ':';

    free(text);
    return about;
}

/* The complaint about a certificate or key starts with its file; the administrator looks for it in the settings. */
static bool add_with_slot(const char *config_file, const char *list, const struct settings_slot slots[SETTINGS_SLOT_COUNT],
                          const char *complaint, struct errors *errors)
{
    for (unsigned i = 0; i < SETTINGS_SLOT_COUNT; i++) {
        if (!is_about(complaint, slots[i].source))
            continue;
        if (slots[i].line > 0)
            errors_add(errors, "%s:%d: %s.slot_%X (register 0288): %s", config_file, slots[i].line, list, i, complaint);
        else
            errors_add(errors, "%s: %s.slot_%X by default (register 0288): %s", config_file, list, i, complaint);
        return true;
    }
    return false;
}

/* A complaint about a setting starts with its path; the register is what a SpringPark's manual calls it. */
static bool add_with_place(const struct plan *plan, const char *config_file, const char *complaint,
                           struct errors *errors)
{
    const char *colon = strchr(complaint, ':');
    const struct register_def *def = NULL;

    if (colon == NULL || strcspn(complaint, " ") < (size_t) (colon - complaint))
        return false;
    char *path = text_format("%.*s", (int) (colon - complaint), complaint);
    const char *place = config_place(plan->config, path);
    bool in_register = register_find_field(path, &def) != NULL;
    char *name = in_register ? text_format("%s (register %04X)", path, def->address) : text_copy(path);
    if (place != NULL)
        errors_add(errors, "%s: %s%s", place, name, colon);
    else
        errors_add(errors, "%s: %s%s%s", config_file, name, in_register ? ", by default" : "", colon);
    free(path);
    free(name);
    return true;
}

static void locate(const struct plan *plan, const char *config_file, const struct errors *complaints,
                   struct errors *errors)
{
    for (size_t i = 0; i < errors_count(complaints); i++) {
        const char *complaint = errors_get(complaints, i);

        if (!add_with_slot(config_file, "keys", plan->settings->keys, complaint, errors) &&
            !add_with_slot(config_file, "certificates", plan->settings->certificates, complaint, errors) &&
            !add_with_place(plan, config_file, complaint, errors))
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

/* Takes over both. */
static struct plan *draft_from_config(struct config *config, struct errors *notes)
{
    if (config == NULL) {
        errors_free(notes);
        return NULL;
    }
    struct plan *plan = memory_zeroed(1, sizeof *plan);
    plan->config = config;
    plan->settings = config_settings(config);
    plan->notes = notes;
    plan_identity(plan);
    plan_presence(plan);
    plan_templates(plan);
    plan_cloud(plan);
    plan_journal(plan);
    plan_feedback_devices(plan);
    plan_signals(plan);
    stamp_files(plan);
    return plan;
}

struct plan *plan_draft(const char *config_file, const char *instance, struct errors *errors)
{
    struct errors *notes = errors_create();

    return draft_from_config(config_load(config_file, instance, errors, notes), notes);
}

/* Takes over the draft. */
static struct plan *plan_from_draft(struct plan *plan, const char *config_file, struct errors *errors)
{
    if (plan == NULL)
        return NULL;
    if (*plan->cloud.host != '\0' && !check_cloud(plan, config_file, errors)) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

struct plan *plan_create(const char *config_file, const char *instance, struct errors *errors)
{
    return plan_from_draft(plan_draft(config_file, instance, errors), config_file, errors);
}

struct plan *plan_create_from_text(const char *text, const char *config_file, const char *instance,
                                   struct errors *errors)
{
    struct errors *notes = errors_create();
    struct config *config = config_parse_text(text, strlen(text), config_file, true, instance, errors, notes);

    return plan_from_draft(draft_from_config(config, notes), config_file, errors);
}

bool plan_may_follow(const struct plan *plan, const struct plan *old, const char *config_file, struct errors *errors)
{
    const char *stamp = plan->file_stamps[STAMP_CERTIFICATE];

    /* Where there is none one is obtained by the claim. */
    if (*stamp == '\0' || strcmp(stamp, old->file_stamps[STAMP_CERTIFICATE]) == 0)
        return true;
    struct errors *complaints = errors_create();
    cloud_check_dates(&plan->cloud, complaints);
    locate(plan, config_file, complaints, errors);
    bool sound = errors_count(complaints) == 0;
    errors_free(complaints);
    return sound;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    identity_free(plan->identity);
    config_free(plan->config);
    errors_free(plan->notes);
    free(plan->feedback_devices);
    for (size_t i = 0; i < sizeof plan->topics / sizeof *plan->topics; i++)
        free(plan->topics[i]);
    free(plan->will);
    free(plan->thing_path);
    for (size_t i = 0; i < sizeof plan->file_stamps / sizeof *plan->file_stamps; i++)
        free(plan->file_stamps[i]);
    explicit_bzero(plan->templates, sizeof plan->templates);
    free(plan);
}

char *plan_meta_json(struct plan *plan)
{
    identity_refresh_network(plan->identity);
    const struct identity *identity = plan->identity;
    const struct message_meta meta = {
        .serial = identity->serial,
        .version = PACKAGE_VERSION,
        .hardware = identity->hardware,
        .unique_id = identity->unique_id,
        .config_id = plan->settings->config_id,
        .inventory = plan->settings->inventory,
        .location = plan->settings->location,
        .physical_address = identity->physical_address,
        .ip_address = identity->ip_address,
        .protocol = plan->settings->smart_reader.network_format == SETTINGS_FORMAT_SCRDR ? "$SCRDR" : "RDR/JSON",
        .open = plan->settings->open,
    };

    return message_meta_to_json(&meta);
}

static bool same_text(const char *one, const char *other)
{
    if (one == NULL || other == NULL)
        return one == other;
    return strcmp(one, other) == 0;
}

static bool same_template(const struct template_registers *one, const struct template_registers *other)
{
    for (size_t i = 0; i < TEMPLATE_REGISTERS; i++) {
        if (one->at[i].size_bytes != other->at[i].size_bytes ||
            memcmp(one->at[i].bytes, other->at[i].bytes, one->at[i].size_bytes) != 0)
            return false;
    }
    return true;
}

static bool same_reader(const struct settings_reader *one, const struct settings_reader *other)
{
    return same_text(one->driver, other->driver) && same_text(one->name, other->name) &&
           same_text(one->path, other->path) && same_text(one->connection, other->connection) &&
           same_text(one->label, other->label);
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
           one->trust == other->trust && one->exact == other->exact && one->client_auth == other->client_auth &&
           same_text(one->ca, other->ca) && same_text(one->certificate, other->certificate) &&
           same_text(one->key, other->key) && same_text(one->chain, other->chain);
}

/* The same, or neither of both matters, for the certificate is there. */
static bool same_claim(const struct plan *one, const struct plan *other)
{
    const struct cloud_claim_settings *a = &one->cloud.claim;
    const struct cloud_claim_settings *b = &other->cloud.claim;

    if (*one->file_stamps[STAMP_CERTIFICATE] != '\0' && *other->file_stamps[STAMP_CERTIFICATE] != '\0')
        return true;
    return a->enabled == b->enabled && same_text(a->certificate, b->certificate) && same_text(a->key, b->key) &&
           same_text(a->template_name, b->template_name) && same_text(a->serial, b->serial) &&
           same_text(a->thing, b->thing);
}

bool plan_same_cloud(const struct plan *one, const struct plan *other)
{
    const struct cloud_settings *a = &one->cloud;
    const struct cloud_settings *b = &other->cloud;

    for (size_t i = 0; i < sizeof one->file_stamps / sizeof *one->file_stamps; i++) {
        if (!same_text(one->file_stamps[i], other->file_stamps[i]))
            return false;
    }
    return same_text(a->host, b->host) && a->port == b->port && same_tls(&a->tls, &b->tls) && same_claim(one, other) &&
           a->version == b->version && same_text(a->client_id, b->client_id) && same_text(a->login, b->login) &&
           same_text(a->password, b->password) && same_text(a->topic_meta, b->topic_meta) &&
           a->subscribe_qos == b->subscribe_qos && a->publish_qos == b->publish_qos && a->retained == b->retained &&
           same_text(a->will, b->will) && a->connect_timeout_s == b->connect_timeout_s &&
           a->response_timeout_s == b->response_timeout_s && a->keep_alive_s == b->keep_alive_s &&
           a->reconnect_interval_s == b->reconnect_interval_s && a->replay_rate == b->replay_rate &&
           a->oldest_first == b->oldest_first;
}

bool plan_same_feedback(const struct plan *one, const struct plan *other)
{
    return feedback_settings_same(&one->feedback, &other->feedback);
}

bool plan_same_signals(const struct plan *one, const struct plan *other)
{
    return memcmp(one->signals, other->signals, sizeof one->signals) == 0 &&
           one->confirm_timeout_ms == other->confirm_timeout_ms;
}

bool plan_same_discovery(const struct plan *one, const struct plan *other)
{
    const struct settings_discovery *a = &one->settings->discovery;
    const struct settings_discovery *b = &other->settings->discovery;

    return a->reach == b->reach && a->port == b->port;
}

static bool same_journal(const struct plan *one, const struct plan *other)
{
    const struct journal_settings *a = &one->journal;
    const struct journal_settings *b = &other->journal;

    return a->max_events == b->max_events && a->max_bytes == b->max_bytes && a->max_age_s == b->max_age_s &&
           a->memory_events == b->memory_events &&
           one->settings->journal.enabled == other->settings->journal.enabled;
}

static bool same_activation(const struct settings_smart_reader *one, const struct settings_smart_reader *other)
{
    return one->explicit_activation == other->explicit_activation &&
           one->activate_on_startup == other->activate_on_startup && one->activation == other->activation;
}

static bool same_ipv4(const struct settings_ipv4 *one, const struct settings_ipv4 *other)
{
    return one->stated == other->stated && one->address == other->address && one->netmask == other->netmask &&
           one->gateway == other->gateway && one->nameservers[0] == other->nameservers[0] &&
           one->nameservers[1] == other->nameservers[1];
}

bool plan_same_rest(const struct plan *one, const struct plan *other)
{
    const struct presence_settings *a = &one->presence;
    const struct presence_settings *b = &other->presence;
    const struct settings *mine = one->settings;
    const struct settings *theirs = other->settings;

    return a->insert_remove == b->insert_remove && a->read_interval_ms == b->read_interval_ms &&
           a->repeat_interval_ms == b->repeat_interval_ms && a->must_leave == b->must_leave &&
           a->debounce_ms == b->debounce_ms && same_activation(&mine->smart_reader, &theirs->smart_reader) && same_text(one->identity->serial, other->identity->serial) &&
           same_text(mine->config_id, theirs->config_id) && mine->open == theirs->open &&
           same_ipv4(&mine->ipv4, &theirs->ipv4) &&
           same_text(mine->inventory, theirs->inventory) && same_text(mine->location, theirs->location) &&
           same_text(mine->state_directory, theirs->state_directory) &&
           same_journal(one, other) && mine->message_sequence == theirs->message_sequence &&
           mine->message_date_time == theirs->message_date_time && mine->scrdr_checksum == theirs->scrdr_checksum &&
           mine->smart_reader.network_format == theirs->smart_reader.network_format &&
           mine->mqtt.status_interval_s == theirs->mqtt.status_interval_s;
}
