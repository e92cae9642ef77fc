/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NO_KEYBOARD "this gateway is no keyboard"

static const struct field_option layout_options[] = {
    { 0, "us", "US, QWERTY", NULL },
    { 1, "french", "French, AZERTY, with keypad", NULL },
    { 2, "german", "German, QWERTZ", NULL },
    { 3, "french-laptop", "French, AZERTY, without keypad", NULL },
    { 4, "english-extended", "English, QWERTY, extended", NULL },
    { 5, "french-extended", "French, AZERTY, extended", NULL },
    { 6, "german-extended", "German, QWERTZ, extended", NULL },
    { 7, "spanish-extended", "Spanish, QWERTY, extended", NULL },
    { 8, "italian-extended", "Italian, QWERTY, extended", NULL },
    { 9, "japanese-extended", "Japanese, QWERTY, extended", NULL },
    { 10, "swedish-extended", "Swedish, QWERTY, extended", NULL },
    { 11, "polish-extended", "Polish, QWERTY, extended", NULL },
    { 12, "us-extended", "US, QWERTY, extended", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02A6[1] = {
    { .path = "keyboard_mode.layout", .title = "Layout of the keyboard", .kind = FIELD_CHOICE, .mask = { 0xFF },
      .options = layout_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_KEYBOARD },
};

static const struct field_option pause_options[] = {
    { 0, "none", "None", NULL },
    { 1, "2x", "Twice the time of a character", NULL },
    { 2, "3x", "Three times it", NULL },
    { 3, "4x", "Four times it", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02A7[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xC0 } },
    { .path = "keyboard_mode.repeat_pause", .title = "Pause between two characters that are the same",
      .kind = FIELD_CHOICE, .mask = { 0x30 }, .options = pause_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_KEYBOARD },
    { .path = "keyboard_mode.character_pause", .title = "Pause between two characters", .kind = FIELD_NUMBER,
      .mask = { 0x0F }, .max = 15, .unit = "5 ms", .support = FIELD_NOT_APPLICABLE, .effect = NO_KEYBOARD },
};

const struct field_def fields_02A8[1] = {
    { .path = "keyboard_mode.prefix", .title = "Text before the data", .kind = FIELD_TEXT, .control_characters = true,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_KEYBOARD },
};

const struct field_def fields_02A9[1] = {
    { .path = "keyboard_mode.suffix", .title = "Text after the data", .kind = FIELD_TEXT, .control_characters = true,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_KEYBOARD },
};
