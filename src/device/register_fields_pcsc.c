/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NO_PCSC_MODE "it is for a device in PC/SC mode, and this gateway is a Smart Reader"

static const struct field_option protocol_options[] = {
    { 0x8000, "reserved-15", "Reserved", BY_THE_DEVICE },
    { 0x4000, "reserved-14", "Reserved", BY_THE_DEVICE },
    { 0x2000, "picotag-v", "PicoTag over protocol V", NULL },
    { 0x1000, "nfc-f", "NFC-F (JIS X 6319-4, ISO/IEC 18092 at 212 and 424 kbit/s)", NULL },
    { 0x0800, "kovio", "ThinFilm / Kovio RF barcodes", NULL },
    { 0x0400, "nfc-t1t", "Topaz / Jewel (NFC T1T)", NULL },
    { 0x0200, "nfc-epc", "EPC HF (ISO/IEC 18000-3 mode 3)", NULL },
    { 0x0100, "em4134", "EM4134", NULL },
    { 0x0080, "innovatron", "Innovatron radio protocol", NULL },
    { 0x0040, "ask-cts", "ASK CTS tickets", NULL },
    { 0x0020, "st-sr", "ST SR tickets", NULL },
    { 0x0010, "picotag-b", "PicoTag over protocol B", NULL },
    { 0x0008, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0x0004, "nfc-v", "NFC-V (ISO/IEC 15693)", NULL },
    { 0x0002, "nfc-b", "NFC-B (ISO/IEC 14443 B)", NULL },
    { 0x0001, "nfc-a", "NFC-A (ISO/IEC 14443 A, ISO/IEC 18092 at 106 kbit/s)", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0231[1] = {
    { .path = "pcsc_mode.protocols", .title = "Protocols that are looked for", .kind = FIELD_FLAGS,
      .mask = { 0xFF, 0xFF }, .options = protocol_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

static const struct field_option bitrates_options[] = {
    { 0x80, "reserved-7", "Reserved", BY_THE_DEVICE },
    { 0x40, "card-to-reader-848", "848 kbit/s from the card to the reader", NULL },
    { 0x20, "card-to-reader-424", "424 kbit/s from the card to the reader", NULL },
    { 0x10, "card-to-reader-212", "212 kbit/s from the card to the reader", NULL },
    { 0x08, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0x04, "reader-to-card-848", "848 kbit/s from the reader to the card", NULL },
    { 0x02, "reader-to-card-424", "424 kbit/s from the reader to the card", NULL },
    { 0x01, "reader-to-card-212", "212 kbit/s from the reader to the card", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0232[2] = {
    { .path = "pcsc_mode.bitrates_a", .title = "Higher bit rates with NFC-A", .kind = FIELD_FLAGS, .mask = { 0xFF },
      .options = bitrates_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.bitrates_b", .title = "Higher bit rates with NFC-B", .kind = FIELD_FLAGS,
      .mask = { [1] = 0xFF }, .options = bitrates_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

const struct field_def fields_0233[7] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xC0 } },
    { .path = "pcsc_mode.use_req", .title = "Call cards by REQA and REQB instead of WUPA and WUPB",
      .kind = FIELD_BOOLEAN, .mask = { 0x20 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.force_mifare_classic", .title = "Take every NFC-A card for a Mifare Classic",
      .kind = FIELD_BOOLEAN, .mask = { 0x10 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.no_nfc_dep_f", .title = "Leave NFC-F targets at the FeliCa level, without NFC-DEP",
      .kind = FIELD_BOOLEAN, .mask = { 0x08 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.no_nfc_dep_a", .title = "Leave NFC-A targets at level 3, without NFC-DEP",
      .kind = FIELD_BOOLEAN, .mask = { 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.no_iso_dep_b", .title = "Leave NFC-B cards at level 3, without ISO-DEP", .kind = FIELD_BOOLEAN,
      .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.no_iso_dep_a", .title = "Leave NFC-A cards at level 3, without ISO-DEP", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

const struct field_def fields_0234[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFC } },
    { .path = "pcsc_mode.innovatron_t0_atr", .title = "Show the ATR for T=0 that an Innovatron card sends",
      .kind = FIELD_BOOLEAN, .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.standard_nn_only", .title = "Name memory cards in the ATR only as PC/SC does",
      .kind = FIELD_BOOLEAN, .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

const struct field_def fields_02B0[8] = {
    { .path = "pcsc_mode.slots.sam_av", .title = "The SAM AV has a slot of its own", .kind = FIELD_BOOLEAN,
      .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x40 } },
    { .path = "pcsc_mode.slots.no_other_sams", .title = "No slots for the SAMs B, C and D", .kind = FIELD_BOOLEAN,
      .mask = { 0x20 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.slots.no_sam_a", .title = "No slot for the first SAM", .kind = FIELD_BOOLEAN, .mask = { 0x10 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.slots.no_contact_b", .title = "No slot for the second contact card", .kind = FIELD_BOOLEAN,
      .mask = { 0x08 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.slots.no_contact_a", .title = "No slot for the first contact card", .kind = FIELD_BOOLEAN,
      .mask = { 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x02 } },
    { .path = "pcsc_mode.slots.no_contactless", .title = "No slot for contactless cards", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

static const struct field_option order_options[] = {
    { 0, "contactless-contact-sam", "Contactless, contact, SAMs", NULL },
    { 1, "contactless-sam-contact", "Contactless, SAMs, contact", NULL },
    { 2, "contact-contactless-sam", "Contact, contactless, SAMs", NULL },
    { 3, "contact-sam-contactless", "Contact, SAMs, contactless", NULL },
    { 4, "sam-contact-contactless", "SAMs, contact, contactless", NULL },
    { 5, "sam-contactless-contact", "SAMs, contactless, contact", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option device_id_options[] = {
    { 0, "none", "Nothing", NULL },
    { 1, "serial-number", "The serial number", NULL },
    { 2, "serial-number-end", "The last two bytes of the serial number", NULL },
    { 3, "ipv4-address", "The IPv4 address", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02B1[5] = {
    { .path = "pcsc_mode.slots.order", .title = "Order of the slots", .kind = FIELD_CHOICE, .mask = { 0xE0 },
      .options = order_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.slots.device_id", .title = "What the names of the slots say of the box", .kind = FIELD_CHOICE,
      .mask = { 0x18 }, .options = device_id_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.slots.force_sam_letter", .title = "A letter in the name even of a single SAM slot",
      .kind = FIELD_BOOLEAN, .mask = { 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.slots.force_contact_letter", .title = "A letter in the name even of a single contact slot",
      .kind = FIELD_BOOLEAN, .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x01 } },
};

const struct field_def fields_02B2[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFE } },
    { .path = "pcsc_mode.multi_activation", .title = "Several contactless cards at once", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

static const struct field_option time_extension_options[] = {
    { 0, "on-request", "When the card asks for more time", NULL },
    { 1, "every-1-s", "Each second", NULL },
    { 2, "every-2-s", "Each 2 s", NULL },
    { 3, "never", "Never", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02BC[7] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x80 } },
    { .path = "pcsc_mode.no_auto_start_contact", .title = "Contact slots start only by a command",
      .kind = FIELD_BOOLEAN, .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x20 } },
    { .path = "pcsc_mode.no_auto_start_contactless", .title = "Contactless slots start only by a command",
      .kind = FIELD_BOOLEAN, .mask = { 0x10 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.time_extension", .title = "When a CCID time extension is sent", .kind = FIELD_CHOICE,
      .mask = { 0x0C }, .options = time_extension_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.no_interrupt_endpoint", .title = "CCID without the interrupt endpoint", .kind = FIELD_BOOLEAN,
      .mask = { 0x02 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.hide_ccid_class", .title = "USB class FF (the vendor's) instead of 0B (smart card)",
      .kind = FIELD_BOOLEAN, .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};

const struct field_def fields_02BE[8] = {
    { .path = "pcsc_mode.timers.after_start", .title = "Wait after SET_CONFIGURATION", .kind = FIELD_NUMBER,
      .mask = { 0xFF }, .max = 255, .unit = "0.1 s", .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.after_probe_windows",
      .title = "Wait after the first CONTROL request, which Windows sends", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 255, .unit = "0.1 s", .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.after_probe_pcsclite",
      .title = "Wait after the first GET_STATUS request, which PCSC-Lite sends", .kind = FIELD_NUMBER,
      .mask = { [2] = 0xFF }, .max = 255, .unit = "0.1 s", .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.card_movements", .title = "Least time between two movements of a card in one slot",
      .kind = FIELD_NUMBER, .mask = { [3] = 0xFF }, .max = 255, .unit = "ms", .support = FIELD_NOT_APPLICABLE,
      .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.interrupts", .title = "Least time between two interrupts", .kind = FIELD_NUMBER,
      .mask = { [4] = 0xFF }, .max = 255, .unit = "ms", .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.response_after_removal",
      .title = "Wait between the interrupt of a removal and the pending answer", .kind = FIELD_NUMBER,
      .mask = { [5] = 0xFF }, .max = 255, .unit = "ms", .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.host_timeout", .title = "Time that the host has for an interrupt", .kind = FIELD_NUMBER,
      .mask = { [6] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
    { .path = "pcsc_mode.timers.usb_reset", .title = "Time until USB is reset after a failure of the host",
      .kind = FIELD_NUMBER, .mask = { [7] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE,
      .effect = NO_PCSC_MODE },
};

const struct field_def fields_02BF[1] = {
    { .path = "pcsc_mode.interpreter_cla", .title = "CLA of the built-in APDU interpreter; 0 = none",
      .kind = FIELD_NUMBER, .mask = { 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = NO_PCSC_MODE },
};
