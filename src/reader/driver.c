/* SPDX-License-Identifier: MIT */
#include "reader/reader.h"

#include <stddef.h>
#include <string.h>

static const struct reader_driver *const drivers[] = {
    &reader_driver_pcsc,
#ifdef HAVE_LIBNFC
    &reader_driver_nfc,
#endif
    &reader_driver_script,
};

/* In the order of the table above, which a unit test holds. */
static const char *const names[] = {
    "pcsc",
#ifdef HAVE_LIBNFC
    "libnfc",
#endif
    "script",
    NULL,
};

const struct reader_driver *reader_driver_find(const char *name)
{
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    }
    return NULL;
}

const char *const *reader_driver_names(void)
{
    return names;
}
