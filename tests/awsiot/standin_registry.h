/* SPDX-License-Identifier: MIT */
/*
 * What an AWS account has: certificates with their status, policies and things, and the templates. It is one JSON
 * object, in FOLDER/registry.json, written anew at each change, so that a broker that comes back knows what it knew:
 *
 *   "settings"      region, account, registration ("jitp", "jitr", "none"), delay_ms, connect_gap_ms, hook_refuses
 *   "policies"      NAME: document
 *   "templates"     NAME: document; "jitp" is the one attached to the CA
 *   "things"        NAME: {}
 *   "certificates"  ID: { "status", "pem", "common_name", "policies": [NAME], "things": [NAME] }
 *
 * What is returned belongs to the registry unless it says otherwise.
 */
#ifndef STANDIN_REGISTRY_H
#define STANDIN_REGISTRY_H

#include <jansson.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct registry {
    const char *folder;
    json_t *root;
};

bool registry_load(struct registry *registry, const char *folder);
void registry_close(struct registry *registry);
bool registry_save(const struct registry *registry);

const char *registry_text(const struct registry *registry, const char *setting, const char *otherwise);
json_int_t registry_number(const struct registry *registry, const char *setting, json_int_t otherwise);

/* Whether the setting, an array, has that text. */
bool registry_has(const struct registry *registry, const char *setting, const char *text);

/* The object of that name, or NULL. kind: "policies", "templates", "things", "certificates". */
json_t *registry_find(const struct registry *registry, const char *kind, const char *name);

/* value is taken over; what was there of that name is replaced. */
void registry_put(struct registry *registry, const char *kind, const char *name, json_t *value);

/* Adds it, or finds it; id: 64 hex digits. */
json_t *registry_add_certificate(struct registry *registry, const X509 *certificate, const char *id,
                                 const char *status);

const char *registry_status(const json_t *certificate);

/* list: "policies" or "things" of a certificate. */
void registry_attach(json_t *certificate, const char *list, const char *name);
void registry_detach(json_t *certificate, const char *list, const char *name);
bool registry_is_attached(const json_t *certificate, const char *list, const char *name);

/* The documents of what is attached; the caller's. */
json_t *registry_documents(const struct registry *registry, const json_t *certificate);

/* Carries a provisioning template out (JITP, or fleet provisioning): the thing, the policy, the certificate's status.
 * parameters: an object. False if it cannot be, with why in *error (a constant); nothing is done then. */
bool registry_provision(struct registry *registry, const json_t *template_body, const json_t *parameters,
                        json_t *certificate, const char **error);

/* The text of a template's property: "Properties": { NAME: "text" } or { NAME: { "Ref": PARAMETER } } of the first
 * resource of that type; NULL if there is none. */
const char *registry_property(const json_t *template_body, const char *type, const char *name,
                              const json_t *parameters);

#endif
