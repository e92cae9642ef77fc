/* SPDX-License-Identifier: MIT */
#include "tool/arguments.h"
#include "tool/broker.h"
#include "tool/daemon.h"
#include "tool/display.h"
#include "tool/interrupt.h"
#include "tool/shortcut.h"
#include "tool/tool.h"

#include "base/clock.h"
#include "base/memory.h"
#include "message/command.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { PUBACK_TIMEOUT_MS = 15000, REASON_NO_SUBSCRIBERS = 0x10, REASON_REFUSED = 0x80 };

struct send_options {
    struct tool_options tool;
    struct broker_options broker;
    struct shortcut shortcut;
    const char *text;
};

/* What became of the one publish. */
struct delivery {
    int message_id;
    bool done;
    int reason;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct send_options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->shortcut;
        state->child_inputs[1] = &options->broker;
        state->child_inputs[2] = &options->tool;
        return 0;
    case ARGP_KEY_ARG:
        if (options->text != NULL)
            argp_error(state, "one command at a time; is \"%s\" in quotes?", options->text);
        options->text = arg;
        return 0;
    case ARGP_KEY_END:
        if (options->shortcut.chosen == (options->text != NULL))
            argp_error(state, "give one command: JSON, $SCCMD text, --wink, --accept or --deny");
        broker_check_arguments(state, &options->broker);
        if (options->broker.given && (options->broker.device == NULL || strcmp(options->broker.device, "+") == 0))
            argp_error(state, "--broker needs --device ID: which device is to do it");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void on_published(void *context, int message_id, int reason)
{
    struct delivery *delivery = context;

    if (message_id != delivery->message_id)
        return;
    delivery->done = true;
    delivery->reason = reason;
}

static int say_delivery(const struct broker *broker, const char *topic, const struct delivery *delivery)
{
    char *reason = broker_reason(broker, delivery->reason);
    int exit_status = EX_OK;

    if (delivery->reason >= REASON_REFUSED) {
        display_error("the broker refuses a publish to %s (%s); check what this certificate is allowed (AWS: "
                      "iot:Publish on that topic in its policy)", topic, reason);
        exit_status = EX_NOPERM;
    } else if (delivery->reason == REASON_NO_SUBSCRIBERS) {
        display_error("the broker has nobody who subscribes to %s; check --device, and whether it is online", topic);
        exit_status = EX_UNAVAILABLE;
    } else {
        display_progress("the broker has taken it for %s", topic);
    }
    free(reason);
    return exit_status;
}

static int publish_and_wait(struct broker *broker, const struct interrupt *interrupt, const char *topic,
                            const char *payload, struct delivery *delivery)
{
    struct mqtt_client *client = broker_client(broker);
    uint64_t end_ms = clock_monotonic_ms(clock_system()) + PUBACK_TIMEOUT_MS;
    enum mqtt_result result = MQTT_OK;

    delivery->message_id = mqtt_client_publish(client, topic, payload, strlen(payload), 1, false);
    if (delivery->message_id < 0) {
        display_error("the command could not be handed over; is it longer than the broker allows?");
        return EX_UNAVAILABLE;
    }
    while (!delivery->done && result == MQTT_OK) {
        uint64_t now_ms = clock_monotonic_ms(clock_system());
        if (interrupt_asked(interrupt) || now_ms >= end_ms) {
            display_error("the broker has not acknowledged the command; it may or may not be on its way");
            return EX_TEMPFAIL;
        }
        result = mqtt_client_turn(client, (int) (end_ms - now_ms));
    }
    if (delivery->done)
        return say_delivery(broker, topic, delivery);
    display_error("the connection was lost before the broker acknowledged the command (%s); check whether this "
                  "certificate may publish to %s", mqtt_client_reason(client), topic);
    return EX_UNAVAILABLE;
}

static int send_by_broker(const struct broker_options *options, const char *payload)
{
    struct delivery delivery = {.message_id = -1};
    const struct mqtt_events events = {.context = &delivery, .published = on_published};
    struct interrupt *interrupt = interrupt_create();
    struct broker *broker = broker_create(options, &events, interrupt);
    char *topic = broker_topic(options, options->device, "rdr/cmd");
    char *error = NULL;
    int exit_status = EX_OK;

    enum broker_result result = broker_connect(broker, &error);
    if (result == BROKER_CONNECTED) {
        exit_status = publish_and_wait(broker, interrupt, topic, payload, &delivery);
        broker_disconnect(broker);
    } else {
        if (error != NULL)
            display_error("%s:%u: %s", options->host, options->port, error);
        exit_status = result == BROKER_INTERRUPTED ? EX_TEMPFAIL : broker_exit_status(result);
    }
    free(error);
    free(topic);
    broker_free(broker);
    interrupt_free(interrupt);
    return exit_status;
}

static int send_by_daemon(const struct tool_options *options, const char *payload)
{
    int exit_status = EX_OK;
    json_t *arguments = json_pack("{s:s}", "command", payload);

    if (arguments == NULL) {
        display_error("the command is no UTF-8 text");
        return EX_USAGE;
    }
    json_t *result = daemon_ask(options, "command", arguments, DAEMON_ANSWER_TIMEOUT_MS, EX_UNAVAILABLE, &exit_status);
    if (result == NULL)
        return exit_status;
    if (options->json)
        daemon_print_json(result);
    json_decref(result);
    return EX_OK;
}

int tool_command_send(const struct tool_options *options, int argc, char **argv)
{
    const struct argp_child children[] = {
        {.argp = &shortcut_arguments},
        {.argp = &broker_arguments, .header = "Past the daemon, over MQTT:", .group = 2},
        {.argp = &arguments_common, .header = "To the daemon:", .group = 1},
        {0},
    };
    const struct argp argp = {
        .parser = parse, .children = children, .args_doc = "COMMAND\n--wink\n--accept\n--deny",
        .doc = "Sends a READER COMMAND to the springparkd of this box, or with --broker to any device.\v"
               "COMMAND is JSON or $SCCMD text, in quotes: '{\"Sequence\":96}' or '$SCCMD;SEQ=60'."};
    struct send_options own = {.tool = *options};
    struct command command;
    char *error = NULL;

    arguments_parse(&argp, argc, argv, &own);
    char *payload = own.shortcut.chosen ? shortcut_payload(&own.shortcut) : text_copy(own.text);
    int exit_status = EX_USAGE;
    if (!command_parse(payload, strlen(payload), &command, &error))
        display_error("not sent: %s", error);
    else if (own.broker.given)
        exit_status = send_by_broker(&own.broker, payload);
    else
        exit_status = send_by_daemon(&own.tool, payload);
    free(error);
    free(payload);
    return exit_status;
}
