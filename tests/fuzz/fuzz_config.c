/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration file: errors or a config, never a crash. It may not read files. */
#include "device/config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 itself loses the text of a string when a syntax error follows: one for each refused file, not ours. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct errors *errors = errors_create(), *notes = errors_create();
    struct config *config = config_parse_text((const char *) data, size, "fuzz.conf", false, "", errors, notes);

    /* A config or complaints, never both and never neither. */
    assert((config == NULL) == (errors_count(errors) > 0));
    if (config != NULL) {
        assert(config_settings(config)->mqtt.keep_alive_s >= 5);
        assert(config_settings(config)->readers_count > 0);
    }
    config_free(config);
    errors_free(notes);
    errors_free(errors);
    return 0;
}
