/* SPDX-License-Identifier: MIT */
#include "standin_packet.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MAX_BYTES (150U * 1024U)
#define KEEP_ALIVE_MIN_S 30U
#define KEEP_ALIVE_MAX_S 1200U

/* What is left to read; bad: it ended before something was whole. */
struct reading {
    const uint8_t *data;
    size_t left;
    bool bad;
};

static const uint8_t *take(struct reading *reading, size_t count)
{
    const uint8_t *at = reading->data;

    if (reading->bad || reading->left < count) {
        reading->bad = true;
        return NULL;
    }
    reading->data += count;
    reading->left -= count;
    return at;
}

static unsigned take_number(struct reading *reading, size_t bytes)
{
    const uint8_t *at = take(reading, bytes);
    unsigned number = 0;

    for (size_t i = 0; at != NULL && i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

/* MQTT 5, section 1.5.5. */
static size_t take_variable(struct reading *reading)
{
    size_t number = 0;

    for (unsigned shift = 0; shift < 28; shift += 7) {
        unsigned byte = take_number(reading, 1);
        number |= (size_t) (byte & 0x7F) << shift;
        if ((byte & 0x80) == 0)
            return number;
    }
    reading->bad = true;
    return 0;
}

static size_t skip_field(struct reading *reading)
{
    size_t size = take_number(reading, 2);

    (void) take(reading, size);
    return size;
}

static void skip_properties(struct reading *reading, uint8_t version)
{
    if (version == 5)
        (void) take(reading, take_variable(reading));
}

static void take_will(struct reading *reading, struct packet_connect *connect)
{
    skip_properties(reading, connect->version);
    size_t size = take_number(reading, 2);
    const uint8_t *topic = take(reading, size);
    if (topic == NULL)
        return;
    if (size >= sizeof connect->will_topic)
        size = sizeof connect->will_topic - 1;
    memcpy(connect->will_topic, topic, size);
    connect->will_topic[size] = '\0';
    connect->will_size_bytes = skip_field(reading);
}

bool packet_parse_connect(const uint8_t *data, size_t size, struct packet_connect *connect)
{
    struct reading reading = { .data = data, .left = size };

    memset(connect, 0, sizeof *connect);
    connect->size_bytes = size;
    if (take_number(&reading, 1) != 0x10)
        return false;
    (void) take_variable(&reading);
    (void) skip_field(&reading); /* the protocol's name */
    connect->version = (uint8_t) take_number(&reading, 1);
    unsigned flags = take_number(&reading, 1);
    connect->clean = (flags & 0x02) != 0;
    connect->will = (flags & 0x04) != 0;
    connect->will_qos = flags >> 3 & 3;
    connect->will_retain = (flags & 0x20) != 0;
    connect->keep_alive_s = (uint16_t) take_number(&reading, 2);
    skip_properties(&reading, connect->version);
    (void) skip_field(&reading); /* the client id, which mosquitto tells */
    if (connect->will)
        take_will(&reading, connect);
    return !reading.bad && (connect->version == 4 || connect->version == 5);
}

/* ---- the eyes in mosquitto --------------------------------------------------------------------------------------- */

/* The beginning of one connection, until its CONNECT is whole. */
struct beginning {
    uint8_t *data;
    size_t used;
    bool done;
};

/* Of mosquitto's one thread; there is no other place that an SSL_read could reach. */
static struct packet_connect latest;
static bool is_latest;
static int beginning_index = -1;

static void free_beginning(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long argument, void *more)
{
    struct beginning *beginning = pointer;

    (void) parent;
    (void) data;
    (void) index;
    (void) argument;
    (void) more;
    if (beginning != NULL)
        free(beginning->data);
    free(beginning);
}

static struct beginning *beginning_of(SSL *ssl)
{
    if (beginning_index < 0)
        beginning_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_beginning);
    struct beginning *beginning = SSL_get_ex_data(ssl, beginning_index);
    if (beginning != NULL)
        return beginning;
    beginning = calloc(1, sizeof *beginning);
    if (beginning == NULL || SSL_set_ex_data(ssl, beginning_index, beginning) != 1)
        abort();
    return beginning;
}

/* The size of the whole packet that begins there; 0 if that cannot be told yet. */
static size_t packet_size(const uint8_t *data, size_t size)
{
    struct reading reading = { .data = data, .left = size };

    (void) take_number(&reading, 1);
    size_t rest = take_variable(&reading);
    return reading.bad ? 0 : (size_t) (reading.data - data) + rest;
}

/* Where the keep-alive of a CONNECT stands. */
static size_t keep_alive_offset(const uint8_t *data, size_t size)
{
    struct reading reading = { .data = data, .left = size };

    (void) take_number(&reading, 1);
    (void) take_variable(&reading);
    (void) skip_field(&reading);
    (void) take(&reading, 2);
    return (size_t) (reading.data - data);
}

/* chunk: the end of the packet as mosquitto will see it. A keep-alive that came in an earlier one stays as it is. */
static void clamp_keep_alive(const struct beginning *beginning, uint8_t *chunk, size_t count)
{
    size_t offset = keep_alive_offset(beginning->data, beginning->used);
    size_t chunk_offset = beginning->used - count;
    unsigned wanted = latest.keep_alive_s;

    if (wanted > 0 && wanted < KEEP_ALIVE_MIN_S)
        wanted = KEEP_ALIVE_MIN_S;
    else if (latest.version == 4 && (wanted == 0 || wanted > KEEP_ALIVE_MAX_S))
        wanted = KEEP_ALIVE_MAX_S;
    if (wanted == latest.keep_alive_s || offset < chunk_offset)
        return;
    chunk[offset - chunk_offset] = (uint8_t) (wanted >> 8);
    chunk[offset - chunk_offset + 1] = (uint8_t) (wanted & 0xFF);
}

static void look_at(SSL *ssl, uint8_t *chunk, size_t count)
{
    struct beginning *beginning = beginning_of(ssl);

    if (beginning->done || beginning->used + count > CONNECT_MAX_BYTES)
        return;
    uint8_t *more = realloc(beginning->data, beginning->used + count);
    if (more == NULL)
        abort();
    memcpy(more + beginning->used, chunk, count);
    beginning->data = more;
    beginning->used += count;
    size_t size = packet_size(beginning->data, beginning->used);
    if (size == 0 || beginning->used < size)
        return;
    beginning->done = true;
    is_latest = packet_parse_connect(beginning->data, size, &latest);
    latest.ssl = ssl;
    if (is_latest)
        clamp_keep_alive(beginning, chunk, count);
    free(beginning->data);
    beginning->data = NULL;
}

/* In place of OpenSSL's, for mosquitto. */
int SSL_read(SSL *ssl, void *buffer, int size)
{
    int (*original)(SSL *, void *, int) = NULL;

    *(void **) &original = dlsym(RTLD_NEXT, "SSL_read");
    if (original == NULL)
        abort();
    int count = original(ssl, buffer, size);
    if (count > 0 && SSL_is_server(ssl))
        look_at(ssl, buffer, (size_t) count);
    return count;
}

const struct packet_connect *packet_latest_connect(void)
{
    return is_latest ? &latest : NULL;
}

/* mosquitto writes a packet as a whole, so this stands between two of them; a full socket loses it. */
static void send_packet(SSL *ssl, const uint8_t *packet, int size)
{
    if (ssl != NULL)
        (void) SSL_write(ssl, packet, size);
}

void packet_send_connack(SSL *ssl, uint8_t reason)
{
    const uint8_t packet[] = { 0x20, 3, 0, reason, 0 };

    send_packet(ssl, packet, sizeof packet);
}

void packet_send_disconnect(SSL *ssl, uint8_t reason)
{
    const uint8_t packet[] = { 0xE0, 2, reason, 0 };

    send_packet(ssl, packet, sizeof packet);
}
