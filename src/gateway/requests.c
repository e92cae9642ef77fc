/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <string.h>

enum { RECORDS_A_PAGE = 500 };

typedef void request_answer(struct gateway *gateway, struct control_client *client, json_t *arguments);

static void refuse(struct control_client *client, const char *text)
{
    control_refuse(client, json_pack("[s]", text));
}

static void refuse_named(struct control_client *client, const char *name, const char *wanted)
{
    char *text = text_format("the argument \"%s\" must be %s", name, wanted);

    refuse(client, text);
    free(text);
}

static void answer_status(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    (void) arguments;
    control_answer(client, account_status(gateway));
}

static void answer_readers(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    (void) arguments;
    control_answer(client, account_readers(gateway));
}

static void answer_watch(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    (void) gateway;
    (void) arguments;
    control_answer(client, json_object());
    control_watch(client);
}

static void answer_reload(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    (void) arguments;
    reload_begin(gateway->reload, client);
}

static void answer_command(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    json_t *command = json_object_get(arguments, "command");
    char *error = NULL;

    if (!json_is_string(command)) {
        refuse(client, "command: the argument \"command\" must be the command's text");
        return;
    }
    if (!commands_say(gateway, json_string_value(command), json_string_length(command), &error)) {
        refuse(client, error);
        free(error);
        return;
    }
    log_info("command", "a command from the control socket is carried out");
    control_answer(client, json_object());
}

/* A number from 0 to most, or what it is if it is left out; false and an answer if it is none. */
static bool take_number(struct control_client *client, json_t *arguments, const char *name, json_int_t most,
                        json_int_t *number)
{
    json_t *value = json_object_get(arguments, name);

    if (value == NULL)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        refuse_named(client, name, "a number from 0 up");
        return false;
    }
    *number = json_integer_value(value) < most ? json_integer_value(value) : most;
    return true;
}

static void answer_journal(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    json_t *set_aside = json_object_get(arguments, "set_aside");
    json_int_t after = 0;
    json_int_t limit = RECORDS_A_PAGE;

    if (!take_number(client, arguments, "after", INT64_MAX, &after) ||
        !take_number(client, arguments, "limit", RECORDS_A_PAGE, &limit))
        return;
    if (set_aside != NULL && !json_is_boolean(set_aside)) {
        refuse_named(client, "set_aside", "true or false");
        return;
    }
    journal_ask_page(gateway->journal, (uint64_t) after, limit > 0 ? (size_t) limit : 1, json_is_true(set_aside), client);
}

static void answer_release(struct gateway *gateway, struct control_client *client, json_t *arguments)
{
    const char *text = json_string_value(json_object_get(arguments, "id"));
    json_t *all = json_object_get(arguments, "all");
    struct event_id id = { 0, 0 };

    if (all != NULL && !json_is_boolean(all)) {
        refuse_named(client, "all", "true or false");
        return;
    }
    if (!json_is_true(all) && (text == NULL || !message_id_parse(text, &id))) {
        refuse_named(client, "id", "an identity like \"12:5\"");
        return;
    }
    journal_release(gateway->journal, id, client);
}

void requests_handle(void *context, struct control_client *client, const char *request, json_t *arguments,
                     bool privileged)
{
    static const struct {
        const char *name;
        bool for_all;
        request_answer *answer;
    } requests[] = {
        { "status", true, answer_status },    { "readers", false, answer_readers }, { "watch", false, answer_watch },
        { "reload", false, answer_reload },   { "command", false, answer_command },
        { "journal", false, answer_journal }, { "journal-release", false, answer_release },
    };

    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (strcmp(requests[i].name, request) != 0)
            continue;
        if (privileged || requests[i].for_all)
            requests[i].answer(context, client, arguments);
        else
            refuse(client, "only `status` is open to everyone; ask as root or as a member of the group springpark");
        return;
    }
    refuse(client, "unknown request; this daemon answers status, readers, watch, reload, command, journal, "
                   "journal-release");
}
