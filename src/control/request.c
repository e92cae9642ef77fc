/* SPDX-License-Identifier: MIT */
#include "control/request.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The first member that a request does not have, or NULL: a misspelt "arguments" must not be read as none. */
static const char *unknown_member(json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value) {
        if (strcmp(key, "request") != 0 && strcmp(key, "arguments") != 0)
            return key;
    }
    return NULL;
}

static char *complaint_about(json_t *object)
{
    if (!json_is_object(object))
        return text_copy("a request is a JSON object, for instance {\"request\":\"status\"}");

    const char *unknown = unknown_member(object);
    if (unknown != NULL)
        return text_format("unknown member \"%s\"; a request has \"request\" and may have \"arguments\"", unknown);
    if (json_string_length(json_object_get(object, "request")) == 0)
        return text_copy("\"request\" is missing, empty or no text; for instance {\"request\":\"status\"}");

    json_t *arguments = json_object_get(object, "arguments");
    if (arguments != NULL && !json_is_object(arguments))
        return text_copy("\"arguments\" is no JSON object");
    return NULL;
}

bool request_parse(const char *line, size_t size_bytes, struct request *request, char **error)
{
    json_error_t problem;
    json_t *object = json_loadb(line, size_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);

    if (object == NULL) {
        *error = text_format("the request is no JSON: %s", problem.text);
        return false;
    }
    *error = complaint_about(object);
    if (*error == NULL) {
        json_t *arguments = json_object_get(object, "arguments");
        request->name = text_copy(json_string_value(json_object_get(object, "request")));
        request->arguments = arguments != NULL ? json_incref(arguments) : json_object();
    }
    json_decref(object);
    return *error == NULL;
}

void request_clear(struct request *request)
{
    free(request->name);
    json_decref(request->arguments);
    *request = (struct request) {0};
}

static char *text_of(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);

    assert(text != NULL); /* only an answer that holds itself cannot be written */
    json_decref(object);
    return text;
}

char *request_answer_text(json_t *result)
{
    return text_of(json_pack("{s:b,s:o}", "ok", 1, "result", result != NULL ? result : json_null()));
}

char *request_refusal_text(json_t *errors)
{
    assert(json_is_array(errors));
    return text_of(json_pack("{s:b,s:o}", "ok", 0, "errors", errors));
}

json_t *request_errors(const char *text)
{
    json_t *string = json_string(text);

    /* A parser's message may quote bytes that were cut in the middle of a character. */
    if (string == NULL)
        string = json_string("the request is no JSON in UTF-8");
    return json_pack("[o]", string);
}
