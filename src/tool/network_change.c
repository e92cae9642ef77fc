/* SPDX-License-Identifier: MIT */
#include "tool/network_change.h"

#include "base/clock.h"
#include "base/memory.h"
#include "device/ipv4_plan.h"
#include "device/running_network.h"
#include "tool/display.h"
#include "tool/gateway_probe.h"
#include "tool/network_manager.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { LOOK_MS = 250 };

static const char lock_path[] = "/run/springparkctl-network.lock";

struct change {
    const struct settings_ipv4 *plan;
    const char *interface;
    unsigned index;
    uint64_t timeout_ms;
    struct network_manager *manager;
    struct running_network *before;
    int signal_fd;
    bool interrupted;
    uint32_t probed;         /* the gateway that is asked, 0 = none yet */
};

/* ---- signals ---- */

/* From here on they are read from a descriptor: what is begun is brought to an end first. */
static int hold_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    (void) signal(SIGHUP, SIG_IGN);
    (void) sigprocmask(SIG_BLOCK, &signals, NULL);
    const int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        abort(); /* at the start of a small program: nothing is left to work with */
    return fd;
}

/* Waits that long, or until somebody asked for the end. */
static bool is_interrupted(struct change *change, int wait_ms)
{
    struct pollfd item = {.fd = change->signal_fd, .events = POLLIN};
    struct signalfd_siginfo info;

    if (poll(&item, 1, wait_ms) > 0 && read(change->signal_fd, &info, sizeof info) > 0)
        change->interrupted = true;
    return change->interrupted;
}

/* ---- whether it works ---- */

static const struct running_address *address_of(const struct running_network *network, unsigned index, uint32_t address)
{
    for (size_t i = 0; i < network->addresses_count; i++) {
        if (network->addresses[i].index == index && network->addresses[i].address == address)
            return &network->addresses[i];
    }
    return NULL;
}

static bool has_lease(const struct running_network *network, unsigned index)
{
    for (size_t i = 0; i < network->addresses_count; i++) {
        if (network->addresses[i].index == index && running_address_is_leased(network, &network->addresses[i]))
            return true;
    }
    return false;
}

/* Whether the interface has what is asked for; *gateway is the one that must answer then, 0 = there is none. */
static bool has_taken_over(const struct change *change, const struct running_network *network, uint32_t *gateway)
{
    const struct settings_ipv4 *plan = change->plan;
    const struct running_route *route = running_default_route(network, change->index);
    const struct running_route *before = running_default_route(change->before, change->index);

    if (ipv4_plan_is_dhcp(plan)) {
        *gateway = route != NULL ? route->gateway : before != NULL ? before->gateway : 0;
        return has_lease(network, change->index);
    }
    const struct running_address *address = address_of(network, change->index, plan->address);
    *gateway = plan->gateway;
    return address != NULL && (int) address->prefix == ipv4_plan_prefix(plan->netmask) && !address->leased &&
           (plan->gateway == 0 || (route != NULL && route->gateway == plan->gateway));
}

static bool works(struct change *change, const char **missing)
{
    char *error = NULL;
    uint32_t gateway = 0;
    struct running_network *network = running_network_read(&error);
    const bool taken_over = network != NULL && has_taken_over(change, network, &gateway);

    free(network);
    free(error);
    *missing = "the address did not come";
    if (!taken_over)
        return false;
    *missing = "the interface does not go by it";
    if (!network_manager_follows(change->manager))
        return false;
    if (gateway == 0)
        return true;
    *missing = "the gateway does not answer";
    if (gateway != change->probed)
        gateway_probe_forget(change->index, gateway);
    change->probed = gateway;
    return gateway_probe_answers(change->interface, change->index, gateway);
}

/* False with the reason in *problem. */
static bool wait_until_it_works(struct change *change, char **problem)
{
    const struct clock *clock = clock_system();
    const uint64_t deadline_ms = clock_monotonic_ms(clock) + change->timeout_ms;
    const char *missing = NULL;

    change->probed = 0;
    while (!works(change, &missing)) {
        if (is_interrupted(change, LOOK_MS)) {
            *problem = text_copy("interrupted");
            return false;
        }
        if (clock_monotonic_ms(clock) >= deadline_ms) {
            *problem = text_format("%s within %llu s", missing, (unsigned long long) (change->timeout_ms / 1000));
            return false;
        }
    }
    return true;
}

/* ---- back ---- */

/* Whether an address of before is there again; without one there is nothing to wait for. */
static bool is_back(const struct change *change)
{
    bool any = false, back = false;
    char *error = NULL;
    struct running_network *network = running_network_read(&error);

    for (size_t i = 0; network != NULL && i < change->before->addresses_count; i++) {
        const struct running_address *address = &change->before->addresses[i];

        if (address->index != change->index)
            continue;
        any = true;
        back = back || address_of(network, change->index, address->address) != NULL;
    }
    free(network);
    free(error);
    return !any || back;
}

static enum network_end undo(struct change *change, const char *reason)
{
    const struct clock *clock = clock_system();
    char *problem = NULL;

    display_error("%s: %s; the settings of before are put back", change->interface, reason);
    if (!network_manager_undo(change->manager, &problem)) {
        display_error("%s: they could not be put back: %s; next: look at %s's settings for %s by hand",
                      change->interface, problem, network_manager_name(change->manager), change->interface);
        free(problem);
        return NETWORK_BROKEN;
    }
    const uint64_t deadline_ms = clock_monotonic_ms(clock) + change->timeout_ms;
    while ((!network_manager_follows(change->manager) || !is_back(change)) && clock_monotonic_ms(clock) < deadline_ms)
        (void) poll(NULL, 0, LOOK_MS);
    if (is_back(change))
        display_progress("%s: undone; it is as before", change->interface);
    else
        display_error("%s: its settings are as before, but its address has not come back yet", change->interface);
    return change->interrupted ? NETWORK_INTERRUPTED : NETWORK_UNDONE;
}

/* ---- there ---- */

static enum network_end carry_out(struct change *change)
{
    char *problem = NULL;

    display_progress("%s: %s tries it; what is not reached within %llu s is undone", change->interface,
                     network_manager_name(change->manager), (unsigned long long) (change->timeout_ms / 1000));
    const bool done = !is_interrupted(change, 0) && network_manager_try(change->manager, change->plan, &problem) &&
                      wait_until_it_works(change, &problem) &&
                      network_manager_keep(change->manager, change->plan, &problem) &&
                      wait_until_it_works(change, &problem);
    const enum network_end end = done ? NETWORK_CHANGED : undo(change, problem != NULL ? problem : "interrupted");

    free(problem);
    if (done)
        display_progress("%s: done, and the gateway answers; it lasts from now on", change->interface);
    return end;
}

static enum network_end refuse(char *problem)
{
    display_error("%s", problem);
    free(problem);
    return NETWORK_REFUSED;
}

static enum network_end begin(struct change *change)
{
    char *problem = NULL;

    if (!network_manager_takes_name(change->interface)) {
        display_error("%s: an interface of that name is not changed from here; "
                      "next: set the address where it is managed", change->interface);
        return NETWORK_REFUSED;
    }
    change->before = running_network_read(&problem);
    if (change->before == NULL)
        return refuse(problem);
    const struct running_interface *found = running_interface_named(change->before, change->interface);
    if (found == NULL || found->loopback)
        return refuse(text_format("%s: there is no such interface", change->interface));
    change->index = found->index;
    change->manager = network_manager_find(change->interface, &problem);
    if (change->manager == NULL)
        return refuse(problem);
    return carry_out(change);
}

enum network_end network_change(const struct settings_ipv4 *plan, const char *interface, unsigned timeout_s)
{
    struct change change = {.plan = plan, .interface = interface, .timeout_ms = timeout_s * UINT64_C(1000)};
    const int lock_fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (lock_fd < 0 || flock(lock_fd, LOCK_EX | LOCK_NB) != 0) {
        const bool busy = lock_fd >= 0 && errno == EWOULDBLOCK;

        display_error("%s: %s", lock_path, busy ? "another change of the network is under way; next: wait for its end"
                                                : strerror(errno));
        if (lock_fd >= 0)
            (void) close(lock_fd);
        return busy ? NETWORK_BUSY : NETWORK_REFUSED;
    }
    change.signal_fd = hold_signals();
    const enum network_end end = begin(&change);
    network_manager_free(change.manager);
    free(change.before);
    (void) close(change.signal_fd);
    (void) close(lock_fd);
    return end;
}
