/* SPDX-License-Identifier: MIT */
#include "device/identity.h"
#include "device/network.h"

#include "base/log.h"
#include "base/memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void make_folder(void)
{
    strcpy(folder, "/tmp/springpark-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static char *path_of(const char *name)
{
    return text_format("%s/%s", folder, name);
}

static void remove_folder(void)
{
    char *file = path_of("startup-counter"), *new_file = path_of("startup-counter.new"), *table = path_of("route");

    unlink(file);
    unlink(table);
    if (unlink(new_file) != 0)
        rmdir(new_file);
    rmdir(folder);
    free(file);
    free(new_file);
    free(table);
}

static void write_file(const char *name, const char *text)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static struct settings empty_settings(void)
{
    return (struct settings) { .serial = "", .ipv4_address = "", .instance = "", .mqtt = { .client_id = "", .device_id = "" } };
}

START_TEST(the_first_starts_are_1_2_3)
{
    for (uint32_t expected = 1; expected <= 3; expected++) {
        char *problem = NULL;

        ck_assert_uint_eq(startup_counter_next(folder, &problem), expected);
        ck_assert_ptr_null(problem);
    }
}
END_TEST

START_TEST(no_temporary_file_stays_behind)
{
    char *problem = NULL, *path = path_of("startup-counter.new");

    startup_counter_next(folder, &problem);
    ck_assert_int_ne(access(path, F_OK), 0);
    free(path);
}
END_TEST

START_TEST(a_stale_temporary_file_of_a_crash_does_not_matter)
{
    char *problem = NULL;

    write_file("startup-counter", "41\n");
    write_file("startup-counter.new", "9999999999");
    ck_assert_uint_eq(startup_counter_next(folder, &problem), 42);
    ck_assert_ptr_null(problem);
}
END_TEST

static void expect_random(const char *said)
{
    char *problem = NULL;
    uint32_t first = startup_counter_next(folder, &problem);

    ck_assert_uint_ge(first, STARTUP_COUNTER_RESERVED_FIRST);
    ck_assert_ptr_nonnull(problem);
    ck_assert_msg(strstr(problem, said) != NULL, "%s", problem);
    ck_assert_ptr_nonnull(strstr(problem, folder));
    free(problem);
    uint32_t second = startup_counter_next(folder, &problem);
    free(problem);
    ck_assert_uint_ne(first, second); /* the same by chance once in 2^30 */
}

START_TEST(a_damaged_file_gives_a_random_counter_and_says_so)
{
    static const char *const damaged[] = { "", "\n", "12", "12x\n", "-1\n", "0\n", " 7\n", "99999999999\n", "5000000000\n",
                                           "12345678901234567890\n", "1\n2\n" };

    write_file("startup-counter", damaged[_i]);
    expect_random("is damaged; next:");
}
END_TEST

START_TEST(a_counter_that_reaches_the_reserved_range_gives_a_random_one)
{
    char *problem = NULL;

    write_file("startup-counter", "1073741822\n");
    ck_assert_uint_eq(startup_counter_next(folder, &problem), 1073741823);
    ck_assert_ptr_null(problem);
    expect_random("has reached its end");
}
END_TEST

START_TEST(a_folder_that_is_not_there_gives_a_random_counter_and_says_so)
{
    rmdir(folder);
    expect_random("cannot be opened");
}
END_TEST

START_TEST(a_file_that_cannot_be_written_gives_a_random_counter_and_says_so)
{
    char *path = path_of("startup-counter.new");

    ck_assert_int_eq(mkdir(path, 0700), 0);
    free(path);
    write_file("startup-counter", "7\n");
    expect_random("cannot be written");
}
END_TEST

START_TEST(the_serial_number_is_set_or_the_cn_or_of_the_machine)
{
    struct settings settings = empty_settings();
    struct identity *identity = identity_create(&settings, NULL, NULL);

    ck_assert_uint_eq(strlen(identity->serial), 8);
    ck_assert_uint_eq(strspn(identity->serial, "0123456789ABCDEF"), 8);
    identity_free(identity);

    identity = identity_create(&settings, "00A1B2C3", NULL);
    ck_assert_str_eq(identity->serial, "00A1B2C3");
    identity_free(identity);

    settings.serial = "MINE";
    identity = identity_create(&settings, "00A1B2C3", NULL);
    ck_assert_str_eq(identity->serial, "MINE");
    identity_free(identity);
}
END_TEST

static void no_sink(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) level;
    (void) subsystem;
    text_replace(context, text);
}

START_TEST(a_cn_that_cannot_stand_in_a_topic_is_no_serial_number)
{
    static const char *const bad[] = { "a/b", "a+b", "#", "a b", "", "\xC3\xBC" };
    struct settings settings = empty_settings();
    char *said = NULL;

    log_set_sink(no_sink, &said);
    struct identity *identity = identity_create(&settings, bad[_i], NULL);
    log_set_sink(NULL, NULL);
    ck_assert_str_ne(identity->serial, bad[_i]);
    ck_assert_ptr_nonnull(said);
    identity_free(identity);
    free(said);
}
END_TEST

START_TEST(client_id_and_device_id_default_to_the_serial_number)
{
    struct settings settings = empty_settings();
    struct identity *identity = identity_create(&settings, "CN", NULL);

    ck_assert_str_eq(identity->client_id, "CN");
    ck_assert_str_eq(identity->device_id, "CN");
    identity_free(identity);

    settings.mqtt.client_id = "client";
    settings.mqtt.device_id = "door-3";
    identity = identity_create(&settings, "CN", NULL);
    ck_assert_str_eq(identity->client_id, "client");
    ck_assert_str_eq(identity->device_id, "door-3");
    ck_assert_str_eq(identity->serial, "CN");
    identity_free(identity);
}
END_TEST

static bool machine_has_an_id(void)
{
    char text[40] = "";
    FILE *file = fopen("/etc/machine-id", "re");

    if (file == NULL)
        return false;
    bool whole = fgets(text, sizeof text, file) != NULL && strspn(text, "0123456789abcdef") == 32;
    fclose(file);
    return whole;
}

START_TEST(ids_differ_between_instances_and_stay_the_same_for_one)
{
    struct settings settings = empty_settings(), other_settings = empty_settings();

    other_settings.instance = "gate";
    struct identity *one = identity_create(&settings, NULL, NULL);
    struct identity *again = identity_create(&settings, NULL, NULL);
    struct identity *other = identity_create(&other_settings, NULL, NULL);

    /* without a machine id they are random, which is said in the log */
    if (machine_has_an_id()) {
        ck_assert_str_eq(one->serial, again->serial);
        ck_assert_str_eq(one->unique_id, again->unique_id);
    }
    ck_assert_str_ne(one->serial, other->serial);
    ck_assert_str_ne(one->unique_id, other->unique_id);
    identity_free(other);
    identity_free(again);
    identity_free(one);
}
END_TEST

START_TEST(the_unique_id_has_the_form_of_a_guid_and_is_not_the_machine_id)
{
    struct settings settings = empty_settings();
    struct identity *identity = identity_create(&settings, NULL, NULL);
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    ck_assert_uint_eq(strlen(identity->unique_id), strlen(form));
    for (size_t i = 0; form[i] != '\0'; i++)
        ck_assert(form[i] == '-' ? identity->unique_id[i] == '-'
                                 : strchr("0123456789ABCDEF", identity->unique_id[i]) != NULL);
    /* the serial number comes from elsewhere, so that neither tells the other */
    ck_assert_int_ne(strncmp(identity->unique_id, identity->serial, 8), 0);
    identity_free(identity);
}
END_TEST

#define ROUTE_HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

START_TEST(the_default_route_of_the_lowest_metric_names_the_interface)
{
    char *path = path_of("route");

    write_file("route", ROUTE_HEAD "wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
                                   "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                                   "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                                   "down0\t00000000\t0102A8C0\t0002\t0\t0\t1\t00000000\t0\t0\t0\n");
    char *interface = network_default_interface(path);
    ck_assert_str_eq(interface, "eth0");
    free(interface);
    free(path);
}
END_TEST

START_TEST(without_a_default_route_there_is_no_interface)
{
    char *path = path_of("route");

    ck_assert_ptr_null(network_default_interface(path));
    write_file("route", ROUTE_HEAD "eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\nnonsense\n");
    ck_assert_ptr_null(network_default_interface(path));
    free(path);
}
END_TEST

START_TEST(the_router_is_that_of_the_interface)
{
    char *path = path_of("route");

    write_file("route", ROUTE_HEAD "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
               "wlan0\t00000000\tFE05A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
               "wlan0\t00000000\t0105A8C0\t0003\t0\t0\t500\t00000000\t0\t0\t0\n"
               "ppp0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0\n");
    char *router = network_router(path, "wlan0");
    ck_assert_str_eq(router, "192.168.5.1");
    free(router);
    router = network_router(path, "eth0");
    ck_assert_str_eq(router, "192.168.2.1");
    free(router);
    ck_assert_ptr_null(network_router(path, "ppp0")); /* straight to the link */
    ck_assert_ptr_null(network_router(path, "eth1"));
    free(path);
}
END_TEST

START_TEST(loopback_has_its_mask)
{
    char *netmask = network_netmask("lo");

    ck_assert_str_eq(netmask, "255.0.0.0");
    free(netmask);
    ck_assert_ptr_null(network_netmask("no-such-if"));
}
END_TEST

START_TEST(an_unknown_interface_has_no_addresses)
{
    char *physical_address, *ip_address;

    network_addresses("no-such-if", &physical_address, &ip_address);
    ck_assert_ptr_null(physical_address);
    ck_assert_ptr_null(ip_address);
}
END_TEST

START_TEST(an_address_that_an_interface_has_names_it)
{
    char *interface = network_interface_with("127.0.0.1");

    ck_assert_ptr_nonnull(interface);
    free(interface);
    ck_assert_ptr_null(network_interface_with("192.0.2.1"));
}
END_TEST

START_TEST(the_address_of_0280_comes_before_the_default_route_if_it_is_there)
{
    struct settings settings = empty_settings();
    struct identity *by_route = identity_create(&settings, "CN", NULL);

    settings.ipv4_address = "127.0.0.1";
    struct identity *there = identity_create(&settings, "CN", NULL);
    settings.ipv4_address = "192.0.2.1";
    struct identity *not_there = identity_create(&settings, "CN", NULL);

    ck_assert_str_eq(there->ip_address, "127.0.0.1");
    ck_assert_pstr_eq(not_there->ip_address, by_route->ip_address);
    ck_assert_pstr_eq(not_there->physical_address, by_route->physical_address);
    identity_free(by_route);
    identity_free(there);
    identity_free(not_there);
}
END_TEST

START_TEST(the_network_can_be_looked_at_again)
{
    struct settings settings = empty_settings();
    struct identity *identity = identity_create(&settings, "CN", NULL);

    identity_refresh_network(identity);
    if (identity->physical_address != NULL)
        ck_assert_uint_eq(strspn(identity->physical_address, "0123456789ABCDEF"), 12);
    ck_assert_str_eq(identity->serial, "CN");
    identity_free(identity);
}
END_TEST

START_TEST(the_hardware_is_what_the_first_file_with_a_name_says)
{
    char *empty = text_format("%s/empty", folder);
    char *model = text_format("%s/model", folder);
    const char *const paths[] = { "/nonexistent", empty, model, NULL };

    fclose(fopen(empty, "w"));
    ck_assert_ptr_null(identity_read_hardware(paths));
    FILE *file = fopen(model, "w");
    fputs("Box \x01 7\nmore", file);
    fclose(file);
    char *name = identity_read_hardware(paths);
    ck_assert_str_eq(name, "Box ? 7");
    free(name);
    unlink(empty);
    unlink(model);
    free(empty);
    free(model);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identity");
    TCase *cases = tcase_create("identity");

    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_test(cases, the_first_starts_are_1_2_3);
    tcase_add_test(cases, no_temporary_file_stays_behind);
    tcase_add_test(cases, a_stale_temporary_file_of_a_crash_does_not_matter);
    tcase_add_loop_test(cases, a_damaged_file_gives_a_random_counter_and_says_so, 0, 11);
    tcase_add_test(cases, a_counter_that_reaches_the_reserved_range_gives_a_random_one);
    tcase_add_test(cases, a_folder_that_is_not_there_gives_a_random_counter_and_says_so);
    tcase_add_test(cases, a_file_that_cannot_be_written_gives_a_random_counter_and_says_so);
    tcase_add_test(cases, the_serial_number_is_set_or_the_cn_or_of_the_machine);
    tcase_add_loop_test(cases, a_cn_that_cannot_stand_in_a_topic_is_no_serial_number, 0, 6);
    tcase_add_test(cases, client_id_and_device_id_default_to_the_serial_number);
    tcase_add_test(cases, ids_differ_between_instances_and_stay_the_same_for_one);
    tcase_add_test(cases, the_unique_id_has_the_form_of_a_guid_and_is_not_the_machine_id);
    tcase_add_test(cases, the_default_route_of_the_lowest_metric_names_the_interface);
    tcase_add_test(cases, without_a_default_route_there_is_no_interface);
    tcase_add_test(cases, the_router_is_that_of_the_interface);
    tcase_add_test(cases, loopback_has_its_mask);
    tcase_add_test(cases, an_unknown_interface_has_no_addresses);
    tcase_add_test(cases, an_address_that_an_interface_has_names_it);
    tcase_add_test(cases, the_address_of_0280_comes_before_the_default_route_if_it_is_there);
    tcase_add_test(cases, the_network_can_be_looked_at_again);
    tcase_add_test(cases, the_hardware_is_what_the_first_file_with_a_name_says);
    suite_add_tcase(suite, cases);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
