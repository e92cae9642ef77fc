/* SPDX-License-Identifier: MIT */
/* The configuration, and whether the files that it names for TLS are there. */
#include "tool/doctor.h"

#include "cloud/aws.h"
#include "cloud/claim.h"
#include "cloud/certificate.h"
#include "cloud/key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char slot_next[] = "put the file there, for instance with springparkctl certs, or correct its slot in the "
                                "settings";

static struct doctor_finding describe_configuration(const struct doctor *doctor)
{
    const struct errors *notes = doctor->plan->notes;
    const size_t count = errors_count(notes);

    return doctor_found(DOCTOR_OK, "%s, 0 errors, %zu note%s%s%s", doctor->options->config_file, count,
                        count == 1 ? "" : "s", count > 0 ? ": " : "", count > 0 ? errors_get(notes, 0) : "");
}

struct doctor_finding doctor_check_configuration(struct doctor *doctor)
{
    static const char next[] = "correct it; springparkctl check says the same after each change";
    struct errors *errors = errors_create();

    doctor->plan = plan_draft(doctor->options->config_file, doctor->options->instance, errors);
    if (doctor->plan == NULL)
        return doctor_failed_errors(errors, next);
    aws_check_settings(&doctor->plan->cloud, errors, doctor->plan->notes);
    if (errors_count(errors) > 0)
        return doctor_failed_errors(errors, next);
    errors_free(errors);
    if (claim_is_due(&doctor->plan->cloud))
        doctor->plan->cloud = claim_connection(&doctor->plan->cloud, &doctor->claim_client_id);
    return describe_configuration(doctor);
}

/* Who can change a certificate chooses whom this box trusts, or keeps it from its broker. */
static struct doctor_finding judge_mode(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && (status.st_mode & 0022) != 0)
        return doctor_found(DOCTOR_WARNING, "%s can be changed by others than its owner (mode %04o); next: chmod go-w "
                            "%s", path, (unsigned) (status.st_mode & 07777), path);
    return doctor_found(DOCTOR_OK, "%s", path);
}

static struct doctor_finding read_list(const char *path, const char *what, const char *slot, STACK_OF(X509) **list)
{
    struct errors *errors = errors_create();

    if (path == NULL || path[0] == '\0')
        errors_add(errors, "%s: that slot names no file for %s", slot, what);
    else
        *list = certificate_list_read(path, what, errors);
    if (*list == NULL)
        return doctor_failed_errors(errors, slot_next);
    errors_free(errors);
    return judge_mode(path);
}

/* The claim's file is right: what is still to come is no failure. */
static struct doctor_finding describe_claim(const struct doctor *doctor, struct doctor_finding finding)
{
    const struct settings *settings = doctor->plan->settings;

    if (finding.verdict != DOCTOR_OK)
        return finding;
    free(finding.text);
    return doctor_found(DOCTOR_WARNING, "this box has no certificate of its own yet (%s), so the claim's is looked at, "
                        "%s; next: start springparkd, which obtains one with it",
                        settings->certificates[settings->mqtt.tls.certificate_slot].source,
                        doctor->plan->cloud.tls.certificate);
}

struct doctor_finding doctor_check_certificate_file(struct doctor *doctor)
{
    const char *reason = doctor_no_device_files(doctor);

    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    const char *path = doctor->plan->cloud.tls.certificate;
    if (doctor->claim_client_id != NULL)
        return describe_claim(doctor, read_list(path, "the claim certificate", "provisioning.certificate_slot",
                                                &doctor->certificate));
    return read_list(path, "the device's certificate", "mqtt.tls.certificate_slot", &doctor->certificate);
}

struct doctor_finding doctor_check_key_file(struct doctor *doctor)
{
    const char *reason = doctor_no_device_files(doctor);

    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    const char *source = doctor->plan->cloud.tls.key;
    struct errors *errors = errors_create();
    if (source == NULL || source[0] == '\0')
        errors_add(errors, "mqtt.tls.key_slot: that slot names no file or token for the device's private key");
    else
        doctor->key = key_load(source, doctor->claim_client_id != NULL ? "the claim's private key"
                                                                       : "the device's private key", errors);
    if (doctor->key == NULL)
        return doctor_failed_errors(errors, slot_next);
    errors_free(errors);
    char *place = key_source_text(source), *type = key_type_text(doctor->key);
    struct doctor_finding finding = doctor_found(DOCTOR_OK, "%s, %s", place, type);
    free(place);
    free(type);
    return finding;
}

struct doctor_finding doctor_check_chain_file(struct doctor *doctor)
{
    const char *reason = doctor_no_device_files(doctor);

    if (reason == NULL && doctor->claim_client_id != NULL)
        reason = "a claim goes out alone";
    if (reason == NULL && !doctor->plan->settings->mqtt.tls.chain)
        reason = "mqtt.tls.chain is false: the certificate goes out alone";
    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    return read_list(doctor->plan->cloud.tls.chain, "the chain of the device's certificate", "mqtt.tls.chain_slot",
                     &doctor->chain);
}

struct doctor_finding doctor_check_ca_file(struct doctor *doctor)
{
    const char *reason = doctor_no_broker(doctor);

    if (reason == NULL && !doctor->plan->cloud.tls.enabled)
        reason = "mqtt.tls.enabled is false";
    if (reason != NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason);
    if (doctor->plan->cloud.tls.trust == CLOUD_TRUST_ANY)
        return doctor_found(DOCTOR_WARNING, "mqtt.tls.trust is \"any\": whoever answers gets the events; next: put the "
                            "broker's CA into mqtt.tls.ca_slot and set trust = \"pki\"");
    const char *source = doctor->plan->cloud.tls.ca;
    struct errors *errors = errors_create();
    X509_STORE *store = X509_STORE_new();
    bool found = false;
    if (store == NULL || source == NULL || source[0] == '\0')
        errors_add(errors, "mqtt.tls.ca_slot: that slot names no file for whom to trust");
    else
        found = certificate_add_trusted(store, source, errors);
    if (!found) {
        X509_STORE_free(store);
        return doctor_failed_errors(errors, slot_next);
    }
    errors_free(errors);
    doctor->ca = store;
    return judge_mode(source);
}
