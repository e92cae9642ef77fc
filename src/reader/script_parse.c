/* SPDX-License-Identifier: MIT */
#include "reader/script_parse.h"

#include "base/hex.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { WAIT_MAX_MS = 24 * 60 * 60 * 1000, REPEAT_MAX = 1000000 };

/* A word of a line: not terminated. */
struct word {
    const char *text;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next word off the front of rest; its length is 0 when there is none. */
static struct word next_word(struct word *rest)
{
    while (rest->length > 0 && is_blank(*rest->text)) {
        rest->text++;
        rest->length--;
    }
    struct word word = { rest->text, 0 };
    while (word.length < rest->length && !is_blank(word.text[word.length]))
        word.length++;
    rest->text += word.length;
    rest->length -= word.length;
    return word;
}

static bool word_is(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* Digits and nothing else, at most `limit`. False if not. */
static bool parse_number(struct word word, uint64_t limit, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < word.length; i++) {
        if (word.text[i] < '0' || word.text[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t) (word.text[i] - '0');
        if (*number > limit)
            return false;
    }
    return word.length > 0;
}

static char *parse_uid(struct word word, struct script_step *step)
{
    int count = hex_to_bytes(word.text, word.length, step->uid, sizeof step->uid);

    if (count < 1)
        return text_format("the UID is not 1 to %d bytes in hex", CARD_UID_MAX_BYTES);
    step->uid_bytes = (size_t) count;
    return NULL;
}

static char *unknown_protocol(void)
{
    char *list = text_copy("");

    for (unsigned bit = 0; bit < 32; bit++) {
        enum card_technology technology = (enum card_technology) (1U << bit);
        const char *name = card_protocol_name(technology);
        if (card_technology_from_name(name) != technology)
            continue;
        char *longer = text_format("%s%s%s", list, *list == '\0' ? "" : ", ", name);
        free(list);
        list = longer;
    }
    char *error = text_format("the protocol is not one of %s", list);
    free(list);
    return error;
}

static char *parse_insert(struct word *rest, struct script_step *step)
{
    static const char ats_key[] = "ats=";
    struct word protocol = next_word(rest);
    struct word uid = next_word(rest);
    struct word ats = next_word(rest);

    if (uid.length == 0)
        return text_copy("insert needs a protocol and a UID, for instance: insert NFC-A 047DAE02C84080");
    char name[32] = "";
    if (protocol.length < sizeof name)
        memcpy(name, protocol.text, protocol.length);
    step->technology = card_technology_from_name(name);
    if (step->technology == CARD_UNKNOWN)
        return unknown_protocol();
    char *error = parse_uid(uid, step);
    if (error != NULL || ats.length == 0)
        return error;
    size_t key_length = sizeof ats_key - 1;
    if (ats.length <= key_length || memcmp(ats.text, ats_key, key_length) != 0)
        return text_copy("after the UID only ats=HEX may follow");
    int count = hex_to_bytes(ats.text + key_length, ats.length - key_length, step->ats, sizeof step->ats);
    if (count < 1)
        return text_format("the ATS is not 1 to %d bytes in hex", CARD_ATS_MAX_BYTES);
    step->ats_bytes = (size_t) count;
    return NULL;
}

static char *parse_remove(struct word *rest, struct script_step *step)
{
    struct word uid = next_word(rest);

    return uid.length == 0 ? NULL : parse_uid(uid, step);
}

static char *parse_wait(struct word *rest, struct script_step *step)
{
    struct word time = next_word(rest);
    uint64_t unit_ms = 0;

    if (time.length > 2 && memcmp(time.text + time.length - 2, "ms", 2) == 0) {
        unit_ms = 1;
        time.length -= 2;
    } else if (time.length > 1 && time.text[time.length - 1] == 's') {
        unit_ms = 1000;
        time.length -= 1;
    }
    if (unit_ms == 0 || !parse_number(time, WAIT_MAX_MS / unit_ms, &step->wait_ms) || step->wait_ms == 0)
        return text_copy("wait needs a time from 1ms to 86400s, for instance 250ms or 2s");
    step->wait_ms *= unit_ms;
    return NULL;
}

static char *parse_repeat(struct word *rest, struct script_step *step)
{
    struct word times = next_word(rest);
    uint64_t number = 0;

    if (times.length > 0 && (!parse_number(times, REPEAT_MAX, &number) || number == 0))
        return text_format("repeat takes a number from 1 to %d, or none for ever", REPEAT_MAX);
    step->times = (unsigned) number;
    return NULL;
}

static char *parse_fail(struct word *rest, struct script_step *step)
{
    struct word how = next_word(rest);

    if (!word_is(how, "mute") && !word_is(how, "gone"))
        return text_copy("fail needs mute or gone");
    step->error = word_is(how, "mute") ? CARD_ERROR_MUTE : CARD_ERROR_GONE;
    return NULL;
}

static char *parse_ill(struct word *rest, struct script_step *step)
{
    while (rest->length > 0 && is_blank(*rest->text)) {
        rest->text++;
        rest->length--;
    }
    while (rest->length > 0 && is_blank(rest->text[rest->length - 1]))
        rest->length--;
    if (rest->length == 0)
        return text_copy("ill needs a text that says what is wrong");
    step->text = text_format("%.*s", (int) rest->length, rest->text);
    rest->length = 0;
    return NULL;
}

static char *parse_well(struct word *rest, struct script_step *step)
{
    (void) rest;
    (void) step;
    return NULL;
}

static const struct {
    const char *name;
    enum script_verb verb;
    char *(*parse)(struct word *rest, struct script_step *step);
} verbs[] = {
    { "insert", SCRIPT_INSERT, parse_insert }, { "remove", SCRIPT_REMOVE, parse_remove },
    { "wait", SCRIPT_WAIT, parse_wait },       { "repeat", SCRIPT_REPEAT, parse_repeat },
    { "fail", SCRIPT_FAIL, parse_fail },       { "ill", SCRIPT_ILL, parse_ill },
    { "well", SCRIPT_WELL, parse_well },
};

static char *parse_words(struct word rest, struct script_step *step)
{
    struct word name = next_word(&rest);

    if (name.length == 0)
        return NULL;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (!word_is(name, verbs[i].name))
            continue;
        step->verb = verbs[i].verb;
        char *error = verbs[i].parse(&rest, step);
        if (error == NULL && next_word(&rest).length > 0)
            error = text_format("something follows after the end of %s", verbs[i].name);
        return error;
    }
    return text_copy("no such command; there are insert, remove, wait, repeat, fail, ill and well");
}

bool script_parse_line(const char *line, size_t line_bytes, struct script_step *step, char **error)
{
    memset(step, 0, sizeof *step);
    if (line_bytes > SCRIPT_LINE_MAX) {
        *error = text_format("the line is longer than %d characters", SCRIPT_LINE_MAX);
        return false;
    }
    for (size_t i = 0; i < line_bytes; i++) {
        if (((unsigned char) line[i] < 0x20 && !is_blank(line[i])) || line[i] == 0x7F) {
            *error = text_copy("the line has a control character");
            return false;
        }
    }
    const char *comment = memchr(line, '#', line_bytes);
    struct word rest = { line, comment == NULL ? line_bytes : (size_t) (comment - line) };
    *error = parse_words(rest, step);
    if (*error != NULL)
        script_step_release(step);
    return *error == NULL;
}

void script_step_release(struct script_step *step)
{
    free(step->text);
    step->text = NULL;
}

/* What is wrong with the script as a whole. */
static void check_repeat(const struct script *script, const char *name, struct errors *errors)
{
    bool takes_time = false;

    for (size_t i = 0; i < script->steps_count; i++) {
        const struct script_step *step = &script->steps[i];
        takes_time = takes_time || step->verb == SCRIPT_WAIT || step->verb == SCRIPT_INSERT;
        if (step->verb != SCRIPT_REPEAT)
            continue;
        if (!takes_time)
            errors_add(errors, "%s:%u: repeat needs a wait or an insert before it, or it would never rest", name,
                       step->line);
        if (i + 1 < script->steps_count)
            errors_add(errors, "%s:%u: repeat must be the last command, line %u comes after it", name, step->line,
                       script->steps[i + 1].line);
    }
}

struct script *script_parse(const char *text, size_t text_bytes, const char *name, struct errors *errors)
{
    struct script *script = memory_zeroed(1, sizeof *script);
    size_t errors_before = errors_count(errors);
    size_t capacity = 0;
    unsigned line = 0;

    for (size_t at = 0; at < text_bytes;) {
        const char *end = memchr(text + at, '\n', text_bytes - at);
        size_t length = end == NULL ? text_bytes - at : (size_t) (end - (text + at));
        struct script_step step;
        char *error;
        line++;
        if (!script_parse_line(text + at, length, &step, &error)) {
            errors_add(errors, "%s:%u: %s", name, line, error);
            free(error);
        } else if (step.verb != SCRIPT_NOTHING) {
            if (script->steps_count == capacity) {
                capacity = capacity == 0 ? 16 : capacity * 2;
                script->steps = memory_resize(script->steps, capacity, sizeof(struct script_step));
            }
            step.line = line;
            script->steps[script->steps_count++] = step;
        }
        at += length + 1;
    }
    check_repeat(script, name, errors);
    if (errors_count(errors) == errors_before)
        return script;
    script_free(script);
    return NULL;
}

void script_free(struct script *script)
{
    if (script == NULL)
        return;
    for (size_t i = 0; i < script->steps_count; i++)
        script_step_release(&script->steps[i]);
    free(script->steps);
    free(script);
}
