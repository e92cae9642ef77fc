/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a SpringPark's JSON configuration: complaints, or registers that come through a configuration file and
 * an export as they were.
 */
#include "device/config.h"
#include "device/config_put.h"
#include "device/vendor_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 itself loses the text of a string when a syntax error follows: one for each refused file, not ours. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static char *export_text(const struct registers *registers, bool flat)
{
    struct errors *notes = errors_create();
    json_t *root = vendor_file_make(registers, flat, true, notes);
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    errors_free(notes);
    return text;
}

static void check_file(const struct registers *registers, bool flat)
{
    struct errors *errors = errors_create();
    char *text = export_text(registers, flat);
    struct vendor_file *file = vendor_file_parse(text, strlen(text), "fuzz.json", NULL, errors);
    struct registers *again = registers_create();

    assert(file != NULL);
    vendor_file_fill(file, again);
    char *back = export_text(again, flat);
    assert(strcmp(text, back) == 0);
    free(back);
    free(text);
    registers_free(again);
    vendor_file_free(file);
    errors_free(errors);
}

static void check_configuration(const struct registers *registers)
{
    struct errors *errors = errors_create(), *notes = errors_create();
    char *text = config_put_registers("", "fuzz.conf", registers, errors);

    assert(text != NULL);
    struct config *config = config_parse_text(text, strlen(text), "fuzz.conf", false, "", errors, notes);
    if (config != NULL) { /* else two of them contradict one another */
        char *one = export_text(registers, true), *other = export_text(config_registers(config), true);

        assert(strcmp(one, other) == 0);
        free(one);
        free(other);
    }
    config_free(config);
    free(text);
    errors_free(errors);
    errors_free(notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct errors *errors = errors_create();
    struct vendor_file *file = vendor_file_parse((const char *) data, size, "fuzz.json", NULL, errors);

    assert((file == NULL) == (errors_count(errors) > 0));
    if (file != NULL) {
        struct registers *registers = registers_create();

        vendor_file_fill(file, registers);
        check_file(registers, true);
        check_file(registers, false);
        check_configuration(registers);
        registers_free(registers);
    }
    vendor_file_free(file);
    errors_free(errors);
    return 0;
}
