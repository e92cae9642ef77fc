/* SPDX-License-Identifier: MIT */
#include "reader/labels.h"

#include "base/memory.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

bool reader_name_matches(const char *glob, const char *name)
{
    /* Names hold brackets ("ACS ACR1252 [PICC] 00 00"), which mean something else in a glob. */
    return strcmp(glob, name) == 0 || fnmatch(glob, name, 0) == 0;
}

char *reader_label_choose(const char *configured, const char *name, reader_label_taken *taken, const void *context)
{
    char *label = text_copy(configured[0] != '\0' ? configured : name);

    for (unsigned number = 2; configured[0] != '\0' && taken(context, label); number++) {
        free(label);
        label = text_format("%s %u", configured, number);
    }
    return label;
}
