/* SPDX-License-Identifier: MIT */
#include "device/config_splice.h"

#include "base/memory.h"
#include "device/config_node.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A setting or an entry of a list, as places in the text. */
struct span {
    size_t name, name_size;     /* 0 bytes: an entry, or the whole file */
    char kind;                  /* '{', '(' or '[' by its bracket, or 's' for a single value */
    size_t start, end;          /* the value, with its brackets */
    size_t after;               /* behind its semicolon or comma, or end */
    struct span *children;
    size_t count;
};

struct cursor {
    const char *text;
    size_t at;
    unsigned depth;
};

static bool starts(const struct cursor *cursor, const char *what)
{
    return strncmp(cursor->text + cursor->at, what, strlen(what)) == 0;
}

static void skip_line(struct cursor *cursor)
{
    cursor->at += strcspn(cursor->text + cursor->at, "\n");
}

static void skip_block(struct cursor *cursor)
{
    const char *end = strstr(cursor->text + cursor->at + 2, "*/");

    cursor->at = end != NULL ? (size_t) (end - cursor->text) + 2 : strlen(cursor->text);
}

/* Blanks, comments and what is included: nothing of it is a setting of this file. */
static void skip_between(struct cursor *cursor)
{
    for (;;) {
        cursor->at += strspn(cursor->text + cursor->at, " \t\r\n\f\v");
        if (starts(cursor, "/*"))
            skip_block(cursor);
        else if (starts(cursor, "#") || starts(cursor, "//") || starts(cursor, "@include"))
            skip_line(cursor);
        else
            return;
    }
}

static bool skip_string(struct cursor *cursor)
{
    const char *c = cursor->text + cursor->at + 1;

    for (; *c != '\0' && *c != '"'; c++) {
        if (*c == '\\' && c[1] != '\0')
            c++;
    }
    if (*c == '\0')
        return false;
    cursor->at = (size_t) (c - cursor->text) + 1;
    return true;
}

static bool read_value(struct cursor *cursor, struct span *span);

static struct span *add_child(struct span *span)
{
    span->children = memory_resize(span->children, span->count + 1, sizeof *span->children);
    span->children[span->count] = (struct span) { 0 };
    return &span->children[span->count++];
}

static void read_separator(struct cursor *cursor, struct span *span)
{
    span->after = span->end;
    skip_between(cursor);
    if (cursor->text[cursor->at] == ';' || cursor->text[cursor->at] == ',')
        span->after = ++cursor->at;
}

static bool read_setting(struct cursor *cursor, struct span *span)
{
    span->name = cursor->at;
    while (isalnum((unsigned char) cursor->text[cursor->at]) ||
           (cursor->text[cursor->at] != '\0' && strchr("_-*", cursor->text[cursor->at]) != NULL))
        cursor->at++;
    span->name_size = cursor->at - span->name;
    skip_between(cursor);
    if (span->name_size == 0 || (cursor->text[cursor->at] != '=' && cursor->text[cursor->at] != ':'))
        return false;
    cursor->at++;
    skip_between(cursor);
    return read_value(cursor, span);
}

/* What a group, a list or the file holds, up to closing. */
static bool read_children(struct cursor *cursor, struct span *span, char closing)
{
    if (cursor->depth++ > CONFIG_MAX_DEPTH)
        return false;
    for (skip_between(cursor); cursor->text[cursor->at] != closing; skip_between(cursor)) {
        struct span *child = add_child(span);

        if (closing == '}' || closing == '\0' ? !read_setting(cursor, child) : !read_value(cursor, child))
            return false;
        read_separator(cursor, child);
    }
    cursor->depth--;
    return true;
}

/* Strings that follow one another are one value. */
static bool read_strings(struct cursor *cursor, struct span *span)
{
    while (cursor->text[cursor->at] == '"') {
        if (!skip_string(cursor))
            return false;
        span->end = cursor->at;
        skip_between(cursor);
    }
    cursor->at = span->end;
    return true;
}

static bool read_value(struct cursor *cursor, struct span *span)
{
    static const char opening[] = "{([", closing[] = "})]";
    char first = cursor->text[cursor->at];
    const char *bracket = first != '\0' ? strchr(opening, first) : NULL;

    span->kind = bracket != NULL ? first : 's';
    span->start = cursor->at;
    if (first == '"')
        return read_strings(cursor, span);
    if (bracket != NULL) {
        cursor->at++;
        if (!read_children(cursor, span, closing[bracket - opening]))
            return false;
        cursor->at++;
    } else {
        cursor->at += strcspn(cursor->text + cursor->at, " \t\r\n\f\v,;{}()[]=\"#/");
    }
    span->end = cursor->at;
    return span->end > span->start;
}

static void free_children(struct span *span)
{
    for (size_t i = 0; i < span->count; i++)
        free_children(&span->children[i]);
    free(span->children);
}

/* ---- putting something in ---------------------------------------------------------------------------------------- */

static char *insert(const char *text, size_t start, size_t end, const char *what)
{
    return text_format("%.*s%s%s", (int) start, text, what, text + end);
}

static size_t line_start(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] != '\n')
        at--;
    return at;
}

static size_t blanks(const char *text, size_t at)
{
    return strspn(text + at, " \t");
}

/* Whether only blanks stand before it in its line. */
static bool begins_line(const char *text, size_t at)
{
    size_t start = line_start(text, at);

    return start + blanks(text, start) == at;
}

static const struct span *find_child(const char *text, const struct span *span, const struct splice_step *step)
{
    if (step->name == NULL)
        return step->index < span->count ? &span->children[step->index] : NULL;
    for (size_t i = 0; i < span->count; i++) {
        const struct span *child = &span->children[i];
        const char *name = text + child->name;
        bool is_slot = strncmp(step->name, "slot_", 5) == 0; /* slot_d is slot_D */
        bool same = is_slot ? strncasecmp(name, step->name, child->name_size) == 0
                            : strncmp(name, step->name, child->name_size) == 0;

        if (same && strlen(step->name) == child->name_size)
            return child;
    }
    return NULL;
}

/* "name = literal;" or, through more steps, "name: { name = literal; };". An entry of a list has no name. */
static char *setting_text(const struct splice_step *steps, size_t steps_count, const char *literal)
{
    char *text = text_copy(literal);

    for (size_t i = steps_count; i-- > 0;) {
        bool is_single = i + 1 == steps_count, in_list = !is_single && steps[i + 1].name == NULL;
        char *longer;

        if (steps[i].name == NULL)
            longer = is_single ? text_copy(text) : text_format("{ %s }", text);
        else if (is_single)
            longer = text_format("%s = %s;", steps[i].name, text);
        else
            longer = text_format("%s: %c %s %c;", steps[i].name, in_list ? '(' : '{', text, in_list ? ')' : '}');
        free(text);
        text = longer;
    }
    return text;
}

/* Whether at begins a comment, which lies between the settings and not inside of another comment. */
static bool is_comment(const char *text, const struct span *span, size_t at)
{
    struct cursor cursor = { .text = text, .at = span->start + 1 };

    for (size_t i = 0; i < span->count; i++) {
        if (at >= span->children[i].start && at < span->children[i].end)
            return false;
        if (span->children[i].end <= at)
            cursor.at = span->children[i].end;
    }
    while (cursor.at < at) {
        if (starts(&cursor, "/*"))
            skip_block(&cursor);
        else if (starts(&cursor, "#") || starts(&cursor, "//"))
            skip_line(&cursor);
        else
            cursor.at++;
    }
    return cursor.at == at;
}

/* Where the line of the sample ends that shows the setting as a comment, "    #port = 0;"; 0 if there is none. */
static size_t find_commented(const char *text, const struct span *span, const char *name)
{
    size_t length = strlen(name);

    for (size_t at = span->start; at < span->end; at += strcspn(text + at, "\n"), at += text[at] == '\n') {
        size_t mark = at + blanks(text, at);

        if (text[mark] != '#' || strncmp(text + mark + 1, name, length) != 0)
            continue;
        size_t rest = mark + 1 + length, end = rest + strcspn(text + rest, "\n");
        rest += blanks(text, rest);
        if ((text[rest] == '=' || text[rest] == ':') && end < span->end && is_comment(text, span, mark))
            return end + 1;
    }
    return 0;
}

/* The line behind which or before which a setting of the group goes gives the indentation. */
static char *indented(const char *text, size_t line, size_t deeper, const char *setting)
{
    const char *line_end = strstr(text, "\r\n") != NULL ? "\r\n" : "\n";

    return text_format("%.*s%*s%s%s", (int) blanks(text, line), text + line, (int) deeper, "", setting, line_end);
}

/* Before the bracket that closes the group, in a line of its own if the bracket has one. */
static char *insert_last(const char *text, const struct span *span, const char *setting)
{
    size_t closing = span->end - 1, line = line_start(text, closing);
    const struct span *last = span->count > 0 ? &span->children[span->count - 1] : NULL;
    bool own_line = begins_line(text, closing) && line > span->start;
    size_t at = own_line ? line : closing;
    char *what;

    if (!own_line)
        what = text_format("%s%s ", isspace((unsigned char) text[closing - 1]) ? "" : " ", setting);
    else if (last != NULL && begins_line(text, last->name))
        what = indented(text, line_start(text, last->name), 0, setting);
    else
        what = indented(text, line, 4, setting);
    char *longer = insert(text, at, at, what);
    free(what);
    if (last == NULL || last->after > last->end)
        return longer;
    char *separated = insert(longer, last->end, last->end, ";");
    free(longer);
    return separated;
}

static char *insert_in_group(const char *text, const struct span *span, const char *name, const char *setting)
{
    size_t at = name != NULL ? find_commented(text, span, name) : 0;

    if (at == 0)
        return insert_last(text, span, setting);
    const struct span *last_before = NULL;
    for (size_t i = 0; i < span->count; i++) {
        if (span->children[i].start < at)
            last_before = &span->children[i];
    }
    /* A setting before it without its semicolon would swallow this one. */
    if (last_before != NULL && last_before->after == last_before->end)
        return insert_last(text, span, setting);
    char *what = indented(text, line_start(text, at - 1), 0, setting);
    char *longer = insert(text, at, at, what);
    free(what);
    return longer;
}

/* At the end of a list, behind a comma. */
static char *insert_in_list(const char *text, const struct span *span, const char *entry)
{
    const struct span *last = span->count > 0 ? &span->children[span->count - 1] : NULL;
    size_t at = last != NULL ? last->after : span->start + 1;
    char *what = text_format("%s %s%s", last != NULL && last->after == last->end ? "," : "", entry,
                             last == NULL && text[at] == ')' ? " " : "");
    char *longer = insert(text, at, at, what);

    free(what);
    return longer;
}

static char *append(const char *text, const char *setting)
{
    size_t size = strlen(text);
    const char *line_end = strstr(text, "\r\n") != NULL ? "\r\n" : "\n";
    bool open_line = size > 0 && text[size - 1] != '\n';

    return text_format("%s%s%s%s%s", text, open_line ? line_end : "", size > 0 ? line_end : "", setting, line_end);
}

static char *splice(const char *text, const struct span *root, const struct splice_step *steps, size_t steps_count,
                    const char *literal)
{
    const struct span *span = root, *child;
    size_t step = 0;

    while (step < steps_count && (child = find_child(text, span, &steps[step])) != NULL) {
        span = child;
        step++;
        if (step < steps_count && span->kind != (steps[step].name == NULL ? '(' : '{'))
            return NULL;
    }
    if (step == steps_count)
        return insert(text, span->start, span->end, literal);
    for (size_t i = step; i < steps_count; i++) {
        if (steps[i].name == NULL && steps[i].index > (i == step ? span->count : 0))
            return NULL;
    }
    char *setting = setting_text(steps + step, steps_count - step, literal);
    char *longer = span == root                ? append(text, setting)
                   : steps[step].name == NULL ? insert_in_list(text, span, setting)
                                               : insert_in_group(text, span, steps[step].name, setting);
    free(setting);
    return longer;
}

char *config_splice(const char *text, const struct splice_step *steps, size_t steps_count, const char *literal)
{
    struct cursor cursor = { .text = text };
    struct span root = { .kind = '{', .end = strlen(text), .after = strlen(text) };
    char *longer = NULL;

    if (read_children(&cursor, &root, '\0'))
        longer = splice(text, &root, steps, steps_count, literal);
    free_children(&root);
    return longer;
}
