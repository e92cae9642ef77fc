/* SPDX-License-Identifier: MIT */
#include "cloud/claim_thing.h"

#include "base/errors.h"
#include "base/hex.h"
#include "base/memory.h"
#include "base/stored_file.h"
#include "cloud/certificate.h"
#include "cloud/claim_answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A name, a blank, 64 digits and a line feed. */
enum { FILE_MAX_BYTES = CLAIM_THING_MAX_BYTES + 1 + 64 + 1 };

static char *fingerprint(const X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size_bytes = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &size_bytes) != 1)
        abort();
    return hex_from_bytes(digest, size_bytes);
}

bool claim_thing_store(const char *path, const char *thing, const X509 *certificate)
{
    char *digest = fingerprint(certificate);
    char *text = text_format("%s %s\n", thing, digest);
    bool stored = stored_file_write(path, text, strlen(text), 0644);
    int reason = errno;

    free(digest);
    free(text);
    errno = reason;
    return stored;
}

static char *fingerprint_of_file(const char *path)
{
    struct errors *ignored = errors_create();
    STACK_OF(X509) *list = certificate_list_read(path, "the certificate", ignored);
    char *digest = list != NULL ? fingerprint(sk_X509_value(list, 0)) : NULL;

    certificate_list_free(list);
    errors_free(ignored);
    return digest;
}

char *claim_thing_read(const char *path, const char *certificate_path)
{
    size_t size_bytes = 0;
    char *text = stored_file_read(path, FILE_MAX_BYTES, &size_bytes);
    char *blank = text != NULL ? strchr(text, ' ') : NULL;
    char *digest = blank != NULL ? fingerprint_of_file(certificate_path) : NULL;

    char *rest = digest != NULL ? text_format("%s\n", digest) : NULL;
    bool same = rest != NULL && strcmp(blank + 1, rest) == 0;
    char *thing = NULL;

    if (same) {
        *blank = '\0';
        thing = claim_is_thing_name(text) ? text_copy(text) : NULL;
    }
    free(rest);
    free(digest);
    free(text);
    return thing;
}
