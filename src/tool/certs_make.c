/* SPDX-License-Identifier: MIT */
/* springparkctl certs: what makes files. */
#include "base/hex.h"
#include "base/memory.h"
#include "cloud/certificate.h"
#include "cloud/key.h"
#include "tool/certs.h"
#include "tool/certs_text.h"
#include "tool/display.h"
#include "tool/new_files.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { CA_DAYS = 7300, DEVICE_DAYS = 3650, VERIFICATION_DAYS = 30 };

enum { KEY_MODE = 0600, PUBLIC_MODE = 0644 };

struct authority {
    STACK_OF(X509) *list;       /* its own certificate first */
    EVP_PKEY *key;
};

struct device_files {           /* names without the folder */
    char *certificate;
    char *chain;
    char *request;
    char *key;
};

/* --- names -------------------------------------------------------------------------------------------------------- */

/* "directory/NAME" as a shell's word. */
static char *shell_path(const struct certs_words *words, const char *name)
{
    char *path = text_format("%s/%s", words->directory, name);
    char *word = certs_shell_word(path);

    free(path);
    return word;
}

/* The whole path of a file as libconfig's text. */
static char *config_path(const char *path)
{
    char *whole = realpath(path, NULL);
    char *text = certs_config_text(whole != NULL ? whole : path);

    free(whole);
    return text;
}

static struct device_files device_files_of(const char *serial)
{
    return (struct device_files) {
        .certificate = text_format("device-%s.pem", serial),
        .chain = text_format("device-%s-chain.pem", serial),
        .request = text_format("device-%s.csr", serial),
        .key = text_format("device-%s.key", serial),
    };
}

static void device_files_free(struct device_files *files)
{
    free(files->certificate);
    free(files->chain);
    free(files->request);
    free(files->key);
}

/* --- keys and the CA ---------------------------------------------------------------------------------------------- */

/* A new key, or the one that --key names; NULL after a complaint, and *exit_status says what to return. */
static EVP_PKEY *get_key(const struct certs_words *words, int *exit_status)
{
    struct errors *errors = errors_create();
    EVP_PKEY *key = words->key != NULL ? key_load(words->key, "the device's private key", errors)
                                       : issue_key(words->key_type, errors);

    *exit_status = words->key != NULL ? certs_source_status(words->key) : EX_SOFTWARE;
    if (key != NULL && words->key != NULL && !key_check_type(key, words->key, errors)) {
        *exit_status = EX_DATAERR;
        EVP_PKEY_free(key);
        key = NULL;
    }
    certs_complain(errors);
    return key;
}

static void authority_free(struct authority *authority)
{
    certificate_list_free(authority->list);
    EVP_PKEY_free(authority->key);
    *authority = (struct authority) { 0 };
}

static void check_authority(const struct authority *authority, const char *certificate_path, const char *key_path,
                            struct errors *errors)
{
    X509 *certificate = sk_X509_value(authority->list, 0);

    if (X509_check_ca(certificate) == 0)
        errors_add(errors, "%s: this certificate is no CA's, so it cannot sign others; next: name the CA's folder with "
                   "--directory", certificate_path);
    if (X509_check_private_key(certificate, authority->key) != 1)
        errors_add(errors, "%s: the private key does not belong to the certificate %s; one of the two was replaced",
                   key_path, certificate_path);
    (void) certificate_check_time(certificate, certificate_path, "the CA's certificate", errors);
}

/* The CA of the folder, or an exit status after complaints. */
static int read_authority(const struct certs_words *words, struct authority *authority)
{
    char *certificate_path = text_format("%s/ca.pem", words->directory);
    char *key_path = text_format("%s/ca.key", words->directory);
    struct errors *errors = errors_create();
    int exit_status = EX_OK;

    *authority = (struct authority) { 0 };
    if (access(certificate_path, F_OK) != 0 || access(key_path, F_OK) != 0)
        errors_add(errors, "%s: no CA is there (ca.pem and ca.key); next: springparkctl certs init-ca, or name its "
                   "folder with --directory", words->directory);
    else if ((authority->list = certificate_list_read(certificate_path, "the CA's certificate", errors)) != NULL &&
             (authority->key = key_load(key_path, "the CA's private key", errors)) != NULL)
        check_authority(authority, certificate_path, key_path, errors);
    if (errors_count(errors) > 0) {
        exit_status = certs_source_status(access(key_path, R_OK) != 0 ? key_path : certificate_path);
        authority_free(authority);
    }
    certs_complain(errors);
    free(certificate_path);
    free(key_path);
    return exit_status;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static bool add_certificate(struct new_files *files, const char *name, X509 *certificate, STACK_OF(X509) *chain)
{
    FILE *stream = new_files_add(files, name, PUBLIC_MODE);

    if (stream == NULL)
        return false;
    (void) PEM_write_X509(stream, certificate); /* a write that fails shows in the stream, when the set is finished */
    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++)
        (void) PEM_write_X509(stream, sk_X509_value(chain, i));
    return true;
}

static bool add_request(struct new_files *files, const char *name, X509_REQ *request)
{
    FILE *stream = new_files_add(files, name, PUBLIC_MODE);

    return stream != NULL && (PEM_write_X509_REQ(stream, request) == 1 || ferror(stream) != 0);
}

static bool add_key(struct new_files *files, const char *name, EVP_PKEY *key)
{
    FILE *stream = new_files_add(files, name, KEY_MODE);

    return stream != NULL && (PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL) == 1 || ferror(stream) != 0);
}

/* added: whether all could be. */
static int finish(struct new_files *files, bool added)
{
    if (added)
        return new_files_finish(files) ? EX_OK : EX_CANTCREAT;
    new_files_discard(files);
    return EX_CANTCREAT;
}

/* The certificate, or NULL after complaints. */
static X509 *issue(const struct certs_words *words, const struct issue_order *order)
{
    struct errors *errors = errors_create();
    X509 *certificate = issue_certificate(order, words->clock, errors);

    certs_complain(errors);
    return certificate;
}

/* --- init-ca ------------------------------------------------------------------------------------------------------ */

/* A CA that is made anew under an old one's name leads to errors that nobody understands. */
static char *new_ca_name(void)
{
    uint8_t bytes[4] = { 0 };

    (void) RAND_bytes(bytes, sizeof bytes);
    char *digits = hex_from_bytes(bytes, sizeof bytes);
    char *name = text_format("SpringPark CA %s", digits);
    free(digits);
    return name;
}

static void say_ca(const struct certs_words *words, const char *name)
{
    char *key = shell_path(words, "ca.key"), *certificate = shell_path(words, "ca.pem");
    char *folder = certs_shell_word(words->directory);
    time_t now;

    certs_say("%s: the private key of the CA \"%s\"; next: keep it off the devices, with a copy in a safe place", key,
              name);
    certs_say("%s: its certificate", certificate);
    certs_say("next: aws iot get-registration-code --query registrationCode --output text");
    certs_say("      springparkctl certs verification CODE --directory %s", folder);
    if (!clock_wall_time(words->clock, &now))
        display_progress("note: this machine's clock is not synchronised; if its date is wrong, so are the "
                         "certificate's (springparkctl certs show %s)", certificate);
    free(key);
    free(certificate);
    free(folder);
}

int certs_init_ca(const struct certs_words *words)
{
    int exit_status;
    EVP_PKEY *key = get_key(words, &exit_status);

    if (key == NULL)
        return exit_status;
    char *name = words->name != NULL ? text_copy(words->name) : new_ca_name();
    const struct issue_order order = { .purpose = ISSUE_CA, .common_name = name, .key = key,
                                       .days = words->days != 0 ? words->days : CA_DAYS };
    X509 *certificate = issue(words, &order);
    struct new_files *files = certificate != NULL ? new_files_create(words->directory) : NULL;
    exit_status = certificate != NULL ? EX_CANTCREAT : EX_SOFTWARE;
    if (files != NULL)
        exit_status = finish(files, add_certificate(files, "ca.pem", certificate, NULL) &&
                             add_key(files, "ca.key", key));
    if (exit_status == EX_OK)
        say_ca(words, name);
    X509_free(certificate);
    EVP_PKEY_free(key);
    free(name);
    return exit_status;
}

/* --- verification ------------------------------------------------------------------------------------------------- */

static void say_verification(const struct certs_words *words)
{
    char *certificate = shell_path(words, "verification.pem"), *ca = shell_path(words, "ca.pem");

    certs_say("%s: shows AWS that you have the CA's key; it is of no use afterwards", certificate);
    certs_say("next: aws iot register-ca-certificate --ca-certificate file://%s \\", ca);
    certs_say("          --verification-certificate file://%s --set-as-active --allow-auto-registration", certificate);
    free(certificate);
    free(ca);
}

/* The certificate's own key never signs anything, so it is not kept. */
int certs_verification(const struct certs_words *words)
{
    struct authority authority;
    int exit_status = read_authority(words, &authority);

    if (exit_status != EX_OK)
        return exit_status;
    EVP_PKEY *key = get_key(words, &exit_status);
    const struct issue_order order = { .purpose = ISSUE_VERIFICATION, .common_name = words->words[0], .key = key,
                                       .ca = sk_X509_value(authority.list, 0), .ca_key = authority.key,
                                       .days = VERIFICATION_DAYS };
    X509 *certificate = key != NULL ? issue(words, &order) : NULL;
    struct new_files *files = certificate != NULL ? new_files_create(words->directory) : NULL;
    exit_status = certificate != NULL ? EX_CANTCREAT : EX_SOFTWARE;
    if (files != NULL)
        exit_status = finish(files, add_certificate(files, "verification.pem", certificate, NULL));
    if (exit_status == EX_OK)
        say_verification(words);
    X509_free(certificate);
    EVP_PKEY_free(key);
    authority_free(&authority);
    return exit_status;
}

/* --- device and csr ----------------------------------------------------------------------------------------------- */

static void note_serial(const char *serial)
{
    if (!certs_serial_is_thing_name(serial))
        display_progress("note: AWS takes only letters, digits, ':', '_' and '-' in the name of a thing, so \"%s\" "
                         "cannot be one", serial);
}

/* A PIN that stands in the URI is not shown: a file is the better place for it anyway. */
static char *key_for_config(const struct certs_words *words, const char *made)
{
    if (words->key == NULL || !key_is_in_token(words->key))
        return config_path(words->key != NULL ? words->key : made);
    if (strstr(words->key, "pin-value=") == NULL)
        return certs_config_text(words->key);
    char *shown = key_source_text(words->key);
    char *uri = text_format("%s?pin-source=file:/etc/springpark/private/pin", shown);
    char *text = certs_config_text(uri);
    free(shown);
    free(uri);
    return text;
}

static void say_slots(const struct certs_words *words, const struct device_files *device)
{
    char *paths[3] = { text_format("%s/%s", words->directory, device->certificate),
                       text_format("%s/%s", words->directory, device->chain),
                       text_format("%s/%s", words->directory, device->key) };
    char *texts[3] = { config_path(paths[0]), config_path(paths[1]), key_for_config(words, paths[2]) };

    certs_say("next: on the device, these lines into /etc/springpark.conf:");
    certs_say("    certificates: { slot_D = %s; slot_F = %s; };", texts[0], texts[1]);
    certs_say("    keys: { slot_D = %s; };", texts[2]);
    if (words->key == NULL || !key_is_in_token(words->key))
        certs_say("and springparkd must be able to read the key: chown root:springpark KEY; chmod 0640 KEY");
    for (size_t i = 0; i < 3; i++) {
        free(paths[i]);
        free(texts[i]);
    }
}

static void say_device(const struct certs_words *words, const struct device_files *device, X509 *certificate, X509 *ca)
{
    char *until = certificate_time_text(X509_get0_notAfter(certificate));

    note_serial(words->words[0]);
    if (ASN1_TIME_compare(X509_get0_notAfter(certificate), X509_get0_notAfter(ca)) == 0)
        display_progress("note: the certificate ends with its CA, on %s", until);
    certs_say("%s/%s: the certificate of \"%s\", until %s", words->directory, device->certificate, words->words[0],
              until);
    certs_say("%s/%s: the same with the CA's after it", words->directory, device->chain);
    if (words->key == NULL)
        certs_say("%s/%s: its private key", words->directory, device->key);
    say_slots(words, device);
    free(until);
}

static int make_device(const struct certs_words *words, const struct authority *authority, EVP_PKEY *key)
{
    X509 *ca = sk_X509_value(authority->list, 0);
    const struct issue_order order = { .purpose = ISSUE_CLIENT, .common_name = words->words[0], .key = key, .ca = ca,
                                       .ca_key = authority->key, .days = words->days != 0 ? words->days : DEVICE_DAYS };
    struct device_files device = device_files_of(words->words[0]);
    X509 *certificate = issue(words, &order);
    struct new_files *files = certificate != NULL ? new_files_create(words->directory) : NULL;
    int exit_status = certificate != NULL ? EX_CANTCREAT : EX_SOFTWARE;

    if (files != NULL)
        exit_status = finish(files, add_certificate(files, device.certificate, certificate, NULL) &&
                             add_certificate(files, device.chain, certificate, authority->list) &&
                             (words->key != NULL || add_key(files, device.key, key)));
    if (exit_status == EX_OK)
        say_device(words, &device, certificate, ca);
    device_files_free(&device);
    X509_free(certificate);
    return exit_status;
}

int certs_device(const struct certs_words *words)
{
    struct authority authority;
    int exit_status = read_authority(words, &authority);

    if (exit_status != EX_OK)
        return exit_status;
    EVP_PKEY *key = get_key(words, &exit_status);
    if (key != NULL)
        exit_status = make_device(words, &authority, key);
    EVP_PKEY_free(key);
    authority_free(&authority);
    return exit_status;
}

static void say_request(const struct certs_words *words, const struct device_files *device)
{
    char *request = shell_path(words, device->request), *certificate = shell_path(words, device->certificate);

    note_serial(words->words[0]);
    certs_say("%s: the request for \"%s\"", request, words->words[0]);
    if (words->key == NULL)
        certs_say("%s/%s: its private key, which stays here", words->directory, device->key);
    certs_say("next: give the request to your CA, or have AWS sign it:");
    certs_say("      aws iot create-certificate-from-csr --set-as-active --certificate-signing-request file://%s \\",
              request);
    certs_say("          --certificate-pem-outfile %s", certificate);
    free(request);
    free(certificate);
}

int certs_csr(const struct certs_words *words)
{
    int exit_status;
    EVP_PKEY *key = get_key(words, &exit_status);

    if (key == NULL)
        return exit_status;
    struct errors *errors = errors_create();
    struct device_files device = device_files_of(words->words[0]);
    X509_REQ *request = issue_request(key, words->words[0], errors);
    struct new_files *files = request != NULL ? new_files_create(words->directory) : NULL;
    exit_status = request != NULL ? EX_CANTCREAT : EX_SOFTWARE;
    if (files != NULL)
        exit_status = finish(files, add_request(files, device.request, request) &&
                             (words->key != NULL || add_key(files, device.key, key)));
    if (exit_status == EX_OK)
        say_request(words, &device);
    certs_complain(errors);
    device_files_free(&device);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return exit_status;
}
