/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "cloud/registration.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

static char folder[] = "/tmp/springpark-registration-XXXXXX";
static char *file;
static char *problem;
static struct registrations *known;

static void create(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    file = text_format("%s/registrations", folder);
    problem = NULL;
    known = registrations_create();
}

static void destroy(void)
{
    registrations_free(known);
    (void) unlink(file);
    (void) rmdir(folder);
    free(file);
    free(problem);
}

/* The certificate whose fingerprint begins with that byte, at that broker. */
static struct registration of(const char *host, uint16_t port, uint8_t first)
{
    uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES];

    for (size_t i = 0; i < sizeof fingerprint; i++)
        fingerprint[i] = (uint8_t) (first + i);
    return registration_of(host, port, fingerprint);
}

static bool know(const char *host, uint16_t port, uint8_t first)
{
    const struct registration registration = of(host, port, first);

    return registrations_know(known, &registration);
}

static bool add(const char *host, uint16_t port, uint8_t first)
{
    const struct registration registration = of(host, port, first);

    return registrations_add(known, &registration);
}

static void load(void)
{
    registrations_free(known);
    free(problem);
    known = registrations_load(file, &problem);
}

START_TEST(what_was_added_is_known_for_that_broker_and_certificate_only)
{
    ck_assert(!know("a.example", 8883, 0));
    ck_assert(add("a.example", 8883, 0));
    ck_assert(know("a.example", 8883, 0));
    ck_assert(know("A.Example", 8883, 0)); /* names have no capitals */
    ck_assert(!know("b.example", 8883, 0));
    ck_assert(!know("a.example", 443, 0));
    ck_assert(!know("a.example", 8883, 1));
    ck_assert(!add("a.example", 8883, 0));
    ck_assert_uint_eq(registrations_count(known), 1);
}
END_TEST

START_TEST(what_no_line_can_hold_is_not_remembered)
{
    ck_assert(!add("", 8883, 0));
    ck_assert(!add("two words", 8883, 0));
    ck_assert(!add("line\nfeed", 8883, 0));
    ck_assert_uint_eq(registrations_count(known), 0);
}
END_TEST

START_TEST(the_oldest_is_forgotten_when_there_are_too_many)
{
    for (unsigned i = 0; i < REGISTRATIONS_LIMIT; i++)
        ck_assert(add("a.example", 8883, (uint8_t) i));
    ck_assert(add("a.example", 8883, 200));
    ck_assert_uint_eq(registrations_count(known), REGISTRATIONS_LIMIT);
    ck_assert(!know("a.example", 8883, 0));
    ck_assert(know("a.example", 8883, 1));
    ck_assert(know("a.example", 8883, 200));
}
END_TEST

START_TEST(the_text_is_as_documented)
{
    ck_assert(add("a.example", 8883, 0));
    char *text = registrations_text(known);
    ck_assert_str_eq(text, "springpark registrations 1\n" DIGITS " 8883 a.example\nend\n");
    free(text);
}
END_TEST

START_TEST(a_full_list_comes_back_from_its_file)
{
    char host[REGISTRATION_HOST_BYTES + 1];
    struct stat status;

    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    for (unsigned i = 0; i < REGISTRATIONS_LIMIT; i++)
        ck_assert(add(host, UINT16_MAX, (uint8_t) i));
    ck_assert(registrations_store(known, file, &problem));
    ck_assert_ptr_null(problem);
    ck_assert_int_eq(stat(file, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0137, 0);
    load();
    ck_assert_ptr_null(problem);
    ck_assert_uint_eq(registrations_count(known), REGISTRATIONS_LIMIT);
    ck_assert(know(host, UINT16_MAX, 0));
    ck_assert(know(host, UINT16_MAX, REGISTRATIONS_LIMIT - 1));
}
END_TEST

START_TEST(a_file_that_is_not_there_knows_nothing_and_is_no_problem)
{
    load();
    ck_assert_ptr_null(problem);
    ck_assert_uint_eq(registrations_count(known), 0);
}
END_TEST

START_TEST(storing_replaces_the_file_whole_and_leaves_nothing_beside_it)
{
    ck_assert(add("a.example", 8883, 0));
    ck_assert(registrations_store(known, file, &problem));
    ck_assert(add("b.example", 8883, 0));
    ck_assert(registrations_store(known, file, &problem));
    load();
    ck_assert_uint_eq(registrations_count(known), 2);
    char *beside = text_format("%s.new", file);
    ck_assert_int_ne(access(beside, F_OK), 0);
    free(beside);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    char *elsewhere = text_format("%s/absent/registrations", folder);

    ck_assert(!registrations_store(known, elsewhere, &problem));
    ck_assert_ptr_nonnull(strstr(problem, elsewhere));
    free(elsewhere);
}
END_TEST

static const char *const damaged[] = {
    "",
    "springpark registrations 1",
    "springpark registrations 1\n",
    "springpark registrations 2\nend\n",
    "springpark registrations 1\nend",
    "springpark registrations 1\nend\nend\n",
    "springpark registrations 1\n" DIGITS " 8883 a.example\n",
    "springpark registrations 1\n" DIGITS " 8883 a.exa",
    "springpark registrations 1\n" DIGITS " 8883 a.example\n" DIGITS " 8883 a.example\nend\n",
    "springpark registrations 1\n" DIGITS "20 8883 a.example\nend\n",
    "springpark registrations 1\n0G" DIGITS " 8883 a.example\nend\n",
    "springpark registrations 1\n" DIGITS " 0 a.example\nend\n",
    "springpark registrations 1\n" DIGITS " 65536 a.example\nend\n",
    "springpark registrations 1\n" DIGITS " -1 a.example\nend\n",
    "springpark registrations 1\n" DIGITS "  a.example\nend\n",
    "springpark registrations 1\n" DIGITS " 8883 \nend\n",
    "springpark registrations 1\n" DIGITS " 8883\nend\n",
    "springpark registrations 1\n" DIGITS " 8883 two words\nend\n",
    "springpark registrations 1\n\nend\n",
};

START_TEST(a_damaged_text_says_nothing)
{
    ck_assert_ptr_null(registrations_parse(damaged[_i], strlen(damaged[_i])));
}
END_TEST

START_TEST(a_zero_byte_is_damage)
{
    static const char text[] = "springpark registrations 1\nend\n\0";

    ck_assert_ptr_null(registrations_parse(text, sizeof text));
}
END_TEST

static void write_file(const char *text, size_t times)
{
    FILE *stream = fopen(file, "w");

    for (size_t i = 0; i < times; i++)
        (void) fputs(text, stream);
    (void) fclose(stream);
}

START_TEST(a_damaged_file_knows_nothing_and_says_so_and_is_replaced)
{
    write_file(damaged[_i], 1);
    load();
    ck_assert_uint_eq(registrations_count(known), 0);
    ck_assert_ptr_nonnull(strstr(problem, "is damaged"));
    ck_assert(add("a.example", 8883, 0));
    free(problem);
    ck_assert(registrations_store(known, file, &problem));
    load();
    ck_assert_ptr_null(problem);
    ck_assert(know("a.example", 8883, 0));
}
END_TEST

START_TEST(what_is_no_file_of_ours_is_not_read_without_end)
{
    write_file("springpark registrations 1\n", 100000);
    load();
    ck_assert_ptr_nonnull(strstr(problem, "is damaged"));
    (void) unlink(file);
    ck_assert_int_eq(mkfifo(file, 0600), 0); /* nobody writes into it */
    load();
    ck_assert_ptr_nonnull(problem);
    (void) unlink(file);
    ck_assert_int_eq(mkdir(file, 0700), 0);
    load();
    ck_assert_ptr_nonnull(problem);
    (void) rmdir(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registration");
    TCase *cases = tcase_create("registration");
    const int count = (int) (sizeof damaged / sizeof damaged[0]);

    tcase_add_checked_fixture(cases, create, destroy);
    tcase_add_test(cases, what_was_added_is_known_for_that_broker_and_certificate_only);
    tcase_add_test(cases, what_no_line_can_hold_is_not_remembered);
    tcase_add_test(cases, the_oldest_is_forgotten_when_there_are_too_many);
    tcase_add_test(cases, the_text_is_as_documented);
    tcase_add_test(cases, a_full_list_comes_back_from_its_file);
    tcase_add_test(cases, a_file_that_is_not_there_knows_nothing_and_is_no_problem);
    tcase_add_test(cases, storing_replaces_the_file_whole_and_leaves_nothing_beside_it);
    tcase_add_test(cases, a_folder_that_is_not_there_is_named);
    tcase_add_loop_test(cases, a_damaged_text_says_nothing, 0, count);
    tcase_add_test(cases, a_zero_byte_is_damage);
    tcase_add_loop_test(cases, a_damaged_file_knows_nothing_and_says_so_and_is_replaced, 0, count);
    tcase_add_test(cases, what_is_no_file_of_ours_is_not_read_without_end);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
