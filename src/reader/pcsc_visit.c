/* SPDX-License-Identifier: MIT */
#include "reader/pcsc_visit.h"

static bool is_counted_late(const struct pcsc_visit *visit, const struct pcsc_look *look)
{
    return !visit->counted_late && (uint16_t) (look->counter - visit->counter) == 1;
}

bool pcsc_visit_is_counted(const struct pcsc_visit *visit, const struct pcsc_look *look)
{
    return visit->counter == look->counter || is_counted_late(visit, look);
}

bool pcsc_visit_follow(struct pcsc_visit *visit, const struct pcsc_look *look)
{
    if (visit->counter == look->counter)
        return true;
    if (!is_counted_late(visit, look))
        return false;
    visit->counter = look->counter;
    visit->counted_late = true;
    return true;
}
