/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define OF_THE_DRIVER "how a reader uses its field is a matter of the reader and its driver"
#define NO_LISTENER "this gateway is no tag"
#define NO_BLUETOOTH "this gateway has no Bluetooth interface"

static const struct field_option tracking_options[] = {
    { 0, "normal", "Field on, the card is looked at from time to time", NULL },
    { 1, "power-saving", "The same with a weaker field", NULL },
    { 2, "low-power", "Field off, a look each 0.5 s", NULL },
    { 3, "very-low-power", "Field off, a look each second", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option polling_options[] = {
    { 0, "normal", "All the time", NULL },
    { 1, "power-saving", "About twice a second", NULL },
    { 2, "low-power", "About once a second", NULL },
    { 3, "lpcd", "Low power card detection", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0230[6] = {
    { .path = "nfc.probe_carrier", .title = "Look for another field before the own one is switched on",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x40 } },
    { .path = "nfc.tracking", .title = "How a card in the field is watched", .kind = FIELD_CHOICE, .mask = { 0x30 },
      .options = tracking_options, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.polling", .title = "How often the field looks for cards", .kind = FIELD_CHOICE, .mask = { 0x0C },
      .options = polling_options, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x02 } },
    { .path = "nfc.poller", .title = "Be a reader and not a listener", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_REFUSED, .effect = "this gateway only reads; a listener would read no tag" },
};

static const struct field_option standard_options[] = {
    { 0, "iso", "ISO", NULL },
    { 1, "rctif4", "RCTIF4", NULL },
    { 2, "emv", "EMV", NULL },
    { 3, "cen-ts-16794", "CEN/TS 16794", NULL },
    { 4, "nfc-forum", "NFC Forum", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0237[3] = {
    { .path = "nfc.no_emd_suppression", .title = "Do not suppress electromagnetic disturbances (EMD)",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x78 } },
    { .path = "nfc.standard", .title = "Standard that the field follows", .kind = FIELD_CHOICE, .mask = { 0x07 },
      .options = standard_options, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_0238[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFF } },
    { .path = "nfc.power.voltage", .title = "Highest voltage of the transmitter above 1.5 V", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 42, .unit = "0.1 V", .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.power.current", .title = "Current that the transmitter aims at", .kind = FIELD_NUMBER,
      .mask = { [2] = 0xFF }, .max = 70, .unit = "5 mA", .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_0239[1] = {
    { .path = "nfc.vasup", .title = "Frame of Apple's Enhanced Contactless Polling (VASUP), without CRC",
      .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_023A[4] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "nfc.nfc_a.bail_out", .title = "Stop polling after an answer on NFC-A", .kind = FIELD_BOOLEAN,
      .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x3E } },
    { .path = "nfc.nfc_a.ecp", .title = "Apple's Enhanced Contactless Polling on NFC-A", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_023B[6] = {
    { .path = "nfc.nfc_b.no_polling_to_reactivate", .title = "No polling of NFC-B to reactivate a card",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_b.bail_out", .title = "Stop polling after an answer on NFC-B", .kind = FIELD_BOOLEAN,
      .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x3C } },
    { .path = "nfc.nfc_b.ecp", .title = "Apple's Enhanced Contactless Polling (version 2) on NFC-B",
      .kind = FIELD_BOOLEAN, .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_b.extended_atqb", .title = "Ask for the extended ATQB", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_b.afi", .title = "Application family (AFI) that NFC-B cards must have; 0 = any",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE,
      .effect = OF_THE_DRIVER },
};

static const struct field_option bitrate_options[] = {
    { 0, "both", "212 and 424 kbit/s", NULL },
    { 1, "212", "212 kbit/s", NULL },
    { 2, "424", "424 kbit/s", NULL },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_023C[8] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "nfc.nfc_f.bail_out", .title = "Stop polling after an answer on NFC-F", .kind = FIELD_BOOLEAN,
      .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x3C } },
    { .path = "nfc.nfc_f.bitrate", .title = "Bit rates of NFC-F", .kind = FIELD_CHOICE, .mask = { 0x03 },
      .options = bitrate_options, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_f.system_code", .title = "System code that NFC-F cards must have; 65535 = any",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xFF, 0xFF }, .max = 65535, .support = FIELD_NOT_APPLICABLE,
      .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_f.request_code", .title = "Request code of the polling", .kind = FIELD_NUMBER,
      .mask = { [3] = 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_f.read_service", .title = "Service code for READ BINARY", .kind = FIELD_NUMBER,
      .mask = { [4] = 0xFF, 0xFF }, .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.nfc_f.write_service", .title = "Service code for UPDATE BINARY", .kind = FIELD_NUMBER,
      .mask = { [6] = 0xFF, 0xFF }, .max = 65535, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_023D[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFF } },
    { .path = "nfc.nfc_v.afi", .title = "Application family (AFI) that NFC-V cards must have; 0 = any",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE,
      .effect = OF_THE_DRIVER },
};

const struct field_def fields_023E[4] = {
    { .path = "nfc.timings.protect_card",
      .title = "Time after which the field is switched off to protect a card from heat; 0 = never",
      .kind = FIELD_NUMBER, .mask = { 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE,
      .effect = OF_THE_DRIVER },
    { .path = "nfc.timings.pause_after_removal", .title = "Pause before the field looks for the next card",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xFF }, .max = 255, .unit = "0.1 s", .support = FIELD_NOT_APPLICABLE,
      .effect = OF_THE_DRIVER },
    { .path = "nfc.timings.lpcd_ping_period", .title = "Time between two pings of low power card detection; 0 = 250 ms",
      .kind = FIELD_NUMBER, .mask = { [2] = 0xFF }, .max = 255, .unit = "0.1 s", .support = FIELD_NOT_APPLICABLE,
      .effect = OF_THE_DRIVER },
    { .path = "nfc.timings.lpcd_wakeup_period",
      .title = "Time between two real looks while it runs; 0 = 2.5 s, 255 = none", .kind = FIELD_NUMBER,
      .mask = { [3] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_023F[5] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFC } },
    { .path = "nfc.analog_test.no_thermal_protection", .title = "Switch the thermal protection off",
      .kind = FIELD_BOOLEAN, .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.analog_test.enabled", .title = "Analogue test", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.analog_test.aux2", .title = "Signal on the test pin AUX2", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
    { .path = "nfc.analog_test.aux1", .title = "Signal on the test pin AUX1", .kind = FIELD_NUMBER,
      .mask = { [2] = 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = OF_THE_DRIVER },
};

const struct field_def fields_0244[1] = {
    { .path = "bluetooth.device_name", .title = "Name of the box on Bluetooth", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_BLUETOOTH },
};

const struct field_def fields_02E0[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFE } },
    { .path = "listener.start_as_tag", .title = "Be a tag from the start on", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_LISTENER },
};

const struct field_def fields_02EB[1] = {
    { .path = "listener.global_bytes", .title = "Global bytes for peer-to-peer communication", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_LISTENER },
};

const struct field_def fields_02EC[1] = {
    { .path = "listener.answer_to_select", .title = "Answer to SELECT of the emulated tag", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_LISTENER },
};

const struct field_def fields_02ED[1] = {
    { .path = "listener.ndef_message", .title = "NDEF message of the emulated tag", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_LISTENER },
};
