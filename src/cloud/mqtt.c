/* SPDX-License-Identifier: MIT */
/*
 * libmosquitto 2.0.11 behind our own names. What it does badly is not used: no loop_start (its thread dies for good of a
 * peer that closes without TLS close_notify), no *_async connect (spins), no reconnect (a client object lives for one
 * connection).
 *
 * Time here is the system's, not an injected one, for it must agree with the library's own.
 */
#include "cloud/mqtt.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/wakeup.h"
#include "cloud/arrival.h"
#include "cloud/call_limit.h"
#include "cloud/dial.h"
#include "cloud/keep_alive.h"
#include "cloud/mqtt_end.h"
#include "cloud/poll_time.h"
#include "cloud/tls.h"

#include <assert.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_WINDOW 20U
#define NO_REASON (-1)
/* How long handling one turn's traffic may take before something is wrong with us. */
#define TURN_LIMIT_MS 10000U
/* The library's packets per call; it takes more by itself while there are acknowledgements to expect. */
#define MAX_PACKETS 1

struct mqtt_client {
    struct mosquitto *mosquitto;
    struct mqtt_events events;
    struct activity *activity;
    struct mqtt_end end;     /* what is known of it from the beginning; its texts are the client's own */
    struct mqtt_end *told_end; /* where the caller wants it, or NULL */
    int wake_fd;
    const void *ssl_context; /* the caller's, or NULL */
    bool in_turn;
    bool held;
    bool closing;            /* DISCONNECT is on its way: by our wish */
    bool over;
    bool timed_out;
    uint64_t connack_deadline_ms;
    /* What the broker said in CONNACK. */
    int connack_reason;      /* NO_REASON before it comes */
    unsigned window;
    uint8_t maximum_qos;
    uint8_t retain_available;
    struct keep_alive keep_alive;
    struct arrival arrival;
    /* What it said when it ended the connection. */
    int disconnect_code;     /* the library's, or MQTT 5's from 0x80 on */
    int disconnect_errno;
    int write_code;          /* of a write that failed; what the broker still said comes first */
    int write_errno;
    char *reason_string;     /* MQTT 5's, from the packet that ended it */
    char *library_error;     /* the last error line that the library logged */
    char *reason;
    bool dropped;            /* the peer did it, and a message of ours may be why */
    bool library_spoke;      /* it logged a line, that is, a packet came or went */
    int *sent_early;         /* ids of QoS 0 that went out inside publish; told with the next turn */
    size_t sent_early_count;
};

static uint64_t now_ms(void)
{
    return clock_monotonic_ms(clock_system());
}

static uint64_t now_s(void)
{
    return now_ms() / 1000;
}

static void set_activity(struct mqtt_client *client, enum activity_kind kind, const char *what, uint64_t limit_ms)
{
    if (client->activity != NULL)
        activity_set(client->activity, kind, what, limit_ms);
}

/* --- what the library calls; all of it runs on the owner's thread, inside one of our calls --------------------------- */

static void keep_reason_string(struct mqtt_client *client, const mosquitto_property *properties)
{
    char *text = NULL;

    if (mosquitto_property_read_string(properties, MQTT_PROP_REASON_STRING, &text, false) == NULL)
        return;
    mqtt_end_make_line(text);
    text_replace(&client->reason_string, text);
    free(text);
}

static void on_connect(struct mosquitto *mosquitto, void *context, int code, int flags,
                       const mosquitto_property *properties)
{
    struct mqtt_client *client = context;
    uint16_t receive_maximum = (uint16_t) client->window;
    uint16_t keep_alive_s = (uint16_t) client->keep_alive.interval_s;

    (void) mosquitto;
    (void) flags;
    client->connack_reason = code;
    if (properties != NULL) {
        (void) mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &receive_maximum, false);
        (void) mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keep_alive_s, false);
        (void) mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &client->maximum_qos, false);
        (void) mosquitto_property_read_byte(properties, MQTT_PROP_RETAIN_AVAILABLE, &client->retain_available, false);
        keep_reason_string(client, properties);
    }
    if (receive_maximum > 0 && receive_maximum < client->window)
        client->window = receive_maximum;
    client->keep_alive.interval_s = keep_alive_s;
    if (client->events.connected != NULL)
        client->events.connected(client->events.context, code);
}

/* The first that is said about the end counts. */
static void note_end(struct mqtt_client *client, int code, int system_error)
{
    if (client->over)
        return;
    client->disconnect_code = code;
    client->disconnect_errno = system_error;
    client->over = true;
}

static void on_disconnect(struct mosquitto *mosquitto, void *context, int code, const mosquitto_property *properties)
{
    struct mqtt_client *client = context;

    (void) mosquitto;
    note_end(client, code, errno);
    keep_reason_string(client, properties);
}

static void on_subscribe(struct mosquitto *mosquitto, void *context, int message_id, int count, const int *granted,
                         const mosquitto_property *properties)
{
    struct mqtt_client *client = context;

    (void) mosquitto;
    (void) properties;
    if (client->events.subscribed != NULL)
        client->events.subscribed(client->events.context, message_id, count > 0 ? granted[0] : 0x80);
}

static void on_publish(struct mosquitto *mosquitto, void *context, int message_id, int code,
                       const mosquitto_property *properties)
{
    struct mqtt_client *client = context;

    (void) mosquitto;
    (void) properties;
    if (client->events.published == NULL)
        return;
    if (client->in_turn) {
        client->events.published(client->events.context, message_id, code);
        return;
    }
    client->sent_early = memory_resize(client->sent_early, client->sent_early_count + 1, sizeof *client->sent_early);
    client->sent_early[client->sent_early_count++] = message_id;
}

static void on_message(struct mosquitto *mosquitto, void *context, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    struct mqtt_client *client = context;
    struct mqtt_message received = { .topic = message->topic, .payload = message->payload, .retained = message->retain,
                                     .size_bytes = (size_t) message->payloadlen };
    uint32_t interval_s = 0;

    if (message->qos > 0) /* the library acknowledges it by itself */
        keep_alive_note_out(&client->keep_alive, now_s());
    received.expires = mosquitto_property_read_int32(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, &interval_s, false)
                       != NULL;
    if (received.expires)
        received.expires_ms = arrival_end_ms(&client->arrival, mosquitto_socket(mosquitto), interval_s);
    if (client->events.received != NULL)
        client->events.received(client->events.context, &received);
}

static void on_log(struct mosquitto *mosquitto, void *context, int level, const char *text)
{
    struct mqtt_client *client = context;

    (void) mosquitto;
    client->library_spoke = true;
    if (level == MOSQ_LOG_ERR)
        text_replace(&client->library_error, text);
}

/* --- why it ended ----------------------------------------------------------------------------------------------- */

/* Says why it ended, and tells the caller what may outlive the client. */
static char *end_text(const struct mqtt_client *client, struct mqtt_end *end)
{
    end->established = client->ssl_context != NULL && tls_was_established(client->ssl_context);
    end->accepted = client->connack_reason == 0;
    end->keep_alive_s = client->keep_alive.interval_s;
    end->reason_string = client->reason_string;
    mqtt_end_keep(client->told_end, end);
    return mqtt_end_text(end);
}

static enum mqtt_end_cause cause_from_library(const struct mqtt_client *client)
{
    if (client->closing)
        return MQTT_END_ASKED;
    if (client->timed_out)
        return MQTT_END_TIMEOUT;
    if (client->connack_reason > 0)
        return MQTT_END_REFUSED;
    if (client->disconnect_code >= 0x80)
        return MQTT_END_SAID;
    switch (client->disconnect_code) {
    case MOSQ_ERR_SUCCESS:
    case MOSQ_ERR_CONN_LOST:
        return MQTT_END_CLOSED;
    case MOSQ_ERR_ERRNO:
    case MOSQ_ERR_TLS:
        return MQTT_END_BROKEN;
    case MOSQ_ERR_KEEPALIVE:
        return MQTT_END_KEEP_ALIVE;
    case MOSQ_ERR_PROTOCOL:
    case MOSQ_ERR_MALFORMED_PACKET:
        return MQTT_END_NONSENSE;
    default:
        return MQTT_END_OTHER;
    }
}

static void explain_end(struct mqtt_client *client)
{
    struct mqtt_end end = client->end;

    end.cause = cause_from_library(client);
    end.reason = end.cause == MQTT_END_REFUSED ? client->connack_reason : client->disconnect_code;
    if (client->disconnect_code == MOSQ_ERR_ERRNO && client->disconnect_errno != EPROTO) /* that is: some TLS error */
        end.system_error = client->disconnect_errno;
    end.library_text = mosquitto_strerror(client->disconnect_code);
    client->reason = end_text(client, &end);
    client->dropped = mqtt_end_is_drop(&end);
}

/* --- connecting ------------------------------------------------------------------------------------------------- */

static void initialise_library(void)
{
    (void) mosquitto_lib_init();
}

static bool set_options(struct mqtt_client *client, const struct mqtt_options *options)
{
    struct mosquitto *mosquitto = client->mosquitto;
    int version = options->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311;
    int rc = mosquitto_int_option(mosquitto, MOSQ_OPT_PROTOCOL_VERSION, version);

    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_int_option(mosquitto, MOSQ_OPT_TCP_NODELAY, 1);
    if (rc == MOSQ_ERR_SUCCESS) /* three more for META, STATUS and the last STATUS, which do not count as events */
        rc = mosquitto_int_option(mosquitto, MOSQ_OPT_SEND_MAXIMUM, (int) client->window + 3);
    if (rc == MOSQ_ERR_SUCCESS && options->login != NULL && options->login[0] != '\0')
        rc = mosquitto_username_pw_set(mosquitto, options->login, options->password);
    if (rc == MOSQ_ERR_SUCCESS && options->will_topic != NULL && options->will_payload != NULL)
        rc = mosquitto_will_set(mosquitto, options->will_topic, (int) strlen(options->will_payload),
                                options->will_payload, (int) options->will_qos, options->will_retained);
    if (rc == MOSQ_ERR_SUCCESS && options->ssl_context != NULL) {
        rc = mosquitto_int_option(mosquitto, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
        if (rc == MOSQ_ERR_SUCCESS)
            rc = mosquitto_void_option(mosquitto, MOSQ_OPT_SSL_CTX, options->ssl_context);
    }
    return rc == MOSQ_ERR_SUCCESS;
}

static struct mqtt_client *create_client(const struct mqtt_options *options, const struct mqtt_events *events,
                                         int wake_fd)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct mqtt_client *client = memory_zeroed(1, sizeof *client);
    const char *client_id = options->client_id != NULL && options->client_id[0] != '\0' ? options->client_id : NULL;

    (void) pthread_once(&once, initialise_library);
    client->events = *events;
    client->activity = options->activity;
    client->end = (struct mqtt_end) {
        .version = options->version,
        .tls = options->ssl_context != NULL,
        .connect_timeout_ms = options->connect_timeout_ms,
        .host = text_copy(options->host),
        .client_id = text_copy(client_id != NULL ? client_id : ""),
    };
    client->told_end = options->end;
    client->wake_fd = wake_fd;
    client->ssl_context = options->ssl_context;
    client->connack_reason = NO_REASON;
    client->window = options->window > 0 ? options->window : DEFAULT_WINDOW;
    client->maximum_qos = 2;
    client->retain_available = 1;
    client->mosquitto = mosquitto_new(client_id, true, client);
    if (client->mosquitto == NULL || !set_options(client, options)) {
        mqtt_client_free(client);
        return NULL;
    }
    mosquitto_connect_v5_callback_set(client->mosquitto, on_connect);
    mosquitto_disconnect_v5_callback_set(client->mosquitto, on_disconnect);
    mosquitto_subscribe_v5_callback_set(client->mosquitto, on_subscribe);
    mosquitto_publish_v5_callback_set(client->mosquitto, on_publish);
    mosquitto_message_v5_callback_set(client->mosquitto, on_message);
    mosquitto_log_callback_set(client->mosquitto, on_log);
    return client;
}

struct mqtt_client *mqtt_client_connect(const struct mqtt_options *options, const struct mqtt_events *events,
                                        int wake_fd, char **error)
{
    struct mqtt_end unconnected = { .cause = MQTT_END_UNCONNECTED, .version = options->version };
    uint64_t left_ms = 0;
    char *address = dial_find_address(options->host, options->port, options->connect_timeout_ms, wake_fd,
                                      options->activity, &left_ms, &unconnected.system_error, error);

    mqtt_end_keep(options->end, &unconnected);
    if (address == NULL)
        return NULL;
    struct mqtt_client *client = create_client(options, events, wake_fd);
    if (client == NULL) {
        *error = text_copy("the MQTT library refuses these settings; check mqtt.client_id, the topics and the will");
        free(address);
        return NULL;
    }
    struct call_limit limit;
    client->connack_deadline_ms = now_ms() + left_ms;
    set_activity(client, ACTIVITY_FOREIGN, "connecting to the broker", left_ms + 1000);
    call_limit_start(&limit, left_ms);
    /* In digits: it neither resolves again nor tries an address that does not answer. SNI is set in tls.c. */
    int rc = mosquitto_connect(client->mosquitto, address, options->port, (int) options->keep_alive_s);
    int code = errno;
    call_limit_end(&limit);
    set_activity(client, ACTIVITY_OWN, "handling MQTT traffic", TURN_LIMIT_MS);
    free(address);
    if (rc != MOSQ_ERR_SUCCESS) {
        struct mqtt_end end = client->end;
        bool tls = rc == MOSQ_ERR_TLS || (rc == MOSQ_ERR_ERRNO && code == EPROTO); /* that is: some TLS error */
        end.cause = tls ? MQTT_END_HANDSHAKE : MQTT_END_UNCONNECTED;
        end.system_error = rc == MOSQ_ERR_ERRNO ? code : 0;
        end.library_text = client->library_error != NULL ? client->library_error : mosquitto_strerror(rc);
        *error = end_text(client, &end);
        mqtt_client_free(client);
        return NULL;
    }
    keep_alive_start(&client->keep_alive, options->keep_alive_s, now_s());
    return client;
}

void mqtt_client_free(struct mqtt_client *client)
{
    if (client == NULL)
        return;
    if (client->mosquitto != NULL)
        mosquitto_destroy(client->mosquitto);
    free((void *) (uintptr_t) client->end.host);
    free((void *) (uintptr_t) client->end.client_id);
    free(client->reason_string);
    free(client->library_error);
    free(client->reason);
    free(client->sent_early);
    free(client);
}

/* --- one turn --------------------------------------------------------------------------------------------------- */

static int ping_if_due(struct mqtt_client *client)
{
    uint64_t now = now_s();
    uint64_t due = 0;

    if (!keep_alive_due(&client->keep_alive, &due) || now < due)
        return MOSQ_ERR_SUCCESS;
    client->library_spoke = false;
    int rc = mosquitto_loop_misc(client->mosquitto);
    keep_alive_called(&client->keep_alive, now, client->library_spoke);
    return rc;
}

static int poll_timeout_ms(const struct mqtt_client *client, int timeout_ms)
{
    int64_t earliest_ms = timeout_ms;
    uint64_t now = now_ms();
    uint64_t due = 0;

    if (keep_alive_due(&client->keep_alive, &due))
        earliest_ms = poll_time_until(earliest_ms, due * 1000, now);
    if (client->connack_reason == NO_REASON)
        earliest_ms = poll_time_until(earliest_ms, client->connack_deadline_ms, now);
    return poll_time_limit(earliest_ms);
}

static short wanted_events(const struct mqtt_client *client)
{
    const void *ssl = mosquitto_ssl_get(client->mosquitto);
    short events = POLLIN;

    /* While the handshake waits for the peer the library claims that it wants to write, and would spin. */
    if (mosquitto_want_write(client->mosquitto) && (ssl == NULL || !tls_waits_for_peer(ssl)))
        events |= POLLOUT;
    return events;
}

static int read_packets(struct mqtt_client *client)
{
    int rc;
    const void *ssl;

    do {
        client->library_spoke = false;
        rc = mosquitto_loop_read(client->mosquitto, MAX_PACKETS);
        if (client->library_spoke)
            keep_alive_note_in(&client->keep_alive, now_s());
        ssl = mosquitto_ssl_get(client->mosquitto);
    } while (rc == MOSQ_ERR_SUCCESS && !client->over && ssl != NULL && tls_has_pending(ssl));
    return rc;
}

static int write_packets(struct mqtt_client *client)
{
    int rc = mosquitto_loop_write(client->mosquitto, MAX_PACKETS);

    if (rc == MOSQ_ERR_SUCCESS && !mosquitto_want_write(client->mosquitto))
        keep_alive_note_out(&client->keep_alive, now_s());
    return rc;
}

static int wait_and_move(struct mqtt_client *client, int timeout_ms)
{
    struct pollfd fds[2] = {
        { .fd = client->held ? -1 : mosquitto_socket(client->mosquitto), .events = wanted_events(client) },
        { .fd = client->wake_fd, .events = POLLIN },
    };
    int rc = MOSQ_ERR_SUCCESS;

    set_activity(client, ACTIVITY_IDLE, "waiting for traffic", 0);
    arrival_note_wait(&client->arrival);
    int ready = poll(fds, 2, poll_timeout_ms(client, timeout_ms));
    set_activity(client, ACTIVITY_OWN, "handling MQTT traffic", TURN_LIMIT_MS);
    if (ready < 0 && errno != EINTR)
        return MOSQ_ERR_ERRNO;
    if (ready > 0 && fds[1].revents != 0)
        wakeup_clear(client->wake_fd);
    if (ready > 0 && (fds[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0)
        rc = read_packets(client);
    if (rc == MOSQ_ERR_SUCCESS && !client->over && ready > 0 && (fds[0].revents & POLLOUT) != 0)
        rc = write_packets(client);
    if (rc == MOSQ_ERR_SUCCESS && !client->over)
        rc = ping_if_due(client);
    return rc;
}

static void tell_sent_early(struct mqtt_client *client)
{
    for (size_t i = 0; i < client->sent_early_count; i++)
        client->events.published(client->events.context, client->sent_early[i], 0);
    client->sent_early_count = 0;
}

static enum mqtt_result result_of_end(const struct mqtt_client *client)
{
    if (client->connack_reason == 0)
        return MQTT_LOST;
    if (client->connack_reason == (client->end.version == 5 ? 0x84 : 0x01))
        return MQTT_PROTOCOL_REFUSED;
    return MQTT_FAILED;
}

enum mqtt_result mqtt_client_turn(struct mqtt_client *client, int timeout_ms)
{
    client->in_turn = true;
    if (client->sent_early_count > 0 || client->write_code != MOSQ_ERR_SUCCESS)
        timeout_ms = 0;
    tell_sent_early(client);
    int rc = client->over ? MOSQ_ERR_CONN_LOST : wait_and_move(client, timeout_ms);
    client->in_turn = false;
    if (rc != MOSQ_ERR_SUCCESS)
        note_end(client, rc, errno);
    else if (client->write_code != MOSQ_ERR_SUCCESS)
        note_end(client, client->write_code, client->write_errno);
    else if (mosquitto_socket(client->mosquitto) < 0)
        note_end(client, MOSQ_ERR_CONN_LOST, 0);
    if (!client->over && client->connack_reason == NO_REASON && now_ms() >= client->connack_deadline_ms) {
        client->timed_out = true;
        client->over = true;
    }
    if (!client->over)
        return MQTT_OK;
    if (client->reason == NULL)
        explain_end(client);
    return result_of_end(client);
}

const char *mqtt_client_reason(const struct mqtt_client *client)
{
    return client->reason != NULL ? client->reason : "";
}

bool mqtt_client_was_dropped(const struct mqtt_client *client)
{
    return client->dropped;
}

/* --- the caller's wishes ---------------------------------------------------------------------------------------- */

static int handed_over(struct mqtt_client *client, int rc, int message_id)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        if (!mosquitto_want_write(client->mosquitto))
            keep_alive_note_out(&client->keep_alive, now_s());
        return message_id;
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
        return MQTT_TOO_LARGE;
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_ERRNO:
    case MOSQ_ERR_TLS:
        client->write_errno = errno; /* the library leaks the packet of a write that fails: once a lost connection */
        client->write_code = rc;
        return MQTT_GONE;
    default:
        return -1;
    }
}

int mqtt_client_publish(struct mqtt_client *client, const char *topic, const void *payload, size_t size_bytes,
                        unsigned qos, bool retained)
{
    int message_id = -1;

    assert(client->connack_reason == 0 && !client->in_turn);
    if (client->over)
        return MQTT_GONE;
    if (size_bytes > INT32_MAX)
        return MQTT_TOO_LARGE;
    if (qos > client->maximum_qos)
        qos = client->maximum_qos;
    int rc = mosquitto_publish(client->mosquitto, &message_id, topic, (int) size_bytes, payload, (int) qos,
                               retained && client->retain_available != 0);
    return handed_over(client, rc, message_id);
}

int mqtt_client_subscribe(struct mqtt_client *client, const char *filter, unsigned qos)
{
    int message_id = -1;

    assert(client->connack_reason == 0 && !client->in_turn);
    if (client->over)
        return MQTT_GONE;
    int rc = mosquitto_subscribe(client->mosquitto, &message_id, filter, (int) qos);
    return handed_over(client, rc, message_id);
}

unsigned mqtt_client_window(const struct mqtt_client *client)
{
    return client->window;
}

void mqtt_client_hold(struct mqtt_client *client, bool held)
{
    client->held = held;
}

const char *mqtt_client_tls_version(const struct mqtt_client *client)
{
    const void *ssl = mosquitto_ssl_get(client->mosquitto);

    return ssl != NULL && tls_was_established(client->ssl_context) ? tls_version_text(ssl) : NULL;
}

void mqtt_client_disconnect(struct mqtt_client *client)
{
    client->closing = true;
    if (!client->over)
        (void) mosquitto_disconnect(client->mosquitto);
}
