/* SPDX-License-Identifier: MIT */
/* What the configuration accepts and what the engine has are one and the same. */
#include "device/register_text.h"
#include "device/register_types.h"
#include "template/template.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The option of templates.technologies for that LKL. */
static const struct field_option *option_of(uint8_t lookup)
{
    const struct register_def *def;
    const struct field_def *field = register_find_field("templates.technologies", &def);

    for (const struct field_option *option = field->options; option->name != NULL; option++) {
        if (option->value == lookup)
            return option;
    }
    return NULL;
}

/* The name of the type that the configuration takes this LKL for, or NULL if it refuses it. */
static const char *accepted(uint8_t lookup)
{
    const struct register_type *type = register_type_of_lookup(lookup);
    const struct field_option *option = option_of(lookup);

    if (type == NULL || type->refused_because != NULL || option == NULL || option->refused_because != NULL)
        return NULL;
    return type->name;
}

START_TEST(each_lookup_value_that_is_accepted_has_a_type_of_that_name_and_no_other_has)
{
    size_t accepted_count = 0;

    for (unsigned lookup = 0; lookup <= UINT8_MAX; lookup++) {
        const char *wanted = accepted((uint8_t) lookup);
        const char *there = template_type_of_lookup((uint8_t) lookup);

        if (lookup == 0x40 || lookup == 0x41 || lookup == 0x4F) /* refused alone, by a type that is there */
            ck_assert_ptr_null(wanted);
        else if (wanted == NULL)
            ck_assert_msg(there == NULL, "the engine has %s for %02X, which is refused", there, lookup);
        if (wanted == NULL)
            continue;
        accepted_count++;
        ck_assert_msg(there != NULL, "nothing reads %02X, which is accepted as %s", lookup, wanted);
        ck_assert_str_eq(there, wanted);
    }
    ck_assert_uint_eq(accepted_count, 16 + 7 + 1 + 1 + 1 + 4 + 1 + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("template types");
    TCase *cases = tcase_create("template types");

    tcase_add_test(cases, each_lookup_value_that_is_accepted_has_a_type_of_that_name_and_no_other_has);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
