/* SPDX-License-Identifier: MIT */
/* springparkctl network: what register 0280 asks of the network and what there is; --apply makes it so, or undoes
 * it. */
#include "base/memory.h"
#include "device/config.h"
#include "device/ipv4_plan.h"
#include "device/running_network.h"
#include "tool/arguments.h"
#include "tool/display.h"
#include "tool/network_change.h"
#include "tool/network_manager.h"
#include "tool/network_show.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum { OPTION_INTERFACE = 0x100, OPTION_APPLY, OPTION_TIMEOUT, TIMEOUT_S = 30, TIMEOUT_MAX_S = 600, EX_DIFFERS = 1 };

struct arguments {
    struct tool_options options;
    const char *interface;      /* NULL: the one that is meant */
    bool apply;
    unsigned timeout_s;
};

static const struct argp_option argp_options[] = {
    {.name = "interface", .key = OPTION_INTERFACE, .arg = "IF",
     .doc = "This one, and not the one with that address or the default route"},
    {.name = "apply", .key = OPTION_APPLY, .doc = "Make the network so; if then the gateway does not answer, undo it"},
    {.name = "timeout", .key = OPTION_TIMEOUT, .arg = "SECONDS",
     .doc = "How long --apply waits for address and gateway (default 30)"},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->options;
        return 0;
    case OPTION_INTERFACE:
        arguments->interface = argument;
        return 0;
    case OPTION_APPLY:
        arguments->apply = true;
        return 0;
    case OPTION_TIMEOUT:
        arguments->timeout_s = arguments_number(state, "--timeout", argument, 1, TIMEOUT_MAX_S);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{.argp = &arguments_common}, {0}};

static const struct argp parser = {
    .options = argp_options,
    .parser = parse_option,
    .children = children,
    .doc = "Shows what register 0280 (network.ipv4 in the settings) asks for and what the interface has now. --apply, "
           "as root, has systemd-networkd or NetworkManager, whichever manages the interface, set the static address, "
           "or DHCP with network.ipv4.address = \"0.0.0.0\". It is tried first, in a way that a restart of the box "
           "forgets; only when the gateway answers is it made to last, else it is undone. Ctrl-C undoes it, too; the "
           "end of an ssh session does not.\vExit status: 0 the network is so, or nothing is asked for; 1 it differs; "
           "69 undone, or refused; 71 it could not even be undone; 75 interrupted and undone, or another one is under "
           "way; 77 not root; 78 an error in the settings.",
};

static struct config *load(const char *file)
{
    struct errors *errors = errors_create(), *notes = errors_create();
    struct config *config = config_load(file, "", errors, notes);

    for (size_t i = 0; i < errors_count(errors); i++)
        display_progress("%s", errors_get(errors, i));
    errors_free(errors);
    errors_free(notes);
    return config;
}

/* Reads the running network and looks at it; false if that cannot be: then it is said. */
static bool look(const struct settings_ipv4 *plan, const char *wanted, struct network_view *view)
{
    char *error = NULL;

    view->plan = plan;
    view->network = running_network_read(&error);
    if (view->network == NULL) {
        display_error("%s", error);
        free(error);
        return false;
    }
    view->interface = text_copy(wanted != NULL ? wanted : ipv4_plan_interface(plan, view->network));
    if (wanted != NULL && running_interface_named(view->network, wanted) == NULL) {
        display_error("%s: there is no such interface; next: ip link", wanted);
        return false;
    }
    view->differences = errors_create();
    ipv4_plan_compare(plan, view->network, view->interface, view->differences);
    view->leftover = view->interface != NULL && network_manager_has_leftover(view->interface);
    return true;
}

static void forget(struct network_view *view)
{
    free(view->network);
    free(view->interface);
    errors_free(view->differences);
    *view = (struct network_view) {0};
}

/* EX_OK: it may go on. */
static int may_apply(const struct arguments *arguments, const struct network_view *view)
{
    if (geteuid() != 0) {
        display_error("--apply changes the network, for which one must be root; "
                      "next: sudo springparkctl network --apply");
        return EX_NOPERM;
    }
    if (!view->plan->stated) {
        display_error("%s does not set register 0280; next: springparkctl set network.ipv4.address=..., with 0.0.0.0 "
                      "for DHCP", arguments->options.config_file);
        return EX_CONFIG;
    }
    if (view->interface == NULL) {
        display_error("it is not clear which interface is meant; next: springparkctl network --apply --interface IF");
        return EX_CONFIG;
    }
    return EX_OK;
}

static int exit_status_of(enum network_end end)
{
    switch (end) {
    case NETWORK_CHANGED:
        return EX_OK;
    case NETWORK_BUSY:
    case NETWORK_INTERRUPTED:
        return EX_TEMPFAIL;
    case NETWORK_BROKEN:
        return EX_OSERR;
    case NETWORK_REFUSED:
    case NETWORK_UNDONE:
        break;
    }
    return EX_UNAVAILABLE;
}

/* Changes it if there is something to change, and looks again. */
static int apply(const struct arguments *arguments, struct network_view *view)
{
    int status = may_apply(arguments, view);

    if (status != EX_OK || (errors_count(view->differences) == 0 && !view->leftover))
        return status;
    char *interface = text_copy(view->interface);
    const struct settings_ipv4 *plan = view->plan;
    status = exit_status_of(network_change(plan, interface, arguments->timeout_s));
    forget(view);
    if (!look(plan, interface, view) && status == EX_OK)
        status = EX_OSERR;
    free(interface);
    return status;
}

int tool_network(const struct tool_options *options, int argc, char **argv)
{
    struct arguments arguments = {.options = *options, .timeout_s = TIMEOUT_S};
    struct network_view view = {0};

    arguments_parse(&parser, argc, argv, &arguments);
    struct config *config = load(arguments.options.config_file);
    if (config == NULL)
        return EX_CONFIG;
    int status = look(&config_settings(config)->ipv4, arguments.interface, &view) ? EX_OK : EX_UNAVAILABLE;
    if (status == EX_OK && arguments.apply)
        status = apply(&arguments, &view);
    if (view.differences != NULL && (status == EX_OK || !arguments.apply || arguments.options.json)) {
        if (status == EX_OK && errors_count(view.differences) > 0)
            status = EX_DIFFERS;
        if (arguments.options.json)
            network_show_json(stdout, &view);
        else
            network_show(stdout, &view, arguments.apply);
    }
    forget(&view);
    config_free(config);
    return status;
}
