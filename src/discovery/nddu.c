/* SPDX-License-Identifier: MIT */
#include "discovery/nddu.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MARKER "com.springcard.nddu.1:"

/* What stands behind marker and verb, up to *end; NULL if the datagram is of another kind. */
static const char *payload_of(const char *datagram, size_t size_bytes, const char *verb, const char **end)
{
    size_t marker_bytes = strlen(MARKER);
    size_t verb_bytes = strlen(verb);

    if (size_bytes > NDDU_DATAGRAM_MAX_BYTES || size_bytes < marker_bytes + verb_bytes + 1 ||
        memcmp(datagram, MARKER, marker_bytes) != 0 || memcmp(datagram + marker_bytes, verb, verb_bytes) != 0 ||
        datagram[marker_bytes + verb_bytes] != ':')
        return NULL;
    *end = datagram + size_bytes;
    return datagram + marker_bytes + verb_bytes + 1;
}

bool nddu_is_lookup(const char *datagram, size_t size_bytes)
{
    const char *end;

    return payload_of(datagram, size_bytes, "lookup", &end) != NULL;
}

char *nddu_lookup_text(void)
{
    return text_copy(MARKER "lookup:info=springparkctl;");
}

static bool is_sayable(char c)
{
    return c >= 0x20 && c <= 0x7E && c != ';';
}

/* text, which is freed, with another member behind it, if that has a value. */
static char *add_member(char *text, const char *key, const char *value)
{
    if (value == NULL)
        return text;
    char *clean = text_copy(value);
    for (char *c = clean; *c != '\0'; c++) {
        if (!is_sayable(*c))
            *c = ' ';
    }
    char *longer = text_format("%s%s=%s;", text, key, clean);

    free(clean);
    free(text);
    return longer;
}

char *nddu_device_text(const struct nddu_device *device)
{
    char *text = text_copy(MARKER "device:");

    text = add_member(text, "mac", device->mac);
    text = add_member(text, "type", device->type);
    text = add_member(text, "lock", device->locked ? "1" : NULL);
    text = add_member(text, "addr", device->address);
    text = add_member(text, "mask", device->netmask);
    text = add_member(text, "gway", device->gateway);
    return add_member(text, "info", device->info);
}

/* The place of a member's value, or NULL for one that we have no use for. */
static char **place_of(struct nddu_device *device, const char *key, size_t key_bytes)
{
    const struct { const char *key; char **place; } places[] = {
        { "mac", &device->mac }, { "type", &device->type }, { "addr", &device->address },
        { "mask", &device->netmask }, { "gway", &device->gateway }, { "info", &device->info },
    };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strlen(places[i].key) == key_bytes && memcmp(places[i].key, key, key_bytes) == 0)
            return places[i].place;
    }
    return NULL;
}

/* It goes to a terminal, and anybody may have sent it. */
static char *printable_copy(const char *from, const char *end)
{
    size_t size_bytes = (size_t) (end - from);
    char *text = memory_zeroed(size_bytes + 1, 1);

    for (size_t i = 0; i < size_bytes; i++)
        text[i] = is_sayable(from[i]) ? from[i] : '?';
    return text;
}

static void take_member(struct nddu_device *device, const char *from, const char *end)
{
    const char *equals = memchr(from, '=', (size_t) (end - from));

    if (equals == NULL)
        return;
    size_t key_bytes = (size_t) (equals - from);
    char **place = place_of(device, from, key_bytes);

    if (place != NULL && *place == NULL)
        *place = printable_copy(equals + 1, end);
    if (key_bytes == 4 && memcmp(from, "lock", 4) == 0)
        device->locked = end - equals == 2 && equals[1] == '1';
}

bool nddu_device_parse(const char *datagram, size_t size_bytes, struct nddu_device *device)
{
    const char *end;
    const char *at = payload_of(datagram, size_bytes, "device", &end);

    memset(device, 0, sizeof *device);
    if (at == NULL)
        return false;
    while (at < end) {
        const char *stop = memchr(at, ';', (size_t) (end - at));
        if (stop == NULL)
            stop = end;
        take_member(device, at, stop);
        at = stop + (stop < end ? 1 : 0);
    }
    if (device->mac != NULL)
        return true;
    nddu_device_clear(device);
    return false;
}

void nddu_device_clear(struct nddu_device *device)
{
    free(device->mac);
    free(device->type);
    free(device->address);
    free(device->netmask);
    free(device->gateway);
    free(device->info);
    memset(device, 0, sizeof *device);
}
