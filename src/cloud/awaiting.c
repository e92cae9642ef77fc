/* SPDX-License-Identifier: MIT */
#include "cloud/awaiting.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>

/* RFC 8446 section 6. */
#define ALERT_CERTIFICATE_EXPIRED 45

/* An end by the peer: closed, reset, or by an alert. A network that fails says nothing about the certificate. */
static bool is_by_the_peer(const struct mqtt_end *end)
{
    if (end->cause == MQTT_END_BROKEN)
        return end->system_error == 0 || end->system_error == ECONNRESET || end->system_error == EPIPE;
    if (end->cause == MQTT_END_HANDSHAKE)
        return end->system_error == 0 || end->system_error == EPROTO;
    /* It may break in the very first write of the handshake's last flight, inside the library's connect. */
    if (end->cause == MQTT_END_UNCONNECTED)
        return end->system_error == ECONNRESET || end->system_error == EPIPE;
    return end->cause == MQTT_END_CLOSED;
}

bool awaiting_is_such_an_end(const struct mqtt_end *end, bool certificate_sent, int alert)
{
    return end->tls && certificate_sent && !end->accepted && alert != ALERT_CERTIFICATE_EXPIRED && is_by_the_peer(end);
}

enum awaiting_news awaiting_note_drop(struct awaiting *awaiting, const struct registration *registration,
                                      uint64_t now_ms, uint64_t patience_ms)
{
    if (!awaiting->active || !registration_equal(&awaiting->registration, registration))
        *awaiting = (struct awaiting) { .registration = *registration, .active = true, .since_ms = now_ms };
    if (!awaiting->warned && now_ms - awaiting->since_ms >= patience_ms) {
        awaiting->warned = true;
        awaiting->told = true;
        return AWAITING_TOO_LONG;
    }
    bool told = awaiting->told;
    awaiting->told = true;
    return told ? AWAITING_NO_NEWS : AWAITING_BEGINS;
}

void awaiting_end(struct awaiting *awaiting)
{
    *awaiting = (struct awaiting) { .active = false };
}

char *awaiting_text(const struct awaiting *awaiting, const char *client_id, uint64_t patience_ms)
{
    const struct registration *of = &awaiting->registration;
    uint64_t seconds = (patience_ms + 999) / 1000;
    const char *unit = seconds >= 60 && seconds % 60 == 0 ? "min" : "s";

    if (!awaiting->warned)
        return text_format("%s port %u has never accepted this certificate and drops it: a broker that registers "
                           "certificates when they come (AWS IoT Core) does so at first; next: it is tried again, and "
                           "goes on by itself once the certificate is registered and active", of->host,
                           (unsigned) of->port);
    return text_format("%s port %u has not accepted this certificate for more than %" PRIu64 " %s, and it is still tried; "
                       "check that its CA is registered and ACTIVE, with automatic registration on, in the region of that "
                       "endpoint; the certificate's status (aws iot list-certificates-by-ca); the log of the rule's "
                       "Lambda function, or the provisioning template; that a policy is attached to it, and the thing, whose "
                       "name must be the client id \"%s\"; that SNI is on (mqtt.tls.sni)", of->host, (unsigned) of->port,
                       unit[0] == 'm' ? seconds / 60 : seconds, unit, client_id);
}
