/* SPDX-License-Identifier: MIT */
/*
 * The stand-in's judgement of policies, for tables of cases: a JSON object a line on standard input, "allow" or
 * "refuse" a line on standard output.
 *
 *   {"policies":[DOCUMENT...],"action":TEXT,"resource":ARN,"client":ID,"thing":NAME,"common_name":NAME}
 */
#include "standin_policy.h"

#include <stdio.h>
#include <stdlib.h>

static const char *text_of(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

int main(void)
{
    char *text = NULL;
    size_t size = 0;

    while (getline(&text, &size, stdin) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        const struct policy_request request = {
            .action = text_of(line, "action"),
            .resource = text_of(line, "resource"),
            .client_id = text_of(line, "client"),
            .thing = text_of(line, "thing"),
            .common_name = text_of(line, "common_name"),
        };
        if (request.action == NULL || request.resource == NULL)
            return 1;
        puts(policy_allows(json_object_get(line, "policies"), &request) ? "allow" : "refuse");
        fflush(stdout);
        json_decref(line);
    }
    free(text);
    return 0;
}
