/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEMPLATE "provisioning.template"

/* The slot's file in the state folder: the one that is to be made, or that was made before provisioning was switched
 * off. */
static void default_slot(struct config_reader *reader, struct settings_slot *slot, const char *name)
{
    const struct settings *settings = &reader->config->settings;

    if (*slot->source != '\0')
        return;
    char *path = text_format("%s/%s", settings->state_directory, name);
    const bool used = *settings->provisioning.template_name != '\0' || (reader->files && access(path, F_OK) == 0);
    if (used)
        slot->source = config_keep(reader->config, path);
    else
        free(path);
}

void config_default_own_slots(struct config_reader *reader)
{
    struct settings *settings = &reader->config->settings;
    const struct settings_tls *tls = &settings->mqtt.tls;

    if (!tls->enabled || !tls->client_auth)
        return;
    default_slot(reader, &settings->certificates[tls->certificate_slot], "device.pem");
    default_slot(reader, &settings->keys[tls->key_slot], "device.key");
}

static const struct config_node *find_node(const struct config_node *root, const char *name)
{
    const struct config_node *group = config_node_child(root, "provisioning");

    return group != NULL ? config_node_child(group, name) : NULL;
}

/* API reference, CreateProvisioningTemplate: 1 to 36 of [0-9A-Za-z_-]. */
static bool is_template_name(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char) *c) && *c != '_' && *c != '-')
            return false;
    }
    return true;
}

/* node: where the slot was chosen, or else where the template was. */
static void check_slot(struct config_reader *reader, const struct config_node *node, const char *group,
                       const struct settings_slot *slots, unsigned slot, unsigned own_slot, const char *path)
{
    if (slot == own_slot)
        errors_add(reader->errors, "%s:%d: %s: slot %X is this box's own, too (mqtt.tls, register 0288); next: put the"
                                   " claim's file into another slot, and name that one here", node->file, node->line,
                   path, slot);
    else if (*slots[slot].source == '\0')
        errors_add(reader->errors, "%s:%d: %s.slot_%X is not set, but %s names it; next: name the claim's file there",
                   node->file, node->line, group, slot, path);
}

static void check_slots(struct config_reader *reader, const struct config_node *root)
{
    const struct settings *settings = &reader->config->settings;
    const struct settings_provisioning *provisioning = &settings->provisioning;
    const struct config_node *template = find_node(root, "template");
    const struct config_node *certificate = find_node(root, "certificate_slot"), *key = find_node(root, "key_slot");

    check_slot(reader, certificate != NULL ? certificate : template, "certificates", settings->certificates,
               provisioning->certificate_slot, settings->mqtt.tls.certificate_slot, "provisioning.certificate_slot");
    check_slot(reader, key != NULL ? key : template, "keys", settings->keys, provisioning->key_slot,
               settings->mqtt.tls.key_slot, "provisioning.key_slot");
}

static void note_without_template(struct config_reader *reader, const struct config_node *root)
{
    static const char *const names[] = { "certificate_slot", "key_slot" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct config_node *node = find_node(root, names[i]);

        if (node != NULL)
            errors_add(reader->notes, "%s:%d: provisioning.%s: has no effect while " TEMPLATE " is empty", node->file,
                       node->line, names[i]);
    }
}

void config_validate_provisioning(struct config_reader *reader, const struct config_node *root)
{
    const struct settings_tls *tls = &reader->config->settings.mqtt.tls;
    const char *template = reader->config->settings.provisioning.template_name;
    const struct config_node *node = find_node(root, "template");

    if (*template == '\0') {
        note_without_template(reader, root);
        return;
    }
    if (!is_template_name(template))
        config_complain(reader, node, TEMPLATE, "only letters, digits, '_' and '-' are allowed: it is the name of a"
                                                " fleet provisioning template");
    if (!tls->enabled || !tls->client_auth)
        config_complain(reader, node, TEMPLATE, "a claim is a client certificate, but mqtt.tls.enabled or"
                                                " mqtt.tls.client_auth (register 0288) is false; next: write true for"
                                                " both");
    else
        check_slots(reader, root);
}
