/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define KEPT_ONLY "kept for a device; the vendor's documents give it no meaning"
#define LICENCE "kept for a device; nothing here reads it"

const struct field_def fields_0200[1] = {
    { .path = "device.config_id", .title = "Identity of the configuration (GUID)", .kind = FIELD_HEX,
      .effect = "your own identity for this configuration, 16 bytes, shown in META as ConfigId; empty = one that is"
                " derived from the configuration and changes with it" },
};

const struct field_def fields_0201[1] = {
    { .path = "device.inventory", .title = "Inventory number", .kind = FIELD_TEXT,
      .effect = "your own number for this box, shown in META as Inventory" },
};

const struct field_def fields_0202[1] = {
    { .path = "device.location", .title = "Location", .kind = FIELD_TEXT,
      .effect = "where this box stands, shown in META as Location" },
};

/* Reserved registers without a name: 0203 to 0207 and 020B to 020F. */

const struct field_def fields_020x[1] = {
    { .title = "Reserved", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE, .effect = KEPT_ONLY },
};

const struct field_def fields_0208[1] = {
    { .path = "license.application", .title = "Name of the application", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = LICENCE },
};

const struct field_def fields_0209[1] = {
    { .path = "license.key", .title = "Licence key of the application", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = LICENCE },
};

const struct field_def fields_020A[1] = {
    { .path = "license.cryptogram", .title = "Proof of the licence", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = LICENCE },
};
