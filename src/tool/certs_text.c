/* SPDX-License-Identifier: MIT */
#include "tool/certs_text.h"

#include "base/memory.h"
#include "tool/display.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SHELL_PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@,+-"

void certs_say(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *text = text_format_list(format, list);
    va_end(list);
    display_put(stdout, text);
    (void) putchar('\n');
    free(text);
}

/* quote, then the text with before in front of each of those characters, then quote. */
static char *quote_text(const char *text, char quote, const char *which, const char *before)
{
    char *result = memory_zeroed(strlen(text) * (strlen(before) + 1) + 3, 1), *to = result;

    *to++ = quote;
    for (; *text != '\0'; text++) {
        if (strchr(which, *text) != NULL)
            to = stpcpy(to, before);
        *to++ = *text;
    }
    *to = quote;
    return result;
}

char *certs_shell_word(const char *text)
{
    if (text[0] != '\0' && text[strspn(text, SHELL_PLAIN)] == '\0')
        return text_copy(text);
    return quote_text(text, '\'', "'", "'\\'");
}

char *certs_config_text(const char *text)
{
    return quote_text(text, '"', "\"\\", "\\");
}
