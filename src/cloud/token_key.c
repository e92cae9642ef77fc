/* SPDX-License-Identifier: MIT */
/* OpenSSL 3 calls its engines deprecated, but Debian 12 and 13 have no other ready way to a token: this file alone uses
 * them, and only where no provider is configured. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "cloud/token_key.h"

#include "base/hex.h"
#include "base/memory.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCHEME "pkcs11"
#define ENGINE_NAME "pkcs11"
#define STANDARD_MODULE "p11-kit-proxy.so" /* libp11's own default: all modules that p11-kit knows */

enum { PIN_MAX_BYTES = 255 };

struct token_uri {
    char *text;         /* what may be shown */
    char *pin;          /* NULL: none is named */
    char *module_path;  /* NULL: none is named */
};

/* --- the URI ------------------------------------------------------------------------------------------------------ */

static void uri_free(struct token_uri *parts)
{
    if (parts->pin != NULL)
        OPENSSL_cleanse(parts->pin, strlen(parts->pin));
    free(parts->pin);
    free(parts->text);
    free(parts->module_path);
}

/* %41 becomes A; what is no escape stays. */
static char *decode(const char *text, size_t length)
{
    char *decoded = memory_zeroed(length + 1, 1), *to = decoded;

    for (size_t i = 0; i < length; i++) {
        bool escaped = text[i] == '%' && i + 2 < length && hex_to_bytes(text + i + 1, 2, (uint8_t *) to, 1) == 1;
        if (!escaped)
            *to = text[i];
        to++;
        i += escaped ? 2 : 0;
    }
    return decoded;
}

static bool begins_with(const char *text, size_t length, const char *beginning)
{
    return length >= strlen(beginning) && strncmp(text, beginning, strlen(beginning)) == 0;
}

/* The attribute's value, decoded, or NULL. It may stand in the query, where RFC 7512 wants it, or before. */
static char *find_attribute(const char *uri, const char *name)
{
    for (const char *at = strchr(uri, ':') + 1;;) {
        size_t length = strcspn(at, ";?&");
        if (begins_with(at, length, name) && at[strlen(name)] == '=')
            return decode(at + strlen(name) + 1, length - strlen(name) - 1);
        if (at[length] == '\0')
            return NULL;
        at += length + 1;
    }
}

/* The path's attributes alone, for the query is about how to get there. */
char *token_key_text(const char *uri)
{
    const char *at = strchr(uri, ':') + 1;
    char *text = text_format("%.*s", (int) (at - uri), uri);

    for (const char *before = "";;) {
        size_t length = strcspn(at, ";?&");
        if (!begins_with(at, length, "pin-") && !begins_with(at, length, "module-")) {
            char *longer = text_format("%s%s%.*s", text, before, (int) length, at);
            free(text);
            text = longer;
            before = ";";
        }
        if (at[length] != ';')
            return text;
        at += length + 1;
    }
}

static char *read_pin(const char *source, const char *text, struct errors *errors)
{
    const char *path = begins_with(source, strlen(source), "file:") ? source + strlen("file:") : source;
    char line[PIN_MAX_BYTES + 2] = "";
    struct stat status;

    if (strncmp(path, "//", 2) == 0)
        path += 2;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        errors_add(errors, "%s: pin-source: %s cannot be read: %s", text, path, strerror(errno));
        if (file != NULL)
            (void) fclose(file);
        return NULL;
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of the PIN stays behind */
    bool open = (status.st_mode & 0037) != 0;
    bool read = !open && fgets(line, sizeof line, file) != NULL;
    (void) fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    char *pin = read && line[0] != '\0' ? text_copy(line) : NULL;
    OPENSSL_cleanse(line, sizeof line);
    if (open)
        errors_add(errors, "%s: pin-source: %s is open to others (mode %04o); next: chmod 0640 %s", text, path,
                   (unsigned) (status.st_mode & 07777), path);
    else if (pin == NULL)
        errors_add(errors, "%s: pin-source: no PIN is in %s", text, path);
    return pin;
}

static bool uri_parse(const char *uri, struct token_uri *parts, struct errors *errors)
{
    *parts = (struct token_uri) { .text = token_key_text(uri), .pin = find_attribute(uri, "pin-value"),
                                  .module_path = find_attribute(uri, "module-path") };
    char *source = parts->pin == NULL ? find_attribute(uri, "pin-source") : NULL;

    if (source == NULL)
        return true;
    parts->pin = read_pin(source, parts->text, errors);
    free(source);
    return parts->pin != NULL;
}

/* --- the token ---------------------------------------------------------------------------------------------------- */

static void complain(const struct token_uri *parts, const char *what, struct errors *errors)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    if (parts->pin == NULL)
        errors_add(errors, "%s: %s cannot be had from the token: %s; next: see that the token is there (pkcs11-tool "
                   "--list-objects --login) and name its PIN: ?pin-source=file:PATH", parts->text, what,
                   reason != NULL ? reason : "no reason is given");
    else
        errors_add(errors, "%s: %s cannot be had from the token: %s; next: pkcs11-tool --list-objects --login; check "
                   "token, object and PIN (some wrong ones lock a token)", parts->text, what,
                   reason != NULL ? reason : "no reason is given");
}

/* A module that was named once would stay for the next key otherwise. */
static const char *module_of(const struct token_uri *parts)
{
    const char *named = parts->module_path != NULL ? parts->module_path : secure_getenv("PKCS11_MODULE_PATH");

    return named != NULL ? named : STANDARD_MODULE;
}

/* OpenSSL has one engine for the whole process, with one PIN and one module: whoever loads a key has it alone. */
static pthread_mutex_t engine_mutex = PTHREAD_MUTEX_INITIALIZER;

/* The engine would print this complaint itself, and return another one. */
static bool check_module(const struct token_uri *parts, struct errors *errors)
{
    if (parts->module_path == NULL || access(parts->module_path, R_OK) == 0)
        return true;
    errors_add(errors, "%s: module-path: %s cannot be read: %s; next: install the token's module, or mend the path",
               parts->text, parts->module_path, strerror(errno));
    return false;
}

/* The engine gets the PIN apart from the URI, as it prints URIs that lead nowhere. */
static EVP_PKEY *load_by_engine(const struct token_uri *parts, const char *what, struct errors *errors)
{
    ENGINE *engine = ENGINE_by_id(ENGINE_NAME);
    EVP_PKEY *key = NULL;

    if (engine == NULL) {
        errors_add(errors, "%s: %s is in a PKCS#11 token, and OpenSSL's engine for those is missing; next: apt-get "
                   "install libengine-pkcs11-openssl", parts->text, what);
        return NULL;
    }
    (void) ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0);
    (void) ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module_of(parts), 0);
    if (parts->pin != NULL)
        (void) ENGINE_ctrl_cmd_string(engine, "PIN", parts->pin, 0);
    ERR_clear_error();
    if (ENGINE_init(engine) == 1) {
        /* UI_null asks nobody. The engine only reads it; it came before const. */
        key = ENGINE_load_private_key(engine, parts->text, (UI_METHOD *) (uintptr_t) UI_null(), NULL);
        if (key == NULL)
            complain(parts, what, errors);
        /* The key holds the engine for itself. Seen with libp11 0.4.12: an engine that nobody finishes crashes at the
         * end of the process; what it leaks (its tables of methods, some 800 bytes) it leaks once, not
         * with each key. */
        (void) ENGINE_finish(engine);
    } else {
        complain(parts, what, errors);
    }
    (void) ENGINE_free(engine);
    return key;
}

static bool has_provider(void)
{
    OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, SCHEME, NULL);
    bool there = loader != NULL;

    OSSL_STORE_LOADER_free(loader);
    ERR_clear_error();
    return there;
}

static EVP_PKEY *load_by_provider(const char *uri, const struct token_uri *parts, const char *what,
                                  struct errors *errors)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, UI_null(), NULL, NULL, NULL);
    EVP_PKEY *key = NULL;

    if (store != NULL)
        (void) OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (store != NULL && key == NULL && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        if (info == NULL)
            break;
        if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
            key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    if (key == NULL)
        complain(parts, what, errors);
    (void) OSSL_STORE_close(store);
    return key;
}

EVP_PKEY *token_key_load(const char *uri, const char *what, struct errors *errors)
{
    struct token_uri parts;
    EVP_PKEY *key = NULL;

    if (uri_parse(uri, &parts, errors) && check_module(&parts, errors)) {
        pthread_mutex_lock(&engine_mutex);
        key = has_provider() ? load_by_provider(uri, &parts, what, errors) : load_by_engine(&parts, what, errors);
        pthread_mutex_unlock(&engine_mutex);
    }
    ERR_clear_error();
    uri_free(&parts);
    return key;
}
