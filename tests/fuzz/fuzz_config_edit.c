/* SPDX-License-Identifier: MIT */
/*
 * Any text as a configuration file in which one setting is changed: a refusal, or a text that says just the same but for
 * that setting. The first byte chooses the setting, the rest of the first line is its value.
 */
#include "base/memory.h"
#include "device/config_edit.h"
#include "device/config_node.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 itself loses the text of a string when a syntax error follows: one for each refused file, not ours. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static const char *const names[] = {
    "mqtt.port", "mqtt.broker", "mqtt.tls.sni", "mqtt.options.keep_alive", "device.location", "pcsc_mode.protocols",
    "templates[1].format", "templates[2].prefix", "readers[1].label", "certificates.slot_D", "keys.slot_a",
    "network.ipv4.address", "nfc.vasup", "mqtt.nothing", "templates[0].swap",
};

/* Every single value with its path, one a line, but for the setting itself. */
static void put_node(FILE *out, const struct config_node *node, const char *path, const char *left_out)
{
    if (strcasecmp(path, left_out) == 0)
        return;
    if (node->kind != CONFIG_GROUP && node->kind != CONFIG_LIST)
        fprintf(out, "%s=%d %lld %d %s\n", path, (int) node->kind, node->integer, node->boolean,
                node->text != NULL ? node->text : "");
    for (size_t i = 0; i < node->count; i++) {
        char *deeper = node->kind == CONFIG_LIST
                           ? text_format("%s[%zu]", path, i + 1)
                           : text_format("%s%s%s", path, *path != '\0' ? "." : "", node->children[i].name);

        put_node(out, &node->children[i], deeper, left_out);
        free(deeper);
    }
}

static char *all_but(const char *text, const char *left_out)
{
    struct errors *errors = errors_create();
    struct config_node *root = config_parse(text, "fuzz.conf", NULL, errors);
    char *said = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&said, &size);

    assert(root != NULL && out != NULL);
    put_node(out, root, "", left_out);
    assert(fclose(out) == 0);
    config_node_free(root);
    errors_free(errors);
    return said;
}

static void change(const char *name, const char *value, const char *text)
{
    struct errors *errors = errors_create();
    char *changed = config_edit(text, "fuzz.conf", name, value, errors);

    assert((changed == NULL) == (errors_count(errors) == 1));
    if (changed != NULL) {
        char *before = all_but(text, name), *after = all_but(changed, name);

        assert(strcmp(before, after) == 0);
        free(before);
        free(after);
    }
    free(changed);
    errors_free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_zeroed(size + 1, 1), *rest = text + 1;

    memcpy(text, data, size);
    if (size > 0 && strlen(text) == size && strstr(text, "@include") == NULL) {
        const char *value = strsep(&rest, "\n");

        change(names[(uint8_t) text[0] % (sizeof names / sizeof names[0])], value, rest != NULL ? rest : "");
    }
    free(text);
    return 0;
}
