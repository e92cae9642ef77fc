/* SPDX-License-Identifier: MIT */
#include "tool/display.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What one byte may become: \u00XX */
enum { LONGEST_ESCAPE_BYTES = 6 };

static bool is_utf8(const void *bytes, size_t size_bytes)
{
    json_t *string = json_stringn(bytes, size_bytes);
    bool valid = string != NULL;

    json_decref(string);
    return valid;
}

char *display_safe(const void *bytes, size_t size_bytes)
{
    const unsigned char *from = bytes;
    bool utf8 = is_utf8(bytes, size_bytes);
    char *text = memory_zeroed(size_bytes * LONGEST_ESCAPE_BYTES + 1, 1);
    char *to = text;

    for (size_t index = 0; index < size_bytes; index++) {
        unsigned byte = from[index];
        /* C1, for instance the one-character CSI, is C2 80 to C2 9F in UTF-8. */
        bool c1 = utf8 && byte == 0xC2 && index + 1 < size_bytes && from[index + 1] < 0xA0;
        if (c1)
            byte = from[++index];
        if (c1 || byte < 0x20 || byte == 0x7F)
            to += sprintf(to, "\\u%04x", byte);
        else if (byte >= 0x80 && !utf8)
            to += sprintf(to, "\\x%02x", byte);
        else
            *to++ = (char) byte;
    }
    return text;
}

void display_put(FILE *stream, const char *text)
{
    char *safe = display_safe(text, strlen(text));

    (void) fputs(safe, stream);
    free(safe);
}

static void __attribute__((format(printf, 2, 0))) put_line(const char *before, const char *format, va_list list)
{
    char *text = text_format_list(format, list);
    char *safe = display_safe(text, strlen(text));

    (void) fprintf(stderr, "%s%s\n", before, safe);
    free(safe);
    free(text);
}

void display_error(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    put_line("springparkctl: ", format, list);
    va_end(list);
}

void display_progress(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    put_line("", format, list);
    va_end(list);
}

char *display_duration(uint64_t duration_ms)
{
    uint64_t seconds = duration_ms / 1000;
    uint64_t minutes = seconds / 60;
    uint64_t hours = minutes / 60;

    if (minutes == 0)
        return text_format("%" PRIu64 " s", seconds);
    if (hours == 0)
        return text_format("%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
    if (hours < 24)
        return text_format("%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
    return text_format("%" PRIu64 " d %" PRIu64 " h", hours / 24, hours % 24);
}

char *display_size(uint64_t size_bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double size = (double) size_bytes / 1024;
    size_t unit = 0;

    if (size_bytes < 1024)
        return text_format("%" PRIu64 " bytes", size_bytes);
    /* 1023.96 would be shown as 1024.0 */
    for (; size >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    return text_format("%.1f %s", size, units[unit]);
}

void display_put_json(FILE *stream, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text == NULL)
        abort();
    /* jansson writes C0 as \u00XX itself, but not DEL and C1. */
    display_put(stream, text);
    (void) fputc('\n', stream);
    free(text);
}
