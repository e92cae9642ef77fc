/* SPDX-License-Identifier: MIT */
/* springparkctl doctor: everything on the way from the settings to the broker and the readers, one line each. */
#include "tool/doctor.h"

#include "base/memory.h"
#include "tool/arguments.h"
#include "tool/display.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* In this order: what comes first is often the reason for what comes later. */
static const struct {
    const char *name;
    doctor_check *run;
} checks[] = {
    {"configuration", doctor_check_configuration},
    {"certificate", doctor_check_certificate_file},
    {"private key", doctor_check_key_file},
    {"CA", doctor_check_ca_file},
    {"chain file", doctor_check_chain_file},
    {"key pair", doctor_check_pair},
    {"client id", doctor_check_client_id},
    {"chain", doctor_check_chain},
    {"expiry", doctor_check_expiry},
    {"CA expiry", doctor_check_ca_expiry},
    {"clock", doctor_check_clock},
    {"DNS", doctor_check_dns},
    {"TCP", doctor_check_tcp},
    {"TLS", doctor_check_tls},
    {"daemon", doctor_check_daemon},
    {"connect", doctor_check_connect},
    {"subscribe", doctor_check_subscribe},
    {"publish", doctor_check_publish},
};

struct tally {
    bool json;
    json_t *list;
    int exit_status;    /* of the first failure */
};

static const char *const verdict_words[] = {
    [DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_FAILURE] = "failure", [DOCTOR_SKIPPED] = "skipped",
};

static void tell(struct tally *tally, const char *name, struct doctor_finding *finding)
{
    char *safe = display_safe(finding->text, strlen(finding->text));

    if (finding->verdict == DOCTOR_FAILURE && tally->exit_status == EX_OK)
        tally->exit_status = finding->exit_status;
    if (tally->json)
        json_array_append_new(tally->list, json_pack("{s:s, s:s, s:s}", "check", name, "verdict",
                                                     verdict_words[finding->verdict], "text", safe));
    else
        (void) printf("%-8s %-14s %s\n", verdict_words[finding->verdict], name, safe);
    (void) fflush(stdout); /* some take seconds */
    free(safe);
    free(finding->text);
}

static void tell_readers(struct tally *tally, const struct doctor *doctor)
{
    struct doctor_finding finding;
    const char *label = NULL;

    for (size_t index = 0; doctor_check_reader(doctor, index, &label, &finding); index++) {
        char *name = label[0] != '\0' ? text_format("reader %s", label) : text_copy("readers");
        tell(tally, name, &finding);
        free(name);
    }
}

int tool_doctor(const struct tool_options *options, int argc, char **argv)
{
    struct tool_options own = arguments_parse_none(
        options, "Looks at everything that must be right: settings, certificates, clock, the way to the broker, what "
        "the broker allows, the readers. One line each: ok, warning, failure or skipped, and what to do next. A "
        "running springparkd is asked and not disturbed; if none runs, the broker is connected to with its client "
        "id, and gets its META.\vExit status: 0 without failures; that of the first failure otherwise: 78 something on "
        "this box, 77 the broker forbids it, 75 interrupted, 69 anything else.", argc, argv);
    struct doctor doctor = {.options = &own, .subscribed = -1, .published = -1};
    struct tally tally = {.json = own.json, .list = json_array(), .exit_status = EX_OK};

    for (size_t index = 0; index < sizeof checks / sizeof *checks; index++) {
        struct doctor_finding finding = checks[index].run(&doctor);
        tell(&tally, checks[index].name, &finding);
    }
    tell_readers(&tally, &doctor);
    if (own.json) {
        json_t *whole = json_pack("{s:i, s:O}", "exit_status", tally.exit_status, "checks", tally.list);
        display_put_json(stdout, whole);
        json_decref(whole);
    }
    json_decref(tally.list);
    doctor_free(&doctor);
    return tally.exit_status;
}
