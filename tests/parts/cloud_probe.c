/* SPDX-License-Identifier: MIT */
/*
 * The cloud stage without the rest of the daemon: commands come as lines on standard input, notices go out as lines on
 * standard output. For tests/system/test_cloud_*.py. A list in memory stands in for the journal: it keeps each event
 * until it is confirmed or refused, lends what the stage wants and takes all back when the connection is gone. Events
 * are of the first start: 1:SEQUENCE.
 *
 *   set KEY VALUE     a setting, before `start` or `reconfigure`; at any time:
 *                     auto_accept yes|no  whether CONNECTED is answered with cloud_accept at once
 *                     auto_lend yes|no    whether WANT is answered with kept events
 *                     auto_texts yes|no   whether CONNECTED is answered with META, ONLINE with STATUS; not at first
 *   start | reconfigure | check
 *   event SEQUENCE PAYLOAD    burst FIRST COUNT PAYLOAD    kept until confirmed
 *   forget            drops all kept events: they will not be lent again
 *   accept LINK       submit FIRST COUNT PAYLOAD    replay LINK FIRST COUNT PAYLOAD
 *                     straight to the stage; the answer tells how many were taken
 *   meta PAYLOAD      status PAYLOAD    ticket NUMBER PAYLOAD (a STATUS that is asked for)
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
#include <sys/queue.h>
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
    SETTING(registrations, TEXT),
    SETTING(tls.enabled, FLAG), SETTING(tls.sni, FLAG), SETTING(tls.verify_name, FLAG), SETTING(tls.client_auth, FLAG),
    SETTING(tls.exact, FLAG),
    SETTING(tls.ca, TEXT), SETTING(tls.certificate, TEXT), SETTING(tls.key, TEXT), SETTING(tls.chain, TEXT),
    SETTING(topic_meta, TEXT), SETTING(topic_status, TEXT), SETTING(topic_event, TEXT), SETTING(topic_command, TEXT),
    SETTING(subscribe_qos, NUMBER), SETTING(publish_qos, NUMBER), SETTING(retained, FLAG),
    SETTING(connect_timeout_s, NUMBER), SETTING(response_timeout_s, NUMBER), SETTING(keep_alive_s, NUMBER),
    SETTING(reconnect_interval_s, NUMBER), SETTING(replay_rate, NUMBER),
    SETTING(oldest_first, FLAG),
};

struct kept {
    struct event_id id;
    char *payload;
    bool lent;
    TAILQ_ENTRY(kept) link;
};

TAILQ_HEAD(kept_list, kept);

struct probe {
    struct cloud_settings *settings;
    struct session_options options;
    struct queue *notices;
    struct cloud *cloud;
    bool taking;
    bool auto_accept, auto_lend, auto_texts;
    struct kept_list kept;      /* the stand-in for the journal, by sequence */
    size_t unlent;              /* of these, how many the stage does not have */
    uint64_t wanted, wanted_link;
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
    else if (strcmp(name, "version_retry_ms") == 0)
        probe->options.version_retry_ms = strtoull(value, NULL, 10);
    else if (strcmp(name, "registration_patience_ms") == 0)
        probe->options.registration_patience_ms = strtoull(value, NULL, 10);
    else if (strcmp(name, "hold_ms") == 0)
        probe->options.hold_ms = strtoull(value, NULL, 10);
    else if (strcmp(name, "again_ms") == 0)
        probe->options.again_ms = strtoull(value, NULL, 10);
    else if (strcmp(name, "auto_accept") == 0)
        probe->auto_accept = strcmp(value, "yes") == 0;
    else if (strcmp(name, "auto_texts") == 0)
        probe->auto_texts = strcmp(value, "yes") == 0;
    else if (strcmp(name, "auto_lend") == 0)
        probe->auto_lend = strcmp(value, "yes") == 0;
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
    };

    return cloud_settings_copy(&settings);
}

/* --- the stand-in for the journal --------------------------------------------------------------------------------- */

static void lend(struct probe *probe)
{
    struct kept *kept;

    if (probe->unlent == 0 || probe->wanted == 0 || !probe->auto_lend)
        return;
    TAILQ_FOREACH(kept, &probe->kept, link) {
        if (kept->lent)
            continue;
        if (probe->wanted == 0 || !cloud_submit_replay(probe->cloud, probe->wanted_link, kept->id, kept->payload))
            return;
        kept->lent = true;
        probe->unlent--;
        probe->wanted--;
    }
}

static void keep_event(struct probe *probe, uint64_t sequence, const char *payload)
{
    struct kept *kept = memory_zeroed(1, sizeof *kept);

    kept->id = (struct event_id) { .startup = 1, .sequence = sequence };
    kept->payload = text_copy(payload);
    /* With oldest_first a new event must not overtake those that the stage does not even have yet. */
    kept->lent = !(probe->settings->oldest_first && probe->unlent > 0) &&
        cloud_submit_event(probe->cloud, kept->id, payload);
    probe->unlent += kept->lent ? 0 : 1;
    TAILQ_INSERT_TAIL(&probe->kept, kept, link);
    lend(probe);
}

static void drop_kept(struct probe *probe, struct kept *kept)
{
    TAILQ_REMOVE(&probe->kept, kept, link);
    probe->unlent -= kept->lent ? 0 : 1;
    free(kept->payload);
    free(kept);
}

static void settle(struct probe *probe, struct event_id id)
{
    struct kept *kept;

    TAILQ_FOREACH(kept, &probe->kept, link) {
        if (!event_id_equal(kept->id, id))
            continue;
        drop_kept(probe, kept);
        return;
    }
}

static void forget_all(struct probe *probe)
{
    while (!TAILQ_EMPTY(&probe->kept))
        drop_kept(probe, TAILQ_FIRST(&probe->kept));
}

static size_t count_kept(const struct probe *probe)
{
    const struct kept *kept;
    size_t count = 0;

    TAILQ_FOREACH(kept, &probe->kept, link)
        count++;
    return count;
}

static void take_back_all(struct probe *probe)
{
    struct kept *kept;

    probe->wanted = 0;
    TAILQ_FOREACH(kept, &probe->kept, link)
        kept->lent = false;
    probe->unlent = count_kept(probe);
}

/* --- notices ------------------------------------------------------------------------------------------------------ */

static void print_notice(const struct cloud_notice *notice)
{
    static const char *const names[] = { "CONNECTED", "ONLINE", "DISCONNECTED", "CONFIRMED", "REFUSED", "WANT",
                                         "STATUS_CONFIRMED", "PROVISIONED", "COMMAND" };

    printf("notice %s", names[notice->kind]);
    if (notice->kind == CLOUD_NOTICE_CONFIRMED || notice->kind == CLOUD_NOTICE_REFUSED)
        printf(" %" PRIu64, notice->id.sequence);
    if (notice->kind == CLOUD_NOTICE_WANT)
        printf(" %" PRIu64, notice->link);
    if (notice->number != 0)
        printf(" %" PRIu64, notice->number);
    if (notice->text != NULL)
        printf(" %s", notice->text);
    if (notice->payload != NULL)
        printf(" %.*s", (int) notice->size_bytes, (const char *) notice->payload);
    say("");
}

static void act_on_notice(struct probe *probe, const struct cloud_notice *notice)
{
    bool stopped = probe->cloud == NULL;

    if (probe->auto_texts && !stopped && notice->kind == CLOUD_NOTICE_CONNECTED)
        cloud_submit_meta(probe->cloud, "the meta");
    if (probe->auto_texts && !stopped && notice->kind == CLOUD_NOTICE_ONLINE)
        cloud_submit_status(probe->cloud, "the status", 0);

    if (notice->kind == CLOUD_NOTICE_CONNECTED && probe->auto_accept && !stopped) {
        cloud_accept(probe->cloud, notice->number);
    } else if (notice->kind == CLOUD_NOTICE_DISCONNECTED) {
        take_back_all(probe);
    } else if (notice->kind == CLOUD_NOTICE_CONFIRMED || notice->kind == CLOUD_NOTICE_REFUSED) {
        settle(probe, notice->id);
    } else if (notice->kind == CLOUD_NOTICE_WANT && !stopped) {
        probe->wanted += notice->number;
        probe->wanted_link = notice->link;
        lend(probe);
    }
}

static void take_notices(struct probe *probe)
{
    for (struct cloud_notice *notice = queue_take(probe->notices); notice != NULL;
         notice = queue_take(probe->notices)) {
        print_notice(notice);
        act_on_notice(probe, notice);
        cloud_notice_free(notice);
    }
}

static void report(struct probe *probe)
{
    static const char *const states[] = { "NOT_CONFIGURED", "CONNECTING", "ONLINE", "WAITING", "PROVISIONING",
                                          "AWAITING_REGISTRATION", "STOPPED" };
    struct cloud_report facts;

    cloud_report(probe->cloud, &facts);
    struct activity_view view = activity_look(cloud_activity(probe->cloud));
    printf("report state=%s tls=%d mqtt=%d delivered=%" PRIu64 " replayed=%" PRIu64 " refused=%" PRIu64
           " connects=%" PRIu64 " attempts=%" PRIu64 " kept=%zu waiting=%zu in_flight=%zu overdue=%d what=\"%s\" "
           "detail=%s\n",
           states[facts.state], (int) facts.tls, facts.mqtt_version, facts.delivered, facts.replayed, facts.refused,
           facts.connects, facts.attempts, count_kept(probe), facts.waiting, facts.in_flight, (int) view.overdue,
           view.what, facts.detail != NULL ? facts.detail : "");
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

enum burst_kind { BURST_KEPT, BURST_LIVE, BURST_REPLAY };

/* FIRST COUNT PAYLOAD: the payload of each gets its number behind. */
static void burst(struct probe *probe, enum burst_kind kind, uint64_t link, char *rest)
{
    uint64_t first = strtoull(rest, &rest, 10);
    uint64_t count = strtoull(rest, &rest, 10);
    uint64_t taken = 0;

    for (uint64_t i = 0; i < count; i++) {
        char *payload = text_format("%s%" PRIu64, rest + strspn(rest, " "), first + i);
        struct event_id id = { .startup = 1, .sequence = first + i };
        if (kind == BURST_KEPT)
            keep_event(probe, first + i, payload);
        else if (kind == BURST_LIVE)
            taken += cloud_submit_event(probe->cloud, id, payload) ? 1 : 0;
        else
            taken += cloud_submit_replay(probe->cloud, link, id, payload) ? 1 : 0;
        free(payload);
    }
    if (kind != BURST_KEPT) {
        printf("taken %" PRIu64, taken);
        say("");
    }
}

/* What only the stage hears. False: the verb is none of these. */
static bool act_on_cloud(struct probe *probe, const char *verb, char *rest)
{
    if (strcmp(verb, "reconfigure") == 0) {
        cloud_reconfigure(probe->cloud, probe->settings);
    } else if (strcmp(verb, "accept") == 0) {
        cloud_accept(probe->cloud, strtoull(rest, NULL, 10));
    } else if (strcmp(verb, "submit") == 0) {
        burst(probe, BURST_LIVE, 0, rest);
    } else if (strcmp(verb, "replay") == 0) {
        uint64_t link = strtoull(rest, &rest, 10);
        burst(probe, BURST_REPLAY, link, rest);
    } else if (strcmp(verb, "meta") == 0) {
        cloud_submit_meta(probe->cloud, rest);
    } else if (strcmp(verb, "status") == 0) {
        cloud_submit_status(probe->cloud, rest, 0);
    } else if (strcmp(verb, "ticket") == 0) {
        uint64_t ticket = strtoull(rest, &rest, 10);
        cloud_submit_status(probe->cloud, rest + strspn(rest, " "), ticket);
    } else {
        return false;
    }
    return true;
}

static void act(struct probe *probe, const char *verb, char *rest)
{
    if (strcmp(verb, "set") == 0) {
        char *name = strsep(&rest, " ");
        set(probe, name, rest != NULL ? rest : "");
    } else if (strcmp(verb, "start") == 0) {
        probe->cloud = cloud_start_with(probe->settings, clock_system(), probe->notices, &probe->options);
    } else if (strcmp(verb, "check") == 0) {
        check(probe);
    } else if (strcmp(verb, "event") == 0) {
        uint64_t sequence = strtoull(rest, &rest, 10);
        keep_event(probe, sequence, rest + strspn(rest, " "));
    } else if (strcmp(verb, "burst") == 0) {
        burst(probe, BURST_KEPT, 0, rest);
    } else if (strcmp(verb, "forget") == 0) {
        forget_all(probe);
    } else if (strcmp(verb, "take") == 0) {
        probe->taking = strcmp(rest, "yes") == 0;
    } else if (strcmp(verb, "report") == 0) {
        report(probe);
    } else if (!act_on_cloud(probe, verb, rest)) {
        (void) fprintf(stderr, "cloud_probe: unknown command %s\n", verb);
        exit(2);
    }
}

static void stop(struct probe *probe, const char *rest)
{
    uint64_t limit_ms = rest != NULL ? strtoull(rest, NULL, 10) : 3000;

    if (probe->cloud != NULL) {
        bool ended = cloud_stop(probe->cloud, "offline", limit_ms);
        probe->cloud = NULL;
        take_notices(probe);
        printf("stopped ended=%d unsent=%zu\n", (int) ended, count_kept(probe));
    }
    forget_all(probe);
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
    struct probe probe = { .settings = usual_settings(), .options = session_options_default(), .taking = true,
                           .auto_accept = true, .auto_lend = true };
    char *line = NULL;
    size_t capacity = 0;

    /* Unbuffered input: poll must see what getline has not taken. */
    (void) setvbuf(stdin, NULL, _IONBF, 0);
    log_set_level(LOG_LEVEL_DEBUG);
    TAILQ_INIT(&probe.kept);
    probe.notices = queue_create(argc > 1 ? strtoul(argv[1], NULL, 10) : 4096, cloud_notice_free);
    while (serve_line(&probe, &line, &capacity))
        continue;
    free(line);
    return 0;
}
