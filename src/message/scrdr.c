/* SPDX-License-Identifier: MIT */
#include "message/scrdr.h"

#include "base/hex.h"
#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *interface_code(const char *interface)
{
    assert(strcmp(interface, "13.56") == 0);
    return "13";
}

static const char *move_code(const char *move)
{
    if (move == NULL)
        return "";
    if (strcmp(move, "Insert") == 0)
        return "I";
    return strcmp(move, "Remove") == 0 ? "R" : "IR";
}

/* The text, or the hex of its bytes if it cannot stand in a line; new memory. */
static char *field_text(const char *text)
{
    if (text == NULL)
        return text_copy("");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7E || strchr("$*;", *c) != NULL)
            return hex_from_bytes((const uint8_t *) text, strlen(text));
    }
    return text_copy(text);
}

static unsigned checksum_of(const char *text)
{
    unsigned sum = 0;

    for (; *text != '\0'; text++)
        sum ^= (unsigned char) *text;
    return sum;
}

char *scrdr_event_text(const struct message_event *event, bool checksum_takes_delimiters)
{
    char *data = field_text(event->tag_data);
    char *details = field_text(event->tag_details);
    char *body = text_format("SCRDR;%s;;%02X;;%s;%s;%s;%s", interface_code(event->interface),
                             (unsigned) event->template_number, event->tag_id, move_code(event->move), data, details);
    unsigned sum = checksum_of(body) ^ (checksum_takes_delimiters ? '$' ^ '*' : 0);
    char *line = text_format("$%s*%02X\r\n", body, sum);

    free(body);
    free(details);
    free(data);
    return line;
}
