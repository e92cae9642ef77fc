/* SPDX-License-Identifier: MIT */
/* springparkctl certs show: what is in files of certificates, requests and keys. It reads all, then says all as JSON,
 * or the same for a person. */
#include "base/hex.h"
#include "base/memory.h"
#include "cloud/certificate.h"
#include "cloud/key.h"
#include "device/config.h"
#include "tool/certs.h"
#include "tool/display.h"
#include "tool/view.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

struct item {
    const char *file;
    int number;             /* of its kind in that file, from 1 */
    X509 *certificate;      /* one of the three is there */
    X509_REQ *request;
    EVP_PKEY *key;
};

struct show {
    const struct certs_words *words;
    struct config *config;  /* NULL: none can be read */
    struct errors *errors;
    struct item *items;
    size_t count;
    int exit_status;
};

/* --- reading ------------------------------------------------------------------------------------------------------ */

static void add_item(struct show *show, struct item item)
{
    item.number = 1;
    for (size_t i = 0; i < show->count; i++) {
        const struct item *other = &show->items[i];
        bool same_kind = (other->certificate != NULL) == (item.certificate != NULL) &&
            (other->request != NULL) == (item.request != NULL);
        item.number += same_kind && other->file == item.file;
    }
    show->items = memory_resize(show->items, show->count + 1, sizeof *show->items);
    show->items[show->count++] = item;
}

static void add_key(struct show *show, const char *source)
{
    EVP_PKEY *key = key_load(source, "the private key", show->errors);

    if (key != NULL)
        add_item(show, (struct item) { .file = source, .key = key });
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

/* One PEM block; false if it is of a kind that is not shown. A key is read again from its file, with key.c's care. */
static bool add_block(struct show *show, const char *file, const char *name, const unsigned char *data, long size_bytes)
{
    struct item item = { .file = file };

    if (ends_with(name, "PRIVATE KEY")) {
        add_key(show, file);
        return true;
    }
    if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0)
        item.certificate = d2i_X509(NULL, &data, size_bytes);
    else if (strcmp(name, PEM_STRING_X509_REQ) == 0 || strcmp(name, PEM_STRING_X509_REQ_OLD) == 0)
        item.request = d2i_X509_REQ(NULL, &data, size_bytes);
    else
        return false;
    if (item.certificate != NULL || item.request != NULL)
        add_item(show, item);
    else
        errors_add(show->errors, "%s: the block \"%s\" is damaged and cannot be parsed; next: copy the file anew", file,
                   name);
    return true;
}

static void read_blocks(struct show *show, const char *file, FILE *stream)
{
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long size_bytes = 0;
    int found = 0;

    while (PEM_read(stream, &name, &header, &data, &size_bytes) == 1) {
        found += add_block(show, file, name, data, size_bytes);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t) size_bytes);
    }
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (!at_end)
        errors_add(show->errors, "%s: what is in that file is damaged after %d blocks; next: copy the file anew", file,
                   found);
    else if (found == 0)
        errors_add(show->errors, "%s: no certificate, request or private key in PEM form is in that file; next, if it "
                   "is DER: openssl x509 -inform der", file);
}

static void read_source(struct show *show, const char *source)
{
    size_t errors_before = errors_count(show->errors);
    FILE *stream = key_is_in_token(source) ? NULL : fopen(source, "re");

    if (key_is_in_token(source))
        add_key(show, source);
    else if (stream == NULL)
        errors_add(show->errors, "%s: cannot be read: %s", source, strerror(errno));
    else
        read_blocks(show, source, stream);
    if (stream != NULL)
        (void) fclose(stream);
    if (errors_count(show->errors) > errors_before && show->exit_status == EX_OK)
        show->exit_status = certs_source_status(source);
}

/* --- as JSON ------------------------------------------------------------------------------------------------------ */

/* A member that takes over the text; null for NULL. A file's name may be no UTF-8. */
static void set_text(json_t *object, const char *name, char *text)
{
    json_t *value = text != NULL ? json_string(text) : json_null();

    if (value == NULL) {
        char *safe = display_safe(text, strlen(text));
        value = json_string(safe);
        free(safe);
    }
    json_object_set_new(object, name, value);
    free(text);
}

static const char *validity(const X509 *certificate, time_t now)
{
    if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0)
        return "not yet valid";
    return X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0 ? "expired" : "valid";
}

/* Whole days from now until that time; negative if it is over. */
static int days_until(const ASN1_TIME *end, time_t now)
{
    ASN1_TIME *from = ASN1_TIME_set(NULL, now);
    int days = 0, seconds = 0;

    (void) ASN1_TIME_diff(&days, &seconds, from, end);
    ASN1_TIME_free(from);
    return days;
}

/* AWS IoT Core names a certificate by just these digits. */
static char *fingerprint(const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size_bytes = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &size_bytes) != 1)
        return NULL;
    char *digits = hex_from_bytes(digest, size_bytes);
    for (char *c = digits; *c != '\0'; c++) {
        if (*c >= 'A')
            *c = (char) (*c - 'A' + 'a');
    }
    return digits;
}

static char *serial_text(const X509 *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *digits = number != NULL ? BN_bn2hex(number) : NULL;
    char *text = text_copy(digits);

    OPENSSL_free(digits);
    BN_free(number);
    return text;
}

static char *public_type_text(const EVP_PKEY *key)
{
    return key != NULL ? key_type_text(key) : text_copy("of an unknown type");
}

static void describe_certificate(json_t *object, X509 *certificate, time_t now)
{
    bool names = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;

    set_text(object, "subject", certificate_name_text(X509_get_subject_name(certificate)));
    set_text(object, "issuer", certificate_name_text(X509_get_issuer_name(certificate)));
    set_text(object, "names", names ? certificate_hosts_text(certificate) : NULL);
    set_text(object, "serial", serial_text(certificate));
    set_text(object, "not_before", certificate_time_text(X509_get0_notBefore(certificate)));
    set_text(object, "not_after", certificate_time_text(X509_get0_notAfter(certificate)));
    json_object_set_new(object, "validity", json_string(validity(certificate, now)));
    json_object_set_new(object, "days_left", json_integer(days_until(X509_get0_notAfter(certificate), now)));
    set_text(object, "key", public_type_text(X509_get0_pubkey(certificate)));
    set_text(object, "fingerprint", fingerprint(certificate));
    json_object_set_new(object, "ca", json_boolean(X509_check_ca(certificate) != 0));
}

static void describe_request(json_t *object, X509_REQ *request)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);

    set_text(object, "subject", certificate_name_text(X509_REQ_get_subject_name(request)));
    set_text(object, "key", public_type_text(key));
    json_object_set_new(object, "signature_good", json_boolean(key != NULL && X509_REQ_verify(request, key) == 1));
    ERR_clear_error();
}

/* Which of the certificates and requests that are shown have this key. */
static json_t *owners_of(const struct show *show, const EVP_PKEY *key)
{
    json_t *list = json_array();

    for (size_t i = 0; i < show->count; i++) {
        const struct item *item = &show->items[i];
        const EVP_PKEY *other = item->certificate != NULL ? X509_get0_pubkey(item->certificate) :
            item->request != NULL ? X509_REQ_get0_pubkey(item->request) : NULL;
        if (other == NULL || EVP_PKEY_eq(other, key) != 1)
            continue;
        json_t *owner = json_object();
        set_text(owner, "file", text_copy(item->file));
        json_object_set_new(owner, "kind", json_string(item->certificate != NULL ? "certificate" : "request"));
        json_object_set_new(owner, "number", json_integer(item->number));
        json_array_append_new(list, owner);
    }
    ERR_clear_error();
    return list;
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;

    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool is_slot(const char *source, const char *file)
{
    if (source[0] == '\0')
        return false;
    if (!key_is_in_token(source) || !key_is_in_token(file))
        return is_same_file(source, file);
    char *one = key_source_text(source), *other = key_source_text(file);
    bool same = strcmp(one, other) == 0;
    free(one);
    free(other);
    return same;
}

/* "certificates.slot_D" and so on, of the configuration. */
static json_t *slots_of(const struct show *show, const struct item *item)
{
    json_t *list = json_array();

    for (unsigned i = 0; show->config != NULL && i < SETTINGS_SLOT_COUNT; i++) {
        const struct settings *settings = config_settings(show->config);
        const struct settings_slot *slots = item->key != NULL ? settings->keys : settings->certificates;
        if (item->request == NULL && is_slot(slots[i].source, item->file))
            json_array_append_new(list, json_sprintf("%s.slot_%X", item->key != NULL ? "keys" : "certificates", i));
    }
    return list;
}

static json_t *describe(const struct show *show, const struct item *item)
{
    json_t *object = json_object();
    time_t now;

    (void) clock_wall_time(show->words->clock, &now);
    set_text(object, "file", key_source_text(item->file));
    json_object_set_new(object, "kind", json_string(item->certificate != NULL ? "certificate" :
                                                    item->request != NULL ? "request" : "key"));
    json_object_set_new(object, "number", json_integer(item->number));
    if (item->certificate != NULL)
        describe_certificate(object, item->certificate, now);
    else if (item->request != NULL)
        describe_request(object, item->request);
    else
        set_text(object, "key", key_type_text(item->key));
    if (item->key != NULL)
        json_object_set_new(object, "belongs_to", owners_of(show, item->key));
    json_object_set_new(object, "slots", slots_of(show, item));
    return object;
}

/* --- for a person ------------------------------------------------------------------------------------------------- */

static void put(const char *label, const char *text)
{
    view_put(stdout, "  %-12s %s", label, text);
    (void) putchar('\n');
}

static void put_member(json_t *object, const char *label, const char *member)
{
    if (json_is_string(json_object_get(object, member)))
        put(label, view_text(object, member));
}

static void put_validity(json_t *object)
{
    json_int_t days = view_number(object, "days_left");
    const char *state = view_text(object, "validity");
    char *rest = strcmp(state, "valid") == 0 ? text_format("%" JSON_INTEGER_FORMAT " days left", days)
                                             : text_format("%s, by this machine's clock", state);
    char *text = text_format("%s to %s (%s)", view_text(object, "not_before"), view_text(object, "not_after"), rest);

    put("valid", text);
    free(rest);
    free(text);
}

static void put_owners(json_t *owners)
{
    json_t *owner;
    size_t index;

    json_array_foreach(owners, index, owner) {
        char *text = text_format("%s, %s %" JSON_INTEGER_FORMAT, view_text(owner, "file"), view_text(owner, "kind"),
                                 view_number(owner, "number"));
        put("belongs to", text);
        free(text);
    }
    if (json_array_size(owners) == 0)
        put("belongs to", "no certificate or request that was named");
}

static void put_item(json_t *object)
{
    json_t *slot;
    size_t index;

    view_put(stdout, "%s, %s %" JSON_INTEGER_FORMAT, view_text(object, "file"), view_text(object, "kind"),
             view_number(object, "number"));
    (void) putchar('\n');
    put_member(object, "subject", "subject");
    put_member(object, "issuer", "issuer");
    put_member(object, "names", "names");
    put_member(object, "serial", "serial");
    if (json_object_get(object, "validity") != NULL)
        put_validity(object);
    put_member(object, "key", "key");
    put_member(object, "SHA-256", "fingerprint");
    if (json_is_boolean(json_object_get(object, "ca")))
        put("CA", json_is_true(json_object_get(object, "ca")) ? "yes" : "no");
    if (json_is_boolean(json_object_get(object, "signature_good")))
        put("signature", json_is_true(json_object_get(object, "signature_good")) ? "good"
                                                                                 : "wrong: the request was changed");
    if (json_object_get(object, "belongs_to") != NULL)
        put_owners(json_object_get(object, "belongs_to"));
    json_array_foreach(json_object_get(object, "slots"), index, slot)
        put("used as", json_string_value(slot));
}

/* ------------------------------------------------------------------------------------------------------------------ */

/* Slots are shown if there is a configuration. A box that is not set up yet has none, and nobody asked for it. */
static void read_config(struct show *show)
{
    const char *path = show->words->tool.config_file;
    struct errors *errors = errors_create(), *notes = errors_create();

    if (strcmp(path, SPRINGPARK_CONFIG_FILE) != 0 || access(path, F_OK) == 0)
        show->config = config_load(path, "", errors, notes);
    if (errors_count(errors) > 0)
        display_progress("note: no slots are shown, as the settings cannot be used: %s", errors_get(errors, 0));
    errors_free(errors);
    errors_free(notes);
}

static void free_items(struct show *show)
{
    for (size_t i = 0; i < show->count; i++) {
        X509_free(show->items[i].certificate);
        X509_REQ_free(show->items[i].request);
        EVP_PKEY_free(show->items[i].key);
    }
    free(show->items);
}

int certs_show(const struct certs_words *words)
{
    struct show show = { .words = words, .errors = errors_create(), .exit_status = EX_OK };
    json_t *list = json_array(), *object;
    size_t index;

    read_config(&show);
    for (size_t i = 0; i < words->words_count; i++)
        read_source(&show, words->words[i]);
    for (size_t i = 0; i < show.count; i++)
        json_array_append_new(list, describe(&show, &show.items[i]));
    if (words->tool.json)
        display_put_json(stdout, list);
    json_array_foreach(list, index, object) {
        if (!words->tool.json)
            put_item(object);
    }
    certs_complain(show.errors);
    json_decref(list);
    free_items(&show);
    config_free(show.config);
    return show.exit_status;
}
