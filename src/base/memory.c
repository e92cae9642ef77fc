/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void end_without_memory(void)
{
    static const char message[] = "springpark: out of memory\n";

    (void) fwrite(message, 1, sizeof message - 1, stderr);
    abort();
}

void *memory_zeroed(size_t count, size_t size_bytes)
{
    void *memory = calloc(count ? count : 1, size_bytes ? size_bytes : 1);

    if (memory == NULL)
        end_without_memory();
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size_bytes)
{
    void *resized = reallocarray(memory, count ? count : 1, size_bytes ? size_bytes : 1);

    if (resized == NULL)
        end_without_memory();
    return resized;
}

void *memory_copy(const void *data, size_t size_bytes)
{
    void *copy = memory_zeroed(size_bytes, 1);

    if (size_bytes > 0)
        memcpy(copy, data, size_bytes);
    return copy;
}

char *text_copy(const char *text)
{
    if (text == NULL)
        return NULL;
    return memory_copy(text, strlen(text) + 1);
}

char *text_format_list(const char *format, va_list list)
{
    char *text = NULL;

    if (vasprintf(&text, format, list) < 0 || text == NULL)
        end_without_memory();
    return text;
}

char *text_format(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *text = text_format_list(format, list);
    va_end(list);
    return text;
}

void text_replace(char **text, const char *value)
{
    char *copy = text_copy(value);

    free(*text);
    *text = copy;
}
