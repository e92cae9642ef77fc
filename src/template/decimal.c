/* SPDX-License-Identifier: MIT */
#include "template/decimal.h"

#include "base/memory.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>

char *decimal_from_bytes(const uint8_t *bytes, size_t size_bytes)
{
    assert(size_bytes <= INT_MAX);
    BIGNUM *number = BN_bin2bn(bytes, (int) size_bytes, NULL);
    char *digits = number == NULL ? NULL : BN_bn2dec(number);

    if (digits == NULL) /* no memory is the only way to fail */
        abort();
    char *text = memory_copy(digits, strlen(digits) + 1);
    OPENSSL_free(digits);
    BN_free(number);
    return text;
}
