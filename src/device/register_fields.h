/* SPDX-License-Identifier: MIT */
/*
 * The bit fields of the registers, split over files of a readable size. Private to the table: only register_table.c,
 * register_types.c and the register_fields_*.c include this. Constant data.
 */
#ifndef SPRINGPARK_DEVICE_REGISTER_FIELDS_H
#define SPRINGPARK_DEVICE_REGISTER_FIELDS_H

#include "device/registers.h"

/* Why an option may not be chosen that the device has no meaning for. */
#define BY_THE_DEVICE "the value is reserved by the device"

/* register_fields_main.c: profile, Smart Reader */
extern const struct field_def fields_02A0[13];
extern const struct field_def fields_02A1[2];
extern const struct field_def fields_02C0[4];

/* register_fields_mqtt.c */
extern const struct field_def fields_0286[1];
extern const struct field_def fields_0288[18];
extern const struct field_def fields_0289[11];
extern const struct field_def fields_028B[1];
extern const struct field_def fields_028C[1];
extern const struct field_def fields_028D[1];
extern const struct field_def fields_028E[1];
extern const struct field_def fields_028F[1];

/* Why a type of template, or one of its values, may not be chosen. */
#define NOT_PUBLISHED "there is no published description by which such cards could be read here"
#define CONTRACT_WITH(whom) "it takes a contract with " whom
#define LICENCE_OF(whom) "it takes a licence of " whom
#define NO_PEER \
    "a peer (P2P) needs a reader that speaks SNEP, and PC/SC and libnfc here speak to tags; write \"ndef-tags\""
#define NO_TYPE_1_TAG \
    "a Type 1 Tag (Topaz, Jewel) has commands of its own, which this gateway does not speak; write \"ndef-tags\" for" \
    " the types 2 to 5"

/* register_fields_template.c: common to the template types, and ID Only */
extern const struct field_def fields_03t0[1];
extern const struct field_def fields_03t1[5];
extern const struct field_def fields_03t2[1];
extern const struct field_def fields_03t3[2];
extern const struct field_def fields_03t4[3];
extern const struct field_def fields_03tx[1];   /* what a type has not */
extern const struct field_option template_padding_options[];
extern const struct field_option template_format_options[];
extern const struct field_option template_token_options[];
extern const struct field_option template_token_position_options[];

#define SHIFT_BYTES(...)                                                                                               \
    { .path = "templates.shift_bytes", .title = "Leading bytes to drop", .kind = FIELD_NUMBER,                         \
      .mask = { __VA_ARGS__ }, .max = 255, .effect = "before the format applies" }
#define SHIFT_BITS(...)                                                                                                \
    { .path = "templates.shift_bits", .title = "Leading bits to drop", .kind = FIELD_NUMBER,                           \
      .mask = { __VA_ARGS__ }, .max = 7, .effect = "after shift_bytes" }
#define TOKEN_FIELDS                                                                                                   \
    { .path = "templates.token_position", .title = "Place of the card type", .kind = FIELD_CHOICE, .mask = { 0x0C },   \
      .options = template_token_position_options, .effect = "where the token stands" },                                \
    { .path = "templates.token", .title = "Card type token", .kind = FIELD_CHOICE, .mask = { 0x03 },                   \
      .options = template_token_options, .effect = "whether the kind of card is part of TagData" }

/* register_fields_template_data.c: the types that read data */
extern const struct field_def fields_03t1_raw[6];
extern const struct field_def fields_03t1_string[6];
extern const struct field_def fields_03t3_memory[3];
extern const struct field_def fields_03t3_classic[4];
extern const struct field_def fields_03t5_classic[3];
extern const struct field_def fields_03t5_ndef[1];
extern const struct field_def fields_03t6_ndef[1];
extern const struct field_def fields_03t5_iso[1];
extern const struct field_def fields_03t6_iso[1];
extern const struct field_def fields_03t7_iso[1];

/* register_fields_template_desfire.c */
extern const struct field_def fields_03t1_desfire_id[4];
extern const struct field_def fields_03t3_desfire_data[8];
extern const struct field_def fields_03t3_desfire_id[3];
extern const struct field_def fields_03t4_desfire[6];
extern const struct field_def fields_03t5_desfire_data[7];
extern const struct field_def fields_03t5_desfire_id[7];

/* register_fields_device.c: identity and licence */
extern const struct field_def fields_0200[1];
extern const struct field_def fields_0201[1];
extern const struct field_def fields_0202[1];
extern const struct field_def fields_020x[1];
extern const struct field_def fields_0208[1];
extern const struct field_def fields_0209[1];
extern const struct field_def fields_020A[1];

/* register_fields_nfc.c: the contactless interface as a poller and as a listener */
extern const struct field_def fields_0230[6];
extern const struct field_def fields_0237[3];
extern const struct field_def fields_0238[3];
extern const struct field_def fields_0239[1];
extern const struct field_def fields_023A[4];
extern const struct field_def fields_023B[6];
extern const struct field_def fields_023C[8];
extern const struct field_def fields_023D[2];
extern const struct field_def fields_023E[4];
extern const struct field_def fields_023F[5];
extern const struct field_def fields_0244[1];
extern const struct field_def fields_02E0[2];
extern const struct field_def fields_02EB[1];
extern const struct field_def fields_02EC[1];
extern const struct field_def fields_02ED[1];

/* register_fields_pcsc.c: the device as a PC/SC reader */
extern const struct field_def fields_0231[1];
extern const struct field_def fields_0232[2];
extern const struct field_def fields_0233[7];
extern const struct field_def fields_0234[3];
extern const struct field_def fields_02B0[8];
extern const struct field_def fields_02B1[5];
extern const struct field_def fields_02B2[2];
extern const struct field_def fields_02BC[7];
extern const struct field_def fields_02BE[8];
extern const struct field_def fields_02BF[1];

/* register_fields_smartcard.c: the contact slots */
extern const struct field_def fields_0271[6];
extern const struct field_def fields_0272[6];
extern const struct field_def fields_0273[6];
extern const struct field_def fields_0279[1];
extern const struct field_def fields_027A[3];
extern const struct field_def fields_027B[3];
extern const struct field_def fields_027C[3];
extern const struct field_def fields_027F[4];

/* register_fields_network.c: the network interface and its other uses, the serial line */
extern const struct field_def fields_0280[5];
extern const struct field_def fields_0281[1];
extern const struct field_def fields_0283[4];
extern const struct field_def fields_0284[4];
extern const struct field_def fields_0285[7];
extern const struct field_def fields_0290[1];
extern const struct field_def fields_0291[1];
extern const struct field_def fields_0292[2];
extern const struct field_def fields_0293[1];
extern const struct field_def fields_0294[1];
extern const struct field_def fields_0295[3];
extern const struct field_def fields_029C[3];
extern const struct field_def fields_029F[2];

/* register_fields_keyboard.c: keyboard emulation */
extern const struct field_def fields_02A6[1];
extern const struct field_def fields_02A7[3];
extern const struct field_def fields_02A8[1];
extern const struct field_def fields_02A9[1];

/* register_fields_usb.c: USB, additions to the profile, traces of debug builds */
extern const struct field_def fields_02C1[7];
extern const struct field_def fields_02C4[3];
extern const struct field_def fields_02CD[1];
extern const struct field_def fields_02CE[5];
extern const struct field_def fields_02CF[1];

/* register_fields_ui.c: the user interface */
extern const struct field_def fields_02D0[2];
extern const struct field_def fields_02D1[1];
extern const struct field_def fields_02D2[6];
extern const struct field_def fields_02D3[3];
extern const struct field_def fields_02D7[1];
extern const struct field_def fields_02D8[2];
extern const struct field_def fields_02D9[1];
extern const struct field_def fields_02DA[1];

/* register_fields_security.c: access to configuration and firmware */
extern const struct field_def fields_02F0[23];
extern const struct field_def fields_02F1[4];
extern const struct field_def fields_02F2[1];
extern const struct field_def fields_02F3[1];
extern const struct field_def fields_02F4[1];
extern const struct field_def fields_02F5[1];
extern const struct field_def fields_02FB[2];
extern const struct field_def fields_02FC[1];
extern const struct field_def fields_02FD[1];
extern const struct field_def fields_02FE[1];
extern const struct field_def fields_02FF[1];

#endif
