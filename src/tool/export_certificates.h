/* SPDX-License-Identifier: MIT */
/*
 * The certificates of the configuration's slots for a JSON file of a SpringPark: its member `certificates`, which has one
 * for each slot, in DER. The vendor's pages leave open whether a slot takes several; those go in PEM, as far as they
 * have room. Private keys are not in such a file, not even those that stand beside a certificate. Blocks on the disk.
 */
#ifndef SPRINGPARK_TOOL_EXPORT_CERTIFICATES_H
#define SPRINGPARK_TOOL_EXPORT_CERTIFICATES_H

#include "base/errors.h"
#include "device/settings.h"

#include <jansson.h>
#include <stdbool.h>

/* Adds the member to root. notes says what is left out, and why, and what a SpringPark would not take over.
 * flat: that form has no place for certificates; only notes are made. */
void export_certificates_add(json_t *root, const struct settings *settings, bool flat, struct errors *notes);

#endif
