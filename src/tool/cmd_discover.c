/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "discovery/seeker.h"
#include "tool/arguments.h"
#include "tool/daemon.h"
#include "tool/display.h"
#include "tool/interrupt.h"
#include "tool/tool.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* UDP loses; who answered before is not said twice. FOUND_MAX: anybody may answer anything. */
enum { ASKS = 3, FOUND_MAX = 1000 };

struct discover {
    struct tool_options options;
    unsigned seconds;
    unsigned port;
    json_t *found;     /* the list */
};

enum { KEY_SECONDS = 0x300, KEY_PORT };

static const struct argp_option own_options[] = {
    {.name = "seconds", .key = KEY_SECONDS, .arg = "N", .doc = "How long answers are waited for (default 3)"},
    {.name = "port", .key = KEY_PORT, .arg = "N", .doc = "UDP port of the devices, register 0285 (default 3999)"},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct discover *discover = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &discover->options;
        return 0;
    case KEY_SECONDS:
        discover->seconds = arguments_number(state, "--seconds", arg, 1, 60);
        return 0;
    case KEY_PORT:
        discover->port = arguments_number(state, "--port", arg, 1, 65535);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static void put_column(int width, json_t *device, const char *key)
{
    const char *text = json_string_value(json_object_get(device, key));

    (void) printf("%-*s ", width, text != NULL ? text : "-");
}

static void show(const struct discover *discover, json_t *device)
{
    if (discover->options.json) {
        daemon_print_json(device);
    } else {
        put_column(12, device, "mac");
        put_column(15, device, "address");
        put_column(32, device, "type");
        put_column(0, device, "info");
        (void) putchar('\n');
    }
    (void) fflush(stdout);
}

/* nddu_device_parse has made its texts safe for a terminal. */
static void take(void *context, const struct nddu_device *device, const char *from)
{
    struct discover *discover = context;
    json_t *one = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "mac", text_or_null(device->mac),
                            "type", text_or_null(device->type),
                            "address", text_or_null(device->address != NULL ? device->address : from),
                            "netmask", text_or_null(device->netmask), "gateway", text_or_null(device->gateway),
                            "info", text_or_null(device->info), "locked", (int) device->locked);
    json_t *known;
    size_t index;

    if (json_array_size(discover->found) >= FOUND_MAX) {
        json_decref(one);
        return;
    }
    json_array_foreach(discover->found, index, known) {
        if (json_equal(known, one)) {
            json_decref(one);
            return;
        }
    }
    json_array_append_new(discover->found, one);
    show(discover, one);
}

static int ask_and_listen(struct discover *discover, struct seeker *seeker, const struct interrupt *interrupt)
{
    for (int i = 0; i < ASKS && !interrupt_asked(interrupt); i++) {
        char *error = NULL;

        if (seeker_ask(seeker, &error) == 0) {
            display_error("%s", error);
            free(error);
            return EX_OSERR;
        }
        seeker_listen(seeker, discover->seconds * UINT64_C(1000) / ASKS, interrupt_fd(interrupt), take, discover);
    }
    if (json_array_size(discover->found) > 0)
        return EX_OK;
    display_error("nobody answered; next: discovery.reach = \"network\" on the other boxes, and UDP port %u in their "
                  "firewall", discover->port);
    return EX_UNAVAILABLE;
}

int tool_discover(const struct tool_options *options, int argc, char **argv)
{
    const struct argp_child children[] = {{.argp = &arguments_common}, {0}};
    const struct argp argp = {
        .options = own_options, .parser = parse, .children = children,
        .doc = "Finds the SpringParks and springparkds of the directly attached networks, a line each: MAC, address, "
               "type, information.\vA springparkd is found from its own box only, unless its settings have "
               "discovery.reach = \"network\"; with \"off\" or bit 0 of register 0284 it is not found at all. "
               "Exit status 69: nobody answered."};
    struct discover discover = {.options = *options, .seconds = 3, .port = NDDU_PORT};
    char *error = NULL;

    arguments_parse(&argp, argc, argv, &discover);
    struct interrupt *interrupt = interrupt_create();
    struct seeker *seeker = seeker_create(discover.port, &error);
    int exit_status = EX_OSERR;

    discover.found = json_array();
    if (seeker != NULL)
        exit_status = ask_and_listen(&discover, seeker, interrupt);
    else
        display_error("%s", error);
    free(error);
    json_decref(discover.found);
    seeker_free(seeker);
    interrupt_free(interrupt);
    return exit_status;
}
