/* SPDX-License-Identifier: MIT */
#include "tool/export_certificates.h"

#include "base/hex.h"
#include "base/memory.h"
#include "cloud/certificate.h"
#include "device/vendor_file.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { AMAZON_SLOT = 0x9, FIRST_LOCKED_SLOT = 0xA };

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool put_list(BIO *out, STACK_OF(X509) *list)
{
    if (sk_X509_num(list) == 1)
        return i2d_X509_bio(out, sk_X509_value(list, 0)) == 1;
    for (int i = 0; i < sk_X509_num(list); i++) {
        if (PEM_write_bio_X509(out, sk_X509_value(list, i)) != 1)
            return false;
    }
    return true;
}

static STACK_OF(X509) *read_list(const char *path, const char *name, struct errors *notes)
{
    struct errors *complaints = errors_create();
    STACK_OF(X509) *list = certificate_list_read(path, name, complaints);

    for (size_t i = 0; i < errors_count(complaints); i++)
        errors_add(notes, "%s; it is left out", errors_get(complaints, i));
    errors_free(complaints);
    return list;
}

/* The bytes of a file's certificates in hex, or NULL with a note. */
static char *hex_of_file(const char *path, const char *name, struct errors *notes)
{
    STACK_OF(X509) *list = read_list(path, name, notes);
    BIO *out = BIO_new(BIO_s_mem());
    char *data, *hex = NULL;

    if (list != NULL && put_list(out, list)) {
        long size = BIO_get_mem_data(out, &data);

        if (size > VENDOR_CERTIFICATE_MAX_BYTES)
            errors_add(notes, "%s is left out: the %d certificates of %s have %ld bytes, and a slot takes %d", name,
                       sk_X509_num(list), path, size, VENDOR_CERTIFICATE_MAX_BYTES);
        else
            hex = hex_from_bytes((const uint8_t *) data, (size_t) size);
        if (hex != NULL && sk_X509_num(list) > 1)
            errors_add(notes, "%s has %d certificates, written in PEM: whether a SpringPark takes more than one is not"
                       " known", name, sk_X509_num(list));
    }
    BIO_free(out);
    certificate_list_free(list);
    return hex;
}

/* NULL with a note: there is nothing to be written. */
static char *hex_of(const char *source, const char *name, struct errors *notes)
{
    if (*source == '\0')
        return text_copy("");
    if (strcmp(source, "amazon") == 0 || is_folder(source)) {
        errors_add(notes, "%s is left out: %s is more than one certificate; next: name the file of the one that is needed",
                   name, source);
        return NULL;
    }
    size_t notes_before = errors_count(notes);
    char *hex = hex_of_file(source, name, notes);
    if (hex == NULL && errors_count(notes) == notes_before)
        errors_add(notes, "%s is left out: %s cannot be written", name, source);
    return hex;
}

/* A slot that is as in a new SpringPark: what its factory puts there it has anyway. */
static bool is_as_new(unsigned slot, const char *source)
{
    return slot == AMAZON_SLOT ? strcmp(source, "amazon") == 0 : *source == '\0';
}

static void add_slot(json_t *root, unsigned slot, const char *source, bool flat, struct errors *notes)
{
    char *name = text_format("certificates.slot_%X", slot);

    if (flat) {
        errors_add(notes, "%s is left out: a flat list has no place for certificates; next: export without --flat", name);
        free(name);
        return;
    }
    char *hex = hex_of(source, name, notes);
    if (hex != NULL) {
        char address[3] = { '0', "0123456789ABCDEF"[slot], '\0' };

        if (json_object_get(root, "certificates") == NULL)
            json_object_set_new(root, "certificates", json_object());
        json_object_set_new(json_object_get(root, "certificates"), address, json_string(hex));
        if (slot >= FIRST_LOCKED_SLOT)
            errors_add(notes, "%s is locked in a SpringPark, which keeps its own: only a gateway can use it", name);
    }
    free(hex);
    free(name);
}

void export_certificates_add(json_t *root, const struct settings *settings, bool flat, struct errors *notes)
{
    for (unsigned slot = 0; slot < SETTINGS_SLOT_COUNT; slot++) {
        if (!is_as_new(slot, settings->certificates[slot].source))
            add_slot(root, slot, settings->certificates[slot].source, flat, notes);
    }
    for (unsigned slot = 0; slot < SETTINGS_SLOT_COUNT; slot++) {
        if (*settings->keys[slot].source != '\0')
            errors_add(notes, "keys.slot_%X is left out, --secrets or not: private keys are never in such a file", slot);
    }
}
