/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NO_CONTACT_SLOT "this gateway drives no contact slot; those of a reader belong to its driver"

static const struct field_option activation_options[] = {
    { 0, "emv-iso", "EMV, then ISO", NULL },
    { 1, "iso", "ISO only", NULL },
    { 2, "emv", "EMV only", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option power_options[] = {
    { 1, "a", "5 V", NULL },
    { 2, "b", "3.3 V", NULL },
    { 4, "c", "1.8 V", NULL },
    { 3, "a+b", "5 V or 3.3 V", NULL },
    { 6, "b+c", "3.3 V or 1.8 V", NULL },
    { 7, "a+b+c", "5 V, 3.3 V or 1.8 V", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option speed_options[] = {
    { 0x11, "ta1-11", "TA1 = 11", NULL },
    { 0x12, "ta1-12", "TA1 = 12", NULL },
    { 0x13, "ta1-13", "TA1 = 13", NULL },
    { 0x18, "ta1-18", "TA1 = 18", NULL },
    { 0x95, "ta1-95", "TA1 = 95", NULL },
    { 0x96, "ta1-96", "TA1 = 96", NULL },
    { 0x97, "ta1-97", "TA1 = 97", NULL },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_0271[6] = {
    { .path = "smartcard.contact.auto_pps", .title = "Speed by PPS without being asked, main slot (ID-1)",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.contact.hsp", .title = "High speed protocol (Calypso SAM), main slot (ID-1)",
      .kind = FIELD_BOOLEAN, .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.contact.activation", .title = "How a card is activated, main slot (ID-1)",
      .kind = FIELD_CHOICE, .mask = { 0x30 }, .options = activation_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_CONTACT_SLOT },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x08 } },
    { .path = "smartcard.contact.power", .title = "Voltages, main slot (ID-1)", .kind = FIELD_CHOICE, .mask = { 0x07 },
      .options = power_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.contact.speed", .title = "Highest speed, main slot (ID-1)", .kind = FIELD_CHOICE,
      .mask = { [1] = 0xFF }, .options = speed_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_0272[6] = {
    { .path = "smartcard.sam_a.auto_pps", .title = "Speed by PPS without being asked, first SAM slot",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.sam_a.hsp", .title = "High speed protocol (Calypso SAM), first SAM slot",
      .kind = FIELD_BOOLEAN, .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.sam_a.activation", .title = "How a card is activated, first SAM slot", .kind = FIELD_CHOICE,
      .mask = { 0x30 }, .options = activation_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x08 } },
    { .path = "smartcard.sam_a.power", .title = "Voltages, first SAM slot", .kind = FIELD_CHOICE, .mask = { 0x07 },
      .options = power_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.sam_a.speed", .title = "Highest speed, first SAM slot", .kind = FIELD_CHOICE,
      .mask = { [1] = 0xFF }, .options = speed_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_0273[6] = {
    { .path = "smartcard.other_sams.auto_pps", .title = "Speed by PPS without being asked, SAM slots B to D",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.other_sams.hsp", .title = "High speed protocol (Calypso SAM), SAM slots B to D",
      .kind = FIELD_BOOLEAN, .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.other_sams.activation", .title = "How a card is activated, SAM slots B to D",
      .kind = FIELD_CHOICE, .mask = { 0x30 }, .options = activation_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_CONTACT_SLOT },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x08 } },
    { .path = "smartcard.other_sams.power", .title = "Voltages, SAM slots B to D", .kind = FIELD_CHOICE,
      .mask = { 0x07 }, .options = power_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.other_sams.speed", .title = "Highest speed, SAM slots B to D", .kind = FIELD_CHOICE,
      .mask = { [1] = 0xFF }, .options = speed_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_0279[1] = {
    { .path = "smartcard.default_tc2", .title = "TC2 of a card whose ATR has none", .kind = FIELD_NUMBER,
      .mask = { 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_027A[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xF0 } },
    { .path = "smartcard.t0.wwt_multiplier", .title = "Factor for the work waiting time of T=0", .kind = FIELD_NUMBER,
      .mask = { 0x0F }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.t0.timeout", .title = "Limit for an APDU over T=0; 0 = none", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_027B[3] = {
    { .path = "smartcard.t1.cwt_multiplier", .title = "Factor for the character waiting time of T=1",
      .kind = FIELD_NUMBER, .mask = { 0xF0 }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.t1.wtx_multiplier", .title = "Factor for waiting time extensions of T=1", .kind = FIELD_NUMBER,
      .mask = { 0x0F }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.t1.timeout", .title = "Limit for an APDU over T=1; 0 = none", .kind = FIELD_NUMBER,
      .mask = { [1] = 0xFF }, .max = 255, .unit = "s", .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_027C[3] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xFE } },
    { .path = "smartcard.t0.no_get_response", .title = "No GET RESPONSE of its own after 61XX", .kind = FIELD_BOOLEAN,
      .mask = { 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.t0.get_response_cla", .title = "CLA of GET RESPONSE; 255 = as in the APDU before",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_CONTACT_SLOT },
};

const struct field_def fields_027F[4] = {
    { .path = "smartcard.correct_atr", .title = "Correct a wrong length or LRC in an ATR", .kind = FIELD_BOOLEAN,
      .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .path = "smartcard.replace_reserved_ta1", .title = "Replace a reserved TA1 in an ATR", .kind = FIELD_BOOLEAN,
      .mask = { 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x3E } },
    { .path = "smartcard.sesam_vitale", .title = "Mode for SESAM Vitale", .kind = FIELD_BOOLEAN, .mask = { 0x01 },
      .support = FIELD_NOT_APPLICABLE, .effect = NO_CONTACT_SLOT },
};
