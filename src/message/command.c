/* SPDX-License-Identifier: MIT */
#include "message/command.h"

#include "base/memory.h"
#include "message/command_parts.h"

#include <stdlib.h>
#include <string.h>

enum { EXCERPT_MAX_CHARACTERS = 40 };

char *command_excerpt(const char *bytes, size_t size_bytes)
{
    static const char cut[] = "...";
    const bool whole = size_bytes <= EXCERPT_MAX_CHARACTERS;
    const size_t kept = whole ? size_bytes : EXCERPT_MAX_CHARACTERS - (sizeof cut - 1);
    char *excerpt = memory_zeroed(EXCERPT_MAX_CHARACTERS + 1, 1);

    for (size_t i = 0; i < kept; i++)
        excerpt[i] = bytes[i] >= 0x20 && bytes[i] <= 0x7E ? bytes[i] : '?';
    if (!whole)
        memcpy(excerpt + kept, cut, sizeof cut);
    return excerpt;
}

bool command_check_mix(const struct command *command, char **error)
{
    const char *other = NULL;

    if (command->has_leds)
        other = "Leds";
    else if (command->has_rgb_color)
        other = "RgbColor";
    else if (command->has_rgb_mode)
        other = "RgbMode";
    else if (command->has_buzzer)
        other = "Buzzer";
    if (!command->has_sequence || other == NULL)
        return true;
    *error = text_format("a sequence must not come with %s; send them as two commands", other);
    return false;
}

bool command_parse(const void *payload, size_t size_bytes, struct command *command, char **error)
{
    const char *text = payload;
    struct command draft = {0};

    *error = NULL;
    if (size_bytes == 0) {
        *error = text_copy("the command is empty");
        return false;
    }
    if (text[0] != '{' && text[0] != '$') {
        char *excerpt = command_excerpt(text, size_bytes);
        *error = text_format("neither JSON, which starts with {, nor $SCCMD: \"%s\"", excerpt);
        free(excerpt);
        return false;
    }
    const size_t max_bytes = text[0] == '{' ? COMMAND_JSON_MAX_BYTES : COMMAND_TEXT_MAX_BYTES;
    if (size_bytes > max_bytes) {
        *error = text_format("%zu bytes are too long; at most %zu are taken", size_bytes, max_bytes);
        return false;
    }
    const char *nul = memchr(text, '\0', size_bytes);
    if (nul != NULL) {
        *error = text_format("there is a NUL byte at offset %zu", (size_t) (nul - text));
        return false;
    }
    const bool taken = text[0] == '{' ? command_read_json(text, size_bytes, &draft, error)
                                      : command_read_text(text, size_bytes, &draft, error);
    if (!taken || !command_check_mix(&draft, error))
        return false;
    *command = draft;
    return true;
}
