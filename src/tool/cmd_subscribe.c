/* SPDX-License-Identifier: MIT */
/*
 * The counterpart of the vendor's own MQTT listener: prints each event, and may answer each with a command.
 */
#include "tool/arguments.h"
#include "tool/broker.h"
#include "tool/display.h"
#include "tool/interrupt.h"
#include "tool/shortcut.h"
#include "tool/tool.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cloud/awaiting.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    ANSWERS_TIMEOUT_MS = 5000,
    PAUSE_FIRST_MS = 1000,
    PAUSE_LONGEST_MS = 30000,
    REASON_REFUSED = 0x80,
    REASON_NO_SUBSCRIBERS = 0x10,
    /* As long as a turn may last without a deadline; the keep-alive needs it shorter anyway. */
    TURN_LONGEST_MS = 60000,
};

#define EVENT_BRANCH "/rdr/evt"
#define COMMAND_BRANCH "/rdr/cmd"

struct subscription {
    struct broker_options options;
    struct shortcut shortcut;
    unsigned events_wanted;     /* 0 = no end */
    unsigned timeout_s;         /* 0 = none */
    unsigned patience_s;        /* with a certificate that is awaiting registration */

    struct interrupt *interrupt;
    struct broker *broker;
    char *filter;
    char *answer;               /* payload of the command that answers each event, or NULL */
    uint64_t end_ms;            /* --timeout, or UINT64_MAX */
    unsigned events_count;
    char **answer_topics;       /* commands to send after this turn */
    size_t answer_topics_count;
    unsigned answers_pending;   /* commands that the broker has not acknowledged */
    bool was_connected;         /* at least once */
    struct awaiting awaiting;
    bool subscribed;            /* on this connection */
    int refused_status;         /* not 0: what the broker does not allow, said already */
    bool output_closed;
};

enum { KEY_EVENTS = 0x500, KEY_TIMEOUT, KEY_PATIENCE };

static const struct argp_option subscribe_options[] = {
    {.name = "events", .key = KEY_EVENTS, .arg = "N", .doc = "End after N events"},
    {.name = "timeout", .key = KEY_TIMEOUT, .arg = "S",
     .doc = "End after S seconds, with status 75 if fewer than N events came (without --events: none)"},
    {.name = "patience", .key = KEY_PATIENCE, .arg = "S",
     .doc = "Say what to check when the certificate awaits registration for S seconds (default 600)"},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct subscription *subscription = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        subscription->patience_s = AWAITING_PATIENCE_MS / 1000;
        state->child_inputs[0] = &subscription->shortcut;
        state->child_inputs[1] = &subscription->options;
        return 0;
    case KEY_EVENTS:
        subscription->events_wanted = arguments_number(state, "--events", arg, 1, UINT_MAX);
        return 0;
    case KEY_TIMEOUT:
        subscription->timeout_s = arguments_number(state, "--timeout", arg, 1, 10000000);
        return 0;
    case KEY_PATIENCE:
        subscription->patience_s = arguments_number(state, "--patience", arg, 1, 10000000);
        return 0;
    case ARGP_KEY_END:
        if (!subscription->options.given)
            argp_error(state, "--broker HOST is missing");
        broker_check_arguments(state, &subscription->options);
        if (subscription->options.device == NULL)
            subscription->options.device = "+";
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_enough(const struct subscription *subscription)
{
    return subscription->events_wanted > 0 && subscription->events_count >= subscription->events_wanted;
}

static bool is_over(const struct subscription *subscription)
{
    return (is_enough(subscription) && subscription->answers_pending == 0) || subscription->refused_status != 0 ||
           subscription->output_closed || interrupt_asked(subscription->interrupt) ||
           clock_monotonic_ms(clock_system()) >= subscription->end_ms;
}

static int time_left_ms(const struct subscription *subscription, int longest_ms)
{
    uint64_t now_ms = clock_monotonic_ms(clock_system());

    if (now_ms >= subscription->end_ms)
        return 0;
    uint64_t left_ms = subscription->end_ms - now_ms;
    return left_ms < (uint64_t) longest_ms ? (int) left_ms : longest_ms;
}

/* ---- what the broker says ---- */

static void on_subscribed(void *context, int message_id, int reason)
{
    struct subscription *subscription = context;

    (void) message_id;
    if (reason < REASON_REFUSED) {
        subscription->subscribed = true;
        display_progress("subscribed to %s at %s:%u", subscription->filter, subscription->options.host,
                         subscription->options.port);
        return;
    }
    char *text = broker_reason(subscription->broker, reason);
    display_error("the broker refuses the subscription to %s (%s); check --prefix, --device and what this certificate "
                  "is allowed (AWS: iot:Subscribe on the topicfilter and iot:Receive on the topics)",
                  subscription->filter, text);
    free(text);
    subscription->refused_status = EX_NOPERM;
}

static void on_published(void *context, int message_id, int reason)
{
    struct subscription *subscription = context;

    (void) message_id;
    if (subscription->answers_pending > 0)
        subscription->answers_pending--;
    if (reason == REASON_NO_SUBSCRIBERS)
        display_progress("the broker has nobody who subscribes to that device's commands");
    if (reason < REASON_REFUSED)
        return;
    char *text = broker_reason(subscription->broker, reason);
    display_error("the broker refuses a publish to %s/ID" COMMAND_BRANCH " (%s); check what this certificate is "
                  "allowed (AWS: iot:Publish on that topic)", subscription->options.prefix, text);
    free(text);
    subscription->refused_status = EX_NOPERM;
}

/* Notes the command for the device's own topic, which is beside its event topic. It is sent after the turn: a callback
 * must not call the client. */
static void note_answer(struct subscription *subscription, const char *topic)
{
    size_t size = strlen(topic);
    size_t branch_size = strlen(EVENT_BRANCH);

    if (subscription->answer == NULL || size < branch_size || strcmp(topic + size - branch_size, EVENT_BRANCH) != 0)
        return;
    subscription->answer_topics =
        memory_resize(subscription->answer_topics, subscription->answer_topics_count + 1, sizeof(char *));
    subscription->answer_topics[subscription->answer_topics_count++] =
        text_format("%.*s" COMMAND_BRANCH, (int) (size - branch_size), topic);
}

static void forget_answers(struct subscription *subscription)
{
    for (size_t index = 0; index < subscription->answer_topics_count; index++)
        free(subscription->answer_topics[index]);
    free(subscription->answer_topics);
    subscription->answer_topics = NULL;
    subscription->answer_topics_count = 0;
}

static void send_answers(struct subscription *subscription)
{
    for (size_t index = 0; index < subscription->answer_topics_count; index++) {
        const char *topic = subscription->answer_topics[index];
        if (mqtt_client_publish(broker_client(subscription->broker), topic, subscription->answer,
                                strlen(subscription->answer), 1, false) >= 0)
            subscription->answers_pending++;
        else
            display_error("the command to %s could not be handed over", topic);
    }
    forget_answers(subscription);
}

static void on_received(void *context, const struct mqtt_message *message)
{
    struct subscription *subscription = context;
    const char *text = message->payload;
    size_t size_bytes = message->size_bytes;

    if (is_enough(subscription) || subscription->output_closed)
        return;
    /* $SCRDR text brings its own line end. */
    while (size_bytes > 0 && (text[size_bytes - 1] == '\n' || text[size_bytes - 1] == '\r'))
        size_bytes--;
    char *line = display_safe(text, size_bytes);
    subscription->output_closed = puts(line) < 0 || fflush(stdout) != 0;
    free(line);
    subscription->events_count++;
    note_answer(subscription, message->topic);
}

/* ---- one connection ---- */

/* Until it is over, or the connection is: then false. */
static bool run_connection(struct subscription *subscription)
{
    struct mqtt_client *client = broker_client(subscription->broker);
    bool was_enough = false;

    subscription->subscribed = false;
    subscription->answers_pending = 0;
    if (mqtt_client_subscribe(client, subscription->filter, 1) < 0)
        return false;
    while (!is_over(subscription)) {
        if (is_enough(subscription) && !was_enough) {
            /* Only acknowledgements are still to come: not for ever. */
            uint64_t end_ms = clock_monotonic_ms(clock_system()) + ANSWERS_TIMEOUT_MS;
            was_enough = true;
            subscription->end_ms = end_ms < subscription->end_ms ? end_ms : subscription->end_ms;
        }
        if (mqtt_client_turn(client, time_left_ms(subscription, TURN_LONGEST_MS)) != MQTT_OK)
            return false;
        send_answers(subscription);
    }
    broker_disconnect(subscription->broker);
    return true;
}

/* A demo client's first connections are dropped, too. Without a file that remembers, the first CONNACK 0 of this run says
 * that the certificate is registered. */
static bool awaits_registration(struct subscription *subscription)
{
    const uint64_t patience_ms = (uint64_t) subscription->patience_s * 1000;
    struct registration registration;

    if (!broker_drops_certificate(subscription->broker, &registration))
        return false;
    if (subscription->was_connected) {
        display_error("%s:%u: the broker drops the certificate, which was accepted before: it may have been deactivated "
                      "or revoked, or its policy detached; check its status (aws iot describe-certificate)",
                      subscription->options.host, subscription->options.port);
        return true;
    }
    enum awaiting_news news = awaiting_note_drop(&subscription->awaiting, &registration,
                                                 clock_monotonic_ms(clock_system()), patience_ms);
    char *text = awaiting_text(&subscription->awaiting, broker_client_id(subscription->broker), patience_ms);
    if (news != AWAITING_NO_NEWS)
        display_error("awaiting registration: %s", text);
    free(text);
    return true;
}

/* Whether another attempt makes sense; if not, *exit_status. What is wrong is said. */
static bool is_worth_retrying(struct subscription *subscription, enum broker_result result, const char *error,
                              int *exit_status)
{
    bool final = result == BROKER_MISCONFIGURED || result == BROKER_REFUSED ||
                 (result == BROKER_UNTRUSTED && !subscription->was_connected);

    if (result == BROKER_INTERRUPTED)
        return false;
    if (awaits_registration(subscription))
        return true;
    display_error("%s:%u: %s", subscription->options.host, subscription->options.port, error);
    *exit_status = final ? broker_exit_status(result) : EX_OK;
    return !final;
}

static void say_lost(const struct subscription *subscription)
{
    display_error("%s:%u: the connection was lost: %s", subscription->options.host, subscription->options.port,
                  mqtt_client_reason(broker_client(subscription->broker)));
    if (!subscription->subscribed)
        display_progress("it was lost before the subscription was acknowledged; if that comes again, check what this "
                         "certificate is allowed to subscribe to");
    else if (subscription->answers_pending > 0)
        display_progress("a command was not acknowledged yet; if that comes again, check whether this certificate may "
                         "publish to %s/ID" COMMAND_BRANCH, subscription->options.prefix);
}

static int run(struct subscription *subscription)
{
    int pause_ms = PAUSE_FIRST_MS;
    int exit_status = EX_OK;

    while (!is_over(subscription)) {
        char *error = NULL;
        enum broker_result result = broker_connect(subscription->broker, &error);
        if (result == BROKER_CONNECTED) {
            subscription->was_connected = true;
            if (run_connection(subscription))
                break;
            say_lost(subscription);
            forget_answers(subscription); /* one that comes late would answer the wrong tag */
            subscription->answers_pending = 0;
            if (subscription->subscribed)
                pause_ms = PAUSE_FIRST_MS;
        } else {
            bool retry = is_worth_retrying(subscription, result, error, &exit_status);
            free(error);
            if (!retry)
                return exit_status;
        }
        if (is_over(subscription))
            break;
        display_progress("trying again in %d s", pause_ms / 1000);
        (void) interrupt_wait(subscription->interrupt, time_left_ms(subscription, pause_ms));
        pause_ms = pause_ms * 2 < PAUSE_LONGEST_MS ? pause_ms * 2 : PAUSE_LONGEST_MS;
    }
    return subscription->refused_status;
}

/* After the end: the timeout counts only if too little came. */
static int judge_timeout(const struct subscription *subscription)
{
    unsigned wanted = subscription->events_wanted > 0 ? subscription->events_wanted : 1;

    if (subscription->output_closed || interrupt_asked(subscription->interrupt) || subscription->timeout_s == 0 ||
        subscription->events_count >= wanted)
        return EX_OK;
    display_error("%u of %u events came in %u s", subscription->events_count, wanted, subscription->timeout_s);
    return EX_TEMPFAIL;
}

int tool_subscribe(const struct tool_options *options, int argc, char **argv)
{
    const struct argp_child children[] = {
        {.argp = &shortcut_arguments, .header = "Answer each event with a command to its device:", .group = 2},
        {.argp = &broker_arguments, .header = "The broker:", .group = 1},
        {0},
    };
    const struct argp argp = {
        .options = subscribe_options, .parser = parse, .children = children,
        .args_doc = "--broker HOST --ca FILE --cert FILE --key FILE",
        .doc = "Prints the READER EVENTs that a broker delivers, one a line, until Ctrl-C. Needs no springparkd.\v"
               "With AWS IoT Core, and the certificate of a demo client:\n"
               "  springparkctl subscribe --client-id demo-1 \\\n"
               "    --broker xxxxxxxxxxxxxx-ats.iot.us-west-2.amazonaws.com \\\n"
               "    --ca amazon --cert demo-1.pem --key demo-1.key\n"
               "\"subscribed to ...\" on standard error says that events can come. A new certificate is dropped at first, "
               "until it is registered: that is said, and tried again.\n"
               "An answer, such as --accept, is published to the device's rdr/cmd. A demo client may not do that (its "
               "policy lets it subscribe to events only): it takes a certificate whose policy has iot:Publish on these topics."};
    struct subscription subscription = {.end_ms = UINT64_MAX};
    const struct mqtt_events events = {.context = &subscription, .subscribed = on_subscribed,
                                       .published = on_published, .received = on_received};

    (void) options; /* it has nothing to do with the daemon of this box */
    arguments_parse(&argp, argc, argv, &subscription);
    if (subscription.timeout_s > 0)
        subscription.end_ms = clock_monotonic_ms(clock_system()) + (uint64_t) subscription.timeout_s * 1000;
    subscription.interrupt = interrupt_create();
    subscription.filter = broker_topic(&subscription.options, subscription.options.device, "rdr/evt");
    subscription.answer = shortcut_payload(&subscription.shortcut);
    subscription.broker = broker_create(&subscription.options, &events, subscription.interrupt);

    int exit_status = run(&subscription);
    if (exit_status == EX_OK)
        exit_status = judge_timeout(&subscription);
    forget_answers(&subscription);
    broker_free(subscription.broker);
    free(subscription.answer);
    free(subscription.filter);
    interrupt_free(subscription.interrupt);
    return exit_status;
}
