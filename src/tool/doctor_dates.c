/* SPDX-License-Identifier: MIT */
/* The dates of certificates, and the clock that they are held against. */
#include "tool/doctor.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cloud/certificate.h"
#include "gateway/expiry.h"

#include <stdlib.h>
#include <sysexits.h>

/* A clock that says less was never set. */
static const time_t clock_was_set = 1577836800; /* 2020-01-01 */

/* expiry_text, or for a claim the same of its own. */
static char *describe_expiry(const struct doctor *doctor, time_t not_after, time_t now)
{
    const enum expiry_stage stage = expiry_stage_at(not_after, now);

    if (doctor->claim_client_id == NULL || stage == EXPIRY_FAR)
        return expiry_text(not_after, now);
    return text_format("the claim certificate %s; next: put a new one into its slot (provisioning.certificate_slot)",
                       stage == EXPIRY_OVER ? "has expired, brokers refuse it" : "expires within 30 days");
}

static time_t time_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

struct doctor_finding doctor_check_expiry(struct doctor *doctor)
{
    const X509 *certificate = doctor_device_certificate(doctor);
    time_t now = 0;

    if (certificate == NULL)
        return doctor_skip_certificate(doctor);
    (void) clock_wall_time(clock_system(), &now);
    const time_t not_after = time_of(X509_get0_notAfter(certificate));
    char *text = describe_expiry(doctor, not_after, now);
    struct doctor_finding finding;
    if (text == NULL) {
        text = certificate_time_text(X509_get0_notAfter(certificate));
        finding = doctor_found(DOCTOR_OK, "the %s is valid until %s",
                               doctor->claim_client_id != NULL ? "claim certificate" : "certificate of this box", text);
    } else if (expiry_stage_at(not_after, now) == EXPIRY_OVER) {
        finding = doctor_failed(EX_CONFIG, "%s", text);
    } else {
        finding = doctor_found(DOCTOR_WARNING, "%s", text);
    }
    free(text);
    return finding;
}

/* The one of the CAs that goes on longest. *count: how many there are; *over: of these, how many have expired. */
static const X509 *longest_ca(X509_STORE *store, time_t now, int *count, int *over)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    const X509 *longest = NULL;

    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        const X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (ca == NULL)
            continue;
        const time_t not_after = time_of(X509_get0_notAfter(ca));
        (*count)++;
        if (expiry_stage_at(not_after, now) == EXPIRY_OVER)
            (*over)++;
        if (longest == NULL || not_after > time_of(X509_get0_notAfter(longest)))
            longest = ca;
    }
    return longest;
}

struct doctor_finding doctor_check_ca_expiry(struct doctor *doctor)
{
    const char *reason = doctor_no_broker(doctor);
    int count = 0, over = 0;
    time_t now = 0;

    if (doctor->ca == NULL)
        return doctor_found(DOCTOR_SKIPPED, "%s", reason != NULL ? reason : "there is no CA to look at");
    if (doctor->plan->cloud.tls.trust == CLOUD_TRUST_SERVER)
        return doctor_found(DOCTOR_SKIPPED, "mqtt.tls.trust is \"server\": dates do not count");
    (void) clock_wall_time(clock_system(), &now);
    const X509 *longest = longest_ca(doctor->ca, now, &count, &over);
    const enum expiry_stage stage = expiry_stage_at(time_of(X509_get0_notAfter(longest)), now);
    char *date = certificate_time_text(X509_get0_notAfter(longest));
    static const char next[] = "next: put the CA that the broker has now into mqtt.tls.ca_slot";
    struct doctor_finding finding;
    if (stage == EXPIRY_OVER)
        finding = doctor_failed(EX_CONFIG, "the broker's CA has expired (%s); %s", date, next);
    else if (stage != EXPIRY_FAR)
        finding = doctor_found(DOCTOR_WARNING, "the broker's CA expires soon (%s); %s", date, next);
    else if (over > 0)
        finding = doctor_found(DOCTOR_WARNING, "%d of %d CAs have expired; %s", over, count, next);
    else
        finding = doctor_found(DOCTOR_OK, "the broker's CA is valid until %s%s", date,
                               count > 1 ? ", others may end earlier" : "");
    free(date);
    return finding;
}

struct doctor_finding doctor_check_clock(struct doctor *doctor)
{
    static const char next[] = "next: timedatectl set-ntp true, and see that a time server is reachable (timedatectl "
                               "timesync-status)";
    const X509 *certificate = doctor_device_certificate(doctor);
    char text[32];
    struct tm parts;
    time_t now = 0;

    bool synchronised = clock_wall_time(clock_system(), &now);
    gmtime_r(&now, &parts);
    (void) strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    if (now < clock_was_set)
        return doctor_failed(EX_UNAVAILABLE, "the clock says %s, it was never set; %s", text, next);
    if (certificate != NULL && now < time_of(X509_get0_notBefore(certificate)))
        return doctor_failed(EX_UNAVAILABLE, "the clock says %s, the certificate of this box is not valid yet; %s",
                             text, next);
    if (!synchronised)
        return doctor_found(DOCTOR_WARNING, "it says %s and is not synchronised; %s", text, next);
    return doctor_found(DOCTOR_OK, "it says %s and is synchronised", text);
}
