/* SPDX-License-Identifier: MIT */
/*
 * What AWS IoT Core takes, and what of it a setting can break. The figures are those of AWS's pages "AWS IoT Core
 * endpoints and quotas" (message broker) and "Device communication protocols". Nobody lives here: the carrier holds
 * itself to the rates, the session to the pace of connections, and cloud_check_settings refuses what cannot work.
 *
 * Pure; any thread.
 */
#ifndef SPRINGPARK_CLOUD_AWS_H
#define SPRINGPARK_CLOUD_AWS_H

#include "base/errors.h"
#include "cloud/cloud.h"

#include <stdbool.h>
#include <stdint.h>

#define AWS_TOPIC_BYTES 256U
#define AWS_TOPIC_SLASHES 7U
#define AWS_CLIENT_ID_BYTES 128U
#define AWS_PAYLOAD_BYTES 131072U
#define AWS_KEEP_ALIVE_MIN_S 30U
#define AWS_KEEP_ALIVE_MAX_S 1200U

/* Unacknowledged publishes on one connection. */
#define AWS_IN_FLIGHT 100U

/* A second and connection, both directions together; what comes beyond is discarded without PUBACK. Ours is less: the
 * throttle lets a burst through on top, a last word and the farewell do not wait for it, and commands count, too. */
#define AWS_PUBLISH_RATE 100U
#define AWS_OUR_PUBLISH_RATE 90U

/* One CONNECT a second is taken from one client id. */
#define AWS_CONNECT_GAP_MS 1000U

/* Whether that is the name of an AWS IoT Core endpoint of an account: ...iot.REGION.amazonaws.com, in China with .cn
 * behind. A customer's own domain name for one cannot be told from any other broker's. */
bool aws_is_endpoint(const char *host);

/* The protocol to offer by ALPN on that port, or NULL for none: on 443 AWS IoT Core would speak HTTP without it, on
 * 8883 there is none to offer. Whatever the host: a domain name of one's own may be an AWS endpoint's, and a broker
 * that does not know ALPN ignores it. */
const char *aws_alpn(uint16_t port);

/* For an AWS endpoint: adds to errors what it would refuse, close or throttle for ever, to notes what works otherwise
 * than it is written. Each begins with the setting ("mqtt.port: ..."). For any other broker: nothing. */
void aws_check_settings(const struct cloud_settings *settings, struct errors *errors, struct errors *notes);

#endif
