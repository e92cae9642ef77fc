/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt_end.h"

#include "base/memory.h"
#include "cloud/mqtt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *refusal_advice_5(int reason)
{
    switch (reason) {
    case 0x85: return "; check mqtt.client_id";
    case 0x86: return "; check mqtt.login and mqtt.password";
    case 0x87: return "; check the broker's policy or ACL for this client id, certificate and will topic";
    case 0x8A: return "; the broker's operator has banned this client";
    case 0x90: return "; check the topic of the last will";
    case 0x9A: return "; switch off mqtt.options.retained";
    case 0x9B: return "; lower mqtt.options.publish_qos, which is the will's QoS, too";
    default: return "";
    }
}

static const char *refusal_advice_3(int reason)
{
    switch (reason) {
    case 2: return "; check mqtt.client_id";
    case 4: return "; check mqtt.login and mqtt.password";
    case 5: return "; check the broker's policy or ACL for this client id, certificate and will topic";
    default: return "";
    }
}

static char *refused_text(const struct mqtt_end *end)
{
    const char *words = mqtt_reason_text(end->version, end->reason);

    if (end->version == 5)
        return text_format("the broker refused the connection: %s (0x%02X)%s", words, (unsigned) end->reason,
                           refusal_advice_5(end->reason));
    return text_format("the broker refused the connection: %s (code %d)%s", words, end->reason,
                       refusal_advice_3(end->reason));
}

static char *said_text(const struct mqtt_end *end)
{
    if (end->reason == 0x8E)
        return text_format("the broker ended the connection: session taken over (0x8E): another client uses the client "
                           "id \"%s\"; give each device its own", end->client_id);
    return text_format("the broker ended the connection: %s (0x%02X)", mqtt_reason_text(5, end->reason),
                       (unsigned) end->reason);
}

static char *timeout_text(const struct mqtt_end *end)
{
    unsigned seconds = (end->connect_timeout_ms + 999) / 1000;

    if (end->tls && !end->established)
        return text_format("%s did not finish the TLS handshake within %u s; check that a broker with TLS listens there",
                           end->host, seconds);
    return text_format("%s sent no CONNACK within %u s; check that an MQTT broker listens there", end->host, seconds);
}

static char *unconnected_text(const struct mqtt_end *end)
{
    if (end->system_error == EINTR) /* by call_limit.h */
        return text_format("%s did not answer within %u s; check that the broker works", end->host,
                           (end->connect_timeout_ms + 999) / 1000);
    return text_format("no connection to %s: %s", end->host,
                       end->system_error != 0 ? strerror(end->system_error) : end->library_text);
}

/* What an end without a word means depends on how far the connection had come. */
static const char *phase(const struct mqtt_end *end)
{
    if (end->accepted)
        return "";
    if (end->tls && !end->established)
        return " during the TLS handshake";
    return " instead of sending CONNACK";
}

static char *plain_text(const struct mqtt_end *end)
{
    switch (end->cause) {
    case MQTT_END_UNCONNECTED:
        return unconnected_text(end);
    case MQTT_END_HANDSHAKE: /* tls.c knows more about most of these */
        return text_format("the connection to %s broke during the TLS handshake (%s)", end->host, end->library_text);
    case MQTT_END_ASKED:
        return text_copy("disconnected");
    case MQTT_END_TIMEOUT:
        return timeout_text(end);
    case MQTT_END_REFUSED:
        return refused_text(end);
    case MQTT_END_SAID:
        return said_text(end);
    case MQTT_END_CLOSED:
        return text_format("the broker closed the connection%s", phase(end));
    case MQTT_END_BROKEN:
        if (end->system_error == 0)
            return text_format("the broker broke off the connection%s", phase(end));
        return text_format("the connection broke (%s)%s", strerror(end->system_error), phase(end));
    case MQTT_END_KEEP_ALIVE:
        return text_format("the broker did not answer within the keep-alive of %u s", end->keep_alive_s);
    case MQTT_END_NONSENSE:
        return text_copy("the broker sent something that is not MQTT; check mqtt.port");
    case MQTT_END_OTHER:
        break;
    }
    return text_format("the connection ended (%s)%s", end->library_text, phase(end));
}

char *mqtt_end_text(const struct mqtt_end *end)
{
    char *text = plain_text(end);

    if (end->reason_string == NULL || end->reason_string[0] == '\0')
        return text;
    char *longer = text_format("%s (the broker says: \"%s\")", text, end->reason_string);
    free(text);
    return longer;
}

void mqtt_end_make_line(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char) *at < 0x20 || *at == 0x7F)
            *at = ' ';
    }
}

void mqtt_end_keep(struct mqtt_end *kept, const struct mqtt_end *end)
{
    if (kept == NULL)
        return;
    *kept = *end;
    kept->host = kept->client_id = kept->reason_string = kept->library_text = NULL;
}

/* Reasons of MQTT 5 that are about the connection, the broker or the rate of messages, not about one of them. */
static bool is_about_no_message(int reason)
{
    switch (reason) {
    case 0x89: /* server busy */
    case 0x8B: /* server shutting down */
    case 0x8D: /* keep alive timeout */
    case 0x8E: /* session taken over */
    case 0x93: /* receive maximum exceeded */
    case 0x96: /* message rate too high */
    case 0x97: /* quota exceeded */
    case 0x98: /* administrative action */
    case 0x9C: /* use another server */
    case 0x9D: /* server moved */
    case 0x9F: /* connection rate exceeded */
    case 0xA0: /* maximum connect time */
        return true;
    default:
        return false;
    }
}

bool mqtt_end_is_drop(const struct mqtt_end *end)
{
    if (!end->accepted)
        return false;
    if (end->cause == MQTT_END_SAID)
        return !is_about_no_message(end->reason);
    if (end->cause == MQTT_END_BROKEN) /* 0: by a TLS alert, or without close_notify */
        return end->system_error == 0 || end->system_error == ECONNRESET || end->system_error == EPIPE;
    return end->cause == MQTT_END_CLOSED;
}
