/* SPDX-License-Identifier: MIT */
#include "cloud/tpm_key.h"

#include "base/memory.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDER "tpm2"
#define BEGINNING "-----BEGIN TSS2 PRIVATE KEY-----"

bool tpm_key_is_in(FILE *file)
{
    char line[128];
    bool found = false;

    rewind(file);
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = strncmp(line, BEGINNING, strlen(BEGINNING)) == 0;
    rewind(file);
    OPENSSL_cleanse(line, sizeof line);
    return found;
}

/* --- the library context of a key ----------------------------------------------------------------------------------- */

/* A context that is freed leaves providers that were loaded by name as they are, with their way to the TPM. */
struct library {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *ours;    /* does all that is not the TPM's */
    OSSL_PROVIDER *tpm;
};

static void library_free(struct library *library)
{
    if (library->tpm != NULL)
        (void) OSSL_PROVIDER_unload(library->tpm);
    if (library->ours != NULL)
        (void) OSSL_PROVIDER_unload(library->ours);
    OSSL_LIB_CTX_free(library->context);
    free(library);
}

/* NULL, with the reason in OpenSSL's queue, if there is no such module or it finds no TPM. */
static struct library *library_create(void)
{
    struct library *library = memory_zeroed(1, sizeof *library);

    library->context = OSSL_LIB_CTX_new();
    library->ours = library->context != NULL ? OSSL_PROVIDER_load(library->context, "default") : NULL;
    library->tpm = library->ours != NULL ? OSSL_PROVIDER_load(library->context, PROVIDER) : NULL;
    if (library->tpm == NULL) {
        library_free(library);
        return NULL;
    }
    tpm_key_let_verify(library->context);
    return library;
}

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int library_index = -1;

/* OpenSSL calls this when the key itself is gone, but not before. */
static void free_library(void *parent, void *data, CRYPTO_EX_DATA *all, int index, long number, void *pointer)
{
    (void) parent;
    (void) all;
    (void) index;
    (void) number;
    (void) pointer;
    if (data != NULL)
        library_free(data);
}

static void make_index(void)
{
    library_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_EVP_PKEY, 0, NULL, NULL, NULL, free_library);
}

OSSL_LIB_CTX *tpm_key_library(const EVP_PKEY *key)
{
    if (key == NULL || pthread_once(&index_once, make_index) != 0 || library_index < 0)
        return NULL;
    const struct library *library = EVP_PKEY_get_ex_data(key, library_index);
    return library != NULL ? library->context : NULL;
}

void tpm_key_let_sign(OSSL_LIB_CTX *library)
{
    (void) EVP_set_default_properties(library, "?tpm2.signature=yes");
}

void tpm_key_let_verify(OSSL_LIB_CTX *library)
{
    (void) EVP_set_default_properties(library, "?provider=default");
}

/* --- loading -------------------------------------------------------------------------------------------------------- */

/* Nobody can be asked for what a key's user would have to know. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void) buffer;
    (void) size;
    (void) writing;
    *(bool *) context = true;
    return -1;
}

static bool is_module_missing(void)
{
    unsigned long code = ERR_peek_error();

    return ERR_GET_LIB(code) == ERR_LIB_DSO || ERR_GET_REASON(code) == ERR_R_DSO_LIB;
}

static void complain_of_provider(const char *path, const char *what, struct errors *errors)
{
    if (is_module_missing())
        errors_add(errors, "%s: %s is a TPM's (TSS2 PRIVATE KEY), and OpenSSL's provider \"" PROVIDER "\", which reads "
                   "those, is not there; next: apt-get install tpm2-openssl", path, what);
    else
        errors_add(errors, "%s: %s is a TPM's (TSS2 PRIVATE KEY), and OpenSSL's provider \"" PROVIDER "\", which reads "
                   "those, reaches no TPM; next: see that this user may open /dev/tpmrm0 (group tss), or what the "
                   "variable TPM2OPENSSL_TCTI names; see doc/aws.md", path, what);
}

static void complain_of_key(const char *path, const char *what, bool locked, struct errors *errors)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    if (locked)
        errors_add(errors, "%s: %s needs a password for the TPM, which nobody can be asked for; next: have the TPM make "
                   "one without", path, what);
    else
        errors_add(errors, "%s: %s is a TPM's (TSS2 PRIVATE KEY), and this TPM does not take it: %s; next: use the TPM "
                   "that made it, or have this one make another, with a certificate of its own", path, what,
                   reason != NULL ? reason : "no reason is given");
}

static EVP_PKEY *load_in(struct library *library, FILE *file, const char *path, const char *what, struct errors *errors)
{
    bool locked = false;
    EVP_PKEY *key = PEM_read_PrivateKey_ex(file, NULL, no_password, &locked, library->context, NULL);

    if (key == NULL)
        complain_of_key(path, what, locked, errors);
    else if (pthread_once(&index_once, make_index) == 0 && EVP_PKEY_set_ex_data(key, library_index, library) == 1)
        return key;
    else
        errors_add(errors, "%s: %s cannot be kept: out of memory", path, what);
    EVP_PKEY_free(key);
    library_free(library);
    return NULL;
}

EVP_PKEY *tpm_key_load(FILE *file, const char *path, const char *what, struct errors *errors)
{
    ERR_clear_error();
    struct library *library = library_create();
    EVP_PKEY *key = NULL;

    if (library == NULL)
        complain_of_provider(path, what, errors);
    else
        key = load_in(library, file, path, what, errors);
    ERR_clear_error();
    return key;
}
