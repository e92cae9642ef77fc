/* SPDX-License-Identifier: MIT */
#include "feedback/player.h"

#include <string.h>

enum { LED_OFF = 0x00, LED_FLASH = 0x92, RGB_OFF = 0, RGB_BREATHING = 2, RGB_PULSES = 3 };

/* On for the first on_ms of each period_ms; period 0: always on, or always off. */
struct blink {
    unsigned period_ms;
    unsigned on_ms;
};

static const struct blink steady_on = {0, 1}, steady_off = {0, 0};

static struct blink blink_of_led(uint8_t code)
{
    if (code == LED_FLASH)
        return (struct blink) {100, 20};
    return code == LED_OFF ? steady_off : steady_on;
}

static struct blink blink_of_rgb(const struct player *player)
{
    if (!player->has_rgb_mode)
        return steady_on;
    switch (player->rgb_mode) {
    case RGB_OFF:
        return steady_off;
    case RGB_BREATHING:
        return (struct blink) {2000, 1000};
    case RGB_PULSES:
        return (struct blink) {1000, 100};
    default:
        return steady_on;
    }
}

static bool is_on(struct blink blink, uint64_t since_ms, uint64_t now_ms)
{
    return blink.period_ms == 0 ? blink.on_ms > 0 : (now_ms - since_ms) % blink.period_ms < blink.on_ms;
}

static uint64_t next_change(struct blink blink, uint64_t since_ms, uint64_t now_ms)
{
    if (blink.period_ms == 0)
        return PLAYER_NEVER;
    const uint64_t into_ms = (now_ms - since_ms) % blink.period_ms;

    return now_ms - into_ms + (into_ms < blink.on_ms ? blink.on_ms : blink.period_ms);
}

static uint64_t earlier(uint64_t one_ms, uint64_t other_ms)
{
    return one_ms < other_ms ? one_ms : other_ms;
}

/* Where a sequence is: the step, when that ends, and whether it is over. */
struct place {
    const struct sequence_step *step;
    uint64_t end_ms;
    bool over;
};

static struct place find_place(const struct player *player, uint64_t now_ms)
{
    const struct sequence *sequence = player->sequence;
    uint64_t whole_ms = 0;

    if (sequence == NULL || sequence->steps == NULL)
        return (struct place) {.over = true};
    for (const struct sequence_step *step = sequence->steps; step->ms > 0; step++)
        whole_ms += step->ms;
    const uint64_t gone_ms = now_ms - player->sequence_since_ms;
    if (sequence->times > 0 && gone_ms >= whole_ms * sequence->times)
        return (struct place) {.over = true};
    uint64_t end_ms = now_ms - gone_ms % whole_ms;
    const struct sequence_step *step = sequence->steps;
    while ((end_ms += step->ms) <= now_ms)
        step++;
    return (struct place) {.step = step, .end_ms = end_ms};
}

static void act_on_relays(struct player *player, const struct feedback_action *action, uint64_t now_ms)
{
    for (unsigned i = 0; i < action->relays_count; i++) {
        const enum feedback_relay_action what = action->relays[i].action;

        player->relays[i] = what != FEEDBACK_RELAY_OPEN;
        player->relays_until_ms[i] = what == FEEDBACK_RELAY_PULSE ? now_ms + action->relays[i].pulse_ms : 0;
    }
}

static void begin_sequence(struct player *player, uint8_t number, uint64_t now_ms)
{
    player->sequence = sequence_find(number);
    player->sequence_since_ms = now_ms;
    player->buzzer_until_ms = 0;
    if (number != SEQUENCE_BLACKOUT)
        return;
    memset(player->colour, 0, sizeof player->colour);
    memset(player->leds, 0, sizeof player->leds);
}

void player_act(struct player *player, const struct feedback_action *action, uint64_t now_ms)
{
    act_on_relays(player, action, now_ms);
    if (action->has_sequence)
        begin_sequence(player, action->sequence, now_ms);
    else if (action->has_leds || action->has_rgb_color || action->has_rgb_mode || action->has_buzzer)
        player->sequence = NULL;
    if (action->has_leds) {
        memcpy(player->leds, action->leds, sizeof player->leds);
        player->leds_since_ms = now_ms;
    }
    if (action->has_rgb_color)
        memcpy(player->colour, action->rgb_color, sizeof player->colour);
    if (action->has_rgb_mode) {
        player->has_rgb_mode = true;
        player->rgb_mode = action->rgb_mode;
    }
    if (action->has_rgb_color || action->has_rgb_mode)
        player->rgb_since_ms = now_ms;
    if (action->has_buzzer) {
        player->buzzer_ms = action->buzzer_ms;
        player->buzzer_until_ms = action->buzzer_ms > 0 ? now_ms + action->buzzer_ms : 0;
    }
}

static void beep(struct feedback_lights *lights, unsigned ms, uint64_t until_ms)
{
    lights->buzzer = true;
    lights->buzzer_ms = ms;
    lights->buzzer_until_ms = until_ms;
}

static void light_step(const struct player *player, const struct place *place, struct feedback_lights *lights)
{
    const unsigned parts = place->step->parts;

    for (size_t i = 0; i < sizeof lights->colour; i++)
        lights->colour[i] = (parts & (unsigned) SEQUENCE_RED << i) != 0 ? 255 : 0;
    memset(lights->leds, (parts & (SEQUENCE_RED | SEQUENCE_GREEN | SEQUENCE_BLUE)) != 0 ? 255 : 0, sizeof lights->leds);
    if (player->sound && (parts & SEQUENCE_BEEP) != 0)
        beep(lights, place->step->ms, place->end_ms);
}

static void light_what_stays(const struct player *player, uint64_t now_ms, struct feedback_lights *lights)
{
    if (is_on(blink_of_rgb(player), player->rgb_since_ms, now_ms))
        memcpy(lights->colour, player->colour, sizeof lights->colour);
    for (size_t i = 0; i < FEEDBACK_LEDS_COUNT; i++)
        lights->leds[i] = is_on(blink_of_led(player->leds[i]), player->leds_since_ms, now_ms) ? 255 : 0;
    if (player->sound && now_ms < player->buzzer_until_ms)
        beep(lights, player->buzzer_ms, player->buzzer_until_ms);
}

void player_lights(const struct player *player, uint64_t now_ms, struct feedback_lights *lights)
{
    const struct place place = find_place(player, now_ms);

    memset(lights, 0, sizeof *lights);
    for (size_t i = 0; i < FEEDBACK_RELAYS_MAX; i++)
        lights->relays[i] = player->relays[i] && (player->relays_until_ms[i] == 0 || now_ms < player->relays_until_ms[i]);
    if (place.over)
        light_what_stays(player, now_ms, lights);
    else
        light_step(player, &place, lights);
}

static uint64_t next_of_what_stays(const struct player *player, uint64_t now_ms)
{
    static const uint8_t dark[3];
    uint64_t next_ms = PLAYER_NEVER;

    if (memcmp(player->colour, dark, sizeof dark) != 0)
        next_ms = next_change(blink_of_rgb(player), player->rgb_since_ms, now_ms);
    for (size_t i = 0; i < FEEDBACK_LEDS_COUNT; i++)
        next_ms = earlier(next_ms, next_change(blink_of_led(player->leds[i]), player->leds_since_ms, now_ms));
    if (now_ms < player->buzzer_until_ms)
        next_ms = earlier(next_ms, player->buzzer_until_ms);
    return next_ms;
}

uint64_t player_next_ms(const struct player *player, uint64_t now_ms)
{
    const struct place place = find_place(player, now_ms);
    uint64_t next_ms = PLAYER_NEVER;

    if (place.over)
        next_ms = next_of_what_stays(player, now_ms);
    else if (player->sequence->times > 0 || player->sequence->steps[1].ms > 0)
        next_ms = place.end_ms;
    for (size_t i = 0; i < FEEDBACK_RELAYS_MAX; i++) {
        if (now_ms < player->relays_until_ms[i])
            next_ms = earlier(next_ms, player->relays_until_ms[i]);
    }
    return next_ms;
}
