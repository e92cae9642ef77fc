/* SPDX-License-Identifier: MIT */
#include "device/vendor_places.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 2 };

struct scan {
    const char *text;
    size_t size_bytes;
    size_t at;
    int line;
    unsigned depth;
    size_t parent;      /* the latest name of the outer object */
    size_t capacity;
    struct vendor_places *places;
};

static void step(struct scan *scan)
{
    if (scan->text[scan->at] == '\n')
        scan->line++;
    scan->at++;
}

static void skip_string(struct scan *scan)
{
    step(scan);
    while (scan->at < scan->size_bytes && scan->text[scan->at] != '"') {
        if (scan->text[scan->at] == '\\')
            step(scan);
        if (scan->at < scan->size_bytes)
            step(scan);
    }
    if (scan->at < scan->size_bytes)
        step(scan);
}

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->size_bytes && (scan->text[scan->at] == ' ' || scan->text[scan->at] == '\t' ||
                                           scan->text[scan->at] == '\r' || scan->text[scan->at] == '\n'))
        step(scan);
}

static char *copy_part(const char *text, size_t size_bytes)
{
    char *copy = memory_zeroed(size_bytes + 1, 1);

    memcpy(copy, text, size_bytes);
    return copy;
}

static void add(struct scan *scan, size_t start, size_t end, int line)
{
    struct vendor_places *places = scan->places;

    if (places->count == scan->capacity) {
        scan->capacity = scan->capacity * 2 + 64;
        places->items = memory_resize(places->items, scan->capacity, sizeof *places->items);
    }
    if (scan->depth == 1)
        scan->parent = places->count;
    places->items[places->count++] = (struct vendor_place) {
        .name = copy_part(scan->text + start, end - start),
        .line = line,
        .parent = scan->depth == 1 ? VENDOR_NO_PARENT : scan->parent,
    };
}

/* A string is a name if a colon follows. */
static void read_string(struct scan *scan)
{
    size_t start = scan->at + 1;
    int line = scan->line;

    skip_string(scan);
    size_t end = scan->at - 1;
    skip_blanks(scan);
    if (scan->at < scan->size_bytes && scan->text[scan->at] == ':' && scan->depth <= DEEPEST)
        add(scan, start, end, line);
}

void vendor_places_find(struct vendor_places *places, const char *text, size_t size_bytes)
{
    struct scan scan = { .text = text, .size_bytes = size_bytes, .line = 1, .parent = VENDOR_NO_PARENT,
                         .places = places };

    while (scan.at < size_bytes) {
        char c = text[scan.at];

        if (c == '"') {
            read_string(&scan);
            continue;
        }
        if (c == '{' || c == '[')
            scan.depth++;
        else if (c == '}' || c == ']')
            scan.depth--;
        step(&scan);
    }
}

void vendor_places_free(struct vendor_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->items[i].name);
    free(places->items);
    *places = (struct vendor_places) { 0 };
}
