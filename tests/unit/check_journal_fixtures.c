/* SPDX-License-Identifier: MIT */
/*
 * Files of the journal's first format, whole and spoilt, as they are kept in tests/unit/journal_fixtures: what was once
 * written must be read for ever, and what was spoilt once must do no harm again. See the README there.
 */
#include "base/log.h"
#include "base/memory.h"
#include "journal_house.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EVENTS = 5 };

struct fixture {
    const char *name;
    size_t replayed;       /* how many of the five events come out of it */
    bool moved_aside;
    bool gap;              /* whether what is missing is reported */
    uint64_t lost;         /* the Sequence of the one event that is, 0 = not one but a range */
};

static const struct fixture fixtures[] = {
    { "whole", EVENTS, false, false, 0 },
    { "flipped_bit", EVENTS - 1, false, true, 3 },
    { "cut_short", 0, true, true, 0 },
    { "zeroed_page", 0, true, true, 0 },
    { "later_version", EVENTS, true, true, 0 },
    { "foreign", 0, true, true, 0 },
    { "text", 0, true, true, 0 },
};

static char directory[] = "/tmp/springpark-fixtures-XXXXXX";

static void no_log(void *context, enum log_level level, const char *subsystem, const char *text)
{
    (void) context;
    (void) level;
    (void) subsystem;
    (void) text;
}

static void run_shell(char *command)
{
    ck_assert_int_eq(system(command), 0);
    free(command);
}

static void setup(void)
{
    memcpy(directory, "/tmp/springpark-fixtures-XXXXXX", sizeof directory);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    log_set_sink(no_log, NULL);
}

static void teardown(void)
{
    run_shell(text_format("rm -rf %s", directory));
}

static bool was_moved_aside(void)
{
    char *pattern = text_format("%s/journal.db.damaged-*", directory);
    glob_t found = { .gl_pathc = 0 };
    bool moved = glob(pattern, 0, NULL, &found) == 0;

    globfree(&found);
    free(pattern);
    return moved;
}

START_TEST(each_fixture_gives_what_can_be_had)
{
    const struct fixture *fixture = &fixtures[_i];
    struct house house;

    run_shell(text_format("cp %s/%s.db %s/journal.db && chmod u+w %s/journal.db", JOURNAL_FIXTURES, fixture->name,
                          directory, directory));
    house_build(&house, directory, NULL);
    house.startup = 1; /* the one that wrote them, so that this is the second */
    house_open(&house);
    house_settle(&house);
    house_replay_all(&house);
    house_settle(&house);
    ck_assert_msg(house_state(&house) == JOURNAL_WORKS, "%s: the journal does not work", fixture->name);
    ck_assert_msg(house.replay_count == fixture->replayed, "%s: %zu events were replayed", fixture->name,
                  house.replay_count);
    for (size_t i = 0; i < house.replay_count; i++)
        ck_assert_ptr_nonnull(strstr(house.replays[i].payload, "\"TagId\":\"0400000000000"));
    ck_assert_msg(was_moved_aside() == fixture->moved_aside, "%s: moved aside or not", fixture->name);
    ck_assert_msg((gaps_count(house.gaps) > 0) == fixture->gap, "%s: a gap or none", fixture->name);
    for (uint64_t i = 1; fixture->gap && fixture->lost == 0 && i <= EVENTS; i++)
        ck_assert_msg(house_gaps_cover(house.gaps, (struct event_id) { 1, i }), "%s: 1:%d", fixture->name, (int) i);
    if (fixture->lost > 0)
        ck_assert_uint_eq(gaps_get(house.gaps, 0)->first.sequence, fixture->lost);
    house_tear_down(&house);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal fixtures");
    TCase *cases = tcase_create("fixtures");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, each_fixture_gives_what_can_be_had, 0, sizeof fixtures / sizeof *fixtures);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
