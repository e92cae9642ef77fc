/* SPDX-License-Identifier: MIT */
#include "device/config_private.h"

/* Where a setting of the group mqtt.tls that is no register's was made, or NULL. */
static const struct config_node *tls_node(const struct config_node *root, const char *name)
{
    const struct config_node *mqtt = config_node_child(root, "mqtt");
    const struct config_node *tls = mqtt != NULL ? config_node_child(mqtt, "tls") : NULL;

    return tls != NULL ? config_node_child(tls, name) : NULL;
}

static void check_any(struct config_reader *reader, const struct config_node *node)
{
    if (!reader->config->settings.mqtt.tls.allow_insecure)
        config_complain(reader, node, "mqtt.tls.trust (register 0288)",
                        "\"any\" is refused: whoever answers would be taken for the broker, get every event and send"
                        " commands; next: write \"pki\" and name the broker's CA in certificates, or on a test bench"
                        " mqtt.tls.allow_insecure = true");
    else
        errors_add(reader->notes, "%s:%d: mqtt.tls.trust (register 0288) is \"any\": anybody can be the broker, get every"
                                  " event and send commands, for neither certificate nor name is verified; next: write"
                                  " \"pki\" before it goes into service", node->file, node->line);
}

static void note_exact(struct config_reader *reader)
{
    const struct settings_tls *tls = &reader->config->settings.mqtt.tls;
    const struct config_node *node = config_origin(reader, "mqtt.tls.exact", 0);

    if (node != NULL && tls->exact && tls->trust != SETTINGS_TRUST_SERVER)
        errors_add(reader->notes, "%s:%d: mqtt.tls.exact (register 0288): true has no effect: mqtt.tls.trust is not"
                                  " \"server\"", node->file, node->line);
}

static void note_insecure(struct config_reader *reader, const struct config_node *root)
{
    const struct settings_tls *tls = &reader->config->settings.mqtt.tls;
    const struct config_node *node = tls_node(root, "allow_insecure");

    if (node != NULL && tls->allow_insecure && (!tls->enabled || tls->trust != SETTINGS_TRUST_ANY))
        errors_add(reader->notes, "%s:%d: mqtt.tls.allow_insecure: has no effect: %s; next: take it away", node->file,
                   node->line, tls->enabled ? "mqtt.tls.trust is not \"any\"" : "mqtt.tls.enabled is false");
}

void config_validate_trust(struct config_reader *reader, const struct config_node *root)
{
    const struct settings_tls *tls = &reader->config->settings.mqtt.tls;
    const struct config_node *node = config_origin(reader, "mqtt.tls.trust", 0);

    note_insecure(reader, root);
    if (!tls->enabled)
        return; /* the device ignores the rest then */
    if (node != NULL && tls->trust == SETTINGS_TRUST_ANY)
        check_any(reader, node);
    note_exact(reader);
}
