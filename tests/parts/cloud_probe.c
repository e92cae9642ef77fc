/* SPDX-License-Identifier: MIT */
/*
 * The cloud stage without the rest of the daemon: commands come as lines on standard input, notices go out as lines on
 * standard output. For tests/system/test_cloud.py.
 *
 *   set KEY VALUE     a setting, before `start` or `reconfigure`
 *   start | reconfigure | check
 *   event SEQUENCE PAYLOAD    burst FIRST COUNT PAYLOAD    meta PAYLOAD    status PAYLOAD
 *   take yes|no       whether notices are taken from the queue
 *   report            one line about the state
 *   stop [LIMIT_MS]   ends the stage and the program
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/queue.h"
#include "cloud/cloud.h"
#include "cloud/inside.h"
#include "cloud/settings.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { TEXT, NUMBER, FLAG };

struct key {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define SETTING(name, kind) { #name, kind, offsetof(struct cloud_settings, name) }

static const struct key keys[] = {
    SETTING(host, TEXT), SETTING(client_id, TEXT), SETTING(login, TEXT), SETTING(password, TEXT), SETTING(will, TEXT),
    SETTING(tls.enabled, FLAG), SETTING(tls.sni, FLAG), SETTING(tls.verify_name, FLAG), SETTING(tls.client_auth, FLAG),
    SETTING(tls.ca, TEXT), SETTING(tls.certificate, TEXT), SETTING(tls.key, TEXT), SETTING(tls.chain, TEXT),
    SETTING(topic_meta, TEXT), SETTING(topic_status, TEXT), SETTING(topic_event, TEXT), SETTING(topic_command, TEXT),
    SETTING(subscribe_qos, NUMBER), SETTING(publish_qos, NUMBER), SETTING(retained, FLAG),
    SETTING(connect_timeout_s, NUMBER), SETTING(response_timeout_s, NUMBER), SETTING(keep_alive_s, NUMBER),
    SETTING(reconnect_interval_s, NUMBER), SETTING(queue_events, NUMBER),
};

struct probe {
    struct cloud_settings *settings;
    struct session_options options;
    struct queue *notices;
    struct cloud *cloud;
    bool taking;
};

static void say(const char *text)
{
    (void) puts(text);
    (void) fflush(stdout);
}

static bool set_special(struct probe *probe, const char *name, const char *value)
{
    if (strcmp(name, "port") == 0)
        probe->settings->port = (uint16_t) strtoul(value, NULL, 10);
    else if (strcmp(name, "version") == 0)
        probe->settings->version = (enum cloud_mqtt_version) strtoul(value, NULL, 10);
    else if (strcmp(name, "trust") == 0)
        probe->settings->tls.trust = (enum cloud_trust) strtoul(value, NULL, 10);
    else if (strcmp(name, "response_floor_ms") == 0)
        probe->options.response_floor_ms = strtoull(value, NULL, 10);
    else if (strcmp(name, "backoff_base_ms") == 0)
        probe->options.backoff_base_ms = strtoull(value, NULL, 10);
    else if (strcmp(name, "good_session_ms") == 0)
        probe->options.good_session_ms = strtoull(value, NULL, 10);
    else
        return false;
    return true;
}

static void set(struct probe *probe, const char *name, const char *value)
{
    if (set_special(probe, name, value))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        void *place = (char *) probe->settings + keys[i].offset;
        if (keys[i].kind == TEXT)
            text_replace(place, value);
        else if (keys[i].kind == NUMBER)
            *(unsigned *) place = (unsigned) strtoul(value, NULL, 10);
        else
            *(bool *) place = strcmp(value, "yes") == 0;
        return;
    }
    (void) fprintf(stderr, "cloud_probe: unknown setting %s\n", name);
    exit(2);
}

static struct cloud_settings *usual_settings(void)
{
    const struct cloud_settings settings = {
        .host = "",
        .tls = { .sni = true, .verify_name = true, .trust = CLOUD_TRUST_PKI },
        .client_id = "probe",
        .topic_meta = "t/meta",
        .topic_status = "t/status",
        .topic_event = "t/evt",
        .topic_command = "t/cmd",
        .subscribe_qos = 1,
        .publish_qos = 1,
        .connect_timeout_s = 5,
        .response_timeout_s = 1,
        .keep_alive_s = 60,
        .reconnect_interval_s = 1,
        .queue_events = 1000,
    };

    return cloud_settings_copy(&settings);
}

static void print_notice(const struct cloud_notice *notice)
{
    static const char *const names[] = { "CONNECTED", "ONLINE", "DISCONNECTED", "CONFIRMED", "REFUSED", "DROPPED",
                                         "COMMAND" };

    printf("notice %s", names[notice->kind]);
    if (notice->kind == CLOUD_NOTICE_CONFIRMED || notice->kind == CLOUD_NOTICE_REFUSED ||
        notice->kind == CLOUD_NOTICE_DROPPED)
        printf(" %" PRIu64, notice->sequence);
    if (notice->text != NULL)
        printf(" %s", notice->text);
    if (notice->payload != NULL)
        printf(" %.*s", (int) notice->size_bytes, (const char *) notice->payload);
    say("");
}

static void take_notices(struct probe *probe)
{
    for (struct cloud_notice *notice = queue_take(probe->notices); notice != NULL;
         notice = queue_take(probe->notices)) {
        print_notice(notice);
        cloud_notice_free(notice);
    }
}

static void report(struct probe *probe)
{
    static const char *const states[] = { "NOT_CONFIGURED", "CONNECTING", "ONLINE", "WAITING", "STOPPED" };
    struct cloud_report facts;

    cloud_report(probe->cloud, &facts);
    struct activity_view view = activity_look(cloud_activity(probe->cloud));
    printf("report state=%s tls=%d mqtt=%d delivered=%" PRIu64 " dropped=%" PRIu64 " refused=%" PRIu64
           " connects=%" PRIu64 " attempts=%" PRIu64 " stored=%zu in_flight=%zu overdue=%d what=\"%s\" detail=%s\n",
           states[facts.state], (int) facts.tls, facts.mqtt_version, facts.delivered, facts.dropped, facts.refused,
           facts.connects, facts.attempts, facts.stored, facts.in_flight, (int) view.overdue, view.what,
           facts.detail != NULL ? facts.detail : "");
    (void) fflush(stdout);
    cloud_report_free(&facts);
}

static void check(const struct probe *probe)
{
    struct errors *errors = errors_create();

    cloud_check_settings(probe->settings, errors, errors);
    for (size_t i = 0; i < errors_count(errors); i++)
        printf("error %s\n", errors_get(errors, i));
    say("checked");
    errors_free(errors);
}

static void burst(struct probe *probe, char *rest)
{
    uint64_t first = strtoull(rest, &rest, 10);
    uint64_t count = strtoull(rest, &rest, 10);

    for (uint64_t i = 0; i < count; i++) {
        char *payload = text_format("%s%" PRIu64, rest + strspn(rest, " "), first + i);
        cloud_submit_event(probe->cloud, first + i, payload);
        free(payload);
    }
}

static void act(struct probe *probe, const char *verb, char *rest)
{
    if (strcmp(verb, "set") == 0) {
        char *name = strsep(&rest, " ");
        set(probe, name, rest != NULL ? rest : "");
    } else if (strcmp(verb, "start") == 0) {
        probe->cloud = cloud_start_with(probe->settings, clock_system(), probe->notices, &probe->options);
    } else if (strcmp(verb, "reconfigure") == 0) {
        cloud_reconfigure(probe->cloud, probe->settings);
    } else if (strcmp(verb, "check") == 0) {
        check(probe);
    } else if (strcmp(verb, "event") == 0) {
        uint64_t sequence = strtoull(rest, &rest, 10);
        cloud_submit_event(probe->cloud, sequence, rest + strspn(rest, " "));
    } else if (strcmp(verb, "burst") == 0) {
        burst(probe, rest);
    } else if (strcmp(verb, "meta") == 0) {
        cloud_submit_meta(probe->cloud, rest);
    } else if (strcmp(verb, "status") == 0) {
        cloud_submit_status(probe->cloud, rest);
    } else if (strcmp(verb, "take") == 0) {
        probe->taking = strcmp(rest, "yes") == 0;
    } else if (strcmp(verb, "report") == 0) {
        report(probe);
    } else {
        (void) fprintf(stderr, "cloud_probe: unknown command %s\n", verb);
        exit(2);
    }
}

static void stop(struct probe *probe, const char *rest)
{
    uint64_t limit_ms = rest != NULL ? strtoull(rest, NULL, 10) : 3000;
    size_t unsent = 0;

    if (probe->cloud != NULL) {
        bool ended = cloud_stop(probe->cloud, "offline", limit_ms, &unsent);
        take_notices(probe);
        printf("stopped ended=%d unsent=%zu\n", (int) ended, unsent);
    }
    cloud_settings_free(probe->settings);
    queue_free(probe->notices);
}

/* Waits for a line, taking notices meanwhile. False at the end of input or `stop`. */
static bool serve_line(struct probe *probe, char **line, size_t *capacity)
{
    struct pollfd fds[2] = {
        { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = probe->taking ? queue_fd(probe->notices) : -1, .events = POLLIN },
    };

    (void) poll(fds, 2, -1);
    if (fds[1].revents != 0)
        take_notices(probe);
    if (fds[0].revents == 0)
        return true;
    ssize_t size = getline(line, capacity, stdin);
    if (size <= 0) {
        stop(probe, NULL);
        return false;
    }
    (*line)[strcspn(*line, "\n")] = '\0';
    char *rest = *line;
    const char *verb = strsep(&rest, " ");
    if (strcmp(verb, "stop") == 0) {
        stop(probe, rest);
        return false;
    }
    act(probe, verb, rest);
    return true;
}

int main(int argc, char **argv)
{
    struct probe probe = { .settings = usual_settings(), .options = session_options_default(), .taking = true };
    char *line = NULL;
    size_t capacity = 0;

    /* Unbuffered input: poll must see what getline has not taken. */
    (void) setvbuf(stdin, NULL, _IONBF, 0);
    log_set_level(LOG_LEVEL_DEBUG);
    probe.notices = queue_create(argc > 1 ? strtoul(argv[1], NULL, 10) : 4096, cloud_notice_free);
    while (serve_line(&probe, &line, &capacity))
        continue;
    free(line);
    return 0;
}
