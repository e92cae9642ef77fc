/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define ONLY_MQTT "this gateway is an MQTT client and nothing else on the network; write \"mqtt-client\""
#define ONLY_SMART_READER "this gateway is a Smart Reader and nothing else; write \"smart-reader\""

static const struct field_option network_options[] = {
    { 0, "disabled", "No network", "without the network no event would leave the box; leave mqtt.broker out instead" },
    { 1, "http-client", "HTTP client", ONLY_MQTT },
    { 2, "tcp-server", "TCP server", ONLY_MQTT },
    { 3, "tcp-udp-server", "TCP and UDP server", ONLY_MQTT },
    { 4, "udp-server", "UDP server", ONLY_MQTT },
    { 5, "reserved-5", "Reserved", BY_THE_DEVICE },
    { 6, "mqtt-client", "MQTT client", NULL },
    { 7, "reserved-7", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

static const struct field_option primary_options[] = {
    { 0, "direct", "SpringCore Direct", ONLY_SMART_READER },
    { 1, "springprox", "SpringProx Legacy", ONLY_SMART_READER },
    { 2, "pcsc", "PC/SC (CCID)", ONLY_SMART_READER },
    { 3, "keyboard", "Keyboard emulation (HID)", ONLY_SMART_READER },
    { 4, "smart-reader", "Smart Reader", NULL },
    { 6, "mass-storage", "Mass storage", ONLY_SMART_READER },
    { 7, "nxp-cockpit", "NXP NFC Cockpit", ONLY_SMART_READER },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02C0[4] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "profile.network", .title = "Network operation", .kind = FIELD_CHOICE, .mask = { 0x70 },
      .options = network_options, .effect = "what the box is on the network" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x08 } },
    { .path = "profile.primary", .title = "Primary profile", .kind = FIELD_CHOICE, .mask = { 0x07 },
      .options = primary_options, .effect = "what the box does with a tag" },
};

static const struct field_option link_format_options[] = {
    { 0, "tlv", "TLV", NULL },
    { 1, "scrdr", "SCRDR", NULL },
    { 2, "json", "JSON", NULL },
    { 3, "mk1", "MK1", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option network_format_options[] = {
    { 0, "tlv", "TLV", "TLV belongs to USB, Bluetooth and serial lines, not to MQTT; write \"json\" or \"scrdr\"" },
    { 1, "scrdr", "SCRDR", NULL },
    { 2, "json", "JSON", NULL },
    { 3, "mk1", "MK1", "MK1 belongs to serial lines and USB, not to MQTT; write \"json\" or \"scrdr\"" },
    { 7, "iwm2", "Legacy IWM2", "IWM2 belongs to the HTTP client, which this gateway is not; write \"json\" or"
      " \"scrdr\"" },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02A0[13] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xE0 } },
    { .path = "smart_reader.insert_remove", .title = "Insert and remove events", .kind = FIELD_BOOLEAN,
      .mask = { 0x10 }, .effect = "false: one event for each read; true: one when a tag arrives and one when it has left, or"
      " one for both when other tags kept it from being told while it was there" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x0C } },
    { .path = "smart_reader.explicit_activation", .title = "Wait for a start command", .kind = FIELD_BOOLEAN,
      .mask = { 0x02 },
      .effect = "true: tags are reported after a command {\"Active\":true} or $SCCMD;ACT=01, until {\"Active\":false} or"
                " $SCCMD;ACT=00" },
    { .path = "smart_reader.activate_on_startup", .title = "Activate on startup", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 },
      .effect = "true: tags are reported from the start of the program on; false: as soon as a host is connected, see"
                " smart_reader.activation" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0xFC } },
    { .path = "smart_reader.serial_format", .title = "Output format over a serial link", .kind = FIELD_CHOICE,
      .mask = { 0x00, 0x03 }, .options = link_format_options, .support = FIELD_NOT_APPLICABLE,
      .effect = "the gateway has no serial output" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0x00, 0xFC } },
    { .path = "smart_reader.bluetooth_format", .title = "Output format over Bluetooth", .kind = FIELD_CHOICE,
      .mask = { 0x00, 0x00, 0x03 }, .options = link_format_options, .support = FIELD_NOT_APPLICABLE,
      .effect = "the gateway has no Bluetooth output" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0x00, 0x00, 0xF8 } },
    { .path = "smart_reader.network_format", .title = "Output format over the network", .kind = FIELD_CHOICE,
      .mask = { 0x00, 0x00, 0x00, 0x07 }, .options = network_format_options,
      .effect = "the form of the events made from now on; \"scrdr\": a $SCRDR line with checksum, which has no field for"
                " Sequence, time and reader, so an event that is sent again looks like a new one; META and STATUS are JSON"
                " always" },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x00, 0x00, 0x00, 0x00, 0xFC } },
    { .path = "smart_reader.usb_format", .title = "Output format over USB", .kind = FIELD_CHOICE,
      .mask = { 0x00, 0x00, 0x00, 0x00, 0x03 }, .options = link_format_options, .support = FIELD_NOT_APPLICABLE,
      .effect = "the gateway has no USB output" },
};

const struct field_def fields_02A1[2] = {
    { .path = "smart_reader.read_interval", .title = "Least time between two reads", .kind = FIELD_NUMBER,
      .mask = { 0xFF }, .max = 255, .unit = "0.1 s",
      .effect = "a tag that comes sooner after the one before waits for it; 0 = at once" },
    { .path = "smart_reader.repeat_interval", .title = "Time before the same tag is read again",
      .kind = FIELD_NUMBER, .mask = { 0x00, 0xFF }, .max = 255, .unit = "0.1 s",
      .effect = "for a tag that stays on the reader; 255 = it must leave first" },
};
