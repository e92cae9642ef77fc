/* SPDX-License-Identifier: MIT */
#include "cloud/claim.h"

#include "base/memory.h"
#include "cloud/claim_answer.h"
#include "cloud/claim_files.h"
#include "cloud/claim_talk.h"
#include "cloud/inside.h"
#include "cloud/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What doc/aws/policy-claim.json allows. */
#define CLIENT_ID_PREFIX "springpark-claim-"
/* A token may take its time to sign. */
#define FILES_LIMIT_MS 10000U

bool claim_is_due(const struct cloud_settings *settings)
{
    return settings->claim.enabled && access(settings->tls.certificate, F_OK) != 0 && errno == ENOENT;
}

struct cloud_settings claim_connection(const struct cloud_settings *settings, char **client_id)
{
    struct cloud_settings claim = *settings;

    *client_id = text_format(CLIENT_ID_PREFIX "%s", settings->claim.serial);
    claim.client_id = *client_id;
    claim.tls.certificate = settings->claim.certificate;
    claim.tls.key = settings->claim.key;
    claim.tls.chain = "";
    claim.tls.claim = true;
    claim.login = "";
    claim.password = "";
    claim.will = NULL;
    claim.topic_command = CLAIM_CREATE_TOPIC "/accepted";
    return claim;
}

void claim_check(const struct cloud_settings *settings, struct errors *errors, struct errors *notes)
{
    char *client_id = NULL;
    const struct cloud_settings claim = claim_connection(settings, &client_id);

    errors_add(notes, "provisioning.template: this box has no certificate of its own yet (%s); it asks for one with "
               "the claim when it connects", settings->tls.certificate);
    if (!claim_is_thing_name(settings->claim.serial))
        errors_add(notes, "provisioning.template: the serial number \"%s\" cannot be the name of a thing, which has "
                   "letters, digits, ':', '_' and '-' only: a template that makes it one fails; set device.serial",
                   settings->claim.serial);
    tls_context_free(tls_context_create(&claim.tls, claim.host, errors, notes));
    claim_files_check_key(settings, errors);
    free(client_id);
}

/* --- one attempt -------------------------------------------------------------------------------------------------- */

static char *join(const struct errors *errors)
{
    char *text = text_copy("");

    for (size_t i = 0; i < errors_count(errors); i++) {
        char *longer = text_format("%s%s%s", text, i > 0 ? "; " : "", errors_get(errors, i));
        free(text);
        text = longer;
    }
    return text;
}

/* Asks, and stores what was got. */
static struct link_result obtain(struct cloud *cloud, const struct cloud_settings *settings, int version,
                                 EVP_PKEY *key, const char *request, struct errors *errors)
{
    char *client_id = NULL;
    const struct cloud_settings connection = claim_connection(settings, &client_id);
    struct claim_talk_result got = claim_talk(cloud, &connection, version, key, request);
    struct link_result result = { .end = got.end, .text = got.text };

    free(client_id);
    if (got.end == LINK_PROVISIONED) {
        activity_set(cloud->activity, ACTIVITY_FOREIGN, "storing the certificate", FILES_LIMIT_MS);
        bool stored = claim_files_store(settings, got.certificate, got.thing, errors);
        activity_set(cloud->activity, ACTIVITY_OWN, "preparing the connection", FILES_LIMIT_MS);
        result.end = stored ? LINK_PROVISIONED : LINK_FAILED;
        result.text = stored ? text_copy(got.thing) : NULL;
    }
    X509_free(got.certificate);
    free(got.thing);
    return result;
}

struct link_result claim_run(struct cloud *cloud, const struct cloud_settings *settings, int version)
{
    struct link_result result = { .end = LINK_FAILED };
    struct errors *errors = errors_create();

    cloud_note_certificate(cloud, 0);
    activity_set(cloud->activity, ACTIVITY_FOREIGN, "preparing the key", FILES_LIMIT_MS);
    EVP_PKEY *key = claim_files_key(settings, errors);
    char *request = key != NULL ? claim_files_request(key, settings->claim.serial, errors) : NULL;
    activity_set(cloud->activity, ACTIVITY_OWN, "preparing the connection", FILES_LIMIT_MS);
    if (request != NULL)
        result = obtain(cloud, settings, version, key, request, errors);
    if (result.end == LINK_FAILED) {
        char *why = result.text != NULL ? result.text : join(errors);
        result.text = text_format("this box has no certificate of its own yet: %s", why);
        free(why);
    }
    EVP_PKEY_free(key);
    free(request);
    errors_free(errors);
    return result;
}
