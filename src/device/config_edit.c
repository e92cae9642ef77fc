/* SPDX-License-Identifier: MIT */
#include "device/config_edit.h"

#include "base/hex.h"
#include "base/memory.h"
#include "device/config_private.h"
#include "device/config_splice.h"
#include "device/register_text.h"
#include "device/register_types.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is to be changed. */
struct edit {
    const char *file;
    const char *name;                     /* the person's */
    char *words;                          /* a copy of it, cut into the steps */
    struct splice_step steps[SPLICE_MAX_STEPS];
    size_t steps_count;
    const struct field_def *field;
    struct errors *errors;
};

static const struct field_def slot_field = { .kind = FIELD_TEXT };

/* "certificates.slot_D" */
static bool is_slot(const char *name)
{
    const char *dot = strchr(name, '.');
    size_t group = dot != NULL ? (size_t) (dot - name) : 0;
    bool known = strncmp(name, "certificates.", group + 1) == 0 || strncmp(name, "keys.", group + 1) == 0;

    return dot != NULL && known && strncmp(dot + 1, "slot_", 5) == 0 && strlen(dot + 1) == strlen("slot_X") &&
           hex_digit_value(dot[strlen(".slot_")]) >= 0;
}

static const struct field_def *find_field(const char *path)
{
    const struct register_def *def;
    const struct register_type *type;
    bool string;
    const struct field_def *field = register_find_field(path, &def);
    const struct extension_def *extension = extension_find(path);

    /* Of a template each type's will do here: of one name all are of one kind, and the file is checked as a whole. */
    if (field == NULL)
        field = register_template_field(path, &type, &string);
    if (field != NULL || extension != NULL)
        return field != NULL ? field : &extension->field;
    return is_slot(path) ? &slot_field : NULL;
}

/* The lists of groups, by the names under which the tables have their settings. */
static const char *const lists[] = { "templates", "readers", "feedback.devices" };

/* The list that the setting belongs to, or NULL. */
static const char *list_of(const char *path)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strncmp(path, lists[i], strlen(lists[i])) == 0 && path[strlen(lists[i])] == '.')
            return lists[i];
    }
    return NULL;
}

/* The name without its index: "templates.format" of "templates[1].format". */
static char *path_of(const char *name)
{
    size_t size = strcspn(name, "[");
    const char *end = strchr(name + size, ']');

    return end != NULL ? text_format("%.*s%s", (int) size, name, end + 1) : text_copy(name);
}

static bool complain(const struct edit *edit, const char *problem)
{
    errors_add(edit->errors, "%s: %s", edit->name, problem);
    return false;
}

/* One word of a name: "mqtt", or "templates[1]", which is two steps. */
static bool add_word(struct edit *edit, char *word)
{
    char *bracket = strchr(word, '['), *end = NULL;

    if (edit->steps_count + 2 > SPLICE_MAX_STEPS)
        return false;
    edit->steps[edit->steps_count++] = (struct splice_step) { .name = word };
    if (bracket == NULL)
        return true;
    *bracket = '\0';
    unsigned long number = isdigit((unsigned char) bracket[1]) ? strtoul(bracket + 1, &end, 10) : 0;
    if (number < 1 || number > 1000 || strcmp(end, "]") != 0)
        return false;
    edit->steps[edit->steps_count++] = (struct splice_step) { .index = number - 1 };
    return true;
}

static bool find_steps(struct edit *edit)
{
    char *rest = edit->words;

    for (char *word = strsep(&rest, "."); word != NULL; word = strsep(&rest, ".")) {
        if (!add_word(edit, word))
            return false;
    }
    return true;
}

static void complain_unknown(const struct edit *edit, const char *path)
{
    char *suggestion = config_suggest(path);
    const char *gone = extension_gone(path);

    if (gone != NULL)
        complain(edit, gone);
    else if (strcmp(path, "registers") == 0)
        complain(edit, "is the list of what is set raw; next: change it in an editor, or set each setting by its name");
    else if (config_is_group(path))
        complain(edit, "is a group of settings; next: name one of them");
    else if (suggestion != NULL)
        errors_add(edit->errors, "%s: unknown setting; did you mean %s?", edit->name, suggestion);
    else
        complain(edit, "unknown setting; next: see `springparkctl registers` and its --sample for what there is");
    free(suggestion);
}

/* Finds what the name means; false with a complaint. */
static bool find_setting(struct edit *edit)
{
    char *path = path_of(edit->name);
    const char *list = list_of(path);
    /* The index stands behind the list's name, and nowhere else. */
    size_t index_at = list != NULL ? strlen(list) : strlen(edit->name);
    bool good = false;

    edit->field = find_field(path);
    if (edit->field == NULL)
        complain_unknown(edit, path);
    else if (list != NULL && strchr(edit->name, '[') == NULL)
        errors_add(edit->errors, "%s: belongs to each entry of a list; next: say which, for instance %s[1]%s",
                   edit->name, list, path + strlen(list));
    else if (strcspn(edit->name, "[") != index_at || !find_steps(edit))
        complain(edit, "is no name of a setting; the first entry of a list is templates[1]");
    else
        good = true;
    free(path);
    return good;
}

/* ---- the value --------------------------------------------------------------------------------------------------- */

/* value without blanks around it, and without the brackets or quotes of the file. New memory. */
static char *bare(const char *value, char opening, char closing)
{
    size_t start = strspn(value, " \t"), size = strlen(value + start);

    while (size > 0 && isblank((unsigned char) value[start + size - 1]))
        size--;
    if (size >= 2 && value[start] == opening && value[start + size - 1] == closing) {
        start++;
        size -= 2;
    }
    return text_format("%.*s", (int) size, value + start);
}

static char *text_literal(const char *value)
{
    size_t size = strlen(value);

    /* Blanks belong to a text. */
    if (size >= 2 && value[0] == '"' && value[size - 1] == '"') {
        char *inside = text_format("%.*s", (int) size - 2, value + 1);
        char *literal = field_quoted(inside);

        free(inside);
        return literal;
    }
    return field_quoted(value);
}

static char *list_literal(const char *value)
{
    char *names = bare(value, '[', ']'), *rest = names, *literal = text_copy("[");
    bool first = true;

    for (char *name = strsep(&rest, ","); name != NULL; name = strsep(&rest, ",")) {
        char *word = bare(name, '"', '"'), *quoted = field_quoted(word);
        char *longer = *word == '\0' ? text_copy(literal) : text_format("%s%s %s", literal, first ? "" : ",", quoted);

        first = first && *word == '\0';
        free(literal);
        free(quoted);
        free(word);
        literal = longer;
    }
    char *closed = text_format("%s ]", literal);
    free(literal);
    free(names);
    return closed;
}

static char *number_literal(const char *value)
{
    char *word = bare(value, '\0', '\0'), *end;
    const char *digits = *word == '-' ? word + 1 : word;
    bool hex = digits[0] == '0' && (digits[1] | 0x20) == 'x';

    errno = 0;
    long long number = strtoll(word, &end, hex ? 16 : 10);
    if (isdigit((unsigned char) *digits) && *end == '\0' && errno == 0 && number <= INT_MAX && number >= INT_MIN)
        return word;
    free(word);
    return NULL;
}

static char *boolean_literal(const char *value)
{
    char *word = bare(value, '\0', '\0');

    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        return word;
    free(word);
    return NULL;
}

/* The value as it stands in the file, or NULL with a complaint if it is of another kind. */
static char *find_literal(const struct edit *edit, const char *value)
{
    enum field_kind kind = edit->field->kind;
    char *literal = kind == FIELD_BOOLEAN  ? boolean_literal(value)
                    : kind == FIELD_NUMBER ? number_literal(value)
                    : kind == FIELD_FLAGS  ? list_literal(value)
                                           : text_literal(value);

    if (literal != NULL)
        return literal;
    char *allowed = field_allowed(edit->field, 0);
    errors_add(edit->errors, "%s: \"%s\" is not allowed: %s", edit->name, value, allowed);
    free(allowed);
    return NULL;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static struct config_node *parse(const struct edit *edit, const char *text)
{
    char *folder = config_folder(edit->file);
    struct config_node *root = NULL;

    if (config_text_check(text, strlen(text), edit->file, folder, edit->errors))
        root = config_parse(text, edit->file, folder, edit->errors);
    free(folder);
    return root;
}

static const struct config_node *child_of(const struct config_node *node, const struct splice_step *step)
{
    if (step->name == NULL)
        return node->kind == CONFIG_LIST && step->index < node->count ? &node->children[step->index] : NULL;
    if (node->kind != CONFIG_GROUP)
        return NULL;
    for (size_t i = 0; i < node->count; i++) {
        const char *name = node->children[i].name;

        if (strcmp(name, step->name) == 0 || (strncmp(name, "slot_", 5) == 0 && strcasecmp(name, step->name) == 0))
            return &node->children[i];
    }
    return NULL;
}

/* What of the way to the setting stands in an included file cannot be changed here: false with a complaint. */
static bool is_all_in_file(const struct edit *edit, const struct config_node *root)
{
    const struct config_node *node = root;

    for (size_t i = 0; i < edit->steps_count && (node = child_of(node, &edit->steps[i])) != NULL; i++) {
        if (strcmp(node->file, edit->file) == 0)
            continue;
        errors_add(edit->errors, "%s: %s in %s:%d, which %s includes; next: change it there", edit->name,
                   i + 1 == edit->steps_count ? "is set" : "its group begins", node->file, node->line, edit->file);
        return false;
    }
    return true;
}

/* Whether an entry of a list may be named: one that is there, or the next. */
static bool has_entry(const struct edit *edit, const struct config_node *root)
{
    const struct config_node *node = root;

    for (size_t i = 0; i < edit->steps_count; i++) {
        const struct splice_step *step = &edit->steps[i];
        size_t count = node != NULL ? node->count : 0;

        if (step->name == NULL && step->index > count) {
            const char *list = edit->steps[i - 1].name;

            errors_add(edit->errors, "%s: %s has %zu %s; next: name one of them, or the next one, %s[%zu]", edit->name,
                       list, count, count == 1 ? "entry" : "entries", list, count + 1);
            return false;
        }
        node = node != NULL ? child_of(node, step) : NULL;
    }
    return true;
}

/* Whether the new text has the setting where it belongs: it must look to us as it does to libconfig. */
static bool has_setting(const struct edit *edit, const char *text)
{
    struct errors *ignored = errors_create();
    const struct edit quiet = { .file = edit->file, .errors = ignored };
    struct config_node *root = parse(&quiet, text);
    const struct config_node *node = root;

    for (size_t i = 0; i < edit->steps_count && node != NULL; i++)
        node = child_of(node, &edit->steps[i]);
    bool found = node != NULL;
    config_node_free(root);
    errors_free(ignored);
    return found;
}

static char *edit_text(const struct edit *edit, const char *text, const char *value)
{
    struct config_node *root = parse(edit, text);
    bool possible = root != NULL && is_all_in_file(edit, root) && has_entry(edit, root);

    config_node_free(root);
    char *literal = possible ? find_literal(edit, value) : NULL;
    if (literal == NULL)
        return NULL;
    char *changed = config_splice(text, edit->steps, edit->steps_count, literal);
    free(literal);
    if (changed != NULL && has_setting(edit, changed))
        return changed;
    free(changed);
    errors_add(edit->errors, "%s: %s is written in a way that is not safe to change here; next: change it in an editor",
               edit->name, edit->file);
    return NULL;
}

char *config_edit(const char *text, const char *file, const char *name, const char *value, struct errors *errors)
{
    struct edit edit = { .file = file, .name = name, .words = text_copy(name), .errors = errors };
    char *changed = find_setting(&edit) ? edit_text(&edit, text, value) : NULL;

    free(edit.words);
    return changed;
}

char *config_edit_read(const char *file, struct errors *errors)
{
    size_t size;
    char *text = config_text_read(file, &size, errors);

    if (text == NULL || strlen(text) == size)
        return text;
    errors_add(errors, "%s: holds a NUL byte, so it is no text file", file);
    explicit_bzero(text, size);
    free(text);
    return NULL;
}
