/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <string.h>

static void feedback_from_command(const struct command *command, struct feedback_action *action)
{
    memset(action, 0, sizeof *action);
    action->has_sequence = command->has_sequence;
    action->sequence = command->sequence;
    action->has_leds = command->has_leds;
    memcpy(action->leds, command->leds, sizeof action->leds);
    action->has_rgb_color = command->has_rgb_color;
    memcpy(action->rgb_color, command->rgb_color, sizeof action->rgb_color);
    action->has_rgb_mode = command->has_rgb_mode;
    action->rgb_mode = command->rgb_mode;
    action->has_buzzer = command->has_buzzer;
    action->buzzer_ms = command->buzzer_ms;
    action->relays_count = command->relays_count;
    for (unsigned i = 0; i < command->relays_count; i++) {
        action->relays[i].action = command->relays[i].action == RELAY_OPEN    ? FEEDBACK_RELAY_OPEN
                                   : command->relays[i].action == RELAY_CLOSE ? FEEDBACK_RELAY_CLOSE
                                                                              : FEEDBACK_RELAY_PULSE;
        action->relays[i].pulse_ms = command->relays[i].pulse_ms;
    }
}

/* Carries it out, whole; false and *error if that cannot be. */
static bool carry_out(struct gateway *gateway, const struct command *command, const struct command_moment *moment,
                      char **error)
{
    struct feedback_action action;
    uint64_t left_ms;

    if (!feedback_has_room(gateway->feedback)) {
        *error = text_format("too many commands are waiting; this one is dropped");
        return false;
    }
    if (!activation_command(gateway, command, error))
        return false;
    feedback_from_command(command, &action);
    action.ends = command_gate_time_left(command, moment, &left_ms);
    action.ends_ms = action.ends ? moment->now_ms + left_ms : 0;
    (void) feedback_play(gateway->feedback, &action); /* there is room */
    command_gate_remember(gateway->commands, command);
    gateway->commands_accepted++;
    return true;
}

/* moment: but for its times, which are now. */
static bool judge(struct gateway *gateway, const struct command *command, struct command_moment *moment, char **error)
{
    time_t now = 0;

    moment->clock_set = clock_wall_time(gateway->clock, &now);
    moment->now_unix_s = now;
    moment->now_ms = clock_elapsed_ms(gateway->clock);
    switch (command_gate_judge(gateway->commands, command, moment)) {
    case COMMAND_ACTS:
        return carry_out(gateway, command, moment, error);
    case COMMAND_REPEATED:
        gateway->commands_repeated++;
        log_debug("command", "the command with the Id \"%s\" was carried out before; this time nothing is done",
                  command->id);
        return true;
    case COMMAND_LATE:
        *error = text_format("it is late by %lld s (Expires)", (long long) (now - command->expires_unix_s));
        return false;
    case COMMAND_EXPIRED:
        *error = text_format("it is late by %llu s (the message expiry interval that it was sent with)",
                             (unsigned long long) (moment->now_ms - moment->expires_ms + 999) / 1000);
        return false;
    case COMMAND_UNTIMED:
        break;
    }
    *error = text_format("it has an Expires, and the clock of this box is not synchronised, so that nobody knows whether "
                         "it is late; next: see timedatectl, or send it without Expires");
    return false;
}

static bool take(struct gateway *gateway, const void *payload, size_t size_bytes, struct command_moment *moment,
                 char **error)
{
    struct command command;

    if (command_parse(payload, size_bytes, &command, error) && judge(gateway, &command, moment, error))
        return true;
    gateway->commands_refused++;
    return false;
}

bool commands_say(struct gateway *gateway, const void *payload, size_t size_bytes, char **error)
{
    struct command_moment moment = { .expires = false };

    return take(gateway, payload, size_bytes, &moment, error);
}

void commands_take(struct gateway *gateway, const struct cloud_notice *notice)
{
    struct command_moment moment = { .expires = notice->expires, .expires_ms = notice->expires_ms };
    char *error = NULL;

    if (take(gateway, notice->payload, notice->size_bytes, &moment, &error))
        return;
    log_warning("command", "a command from the broker is refused: %s", error);
    free(error);
}
