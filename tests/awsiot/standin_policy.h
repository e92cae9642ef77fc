/* SPDX-License-Identifier: MIT */
/*
 * Whether policy documents of AWS IoT Core allow something. Written from AWS's pages "AWS IoT Core policies", "policy
 * actions", "basic / thing / X.509 certificate policy variables":
 *   - "*" is any number of characters, "?" is one; "+" and "#" are nothing special; a value put in for a variable is
 *     taken as it is
 *   - a statement with a variable or a condition that has no value here does not apply
 *   - a Deny that applies wins; what no Allow names is refused
 * A condition or an effect that is not known here counts as one that does not hold, and an Allow with it never applies.
 *
 * Pure; any thread.
 */
#ifndef STANDIN_POLICY_H
#define STANDIN_POLICY_H

#include <jansson.h>
#include <stdbool.h>

struct policy_request {
    const char *action;      /* "iot:Publish" */
    const char *resource;    /* the whole ARN */
    const char *client_id;
    const char *thing;       /* what the certificate is attached to and is named as the client; or NULL */
    const char *common_name; /* of the certificate's subject, or NULL */
};

/* documents: an array of policies, as parsed. */
bool policy_allows(const json_t *documents, const struct policy_request *request);

#endif
