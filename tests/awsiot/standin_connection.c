/* SPDX-License-Identifier: MIT */
#include "standin.h"

#include "standin_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct connection *connection_find(const struct standin *standin, const struct mosquitto *client)
{
    struct connection *connection = standin->connections;

    while (connection != NULL && connection->client != client)
        connection = connection->next;
    return connection;
}

static void free_one(struct connection *connection)
{
    json_decref(connection->filters);
    free(connection->client_id);
    free(connection->certificate_id);
    free(connection);
}

/* What is over and will not be asked for again: a connection's address may come again for another one, and of a client
 * id only the latest counts. */
static void forget(struct standin *standin, const struct mosquitto *client, const char *client_id)
{
    struct connection **at = &standin->connections;

    while (*at != NULL) {
        struct connection *connection = *at;
        bool is_over = !connection->online && strcmp(connection->client_id, client_id) == 0;
        if (!is_over && connection->client != client) {
            at = &connection->next;
            continue;
        }
        *at = connection->next;
        free_one(connection);
    }
}

struct connection *connection_add(struct standin *standin, const struct mosquitto *client, const char *client_id,
                                  const char *certificate_id)
{
    forget(standin, client, client_id);
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        abort();
    connection->client = client;
    connection->client_id = strdup(client_id);
    connection->certificate_id = strdup(certificate_id);
    connection->filters = json_array();
    connection->online = true;
    connection->next = standin->connections;
    standin->connections = connection;
    return connection;
}

void connection_free_all(struct standin *standin)
{
    while (standin->connections != NULL) {
        struct connection *next = standin->connections->next;
        free_one(standin->connections);
        standin->connections = next;
    }
}

bool connection_may(const struct standin *standin, const char *client_id, const char *certificate_id,
                    const char *action, const char *kind, const char *name)
{
    json_t *certificate = registry_find(&standin->registry, "certificates", certificate_id);
    json_t *documents = registry_documents(&standin->registry, certificate);
    char *resource = NULL;

    if (asprintf(&resource, "arn:aws:iot:%s:%s:%s/%s", registry_text(&standin->registry, "region", "REGION"),
                 registry_text(&standin->registry, "account", "ACCOUNT"), kind, name) < 0)
        abort();
    const struct policy_request request = {
        .action = action,
        .resource = resource,
        .client_id = client_id,
        .thing = registry_is_attached(certificate, "things", client_id) ? client_id : NULL,
        .common_name = json_string_value(json_object_get(certificate, "common_name")),
    };
    bool may = policy_allows(documents, &request);
    free(resource);
    json_decref(documents);
    return may;
}

void connection_kick_certificate(struct standin *standin, const char *certificate_id)
{
    for (struct connection *connection = standin->connections; connection != NULL; connection = connection->next) {
        if (connection->online && strcmp(connection->certificate_id, certificate_id) == 0)
            mosquitto_kick_client_by_clientid(connection->client_id, true);
    }
}
