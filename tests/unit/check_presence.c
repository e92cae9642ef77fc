/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "presence/presence.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAGS = 6, READERS = 2 };

/* The events so far, as text: "time:move tag" joined by spaces, with "@reader" for any reader but "door". */
static char *seen;
static uint64_t now_ms;

static void record(void *context, const struct presence_event *event)
{
    static const char *const moves[] = { "READ", "INSERT", "REMOVE", "INSERT,REMOVE" };

    ck_assert_ptr_eq(context, &now_ms);
    char *more = text_format("%s%s%" PRIu64 ":%s %s%s%s", seen, *seen == '\0' ? "" : ", ", now_ms, moves[event->move],
                             event->token->tag_id, strcmp(event->reader, "door") == 0 ? "" : "@",
                             strcmp(event->reader, "door") == 0 ? "" : event->reader);
    free(seen);
    seen = more;
}

static void setup(void)
{
    seen = text_copy("");
    now_ms = 0;
}

static void teardown(void)
{
    free(seen);
}

static struct presence *create(struct presence_settings settings)
{
    return presence_create(&settings, record, &now_ms);
}

/* Time goes on to to_ms; presence_advance is called at each deadline on the way, as the owner does. */
static void go_to(struct presence *presence, uint64_t to_ms)
{
    uint64_t deadline_ms = presence_next_deadline_ms(presence);

    while (deadline_ms != PRESENCE_NEVER && deadline_ms <= to_ms) {
        if (deadline_ms > now_ms)
            now_ms = deadline_ms;
        presence_advance(presence, now_ms);
        ck_assert(presence_next_deadline_ms(presence) == PRESENCE_NEVER ||
                  presence_next_deadline_ms(presence) > now_ms);
        deadline_ms = presence_next_deadline_ms(presence);
    }
    now_ms = to_ms;
}

static void arrive_on(struct presence *presence, const char *reader, const char *tag, uint64_t at_ms)
{
    char id[32];

    snprintf(id, sizeof id, "%s", tag);
    struct token token = { .interface = "13.56", .protocol = "NFC-A", .template_number = 1, .tag_id = id };
    go_to(presence, at_ms);
    presence_arrived(presence, reader, &token, at_ms);
}

static void arrive(struct presence *presence, const char *tag, uint64_t at_ms)
{
    arrive_on(presence, "door", tag, at_ms);
}

static void leave_from(struct presence *presence, const char *reader, const char *tag, uint64_t at_ms)
{
    go_to(presence, at_ms);
    presence_left(presence, reader, tag, at_ms);
}

static void leave(struct presence *presence, const char *tag, uint64_t at_ms)
{
    leave_from(presence, "door", tag, at_ms);
}

/* The device's default 0A1E, with a debounce of 300 ms. */
static const struct presence_settings by_default = { .read_interval_ms = 1000, .repeat_interval_ms = 3000,
                                                     .debounce_ms = 300 };

START_TEST(a_tag_is_read_inside_the_call_that_tells_its_arrival)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    ck_assert_str_eq(seen, "0:READ A");
    ck_assert_uint_eq(presence_present_count(presence, "door"), 1);
    presence_free(presence);
}
END_TEST

START_TEST(a_tag_that_stays_is_read_again_after_each_repeat_interval)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 500);
    ck_assert_uint_eq(presence_next_deadline_ms(presence), 3500);
    go_to(presence, 7000);
    leave(presence, "A", 7000);
    go_to(presence, 20000);
    ck_assert_str_eq(seen, "500:READ A, 3500:READ A, 6500:READ A");
    ck_assert_uint_eq(presence_next_deadline_ms(presence), PRESENCE_NEVER);
    ck_assert_uint_eq(presence_present_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(another_tag_waits_for_the_read_interval)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 1000);
    leave(presence, "A", 1100);
    arrive(presence, "B", 1200);
    ck_assert_str_eq(seen, "1000:READ A");
    go_to(presence, 1999);
    ck_assert_str_eq(seen, "1000:READ A");
    go_to(presence, 2000);
    ck_assert_str_eq(seen, "1000:READ A, 2000:READ B");
    presence_free(presence);
}
END_TEST

START_TEST(the_same_tag_presented_again_waits_for_its_repeat_interval)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    leave(presence, "A", 100);
    arrive(presence, "A", 1500);
    ck_assert_str_eq(seen, "0:READ A");
    go_to(presence, 5000);
    ck_assert_str_eq(seen, "0:READ A, 3000:READ A");
    presence_free(presence);
}
END_TEST

START_TEST(fifty_flaps_inside_the_debounce_are_one_presence)
{
    struct presence_settings settings = { .insert_remove = true, .debounce_ms = 300 };
    struct presence *presence = create(settings);

    for (uint64_t i = 0; i < 50; i++) {
        arrive(presence, "A", i * 400);
        leave(presence, "A", i * 400 + 101);
    }
    ck_assert_str_eq(seen, "0:INSERT A");
    ck_assert_uint_eq(presence_present_count(presence, "door"), 1);
    go_to(presence, 30000);
    ck_assert_str_eq(seen, "0:INSERT A, 20001:REMOVE A");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(flaps_do_not_count_as_leaving_when_a_tag_must_leave)
{
    struct presence_settings settings = { .must_leave = true, .debounce_ms = 300 };
    struct presence *presence = create(settings);

    for (uint64_t i = 0; i < 50; i++) {
        arrive(presence, "A", i * 400);
        leave(presence, "A", i * 400 + 101);
    }
    ck_assert_str_eq(seen, "0:READ A");
    presence_free(presence);
}
END_TEST

START_TEST(flaps_in_read_mode_are_read_again_as_a_tag_that_stays)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    leave(presence, "A", 2900);
    go_to(presence, 3100);
    ck_assert_str_eq(seen, "0:READ A"); /* due at 3000, but absent */
    arrive(presence, "A", 3100);
    ck_assert_str_eq(seen, "0:READ A, 3100:READ A");
    presence_free(presence);
}
END_TEST

START_TEST(an_absence_of_exactly_the_debounce_is_leaving)
{
    struct presence_settings settings = { .insert_remove = true, .debounce_ms = 300 };
    struct presence *presence = create(settings);

    arrive(presence, "A", 100);
    leave(presence, "A", 200);
    arrive(presence, "A", 499);
    leave(presence, "A", 600);
    arrive(presence, "A", 900);
    ck_assert_str_eq(seen, "100:INSERT A, 900:REMOVE A, 900:INSERT A");
    presence_free(presence);
}
END_TEST

START_TEST(an_arrival_that_comes_before_the_late_timer_ends_the_old_visit_first)
{
    struct presence_settings settings = { .insert_remove = true, .debounce_ms = 300 };
    struct presence *presence = create(settings);
    char id[] = "A";
    struct token token = { .interface = "13.56", .protocol = "NFC-A", .tag_id = id };

    presence_arrived(presence, "door", &token, now_ms);
    now_ms = 100;
    presence_left(presence, "door", "A", now_ms);
    now_ms = 5000;
    presence_arrived(presence, "door", &token, now_ms);
    ck_assert_str_eq(seen, "0:INSERT A, 5000:REMOVE A, 5000:INSERT A");
    presence_free(presence);
}
END_TEST

START_TEST(without_debounce_a_tag_leaves_at_once)
{
    struct presence_settings settings = { .insert_remove = true };
    struct presence *presence = create(settings);

    arrive(presence, "A", 10);
    leave(presence, "A", 20);
    arrive(presence, "A", 30);
    leave(presence, "A", 40);
    ck_assert_str_eq(seen, "10:INSERT A, 20:REMOVE A, 30:INSERT A, 40:REMOVE A");
    ck_assert_uint_eq(presence_next_deadline_ms(presence), PRESENCE_NEVER);
    presence_free(presence);
}
END_TEST

START_TEST(a_tag_that_stays_is_silent_in_insert_mode)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    ck_assert_uint_eq(presence_next_deadline_ms(presence), PRESENCE_NEVER);
    go_to(presence, 100000);
    leave(presence, "A", 100000);
    go_to(presence, 200000);
    ck_assert_str_eq(seen, "0:INSERT A, 100300:REMOVE A");
    presence_free(presence);
}
END_TEST

START_TEST(there_is_no_remove_without_an_insert)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    arrive(presence, "B", 100); /* inside the read interval */
    leave(presence, "B", 200);
    arrive(presence, "B", 1500); /* inside its own repeat interval */
    leave(presence, "B", 3499);
    go_to(presence, 5000);
    ck_assert_str_eq(seen, "0:INSERT A, 500:INSERT,REMOVE B");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 1);
    presence_free(presence);
}
END_TEST

START_TEST(a_short_apparition_is_told_when_it_has_ended_and_makes_nobody_wait)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    arrive(presence, "B", 100);
    arrive(presence, "C", 200);
    leave(presence, "B", 400);
    arrive(presence, "B", 600); /* it had not left */
    leave(presence, "B", 650);
    go_to(presence, 1500);
    leave(presence, "C", 2000);
    go_to(presence, 5000);
    ck_assert_str_eq(seen, "0:INSERT A, 950:INSERT,REMOVE B, 1000:INSERT C, 2300:REMOVE C");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(a_short_apparition_on_a_lost_reader_is_told_too)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    arrive(presence, "B", 100);
    go_to(presence, 200);
    presence_reader_lost(presence, "door", 200);
    go_to(presence, 5000);
    ck_assert_str_eq(seen, "0:INSERT A, 500:REMOVE A, 500:INSERT,REMOVE B");
    presence_free(presence);
}
END_TEST

START_TEST(an_insert_waits_for_both_intervals)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    leave(presence, "A", 500);
    arrive(presence, "A", 1500);
    go_to(presence, 2999);
    ck_assert_str_eq(seen, "0:INSERT A, 800:REMOVE A");
    leave(presence, "A", 9000);
    go_to(presence, 10000);
    ck_assert_str_eq(seen, "0:INSERT A, 800:REMOVE A, 3000:INSERT A, 9300:REMOVE A");
    presence_free(presence);
}
END_TEST

START_TEST(a_tag_that_must_leave_is_read_once_a_visit)
{
    struct presence_settings settings = { .read_interval_ms = 1000, .must_leave = true, .debounce_ms = 300 };
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    go_to(presence, 60000);
    leave(presence, "A", 60000);
    arrive(presence, "A", 60300);
    ck_assert_str_eq(seen, "0:READ A, 60300:READ A");
    leave(presence, "A", 60400);
    arrive(presence, "A", 60800); /* it has left, but the reader has just read */
    go_to(presence, 70000);
    ck_assert_str_eq(seen, "0:READ A, 60300:READ A, 61300:READ A");
    presence_free(presence);
}
END_TEST

START_TEST(with_intervals_of_zero_a_tag_that_stays_is_read_every_tenth_of_a_second)
{
    struct presence_settings settings = { .debounce_ms = 0 };
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    go_to(presence, 250);
    leave(presence, "A", 250);
    arrive(presence, "A", 260); /* a new visit: at once */
    arrive(presence, "B", 261);
    ck_assert_str_eq(seen, "0:READ A, 100:READ A, 200:READ A, 260:READ A, 261:READ B");
    presence_free(presence);
}
END_TEST

START_TEST(two_readers_do_not_know_of_one_another)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive_on(presence, "door", "A", 0);
    arrive_on(presence, "gate", "A", 10);
    leave_from(presence, "door", "A", 20);
    arrive_on(presence, "gate", "B", 30);
    leave_from(presence, "gate", "B", 40);
    arrive_on(presence, "gate", "B", 600);
    leave_from(presence, "gate", "B", 650);
    go_to(presence, 1000);
    ck_assert_str_eq(seen, "0:INSERT A, 10:INSERT A@gate, 320:REMOVE A, 340:INSERT,REMOVE B@gate");
    ck_assert_uint_eq(presence_present_count(presence, "door"), 0);
    ck_assert_uint_eq(presence_present_count(presence, "gate"), 1);
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    ck_assert_uint_eq(presence_unread_count(presence, "gate"), 1);
    ck_assert_uint_eq(presence_unread_count(presence, "cellar"), 0);
    ck_assert_uint_eq(presence_present_count(presence, "cellar"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(two_tags_that_alternate_are_each_read_in_their_turn)
{
    struct presence *presence = create(by_default);

    for (uint64_t i = 0; i < 3; i++) {
        arrive(presence, "A", i * 4000);
        leave(presence, "A", i * 4000 + 1200);
        arrive(presence, "B", i * 4000 + 1500);
        leave(presence, "B", i * 4000 + 2000);
    }
    ck_assert_str_eq(seen, "0:READ A, 1500:READ B, 4000:READ A, 5500:READ B, 8000:READ A, 9500:READ B");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(tags_that_wait_are_read_in_the_order_of_arrival_and_none_starves)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    arrive(presence, "B", 10);
    arrive(presence, "C", 20);
    arrive(presence, "D", 30);
    arrive(presence, "E", 40);
    go_to(presence, 6000);
    ck_assert_str_eq(seen, "0:READ A, 1000:READ B, 2000:READ C, 3000:READ D, 4000:READ E, 5000:READ A, 6000:READ B");
    presence_free(presence);
}
END_TEST

START_TEST(a_visit_too_short_for_the_intervals_is_counted_once_it_has_ended)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    leave(presence, "A", 100);
    arrive(presence, "B", 200);
    leave(presence, "B", 300);
    go_to(presence, 599);
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    go_to(presence, 600);
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 1);
    arrive(presence, "A", 1200); /* inside its own repeat interval */
    leave(presence, "A", 1300);
    go_to(presence, 5000);
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 2);
    ck_assert_str_eq(seen, "0:READ A");
    presence_free(presence);
}
END_TEST

START_TEST(a_waiting_tag_that_flaps_is_read_when_it_is_due_and_there)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    arrive(presence, "B", 200);
    leave(presence, "B", 900);
    go_to(presence, 1050);
    ck_assert_str_eq(seen, "0:READ A");
    arrive(presence, "B", 1050);
    ck_assert_str_eq(seen, "0:READ A, 1050:READ B");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(a_lost_reader_lets_all_its_tags_leave)
{
    struct presence_settings settings = { .insert_remove = true, .debounce_ms = 300 };
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    arrive(presence, "B", 10);
    arrive_on(presence, "gate", "C", 20);
    go_to(presence, 1000);
    presence_reader_lost(presence, "door", 1000);
    presence_reader_lost(presence, "cellar", 1000);
    arrive(presence, "B", 1100); /* it was only a hiccup of the reader */
    go_to(presence, 2000);
    ck_assert_str_eq(seen, "0:INSERT A, 10:INSERT B, 20:INSERT C@gate, 1300:REMOVE A");
    presence_free(presence);
}
END_TEST

START_TEST(tags_and_readers_that_nobody_knows_are_ignored)
{
    struct presence *presence = create(by_default);

    leave(presence, "A", 10);
    leave_from(presence, "cellar", "A", 20);
    arrive(presence, "B", 30);
    leave(presence, "A", 40);
    ck_assert_uint_eq(presence_present_count(presence, "door"), 1);
    arrive(presence, "B", 50); /* twice without leaving */
    ck_assert_uint_eq(presence_present_count(presence, "door"), 1);
    ck_assert_str_eq(seen, "30:READ B");
    presence_free(presence);
}
END_TEST

START_TEST(new_settings_keep_who_is_present)
{
    struct presence_settings settings = by_default;
    settings.insert_remove = true;
    struct presence *presence = create(settings);

    arrive(presence, "A", 0);
    go_to(presence, 10000);
    settings.insert_remove = false;
    presence_configure(presence, &settings);
    ck_assert_uint_eq(presence_present_count(presence, "door"), 1);
    ck_assert_str_eq(seen, "0:INSERT A");
    go_to(presence, 10500); /* it stays, and its repeat interval has passed long ago */
    ck_assert_str_eq(seen, "0:INSERT A, 10000:READ A");
    leave(presence, "A", 10500);
    go_to(presence, 20000);
    ck_assert_str_eq(seen, "0:INSERT A, 10000:READ A, 10800:REMOVE A"); /* owed to whoever heard the INSERT */

    arrive(presence, "B", 30000);
    settings.insert_remove = true;
    presence_configure(presence, &settings);
    leave(presence, "B", 40000);
    go_to(presence, 50000);
    ck_assert_str_eq(seen, "0:INSERT A, 10000:READ A, 10800:REMOVE A, 30000:READ B");
    presence_free(presence);
}
END_TEST

START_TEST(tags_are_not_read_while_not_active_and_those_that_stay_are_read_then)
{
    struct presence *presence = create(by_default);

    presence_set_active(presence, false);
    arrive(presence, "A", 1000);
    arrive(presence, "B", 2000);
    leave(presence, "B", 3000);
    ck_assert_uint_eq(presence_present_count(presence, "door"), 2);
    go_to(presence, 9000);
    ck_assert_str_eq(seen, "");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    presence_set_active(presence, true);
    ck_assert_uint_eq(presence_next_deadline_ms(presence), 1000);
    presence_advance(presence, now_ms);
    go_to(presence, 11000);
    presence_set_active(presence, false);
    go_to(presence, 20000);
    ck_assert_str_eq(seen, "9000:READ A");
    presence_set_active(presence, true);
    presence_advance(presence, now_ms);
    ck_assert_str_eq(seen, "9000:READ A, 20000:READ A");
    presence_free(presence);
}
END_TEST

START_TEST(an_owed_remove_comes_while_not_active_and_there_is_no_other)
{
    struct presence_settings settings = by_default;

    settings.insert_remove = true;
    struct presence *presence = create(settings);
    arrive(presence, "A", 0);
    presence_set_active(presence, false);
    arrive(presence, "B", 2000);
    leave(presence, "B", 3000);
    leave(presence, "A", 4000);
    arrive(presence, "C", 5000);
    go_to(presence, 6000);
    ck_assert_str_eq(seen, "0:INSERT A, 4300:REMOVE A");
    presence_set_active(presence, true);
    presence_advance(presence, now_ms);
    leave(presence, "C", 7000);
    go_to(presence, 9000);
    ck_assert_str_eq(seen, "0:INSERT A, 4300:REMOVE A, 6000:INSERT C, 7300:REMOVE C");
    presence_free(presence);
}
END_TEST

START_TEST(a_late_timer_reads_once_and_does_not_catch_up)
{
    struct presence *presence = create(by_default);

    arrive(presence, "A", 0);
    now_ms = 10000;
    presence_advance(presence, now_ms);
    ck_assert_str_eq(seen, "0:READ A, 10000:READ A");
    ck_assert_uint_eq(presence_next_deadline_ms(presence), 13000);
    presence_free(presence);
}
END_TEST

START_TEST(a_deadline_at_time_zero_is_not_taken_for_never)
{
    struct presence_settings slow = { .insert_remove = true, .debounce_ms = 300 };
    struct presence_settings quick = { .insert_remove = true, .debounce_ms = 0 };
    struct presence *presence = create(slow);

    arrive(presence, "A", 0);
    leave(presence, "A", 0);
    presence_configure(presence, &quick);
    ck_assert_uint_eq(presence_next_deadline_ms(presence), 1);
    presence_advance(presence, 1);
    ck_assert_uint_eq(presence_present_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

START_TEST(more_than_4096_tags_that_have_left_are_forgotten_oldest_first)
{
    struct presence_settings settings = { .repeat_interval_ms = 25400 };
    struct presence *presence = create(settings);
    char id[32];

    for (unsigned i = 0; i < 4097; i++) {
        snprintf(id, sizeof id, "%04X", i);
        struct token token = { .interface = "13.56", .protocol = "NFC-A", .tag_id = id };
        now_ms = i;
        presence_arrived(presence, "door", &token, now_ms);
        presence_left(presence, "door", id, now_ms);
    }
    free(seen);
    seen = text_copy("");
    arrive(presence, "0001", 5000); /* still remembered */
    ck_assert_str_eq(seen, "");
    arrive(presence, "0000", 5000); /* forgotten */
    ck_assert_str_eq(seen, "5000:READ 0000");
    ck_assert_uint_eq(presence_unread_count(presence, "door"), 0);
    presence_free(presence);
}
END_TEST

/* ---- a model: random tags on two readers, and what must hold of every event ---- */

struct model_tag {
    bool there;         /* the reader sees it */
    uint64_t changed_ms;
    bool visiting;      /* it is there, or absent for less than the debounce */
    bool told;          /* this visit has had its event */
    bool read_ever;
    uint64_t read_ms;
};

struct model {
    struct presence_settings settings;
    struct model_tag tags[READERS][TAGS];
    bool read_ever[READERS];
    uint64_t read_ms[READERS];
    uint64_t unread[READERS];
    uint64_t events;
};

static struct model model;

/* Nothing but the read interval could keep it from being told. */
static bool model_was_ready(const struct model_tag *tag)
{
    return model.settings.must_leave || !tag->read_ever ||
           tag->changed_ms >= tag->read_ms + model.settings.repeat_interval_ms;
}

/* The visit ends when the absence has lasted the debounce. */
static void model_settle(struct model_tag *tag, uint64_t *unread)
{
    if (!tag->visiting || tag->there || now_ms < tag->changed_ms + model.settings.debounce_ms)
        return;
    tag->visiting = false;
    ck_assert(tag->told || !model.settings.insert_remove || !model_was_ready(tag));
    *unread += tag->told ? 0 : 1;
}

static void model_check(void *context, const struct presence_event *event)
{
    int reader = strcmp(event->reader, "0") == 0 ? 0 : 1;
    struct model_tag *tag = &model.tags[reader][event->token->tag_id[0] - 'A'];

    (void) context;
    model.events++;
    if (event->move == PRESENCE_REMOVE) {
        ck_assert(model.settings.insert_remove && tag->told && !tag->there);
        ck_assert_uint_ge(now_ms, tag->changed_ms + model.settings.debounce_ms);
        tag->visiting = false;
        tag->told = false;
        return;
    }
    if (event->move == PRESENCE_INSERT_REMOVE) {
        ck_assert(model.settings.insert_remove && tag->visiting && !tag->told && !tag->there && model_was_ready(tag));
        ck_assert_uint_ge(now_ms, tag->changed_ms + model.settings.debounce_ms);
        tag->visiting = false;
        tag->read_ever = true;
        tag->read_ms = now_ms;
        return;
    }
    ck_assert_int_eq(event->move, model.settings.insert_remove ? PRESENCE_INSERT : PRESENCE_READ);
    ck_assert(tag->there && tag->visiting);
    if (model.settings.insert_remove || model.settings.must_leave)
        ck_assert(!tag->told);
    if (tag->read_ever && !model.settings.must_leave)
        ck_assert_uint_ge(now_ms, tag->read_ms + model.settings.repeat_interval_ms);
    if (model.read_ever[reader])
        ck_assert_uint_ge(now_ms, model.read_ms[reader] + model.settings.read_interval_ms);
    tag->told = true;
    tag->read_ever = model.read_ever[reader] = true;
    tag->read_ms = model.read_ms[reader] = now_ms;
}

/* Nobody who could be read is waiting: the event would have been emitted by now. */
static void model_check_no_one_is_due(void)
{
    for (int reader = 0; reader < READERS; reader++) {
        bool free_reader = !model.read_ever[reader] ||
                           now_ms >= model.read_ms[reader] + model.settings.read_interval_ms;
        for (int i = 0; i < TAGS; i++) {
            struct model_tag *tag = &model.tags[reader][i];
            bool wants = tag->there && free_reader && !tag->told;
            if (wants && tag->read_ever && !model.settings.must_leave)
                wants = now_ms < tag->read_ms + model.settings.repeat_interval_ms ? false : true;
            ck_assert_msg(!wants, "tag %c on reader %d is due at %" PRIu64, 'A' + i, reader, now_ms);
        }
    }
}

static void model_move(struct presence *presence, int reader, int index)
{
    struct model_tag *tag = &model.tags[reader][index];
    char id[] = { (char) ('A' + index), '\0' };
    const char *label = reader == 0 ? "0" : "1";
    struct token token = { .interface = "13.56", .protocol = "NFC-A", .tag_id = id };

    tag->there = !tag->there;
    tag->changed_ms = now_ms;
    if (tag->there) {
        if (!tag->visiting)
            tag->told = false;
        tag->visiting = true;
        presence_arrived(presence, label, &token, now_ms);
    } else {
        presence_left(presence, label, id, now_ms);
    }
}

static void model_settle_all(void)
{
    for (int reader = 0; reader < READERS; reader++) {
        for (int i = 0; i < TAGS; i++)
            model_settle(&model.tags[reader][i], &model.unread[reader]);
    }
}

static void model_run(struct presence_settings settings, unsigned seed)
{
    memset(&model, 0, sizeof model);
    model.settings = settings;
    now_ms = 0;
    struct presence *presence = presence_create(&settings, model_check, NULL);

    for (int step = 0; step < 4000; step++) {
        uint64_t to_ms = now_ms + (uint64_t) (rand_r(&seed) % 200);
        uint64_t deadline_ms = presence_next_deadline_ms(presence);
        while (deadline_ms != PRESENCE_NEVER && deadline_ms <= to_ms) {
            now_ms = deadline_ms;
            presence_advance(presence, now_ms);
            model_settle_all();
            deadline_ms = presence_next_deadline_ms(presence);
        }
        now_ms = to_ms;
        presence_advance(presence, now_ms);
        model_settle_all();
        model_check_no_one_is_due();
        model_move(presence, rand_r(&seed) % READERS, rand_r(&seed) % TAGS);
        model_settle_all();
        for (int reader = 0; reader < READERS; reader++) {
            const char *label = reader == 0 ? "0" : "1";
            unsigned visiting = 0;
            for (int i = 0; i < TAGS; i++)
                visiting += model.tags[reader][i].visiting ? 1 : 0;
            ck_assert_uint_eq(presence_present_count(presence, label), visiting);
            ck_assert_uint_eq(presence_unread_count(presence, label), model.unread[reader]);
        }
    }
    ck_assert_uint_gt(model.events, 20);
    presence_free(presence);
}

START_TEST(random_tags_never_break_the_rules)
{
    static const struct presence_settings settings[] = {
        { .read_interval_ms = 1000, .repeat_interval_ms = 3000, .debounce_ms = 300 },
        { .insert_remove = true, .read_interval_ms = 1000, .repeat_interval_ms = 3000, .debounce_ms = 300 },
        { .read_interval_ms = 200, .must_leave = true, .debounce_ms = 300 },
        { .insert_remove = true, .read_interval_ms = 100, .must_leave = true, .debounce_ms = 500 },
        { .debounce_ms = 0 },
        { .insert_remove = true, .debounce_ms = 0 },
        { .insert_remove = true, .repeat_interval_ms = 25400, .debounce_ms = 1000 },
        { .repeat_interval_ms = 100, .debounce_ms = 50 },
    };
    const char *given = getenv("PRESENCE_SEED");
    unsigned seed = given != NULL ? (unsigned) strtoul(given, NULL, 0) : (unsigned) time(NULL);

    printf("PRESENCE_SEED=%u\n", seed);
    fflush(stdout);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        model_run(settings[i], seed + (unsigned) i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("presence");
    TCase *tests = tcase_create("presence");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_tag_is_read_inside_the_call_that_tells_its_arrival);
    tcase_add_test(tests, a_tag_that_stays_is_read_again_after_each_repeat_interval);
    tcase_add_test(tests, another_tag_waits_for_the_read_interval);
    tcase_add_test(tests, the_same_tag_presented_again_waits_for_its_repeat_interval);
    tcase_add_test(tests, fifty_flaps_inside_the_debounce_are_one_presence);
    tcase_add_test(tests, flaps_do_not_count_as_leaving_when_a_tag_must_leave);
    tcase_add_test(tests, flaps_in_read_mode_are_read_again_as_a_tag_that_stays);
    tcase_add_test(tests, an_absence_of_exactly_the_debounce_is_leaving);
    tcase_add_test(tests, an_arrival_that_comes_before_the_late_timer_ends_the_old_visit_first);
    tcase_add_test(tests, without_debounce_a_tag_leaves_at_once);
    tcase_add_test(tests, a_tag_that_stays_is_silent_in_insert_mode);
    tcase_add_test(tests, there_is_no_remove_without_an_insert);
    tcase_add_test(tests, a_short_apparition_is_told_when_it_has_ended_and_makes_nobody_wait);
    tcase_add_test(tests, a_short_apparition_on_a_lost_reader_is_told_too);
    tcase_add_test(tests, an_insert_waits_for_both_intervals);
    tcase_add_test(tests, a_tag_that_must_leave_is_read_once_a_visit);
    tcase_add_test(tests, with_intervals_of_zero_a_tag_that_stays_is_read_every_tenth_of_a_second);
    tcase_add_test(tests, two_readers_do_not_know_of_one_another);
    tcase_add_test(tests, two_tags_that_alternate_are_each_read_in_their_turn);
    tcase_add_test(tests, tags_that_wait_are_read_in_the_order_of_arrival_and_none_starves);
    tcase_add_test(tests, a_visit_too_short_for_the_intervals_is_counted_once_it_has_ended);
    tcase_add_test(tests, a_waiting_tag_that_flaps_is_read_when_it_is_due_and_there);
    tcase_add_test(tests, a_lost_reader_lets_all_its_tags_leave);
    tcase_add_test(tests, tags_and_readers_that_nobody_knows_are_ignored);
    tcase_add_test(tests, new_settings_keep_who_is_present);
    tcase_add_test(tests, tags_are_not_read_while_not_active_and_those_that_stay_are_read_then);
    tcase_add_test(tests, an_owed_remove_comes_while_not_active_and_there_is_no_other);
    tcase_add_test(tests, a_late_timer_reads_once_and_does_not_catch_up);
    tcase_add_test(tests, a_deadline_at_time_zero_is_not_taken_for_never);
    tcase_add_test(tests, more_than_4096_tags_that_have_left_are_forgotten_oldest_first);
    suite_add_tcase(suite, tests);

    TCase *random_tests = tcase_create("random");
    tcase_set_timeout(random_tests, 60); /* seconds; it takes less than one without valgrind or a sanitizer */
    tcase_add_checked_fixture(random_tests, setup, teardown);
    tcase_add_test(random_tests, random_tags_never_break_the_rules);
    suite_add_tcase(suite, random_tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
