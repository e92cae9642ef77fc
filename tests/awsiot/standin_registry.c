/* SPDX-License-Identifier: MIT */
#include "standin_registry.h"

#include "standin_x509.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool registry_load(struct registry *registry, const char *folder)
{
    char path[4096];

    registry->folder = folder;
    snprintf(path, sizeof path, "%s/registry.json", folder);
    registry->root = json_load_file(path, 0, NULL);
    if (!json_is_object(registry->root))
        return false;
    for (const char *const *kind = (const char *const[]) { "settings", "policies", "templates", "things",
                                                           "certificates", NULL }; *kind != NULL; kind++) {
        if (!json_is_object(json_object_get(registry->root, *kind)))
            json_object_set_new(registry->root, *kind, json_object());
    }
    return true;
}

void registry_close(struct registry *registry)
{
    json_decref(registry->root);
    registry->root = NULL;
}

bool registry_save(const struct registry *registry)
{
    char path[4096];
    char fresh[4096];

    snprintf(path, sizeof path, "%s/registry.json", registry->folder);
    snprintf(fresh, sizeof fresh, "%s/.registry.json.new", registry->folder);
    return json_dump_file(registry->root, fresh, JSON_INDENT(1)) == 0 && rename(fresh, path) == 0;
}

static json_t *setting_of(const struct registry *registry, const char *setting)
{
    return json_object_get(json_object_get(registry->root, "settings"), setting);
}

const char *registry_text(const struct registry *registry, const char *setting, const char *otherwise)
{
    const char *text = json_string_value(setting_of(registry, setting));

    return text == NULL ? otherwise : text;
}

json_int_t registry_number(const struct registry *registry, const char *setting, json_int_t otherwise)
{
    const json_t *value = setting_of(registry, setting);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static bool has_text(const json_t *array, const char *text)
{
    size_t i;
    json_t *one;

    json_array_foreach(array, i, one) {
        if (json_is_string(one) && strcmp(json_string_value(one), text) == 0)
            return true;
    }
    return false;
}

bool registry_has(const struct registry *registry, const char *setting, const char *text)
{
    return has_text(setting_of(registry, setting), text);
}

json_t *registry_find(const struct registry *registry, const char *kind, const char *name)
{
    return json_object_get(json_object_get(registry->root, kind), name);
}

void registry_put(struct registry *registry, const char *kind, const char *name, json_t *value)
{
    json_object_set_new(json_object_get(registry->root, kind), name, value);
}

json_t *registry_add_certificate(struct registry *registry, const X509 *certificate, const char *id,
                                 const char *status)
{
    json_t *known = registry_find(registry, "certificates", id);

    if (known != NULL)
        return known;
    char *pem = x509_to_pem(certificate);
    char *common_name = x509_common_name(certificate);
    known = json_pack("{s:s, s:s, s:s*, s:[], s:[]}", "status", status, "pem", pem, "common_name", common_name,
                      "policies", "things");
    free(pem);
    free(common_name);
    registry_put(registry, "certificates", id, known);
    return known;
}

const char *registry_status(const json_t *certificate)
{
    const char *status = json_string_value(json_object_get(certificate, "status"));

    return status == NULL ? "" : status;
}

bool registry_is_attached(const json_t *certificate, const char *list, const char *name)
{
    return has_text(json_object_get(certificate, list), name);
}

void registry_attach(json_t *certificate, const char *list, const char *name)
{
    if (!registry_is_attached(certificate, list, name))
        json_array_append_new(json_object_get(certificate, list), json_string(name));
}

void registry_detach(json_t *certificate, const char *list, const char *name)
{
    json_t *names = json_object_get(certificate, list);

    for (size_t i = json_array_size(names); i-- > 0;) {
        const char *one = json_string_value(json_array_get(names, i));
        if (one != NULL && strcmp(one, name) == 0)
            json_array_remove(names, i);
    }
}

json_t *registry_documents(const struct registry *registry, const json_t *certificate)
{
    json_t *documents = json_array();
    size_t i;
    json_t *name;

    json_array_foreach(json_object_get(certificate, "policies"), i, name) {
        json_t *document = registry_find(registry, "policies", json_string_value(name));
        if (document != NULL)
            json_array_append(documents, document);
    }
    return documents;
}

/* ---- templates; AWS's page "Provisioning templates" -------------------------------------------------------------- */

static const char *resolve(const json_t *value, const json_t *parameters)
{
    const char *reference = json_string_value(json_object_get(value, "Ref"));

    return reference == NULL ? json_string_value(value) : json_string_value(json_object_get(parameters, reference));
}

const char *registry_property(const json_t *template_body, const char *type, const char *name,
                              const json_t *parameters)
{
    const char *key;
    json_t *resource;

    json_object_foreach(json_object_get(template_body, "Resources"), key, resource) {
        const char *its_type = json_string_value(json_object_get(resource, "Type"));
        if (its_type != NULL && strcmp(its_type, type) == 0)
            return resolve(json_object_get(json_object_get(resource, "Properties"), name), parameters);
    }
    return NULL;
}

static bool has_all_parameters(const json_t *template_body, const json_t *parameters)
{
    const char *key;
    json_t *description;

    json_object_foreach(json_object_get(template_body, "Parameters"), key, description) {
        if (!json_is_string(json_object_get(parameters, key)))
            return false;
    }
    return true;
}

/* What a thing may be called; AWS's API reference, CreateThing. */
static bool is_thing_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-";
    size_t length = strlen(name);

    return length >= 1 && length <= 128 && strspn(name, allowed) == length;
}

bool registry_provision(struct registry *registry, const json_t *template_body, const json_t *parameters,
                        json_t *certificate, const char **error)
{
    const char *thing = registry_property(template_body, "AWS::IoT::Thing", "ThingName", parameters);
    const char *policy = registry_property(template_body, "AWS::IoT::Policy", "PolicyName", parameters);
    const char *status = registry_property(template_body, "AWS::IoT::Certificate", "Status", parameters);

    *error = NULL;
    if (!has_all_parameters(template_body, parameters))
        *error = "A parameter of the template has no value";
    else if (thing != NULL && !is_thing_name(thing))
        *error = "The thing cannot be called that";
    else if (policy != NULL && registry_find(registry, "policies", policy) == NULL)
        *error = "The template names a policy that is not there";
    if (*error != NULL)
        return false;
    if (thing != NULL) {
        registry_put(registry, "things", thing, json_object());
        registry_attach(certificate, "things", thing);
    }
    if (policy != NULL)
        registry_attach(certificate, "policies", policy);
    if (status != NULL)
        json_object_set_new(certificate, "status", json_string(status));
    return true;
}
