/* SPDX-License-Identifier: MIT */
#include "gateway/network_watch.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "device/ipv4_plan.h"
#include "gateway/context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { JOIN_LIMIT_MS = 1000 };

/* One look: what it is to compare, and then what it found. */
struct look {
    struct queue *results;
    struct settings_ipv4 plan;
    uint64_t generation;
    char *interface;
    struct errors *differences;  /* NULL = the kernel did not say */
};

struct network_watch {
    struct gateway *gateway;
    struct queue *results;
    struct loop_source *source;
    struct thread *thread;       /* NULL = no look is under way */
    uint64_t generation;         /* of the plan: a look that began with another one counts for nothing */
    struct network_news news;
    char *interface;
    struct errors *differences;  /* of the last look, or NULL */
};

/* ---- what is to be said ---- */

void network_news_clear(struct network_news *news)
{
    free(news->seen);
    free(news->said);
    *news = (struct network_news) { 0 };
}

enum network_word network_news_take(struct network_news *news, const char *seen, uint64_t now_ms)
{
    if (news->seen == NULL || strcmp(news->seen, seen) != 0) {
        text_replace(&news->seen, seen);
        news->seen_since_ms = now_ms;
    }
    const char *said = news->said != NULL ? news->said : "";
    if (strcmp(seen, said) == 0)
        return NETWORK_SILENT;
    if (*seen != '\0' && now_ms - news->seen_since_ms < NETWORK_STEADY_MS)
        return NETWORK_SILENT;
    text_replace(&news->said, seen);
    return *seen != '\0' ? NETWORK_DIFFERS : NETWORK_AGREES;
}

/* ---- looking ---- */

static void free_look(void *memory)
{
    struct look *look = memory;

    free(look->interface);
    errors_free(look->differences);
    free(look);
}

static void run_look(void *context)
{
    struct look *look = context;
    char *error = NULL;
    struct running_network *network = running_network_read(&error);

    if (network != NULL) {
        look->differences = errors_create();
        look->interface = text_copy(ipv4_plan_interface(&look->plan, network));
        ipv4_plan_compare(&look->plan, network, look->interface, look->differences);
    } else {
        log_debug("network", "%s", error);
    }
    free(network);
    free(error);
    (void) queue_push(look->results, look);
}

static char *joined(const struct errors *differences)
{
    char *text = text_copy("");

    for (size_t i = 0; i < errors_count(differences); i++) {
        char *longer = text_format("%s%s%s", text, i == 0 ? "" : "; ", errors_get(differences, i));

        free(text);
        text = longer;
    }
    return text;
}

static void take_result(struct network_watch *watch, struct look *look)
{
    char *text = joined(look->differences);

    switch (network_news_take(&watch->news, text, clock_monotonic_ms(watch->gateway->clock))) {
    case NETWORK_DIFFERS:
        log_warning("network", "the network is not as configured: %s; springparkd changes nothing of it; "
                    "next: springparkctl network", text);
        break;
    case NETWORK_AGREES:
        log_notice("network", "the network is as register 0280 says now");
        break;
    case NETWORK_SILENT:
        break;
    }
    free(text);
    text_replace(&watch->interface, look->interface);
    errors_free(watch->differences);
    watch->differences = look->differences;
    look->differences = NULL;
}

static void on_result(void *context, int fd, uint32_t events)
{
    struct network_watch *watch = context;
    struct look *look = queue_take(watch->results);

    (void) fd;
    (void) events;
    if (look == NULL)
        return;
    /* Its last word is the result: it has nothing left to do but to return. */
    (void) thread_join(watch->thread, JOIN_LIMIT_MS);
    watch->thread = NULL;
    const bool outdated = look->generation != watch->generation;
    if (!outdated && look->differences != NULL)
        take_result(watch, look);
    free_look(look);
    if (outdated)
        network_watch_look(watch);
}

/* ---- for the gateway ---- */

struct network_watch *network_watch_create(struct gateway *gateway)
{
    struct network_watch *watch = memory_zeroed(1, sizeof *watch);

    watch->gateway = gateway;
    watch->results = queue_create(1, free_look);
    watch->source = loop_add_io(gateway->loop, queue_fd(watch->results), EPOLLIN, on_result, watch);
    loop_set_name(watch->source, "comparing the network with its settings");
    return watch;
}

static void forget(struct network_watch *watch)
{
    network_news_clear(&watch->news);
    text_replace(&watch->interface, NULL);
    errors_free(watch->differences);
    watch->differences = NULL;
}

bool network_watch_free(struct network_watch *watch, uint64_t limit_ms)
{
    if (watch == NULL)
        return true;
    loop_source_free(watch->source);
    forget(watch);
    if (watch->thread != NULL && !thread_join(watch->thread, limit_ms))
        return false;
    queue_free(watch->results);
    free(watch);
    return true;
}

void network_watch_configure(struct network_watch *watch)
{
    watch->generation++;
    forget(watch);
    network_watch_look(watch);
}

void network_watch_look(struct network_watch *watch)
{
    const struct settings_ipv4 *plan = &watch->gateway->plan->settings->ipv4;

    if (!plan->stated || watch->thread != NULL)
        return;
    struct look *look = memory_zeroed(1, sizeof *look);
    look->results = watch->results;
    look->plan = *plan;
    look->generation = watch->generation;
    watch->thread = thread_start("network", run_look, look);
    if (watch->thread == NULL)
        free_look(look);
}

json_t *network_watch_account(const struct network_watch *watch)
{
    json_t *list = json_array();

    if (watch->differences == NULL) {
        json_decref(list);
        return json_null();
    }
    for (size_t i = 0; i < errors_count(watch->differences); i++)
        json_array_append_new(list, json_string(errors_get(watch->differences, i)));
    return json_pack("{s:o, s:o}", "interface", watch->interface != NULL ? json_string(watch->interface) : json_null(),
                     "differences", list);
}
