/* SPDX-License-Identifier: MIT */
/*
 * From actions to lights: what of a device is lit, sounds and is closed at a given moment. Pure: whoever uses it says
 * what time it is. One thread.
 *
 * What a host sets (Leds, RgbColor and RgbMode, Relays) stays until it sets something else. A sequence covers LEDs, RGB
 * LED and buzzer while it runs; the next action that is about one of those ends it, and what the host had set is seen
 * again after it. Relays are nobody else's business. Blackout (0F) forgets what was lit.
 *
 * Assumptions, where the vendor's pages say nothing. LED codes: 00 is off; 92, the one that is documented, is 20 % of
 * 100 ms; any other is on. RgbMode, by the states of register 02D2: 0 off, 1 on, 2 breathing (here: on for 1 s of 2 s),
 * 3 pulses (0.1 s of each second), any other on. A sequence without a known number lights nothing.
 */
#ifndef SPRINGPARK_FEEDBACK_PLAYER_H
#define SPRINGPARK_FEEDBACK_PLAYER_H

#include "feedback/feedback.h"
#include "feedback/sequence.h"

#define PLAYER_NEVER UINT64_MAX

/* Compared with memcmp: zeroed before it is filled. */
struct feedback_lights {
    uint8_t colour[3];                 /* red, green, blue: 0 dark to 255 */
    uint8_t leds[FEEDBACK_LEDS_COUNT]; /* 0 or 255 */
    bool relays[FEEDBACK_RELAYS_MAX];  /* closed */
    bool buzzer;
    unsigned buzzer_ms;                /* how long this beep is, from its beginning */
    uint64_t buzzer_until_ms;          /* monotonic; tells one beep from another; 0 = silent */
};

/* Zeroed: all dark, silent and open, without sound. */
struct player {
    bool sound;
    uint8_t colour[3];
    bool has_rgb_mode;
    uint8_t rgb_mode;
    uint64_t rgb_since_ms;
    uint8_t leds[FEEDBACK_LEDS_COUNT];
    uint64_t leds_since_ms;
    const struct sequence *sequence;   /* NULL: none runs */
    uint64_t sequence_since_ms;
    unsigned buzzer_ms;
    uint64_t buzzer_until_ms;
    bool relays[FEEDBACK_RELAYS_MAX];
    uint64_t relays_until_ms[FEEDBACK_RELAYS_MAX];  /* 0: it stays as it is */
};

void player_act(struct player *player, const struct feedback_action *action, uint64_t now_ms);

void player_lights(const struct player *player, uint64_t now_ms, struct feedback_lights *lights);

/* When the lights may differ next, later than now_ms; or PLAYER_NEVER. */
uint64_t player_next_ms(const struct player *player, uint64_t now_ms);

#endif
