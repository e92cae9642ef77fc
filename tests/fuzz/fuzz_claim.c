/* SPDX-License-Identifier: MIT */
/* Any bytes as an answer of AWS IoT Core to a claim. The key is that of whatever certificate is in them, so that the
 * way goes on behind that check. */
#include "base/memory.h"
#include "cloud/claim_answer.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *key_in(const uint8_t *data, size_t size)
{
    json_t *answer = json_loadb((const char *) data, size, 0, NULL);
    const char *pem = json_string_value(json_object_get(answer, "certificatePem"));
    BIO *bio = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *key = certificate != NULL ? X509_get_pubkey(certificate) : NULL;

    X509_free(certificate);
    BIO_free(bio);
    json_decref(answer);
    return key != NULL ? key : EVP_EC_gen("P-256");
}

static void check_line(const char *text)
{
    if (text == NULL || *text == '\0')
        abort();
    for (; *text != '\0'; text++) {
        if ((unsigned char) *text < 0x20 || (unsigned char) *text > 0x7E)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = memory_copy(data, size);
    EVP_PKEY *key = key_in(exact, size);
    struct claim_certificate certificate = { 0 };
    char *problem = NULL;

    if (claim_answer_certificate(exact, size, key, 1796000000, &certificate, &problem)) {
        if (certificate.certificate == NULL || *certificate.token == '\0' || problem != NULL)
            abort();
        claim_certificate_release(&certificate);
    } else {
        if (certificate.certificate != NULL || certificate.token != NULL)
            abort();
        check_line(problem);
    }
    free(problem);
    problem = NULL;
    char *thing = claim_answer_thing(exact, size, &problem);
    if (thing != NULL && (!claim_is_thing_name(thing) || problem != NULL))
        abort();
    if (thing == NULL)
        check_line(problem);
    free(problem);
    free(thing);
    char *rejection = claim_answer_rejection(exact, size);
    check_line(rejection);
    free(rejection);
    EVP_PKEY_free(key);
    free(exact);
    return 0;
}
