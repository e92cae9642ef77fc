/* SPDX-License-Identifier: MIT */
/*
 * ConfigId of META. Register 0200 if it is set: in GUID form, its bytes in their order (assumption: the vendor's pages
 * show the form and not the register). Else a UUID of version 8 (RFC 9562) made of a SHA-256 over whatever of this
 * configuration is not at the gateway's default: registers, the gateway's own settings, readers, and the places of
 * certificates and keys. The same configuration gives the same identity, at each start and, but for secrets, on each
 * box; comments and the order of the file do not matter.
 *
 * META is public, and a password can be guessed. So a secret goes in only as an HMAC under a key of this machine, which
 * the identity does not tell; where there is no such key secrets stay out. Places of keys are secrets, for the URI of a
 * token may hold its PIN.
 */
#include "device/config_feedback.h"
#include "device/config_private.h"

#include "base/hex.h"
#include "base/memory.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>

enum { DIGEST_BYTES = 32, GUID_BYTES = 16 };

/* Random once, constant for ever. */
static const sd_id128_t secret_application = { .bytes = { 0x9D, 0x3B, 0xE2, 0x41, 0x06, 0x7C, 0x4F, 0xA8, 0x88, 0x15,
                                                          0xD0, 0x62, 0xAB, 0x39, 0xF4, 0x7E } };

struct digest {
    EVP_MD_CTX *context;
    sd_id128_t key;
    bool has_key;
};

/* OpenSSL fails here only when memory is gone. */
static void require(bool done)
{
    if (!done)
        abort();
}

/* One value under its name; the sizes keep apart what would else run together. */
static void add(struct digest *digest, const char *name, const void *bytes, size_t size_bytes)
{
    char *head = text_format("%s:%zu:", name, size_bytes);

    require(EVP_DigestUpdate(digest->context, head, strlen(head)) == 1);
    require(EVP_DigestUpdate(digest->context, bytes, size_bytes) == 1);
    free(head);
}

static void add_secret(struct digest *digest, const char *name, const void *bytes, size_t size_bytes)
{
    uint8_t sealed[DIGEST_BYTES];
    unsigned sealed_bytes = sizeof sealed;

    if (!digest->has_key)
        return;
    require(HMAC(EVP_sha256(), digest->key.bytes, sizeof digest->key.bytes, bytes, size_bytes, sealed,
                 &sealed_bytes) != NULL);
    add(digest, name, sealed, sealed_bytes);
}

static void add_register(struct digest *digest, const struct config *config, const struct register_def *row,
                         unsigned instance)
{
    const struct register_def *def = registers_def(config->registers, row, instance);
    const uint16_t address = register_address(def, instance);
    const char *default_hex = register_default(def);
    uint8_t default_bytes[REGISTER_MAX_BYTES];
    size_t size;
    const uint8_t *bytes = registers_get(config->registers, address, &size);
    int default_size = hex_to_bytes(default_hex, strlen(default_hex), default_bytes, sizeof default_bytes);

    if (default_size >= 0 && size == (size_t) default_size && memcmp(bytes, default_bytes, size) == 0)
        return;
    char *name = text_format("%04X", address);
    if (def->secret)
        add_secret(digest, name, bytes, size);
    else
        add(digest, name, bytes, size);
    free(name);
}

static void add_registers(struct digest *digest, const struct config *config)
{
    size_t count;
    const struct register_def *table = register_table(&count);

    for (size_t i = 0; i < count; i++) {
        const unsigned instances = table[i].per_template ? REGISTER_TEMPLATE_INSTANCES : 1;

        for (unsigned n = 0; n < instances && table[i].address != 0x0200; n++)
            add_register(digest, config, &table[i], n);
    }
}

static void add_text(struct digest *digest, const char *name, const char *text, const char *default_text)
{
    if (strcmp(text, default_text) != 0)
        add(digest, name, text, strlen(text));
}

static void add_extension(struct digest *digest, const struct extension_def *def, const void *base)
{
    const char *at = (const char *) base + def->offset;
    const char *text = NULL;
    uint32_t number = 0;
    bool flag = false;

    if (def->field.kind == FIELD_TEXT || def->default_text != NULL) {
        memcpy(&text, at, sizeof text);
        add_text(digest, def->field.path, text, def->default_text);
        return;
    }
    if (def->field.kind == FIELD_BOOLEAN) {
        memcpy(&flag, at, sizeof flag);
        number = flag;
    } else {
        memcpy(&number, at, sizeof number);
    }
    char *decimal = text_format("%u", number);
    if (number != def->default_value)
        add(digest, def->field.path, decimal, strlen(decimal));
    free(decimal);
}

static void add_extensions(struct digest *digest, const struct settings *settings)
{
    size_t count;
    const struct extension_def *table = extension_table(&count);

    for (size_t i = 0; i < count; i++)
        add_extension(digest, &table[i], settings);
}

static void add_readers(struct digest *digest, const struct settings *settings)
{
    size_t count;
    const struct extension_def *table = extension_reader_table(&count);

    for (size_t i = 0; i < settings->readers_count; i++) {
        add(digest, "reader", "", 0);
        for (size_t k = 0; k < count; k++)
            add_extension(digest, &table[k], &settings->readers[i]);
    }
}

/* Who leaves the list out has the default, whatever that is. */
static void add_feedback_devices(struct digest *digest, const struct settings_feedback *feedback)
{
    size_t count;
    const struct extension_def *table = config_feedback_table(&count);

    if (!feedback->has_devices)
        return;
    add(digest, "feedback.devices", "", 0); /* an empty list is something else than none */
    for (size_t i = 0; i < feedback->devices_count; i++) {
        add(digest, "feedback.device", "", 0);
        for (size_t k = 0; k < count; k++)
            add_extension(digest, &table[k], &feedback->devices[i]);
    }
}

static void add_slots(struct digest *digest, const struct settings *settings)
{
    for (unsigned i = 0; i < SETTINGS_SLOT_COUNT; i++) {
        const char *certificate = settings->certificates[i].source;
        const char *key = settings->keys[i].source;
        char *certificate_name = text_format("certificates.slot_%X", i);
        char *key_name = text_format("keys.slot_%X", i);

        add_text(digest, certificate_name, certificate, "");
        if (*key != '\0')
            add_secret(digest, key_name, key, strlen(key));
        free(certificate_name);
        free(key_name);
    }
}

static char *derive(const struct config *config)
{
    struct digest digest = { .context = EVP_MD_CTX_new() };
    uint8_t bytes[EVP_MAX_MD_SIZE];

    require(digest.context != NULL && EVP_DigestInit_ex(digest.context, EVP_sha256(), NULL) == 1);
    digest.has_key = sd_id128_get_machine_app_specific(secret_application, &digest.key) >= 0;
    add_registers(&digest, config);
    add_extensions(&digest, &config->settings);
    add_readers(&digest, &config->settings);
    add_feedback_devices(&digest, &config->settings.feedback);
    add_slots(&digest, &config->settings);
    require(EVP_DigestFinal_ex(digest.context, bytes, NULL) == 1);
    EVP_MD_CTX_free(digest.context);
    bytes[6] = (uint8_t) ((bytes[6] & 0x0F) | 0x80); /* version 8 */
    bytes[8] = (uint8_t) ((bytes[8] & 0x3F) | 0x80); /* the variant of RFC 9562 */
    return hex_guid(bytes);
}

char *config_id_of(const struct config *config)
{
    size_t size;
    const uint8_t *set = registers_get(config->registers, 0x0200, &size);

    if (size == GUID_BYTES)
        return hex_guid(set);
    return size > 0 ? hex_from_bytes(set, size) : derive(config);
}
