/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <string.h>

typedef void request_answer(struct gateway *gateway, struct control_client *client, json_t *arguments);

static void refuse(struct control_client *client, const char *text)
{
    control_refuse(client, json_pack("[s]", text));
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
    if (!outflow_command(gateway, json_string_value(command), json_string_length(command), &error)) {
        refuse(client, error);
        free(error);
        return;
    }
    log_info("command", "a command from the control socket is carried out");
    control_answer(client, json_object());
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
    refuse(client, "unknown request; this daemon answers status, readers, watch, reload, command");
}
