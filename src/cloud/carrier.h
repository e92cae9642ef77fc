/* SPDX-License-Identifier: MIT */
/*
 * What is published on one connection, and what the broker says to it: META and STATUS, one of each at a time; the
 * events of the two lanes, a window of them; and the search for an event that makes the broker hang up (suspects.h). A
 * carrier is made for one connection, as the client object is. Cloud thread only.
 */
#ifndef SPRINGPARK_CLOUD_CARRIER_H
#define SPRINGPARK_CLOUD_CARRIER_H

#include "cloud/cloud.h"
#include "cloud/mqtt.h"

#include <stdbool.h>
#include <stdint.h>

struct carrier;

/* settings: the connection's, must outlive the carrier. version: 5 or 4. response_ms: the broker's time for PUBACK.
 * retained: whether META and STATUS carry the retain flag. */
struct carrier *carrier_create(struct cloud *cloud, const struct cloud_settings *settings, int version,
                               uint64_t response_ms, bool retained);
void carrier_free(struct carrier *carrier);

/* The connection was accepted; main is told, and from now on things can be sent. client must outlive carrier_end. */
void carrier_begin(struct carrier *carrier, struct mqtt_client *client);

/* The connection is over. dropped: by the peer, in the way of one that does not like what it got (suspects.h). What was
 * lent is forgotten; it is for the caller to say DISCONNECTED then. */
void carrier_end(struct carrier *carrier, bool dropped);

/* What of ours has not been acknowledged; before carrier_end. */
struct carrier_unsettled {
    bool meta, status, events;
};
struct carrier_unsettled carrier_unsettled(const struct carrier *carrier);

/* While held nothing is read from the broker: no acknowledgement can come, and nothing new is begun. */
void carrier_hold(struct carrier *carrier, bool held);

/* The broker's word on a message, for mqtt_events.published. */
void carrier_settle(struct carrier *carrier, int message_id, int reason);

/* Hands over what may go now. subscribing: SUBACK has not come yet. */
void carrier_send(struct carrier *carrier, bool subscribing);

/* META and STATUS that wait go out at once, whatever is under way: the last word to a broker that is left. */
void carrier_send_last_word(struct carrier *carrier);

/* A STATUS before stopping; whether it was settled, or could not be sent. */
void carrier_send_farewell(struct carrier *carrier, const char *status);
bool carrier_farewell_is_settled(const struct carrier *carrier);

/* Whether no event waits or is in flight. */
bool carrier_is_empty(const struct carrier *carrier);

/* When the broker's time for the oldest acknowledgement that is due is over; false if none is due. */
bool carrier_deadline_ms(const struct carrier *carrier, uint64_t *deadline_ms);

/* When carrier_send is worth calling again without anything having come; false if there is no such time. */
bool carrier_resume_ms(const struct carrier *carrier, uint64_t *resume_ms);

/* Why this connection has to be given up, new memory; or NULL. */
char *carrier_failure(const struct carrier *carrier);

#endif
