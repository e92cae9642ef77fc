/* SPDX-License-Identifier: MIT */
/*
 * PUBLISH, SUBSCRIBE and delivery. An error other than MOSQ_ERR_ACL_DENIED from this callback makes mosquitto 2.0.11
 * close the connection at once, without DISCONNECT, and publish the will: what AWS does to MQTT 3.1.1, and to any
 * client that breaks a limit, where MQTT 5 is told why by a DISCONNECT. (mosquitto_kick_client_by_clientid, from here,
 * would end a connection that mosquitto is still working on.)
 * MOSQ_ERR_ACL_DENIED is PUBACK or SUBACK 0x87 for MQTT 5, and at a delivery that nothing is delivered.
 */
#include "standin.h"

#include <string.h>

#define TOPIC_BYTES 256U
#define TOPIC_SLASHES 7U
#define PAYLOAD_BYTES 131072U
#define SUBSCRIPTIONS 50
#define MESSAGES_A_SECOND 100U
#define NOT_AUTHORIZED 0x87
#define BAD_FILTER 0x8F
#define BAD_TOPIC 0x90
#define QUOTA_EXCEEDED 0x97

static void note_refusal(const struct standin *standin, const struct connection *connection,
                         const struct mosquitto_evt_acl_check *check, const char *reason, bool closed)
{
    record_write(&standin->record, "refused", json_pack("{s:s, s:s, s:s, s:b}", "client", connection->client_id,
                                                        "reason", reason, "topic", check->topic, "closed", closed));
}

/* code: what MQTT 5 is told; 0 for nothing. */
static int close_it(const struct standin *standin, const struct connection *connection,
                    const struct mosquitto_evt_acl_check *check, const char *reason, uint8_t code)
{
    if (connection->version == 5 && code != 0)
        packet_send_disconnect(connection->ssl, code);
    note_refusal(standin, connection, check, reason, true);
    return MOSQ_ERR_CONN_LOST;
}

/* What no policy allows. Only where MQTT 5 acknowledges, it can say so and go on. */
static int refuse(const struct standin *standin, const struct connection *connection,
                  const struct mosquitto_evt_acl_check *check, const char *action)
{
    if (connection->version != 5 || (check->access == MOSQ_ACL_WRITE && check->qos == 0))
        return close_it(standin, connection, check, action, NOT_AUTHORIZED);
    note_refusal(standin, connection, check, action, false);
    return MOSQ_ERR_ACL_DENIED;
}

static const char *problem_of_topic(const char *topic)
{
    unsigned slashes = 0;

    for (const char *at = topic; *at != '\0'; at++)
        slashes += *at == '/';
    if (slashes > TOPIC_SLASHES)
        return "too many slashes";
    return strlen(topic) > TOPIC_BYTES ? "topic too long" : NULL;
}

static bool may(const struct standin *standin, const struct connection *connection, const char *action,
                const char *kind, const char *topic)
{
    return connection_may(standin, connection->client_id, connection->certificate_id, action, kind, topic);
}

static int judge_publish(const struct standin *standin, const struct connection *connection,
                         const struct mosquitto_evt_acl_check *check)
{
    const char *problem = problem_of_topic(check->topic);

    if (problem != NULL)
        return close_it(standin, connection, check, problem, BAD_TOPIC);
    if (check->payloadlen > PAYLOAD_BYTES)
        return close_it(standin, connection, check, "payload too large", 0);
    if (!may(standin, connection, "iot:Publish", "topic", check->topic))
        return refuse(standin, connection, check, "iot:Publish");
    if (check->retain && !may(standin, connection, "iot:RetainPublish", "topic", check->topic))
        return refuse(standin, connection, check, "iot:RetainPublish");
    if (!connection->online)
        record_write(&standin->record, "will", json_pack("{s:s, s:s, s:b}", "client", connection->client_id, "topic",
                                                         check->topic, "retain", check->retain));
    return MOSQ_ERR_SUCCESS;
}

static int judge_subscribe(struct standin *standin, struct connection *connection,
                           const struct mosquitto_evt_acl_check *check)
{
    const char *problem = problem_of_topic(check->topic);

    if (problem != NULL)
        return close_it(standin, connection, check, problem, BAD_FILTER);
    if (mosquitto_client_sub_count(check->client) >= SUBSCRIPTIONS)
        return close_it(standin, connection, check, "too many subscriptions", QUOTA_EXCEEDED);
    if (!may(standin, connection, "iot:Subscribe", "topicfilter", check->topic))
        return refuse(standin, connection, check, "iot:Subscribe");
    if (strpbrk(check->topic, "+#") != NULL)
        standin->wildcard_subscriber = check->client;
    json_array_append_new(connection->filters, json_string(check->topic));
    record_write(&standin->record, "subscribe",
                 json_pack("{s:s, s:s, s:i}", "client", connection->client_id, "topic", check->topic, "qos",
                           check->qos));
    return MOSQ_ERR_SUCCESS;
}

static void forget_filter(struct connection *connection, const char *filter)
{
    for (size_t i = json_array_size(connection->filters); i-- > 0;) {
        if (strcmp(json_string_value(json_array_get(connection->filters, i)), filter) == 0)
            json_array_remove(connection->filters, i);
    }
}

static int judge_delivery(const struct standin *standin, struct connection *connection,
                          const struct mosquitto_evt_acl_check *check)
{
    /* What is retained comes right after the check of the SUBSCRIBE, and AWS sends it to an exact filter only. */
    if (check->retain && standin->wildcard_subscriber == check->client)
        return MOSQ_ERR_ACL_DENIED;
    if (!may(standin, connection, "iot:Receive", "topic", check->topic)) {
        note_refusal(standin, connection, check, "iot:Receive", false);
        return MOSQ_ERR_ACL_DENIED;
    }
    acl_count(standin, connection);
    return MOSQ_ERR_SUCCESS;
}

int acl_judge(struct standin *standin, const struct mosquitto_evt_acl_check *check)
{
    struct connection *connection = connection_find(standin, check->client);

    if (check->access != MOSQ_ACL_READ)
        standin->wildcard_subscriber = NULL;
    if (connection == NULL)
        return MOSQ_ERR_ACL_DENIED;
    switch (check->access) {
    case MOSQ_ACL_WRITE:
        return judge_publish(standin, connection, check);
    case MOSQ_ACL_SUBSCRIBE:
        return judge_subscribe(standin, connection, check);
    case MOSQ_ACL_READ:
        return judge_delivery(standin, connection, check);
    default: /* to unsubscribe needs no permission */
        forget_filter(connection, check->topic);
        return MOSQ_ERR_SUCCESS;
    }
}

void acl_count(const struct standin *standin, struct connection *connection)
{
    int64_t now = record_now_ms();

    if (now - connection->window_ms >= 1000) {
        connection->window_ms = now;
        connection->publishes = 0;
    }
    connection->publishes++;
    if (connection->publishes == MESSAGES_A_SECOND + 1)
        record_write(&standin->record, "too many", json_pack("{s:s}", "client", connection->client_id));
}
