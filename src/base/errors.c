/* SPDX-License-Identifier: MIT */
#include "base/errors.h"

#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

struct errors {
    char **texts;
    size_t count;
    size_t capacity;
};

struct errors *errors_create(void)
{
    return memory_zeroed(1, sizeof(struct errors));
}

void errors_free(struct errors *errors)
{
    if (errors == NULL)
        return;
    for (size_t i = 0; i < errors->count; i++)
        free(errors->texts[i]);
    free(errors->texts);
    free(errors);
}

void errors_add(struct errors *errors, const char *format, ...)
{
    va_list list;

    if (errors->count == errors->capacity) {
        errors->capacity = errors->capacity * 2 + 8;
        errors->texts = memory_resize(errors->texts, errors->capacity, sizeof *errors->texts);
    }
    va_start(list, format);
    errors->texts[errors->count++] = text_format_list(format, list);
    va_end(list);
}

size_t errors_count(const struct errors *errors)
{
    return errors->count;
}

const char *errors_get(const struct errors *errors, size_t index)
{
    assert(index < errors->count);
    return errors->texts[index];
}
