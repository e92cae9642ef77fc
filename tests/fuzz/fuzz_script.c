/* SPDX-License-Identifier: MIT */
/* Any bytes as a script, as a whole file and line by line as from a FIFO. */
#include "base/memory.h"
#include "reader/script_parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_step(const struct script_step *step)
{
    if (step->verb == SCRIPT_INSERT && (step->uid_bytes == 0 || step->technology == CARD_UNKNOWN))
        abort();
    if (step->uid_bytes > CARD_UID_MAX_BYTES || step->ats_bytes > CARD_ATS_MAX_BYTES)
        abort();
    if ((step->verb == SCRIPT_WAIT) != (step->wait_ms > 0))
        abort();
    if ((step->verb == SCRIPT_ILL) != (step->text != NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = memory_copy(data, size);
    struct errors *errors = errors_create();
    struct script *script = script_parse(exact, size, "fuzz", errors);

    if ((script == NULL) != (errors_count(errors) > 0))
        abort();
    for (size_t i = 0; script != NULL && i < script->steps_count; i++)
        check_step(&script->steps[i]);
    script_free(script);
    errors_free(errors);

    struct script_step step;
    char *error = NULL;
    if (script_parse_line(exact, size, &step, &error)) {
        check_step(&step);
        script_step_release(&step);
    } else {
        free(error);
    }
    free(exact);
    return 0;
}
