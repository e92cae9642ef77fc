/* SPDX-License-Identifier: MIT */
/*
 * Own copies of struct cloud_settings. Any thread; no state.
 */
#ifndef SPRINGPARK_CLOUD_SETTINGS_H
#define SPRINGPARK_CLOUD_SETTINGS_H

#include "cloud/cloud.h"

/* A deep copy; NULL texts become "", except the will, which stays NULL. */
struct cloud_settings *cloud_settings_copy(const struct cloud_settings *settings);

/* Frees a copy; the password is wiped first. NULL is fine. */
void cloud_settings_free(struct cloud_settings *settings);

#endif
