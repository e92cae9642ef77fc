/* SPDX-License-Identifier: MIT */
#include "cloud/diagnosis.h"

#include "base/memory.h"
#include "cloud/dial.h"

#include <errno.h>
#include <stdlib.h>

/* A clock before that has never been set: this program is younger. 2026-01-01. */
#define PLAUSIBLE_FROM 1767225600

/* TLS alerts, RFC 8446 section 6. */
#define ALERT_BAD_CERTIFICATE 42
#define ALERT_CERTIFICATE_REVOKED 44
#define ALERT_CERTIFICATE_EXPIRED 45
#define ALERT_CERTIFICATE_UNKNOWN 46
#define ALERT_UNKNOWN_CA 48
#define ALERT_ACCESS_DENIED 49
#define ALERT_UNRECOGNIZED_NAME 112

/* MQTT 5 section 2.4. */
#define NOT_AUTHORIZED 0x87
#define SESSION_TAKEN_OVER 0x8E
#define TOPIC_FILTER_INVALID 0x8F
#define TOPIC_NAME_INVALID 0x90
#define RETAIN_NOT_SUPPORTED 0x9A
#define QOS_NOT_SUPPORTED 0x9B

/* What drops are like. */
enum shape { SHAPE_NONE, SHAPE_UNANSWERED, SHAPE_SUBSCRIPTION, SHAPE_TEXT, SHAPE_EVENT, SHAPE_IDLE, SHAPE_MIXED };

/* --- what one end is like ----------------------------------------------------------------------------------------- */

static bool is_by_the_peer(const struct mqtt_end *how)
{
    if (how->cause == MQTT_END_BROKEN)
        return how->system_error == 0 || how->system_error == ECONNRESET || how->system_error == EPIPE;
    return how->cause == MQTT_END_CLOSED;
}

/* CONNACK with a reason that a last will can have: not authorized, topic name invalid, retain or QoS not supported. */
static bool may_be_the_will(const struct mqtt_end *how)
{
    if (how->cause != MQTT_END_REFUSED)
        return false;
    if (how->version != 5)
        return how->reason == 5;
    return how->reason == NOT_AUTHORIZED || how->reason == TOPIC_NAME_INVALID ||
           how->reason == RETAIN_NOT_SUPPORTED || how->reason == QOS_NOT_SUPPORTED;
}

/* The certificate itself was refused: nothing that was sent after it matters. */
static bool refuses_certificate(int alert)
{
    return alert == ALERT_BAD_CERTIFICATE || alert == ALERT_CERTIFICATE_REVOKED || alert == ALERT_CERTIFICATE_UNKNOWN ||
           alert == ALERT_UNKNOWN_CA || alert == ALERT_ACCESS_DENIED || alert == ALERT_CERTIFICATE_EXPIRED;
}

static bool is_unanswered(const struct diagnosis_facts *facts)
{
    const struct mqtt_end *how = &facts->how;
    bool reached = !how->tls || how->established;
    bool closed = reached && is_by_the_peer(how) && !refuses_certificate(facts->alert);

    return !how->accepted && (closed || may_be_the_will(how));
}

/* Whether it can be part of a pattern. */
static bool is_drop(const struct diagnosis_facts *facts)
{
    if (facts->gave_up || facts->awaiting || facts->good)
        return false;
    return is_unanswered(facts) || mqtt_end_is_drop(&facts->how);
}

static void count(struct diagnosis_rows *rows, const struct diagnosis_facts *facts)
{
    bool idle = !facts->subscription && !facts->meta && !facts->status && !facts->events;

    if (!facts->how.accepted) {
        *rows = (struct diagnosis_rows) { .unanswered = rows->unanswered + 1 };
        return;
    }
    rows->unanswered = 0;
    rows->lost++;
    rows->subscription = facts->subscription ? rows->subscription + 1 : 0;
    rows->meta = facts->meta ? rows->meta + 1 : 0;
    rows->status = facts->status ? rows->status + 1 : 0;
    rows->events = facts->events ? rows->events + 1 : 0;
    rows->idle = idle ? rows->idle + 1 : 0;
}

/* What the last so many drops have in common. Of what was unacknowledged in all of them, the first that is sent. */
static enum shape pattern_of(const struct diagnosis_rows *rows, unsigned drops)
{
    if (rows->unanswered >= drops)
        return SHAPE_UNANSWERED;
    if (rows->subscription >= drops)
        return SHAPE_SUBSCRIPTION;
    if (rows->meta >= drops || rows->status >= drops)
        return SHAPE_TEXT;
    if (rows->events >= drops)
        return SHAPE_EVENT;
    if (rows->idle >= drops)
        return SHAPE_IDLE;
    return rows->lost >= drops ? SHAPE_MIXED : SHAPE_NONE;
}

static int choose_item(const struct diagnosis_rows *rows, unsigned drops)
{
    if (rows->meta >= drops)
        return DIAGNOSIS_META;
    return rows->status >= drops ? DIAGNOSIS_STATUS : DIAGNOSIS_EVENT;
}

/* How many drops it takes: one says enough while something is tried, or when the broker gives a reason. */
static unsigned drops_needed(const struct diagnosis *diagnosis, const struct diagnosis_facts *facts)
{
    bool trying = facts->without != 0 && !diagnosis->proven;
    bool tried = facts->how.accepted && (diagnosis->tried & ~(1U << DIAGNOSIS_NO_WILL)) != 0;

    return trying || tried || facts->how.cause == MQTT_END_SAID ? 1 : DIAGNOSIS_PATTERN;
}

/* --- doing without ------------------------------------------------------------------------------------------------ */

void diagnosis_reset(struct diagnosis *diagnosis, uint64_t again_ms)
{
    *diagnosis = (struct diagnosis) { .again_interval_ms = again_ms };
}

unsigned diagnosis_begin(struct diagnosis *diagnosis, uint64_t now_ms)
{
    bool idle = diagnosis->without == 0 && diagnosis->tried == 0;

    if (idle || now_ms < diagnosis->again_ms)
        return diagnosis->without;
    uint64_t longer_ms = 2 * diagnosis->again_interval_ms;
    *diagnosis = (struct diagnosis) {
        .held = diagnosis->proven ? diagnosis->without : 0,
        .told = diagnosis->told,
        .again_interval_ms = longer_ms < DIAGNOSIS_AGAIN_CAP_MS ? longer_ms : DIAGNOSIS_AGAIN_CAP_MS,
    };
    return 0;
}

bool diagnosis_note_hold(struct diagnosis *diagnosis)
{
    bool news = diagnosis->without != 0 && diagnosis->without != diagnosis->told;

    diagnosis->proven = diagnosis->without != 0;
    diagnosis->told = diagnosis->without;
    return news;
}

/* Whether such a drop may come from something in that set. */
static bool relates(enum shape shape, unsigned set)
{
    switch (shape) {
    case SHAPE_UNANSWERED:
        return (set & DIAGNOSIS_NO_WILL) != 0;
    case SHAPE_SUBSCRIPTION: /* META follows at once, and may be what ends it before SUBACK is there */
        return (set & (DIAGNOSIS_NO_SUBSCRIPTION | DIAGNOSIS_NO_RETAIN)) != 0;
    case SHAPE_TEXT:
        return (set & DIAGNOSIS_NO_RETAIN) != 0;
    case SHAPE_NONE:
    case SHAPE_EVENT:
    case SHAPE_IDLE:
    case SHAPE_MIXED:
        break;
    }
    return false;
}

static bool may_help(enum shape shape, unsigned set, const struct diagnosis_facts *facts)
{
    bool has_retain = facts->retained || (set & DIAGNOSIS_NO_RETAIN) == 0;
    bool has_will = facts->will || (set & DIAGNOSIS_NO_WILL) == 0;
    bool acquitted = shape == SHAPE_TEXT && (set & DIAGNOSIS_NO_SUBSCRIPTION) != 0; /* it was acknowledged, or not sent */

    return has_retain && has_will && !acquitted && relates(shape, set);
}

/* The first set that was not tried, or 0. The will is a matter of CONNECT, the others are of what comes after: a will that
 * was found out is left out of whatever is tried then. */
static unsigned next_set(const struct diagnosis *diagnosis, enum shape shape, const struct diagnosis_facts *facts)
{
    static const unsigned sets[] = { DIAGNOSIS_NO_WILL, DIAGNOSIS_NO_SUBSCRIPTION, DIAGNOSIS_NO_RETAIN,
                                     DIAGNOSIS_NO_SUBSCRIPTION | DIAGNOSIS_NO_RETAIN };
    unsigned will = shape == SHAPE_UNANSWERED ? 0 : facts->without & DIAGNOSIS_NO_WILL;

    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        bool same = (sets[i] | will) == facts->without;
        if (!same && may_help(shape, sets[i], facts) && (diagnosis->tried & 1U << (sets[i] | will)) == 0)
            return sets[i] | will;
    }
    return 0;
}

static void do_without(struct diagnosis *diagnosis, unsigned set, uint64_t now_ms)
{
    diagnosis->without = set;
    diagnosis->proven = false;
    diagnosis->rows = (struct diagnosis_rows) { .lost = 0 };
    diagnosis->again_ms = now_ms + diagnosis->again_interval_ms;
}

/* Decides what the next attempt does without, after a drop. */
static void decide(struct diagnosis *diagnosis, const struct diagnosis_facts *facts, uint64_t now_ms)
{
    /* The will is a matter of CONNECT; an end on the other side of CONNACK says nothing about what is tried. */
    bool related = facts->how.accepted == (facts->without != DIAGNOSIS_NO_WILL);
    bool searching = facts->without != 0 && !diagnosis->proven && related;
    unsigned will = facts->without & DIAGNOSIS_NO_WILL;
    enum shape shape = pattern_of(&diagnosis->rows, searching ? 1 : DIAGNOSIS_PATTERN);

    if (facts->without == 0 && relates(pattern_of(&diagnosis->rows, 1), diagnosis->held)) { /* as it was before */
        do_without(diagnosis, diagnosis->held, now_ms);
        diagnosis->held = 0;
        return;
    }
    if (searching)
        diagnosis->tried |= 1U << facts->without;
    if (shape == SHAPE_NONE)
        return;
    unsigned set = next_set(diagnosis, shape, facts);
    if (set != 0)
        do_without(diagnosis, set, now_ms);
    else if (searching)
        do_without(diagnosis, facts->how.accepted ? will : 0, now_ms);
}

/* --- what it means ------------------------------------------------------------------------------------------------ */

/* The clock is at fault if it has never been set; if it is before our certificate, which exists already; and if a peer
 * whose certificates are in order seems to be out of its time. */
static bool is_clock(const struct diagnosis_facts *facts)
{
    bool dated = facts->not_after != 0;
    bool early = dated && facts->now < facts->not_before;
    bool late = dated && facts->now > facts->not_after;
    bool expired_there = facts->alert == ALERT_CERTIFICATE_EXPIRED && dated && !early && !late;
    bool times_matter = early || late || facts->refusal == TLS_REFUSED_EARLY || facts->refusal == TLS_REFUSED_LATE;

    if (facts->how.accepted)
        return false;
    if (expired_there || facts->refusal == TLS_REFUSED_EARLY || early)
        return true;
    return (times_matter && facts->now < PLAUSIBLE_FROM) || (facts->refusal == TLS_REFUSED_LATE && facts->aws);
}

static bool is_endpoint(const struct diagnosis_facts *facts)
{
    const struct mqtt_end *how = &facts->how;

    if (!facts->aws || how->accepted)
        return false;
    if (how->cause == MQTT_END_UNCONNECTED && how->system_error == DIAL_UNKNOWN_NAME)
        return true;
    return facts->refusal == TLS_REFUSED_NAME || facts->refusal == TLS_REFUSED_ISSUER ||
           facts->alert == ALERT_UNRECOGNIZED_NAME;
}

/* Before CONNACK. */
static enum diagnosis_cause judge_unanswered(const struct diagnosis_facts *facts)
{
    const struct mqtt_end *how = &facts->how;

    if (how->cause == MQTT_END_REFUSED) /* not authorized may be about other things, too, and says what */
        return facts->will && may_be_the_will(how) && how->reason > NOT_AUTHORIZED ? DIAGNOSIS_WILL : DIAGNOSIS_NONE;
    bool refused = refuses_certificate(facts->alert) || (facts->certificate_sent && is_by_the_peer(how));
    return facts->registered && refused ? DIAGNOSIS_INACTIVE : DIAGNOSIS_NONE;
}

static enum diagnosis_cause judge_said(const struct diagnosis_facts *facts)
{
    switch (facts->how.reason) {
    case SESSION_TAKEN_OVER:
        return DIAGNOSIS_TAKEN_OVER;
    case RETAIN_NOT_SUPPORTED:
        return DIAGNOSIS_RETAIN;
    case TOPIC_FILTER_INVALID:
        return DIAGNOSIS_SUBSCRIPTION;
    default:
        return DIAGNOSIS_NONE;
    }
}

static enum diagnosis_cause judge_lost(const struct diagnosis *diagnosis, const struct diagnosis_facts *facts)
{
    bool retained = facts->retained && (facts->without & DIAGNOSIS_NO_RETAIN) == 0 &&
                    (diagnosis->tried & 1U << DIAGNOSIS_NO_RETAIN) == 0;

    switch (pattern_of(&diagnosis->rows, drops_needed(diagnosis, facts))) {
    case SHAPE_SUBSCRIPTION: /* unless it was so without one, too */
        return (diagnosis->tried & 1U << DIAGNOSIS_NO_SUBSCRIPTION) == 0 ? DIAGNOSIS_SUBSCRIPTION : DIAGNOSIS_UNSTABLE;
    case SHAPE_TEXT:
        return retained ? DIAGNOSIS_RETAIN : DIAGNOSIS_TOPIC;
    case SHAPE_EVENT:
        return DIAGNOSIS_TOPIC;
    case SHAPE_IDLE:
        return facts->how.cause == MQTT_END_SAID ? DIAGNOSIS_NONE : DIAGNOSIS_TAKEN_OVER;
    case SHAPE_MIXED:
        return DIAGNOSIS_UNSTABLE;
    case SHAPE_NONE:
    case SHAPE_UNANSWERED:
        break;
    }
    return DIAGNOSIS_NONE;
}

static enum diagnosis_cause judge(const struct diagnosis *diagnosis, const struct diagnosis_facts *facts)
{
    enum diagnosis_cause said = facts->how.cause == MQTT_END_SAID ? judge_said(facts) : DIAGNOSIS_NONE;

    if (is_clock(facts))
        return DIAGNOSIS_CLOCK;
    if (is_endpoint(facts))
        return DIAGNOSIS_ENDPOINT;
    if (facts->gave_up || said != DIAGNOSIS_NONE)
        return facts->gave_up ? DIAGNOSIS_NONE : said;
    if (!facts->how.accepted)
        return judge_unanswered(facts);
    return is_drop(facts) ? judge_lost(diagnosis, facts) : DIAGNOSIS_NONE;
}

enum diagnosis_cause diagnosis_note_end(struct diagnosis *diagnosis, const struct diagnosis_facts *facts, uint64_t now_ms)
{
    if (facts->good) {
        diagnosis->rows = (struct diagnosis_rows) { .lost = 0 };
        diagnosis->held = 0;
        diagnosis->tried = diagnosis->without != 0 ? diagnosis->tried : 0;
    } else if (is_drop(facts)) {
        unsigned drops = drops_needed(diagnosis, facts);
        count(&diagnosis->rows, facts);
        diagnosis->item = choose_item(&diagnosis->rows, drops);
    }
    enum diagnosis_cause cause = judge(diagnosis, facts);
    if (is_drop(facts))
        decide(diagnosis, facts, now_ms);
    return cause;
}

/* --- in words ----------------------------------------------------------------------------------------------------- */

static char *inactive_advice(const struct diagnosis *diagnosis, const struct diagnosis_facts *facts,
                             const struct diagnosis_names *names)
{
    bool sent = facts->will && (facts->without & DIAGNOSIS_NO_WILL) == 0;
    bool will = sent && (diagnosis->tried & 1U << DIAGNOSIS_NO_WILL) == 0 && !refuses_certificate(facts->alert);

    return text_format("; the certificate was accepted before: it may have been deactivated or revoked, or its policy or "
                       "thing detached%s%s; check its status (aws iot describe-certificate)",
                       will ? ", or the broker refuses the last will on " : "", will ? names->topic_status : "");
}

static const char *item_topic(const struct diagnosis *diagnosis, const struct diagnosis_names *names)
{
    const char *const topics[] = { [DIAGNOSIS_META] = names->topic_meta, [DIAGNOSIS_STATUS] = names->topic_status,
                                   [DIAGNOSIS_EVENT] = names->topic_event };

    return topics[diagnosis->item];
}

static char *topic_advice(const struct diagnosis *diagnosis, const struct diagnosis_names *names)
{
    static const char *const items[] = { [DIAGNOSIS_META] = "META", [DIAGNOSIS_STATUS] = "STATUS",
                                         [DIAGNOSIS_EVENT] = "an event" };

    return text_format("; it does so each time %s is unacknowledged: check whether the broker's policy or ACL allows to "
                       "publish on %s (AWS: iot:Publish)%s", items[diagnosis->item], item_topic(diagnosis, names),
                       diagnosis->item == DIAGNOSIS_EVENT ? ", and its size" : "");
}

static char *clock_advice(const struct diagnosis_facts *facts)
{
    struct tm parts;

    gmtime_r(&facts->now, &parts);
    return text_format("; the clock of this box seems to be wrong (it says %04d-%02d-%02d): set it, and see that it is "
                       "kept right (timedatectl)", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

static char *endpoint_advice(const struct diagnosis_names *names)
{
    return text_format("; check that %s is the endpoint of this account and of its region (aws iot describe-endpoint "
                       "--endpoint-type iot:Data-ATS)", names->host);
}

static char *lost_advice(const struct diagnosis_facts *facts, const struct diagnosis_names *names, bool idle)
{
    bool topics = !idle || facts->qos_0;

    return text_format("; the connection is made and lost again and again%s: check whether another client uses the client "
                       "id \"%s\" (two boxes with one serial number or certificate)%s",
                       idle ? ", with nothing of ours unacknowledged" : "", names->client_id,
                       topics ? ", and whether the broker's policy allows the topics and the size of what is published"
                              : "");
}

char *diagnosis_advice(const struct diagnosis *diagnosis, enum diagnosis_cause cause,
                       const struct diagnosis_facts *facts, const struct diagnosis_names *names)
{
    switch (cause) {
    case DIAGNOSIS_TAKEN_OVER:
        if (facts->how.cause == MQTT_END_SAID) /* which names the client id */
            return text_copy("; check the serial numbers and certificates of the boxes");
        return lost_advice(facts, names, true);
    case DIAGNOSIS_UNSTABLE:
        return lost_advice(facts, names, false);
    case DIAGNOSIS_TOPIC:
        return topic_advice(diagnosis, names);
    case DIAGNOSIS_SUBSCRIPTION:
        return text_format("; it does so each time the subscription to %s is unacknowledged: check whether the broker's "
                           "policy or ACL allows it (AWS: iot:Subscribe on the topicfilter)", names->topic_command);
    case DIAGNOSIS_WILL:
        return text_format("; it is about the last will on %s: check whether the broker's policy or ACL allows it",
                           names->topic_status);
    case DIAGNOSIS_RETAIN:
        return text_format("; it does so when %s is published with the retain flag: check whether the broker's policy "
                           "allows that (AWS: iot:RetainPublish besides iot:Publish), or switch off mqtt.options.retained",
                           item_topic(diagnosis, names));
    case DIAGNOSIS_ENDPOINT:
        return endpoint_advice(names);
    case DIAGNOSIS_CLOCK:
        return clock_advice(facts);
    case DIAGNOSIS_INACTIVE:
        return inactive_advice(diagnosis, facts, names);
    case DIAGNOSIS_NONE:
        break;
    }
    return text_copy("");
}

static char *append(char *text, char *more)
{
    char *longer = text_format("%s%s%s", text, text[0] != '\0' ? "; " : "", more);

    free(text);
    free(more);
    return longer;
}

char *diagnosis_without_text(unsigned without, bool proven, const struct diagnosis_names *names)
{
    const char *lead = proven ? "the broker refuses" : "tried without what the broker may refuse:";
    char *text = text_copy("");

    if ((without & DIAGNOSIS_NO_WILL) != 0)
        text = append(text, text_format("%s the last will on %s; connected without it; next: allow to publish there (AWS: "
                                        "iot:Publish), or switch off mqtt.options.last_will", lead,
                                        names->topic_status));
    if ((without & DIAGNOSIS_NO_SUBSCRIPTION) != 0)
        text = append(text, text_format("%s the subscription to %s; connected without it: events go out, but no command "
                                        "can come in; next: allow it (AWS: iot:Subscribe on the topicfilter, iot:Receive "
                                        "on the topic)", lead, names->topic_command));
    if ((without & DIAGNOSIS_NO_RETAIN) != 0)
        text = append(text, text_format("%s retained messages; META and STATUS go without the retain flag; next: allow it "
                                        "on %s and %s (AWS: iot:RetainPublish), or switch off mqtt.options.retained", lead,
                                        names->topic_meta, names->topic_status));
    return text;
}
