/* SPDX-License-Identifier: MIT */
/*
 * CONNECT: the certificate first, then the client id, its pace, and the policies for connection and will. AWS closes
 * MQTT 3.1.1 without CONNACK, and so does this; MQTT 5 gets CONNACK 0x87, except where the certificate is not active:
 * that is before any MQTT.
 */
#include "standin.h"

#include "standin_x509.h"

#include <stdlib.h>
#include <string.h>

#define CLIENT_ID_BYTES 128U
#define TOPIC_SLASHES 7U
#define BAD_CLIENT_ID 0x85
#define NOT_AUTHORIZED 0x87
#define TAKEN_OVER 0x8E

/* What is known of a client that asks to be let in. */
struct candidate {
    struct standin *standin;
    const char *client_id;
    const char *certificate_id;
    const struct packet_connect *packet; /* or NULL */
    int version;
};

static json_t *describe(const struct candidate *candidate)
{
    json_t *fields = json_pack("{s:s, s:s?, s:i}", "client", candidate->client_id, "certificate",
                               candidate->certificate_id, "version", candidate->version);
    const struct packet_connect *packet = candidate->packet;

    if (packet == NULL)
        return fields;
    json_object_set_new(fields, "keep_alive", json_integer(packet->keep_alive_s));
    json_object_set_new(fields, "clean", json_boolean(packet->clean));
    if (packet->will)
        json_object_set_new(fields, "will", json_pack("{s:s, s:i, s:b}", "topic", packet->will_topic, "qos",
                                                      packet->will_qos, "retain", packet->will_retain));
    return fields;
}

static int drop(const struct candidate *candidate, const char *reason)
{
    json_t *fields = describe(candidate);

    json_object_set_new(fields, "reason", json_string(reason));
    record_write(&candidate->standin->record, "drop", fields);
    return MOSQ_ERR_CONN_LOST;
}

static int refuse(const struct candidate *candidate, const char *reason, uint8_t code)
{
    if (candidate->version == 5 && candidate->packet != NULL)
        packet_send_connack(candidate->packet->ssl, code);
    return drop(candidate, reason);
}

/* The event that AWS publishes, for a rule: each time that a certificate which is not active yet connects. */
static void tell_of_registration(const struct candidate *candidate)
{
    struct standin *standin = candidate->standin;
    char topic[128];
    json_t *event = json_pack("{s:s, s:s, s:I, s:s, s:s}", "certificateId", candidate->certificate_id,
                              "caCertificateId", standin->ca_id, "timestamp", (json_int_t) record_now_ms(),
                              "certificateStatus", "PENDING_ACTIVATION", "awsAccountId",
                              registry_text(&standin->registry, "account", "ACCOUNT"));

    snprintf(topic, sizeof topic, "$aws/events/certificates/registered/%s", standin->ca_id);
    char *payload = json_dumps(event, JSON_COMPACT);
    if (payload != NULL)
        mosquitto_broker_publish_copy(NULL, topic, (int) strlen(payload), payload, 1, false, NULL);
    free(payload);
    record_write(&standin->record, "registered", json_pack("{s:s, s:o}", "client", candidate->client_id, "event",
                                                           event));
}

/* The certificate of a customer's CA that connects for the first time, if its CA lets it in that way. */
static int register_certificate(const struct candidate *candidate, X509 *certificate)
{
    struct standin *standin = candidate->standin;

    if (strcmp(registry_text(&standin->registry, "registration", "jitp"), "none") == 0
        || !x509_is_signed_by(certificate, standin->ca))
        return drop(candidate, "unknown");
    json_t *entry = registry_add_certificate(&standin->registry, certificate, candidate->certificate_id,
                                             "PENDING_ACTIVATION");
    json_object_set_new(entry, "due_ms", json_integer(record_now_ms()
                                                      + registry_number(&standin->registry, "delay_ms", 2000)));
    registry_save(&standin->registry);
    tell_of_registration(candidate);
    return drop(candidate, "registered");
}

/* Faster than one a second: those that come too soon are dropped, and counted by their records. The time between two is
 * measured here, where a busy machine may have kept the first one waiting, so a little less than a second passes. */
static bool comes_too_soon(const struct candidate *candidate)
{
    struct standin *standin = candidate->standin;
    json_int_t now = record_now_ms();
    const json_t *latest = json_object_get(standin->latest_connects, candidate->client_id);
    json_int_t gap = registry_number(&standin->registry, "connect_gap_ms", 900);
    bool too_soon = latest != NULL && now - json_integer_value(latest) < gap;

    json_object_set_new(standin->latest_connects, candidate->client_id, json_integer(now));
    return too_soon;
}

static const char *problem_of_client_id(const char *client_id)
{
    if (client_id[0] == '\0')
        return "client id missing";
    if (client_id[0] == '$')
        return "client id begins with $";
    return strlen(client_id) > CLIENT_ID_BYTES ? "client id too long" : NULL;
}

static bool may(const struct candidate *candidate, const char *action, const char *kind, const char *name)
{
    return connection_may(candidate->standin, candidate->client_id, candidate->certificate_id, action, kind, name);
}

static const char *problem_of_will(const struct candidate *candidate)
{
    const struct packet_connect *packet = candidate->packet;
    unsigned slashes = 0;

    if (packet == NULL || !packet->will)
        return NULL;
    for (const char *at = packet->will_topic; *at != '\0'; at++)
        slashes += *at == '/';
    if (slashes > TOPIC_SLASHES)
        return "will: too many slashes";
    if (!may(candidate, "iot:Publish", "topic", packet->will_topic))
        return "will: iot:Publish";
    if (packet->will_retain && !may(candidate, "iot:RetainPublish", "topic", packet->will_topic))
        return "will: iot:RetainPublish";
    return NULL;
}

static int judge_certificate(const struct candidate *candidate, X509 *certificate)
{
    const json_t *entry = registry_find(&candidate->standin->registry, "certificates", candidate->certificate_id);
    const char *status = registry_status(entry);

    if (entry == NULL)
        return register_certificate(candidate, certificate);
    if (strcmp(status, "ACTIVE") == 0)
        return MOSQ_ERR_SUCCESS;
    if (strcmp(status, "PENDING_ACTIVATION") != 0)
        return drop(candidate, "inactive");
    tell_of_registration(candidate);
    return drop(candidate, "pending");
}

static int judge_mqtt(const struct candidate *candidate)
{
    const char *problem = problem_of_client_id(candidate->client_id);

    if (problem != NULL)
        return refuse(candidate, problem, BAD_CLIENT_ID);
    if (!may(candidate, "iot:Connect", "client", candidate->client_id))
        problem = "iot:Connect";
    if (problem == NULL)
        problem = problem_of_will(candidate);
    return problem == NULL ? MOSQ_ERR_SUCCESS : refuse(candidate, problem, NOT_AUTHORIZED);
}

/* mosquitto closes the older one of two clients with one id, but does not say so to MQTT 5. */
static void tell_older_client(const struct candidate *candidate)
{
    for (const struct connection *one = candidate->standin->connections; one != NULL; one = one->next) {
        if (one->online && one->version == 5 && strcmp(one->client_id, candidate->client_id) == 0)
            packet_send_disconnect(one->ssl, TAKEN_OVER);
    }
}

static int judge(const struct candidate *candidate, struct mosquitto *client, X509 *certificate)
{
    bool too_soon = comes_too_soon(candidate);
    int result = too_soon ? drop(candidate, "throttled") : judge_certificate(candidate, certificate);

    if (result == MOSQ_ERR_SUCCESS)
        result = judge_mqtt(candidate);
    if (result != MOSQ_ERR_SUCCESS)
        return result;
    tell_older_client(candidate);
    struct connection *connection = connection_add(candidate->standin, client, candidate->client_id,
                                                   candidate->certificate_id);
    connection->version = candidate->version;
    connection->ssl = candidate->packet == NULL ? NULL : candidate->packet->ssl;
    record_write(&candidate->standin->record, "connect", describe(candidate));
    return MOSQ_ERR_SUCCESS;
}

int connect_judge(struct standin *standin, struct mosquitto *client)
{
    const char *client_id = mosquitto_client_id(client);
    struct candidate candidate = {
        .standin = standin,
        .client_id = client_id == NULL ? "" : client_id,
        .packet = packet_latest_connect(),
        .version = mosquitto_client_protocol_version(client),
    };
    X509 *certificate = mosquitto_client_certificate(client);

    if (certificate == NULL)
        return drop(&candidate, "no certificate");
    char *id = x509_id(certificate);
    candidate.certificate_id = id;
    int result = judge(&candidate, client, certificate);
    free(id);
    X509_free(certificate);
    return result;
}

/* ---- just-in-time provisioning ----------------------------------------------------------------------------------- */

static void provision(struct standin *standin, const char *id, json_t *entry)
{
    const char *error = "The CA has no template";
    const json_t *template_body = registry_find(&standin->registry, "templates", "jitp");
    json_t *parameters = json_pack("{s:s, s:s*}", "AWS::IoT::Certificate::Id", id,
                                   "AWS::IoT::Certificate::CommonName",
                                   json_string_value(json_object_get(entry, "common_name")));
    bool done = template_body != NULL
        && registry_provision(&standin->registry, template_body, parameters, entry, &error);

    json_object_del(entry, "due_ms");
    registry_save(&standin->registry);
    record_write(&standin->record, done ? "provisioned" : "not provisioned",
                 json_pack("{s:s, s:s, s:s?}", "certificate", id, "by", "jitp", "error", done ? NULL : error));
    json_decref(parameters);
}

void connect_register_due(struct standin *standin)
{
    json_int_t now = record_now_ms();
    const char *id;
    json_t *entry;

    if (strcmp(registry_text(&standin->registry, "registration", "jitp"), "jitp") != 0)
        return;
    json_object_foreach(json_object_get(standin->registry.root, "certificates"), id, entry) {
        const json_t *due = json_object_get(entry, "due_ms");
        if (due != NULL && json_integer_value(due) <= now && strcmp(registry_status(entry), "PENDING_ACTIVATION") == 0)
            provision(standin, id, entry);
    }
}
