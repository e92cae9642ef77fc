/* SPDX-License-Identifier: MIT */
#include "cloud/claim_answer.h"

#include "base/memory.h"

#include <ctype.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_MAX_BYTES = 16384, TOKEN_MAX_BYTES = 32768, TOLD_MAX_BYTES = 200 };

static json_t *parse(const void *payload, size_t size_bytes, char **problem)
{
    if (size_bytes > CLAIM_ANSWER_MAX_BYTES) {
        *problem = text_format("has %zu bytes; at most %d are taken", size_bytes, CLAIM_ANSWER_MAX_BYTES);
        return NULL;
    }
    json_t *answer = json_loadb(size_bytes > 0 ? payload : "", size_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(answer)) {
        *problem = text_copy("is no JSON object");
        json_decref(answer);
        return NULL;
    }
    return answer;
}

/* The text of that member, 1 to max_bytes long, borrowed; or NULL with the problem. */
static const char *member_text(const json_t *answer, const char *name, size_t max_bytes, char **problem)
{
    const json_t *member = json_object_get(answer, name);

    if (!json_is_string(member)) {
        *problem = text_format("has no text \"%s\"", name);
        return NULL;
    }
    size_t size_bytes = json_string_length(member);
    if (size_bytes == 0 || size_bytes > max_bytes) {
        *problem = text_format("has %zu bytes in \"%s\"; 1 to %zu are taken", size_bytes, name, max_bytes);
        return NULL;
    }
    return json_string_value(member);
}

/* --- the certificate ---------------------------------------------------------------------------------------------- */

static X509 *read_only_certificate(const char *pem, char **problem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    X509 *second = certificate != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    if (certificate == NULL)
        *problem = text_copy("holds no certificate in PEM form that can be parsed");
    else if (second != NULL)
        *problem = text_copy("holds more than one certificate");
    bool only = certificate != NULL && second == NULL;
    ERR_clear_error();
    BIO_free(bio);
    X509_free(second);
    if (only)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* What is wrong with it, or NULL. That its time has not come is not: the box's clock may be behind a little. */
static const char *certificate_problem(X509 *certificate, const EVP_PKEY *key, time_t now)
{
    if (EVP_PKEY_eq(X509_get0_pubkey(certificate), key) != 1)
        return "holds a certificate for another key than this box's";
    if (X509_check_ca(certificate) != 0)
        return "holds a CA's certificate";
    if (X509_cmp_time(X509_get0_notAfter(certificate), &now) <= 0)
        return "holds a certificate that has expired already, or this box's clock is wrong";
    return NULL;
}

static X509 *take_certificate(const json_t *answer, const EVP_PKEY *key, time_t now, char **problem)
{
    const char *pem = member_text(answer, "certificatePem", PEM_MAX_BYTES, problem);
    X509 *certificate = pem != NULL ? read_only_certificate(pem, problem) : NULL;

    if (certificate == NULL)
        return NULL;
    const char *text = certificate_problem(certificate, key, now);
    ERR_clear_error();
    if (text == NULL)
        return certificate;
    *problem = text_copy(text);
    X509_free(certificate);
    return NULL;
}

bool claim_answer_certificate(const void *payload, size_t size_bytes, const EVP_PKEY *key, time_t now,
                              struct claim_certificate *certificate, char **problem)
{
    json_t *answer = parse(payload, size_bytes, problem);
    X509 *found = answer != NULL ? take_certificate(answer, key, now, problem) : NULL;
    const char *token = found != NULL ? member_text(answer, "certificateOwnershipToken", TOKEN_MAX_BYTES, problem)
                                      : NULL;

    if (token != NULL)
        *certificate = (struct claim_certificate) { .certificate = found, .token = text_copy(token) };
    else
        X509_free(found);
    json_decref(answer);
    return token != NULL;
}

void claim_certificate_release(struct claim_certificate *certificate)
{
    X509_free(certificate->certificate);
    if (certificate->token != NULL)
        explicit_bzero(certificate->token, strlen(certificate->token));
    free(certificate->token);
    *certificate = (struct claim_certificate) { 0 };
}

/* --- the thing ---------------------------------------------------------------------------------------------------- */

bool claim_is_thing_name(const char *text)
{
    size_t size_bytes = strlen(text);

    for (const char *c = text; *c != '\0'; c++) {
        if (!(*c >= 'A' && *c <= 'Z') && !(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') &&
            strchr(":_-", *c) == NULL)
            return false;
    }
    return size_bytes > 0 && size_bytes <= CLAIM_THING_MAX_BYTES;
}

char *claim_answer_thing(const void *payload, size_t size_bytes, char **problem)
{
    json_t *answer = parse(payload, size_bytes, problem);
    const char *name = answer != NULL ? member_text(answer, "thingName", CLAIM_THING_MAX_BYTES, problem) : NULL;
    char *thing = NULL;

    if (name != NULL && claim_is_thing_name(name))
        thing = text_copy(name);
    else if (name != NULL)
        *problem = text_copy("has a \"thingName\" with other characters than letters, digits, ':', '_' and '-'");
    json_decref(answer);
    return thing;
}

/* --- a rejection -------------------------------------------------------------------------------------------------- */

/* A text from outside as it may stand in a line of the log, cut if it is long. NULL: "". */
static char *tell(const char *text)
{
    char *told = text_format("%.*s", TOLD_MAX_BYTES, text != NULL ? text : "");

    for (char *c = told; *c != '\0'; c++) {
        if (!isprint((unsigned char) *c) || (unsigned char) *c > 0x7E)
            *c = '?';
    }
    return told;
}

char *claim_answer_rejection(const void *payload, size_t size_bytes)
{
    char *problem = NULL;
    json_t *answer = parse(payload, size_bytes, &problem);

    if (answer == NULL) {
        char *text = text_format("an answer that %s", problem);
        free(problem);
        return text;
    }
    const json_t *status = json_object_get(answer, "statusCode");
    char *code = tell(json_string_value(json_object_get(answer, "errorCode")));
    char *message = tell(json_string_value(json_object_get(answer, "errorMessage")));
    char *number = json_is_integer(status) ? text_format(" (%" JSON_INTEGER_FORMAT ")", json_integer_value(status))
                                           : text_copy("");
    char *text = text_format("%s%s%s%s", *code != '\0' ? code : "an error without a code", number,
                             *message != '\0' ? ": " : "", message);
    free(code);
    free(message);
    free(number);
    json_decref(answer);
    return text;
}
