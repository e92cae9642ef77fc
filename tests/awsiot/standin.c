/* SPDX-License-Identifier: MIT */
/*
 * A plugin that makes of mosquitto 2 a stand-in for AWS IoT Core; what it imitates and what it does not is said in
 * standin.py, which sets up and starts it all:
 *
 *   plugin /path/libstandin.so          which is in LD_PRELOAD, too: see standin_packet.h
 *   plugin_opt_folder FOLDER
 *
 * FOLDER has registry.json (standin_registry.h), control.jsonl (standin_control.c), records.jsonl (what happened),
 * device-ca.pem (the customer's CA) and issuing-ca.pem, .key (AWS's own, for fleet provisioning).
 *
 * Records: {"at":N,"what":WHAT,...}, "at" in nanoseconds of CLOCK_MONOTONIC:
 *   start
 *   drop         client certificate version reason ...   not let in: registered, pending, inactive, unknown, throttled,
 *                                                        iot:Connect, "will: iot:Publish", ...
 *   registered   client event                            what AWS publishes for a rule: certificateId, ...
 *   provisioned  certificate by                          "jitp" or "fleet"
 *   connect      client certificate version keep_alive clean will{topic qos retain}
 *   publish      client topic qos retain payload         accepted; payload is null if it is no UTF-8
 *   subscribe    client topic qos                        granted
 *   refused      client reason topic closed              iot:Publish, iot:Subscribe, iot:Receive, too many slashes, ...
 *   too many     client                                  more than 100 messages in a second
 *   will         client topic retain                     published
 *   created      client certificate                      create-from-csr
 *   answer       client topic delivered
 *   disconnect   client
 *   control      number error
 */
#include "standin.h"

#include "standin_x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_basic_auth(int event, void *data, void *context)
{
    const struct mosquitto_evt_basic_auth *request = data;
    struct standin *standin = context;

    (void) event;
    standin->wildcard_subscriber = NULL;
    control_follow(standin);
    return connect_judge(standin, request->client);
}

static int on_acl_check(int event, void *data, void *context)
{
    (void) event;
    return acl_judge(context, data);
}

/* An accepted one, before it is acknowledged. */
static int on_message(int event, void *data, void *context)
{
    const struct mosquitto_evt_message *message = data;
    struct standin *standin = context;
    struct connection *connection = connection_find(standin, message->client);

    (void) event;
    if (connection == NULL)
        return MOSQ_ERR_SUCCESS;
    acl_count(standin, connection);
    json_t *payload = json_stringn(message->payload == NULL ? "" : message->payload, message->payloadlen);
    json_t *fields = json_pack("{s:s, s:s, s:i, s:b}", "client", connection->client_id, "topic", message->topic,
                               "qos", message->qos, "retain", message->retain);
    json_object_set_new(fields, "payload", payload == NULL ? json_null() : payload);
    record_write(&standin->record, "publish", fields);
    fleet_answer(standin, connection, message);
    return MOSQ_ERR_SUCCESS;
}

static int on_disconnect(int event, void *data, void *context)
{
    const struct mosquitto_evt_disconnect *disconnect = data;
    const struct standin *standin = context;
    struct connection *connection = connection_find(standin, disconnect->client);

    (void) event;
    if (connection == NULL || !connection->online)
        return MOSQ_ERR_SUCCESS;
    connection->online = false;
    connection->ssl = NULL;
    record_write(&standin->record, "disconnect", json_pack("{s:s}", "client", connection->client_id));
    return MOSQ_ERR_SUCCESS;
}

static int on_tick(int event, void *data, void *context)
{
    struct standin *standin = context;

    (void) event;
    (void) data;
    standin->wildcard_subscriber = NULL;
    control_follow(standin);
    connect_register_due(standin);
    return MOSQ_ERR_SUCCESS;
}

static const struct {
    int event;
    MOSQ_FUNC_generic_callback act;
} callbacks[] = {
    { MOSQ_EVT_BASIC_AUTH, on_basic_auth }, { MOSQ_EVT_ACL_CHECK, on_acl_check }, { MOSQ_EVT_MESSAGE, on_message },
    { MOSQ_EVT_DISCONNECT, on_disconnect }, { MOSQ_EVT_TICK, on_tick },
};

static bool open_folder(struct standin *standin)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/device-ca.pem", standin->folder);
    standin->ca = x509_load(path);
    if (standin->ca == NULL)
        return false;
    standin->ca_id = x509_id(standin->ca);
    snprintf(path, sizeof path, "%s/records.jsonl", standin->folder);
    return registry_load(&standin->registry, standin->folder) && record_open(&standin->record, path);
}

int mosquitto_plugin_version(int supported_version_count, const int *supported_versions)
{
    for (int i = 0; i < supported_version_count; i++) {
        if (supported_versions[i] == MOSQ_PLUGIN_VERSION)
            return MOSQ_PLUGIN_VERSION;
    }
    return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata, struct mosquitto_opt *options,
                          int option_count)
{
    struct standin *standin = calloc(1, sizeof *standin);
    int status = MOSQ_ERR_SUCCESS;

    if (standin == NULL)
        abort();
    *userdata = standin;
    standin->record.fd = -1;
    standin->latest_connects = json_object();
    standin->identifier = identifier;
    for (int i = 0; i < option_count; i++) {
        if (strcmp(options[i].key, "folder") == 0 && standin->folder == NULL)
            standin->folder = strdup(options[i].value);
    }
    if (standin->folder == NULL || !open_folder(standin)) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "standin: plugin_opt_folder is missing, or what it names is incomplete");
        return MOSQ_ERR_INVAL;
    }
    record_write(&standin->record, "start", NULL);
    for (size_t i = 0; status == MOSQ_ERR_SUCCESS && i < sizeof callbacks / sizeof callbacks[0]; i++)
        status = mosquitto_callback_register(identifier, callbacks[i].event, callbacks[i].act, NULL, standin);
    control_follow(standin);
    return status;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
    struct standin *standin = userdata;

    (void) options;
    (void) option_count;
    for (size_t i = 0; i < sizeof callbacks / sizeof callbacks[0]; i++)
        mosquitto_callback_unregister(standin->identifier, callbacks[i].event, callbacks[i].act, NULL);
    record_close(&standin->record);
    registry_close(&standin->registry);
    connection_free_all(standin);
    json_decref(standin->latest_connects);
    X509_free(standin->ca);
    free(standin->ca_id);
    free(standin->folder);
    free(standin);
    return MOSQ_ERR_SUCCESS;
}
