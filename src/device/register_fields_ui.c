/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NO_SUCH_LIGHTS "the lights and buzzers are those of feedback.devices, which are on or off"

static const struct field_option color_options[] = {
    { 0, "white", "White", NULL },
    { 1, "red", "Red", NULL },
    { 2, "dark-red", "Dark red", NULL },
    { 3, "yellow", "Yellow", NULL },
    { 4, "dark-yellow", "Dark yellow", NULL },
    { 5, "green", "Green", NULL },
    { 6, "dark-green", "Dark green", NULL },
    { 7, "cyan", "Cyan", NULL },
    { 8, "dark-cyan", "Dark cyan", NULL },
    { 9, "blue", "Blue", NULL },
    { 10, "dark-blue", "Dark blue", NULL },
    { 11, "magenta", "Magenta", NULL },
    { 12, "dark-magenta", "Dark magenta", NULL },
    { 13, "pink", "Pink", NULL },
    { 14, "purple", "Purple", NULL },
    { 15, "orange", "Orange", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option light_options[] = {
    { 0, "off", "Off", NULL },
    { 1, "on", "On", NULL },
    { 2, "breathing", "Breathing", NULL },
    { 3, "pulses", "Pulses", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02D0[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFE } },
    { .path = "ui.host_controlled", .title = "LEDs and buzzer belong to the host", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .effect = "true = nothing is played but what the host asks for by commands" },
};

const struct field_def fields_02D1[1] = {
    { .path = "ui.led_options", .title = "Options of a ramp of 4 LEDs", .kind = FIELD_NUMBER, .mask = { 0xFF },
      .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
};

const struct field_def fields_02D2[6] = {
    { .path = "ui.color_active", .title = "Colour while the box waits for a card", .kind = FIELD_CHOICE,
      .mask = { 0xF0 }, .options = color_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x0C } },
    { .path = "ui.light_active", .title = "Light while the box waits for a card", .kind = FIELD_CHOICE,
      .mask = { 0x03 }, .options = light_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
    { .path = "ui.color_inactive", .title = "Colour while the box is inactive", .kind = FIELD_CHOICE,
      .mask = { [1] = 0xF0 }, .options = color_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { [1] = 0x0C } },
    { .path = "ui.light_inactive", .title = "Light while the box is inactive", .kind = FIELD_CHOICE,
      .mask = { [1] = 0x03 }, .options = light_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
};

const struct field_def fields_02D3[3] = {
    { .path = "ui.level_active", .title = "Level of the light in use", .kind = FIELD_NUMBER, .mask = { 0xFF },
      .max = 100, .unit = "%", .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
    { .path = "ui.level_dimmed", .title = "Level of the light when idle", .kind = FIELD_NUMBER, .mask = { [1] = 0xFF },
      .max = 100, .unit = "%", .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
    { .path = "ui.dim_after", .title = "Time until it is dimmed; 0 = never", .kind = FIELD_NUMBER,
      .mask = { [2] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
};

const struct field_def fields_02D7[1] = {
    { .path = "ui.auxiliary_led_options", .title = "Options of auxiliary LEDs", .kind = FIELD_NUMBER, .mask = { 0xFF },
      .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
};

const struct field_def fields_02D8[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xF8 } },
    { .path = "ui.sound_volume", .title = "Volume of the buzzer; 0 = no sound", .kind = FIELD_NUMBER, .mask = { 0x07 },
      .max = 7, .effect = "0 = no buzzer sounds, whoever asks for it; the volumes from 1 to 7 are the same here" },
};

const struct field_def fields_02D9[1] = {
    { .path = "ui.product_specific", .title = "Options of single products", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_SUCH_LIGHTS },
};

const struct field_def fields_02DA[1] = {
    { .path = "ui.theme", .title = "Theme", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_SUCH_LIGHTS },
};
