/* SPDX-License-Identifier: MIT */
/*
 * The list `readers` with libnfc in it, in a build with libnfc and in one without: all that is wrong with an entry is
 * said in both, and without libnfc also that it cannot be had.
 */
#include "base/memory.h"
#include "device/config.h"
#include "device/connection.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct errors *errors;
static struct errors *notes;

static void set_up(void)
{
    errors = errors_create();
    notes = errors_create();
}

static void tear_down(void)
{
    errors_free(errors);
    errors_free(notes);
}

static struct config *parse(const char *text)
{
    return config_parse_text(text, strlen(text), "t.conf", false, "", errors, notes);
}

#define WITHOUT_LIBNFC "this springpark is built without libnfc; next: install libnfc-dev and configure and build again," \
    " or write \"pcsc\""

/* How many complaints there are beside those that the build has no libnfc. */
static size_t count_complaints(void)
{
    size_t count = 0;

    for (size_t i = 0; i < errors_count(errors); i++)
        count += strstr(errors_get(errors, i), WITHOUT_LIBNFC) == NULL;
    return count;
}

/* Text is right but for a build without libnfc, where each of its libnfc readers is a complaint. Frees the config. */
static void expect_right(const char *text, size_t libnfc_readers)
{
    struct config *config = parse(text);

#ifdef HAVE_LIBNFC
    (void) libnfc_readers;
    ck_assert_msg(config != NULL, "%s: %s", text, errors_count(errors) > 0 ? errors_get(errors, 0) : "nothing is said");
    ck_assert_uint_eq(errors_count(errors), 0);
#else
    ck_assert_msg(config == NULL, "%s: is taken", text);
    ck_assert_uint_eq(errors_count(errors), libnfc_readers);
    ck_assert_msg(count_complaints() == 0, "%s: %s", text, errors_get(errors, 0));
#endif
    config_free(config);
}

START_TEST(a_libnfc_reader_is_taken_where_libnfc_is_built_in_and_an_error_with_the_next_step_where_not)
{
    struct config *config = parse("readers: ( { driver = \"pcsc\"; },\n"
                                  "{ connection = \"pn532_uart:/dev/ttyS0:115200\"; driver = \"libnfc\"; label = \"door\"; },\n"
                                  "{ driver = \"libnfc\"; } );");

#ifdef HAVE_LIBNFC
    ck_assert_ptr_nonnull(config);
    const struct settings *settings = config_settings(config);
    ck_assert_uint_eq(settings->readers_count, 3);
    ck_assert_str_eq(settings->readers[1].driver, "libnfc");
    ck_assert_str_eq(settings->readers[1].connection, "pn532_uart:/dev/ttyS0:115200");
    ck_assert_str_eq(settings->readers[1].label, "door");
    ck_assert_str_eq(settings->readers[2].connection, "*");
#else
    ck_assert_ptr_null(config);
    ck_assert_uint_eq(errors_count(errors), 2);
    ck_assert_str_eq(errors_get(errors, 0), "t.conf:2: readers[2].driver: \"libnfc\" is not possible: " WITHOUT_LIBNFC);
    ck_assert_str_eq(errors_get(errors, 1), "t.conf:3: readers[3].driver: \"libnfc\" is not possible: " WITHOUT_LIBNFC);
#endif
    config_free(config);
}
END_TEST

START_TEST(every_reader_has_a_connection_also_when_none_is_written)
{
    static const char *const texts[] = { "", "readers: ( { name = \"A*\"; } );" };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config *config = parse(texts[i]);

        ck_assert_ptr_nonnull(config);
        ck_assert_str_eq(config_settings(config)->readers[0].connection, "*");
        config_free(config);
    }
}
END_TEST

static const char *const right[] = {
    "*", "pn53x_usb", "pn53x_usb:001", "pn53x_usb:001:004", "acr122_usb:003:127", "acr122s:/dev/ttyUSB0",
    "acr122s:/dev/ttyUSB0:9600", "arygon:/dev/ttyUSB0:9600", "pn532_uart:/dev/ttyS0", "pn532_uart:/dev/ttyS0:115200",
    "pn532_uart:/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "pn532_spi:/dev/spidev0.0:500000",
    "pn532_spi:/dev/spidev0.0", "pn532_i2c:/dev/i2c-1",
};

START_TEST(what_libnfc_can_open_is_a_connection)
{
    char *problem = connection_problem(right[_i]);
    char *text = text_format("readers: ( { driver = \"libnfc\"; connection = \"%s\"; } );", right[_i]);

    ck_assert_msg(problem == NULL, "%s", problem);
    expect_right(text, 1);
    free(text);
}
END_TEST

static const struct mistake {
    const char *connection;
    const char *says;   /* a part of it */
} mistakes[] = {
    { "", "is empty; next: write \"*\"" },
    { "pn532_*", "there are no patterns here; next: write \"*\" alone" },
    { "**", "there are no patterns here" },
    { "pn532_uart:/dev/tty?0", "there are no patterns here" },
    { "pn532_uart:/dev/tty[AS]0", "there are no patterns here" },
    { "pcsc", "a reader on pcscd needs no libnfc; next: write driver = \"pcsc\"" },
    { "pcsc:ACS ACR122U", "a reader on pcscd needs no libnfc; next: write driver = \"pcsc\"" },
    { "acr122_pcsc:ACS / ACR122U PICC Interface", "a reader on pcscd needs no libnfc" },
    { "pn532", "begins with none of libnfc's drivers; next: begin with one of pn53x_usb, acr122_usb, acr122s, arygon" },
    { "/dev/ttyS0", "begins with none of libnfc's drivers" },
    { ":/dev/ttyS0", "begins with none of libnfc's drivers" },
    { "PN532_UART:/dev/ttyS0", "begins with none of libnfc's drivers" },
    { "pn532_uartx:/dev/ttyS0", "begins with none of libnfc's drivers" },
    { "pn532_uart", "libnfc cannot look for such a device by itself; next: name its file" },
    { "pn532_uart:", "libnfc cannot look for such a device by itself" },
    { "pn532_spi", "libnfc cannot look for such a device by itself" },
    { "pn532_i2c::1", "libnfc cannot look for such a device by itself" },
    { "arygon", "libnfc cannot look for such a device by itself" },
    { "acr122s", "libnfc cannot look for such a device by itself" },
    { "pn532_uart:ttyS0", "the device is written with its whole path" },
    { "pn532_uart:/dev/ttyS0:", "what stands behind the device is its speed, a number" },
    { "pn532_uart:/dev/ttyS0:fast", "what stands behind the device is its speed, a number" },
    { "pn532_uart:/dev/ttyS0:-1", "what stands behind the device is its speed, a number" },
    { "pn532_uart:/dev/ttyS0:1152001152", "what stands behind the device is its speed, a number" },
    { "pn532_uart:/dev/ttyS0:115200:8", "what stands behind the device is its speed, a number" },
    { "pn532_uart:/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0", "in /dev/serial/by-id" },
    { "pn532_i2c:/dev/i2c-1:400000", "the kernel sets the speed of I2C" },
    { "pn53x_usb:", "numbers of three digits" },
    { "pn53x_usb:1:4", "numbers of three digits" },
    { "pn53x_usb:001:xyz", "numbers of three digits" },
    { "acr122_usb:/dev/bus/usb/001/004", "numbers of three digits" },
    { "pn53x_usb:001:004:1", "there is nothing behind bus and device" },
};

START_TEST(what_libnfc_cannot_open_is_said_with_the_place_and_what_to_write)
{
    const struct mistake *mistake = &mistakes[_i];
    char *text = text_format("readers: (\n{ driver = \"libnfc\"; label = \"a\";\nconnection = \"%s\"; } );",
                             mistake->connection);

    ck_assert_ptr_null(parse(text));
    const char *said = errors_get(errors, 0);
    ck_assert_msg(strncmp(said, "t.conf:3: readers[1].connection: ", strlen("t.conf:3: readers[1].connection: ")) == 0,
                  "%s: %s", mistake->connection, said);
    ck_assert_msg(strstr(said, mistake->says) != NULL, "%s: %s", mistake->connection, said);
    ck_assert_uint_eq(count_complaints(), 1);
    free(text);
}
END_TEST

START_TEST(a_connection_is_as_long_as_libnfc_takes_it)
{
    char *longest = text_format("pn532_uart:/dev/%0*d", CONNECTION_MAX_BYTES - (int) strlen("pn532_uart:/dev/"), 7);
    char *text = text_format("readers: ( { driver = \"libnfc\"; connection = \"%s\"; } );", longest);

    ck_assert_uint_eq(strlen(longest), 1023);
    expect_right(text, 1);
    free(text);
    text = text_format("readers: ( { driver = \"libnfc\"; connection = \"%s7\"; } );", longest);
    ck_assert_ptr_null(parse(text));
    ck_assert_ptr_nonnull(strstr(errors_get(errors, errors_count(errors) - 1), "1023"));
    free(text);
    char *longer = text_format("%s7", longest);
    char *problem = connection_problem(longer);
    ck_assert_ptr_nonnull(problem);
    free(problem);
    free(longer);
    free(longest);
}
END_TEST

START_TEST(settings_of_other_drivers_are_refused_for_a_libnfc_reader)
{
    ck_assert_ptr_null(parse("readers: ( { driver = \"libnfc\";\nname = \"ACS*\";\npath = \"/x\"; } );"));
    ck_assert_uint_eq(count_complaints(), 2);
    ck_assert_str_eq(errors_get(errors, 0), "t.conf:2: readers[1]: name belongs to the driver \"pcsc\", and this entry's is"
                     " \"libnfc\"; next: write connection for the device, and label for what it is called, or"
                     " driver = \"pcsc\"");
    ck_assert_str_eq(errors_get(errors, 1), "t.conf:3: readers[1]: path belongs to the driver \"script\", and this entry's is"
                     " \"libnfc\"; next: write connection for the device, and label for what it is called, or"
                     " driver = \"script\"");
}
END_TEST

#define PAIR(one, other) "readers: ( { driver = \"libnfc\"; connection = \"" one "\"; },\n" \
    "{ driver = \"libnfc\"; connection = \"" other "\"; } );"

START_TEST(two_entries_for_one_device_are_an_error_that_names_both_lines)
{
    static const char *const texts[] = {
        PAIR("pn532_uart:/dev/ttyS0", "pn532_uart:/dev/ttyS0"), PAIR("pn532_uart:/dev/ttyS0", "pn532_uart:/dev/ttyS0:9600"),
        PAIR("pn532_uart:/dev/ttyS0:115200", "arygon:/dev/ttyS0:9600"), PAIR("pn53x_usb", "pn53x_usb"),
        PAIR("pn53x_usb:001:004", "acr122_usb:001:004"), PAIR("pn53x_usb:001", "pn53x_usb:001"),
    };

    ck_assert_ptr_null(parse(texts[_i]));
    ck_assert_msg(count_complaints() == 1, "%s: %zu complaints", texts[_i], count_complaints());
    const char *said = errors_get(errors, errors_count(errors) - 1);
    ck_assert_msg(strncmp(said, "t.conf:2: readers[2].connection: \"", strlen("t.conf:2: readers[2].connection: \"")) == 0,
                  "%s", said);
    ck_assert_msg(strstr(said, "is the device of the reader in line 1 too; one entry has a device; next: ") != NULL, "%s",
                  said);
}
END_TEST

START_TEST(every_device_can_be_asked_for_once)
{
    ck_assert_ptr_null(parse(PAIR("*", "*")));
    ck_assert_uint_eq(count_complaints(), 1);
    ck_assert_str_eq(errors_get(errors, errors_count(errors) - 1),
                     "t.conf:2: readers[2].connection: \"*\" is the connection in line 1 too; one such entry has every"
                     " device that libnfc finds; next: take one away");
}
END_TEST

START_TEST(entries_for_different_devices_stand_side_by_side)
{
    static const char *const texts[] = {
        PAIR("*", "pn532_uart:/dev/ttyS0"), PAIR("*", "pn53x_usb:001:004"), PAIR("pn53x_usb", "acr122_usb"),
        PAIR("pn532_uart:/dev/ttyS0", "pn532_uart:/dev/ttyS1"), PAIR("pn532_uart:/dev/ttyS0", "pn532_uart:/dev/ttyS01"),
        PAIR("pn53x_usb:001:004", "pn53x_usb:001:005"), PAIR("pn53x_usb:001:004", "pn53x_usb:002:004"),
    };

    expect_right(texts[_i], 2);
}
END_TEST

START_TEST(a_libnfc_reader_without_a_label_is_called_by_its_connection)
{
    ck_assert_ptr_null(parse("readers: ( { label = \"pn532_uart:/dev/ttyS0\"; },\n"
                             "{ driver = \"libnfc\"; connection = \"pn532_uart:/dev/ttyS0\"; } );"));
    ck_assert_uint_eq(count_complaints(), 1);
    ck_assert_str_eq(errors_get(errors, errors_count(errors) - 1),
                     "t.conf:2: readers[2].label: \"pn532_uart:/dev/ttyS0\" is the label of the reader in line 1 too; each"
                     " needs its own");
}
END_TEST

START_TEST(a_note_on_protocol_bytes_is_for_pcsc_readers_alone)
{
#ifdef HAVE_LIBNFC
    struct config *config = parse("templates: ( { content = \"protocol\"; } );\nreaders: ( { driver = \"libnfc\"; } );");

    ck_assert_ptr_nonnull(config);
    ck_assert_uint_eq(errors_count(notes), 0);
    config_free(config);
    config = parse("templates: ( { content = \"protocol\"; } );\nreaders: ( { driver = \"libnfc\"; }, { } );");
    ck_assert_ptr_nonnull(config);
#else
    struct config *config = parse("templates: ( { content = \"protocol\"; } );");
#endif
    ck_assert_uint_eq(errors_count(notes), 1);
    ck_assert_str_eq(errors_get(notes, 0), "t.conf:1: templates[1].content (register 0311): \"protocol\" has an effect on"
                     " PC/SC readers with NFC-B (ISO/IEC 14443-4) only; any other tag on them gives its identifier alone");
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_readers");
    TCase *cases = tcase_create("readers");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_libnfc_reader_is_taken_where_libnfc_is_built_in_and_an_error_with_the_next_step_where_not);
    tcase_add_test(cases, every_reader_has_a_connection_also_when_none_is_written);
    tcase_add_loop_test(cases, what_libnfc_can_open_is_a_connection, 0, sizeof right / sizeof *right);
    tcase_add_loop_test(cases, what_libnfc_cannot_open_is_said_with_the_place_and_what_to_write, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_test(cases, a_connection_is_as_long_as_libnfc_takes_it);
    tcase_add_test(cases, settings_of_other_drivers_are_refused_for_a_libnfc_reader);
    tcase_add_loop_test(cases, two_entries_for_one_device_are_an_error_that_names_both_lines, 0, 6);
    tcase_add_test(cases, every_device_can_be_asked_for_once);
    tcase_add_loop_test(cases, entries_for_different_devices_stand_side_by_side, 0, 7);
    tcase_add_test(cases, a_libnfc_reader_without_a_label_is_called_by_its_connection);
    tcase_add_test(cases, a_note_on_protocol_bytes_is_for_pcsc_readers_alone);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
