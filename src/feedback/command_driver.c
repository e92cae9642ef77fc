/* SPDX-License-Identifier: MIT */
/*
 * An external program, run once for each action, one after another. Its argument is the cause ("read", "command"); the
 * rest is in its environment, each only if the action has it:
 *
 *   SPRINGPARK_CAUSE           the cause again
 *   SPRINGPARK_READER          label of the reader that it is about
 *   SPRINGPARK_SEQUENCE        two hex digits, and SPRINGPARK_SEQUENCE_NAME
 *   SPRINGPARK_LEDS            eight hex digits
 *   SPRINGPARK_RGB_COLOR       RRGGBB, SPRINGPARK_RGB_MODE two hex digits
 *   SPRINGPARK_BUZZER          milliseconds
 *   SPRINGPARK_RELAY_1 to _8   "open", "closed", or milliseconds of a pulse
 *
 * No identifier of a tag is among them: what is signalled is not who was there.
 */
#include "base/log.h"
#include "base/memory.h"
#include "feedback/driver.h"
#include "feedback/program.h"
#include "feedback/sequence.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING_MAX = 16, VARIABLES_MAX = 24, CLOSE_LIMIT_MS = 1200 };

struct order {
    const char *cause;
    char *environment[VARIABLES_MAX + 1];
    size_t count;
};

struct runner {
    const struct clock *clock;
    char *path;
    unsigned time_limit_ms;
    struct program *program;           /* the one that runs, or NULL */
    struct order *waiting[WAITING_MAX];
    size_t waiting_count;
    bool failing;                      /* and that was said */
    bool crowded;
};

static void set(struct order *order, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void set(struct order *order, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    order->environment[order->count++] = text_format_list(format, list);
    va_end(list);
}

static void set_relay(struct order *order, const struct feedback_action *action, unsigned index)
{
    switch (action->relays[index].action) {
    case FEEDBACK_RELAY_OPEN:
        set(order, "SPRINGPARK_RELAY_%u=open", index + 1);
        return;
    case FEEDBACK_RELAY_CLOSE:
        set(order, "SPRINGPARK_RELAY_%u=closed", index + 1);
        return;
    case FEEDBACK_RELAY_PULSE:
        set(order, "SPRINGPARK_RELAY_%u=%u", index + 1, action->relays[index].pulse_ms);
        return;
    }
    abort();
}

static struct order *order_of(const struct feedback_action *action)
{
    struct order *order = memory_zeroed(1, sizeof *order);
    const uint8_t *leds = action->leds, *rgb = action->rgb_color;

    order->cause = feedback_cause_name(action->cause);
    set(order, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    set(order, "SPRINGPARK_CAUSE=%s", order->cause);
    if (*action->reader != '\0')
        set(order, "SPRINGPARK_READER=%s", action->reader);
    if (action->has_sequence) {
        set(order, "SPRINGPARK_SEQUENCE=%02X", action->sequence);
        set(order, "SPRINGPARK_SEQUENCE_NAME=%s", sequence_name(action->sequence));
    }
    if (action->has_leds)
        set(order, "SPRINGPARK_LEDS=%02X%02X%02X%02X", leds[0], leds[1], leds[2], leds[3]);
    if (action->has_rgb_color)
        set(order, "SPRINGPARK_RGB_COLOR=%02X%02X%02X", rgb[0], rgb[1], rgb[2]);
    if (action->has_rgb_mode)
        set(order, "SPRINGPARK_RGB_MODE=%02X", action->rgb_mode);
    if (action->has_buzzer)
        set(order, "SPRINGPARK_BUZZER=%u", action->buzzer_ms);
    for (unsigned i = 0; i < action->relays_count; i++)
        set_relay(order, action, i);
    return order;
}

static void free_order(struct order *order)
{
    for (size_t i = 0; i < order->count; i++)
        free(order->environment[i]);
    free(order);
}

/* One line for a change, and not for each run. */
static void say_outcome(struct runner *runner, const char *failure)
{
    if (failure == NULL && runner->failing)
        log_notice("feedback", "%s works again", runner->path);
    else if (failure != NULL && !runner->failing)
        log_warning("feedback", "%s %s; it is run again at the next signal; next: run it by hand as the user springpark",
                    runner->path, failure);
    runner->failing = failure != NULL;
}

static void start_next(struct runner *runner)
{
    struct order *order = runner->waiting[0];
    char *error = NULL;

    runner->waiting_count--;
    memmove(&runner->waiting[0], &runner->waiting[1], runner->waiting_count * sizeof runner->waiting[0]);
    runner->program = program_start(runner->path, order->cause, order->environment,
                                    clock_monotonic_ms(runner->clock) + runner->time_limit_ms, &error);
    if (runner->program == NULL) {
        if (!runner->failing)
            log_warning("feedback", "%s; it is tried again at the next signal; next: check the path and its mode",
                        error);
        runner->failing = true;
        free(error);
    }
    free_order(order);
}

static void go_on(struct runner *runner, uint64_t now_ms)
{
    if (runner->program != NULL) {
        const enum program_state state = program_turn(runner->program, now_ms);

        if (state == PROGRAM_RUNS)
            return;
        say_outcome(runner, program_failure(runner->program));
        program_end(runner->program);
        runner->program = NULL;
    }
    while (runner->program == NULL && runner->waiting_count > 0)
        start_next(runner);
}

static int command_turn(void *context, uint64_t now_ms, uint64_t *due_ms)
{
    struct runner *runner = context;

    go_on(runner, now_ms);
    if (runner->program == NULL)
        return -1;
    const uint64_t due = program_due_ms(runner->program, now_ms);
    *due_ms = due < *due_ms ? due : *due_ms;
    return program_fd(runner->program);
}

static void command_play(void *context, const struct feedback_action *action)
{
    struct runner *runner = context;

    if (runner->waiting_count == WAITING_MAX) {
        if (!runner->crowded)
            log_warning("feedback", "%s is too slow: signals are dropped; next: make it quicker", runner->path);
        runner->crowded = true;
        return;
    }
    runner->crowded = false;
    runner->waiting[runner->waiting_count++] = order_of(action);
    go_on(runner, clock_monotonic_ms(runner->clock));
}

static void *command_open(const struct feedback_device *device, const struct clock *clock)
{
    struct runner *runner = memory_zeroed(1, sizeof *runner);

    runner->clock = clock;
    runner->path = text_copy(device->path);
    runner->time_limit_ms = device->time_limit_ms;
    return runner;
}

/* What was ordered is still run, as far as the time goes. */
static void command_close(void *context)
{
    struct runner *runner = context;
    const uint64_t end_ms = clock_monotonic_ms(runner->clock) + CLOSE_LIMIT_MS;
    uint64_t now_ms;

    go_on(runner, end_ms - CLOSE_LIMIT_MS);
    while (runner->program != NULL && (now_ms = clock_monotonic_ms(runner->clock)) < end_ms) {
        const uint64_t due_ms = program_due_ms(runner->program, now_ms);
        const uint64_t until_ms = due_ms < end_ms ? due_ms : end_ms;

        (void) poll(&(struct pollfd) {.fd = program_fd(runner->program), .events = POLLIN}, 1,
                    until_ms > now_ms ? (int) (until_ms - now_ms) : 0);
        go_on(runner, clock_monotonic_ms(runner->clock));
    }
    if (runner->program != NULL)
        program_end(runner->program);
    for (size_t i = 0; i < runner->waiting_count; i++)
        free_order(runner->waiting[i]);
    free(runner->path);
    free(runner);
}

const struct feedback_driver feedback_driver_command = {
    .name = "command", .open = command_open, .play = command_play, .turn = command_turn, .close = command_close,
};
