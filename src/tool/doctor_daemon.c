/* SPDX-License-Identifier: MIT */
/* What the running daemon says of itself. */
#include "tool/doctor.h"

#include "control/control.h"
#include "tool/daemon.h"
#include "tool/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* No socket, or nobody behind it: only then is it sure that no daemon has the client id. */
static bool says_away(int reason)
{
    return reason != EACCES && reason != EAGAIN;
}

static struct doctor_finding describe_daemon(const struct doctor *doctor)
{
    const char *file = view_text(doctor->status, "config_file");

    if (doctor->plan != NULL && strcmp(file, doctor->options->config_file) != 0)
        return doctor_found(DOCTOR_WARNING, "springparkd runs with %s, not with %s; next: give --config %s", file,
                            doctor->options->config_file, file);
    return doctor_found(DOCTOR_OK, "springparkd %s runs", view_text(doctor->status, "version"));
}

struct doctor_finding doctor_check_daemon(struct doctor *doctor)
{
    char *error = NULL;
    struct control_connection *connection = control_connect(doctor->options->run_directory, true, &error);

    if (connection == NULL) {
        doctor->daemon = says_away(errno) ? DOCTOR_DAEMON_AWAY : DOCTOR_DAEMON_UNKNOWN;
        struct doctor_finding finding = doctor->daemon == DOCTOR_DAEMON_AWAY
            ? doctor_found(DOCTOR_WARNING, "springparkd is not running; next: systemctl start springparkd%s%s",
                           *doctor->options->instance != '\0' ? "@" : "", doctor->options->instance)
            : doctor_failed(EX_UNAVAILABLE, "springparkd cannot be asked: %s; next: try again, as root", error);
        free(error);
        return finding;
    }
    doctor->status = control_request_answer(connection, "status", NULL, DAEMON_ANSWER_TIMEOUT_MS, &error);
    control_connection_free(connection);
    doctor->daemon = doctor->status != NULL ? DOCTOR_DAEMON_RUNS : DOCTOR_DAEMON_UNKNOWN;
    if (doctor->status != NULL)
        return describe_daemon(doctor);
    struct doctor_finding finding = doctor_failed(EX_UNAVAILABLE, "springparkd does not say how it is: %s; next: "
                                                  "journalctl -u springparkd", error);
    free(error);
    return finding;
}

/* The running daemon may not have these settings yet. */
static bool has_other_broker(const struct doctor *doctor, const json_t *broker)
{
    const char *host = json_string_value(json_object_get(broker, "host"));

    return doctor->plan != NULL && (host == NULL || strcmp(host, doctor->plan->cloud.host) != 0 ||
           json_integer_value(json_object_get(broker, "port")) != (json_int_t) doctor->plan->cloud.port);
}

struct doctor_finding doctor_daemon_connect(const struct doctor *doctor)
{
    json_t *broker = json_object_get(doctor->status, "broker");
    const char *state = view_text(broker, "state"), *detail = view_text(broker, "detail");

    if (has_other_broker(doctor, broker))
        return doctor_found(DOCTOR_WARNING, "the running daemon has another broker, %s port %" JSON_INTEGER_FORMAT
                            "; next: springparkctl reload, then ask again", view_text(broker, "host"),
                            view_number(broker, "port"));
    if (strcmp(state, "not configured") == 0)
        return doctor_found(DOCTOR_SKIPPED, "no broker is configured");
    if (strcmp(state, "online") == 0)
        return doctor_found(DOCTOR_OK, "the running daemon is online (%" JSON_INTEGER_FORMAT " connections in %"
                            JSON_INTEGER_FORMAT " attempts)", view_number(broker, "connects"),
                            view_number(broker, "attempts"));
    return doctor_failed(EX_UNAVAILABLE, "the running daemon is not online but %s%s%s; next: mend what failed above, "
                         "or journalctl -u springparkd", state, detail[0] != '\0' ? ": " : "", detail);
}

static bool is_online(const struct doctor *doctor)
{
    return strcmp(view_text(json_object_get(doctor->status, "broker"), "state"), "online") == 0;
}

struct doctor_finding doctor_daemon_subscribe(const struct doctor *doctor)
{
    if (!is_online(doctor))
        return doctor_found(DOCTOR_SKIPPED, "the running daemon is not online");
    return doctor_found(DOCTOR_OK, "the broker acknowledged the running daemon's subscription");
}

struct doctor_finding doctor_daemon_publish(const struct doctor *doctor)
{
    const json_int_t set_aside = view_number(json_object_get(doctor->status, "journal"), "set_aside");
    json_t *events = json_object_get(doctor->status, "events");

    if (set_aside > 0)
        return doctor_found(DOCTOR_WARNING, "the broker refused %" JSON_INTEGER_FORMAT " events; next: springparkctl "
                            "journal --set-aside says why", set_aside);
    if (!is_online(doctor))
        return doctor_found(DOCTOR_SKIPPED, "the running daemon is not online");
    return doctor_found(DOCTOR_OK, "of the running daemon's events %" JSON_INTEGER_FORMAT " were delivered, none was "
                        "refused", view_number(events, "delivered"));
}
