/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NO_USB "this gateway is no USB device"
#define NO_ADDITION "this gateway is no keyboard and has no ringer"
#define NO_TRACE "it is for the vendor's debug builds; `springparkd --debug` shows what this gateway does"

static const struct field_option lost_action_options[] = {
    { 0, "reset", "Reset", NULL },
    { 1, "shutdown", "Shut down", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option lost_options[] = {
    { 0, "stop", "Stop", NULL },
    { 1, "external", "Go on with an external supply", NULL },
    { 2, "battery", "Go on with a battery", NULL },
    { 3, "external-or-battery", "Go on with either", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02C1[7] = {
    { .path = "usb.disabled", .title = "USB off", .kind = FIELD_BOOLEAN, .mask = { 0x80 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_USB },
    { .path = "usb.no_serial_number", .title = "The same serial number for every device", .kind = FIELD_BOOLEAN,
      .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_USB },
    { .path = "usb.reset_on_bus_reset", .title = "Reset the box when the bus is reset", .kind = FIELD_BOOLEAN,
      .mask = { 0x20 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_USB },
    { .path = "usb.reset_on_bus_resume", .title = "Reset the box when the bus resumes", .kind = FIELD_BOOLEAN,
      .mask = { 0x10 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_USB },
    { .path = "usb.no_direct", .title = "No second interface for SpringCore Direct", .kind = FIELD_BOOLEAN,
      .mask = { 0x08 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_USB },
    { .path = "usb.power_lost_action", .title = "How the box stops when the power of the bus is lost",
      .kind = FIELD_CHOICE, .mask = { 0x04 }, .options = lost_action_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_USB },
    { .path = "usb.power_lost", .title = "What happens when the power of the bus is lost", .kind = FIELD_CHOICE,
      .mask = { 0x03 }, .options = lost_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_USB },
};

const struct field_def fields_02C4[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFC } },
    { .path = "profile.overrider", .title = "Profile overrider", .kind = FIELD_BOOLEAN, .mask = { 0x02 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_ADDITION },
    { .path = "profile.no_ringer", .title = "HID ringer off", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_ADDITION },
};

const struct field_def fields_02CD[1] = {
    { .path = "trace.level", .title = "Trace level", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_TRACE },
};

const struct field_def fields_02CE[5] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "trace.use_serial", .title = "Traces on the main serial line", .kind = FIELD_BOOLEAN, .mask = { 0x40 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_TRACE },
    { .path = "trace.use_syslog", .title = "Traces to syslog", .kind = FIELD_BOOLEAN, .mask = { 0x20 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_TRACE },
    { .path = "trace.show_uptime", .title = "Uptime in each trace", .kind = FIELD_BOOLEAN, .mask = { 0x10 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_TRACE },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x0F } },
};

const struct field_def fields_02CF[1] = {
    { .path = "trace.deferred_commands", .title = "Deferred commands", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_TRACE },
};
