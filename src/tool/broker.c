/* SPDX-License-Identifier: MIT */
#include "tool/broker.h"

#include "base/clock.h"
#include "base/errors.h"
#include "base/memory.h"
#include "cloud/aws.h"
#include "cloud/awaiting.h"
#include "cloud/tls.h"
#include "tool/arguments.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>

enum { CONNECT_TIMEOUT_MS = 20000, DISCONNECT_TIMEOUT_MS = 1000, KEEP_ALIVE_S = 30, PORT_TLS = 8883 };

enum {
    KEY_BROKER = 0x400, KEY_PORT, KEY_CA, KEY_CERT, KEY_KEY, KEY_CHAIN, KEY_PREFIX, KEY_DEVICE, KEY_CLIENT_ID,
    KEY_NO_VERIFY_NAME,
};

static const struct argp_option options_of_broker[] = {
    {.name = "broker", .key = KEY_BROKER, .arg = "HOST", .doc = "The MQTT broker's name"},
    {.name = "port", .key = KEY_PORT, .arg = "PORT", .doc = "Its port (default 8883)"},
    {.name = "ca", .key = KEY_CA, .arg = "FILE", .doc = "Who vouches for the broker; \"amazon\" for AWS"},
    {.name = "cert", .key = KEY_CERT, .arg = "FILE", .doc = "The client's certificate"},
    {.name = "key", .key = KEY_KEY, .arg = "FILE", .doc = "Its private key"},
    {.name = "chain", .key = KEY_CHAIN, .arg = "FILE", .doc = "Its CA, sent along"},
    {.name = "prefix", .key = KEY_PREFIX, .arg = "TEXT", .doc = "How topics begin (default springcard/springcore)"},
    {.name = "device", .key = KEY_DEVICE, .arg = "ID",
     .doc = "The device's id in the topic: its serial number (subscribe: all if not given)"},
    {.name = "client-id", .key = KEY_CLIENT_ID, .arg = "ID", .doc = "Default: a new one each time"},
    {.name = "no-verify-name", .key = KEY_NO_VERIFY_NAME, .doc = "Accept a certificate for another host name"},
    {0},
};

static void set_defaults(struct broker_options *options)
{
    *options = (struct broker_options) {.port = PORT_TLS, .chain = "", .prefix = "springcard/springcore"};
}

/* Where that option's word goes, or NULL. */
static const char **text_of(struct broker_options *options, int key)
{
    switch (key) {
    case KEY_BROKER: return &options->host;
    case KEY_CA: return &options->ca;
    case KEY_CERT: return &options->certificate;
    case KEY_KEY: return &options->key;
    case KEY_CHAIN: return &options->chain;
    case KEY_PREFIX: return &options->prefix;
    case KEY_DEVICE: return &options->device;
    case KEY_CLIENT_ID: return &options->client_id;
    default: return NULL;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct broker_options *options = state->input;

    if (key == ARGP_KEY_INIT) {
        set_defaults(options);
        return 0;
    }
    const char **text = text_of(options, key);
    if (text != NULL)
        *text = arg;
    else if (key == KEY_PORT)
        options->port = (uint16_t) arguments_number(state, "--port", arg, 1, UINT16_MAX);
    else if (key == KEY_NO_VERIFY_NAME)
        options->no_verify_name = true;
    else
        return ARGP_ERR_UNKNOWN;
    options->given = true;
    return 0;
}

const struct argp broker_arguments = {.options = options_of_broker, .parser = parse};

void broker_check_arguments(struct argp_state *state, const struct broker_options *options)
{
    if (!options->given)
        return;
    if (options->host == NULL || options->host[0] == '\0')
        argp_error(state, "--broker HOST is missing");
    if (options->ca == NULL || options->certificate == NULL || options->key == NULL)
        argp_error(state, "--broker needs --ca FILE, --cert FILE and --key FILE");
    if (options->device == NULL)
        return;
    bool one_level = strpbrk(options->device, "/#") == NULL && options->device[0] != '\0';
    if (!one_level || (strchr(options->device, '+') != NULL && strcmp(options->device, "+") != 0))
        argp_error(state, "--device takes one device's id, not \"%s\"", options->device);
}

char *broker_topic(const struct broker_options *options, const char *device, const char *branch)
{
    return text_format("%s/%s/%s", options->prefix, device, branch);
}

struct broker {
    const struct broker_options *options;
    struct mqtt_events own_events;
    struct mqtt_events events;
    const struct interrupt *interrupt;
    struct tls_context *tls;
    struct mqtt_client *client;
    char *client_id;
    int version;
    struct mqtt_end end; /* of the last attempt */
    bool answered;      /* a CONNACK came, with this reason */
    int reason;
};

static void on_connected(void *context, int reason)
{
    struct broker *broker = context;

    broker->answered = true;
    broker->reason = reason;
    if (broker->events.connected != NULL)
        broker->events.connected(broker->events.context, reason);
}

static void on_subscribed(void *context, int message_id, int reason)
{
    struct broker *broker = context;

    if (broker->events.subscribed != NULL)
        broker->events.subscribed(broker->events.context, message_id, reason);
}

static void on_published(void *context, int message_id, int reason)
{
    struct broker *broker = context;

    if (broker->events.published != NULL)
        broker->events.published(broker->events.context, message_id, reason);
}

static void on_received(void *context, const struct mqtt_message *message)
{
    struct broker *broker = context;

    if (broker->events.received != NULL)
        broker->events.received(broker->events.context, message);
}

/* Two tools with one id would throw each other out. */
static char *own_client_id(void)
{
    uint32_t number = 0;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        abort();
    return text_format("springparkctl-%08x", number);
}

struct broker *broker_create(const struct broker_options *options, const struct mqtt_events *events,
                             const struct interrupt *interrupt)
{
    struct broker *broker = memory_zeroed(1, sizeof *broker);

    broker->options = options;
    broker->events = *events;
    broker->own_events = (struct mqtt_events) {.context = broker, .connected = on_connected,
                                               .subscribed = on_subscribed, .published = on_published,
                                               .received = on_received};
    broker->interrupt = interrupt;
    broker->client_id = options->client_id != NULL ? text_copy(options->client_id) : own_client_id();
    broker->version = options->version == CLOUD_MQTT_3_1_1 ? 4 : 5;
    return broker;
}

static void close_connection(struct broker *broker)
{
    mqtt_client_free(broker->client);
    tls_context_free(broker->tls);
    broker->client = NULL;
    broker->tls = NULL;
}

void broker_free(struct broker *broker)
{
    if (broker == NULL)
        return;
    close_connection(broker);
    free(broker->client_id);
    free(broker);
}

struct mqtt_client *broker_client(struct broker *broker)
{
    return broker->client;
}

bool broker_drops_certificate(const struct broker *broker, struct registration *registration)
{
    uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES];

    if (broker->tls == NULL || !tls_context_fingerprint(broker->tls, fingerprint))
        return false;
    *registration = registration_of(broker->options->host, broker->options->port, fingerprint);
    return awaiting_is_such_an_end(&broker->end, tls_context_certificate_was_sent(broker->tls),
                                   tls_context_alert(broker->tls));
}

const char *broker_client_id(const struct broker *broker)
{
    return broker->client_id;
}

char *broker_reason(const struct broker *broker, int reason)
{
    return text_format("0x%02X, %s", (unsigned) reason, mqtt_reason_text(broker->version, reason));
}

static bool open_tls(struct broker *broker, char **error)
{
    const struct broker_options *options = broker->options;
    const struct cloud_tls_settings from_files = {
        .enabled = true, .sni = true, .verify_name = !options->no_verify_name, .trust = CLOUD_TRUST_PKI,
        .ca = options->ca, .client_auth = true, .certificate = options->certificate, .key = options->key,
        .chain = options->chain,
    };
    const struct cloud_tls_settings *settings = options->tls != NULL ? options->tls : &from_files;

    if (!settings->enabled)
        return true;
    struct errors *errors = errors_create();
    /* As the daemon, which tries with a certificate that has expired, too: the clock may be what is wrong. */
    struct errors *notes = options->tls != NULL ? errors_create() : NULL;
    broker->tls = tls_context_create(settings, options->host, errors, notes);
    const char *alpn = aws_alpn(options->port);
    if (broker->tls != NULL && alpn != NULL)
        tls_context_offer_alpn(broker->tls, alpn);
    if (broker->tls == NULL) {
        *error = text_copy("");
        for (size_t index = 0; index < errors_count(errors); index++) {
            char *longer = text_format("%s%s%s", *error, index > 0 ? "; " : "", errors_get(errors, index));
            free(*error);
            *error = longer;
        }
    }
    errors_free(errors);
    errors_free(notes);
    return broker->tls != NULL;
}

/* MQTT 5 and 3.1.1 codes that say "not now"; all others say "not you". */
static bool may_pass(int version, int reason)
{
    if (version == 4)
        return reason == 3;
    return reason == 0x88 || reason == 0x89 || reason == 0x97 || reason == 0x9F;
}

static enum broker_result judge_answer(struct broker *broker, char **error)
{
    if (broker->reason == 0)
        return BROKER_CONNECTED;
    char *reason = broker_reason(broker, broker->reason);
    *error = text_format("the broker refuses this client (%s); check the client id and what the certificate is allowed "
                         "(AWS: iot:Connect in its policy, and that it is active)", reason);
    free(reason);
    return may_pass(broker->version, broker->reason) ? BROKER_UNREACHABLE : BROKER_REFUSED;
}

/* For an end without a word once all but CONNACK was there. */
static const char *closing_hint(const struct broker *broker)
{
    const struct mqtt_end *end = &broker->end;
    bool reached = !end->tls || end->established;

    if (!reached || (end->cause != MQTT_END_CLOSED && end->cause != MQTT_END_BROKEN))
        return "";
    return "; it may not know this certificate or client id (yet)";
}

/* From the first byte to CONNACK. *other_version: the broker does not speak this one. */
static enum broker_result shake_hands(struct broker *broker, bool *other_version, char **error)
{
    const struct broker_options *own = broker->options;
    const unsigned timeout_ms = own->connect_timeout_ms > 0 ? own->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    const struct mqtt_options options = {
        .host = own->host, .port = own->port, .ssl_context = broker->tls != NULL ? tls_context_ssl(broker->tls) : NULL,
        .version = broker->version, .client_id = broker->client_id,
        .login = own->login != NULL ? own->login : "", .password = own->password != NULL ? own->password : "",
        .keep_alive_s = KEEP_ALIVE_S, .connect_timeout_ms = timeout_ms,
        .end = &broker->end,
    };
    enum mqtt_result result = MQTT_OK;

    *other_version = false;
    broker->answered = false;
    broker->client = mqtt_client_connect(&options, &broker->own_events, interrupt_fd(broker->interrupt), error);
    while (broker->client != NULL && result == MQTT_OK && !broker->answered) {
        if (interrupt_asked(broker->interrupt))
            return BROKER_INTERRUPTED;
        result = mqtt_client_turn(broker->client, (int) timeout_ms);
    }
    if (interrupt_asked(broker->interrupt)) {
        free(*error);
        *error = NULL;
        return BROKER_INTERRUPTED;
    }
    if (result == MQTT_PROTOCOL_REFUSED) {
        *other_version = true;
        *error = text_copy(own->version == CLOUD_MQTT_AUTO ? "the broker speaks neither MQTT 5 nor 3.1.1" :
                           "the broker does not speak the MQTT version of mqtt.version");
        return BROKER_REFUSED;
    }
    if (broker->answered)
        return judge_answer(broker, error);
    if (broker->tls != NULL && tls_context_failure(broker->tls) != NULL) {
        free(*error);
        *error = text_copy(tls_context_failure(broker->tls));
        return BROKER_UNTRUSTED;
    }
    if (broker->client != NULL)
        *error = text_format("%s%s", mqtt_client_reason(broker->client), closing_hint(broker));
    return BROKER_UNREACHABLE;
}

enum broker_result broker_connect(struct broker *broker, char **error)
{
    *error = NULL;
    for (;;) {
        bool other_version = false;
        close_connection(broker);
        if (!open_tls(broker, error))
            return BROKER_MISCONFIGURED;
        enum broker_result result = shake_hands(broker, &other_version, error);
        if (!other_version || broker->version == 4 || broker->options->version == CLOUD_MQTT_5)
            return result;
        free(*error);
        *error = NULL;
        broker->version = 4;
    }
}

void broker_disconnect(struct broker *broker)
{
    uint64_t end_ms = clock_monotonic_ms(clock_system()) + DISCONNECT_TIMEOUT_MS;

    if (broker->client == NULL)
        return;
    mqtt_client_disconnect(broker->client);
    for (;;) {
        uint64_t now_ms = clock_monotonic_ms(clock_system());
        if (now_ms >= end_ms || mqtt_client_turn(broker->client, (int) (end_ms - now_ms)) != MQTT_OK)
            return;
    }
}

int broker_exit_status(enum broker_result result)
{
    switch (result) {
    case BROKER_CONNECTED:
    case BROKER_INTERRUPTED:
        return EX_OK;
    case BROKER_MISCONFIGURED:
        return EX_CONFIG;
    case BROKER_REFUSED:
        return EX_NOPERM;
    case BROKER_UNTRUSTED:
    case BROKER_UNREACHABLE:
        return EX_UNAVAILABLE;
    }
    return EX_SOFTWARE;
}
