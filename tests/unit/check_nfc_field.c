/* SPDX-License-Identifier: MIT */
#include "nfc_air.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct air air;

static void setup(void)
{
    air_begin(&air, AIR_ALL, 0);
}

static void teardown(void)
{
    air_end(&air);
}

static void begin_anew(unsigned technologies, unsigned poll_technologies)
{
    air_end(&air);
    air_begin(&air, technologies, poll_technologies);
}

/* ---- nothing there ---- */

START_TEST(an_empty_field_is_looked_at_without_hammering)
{
    air_go(&air, 10000);
    air_expect(&air, "");
    /* A round: 6 selects of 6 ms, and 40 ms. */
    ck_assert_uint_le(air.requests[NFC_SELECT], 6 * (10000 / 76 + 1));
    ck_assert_uint_ge(air.requests[NFC_SELECT], 6 * 100);
    ck_assert_uint_le(air.requests[NFC_RESET_FIELD], 6);
    ck_assert_uint_eq(air.requests[NFC_POLL], 0);
    ck_assert_uint_eq(nfc_field_count(air.field), 0);
    ck_assert(!nfc_field_polls(air.field));
}
END_TEST

START_TEST(only_the_technologies_that_are_asked_for_are_looked_for)
{
    begin_anew(CARD_NFC_B | CARD_NFC_F, 0);
    air_put(&air, air_add_card(&air, 'a'));
    air_go(&air, 3000);
    air_expect(&air, "");
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    air_go(&air, 3000);
    air_expect(&air, "+f");
}
END_TEST

START_TEST(the_chip_polls_by_itself_if_it_can_find_all_that_is_asked_for)
{
    begin_anew(CARD_NFC_A | CARD_NFC_B, CARD_NFC_A | CARD_NFC_B | CARD_NFC_F);
    ck_assert(nfc_field_polls(air.field));
    air_go(&air, 15000);
    ck_assert_uint_eq(air.requests[NFC_SELECT], 0);
    ck_assert_uint_ge(air.requests[NFC_POLL], 24);
    ck_assert_uint_le(air.requests[NFC_POLL], 26);
    ck_assert_uint_eq(air.pause_ms, 0);

    air_put(&air, air_add_card(&air, 'a'));
    air_turn(&air);
    air_expect(&air, "+a");
    air_go(&air, 3000);
    air_take(&air, &air.tags[0]);
    air_go(&air, 1000);
    air_expect(&air, "-a");

    begin_anew(CARD_NFC_A | CARD_ST_SR, CARD_NFC_A | CARD_NFC_B);
    ck_assert(!nfc_field_polls(air.field));
}
END_TEST

START_TEST(polling_that_comes_back_at_once_is_paced)
{
    begin_anew(CARD_NFC_A, CARD_NFC_A);
    air.poll_is_quick = true;
    air_go(&air, 10000);
    ck_assert_uint_le(air.requests[NFC_POLL], 10000 / 41 + 2);
}
END_TEST

START_TEST(polling_that_the_chip_cannot_do_gives_way_to_selects)
{
    begin_anew(CARD_NFC_A, CARD_NFC_A);
    air.poll_is_unsupported = true;
    air_put(&air, air_add_card(&air, 'a'));
    air_go(&air, 1000);
    air_expect(&air, "+a");
    ck_assert_uint_eq(air.requests[NFC_POLL], 1);
    ck_assert(!nfc_field_polls(air.field));
}
END_TEST

START_TEST(a_tag_that_was_lost_in_its_selection_is_found_after_a_reset)
{
    struct air_tag *card = air_add_card(&air, 'a');

    air_go(&air, 100);
    air_put(&air, card);
    card->state = AIR_ACTIVE;
    air_go(&air, 2500);
    air_expect(&air, "+a");
}
END_TEST

/* ---- one tag ---- */

START_TEST(a_card_is_told_in_the_turn_that_finds_it)
{
    struct air_tag *card = air_add_card(&air, 'a');

    air_go(&air, 1000);
    air_put(&air, card);
    ck_assert_int_eq(air_turn(&air), NFC_FINE);
    air_expect(&air, "+a");
    ck_assert_uint_eq(nfc_field_count(air.field), 1);
    ck_assert_uint_eq(air.pause_ms, 80);
}
END_TEST

START_TEST(a_card_that_lies_there_is_not_hammered)
{
    air_put(&air, air_add_card(&air, 'a'));
    air_turn(&air);
    air_forget_counts(&air);
    air_go(&air, 10000);
    air_expect(&air, "+a");
    ck_assert_uint_le(air.requests[NFC_PRESENT], 125);
    ck_assert_uint_ge(air.requests[NFC_PRESENT], 80);
    ck_assert_uint_le(air.requests[NFC_RESET_FIELD], 11);
    ck_assert_uint_le(air.requests[NFC_DESELECT], 11);
    ck_assert_uint_le(air.requests[NFC_SELECT], 11 * 8);
}
END_TEST

START_TEST(a_card_that_is_taken_away_has_left_within_three_tenths_of_a_second)
{
    struct air_tag *card = air_add_card(&air, 'a');

    air_put(&air, card);
    air_go(&air, 5000);
    air_expect(&air, "+a");
    air_take(&air, card);
    air_go(&air, 300);
    air_expect(&air, "-a");
    ck_assert_uint_eq(nfc_field_count(air.field), 0);
    air_put(&air, card);
    air_go(&air, 300);
    air_expect(&air, "+a");
}
END_TEST

START_TEST(the_turn_after_a_removal_is_due_at_once)
{
    struct air_tag *card = air_add_card(&air, 'a');

    air_put(&air, card);
    air_turn(&air);
    air_take(&air, card);
    air_turn(&air);
    air_expect(&air, "+a -a");
    ck_assert_uint_eq(air.pause_ms, 0);
}
END_TEST

START_TEST(a_card_that_the_owner_left_silent_is_still_there)
{
    air.falls_silent = true;
    air_put(&air, air_add_card(&air, 'a'));
    air_go(&air, 5000);
    air_expect(&air, "+a");
    ck_assert_uint_eq(nfc_field_count(air.field), 1);
}
END_TEST

START_TEST(a_tag_without_a_session_that_lost_its_selection_needs_no_reset)
{
    begin_anew(CARD_NFC_A, 0);
    struct air_tag *tag = air_add(&air, 'a', CARD_NFC_A);

    air_put(&air, tag);
    air_turn(&air);
    air_forget_counts(&air);
    tag->state = AIR_IDLE;
    air_turn(&air);
    air_expect(&air, "+a");
    ck_assert_uint_eq(air.requests[NFC_RESET_FIELD], 0);
    ck_assert_uint_eq(air.requests[NFC_SELECT], 1);
}
END_TEST

START_TEST(a_tag_whose_presence_libnfc_cannot_ask_is_selected_again)
{
    struct air_tag *tag = air_add(&air, 's', CARD_ST_SR);

    tag->is_unasked = true;
    air_put(&air, tag);
    air_turn(&air);
    air_forget_counts(&air);
    air_go(&air, 10000);
    air_expect(&air, "+s");
    ck_assert_uint_le(air.requests[NFC_RESET_FIELD], 11);
    ck_assert_uint_le(air.requests[NFC_SELECT], 10000 / 200 + 11 * 8);
    air_take(&air, tag);
    air_go(&air, 400);
    air_expect(&air, "-s");
}
END_TEST

START_TEST(every_technology_arrives_stays_and_leaves)
{
    static const enum card_technology all[] = { CARD_NFC_A, CARD_NFC_B, CARD_NFC_F, CARD_NFC_T1T, CARD_INNOVATRON,
                                                CARD_ST_SR };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct air_tag *tag = air_add(&air, 't', all[i]);
        air_put(&air, tag);
        air_go(&air, 5000);
        air_expect(&air, "+t");
        air_take(&air, tag);
        air_go(&air, 500);
        air_expect(&air, "-t");
    }
}
END_TEST

START_TEST(a_card_swapped_between_two_turns_leaves_before_the_other_arrives)
{
    struct air_tag *one = air_add_card(&air, 'a');
    struct air_tag *other = air_add_card(&air, 'b');

    air_put(&air, one);
    air_turn(&air);
    air_take(&air, one);
    air_put(&air, other);
    air_turn(&air);
    air_turn(&air);
    air_expect(&air, "+a -a +b");
    air_go(&air, 3000);
    air_expect(&air, "");
}
END_TEST

START_TEST(tags_that_cannot_sleep_are_swapped_as_well)
{
    struct air_tag *one = air_add(&air, 'f', CARD_NFC_F);
    struct air_tag *other = air_add(&air, 'g', CARD_NFC_F);

    air_put(&air, one);
    air_turn(&air);
    air_take(&air, one);
    air_put(&air, other);
    air_turn(&air);
    air_turn(&air);
    air_expect(&air, "+f -f +g");
}
END_TEST

START_TEST(a_card_whose_place_another_takes_in_a_select_has_not_left)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        begin_anew(AIR_ALL, 0);
        air.random = seed;
        struct air_tag *one = air_add_card(&air, 'a');
        struct air_tag *other = air_add_card(&air, 'b');

        air_put(&air, one);
        air_turn(&air);
        /* It falls silent, while another one that is not known yet answers in its place. */
        one->state = AIR_ASLEEP;
        air_put(&air, other);
        air_go(&air, 700);
        air_expect(&air, "+a +b");
        ck_assert_uint_eq(nfc_field_count(air.field), 2);
    }
}
END_TEST

START_TEST(a_card_that_leaves_while_the_owner_talks_to_it_has_left)
{
    air.takes_away = 'a';
    air_put(&air, air_add_card(&air, 'a'));
    air_go(&air, 500);
    air_expect(&air, "+a -a");
}
END_TEST

/* ---- several tags ---- */

START_TEST(two_tags_put_down_together_are_both_told_within_half_a_second)
{
    air_put(&air, air_add_card(&air, 'a'));
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    air_go(&air, 500);
    air_expect(&air, "+a +f");
    air_go(&air, 10000);
    air_expect(&air, "");
}
END_TEST

START_TEST(two_cards_of_one_technology_are_both_told)
{
    struct air_tag *one = air_add_card(&air, 'a');
    struct air_tag *other = air_add_card(&air, 'b');

    air_put(&air, one);
    air_turn(&air);
    air_put(&air, other);
    air_go(&air, 1500);
    air_expect(&air, "+a +b");
    air_go(&air, 10000);
    air_expect(&air, "");
    ck_assert_uint_eq(nfc_field_count(air.field), 2);
}
END_TEST

START_TEST(an_inventory_takes_one_select_a_tag_and_one_a_technology)
{
    air_put(&air, air_add(&air, 'a', CARD_NFC_A));
    air_put(&air, air_add(&air, 'b', CARD_NFC_A));
    air_put(&air, air_add(&air, 'c', CARD_NFC_A));
    air_go(&air, 3000);
    ck_assert_uint_eq(nfc_field_count(air.field), 3);
    air_forget_counts(&air);
    air_turn(&air);
    ck_assert_uint_eq(air.requests[NFC_SELECT], 3 + 6);
    ck_assert_uint_eq(air.requests[NFC_DESELECT], 3);
    ck_assert_uint_eq(air.requests[NFC_RESET_FIELD], 1);
}
END_TEST

START_TEST(several_tags_are_asked_for_five_times_a_second_at_most)
{
    air_put(&air, air_add_card(&air, 'a'));
    air_put(&air, air_add_card(&air, 'b'));
    air_go(&air, 2000);
    air_expect(&air, air.tags[0].visits + air.tags[1].visits == 2 && air.events[1] == 'a' ? "+a +b" : "+b +a");
    air_forget_counts(&air);
    air_go(&air, 10000);
    ck_assert_uint_le(air.requests[NFC_RESET_FIELD], 50);
    ck_assert_uint_ge(air.requests[NFC_RESET_FIELD], 25);
    ck_assert_uint_le(air.requests[NFC_SELECT], 50 * 8);
    ck_assert_uint_eq(air.requests[NFC_PRESENT], 0);
}
END_TEST

/* Where tags are swapped for one another, an inventory that misses one is followed by the next one soon: what comes
 * meanwhile may not lie there for long. */
START_TEST(after_an_inventory_that_missed_a_tag_the_next_one_is_soon)
{
    struct air_tag *one = air_add_card(&air, 'a');
    struct air_tag *other = air_add_card(&air, 'b');

    air_put(&air, one);
    air_put(&air, other);
    air_go(&air, 1000);
    ck_assert_uint_eq(nfc_field_count(air.field), 2);
    air_turn(&air);
    ck_assert_uint_eq(air.pause_ms, 200);
    other->is_there = false;
    air_turn(&air);
    ck_assert_uint_eq(air.pause_ms, 50);
    air_turn(&air);
    ck_assert_uint_eq(nfc_field_count(air.field), 1);
    ck_assert_uint_eq(air.pause_ms, 80);
    air_turn(&air);
    ck_assert_uint_eq(air.pause_ms, 80);
}
END_TEST

START_TEST(a_tag_that_one_inventory_misses_has_not_left)
{
    struct air_tag *one = air_add_card(&air, 'a');
    struct air_tag *other = air_add(&air, 'f', CARD_NFC_F);

    air_put(&air, one);
    air_put(&air, other);
    air_go(&air, 1000);
    air_expect(&air, "+a +f");
    other->is_there = false;
    air_turn(&air);
    other->is_there = true;
    air_turn(&air);
    other->is_there = false;
    air_turn(&air);
    air_expect(&air, "");
    air_turn(&air);
    air_expect(&air, "-f");
    ck_assert_uint_eq(nfc_field_count(air.field), 1);
}
END_TEST

START_TEST(the_last_of_several_is_held_again)
{
    struct air_tag *one = air_add_card(&air, 'a');
    struct air_tag *other = air_add(&air, 'f', CARD_NFC_F);

    air_put(&air, one);
    air_put(&air, other);
    air_go(&air, 1000);
    air_take(&air, one);
    air_go(&air, 1000);
    air_expect(&air, "+a +f -a");
    air_forget_counts(&air);
    air_go(&air, 3000);
    air_expect(&air, "");
    ck_assert_uint_le(air.requests[NFC_RESET_FIELD], 4);
    ck_assert_uint_ge(air.requests[NFC_PRESENT], 20);
    air_take(&air, other);
    air_go(&air, 300);
    air_expect(&air, "-f");
}
END_TEST

START_TEST(several_that_leave_together_leave_an_empty_field)
{
    air_put(&air, air_add_card(&air, 'a'));
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    air_go(&air, 1000);
    air_take(&air, &air.tags[0]);
    air_take(&air, &air.tags[1]);
    air_go(&air, 1000);
    air_expect(&air, "+a +f -a -f");
    air_put(&air, &air.tags[0]);
    air_turn(&air);
    air_expect(&air, "+a");
}
END_TEST

START_TEST(two_tags_that_cannot_sleep_are_both_told_and_stay)
{
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    air_put(&air, air_add(&air, 'g', CARD_NFC_F));
    air_go(&air, 20000);
    ck_assert_uint_eq(air.tags[0].visits, 1);
    ck_assert_uint_eq(air.tags[1].visits, 1);
    ck_assert_uint_eq(nfc_field_count(air.field), 2);
}
END_TEST

START_TEST(more_tags_than_there_is_room_for_are_left_out_until_there_is)
{
    for (char name = 'a'; name < 'a' + NFC_TAGS_MAX + 2; name++)
        air_put(&air, air_add_card(&air, name));
    air_go(&air, 10000);
    ck_assert_uint_eq(nfc_field_count(air.field), NFC_TAGS_MAX);
    unsigned taken = 0;
    for (size_t i = 0; i < air.tags_count; i++)
        if (air.tags[i].is_told && taken++ < 2)
            air_take(&air, &air.tags[i]);
    air_go(&air, 3000);
    for (size_t i = 0; i < air.tags_count; i++) {
        ck_assert_uint_eq(air.tags[i].is_told, air.tags[i].is_there);
        ck_assert_uint_eq(air.tags[i].visits, 1);
    }
}
END_TEST

/* ---- identifiers that change ---- */

START_TEST(a_phone_is_told_once_and_the_field_is_never_reset_while_it_lies_there)
{
    air_put(&air, air_add_phone(&air, 'p'));
    air_turn(&air);
    air_forget_counts(&air);
    air_go(&air, 60000);
    air_expect(&air, "+p");
    ck_assert_uint_eq(air.requests[NFC_RESET_FIELD], 0);
    ck_assert_uint_eq(air.requests[NFC_SELECT], 0);
    ck_assert_uint_le(air.requests[NFC_PRESENT], 750);
}
END_TEST

START_TEST(a_phone_that_lost_its_power_for_a_moment_is_the_same_visit)
{
    struct air_tag *phone = air_add_phone(&air, 'p');

    air_put(&air, phone);
    air_go(&air, 1000);
    air_take(&air, phone);
    air_put(&air, phone);
    air_forget_counts(&air);
    air_go(&air, 1000);
    ck_assert_uint_eq(air.requests[NFC_RESET_FIELD], 0);
    ck_assert(!nfc_tag_same_id(&phone->tag, &phone->told));
    air_expect(&air, "+p");
    air_take(&air, phone);
    air_go(&air, 300);
    air_expect(&air, "-p");
}
END_TEST

START_TEST(a_phone_that_a_turn_missed_is_a_new_visit)
{
    struct air_tag *phone = air_add_phone(&air, 'p');

    air_put(&air, phone);
    air_go(&air, 1000);
    air_take(&air, phone);
    air_turn(&air);
    air_put(&air, phone);
    air_turn(&air);
    air_expect(&air, "+p -p +p");
}
END_TEST

START_TEST(a_phone_swapped_for_one_of_another_kind_has_left)
{
    struct air_tag *one = air_add_phone(&air, 'p');
    struct air_tag *other = air_add_phone(&air, 'q');

    air_put(&air, one);
    air_go(&air, 1000);
    air_take(&air, one);
    air_put(&air, other);
    air_go(&air, 300);
    air_expect(&air, "+p -p +q");
}
END_TEST

START_TEST(a_phone_between_other_tags_stays_one_visit_under_its_first_id)
{
    struct air_tag *card = air_add_card(&air, 'a');
    struct air_tag *phone = air_add_phone(&air, 'p');

    air_put(&air, card);
    air_go(&air, 1000);
    air_put(&air, phone);
    air_go(&air, 10000);
    air_expect(&air, "+a +p");
    air_take(&air, card);
    air_go(&air, 2000);
    air_expect(&air, "-a");
    air_forget_counts(&air);
    air_go(&air, 10000);
    ck_assert_uint_eq(air.requests[NFC_RESET_FIELD], 0);
    air_take(&air, phone);
    air_go(&air, 300);
    air_expect(&air, "-p");
}
END_TEST

START_TEST(two_phones_of_one_kind_are_two)
{
    struct air_tag *card = air_add_card(&air, 'a');
    struct air_tag *one = air_add_phone(&air, 'p');
    struct air_tag *other = air_add_phone(&air, 'q');

    other->tag.ats[0] = one->tag.ats[0];
    air_put(&air, card);
    air_go(&air, 200);
    air_put(&air, one);
    air_put(&air, other);
    air_go(&air, 10000);
    ck_assert_uint_eq(one->visits, 1);
    ck_assert_uint_eq(other->visits, 1);
    ck_assert_uint_eq(nfc_field_count(air.field), 3);
    air_take(&air, one);
    air_go(&air, 2000);
    ck_assert_uint_eq(nfc_field_count(air.field), 2);
}
END_TEST

START_TEST(a_pupi_that_changes_is_one_visit_and_ends_the_looks)
{
    struct air_tag *card = air_add(&air, 'b', CARD_NFC_B);

    card->changes = true;
    air_put(&air, card);
    air_go(&air, 2000);
    air_forget_counts(&air);
    air_go(&air, 10000);
    air_expect(&air, "+b");
    ck_assert_uint_eq(air.requests[NFC_RESET_FIELD], 0);
    air_take(&air, card);
    air_go(&air, 300);
    air_expect(&air, "-b");
}
END_TEST

START_TEST(a_pupi_that_changes_is_one_visit_between_other_tags)
{
    struct air_tag *card = air_add(&air, 'b', CARD_NFC_B);

    card->changes = true;
    air_put(&air, air_add_card(&air, 'a'));
    air_go(&air, 100);
    air_put(&air, card);
    air_go(&air, 10000);
    air_expect(&air, "+a +b");
}
END_TEST

START_TEST(pupis_that_stay_are_told_apart_though_their_kind_is_one)
{
    struct air_tag *one = air_add(&air, 'b', CARD_NFC_B);
    struct air_tag *other = air_add(&air, 'c', CARD_NFC_B);

    air_put(&air, one);
    air_go(&air, 1000);
    air_take(&air, one);
    air_put(&air, other);
    air_go(&air, 500);
    air_expect(&air, "+b -b +c");
    air_put(&air, one);
    air_go(&air, 3000);
    air_expect(&air, "+b");
    ck_assert_uint_eq(nfc_field_count(air.field), 2);
}
END_TEST

START_TEST(a_sleeping_pupi_is_not_taken_for_the_one_that_a_look_finds)
{
    struct air_tag *one = air_add(&air, 'b', CARD_NFC_B);
    struct air_tag *other = air_add(&air, 'c', CARD_NFC_B);

    air_put(&air, one);
    air_turn(&air);
    one->state = AIR_IDLE; /* selected again without a reset: whether its id changes is not known yet */
    air_turn(&air);
    air_put(&air, other);
    air_turn(&air);
    air_expect(&air, "+b +c");
}
END_TEST

START_TEST(a_pupi_taken_for_another_is_set_right_when_that_one_answers)
{
    for (unsigned seed = 1; seed <= 50; seed++) {
        begin_anew(AIR_ALL, 0);
        air.random = seed;
        for (char name = 'b'; name <= 'd'; name++)
            air_add(&air, name, CARD_NFC_B);
        air_put(&air, &air.tags[0]);
        air_put(&air, &air.tags[1]);
        while (nfc_field_count(air.field) < 2)
            air_turn(&air);
        /* Neither of the two has come out of a reset yet. */
        air_put(&air, &air.tags[2]);
        air_go(&air, 3000);
        ck_assert_uint_eq(nfc_field_count(air.field), 3);
        for (size_t i = 0; i < 3; i++)
            ck_assert_uint_eq(air.tags[i].visits, 1);
    }
}
END_TEST

/* ---- trouble ---- */

START_TEST(a_technology_that_cannot_be_selected_is_asked_for_once)
{
    begin_anew(CARD_NFC_B | CARD_NFC_F, 0);
    air.unsupported = CARD_NFC_B;
    air_turn(&air);
    air_turn(&air);
    ck_assert_uint_eq(air.requests[NFC_SELECT], 3);
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    air_turn(&air);
    air_expect(&air, "+f");
}
END_TEST

START_TEST(no_technology_that_is_left_is_trouble)
{
    air.unsupported = AIR_ALL;
    ck_assert_int_eq(air_turn(&air), NFC_TROUBLE);
    ck_assert_str_eq(air.trouble, "the device can look for none of the technologies that are asked for");
    begin_anew(0, 0);
    ck_assert_int_eq(air_turn(&air), NFC_TROUBLE);
    ck_assert_uint_eq(air.requests_count, 0);
}
END_TEST

static enum nfc_result turn_until_lost(unsigned turns)
{
    enum nfc_result result = NFC_FINE;

    while (turns-- > 0 && result == NFC_FINE) {
        result = air_turn(&air);
        if (turns == 30)
            air_put(&air, &air.tags[1]);
        if (turns == 10)
            air_take(&air, &air.tags[0]);
    }
    return result;
}

/* Whichever request it is that loses the device: the turn ends with it, and nothing is told as gone until the end. */
START_TEST(a_device_that_is_lost_ends_the_turn_at_any_request)
{
    static const enum nfc_result losses[] = { NFC_TROUBLE, NFC_HUNG, NFC_DIED, NFC_STOPPED };
    unsigned lost = 0;

    for (unsigned at = 1; at <= 400; at++) {
        enum nfc_result loss = losses[at % 4];
        begin_anew(AIR_ALL, 0);
        air_add_card(&air, 'a');
        air_add_card(&air, 'b');
        air_put(&air, &air.tags[0]);
        air.fails_at = at;
        air.fails_with = loss;
        enum nfc_result result = turn_until_lost(40);
        if (result == NFC_FINE)
            continue;
        lost++;
        ck_assert_int_eq(result, loss);
        ck_assert_str_eq(air.trouble, "the line is dead");
        ck_assert_uint_eq(air.requests_count, at);
        ck_assert_msg(!air.tags[1].is_there || air.tags[1].visits < 2, "gone because the device was lost");
        size_t told = (size_t) air.tags[0].is_told + air.tags[1].is_told;
        ck_assert_uint_eq(nfc_field_count(air.field), told);
        nfc_field_clear(air.field);
        ck_assert(!air.tags[0].is_told && !air.tags[1].is_told);
        ck_assert_uint_eq(nfc_field_count(air.field), 0);
    }
    ck_assert_uint_ge(lost, 200);
}
END_TEST

START_TEST(no_removal_is_told_in_the_turn_that_loses_the_device)
{
    struct air_tag *card = air_add_card(&air, 'a');

    air_put(&air, card);
    air_turn(&air);
    air_take(&air, card);
    air.fails_at = air.requests_count + 2; /* the select after the presence was denied */
    air.fails_with = NFC_DIED;
    ck_assert_int_eq(air_turn(&air), NFC_DIED);
    air_expect(&air, "+a");
    nfc_field_clear(air.field);
    air_expect(&air, "-a");
}
END_TEST

START_TEST(an_inventory_that_loses_the_device_tells_of_no_removal)
{
    air_put(&air, air_add_card(&air, 'a'));
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    air_go(&air, 1000);
    air_take(&air, &air.tags[0]);
    air_turn(&air);
    air.fails_at = air.requests_count + 2;
    air.fails_with = NFC_HUNG;
    ck_assert_int_eq(air_turn(&air), NFC_HUNG);
    air_expect(&air, "+a +f");
}
END_TEST

START_TEST(an_owner_that_is_to_stop_ends_the_turn)
{
    air.refuses = true;
    air_put(&air, air_add_card(&air, 'a'));
    ck_assert_int_eq(air_turn(&air), NFC_STOPPED);
    ck_assert_str_eq(air.trouble, "");
    air_expect(&air, "+a");
    nfc_field_clear(air.field);
    air_expect(&air, "-a");
}
END_TEST

START_TEST(an_owner_that_is_to_stop_in_an_inventory_ends_the_turn)
{
    air_put(&air, air_add_card(&air, 'a'));
    air_turn(&air);
    air.refuses = true;
    air_put(&air, air_add(&air, 'f', CARD_NFC_F));
    enum nfc_result result = NFC_FINE;
    for (unsigned turn = 0; turn < 20 && result == NFC_FINE; turn++)
        result = air_turn(&air);
    ck_assert_int_eq(result, NFC_STOPPED);
    air_expect(&air, "+a +f");
}
END_TEST

START_TEST(a_device_that_finds_ever_new_tags_cannot_hold_a_turn)
{
    air.is_endless = true;
    for (unsigned turn = 0; turn < 100; turn++)
        ck_assert_int_eq(air_turn(&air), NFC_FINE);
    ck_assert_uint_le(air.requests_of_turn_max, 2 * (2 * NFC_TAGS_MAX) * 6 + 30);
}
END_TEST

/* ---- chance ---- */

static void add_all_kinds(void)
{
    air_add_card(&air, 'a');
    air_add_card(&air, 'b');
    air_add(&air, 'c', CARD_NFC_A);
    air_add(&air, 'd', CARD_NFC_B);
    air_add(&air, 'e', CARD_NFC_B)->tag.protocol_bytes_count = 7;
    air_add(&air, 'f', CARD_NFC_F);
    air_add(&air, 'g', CARD_NFC_F);
    air_add(&air, 'h', CARD_INNOVATRON)->is_unasked = true;
    air_add(&air, 'i', CARD_ST_SR);
    air_add(&air, 'j', CARD_NFC_T1T);
    air_add_phone(&air, 'p');
    air_add_phone(&air, 'q');
    air.tags[4].changes = true;
}

static size_t count_there(void)
{
    size_t count = 0;

    for (size_t i = 0; i < air.tags_count; i++)
        count += air.tags[i].is_there;
    return count;
}

static void move_one(void)
{
    struct air_tag *tag = &air.tags[air_random(&air, (unsigned) air.tags_count)];

    if (tag->is_there)
        air_take(&air, tag);
    else if (count_there() < 6)
        air_put(&air, tag);
}

/* No tag that stayed was told as gone: `visits` before, and again after, the time in which it stayed. */
static void check_quiet_time(void)
{
    unsigned visits[AIR_TAGS_MAX] = { 0 };
    bool is_told[AIR_TAGS_MAX] = { 0 };

    for (size_t i = 0; i < air.tags_count; i++) {
        visits[i] = air.tags[i].visits;
        is_told[i] = air.tags[i].is_told;
    }
    air_go(&air, 30000);
    size_t told = 0;
    const struct air_tag *only = NULL;
    for (size_t i = 0; i < air.tags_count; i++) {
        if (air.tags[i].is_told) {
            told++;
            only = &air.tags[i];
            ck_assert_msg(only->is_there, "%c is gone and known", only->name);
        }
        if (air.tags[i].is_there && is_told[i])
            ck_assert_msg(air.tags[i].visits == visits[i] && air.tags[i].is_told, "%c stayed and was told as gone",
                          air.tags[i].name);
    }
    ck_assert_uint_eq(nfc_field_count(air.field), told);
    /* While the only known one has an id that changes, no others are looked for. */
    if (told != 1 || !only->changes)
        ck_assert_uint_eq(told, count_there());
}

START_TEST(random_tags_are_told_as_they_are)
{
    for (unsigned seed = 1; seed <= 60; seed++) {
        begin_anew(AIR_ALL, seed % 2 == 0 ? AIR_ALL : 0);
        air.random = seed;
        air.glitch_next_ms = seed % 3 == 0 ? 0 : 1;
        add_all_kinds();
        for (unsigned step = 0; step < 300; step++) {
            move_one();
            for (unsigned turns = air_random(&air, 12); turns > 0; turns--)
                ck_assert_int_eq(air_turn(&air), NFC_FINE);
            if (step % 30 == 29) {
                air_go(&air, 3000); /* what is gone is told first; after it nothing may be */
                check_quiet_time();
            }
        }
        nfc_field_clear(air.field);
        for (size_t i = 0; i < air.tags_count; i++)
            ck_assert(!air.tags[i].is_told);
    }
}
END_TEST

static void add_tests_of_one(TCase *tests)
{
    tcase_add_test(tests, an_empty_field_is_looked_at_without_hammering);
    tcase_add_test(tests, only_the_technologies_that_are_asked_for_are_looked_for);
    tcase_add_test(tests, the_chip_polls_by_itself_if_it_can_find_all_that_is_asked_for);
    tcase_add_test(tests, polling_that_comes_back_at_once_is_paced);
    tcase_add_test(tests, polling_that_the_chip_cannot_do_gives_way_to_selects);
    tcase_add_test(tests, a_tag_that_was_lost_in_its_selection_is_found_after_a_reset);
    tcase_add_test(tests, a_card_is_told_in_the_turn_that_finds_it);
    tcase_add_test(tests, a_card_that_lies_there_is_not_hammered);
    tcase_add_test(tests, a_card_that_is_taken_away_has_left_within_three_tenths_of_a_second);
    tcase_add_test(tests, the_turn_after_a_removal_is_due_at_once);
    tcase_add_test(tests, a_card_that_the_owner_left_silent_is_still_there);
    tcase_add_test(tests, a_tag_without_a_session_that_lost_its_selection_needs_no_reset);
    tcase_add_test(tests, a_tag_whose_presence_libnfc_cannot_ask_is_selected_again);
    tcase_add_test(tests, every_technology_arrives_stays_and_leaves);
    tcase_add_test(tests, a_card_swapped_between_two_turns_leaves_before_the_other_arrives);
    tcase_add_test(tests, tags_that_cannot_sleep_are_swapped_as_well);
    tcase_add_test(tests, a_card_whose_place_another_takes_in_a_select_has_not_left);
    tcase_add_test(tests, a_card_that_leaves_while_the_owner_talks_to_it_has_left);
}

static void add_tests_of_several(TCase *tests)
{
    tcase_add_test(tests, two_tags_put_down_together_are_both_told_within_half_a_second);
    tcase_add_test(tests, two_cards_of_one_technology_are_both_told);
    tcase_add_test(tests, an_inventory_takes_one_select_a_tag_and_one_a_technology);
    tcase_add_test(tests, several_tags_are_asked_for_five_times_a_second_at_most);
    tcase_add_test(tests, after_an_inventory_that_missed_a_tag_the_next_one_is_soon);
    tcase_add_test(tests, a_tag_that_one_inventory_misses_has_not_left);
    tcase_add_test(tests, the_last_of_several_is_held_again);
    tcase_add_test(tests, several_that_leave_together_leave_an_empty_field);
    tcase_add_test(tests, two_tags_that_cannot_sleep_are_both_told_and_stay);
    tcase_add_test(tests, more_tags_than_there_is_room_for_are_left_out_until_there_is);
    tcase_add_test(tests, a_phone_is_told_once_and_the_field_is_never_reset_while_it_lies_there);
    tcase_add_test(tests, a_phone_that_lost_its_power_for_a_moment_is_the_same_visit);
    tcase_add_test(tests, a_phone_that_a_turn_missed_is_a_new_visit);
    tcase_add_test(tests, a_phone_swapped_for_one_of_another_kind_has_left);
    tcase_add_test(tests, a_phone_between_other_tags_stays_one_visit_under_its_first_id);
    tcase_add_test(tests, two_phones_of_one_kind_are_two);
    tcase_add_test(tests, a_pupi_that_changes_is_one_visit_and_ends_the_looks);
    tcase_add_test(tests, a_pupi_that_changes_is_one_visit_between_other_tags);
    tcase_add_test(tests, pupis_that_stay_are_told_apart_though_their_kind_is_one);
    tcase_add_test(tests, a_sleeping_pupi_is_not_taken_for_the_one_that_a_look_finds);
    tcase_add_test(tests, a_pupi_taken_for_another_is_set_right_when_that_one_answers);
}

static void add_tests_of_trouble(TCase *tests)
{
    tcase_add_test(tests, a_technology_that_cannot_be_selected_is_asked_for_once);
    tcase_add_test(tests, no_technology_that_is_left_is_trouble);
    tcase_add_test(tests, a_device_that_is_lost_ends_the_turn_at_any_request);
    tcase_add_test(tests, no_removal_is_told_in_the_turn_that_loses_the_device);
    tcase_add_test(tests, an_inventory_that_loses_the_device_tells_of_no_removal);
    tcase_add_test(tests, an_owner_that_is_to_stop_ends_the_turn);
    tcase_add_test(tests, an_owner_that_is_to_stop_in_an_inventory_ends_the_turn);
    tcase_add_test(tests, a_device_that_finds_ever_new_tags_cannot_hold_a_turn);
    tcase_add_test(tests, random_tags_are_told_as_they_are);
}

int main(void)
{
    Suite *suite = suite_create("nfc_field");
    TCase *tests = tcase_create("field");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60); /* seconds, for valgrind and sanitizers; all of it takes about one without */
    add_tests_of_one(tests);
    add_tests_of_several(tests);
    add_tests_of_trouble(tests);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
