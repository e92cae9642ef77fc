/* SPDX-License-Identifier: MIT */
#include "cloud/certificate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cloud/cloud.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define AMAZON_FOLDER "/usr/share/ca-certificates/mozilla"
#define AMAZON_ROOTS 4

STACK_OF(X509) *certificate_list_read(const char *path, const char *what, struct errors *errors)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        errors_add(errors, "%s: %s cannot be read: %s", path, what, strerror(errno));
        return NULL;
    }
    STACK_OF(X509) *list = sk_X509_new_null();
    X509 *certificate;
    while (list != NULL && (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
        sk_X509_push(list, certificate);
    unsigned long code = ERR_peek_last_error();
    bool at_end = code == 0 || ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    (void) fclose(file);
    if (sk_X509_num(list) > 0 && at_end)
        return list;
    if (at_end)
        errors_add(errors, "%s: %s is to be in PEM form, but no \"BEGIN CERTIFICATE\" is in that file", path, what);
    else
        errors_add(errors, "%s: %s is damaged: certificate number %d cannot be parsed; copy the file anew", path, what,
                   sk_X509_num(list) + 1);
    certificate_list_free(list);
    return NULL;
}

void certificate_list_free(STACK_OF(X509) *list)
{
    sk_X509_pop_free(list, X509_free);
}

static int add_list(X509_STORE *store, STACK_OF(X509) *list)
{
    int count = sk_X509_num(list);

    for (int i = 0; i < count; i++)
        X509_STORE_add_cert(store, sk_X509_value(list, i)); /* a second copy of one is fine */
    ERR_clear_error();
    return count;
}

static bool add_file(X509_STORE *store, const char *path, struct errors *errors)
{
    STACK_OF(X509) *list = certificate_list_read(path, "the certificate of the broker's CA", errors);

    if (list == NULL)
        return false;
    (void) add_list(store, list);
    certificate_list_free(list);
    return true;
}

static bool add_amazon(X509_STORE *store, struct errors *errors)
{
    bool all = true;

    for (int number = 1; number <= AMAZON_ROOTS; number++) {
        char *path = text_format(AMAZON_FOLDER "/Amazon_Root_CA_%d.crt", number);
        struct stat status;
        if (stat(path, &status) != 0 && errno == ENOENT) {
            errors_add(errors, "%s: Amazon's root certificate is missing; next: apt-get install ca-certificates", path);
            all = false;
        } else if (!add_file(store, path, errors)) {
            all = false;
        }
        free(path);
    }
    return all;
}

/* Files of a folder that are no certificates are passed over: a README there is no mistake. */
static bool add_folder(X509_STORE *store, const char *folder, struct errors *errors)
{
    struct errors *ignored = errors_create();
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    int count = 0;

    if (directory == NULL) {
        errors_add(errors, "%s: the folder of the broker's CA cannot be read: %s", folder, strerror(errno));
        errors_free(ignored);
        return false;
    }
    while ((entry = readdir(directory)) != NULL) {
        char *path = text_format("%s/%s", folder, entry->d_name);
        struct stat status;
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            STACK_OF(X509) *list = certificate_list_read(path, "a CA", ignored);
            if (list != NULL)
                count += add_list(store, list);
            certificate_list_free(list);
        }
        free(path);
    }
    closedir(directory);
    errors_free(ignored);
    if (count == 0)
        errors_add(errors, "%s: no certificate in PEM form is in that folder, so no broker could be trusted", folder);
    return count > 0;
}

bool certificate_add_trusted(X509_STORE *store, const char *source, struct errors *errors)
{
    struct stat status;

    if (strcmp(source, "amazon") == 0)
        return add_amazon(store, errors);
    if (stat(source, &status) == 0 && S_ISDIR(status.st_mode))
        return add_folder(store, source, errors);
    return add_file(store, source, errors);
}

bool certificate_check_time(const X509 *certificate, const char *path, const char *what, struct errors *errors)
{
    time_t now;

    (void) clock_wall_time(clock_system(), &now);
    if (X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0) {
        char *from = certificate_time_text(X509_get0_notBefore(certificate));
        errors_add(errors, "%s: %s is not yet valid (from %s on); check this machine's clock", path, what, from);
        free(from);
        return false;
    }
    if (X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0) {
        char *until = certificate_time_text(X509_get0_notAfter(certificate));
        errors_add(errors, "%s: %s has expired (on %s); put a new one there, or check this machine's clock", path, what,
                   until);
        free(until);
        return false;
    }
    return true;
}

static time_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

bool certificate_read_times(const char *path, time_t *not_before, time_t *not_after)
{
    struct errors *ignored = errors_create();
    STACK_OF(X509) *list = certificate_list_read(path, "the certificate", ignored);

    errors_free(ignored);
    if (list == NULL)
        return false;
    *not_before = seconds_of(X509_get0_notBefore(sk_X509_value(list, 0)));
    *not_after = seconds_of(X509_get0_notAfter(sk_X509_value(list, 0)));
    certificate_list_free(list);
    return true;
}

static char *text_from_bio(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *text = text_format("%.*s", (int) size, data != NULL ? data : "");

    BIO_free(bio);
    return text;
}

char *certificate_time_text(const ASN1_TIME *time)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return text_copy("an unreadable time");
    return text_format("%04d-%02d-%02d %02d:%02d:%02d UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

char *certificate_name_text(const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());

    /* The flag escapes control characters: the name comes from outside and goes to the log. */
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long) ASN1_STRFLGS_ESC_MSB);
    return text_from_bio(bio);
}

static void print_host(BIO *bio, const GENERAL_NAME *name)
{
    char digits[INET6_ADDRSTRLEN];
    int type;
    const void *value = GENERAL_NAME_get0_value(name, &type);

    if (type == GEN_DNS) {
        ASN1_STRING_print_ex(bio, value, ASN1_STRFLGS_ESC_CTRL);
        return;
    }
    int size = ASN1_STRING_length(value);
    if (inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), digits, sizeof digits) != NULL)
        BIO_puts(bio, digits);
}

static bool is_host(const GENERAL_NAME *name)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

    if (type == GEN_IPADD)
        return ASN1_STRING_length(value) == 4 || ASN1_STRING_length(value) == 16;
    return type == GEN_DNS;
}

char *certificate_hosts_text(X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = 0;
    BIO *bio;

    if (names == NULL)
        return certificate_name_text(X509_get_subject_name(certificate));
    bio = BIO_new(BIO_s_mem());
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (!is_host(name))
            continue;
        BIO_puts(bio, count++ > 0 ? ", " : "");
        print_host(bio, name);
    }
    GENERAL_NAMES_free(names);
    return text_from_bio(bio);
}

void cloud_check_dates(const struct cloud_settings *settings, struct errors *errors)
{
    const char *path = settings->tls.certificate, *what = "the device's certificate";

    if (settings->host[0] == '\0' || !settings->tls.enabled || !settings->tls.client_auth)
        return;
    STACK_OF(X509) *list = certificate_list_read(path, what, errors);
    if (list != NULL)
        (void) certificate_check_time(sk_X509_value(list, 0), path, what, errors);
    certificate_list_free(list);
}

char *cloud_certificate_cn(const char *path)
{
    struct errors *ignored = errors_create();
    STACK_OF(X509) *list = certificate_list_read(path, "the certificate", ignored);
    char *cn = NULL;

    errors_free(ignored);
    if (list == NULL)
        return NULL;
    const X509_NAME *subject = X509_get_subject_name(sk_X509_value(list, 0));
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) {
        unsigned char *utf8 = NULL;
        int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        if (size > 0 && strlen((const char *) utf8) == (size_t) size)
            cn = text_copy((const char *) utf8);
        OPENSSL_free(utf8);
    }
    certificate_list_free(list);
    return cn;
}
