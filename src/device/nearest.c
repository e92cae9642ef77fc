/* SPDX-License-Identifier: MIT */
#include "device/nearest.h"

#include <stdbool.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum { NAME_MAX_COMPARED = 63 };

/* Levenshtein's distance between two names; a name that is too long for a typing error is far. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[NAME_MAX_COMPARED + 1];

    if (a_length > NAME_MAX_COMPARED || b_length > NAME_MAX_COMPARED)
        return NAME_MAX_COMPARED;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j] + 1, row[j - 1] + 1));
        }
    }
    return row[b_length];
}

static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot == NULL ? path : dot + 1;
}

/* A name in the same group, or the same name in another group: each costs what a slip of the hand costs. */
size_t nearest_cost(const char *asked, const char *offered)
{
    const char *asked_name = last_name(asked), *offered_name = last_name(offered);
    size_t group_length = (size_t) (asked_name - asked);
    bool same_group = (size_t) (offered_name - offered) == group_length && strncmp(asked, offered, group_length) == 0;
    size_t cost = distance(asked_name, strlen(asked_name), offered_name, strlen(offered_name)) + (same_group ? 0 : 1);

    return smaller(cost, distance(asked, strlen(asked), offered, strlen(offered)));
}

size_t nearest_limit(const char *asked)
{
    size_t length = strlen(last_name(asked));

    return length < 6 ? 2 : length / 3;
}
