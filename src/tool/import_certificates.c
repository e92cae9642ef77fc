/* SPDX-License-Identifier: MIT */
#include "tool/import_certificates.h"

#include "base/memory.h"
#include "base/stored_file.h"
#include "device/config_edit.h"
#include "device/config_node.h"
#include "tool/display.h"
#include "tool/new_files.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAME_MAX_BYTES = 65536, FOLDERS_COUNT = 2, PUBLIC_FOLDER_MODE = 0755, PUBLIC_FILE_MODE = 0644 };

#define FOLDER "springpark/certs"

struct certificate {
    unsigned slot;
    char *name;         /* slot_D.pem */
    char *pem;          /* "" = the slot becomes empty */
    bool there;         /* the very same */
    bool made;
};

struct import_certificates {
    const char *config_file;
    char *folders[FOLDERS_COUNT];      /* springpark, springpark/certs; no final slash */
    bool made_folders[FOLDERS_COUNT];
    struct certificate *list;
    size_t count;
};

/* ---- bytes to PEM ------------------------------------------------------------------------------------------------ */

static bool is_pem(const uint8_t *bytes, size_t size_bytes)
{
    return memmem(bytes, size_bytes, "-----BEGIN", strlen("-----BEGIN")) != NULL;
}

static bool put_pem(BIO *out, const uint8_t *bytes, size_t size_bytes)
{
    BIO *in = BIO_new_mem_buf(bytes, (int) size_bytes);
    X509 *one;
    bool good = false;

    while ((one = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        good = PEM_write_bio_X509(out, one) == 1;
        X509_free(one);
    }
    BIO_free(in);
    ERR_clear_error();
    return good;
}

static bool put_der(BIO *out, const uint8_t *bytes, size_t size_bytes)
{
    const uint8_t *at = bytes;
    X509 *one = d2i_X509(NULL, &at, (long) size_bytes);
    bool good = one != NULL && at == bytes + size_bytes && PEM_write_bio_X509(out, one) == 1;

    X509_free(one);
    ERR_clear_error();
    return good;
}

/* NULL: it is no certificate. */
static char *pem_of(const struct vendor_certificate *certificate)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *data, *pem = NULL;
    bool good = is_pem(certificate->bytes, certificate->size_bytes)
                    ? put_pem(out, certificate->bytes, certificate->size_bytes)
                    : put_der(out, certificate->bytes, certificate->size_bytes);

    if (good) {
        long size = BIO_get_mem_data(out, &data);

        pem = text_format("%.*s", (int) size, data);
    }
    BIO_free(out);
    return pem;
}

static bool holds_key(const struct vendor_certificate *certificate)
{
    return memmem(certificate->bytes, certificate->size_bytes, "PRIVATE KEY", strlen("PRIVATE KEY")) != NULL;
}

/* ---- what is there ----------------------------------------------------------------------------------------------- */

static char *path_of(const struct import_certificates *certificates, const struct certificate *one)
{
    return text_format("%s/%s", certificates->folders[FOLDERS_COUNT - 1], one->name);
}

/* Whether nothing is in the way; false with a complaint. */
static bool look(const struct import_certificates *certificates, struct certificate *one, const char *place,
                 struct errors *errors)
{
    char *path = path_of(certificates, one);
    size_t size;
    char *text = stored_file_read(path, SAME_MAX_BYTES, &size);
    bool missing = text == NULL && errno == ENOENT;

    one->there = text != NULL && strcmp(text, one->pem) == 0;
    if (!one->there && !missing)
        errors_add(errors, "%s: %s is there already with something else in it, and stays as it is; next: move it away",
                   place, path);
    free(text);
    free(path);
    return one->there || missing;
}

static void add(struct import_certificates *certificates, const struct vendor_certificate *from, const char *place,
                struct errors *errors)
{
    struct certificate one = { .slot = from->slot, .name = text_format("slot_%X.pem", from->slot) };

    if (from->size_bytes == 0)
        one.pem = text_copy("");
    else if (!holds_key(from))
        one.pem = pem_of(from);
    if (one.pem == NULL)
        errors_add(errors, "%s: %s", place,
                   holds_key(from) ? "holds a private key, and keys never come from such a file here; next: take it out"
                                   : "is no X.509 certificate, in DER or in PEM");
    if (one.pem != NULL && (*one.pem == '\0' || look(certificates, &one, place, errors))) {
        certificates->list = memory_resize(certificates->list, certificates->count + 1, sizeof *certificates->list);
        certificates->list[certificates->count++] = one;
        return;
    }
    free(one.name);
    free(one.pem);
}

struct import_certificates *import_certificates_create(const struct vendor_file *file, const char *path,
                                                       const char *config_file, struct errors *errors)
{
    struct import_certificates *certificates = memory_zeroed(1, sizeof *certificates);
    char *folder = config_folder(config_file);
    size_t count, errors_before = errors_count(errors);
    const struct vendor_certificate *list = vendor_file_certificates(file, &count);

    certificates->config_file = config_file;
    certificates->folders[0] = text_format("%sspringpark", folder);
    certificates->folders[1] = text_format("%s" FOLDER, folder);
    free(folder);
    for (size_t i = 0; i < count; i++) {
        char *place = text_format("%s:%d: certificates.%02X", path, list[i].line, list[i].slot);

        add(certificates, &list[i], place, errors);
        free(place);
    }
    if (errors_count(errors) == errors_before)
        return certificates;
    import_certificates_free(certificates);
    return NULL;
}

/* A relative path in the configuration counts from its folder. */
static char *value_of(const struct import_certificates *certificates, const struct certificate *one)
{
    if (*one->pem == '\0')
        return text_copy("");
    return *certificates->config_file == '/' ? path_of(certificates, one) : text_format(FOLDER "/%s", one->name);
}

char *import_certificates_name(const struct import_certificates *certificates, const char *text, struct errors *errors)
{
    char *named = text_copy(text);
    size_t errors_before = errors_count(errors);

    for (size_t i = 0; i < certificates->count; i++) {
        char *name = text_format("certificates.slot_%X", certificates->list[i].slot);
        char *value = value_of(certificates, &certificates->list[i]);
        char *longer = config_edit(named, certificates->config_file, name, value, errors);

        if (longer != NULL) {
            explicit_bzero(named, strlen(named));
            free(named);
            named = longer;
        }
        free(value);
        free(name);
    }
    if (errors_count(errors) == errors_before)
        return named;
    explicit_bzero(named, strlen(named));
    free(named);
    return NULL;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool make_folders(struct import_certificates *certificates)
{
    for (size_t i = 0; i < FOLDERS_COUNT; i++) {
        const char *folder = certificates->folders[i];

        /* The mode whatever the umask says: the daemon is another user. */
        certificates->made_folders[i] = mkdir(folder, PUBLIC_FOLDER_MODE) == 0;
        if (certificates->made_folders[i] ? chmod(folder, PUBLIC_FOLDER_MODE) == 0 : errno == EEXIST)
            continue;
        display_error("%s: this folder cannot be made: %s", folder, strerror(errno));
        return false;
    }
    return true;
}

static bool has_new(const struct import_certificates *certificates)
{
    bool found = false;

    for (size_t i = 0; i < certificates->count; i++)
        found = found || (!certificates->list[i].there && *certificates->list[i].pem != '\0');
    return found;
}

static bool write_all(struct import_certificates *certificates, struct new_files *files)
{
    for (size_t i = 0; i < certificates->count; i++) {
        struct certificate *one = &certificates->list[i];

        if (one->there || *one->pem == '\0')
            continue;
        FILE *stream = new_files_add(files, one->name, PUBLIC_FILE_MODE);
        if (stream == NULL) {
            new_files_discard(files);
            return false;
        }
        fputs(one->pem, stream);
        one->made = true;
    }
    return new_files_finish(files);
}

bool import_certificates_write(struct import_certificates *certificates)
{
    if (!has_new(certificates))
        return true;
    struct new_files *files =
        make_folders(certificates) ? new_files_create(certificates->folders[FOLDERS_COUNT - 1]) : NULL;
    if (files != NULL && write_all(certificates, files))
        return true;
    /* None of them is there; and one that somebody else made meanwhile is not ours. */
    for (size_t i = 0; i < certificates->count; i++)
        certificates->list[i].made = false;
    import_certificates_undo(certificates);
    return false;
}

void import_certificates_undo(struct import_certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++) {
        char *path = path_of(certificates, &certificates->list[i]);

        if (certificates->list[i].made)
            (void) unlink(path);
        free(path);
    }
    for (size_t i = FOLDERS_COUNT; i-- > 0;) {
        if (certificates->made_folders[i])
            (void) rmdir(certificates->folders[i]);
    }
}

void import_certificates_free(struct import_certificates *certificates)
{
    if (certificates == NULL)
        return;
    for (size_t i = 0; i < certificates->count; i++) {
        free(certificates->list[i].name);
        free(certificates->list[i].pem);
    }
    for (size_t i = 0; i < FOLDERS_COUNT; i++)
        free(certificates->folders[i]);
    free(certificates->list);
    free(certificates);
}
