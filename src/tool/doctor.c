/* SPDX-License-Identifier: MIT */
#include "tool/doctor.h"

#include "base/memory.h"
#include "cloud/certificate.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

struct doctor_finding doctor_found(enum doctor_verdict verdict, const char *format, ...)
{
    struct doctor_finding finding = {.verdict = verdict, .exit_status = EX_OK};
    va_list list;

    va_start(list, format);
    finding.text = text_format_list(format, list);
    va_end(list);
    return finding;
}

struct doctor_finding doctor_failed(int exit_status, const char *format, ...)
{
    struct doctor_finding finding = {.verdict = DOCTOR_FAILURE, .exit_status = exit_status};
    va_list list;

    va_start(list, format);
    finding.text = text_format_list(format, list);
    va_end(list);
    return finding;
}

struct doctor_finding doctor_failed_errors(struct errors *errors, const char *next)
{
    char *text = text_copy("");

    for (size_t index = 0; index < errors_count(errors); index++) {
        char *longer = text_format("%s%s%s", text, index > 0 ? "; " : "", errors_get(errors, index));
        free(text);
        text = longer;
    }
    errors_free(errors);
    bool says_next = strstr(text, "next: ") != NULL;
    struct doctor_finding finding = doctor_failed(EX_CONFIG, "%s%s%s", text, says_next ? "" : "; next: ",
                                                  says_next ? "" : next);
    free(text);
    return finding;
}

const char *doctor_no_broker(const struct doctor *doctor)
{
    if (doctor->plan == NULL)
        return "the configuration cannot be read";
    return doctor->plan->cloud.host[0] == '\0' ? "mqtt.broker is empty: no broker is configured" : NULL;
}

const char *doctor_no_device_files(const struct doctor *doctor)
{
    const char *reason = doctor_no_broker(doctor);

    if (reason != NULL)
        return reason;
    if (!doctor->plan->cloud.tls.enabled)
        return "mqtt.tls.enabled is false";
    return doctor->plan->cloud.tls.client_auth ? NULL : "mqtt.tls.client_auth is false";
}

X509 *doctor_device_certificate(const struct doctor *doctor)
{
    return doctor->certificate != NULL ? sk_X509_value(doctor->certificate, 0) : NULL;
}

struct doctor_finding doctor_skip_certificate(const struct doctor *doctor)
{
    const char *reason = doctor_no_device_files(doctor);

    return doctor_found(DOCTOR_SKIPPED, "%s", reason != NULL ? reason : "the device's certificate cannot be read");
}

void doctor_free(struct doctor *doctor)
{
    broker_free(doctor->broker);
    interrupt_free(doctor->interrupt);
    json_decref(doctor->status);
    for (size_t index = 0; index < doctor->addresses_count; index++)
        free(doctor->addresses[index]);
    free(doctor->addresses);
    EVP_PKEY_free(doctor->key);
    X509_STORE_free(doctor->ca);
    certificate_list_free(doctor->chain);
    certificate_list_free(doctor->certificate);
    free(doctor->claim_client_id);
    plan_free(doctor->plan);
}
