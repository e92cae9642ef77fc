/* SPDX-License-Identifier: MIT */
/*
 * The counterpart of the AWS API, for tests: each line that is added to FOLDER/control.jsonl is an order, done within a
 * tenth of a second and then recorded as {"what":"control","number":N}, with "error" if it could not be. N counts the
 * lines of the file from 1; what is in it when the broker starts has been done.
 *
 *   {"do":"set","setting":NAME,"value":ANY}                 see standin_registry.h
 *   {"do":"put","kind":"policies","name":NAME,"value":{}}   also templates and things; "value" null removes it
 *   {"do":"register","pem":PEM,"status":STATUS}             RegisterCertificate
 *   {"do":"status","certificate":ID,"status":STATUS}        UpdateCertificate: what is not ACTIVE is disconnected
 *   {"do":"attach","certificate":ID,"list":"policies","name":NAME}   also "things"; "detach" likewise
 *   {"do":"kick","client":ID}                               DisconnectClient, with its will
 */
#include "standin.h"

#include "standin_x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *order, const char *key)
{
    const char *text = json_string_value(json_object_get(order, key));

    return text == NULL ? "" : text;
}

static const char *do_set(struct standin *standin, const json_t *order)
{
    json_object_set(json_object_get(standin->registry.root, "settings"), text_of(order, "setting"),
                    json_object_get(order, "value"));
    return NULL;
}

static const char *do_put(struct standin *standin, const json_t *order)
{
    json_t *kind = json_object_get(standin->registry.root, text_of(order, "kind"));
    json_t *value = json_object_get(order, "value");

    if (!json_is_object(kind))
        return "there is no such kind";
    if (json_is_null(value))
        json_object_del(kind, text_of(order, "name"));
    else
        json_object_set(kind, text_of(order, "name"), value);
    return NULL;
}

static const char *do_register(struct standin *standin, const json_t *order)
{
    X509 *certificate = x509_from_pem(text_of(order, "pem"));

    if (certificate == NULL)
        return "that is no certificate";
    char *id = x509_id(certificate);
    registry_add_certificate(&standin->registry, certificate, id, text_of(order, "status"));
    free(id);
    X509_free(certificate);
    return NULL;
}

static const char *do_status(struct standin *standin, const json_t *order)
{
    json_t *certificate = registry_find(&standin->registry, "certificates", text_of(order, "certificate"));

    if (certificate == NULL)
        return "there is no such certificate";
    json_object_set_new(certificate, "status", json_string(text_of(order, "status")));
    if (strcmp(text_of(order, "status"), "ACTIVE") != 0)
        connection_kick_certificate(standin, text_of(order, "certificate"));
    return NULL;
}

static const char *change_attachment(struct standin *standin, const json_t *order, bool attach)
{
    json_t *certificate = registry_find(&standin->registry, "certificates", text_of(order, "certificate"));

    if (certificate == NULL)
        return "there is no such certificate";
    if (attach)
        registry_attach(certificate, text_of(order, "list"), text_of(order, "name"));
    else
        registry_detach(certificate, text_of(order, "list"), text_of(order, "name"));
    return NULL;
}

static const char *do_attach(struct standin *standin, const json_t *order)
{
    return change_attachment(standin, order, true);
}

static const char *do_detach(struct standin *standin, const json_t *order)
{
    return change_attachment(standin, order, false);
}

static const char *do_kick(struct standin *standin, const json_t *order)
{
    (void) standin;
    return mosquitto_kick_client_by_clientid(text_of(order, "client"), true) == MOSQ_ERR_SUCCESS
        ? NULL : "there is no such client";
}

static const char *do_order(struct standin *standin, const json_t *order)
{
    static const struct {
        const char *name;
        const char *(*act)(struct standin *, const json_t *);
    } orders[] = {
        { "set", do_set }, { "put", do_put }, { "register", do_register }, { "status", do_status },
        { "attach", do_attach }, { "detach", do_detach }, { "kick", do_kick },
    };

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (strcmp(orders[i].name, text_of(order, "do")) == 0)
            return orders[i].act(standin, order);
    }
    return "there is no such order";
}

static void do_line(struct standin *standin, const char *line)
{
    json_t *order = json_loads(line, 0, NULL);
    const char *error = order == NULL ? "that is no JSON" : do_order(standin, order);

    json_decref(order);
    standin->control_count++;
    registry_save(&standin->registry);
    record_write(&standin->record, "control", json_pack("{s:i, s:s*}", "number", (int) standin->control_count, "error",
                                                        error));
}

void control_follow(struct standin *standin)
{
    char path[4096];
    char *line = NULL;
    size_t size = 0;

    snprintf(path, sizeof path, "%s/control.jsonl", standin->folder);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fseeko(file, standin->control_read, SEEK_SET) == 0) {
        for (ssize_t count; (count = getline(&line, &size, file)) > 0 && line[count - 1] == '\n';) {
            standin->control_read += count;
            do_line(standin, line);
        }
    }
    free(line);
    fclose(file);
}
