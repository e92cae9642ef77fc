/* SPDX-License-Identifier: MIT */
/* What the device's certificate says, and whether the rest agrees with it. */
#include "tool/doctor.h"

#include "cloud/certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct doctor_finding doctor_check_pair(struct doctor *doctor)
{
    X509 *certificate = doctor_device_certificate(doctor);

    if (certificate == NULL)
        return doctor_skip_certificate(doctor);
    if (doctor->key == NULL)
        return doctor_found(DOCTOR_SKIPPED, "the private key cannot be read");
    bool match = X509_check_private_key(certificate, doctor->key) == 1;
    ERR_clear_error();
    if (!match)
        return doctor_failed(EX_CONFIG, "the private key does not belong to the certificate %s; next: put the two that "
                             "were made together into their slots (springparkctl certs show FILE... says what belongs "
                             "together)", doctor->plan->cloud.tls.certificate);
    return doctor_found(DOCTOR_OK, "the private key belongs to the certificate");
}

/* AWS's policies tie both to the thing, whatever the certificate's CN. */
static struct doctor_finding compare_with_thing(const struct doctor *doctor, const char *thing)
{
    const struct identity *identity = doctor->plan->identity;
    const bool same_client = strcmp(identity->client_id, thing) == 0;

    if (same_client && strcmp(identity->device_id, thing) == 0)
        return doctor_found(DOCTOR_OK, "\"%s\", the name of the thing that this box is", thing);
    return doctor_failed(EX_CONFIG, "AWS knows this box as the thing \"%s\", but the %s is \"%s\"; next: leave %s out",
                         thing, same_client ? "device id in the topics" : "client id",
                         same_client ? identity->device_id : identity->client_id,
                         same_client ? "mqtt.device_id (register 028F)" : "mqtt.client_id (register 028D)");
}

struct doctor_finding doctor_check_client_id(struct doctor *doctor)
{
    if (doctor_device_certificate(doctor) == NULL)
        return doctor_skip_certificate(doctor);
    const struct cloud_settings *cloud = &doctor->plan->cloud;
    if (doctor->claim_client_id != NULL)
        return doctor_found(DOCTOR_SKIPPED, "this box has no certificate of its own yet; it asks as \"%s\"",
                            cloud->client_id);
    char *thing = cloud_thing_name(cloud->claim.thing, cloud->tls.certificate);
    if (thing != NULL) {
        struct doctor_finding compared = compare_with_thing(doctor, thing);
        free(thing);
        return compared;
    }
    const char *client_id = cloud->client_id;
    char *cn = cloud_certificate_cn(doctor->plan->cloud.tls.certificate);
    struct doctor_finding finding;
    if (cn == NULL)
        finding = doctor_failed(EX_CONFIG, "the certificate of this box has no CN; the client id is \"%s\"; next: have "
                                "a certificate made with the serial number as its CN", client_id);
    else if (strcmp(cn, client_id) != 0)
        finding = doctor_failed(EX_CONFIG, "the client id is \"%s\", but the certificate's CN is \"%s\"; next: leave "
                                "mqtt.client_id (register 028D) and device.serial out, or put the right certificate "
                                "into its slot", client_id, cn);
    else
        finding = doctor_found(DOCTOR_OK, "\"%s\", as the certificate's CN", client_id);
    free(cn);
    return finding;
}

static X509 *find_issuer(STACK_OF(X509) *list, X509 *subject)
{
    for (int i = 0; i < sk_X509_num(list); i++) {
        X509 *issuer = sk_X509_value(list, i);
        if (X509_check_issued(issuer, subject) == X509_V_OK && X509_verify(subject, X509_get0_pubkey(issuer)) == 1)
            return issuer;
    }
    ERR_clear_error();
    return NULL;
}

struct doctor_finding doctor_check_chain(struct doctor *doctor)
{
    X509 *at = doctor_device_certificate(doctor);
    const int most = sk_X509_num(doctor->chain) + sk_X509_num(doctor->certificate); /* they may name one another */
    int length = 0;

    if (doctor->chain == NULL) {
        const char *reason = doctor_no_device_files(doctor);
        bool used = reason == NULL && doctor->plan->settings->mqtt.tls.chain;
        if (reason == NULL && doctor->claim_client_id != NULL)
            reason = "a claim goes out alone";
        return doctor_found(DOCTOR_SKIPPED, "%s", reason != NULL ? reason : used ? "the chain cannot be read" :
                            "mqtt.tls.chain is false: the certificate goes out alone");
    }
    if (at == NULL)
        return doctor_skip_certificate(doctor);
    while (length <= most) {
        X509 *issuer = find_issuer(doctor->chain, at);
        issuer = issuer != NULL ? issuer : find_issuer(doctor->certificate, at);
        if (issuer == NULL || issuer == at)
            break;
        at = issuer;
        length++;
    }
    char *name = certificate_name_text(X509_get_issuer_name(doctor_device_certificate(doctor)));
    struct doctor_finding finding = length > 0
        ? doctor_found(DOCTOR_OK, "it leads from the certificate over %d more, the first %s", length, name)
        : doctor_failed(EX_CONFIG, "%s holds no certificate that issued this box's own (%s did); next: put the "
                        "certificate of that CA into mqtt.tls.chain_slot", doctor->plan->cloud.tls.chain, name);
    free(name);
    return finding;
}
