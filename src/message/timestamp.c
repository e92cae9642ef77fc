/* SPDX-License-Identifier: MIT */
#include "message/timestamp.h"

#include <stddef.h>
#include <time.h>

/* Reads count digits at *at, a number from min to max, and goes on behind them. */
static bool read_digits(const char **at, unsigned count, int min, int max, int *number)
{
    *number = 0;
    for (unsigned i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (**at - '0');
    }
    return *number >= min && *number <= max;
}

static bool read_char(const char **at, char wanted)
{
    if (**at != wanted && (wanted < 'A' || **at != wanted - 'A' + 'a'))
        return false;
    (*at)++;
    return true;
}

static bool read_date(const char **at, struct tm *date)
{
    if (!read_digits(at, 4, 1970, 9999, &date->tm_year) || !read_char(at, '-') ||
        !read_digits(at, 2, 1, 12, &date->tm_mon) || !read_char(at, '-') ||
        !read_digits(at, 2, 1, 31, &date->tm_mday))
        return false;
    date->tm_year -= 1900;
    date->tm_mon -= 1;
    return true;
}

static bool read_time(const char **at, struct tm *date)
{
    if (!read_digits(at, 2, 0, 23, &date->tm_hour) || !read_char(at, ':') ||
        !read_digits(at, 2, 0, 59, &date->tm_min) || !read_char(at, ':') ||
        !read_digits(at, 2, 0, 60, &date->tm_sec))
        return false;
    if (!read_char(at, '.'))
        return true;
    const char *first = *at;
    while (**at >= '0' && **at <= '9')
        (*at)++;
    return *at > first;
}

/* What is to be taken from the local time to get UTC. */
static bool read_offset(const char **at, int64_t *offset_s)
{
    int hours, minutes;
    const int64_t sign = **at == '-' ? -1 : 1;

    *offset_s = 0;
    if (read_char(at, 'Z'))
        return true;
    if ((!read_char(at, '+') && !read_char(at, '-')) || !read_digits(at, 2, 0, 23, &hours) || !read_char(at, ':') ||
        !read_digits(at, 2, 0, 59, &minutes))
        return false;
    *offset_s = sign * (hours * INT64_C(3600) + minutes * INT64_C(60));
    return true;
}

bool timestamp_parse(const char *text, int64_t *unix_s)
{
    struct tm date = {0};
    int64_t offset_s;

    if (!read_date(&text, &date) || !read_char(&text, 'T') || !read_time(&text, &date) ||
        !read_offset(&text, &offset_s) || *text != '\0')
        return false;
    const int day = date.tm_mday;
    struct tm midnight = {.tm_year = date.tm_year, .tm_mon = date.tm_mon, .tm_mday = day};
    (void) timegm(&midnight);
    if (midnight.tm_mday != day)        /* the 30th of February */
        return false;
    *unix_s = (int64_t) timegm(&date) - offset_s;
    return true;
}
