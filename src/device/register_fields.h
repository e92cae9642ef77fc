/* SPDX-License-Identifier: MIT */
/*
 * The bit fields of the registers, split over files of a readable size. Private to the table: only register_table.c
 * and the register_fields_*.c include this. Constant data.
 */
#ifndef SPRINGPARK_DEVICE_REGISTER_FIELDS_H
#define SPRINGPARK_DEVICE_REGISTER_FIELDS_H

#include "device/registers.h"

/* register_fields_main.c: identity, profile, Smart Reader */
extern const struct field_def fields_0201[1];
extern const struct field_def fields_0202[1];
extern const struct field_def fields_02A0[13];
extern const struct field_def fields_02A1[2];
extern const struct field_def fields_02C0[4];

/* register_fields_mqtt.c */
extern const struct field_def fields_0285[7];
extern const struct field_def fields_0286[1];
extern const struct field_def fields_0288[18];
extern const struct field_def fields_0289[11];
extern const struct field_def fields_028B[1];
extern const struct field_def fields_028C[1];
extern const struct field_def fields_028D[1];
extern const struct field_def fields_028E[1];
extern const struct field_def fields_028F[1];

/* register_fields_template.c: of the template type ID Only */
extern const struct field_def fields_03t0[1];
extern const struct field_def fields_03t1[5];
extern const struct field_def fields_03t2[1];
extern const struct field_def fields_03t3[2];
extern const struct field_def fields_03t4[3];

#endif
