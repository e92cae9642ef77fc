/* SPDX-License-Identifier: MIT */
#include "gateway/sighting.h"

#include "base/memory.h"

#include <stdlib.h>

struct sighting *sighting_create(enum sighting_kind kind, const char *reader)
{
    struct sighting *sighting = memory_zeroed(1, sizeof *sighting);

    sighting->kind = kind;
    sighting->reader = text_copy(reader);
    return sighting;
}

void sighting_free(void *memory)
{
    struct sighting *sighting = memory;

    if (sighting == NULL)
        return;
    free(sighting->reader);
    free(sighting->name);
    free(sighting->text);
    token_free(sighting->token);
    device_note_clear(&sighting->device);
    free(sighting);
}
