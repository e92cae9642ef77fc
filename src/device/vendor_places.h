/* SPDX-License-Identifier: MIT */
/*
 * Where the names of a JSON object stand in its text, which jansson does not keep; and each of those that stand there
 * twice, of which jansson keeps the last. Only for a text that jansson took. Private to vendor_*.c. No state.
 */
#ifndef SPRINGPARK_DEVICE_VENDOR_PLACES_H
#define SPRINGPARK_DEVICE_VENDOR_PLACES_H

#include <stddef.h>

struct vendor_place {
    char *name;         /* as written between its quotes, escapes and all */
    int line;           /* first 1 */
    size_t parent;      /* the place of the name whose value it stands in, or VENDOR_NO_PARENT */
};

#define VENDOR_NO_PARENT ((size_t) -1)

struct vendor_places {
    struct vendor_place *items;
    size_t count;
};

/* The names of the outer object, and of the objects in it; what lies deeper is left out. */
void vendor_places_find(struct vendor_places *places, const char *text, size_t size_bytes);

void vendor_places_free(struct vendor_places *places);

#endif
