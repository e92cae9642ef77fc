/* SPDX-License-Identifier: MIT */
/* Any bytes as the file of registrations. What is understood is written again and means the same. */
#include "base/memory.h"
#include "cloud/registration.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = memory_copy(data, size);
    struct registrations *known = registrations_parse(exact, size);

    free(exact);
    if (known == NULL)
        return 0;
    if (registrations_count(known) > REGISTRATIONS_LIMIT)
        abort();
    char *text = registrations_text(known);
    struct registrations *again = registrations_parse(text, strlen(text));
    if (again == NULL || registrations_count(again) != registrations_count(known))
        abort();
    char *same = registrations_text(again);
    if (strcmp(text, same) != 0)
        abort();
    free(same);
    free(text);
    registrations_free(again);
    registrations_free(known);
    return 0;
}
