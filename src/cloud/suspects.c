/* SPDX-License-Identifier: MIT */
#include "cloud/suspects.h"

#define GUILTY_ALONE 2U

static const struct suspect *find(const struct suspects *suspects, struct event_id id)
{
    for (size_t i = 0; i < suspects->count; i++) {
        if (event_id_equal(suspects->entries[i].id, id))
            return &suspects->entries[i];
    }
    return NULL;
}

bool suspects_note_drop(struct suspects *suspects, const struct event_id *flight, size_t count, bool alone)
{
    struct suspects after = { .count = 0 };

    for (size_t i = 0; i < count && i < SUSPECTS_LIMIT; i++) {
        const struct suspect *before = find(suspects, flight[i]);
        struct suspect suspect = before != NULL ? *before : (struct suspect) { .id = flight[i] };
        suspect.strikes++;
        suspect.alone += alone && count == 1 ? 1 : 0;
        after.entries[after.count++] = suspect;
    }
    *suspects = after;
    if (count != 1 || !alone)
        return false;
    bool guilty = after.entries[0].strikes >= SUSPECTS_GUILTY_STRIKES && after.entries[0].alone >= GUILTY_ALONE;
    if (guilty)
        suspects->count = 0;
    return guilty;
}

void suspects_settle(struct suspects *suspects, struct event_id id)
{
    for (size_t i = 0; i < suspects->count; i++) {
        if (!event_id_equal(suspects->entries[i].id, id))
            continue;
        suspects->entries[i] = suspects->entries[--suspects->count];
        return;
    }
}

void suspects_clear(struct suspects *suspects)
{
    suspects->count = 0;
}

bool suspects_fly_alone(const struct suspects *suspects, struct event_id id)
{
    return find(suspects, id) != NULL;
}
