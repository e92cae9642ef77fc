/* SPDX-License-Identifier: MIT */
#include "standin_policy.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Wildcards of an expanded pattern: characters that no policy has, so that "*" from a variable stays a "*". */
#define ANY_NUMBER '\001'
#define ANY_ONE '\002'

static const char *variable_value(const char *name, size_t length, const struct policy_request *request)
{
    const struct {
        const char *name;
        const char *value;
    } known[] = {
        { "iot:Connection.Thing.ThingName", request->thing },
        { "iot:Certificate.Subject.CommonName", request->common_name },
        { "iot:ClientId", request->client_id },
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i].name) == length && strncmp(known[i].name, name, length) == 0)
            return known[i].value;
    }
    return NULL;
}

/* The bytes that one place of the pattern becomes, written to out if that is not NULL; -1 if a variable has no value.
 * next: what comes after it. */
static ssize_t expand_one(const char *at, const struct policy_request *request, char *out, const char **next)
{
    const char *end = strncmp(at, "${", 2) == 0 ? strchr(at, '}') : NULL;

    if (end == NULL) {
        *next = at + 1;
        if (out != NULL)
            *out = *at == '*' ? ANY_NUMBER : *at == '?' ? ANY_ONE : *at;
        return 1;
    }
    *next = end + 1;
    const char *value = variable_value(at + 2, (size_t) (end - at - 2), request);
    if (value == NULL)
        return -1;
    if (out != NULL)
        memcpy(out, value, strlen(value));
    return (ssize_t) strlen(value);
}

/* With the variables' values in; NULL if one has none. The caller frees it. */
static char *expand_pattern(const char *pattern, const struct policy_request *request)
{
    size_t size = 0;
    const char *next;

    for (const char *at = pattern; *at != '\0'; at = next) {
        ssize_t count = expand_one(at, request, NULL, &next);
        if (count < 0)
            return NULL;
        size += (size_t) count;
    }
    char *expanded = calloc(1, size + 1);
    char *out = expanded;
    for (const char *at = pattern; out != NULL && *at != '\0'; at = next)
        out += expand_one(at, request, out, &next);
    return expanded;
}

static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *resume = NULL;

    while (*text != '\0') {
        if (*pattern == ANY_NUMBER) {
            star = pattern++;
            resume = text;
        } else if (*pattern == ANY_ONE || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == ANY_NUMBER)
        pattern++;
    return *pattern == '\0';
}

static bool pattern_matches(const char *pattern, const char *text, const struct policy_request *request)
{
    char *expanded = expand_pattern(pattern, request);
    bool found = expanded != NULL && matches(expanded, text);

    free(expanded);
    return found;
}

/* patterns: one text or an array of them. */
static bool one_matches(const json_t *patterns, const char *text, const struct policy_request *request)
{
    size_t i;
    json_t *pattern;

    if (json_is_string(patterns))
        return pattern_matches(json_string_value(patterns), text, request);
    json_array_foreach(patterns, i, pattern) {
        if (json_is_string(pattern) && pattern_matches(json_string_value(pattern), text, request))
            return true;
    }
    return false;
}

static bool bool_holds(const char *key, const json_t *wanted, const struct policy_request *request)
{
    const json_t *value = json_is_array(wanted) ? json_array_get(wanted, 0) : wanted;
    const char *text = json_is_string(value) ? json_string_value(value) : json_is_true(value) ? "true" : "false";

    if (strcmp(key, "iot:Connection.Thing.IsAttached") != 0)
        return false;
    return (strcasecmp(text, "true") == 0) == (request->thing != NULL);
}

static bool conditions_hold(json_t *conditions, const struct policy_request *request)
{
    const char *operation;
    const char *key;
    json_t *keys;
    json_t *wanted;

    json_object_foreach(conditions, operation, keys) {
        if (strcmp(operation, "Bool") != 0)
            return false;
        json_object_foreach(keys, key, wanted) {
            if (!bool_holds(key, wanted, request))
                return false;
        }
    }
    return true;
}

static bool statement_applies(const json_t *statement, const struct policy_request *request)
{
    return one_matches(json_object_get(statement, "Action"), request->action, request)
        && one_matches(json_object_get(statement, "Resource"), request->resource, request)
        && conditions_hold(json_object_get(statement, "Condition"), request);
}

bool policy_allows(const json_t *documents, const struct policy_request *request)
{
    bool allowed = false;
    size_t i;
    size_t j;
    json_t *document;
    json_t *statement;

    json_array_foreach(documents, i, document) {
        json_array_foreach(json_object_get(document, "Statement"), j, statement) {
            const char *effect = json_string_value(json_object_get(statement, "Effect"));
            if (effect == NULL || !statement_applies(statement, request))
                continue;
            if (strcmp(effect, "Deny") == 0)
                return false;
            allowed = allowed || strcmp(effect, "Allow") == 0;
        }
    }
    return allowed;
}
