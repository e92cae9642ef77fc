/* SPDX-License-Identifier: MIT */
/*
 * The settings of the group `feedback`: names of the sequences, and the list of devices. Constant data, but for the
 * reader of the list, which is a part of config_read.c.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_FEEDBACK_H
#define SPRINGPARK_DEVICE_CONFIG_FEEDBACK_H

#include "device/config_private.h"

/* The sequences by number; 0 is "none". The names are those of feedback/sequence.c, with - for what is no letter. */
extern const struct field_option config_sequence_options[];

/* Settings of one entry of the list `feedback.devices`; offsets in struct settings_feedback_device. */
const struct extension_def *config_feedback_table(size_t *count);

void config_read_feedback_devices(struct config_reader *reader, const struct config_node *list);

/* What plays when the list is left out: the log. */
void config_default_feedback(struct settings *settings);

#endif
