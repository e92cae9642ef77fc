/* SPDX-License-Identifier: MIT */
#include "device/roff.h"

#include <stdbool.h>
#include <string.h>

/* WORD: after so many letters without a blank a line may be broken, without a hyphen. */
enum { WIDTH = 110, WORD = 32 };

/* What roff would print otherwise for these, or read otherwise. */
static const char *escape_of(char character)
{
    switch (character) {
    case '\\':
        return "\\(rs";
    case '-':
        return "\\-";
    case '\'':
        return "\\(aq";
    case '"':
        return "\\(dq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    default:
        return NULL;
    }
}

static void put_character(FILE *out, char character)
{
    const char *escape = escape_of(character);

    if (escape != NULL)
        fputs(escape, out);
    else
        fputc(character, out);
}

/* One line of size bytes; bold: whether a ` has been opened before it. A period at the start would be a request. */
static void put_line(FILE *out, const char *line, size_t size, bool *bold)
{
    size_t letters = 0;

    if (size > 0 && line[0] == '.')
        fputs("\\&", out);
    for (size_t i = 0; i < size; i++) {
        letters = line[i] == ' ' ? 0 : letters + 1;
        if (letters > WORD) {
            fputs("\\:", out);
            letters = 1;
        }
        if (line[i] == '`') {
            *bold = !*bold;
            fputs(*bold ? "\\fB" : "\\fR", out);
        } else {
            put_character(out, line[i]);
        }
    }
    fputc('\n', out);
}

void roff_put_text(FILE *out, const char *text)
{
    bool bold = false;

    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t length = strlen(text);

        if (length > WIDTH) {
            for (length = WIDTH; length > 0 && text[length] != ' '; length--)
                ;
            if (length == 0)
                length = strcspn(text, " ");
        }
        put_line(out, text, length, &bold);
        text += length;
    }
}

void roff_put_macro(FILE *out, const char *macro, const char *argument)
{
    const bool spaced = strchr(argument, ' ') != NULL || *argument == '\0';

    fprintf(out, ".%s %s", macro, spaced ? "\"" : "");
    for (; *argument != '\0'; argument++)
        put_character(out, *argument);
    fprintf(out, "%s\n", spaced ? "\"" : "");
}

void roff_put_example(FILE *out, const char *lines)
{
    fputs(".PP\n.RS 4\n.EX\n", out);
    for (const char *c = lines; *c != '\0'; c++) {
        if (*c == '.' && (c == lines || c[-1] == '\n'))
            fputs("\\&", out);
        put_character(out, *c);
    }
    fputs(".EE\n.RE\n", out);
}
