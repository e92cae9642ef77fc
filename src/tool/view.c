/* SPDX-License-Identifier: MIT */
#include "tool/view.h"

#include "base/memory.h"
#include "tool/display.h"

#include <stdarg.h>
#include <stdlib.h>

const char *view_text(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

json_int_t view_number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

void view_put(FILE *stream, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *text = text_format_list(format, list);
    va_end(list);
    display_put(stream, text);
    free(text);
}

void view_put_label(FILE *stream, const char *label)
{
    (void) fprintf(stream, "  %-9s ", label);
}
