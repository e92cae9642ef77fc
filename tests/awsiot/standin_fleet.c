/* SPDX-License-Identifier: MIT */
/*
 * Fleet provisioning; AWS's pages "Device provisioning MQTT API" and "Provisioning devices that don't have device
 * certificates using fleet provisioning". Only the requester gets an answer, and only if it has subscribed to the
 * answer's topic and may receive there.
 */
#include "standin.h"

#include "standin_x509.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_TOPIC "$aws/certificates/create-from-csr/json"
#define TEMPLATES_TOPIC "$aws/provisioning-templates/"
#define PROVISION_END "/provision/json"
#define TOKEN_MS (60 * 60 * 1000)

/* Whose publish it was, and what it says. */
struct demand {
    struct standin *standin;
    const struct connection *connection;
    const char *topic;
    const json_t *request; /* NULL if it is no JSON object */
};

static bool has_subscribed(const struct connection *connection, const char *topic)
{
    size_t i;
    json_t *filter;

    json_array_foreach(connection->filters, i, filter) {
        bool match = false;
        if (mosquitto_topic_matches_sub(json_string_value(filter), topic, &match) == MOSQ_ERR_SUCCESS && match)
            return true;
    }
    return false;
}

/* body is taken over. */
static void answer(const struct demand *demand, const char *end, json_t *body)
{
    const struct connection *connection = demand->connection;
    char topic[320];
    char *payload = json_dumps(body, JSON_COMPACT);

    json_decref(body);
    snprintf(topic, sizeof topic, "%s/%s", demand->topic, end);
    bool goes_out = payload != NULL && has_subscribed(connection, topic)
        && connection_may(demand->standin, connection->client_id, connection->certificate_id, "iot:Receive", "topic",
                          topic);
    if (goes_out)
        mosquitto_broker_publish_copy(connection->client_id, topic, (int) strlen(payload), payload, 1, false, NULL);
    record_write(&demand->standin->record, "answer", json_pack("{s:s, s:s, s:b}", "client", connection->client_id,
                                                               "topic", topic, "delivered", goes_out));
    free(payload);
}

/* AWS documents the three fields; the code's words are those of its API. */
static void reject(const struct demand *demand, int status, const char *code, const char *message)
{
    answer(demand, "rejected", json_pack("{s:i, s:s, s:s}", "statusCode", status, "errorCode", code, "errorMessage",
                                         message));
}

/* 64 random hex digits; the caller's. */
static char *make_token(void)
{
    unsigned char bytes[32];
    char *token = calloc(1, 2 * sizeof bytes + 1);

    if (token == NULL || RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return token;
}

static void answer_with_certificate(const struct demand *demand, const X509 *certificate)
{
    struct registry *registry = &demand->standin->registry;
    char *id = x509_id(certificate);
    char *pem = x509_to_pem(certificate);
    char *token = make_token();
    json_t *entry = registry_add_certificate(registry, certificate, id, "PENDING_ACTIVATION");

    json_object_set_new(entry, "token", json_string(token));
    json_object_set_new(entry, "token_until_ms", json_integer(record_now_ms() + TOKEN_MS));
    registry_save(registry);
    record_write(&demand->standin->record, "created", json_pack("{s:s, s:s}", "client",
                                                                demand->connection->client_id, "certificate", id));
    answer(demand, "accepted", json_pack("{s:s, s:s, s:s}", "certificateId", id, "certificatePem", pem,
                                         "certificateOwnershipToken", token));
    free(id);
    free(pem);
    free(token);
}

static void create_from_csr(const struct demand *demand)
{
    const char *csr = json_string_value(json_object_get(demand->request, "certificateSigningRequest"));
    const char *error = "The request has no certificateSigningRequest";
    X509 *certificate = csr == NULL ? NULL : x509_sign_request(csr, demand->standin->folder, &error);

    if (certificate == NULL) {
        reject(demand, 400, csr == NULL ? "InvalidPayload" : "InvalidCertificateSigningRequest", error);
        return;
    }
    answer_with_certificate(demand, certificate);
    X509_free(certificate);
}

/* The certificate that the token stands for, with its id; NULL if there is none, or its hour is over. */
static json_t *find_token(const struct registry *registry, const char *token, const char **id)
{
    const char *key;
    json_t *entry;

    json_object_foreach(json_object_get(registry->root, "certificates"), key, entry) {
        const char *its_token = json_string_value(json_object_get(entry, "token"));
        json_int_t until_ms = json_integer_value(json_object_get(entry, "token_until_ms"));
        if (its_token == NULL || token == NULL || strcmp(its_token, token) != 0 || record_now_ms() > until_ms)
            continue;
        *id = key;
        return entry;
    }
    return NULL;
}

static void provision(const struct demand *demand, const json_t *template_body, json_t *entry, const char *id)
{
    struct registry *registry = &demand->standin->registry;
    const char *error = NULL;
    json_t *parameters = json_deep_copy(json_object_get(demand->request, "parameters"));

    if (!json_is_object(parameters)) {
        json_decref(parameters);
        parameters = json_object();
    }
    json_object_set_new(parameters, "AWS::IoT::Certificate::Id", json_string(id));
    const char *thing = registry_property(template_body, "AWS::IoT::Thing", "ThingName", parameters);
    if (thing != NULL && registry_has(registry, "hook_refuses", thing)) {
        reject(demand, 403, "AccessDenied", "The pre-provisioning hook does not allow it");
    } else if (!registry_provision(registry, template_body, parameters, entry, &error)) {
        reject(demand, 400, "InvalidParameters", error);
    } else {
        json_object_del(entry, "token");
        registry_save(registry);
        record_write(&demand->standin->record, "provisioned", json_pack("{s:s, s:s, s:s?}", "certificate", id, "by",
                                                                        "fleet", "thing", thing));
        answer(demand, "accepted", json_pack("{s:{}, s:s?}", "deviceConfiguration", "thingName", thing));
    }
    json_decref(parameters);
}

static void register_thing(const struct demand *demand, const char *name)
{
    const struct registry *registry = &demand->standin->registry;
    const char *token = json_string_value(json_object_get(demand->request, "certificateOwnershipToken"));
    const json_t *template_body = registry_find(registry, "templates", name);
    const char *id = NULL;
    json_t *entry = find_token(registry, token, &id);

    if (demand->request == NULL)
        reject(demand, 400, "InvalidPayload", "The request is no JSON object");
    else if (template_body == NULL)
        reject(demand, 404, "ResourceNotFound", "There is no template of that name");
    else if (entry == NULL)
        reject(demand, 400, "InvalidCertificateOwnershipToken", "The certificate ownership token is not valid");
    else
        provision(demand, template_body, entry, id);
}

/* The name of the template in the topic; the caller's. NULL if it is no such topic. */
static char *template_name(const char *topic)
{
    size_t length = strlen(topic);
    size_t around = strlen(TEMPLATES_TOPIC) + strlen(PROVISION_END);

    if (length <= around || strncmp(topic, TEMPLATES_TOPIC, strlen(TEMPLATES_TOPIC)) != 0
        || strcmp(topic + length - strlen(PROVISION_END), PROVISION_END) != 0)
        return NULL;
    return strndup(topic + strlen(TEMPLATES_TOPIC), length - around);
}

void fleet_answer(struct standin *standin, const struct connection *connection,
                  const struct mosquitto_evt_message *message)
{
    char *name = template_name(message->topic);
    bool creates = strcmp(message->topic, CREATE_TOPIC) == 0;

    if (name == NULL && !creates)
        return;
    json_t *request = json_loadb(message->payload, message->payloadlen, 0, NULL);
    const struct demand demand = {
        .standin = standin,
        .connection = connection,
        .topic = message->topic,
        .request = json_is_object(request) ? request : NULL,
    };
    if (creates)
        create_from_csr(&demand);
    else
        register_thing(&demand, name);
    json_decref(request);
    free(name);
}
