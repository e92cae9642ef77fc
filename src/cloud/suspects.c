/* SPDX-License-Identifier: MIT */
#include "cloud/suspects.h"

/* From here on it is worth the time to find out which one it is. */
#define ALONE_STRIKES 2U

static unsigned strikes_of(const struct suspects *suspects, struct event_id id)
{
    for (size_t i = 0; i < suspects->count; i++) {
        if (event_id_equal(suspects->entries[i].id, id))
            return suspects->entries[i].strikes;
    }
    return 0;
}

bool suspects_note_drop(struct suspects *suspects, const struct event_id *flight, size_t count, bool alone)
{
    struct suspects after = { .count = 0 };

    for (size_t i = 0; i < count && i < SUSPECTS_LIMIT; i++)
        after.entries[after.count++] = (struct suspect) { flight[i], strikes_of(suspects, flight[i]) + 1 };
    *suspects = after;
    if (count != 1 || !alone || suspects->entries[0].strikes < SUSPECTS_GUILTY_STRIKES)
        return false;
    suspects->count = 0;
    return true;
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
    for (size_t i = 0; i < suspects->count; i++) {
        if (suspects->entries[i].strikes >= ALONE_STRIKES)
            return strikes_of(suspects, id) > 0;
    }
    return false;
}
