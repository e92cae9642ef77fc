/* SPDX-License-Identifier: MIT */
/*
 * Awaiting registration. A broker that registers certificates when they come (just-in-time registration and provisioning
 * of AWS IoT Core) drops the first connections of a new one, in one of three ways that were observed: the TLS handshake
 * ends well and the connection is closed or reset in place of CONNACK; the handshake is broken off once the certificate
 * was sent; an alert refuses the certificate. That is no fault: it is tried again, until the broker lets it in. Only if
 * that takes too long is there something to check.
 *
 * Pure: the time is injected. One thread.
 */
#ifndef SPRINGPARK_CLOUD_AWAITING_H
#define SPRINGPARK_CLOUD_AWAITING_H

#include "cloud/mqtt_end.h"
#include "cloud/registration.h"

#include <stdbool.h>
#include <stdint.h>

/* After so long without CONNACK 0 there is a warning. */
#define AWAITING_PATIENCE_MS 600000U

struct awaiting {
    struct registration registration; /* of what */
    bool active;
    bool told;                 /* that it has begun */
    bool warned;               /* that it takes too long */
    uint64_t since_ms;         /* of the first such drop */
};

/* What there is to tell. */
enum awaiting_news { AWAITING_NO_NEWS, AWAITING_BEGINS, AWAITING_TOO_LONG };

/* Whether a connection that ended so ended in one of the three ways. certificate_sent: in this connection's handshake.
 * alert: the peer's, or TLS_NO_ALERT; "certificate expired" is about the clock, and no way of these. */
bool awaiting_is_such_an_end(const struct mqtt_end *end, bool certificate_sent, int alert);

/* Such an end of a connection with a certificate that this broker has never accepted. Another certificate or broker than
 * the last time starts the time anew; what else fails in between does not. patience_ms: as AWAITING_PATIENCE_MS. */
enum awaiting_news awaiting_note_drop(struct awaiting *awaiting, const struct registration *registration,
                                      uint64_t now_ms, uint64_t patience_ms);

/* The broker has accepted the certificate. */
void awaiting_end(struct awaiting *awaiting);

/* Why it waits and what happens next, or, after the warning, what to check. One sentence, new memory. client_id: what the
 * thing must be called. */
char *awaiting_text(const struct awaiting *awaiting, const char *client_id, uint64_t patience_ms);

#endif
