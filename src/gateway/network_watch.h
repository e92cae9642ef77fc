/* SPDX-License-Identifier: MIT */
/*
 * Whether the network runs as register 0280 says: looked at over and over, said in the log when that changes. A network
 * that is only coming up differs for a while, so a difference is said once it has stood for NETWORK_STEADY_MS. It
 * has no part in State and Health: the box works. Looking reads a file, so a short-lived thread does it.
 *
 * network_news_* is pure; the rest is the main thread's.
 */
#ifndef SPRINGPARK_GATEWAY_NETWORK_WATCH_H
#define SPRINGPARK_GATEWAY_NETWORK_WATCH_H

#include "base/errors.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { NETWORK_STEADY_MS = 20000 };

/* What was seen and what was said, as one text, "" = no difference. Zeroed memory is the beginning. */
struct network_news {
    char *seen;              /* NULL = nothing yet */
    char *said;
    uint64_t seen_since_ms;
};

enum network_word { NETWORK_SILENT, NETWORK_DIFFERS, NETWORK_AGREES };

/* What is to be said now, given what is seen now. */
enum network_word network_news_take(struct network_news *news, const char *seen, uint64_t now_ms);
/* Forgets all of it. */
void network_news_clear(struct network_news *news);

struct gateway;
struct network_watch;

/* Needs gateway->loop. */
struct network_watch *network_watch_create(struct gateway *gateway);
/* False: its thread hangs and is left behind with what it uses. */
bool network_watch_free(struct network_watch *watch, uint64_t limit_ms);
/* A new plan is the gateway's: what was seen and said counts no more. */
void network_watch_configure(struct network_watch *watch);
/* Looks anew, unless a look is under way or nobody set 0280. */
void network_watch_look(struct network_watch *watch);
/* For `status`: null where nobody set 0280, else interface (or null) and differences. */
json_t *network_watch_account(const struct network_watch *watch);

#endif
