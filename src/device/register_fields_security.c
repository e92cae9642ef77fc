/* SPDX-License-Identifier: MIT */
#include "device/register_fields.h"

#define NOT_HERE "who may do what on this box is a matter of its operating system"
#define NOT_OPEN "; all it does is that META says \"Open\":false"
#define NO_CONSOLE "this gateway has no console of its own; the password is only kept for a device"
#define NO_MASTER_CARD "this gateway takes no master card and no pushed configuration"

static const struct field_option master_options[] = {
    { 0, "always", "Always", NULL },
    { 1, "after-power-up", "For 2 s after power-up", NULL },
    { 2, "reserved-2", "Reserved", BY_THE_DEVICE },
    { 3, "never", "Never", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option configuration_options[] = {
    { 0, "full", "Read and write", NULL },
    { 1, "write-only", "Write only", NULL },
    { 2, "admin-write-only", "Only the administrator writes", NULL },
    { 3, "locked", "Neither", NULL },
    { 0, NULL, NULL, NULL },
};

static const struct field_option usage_options[] = {
    { 0, "free", "Free", NULL },
    { 1, "authenticated", "After authentication", NULL },
    { 2, "secure", "Over a secure channel", NULL },
    { 3, "reserved-3", "Reserved", BY_THE_DEVICE },
    { 0, NULL, NULL, NULL },
};

const struct field_def fields_02F0[23] = {
    { .path = "security.no_factory_button", .title = "No button that loads the factory's configuration",
      .kind = FIELD_BOOLEAN, .mask = { 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0x70 } },
    { .path = "security.no_atecc_by_master_card", .title = "Master cards write no keys to the ATECC",
      .kind = FIELD_BOOLEAN, .mask = { 0x08 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_MASTER_CARD NOT_OPEN },
    { .path = "security.no_sam_av_by_master_card", .title = "Master cards write no keys to the SAM AV",
      .kind = FIELD_BOOLEAN, .mask = { 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NO_MASTER_CARD NOT_OPEN },
    { .path = "security.master_cards", .title = "When master cards count", .kind = FIELD_CHOICE, .mask = { 0x03 },
      .options = master_options, .support = FIELD_NOT_APPLICABLE, .effect = NO_MASTER_CARD NOT_OPEN },
    { .path = "security.local.protect_firmware", .title = "Local host: firmware only after authentication",
      .kind = FIELD_BOOLEAN, .mask = { [1] = 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.local.protect_instructions",
      .title = "Local host: sensitive instructions only after authentication", .kind = FIELD_BOOLEAN,
      .mask = { [1] = 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.local.configuration", .title = "Local host: access to the configuration", .kind = FIELD_CHOICE,
      .mask = { [1] = 0x30 }, .options = configuration_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NOT_HERE NOT_OPEN },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { [1] = 0x08 } },
    { .path = "security.local.not_always_readable",
      .title = "Local host: the configuration is not readable in every case", .kind = FIELD_BOOLEAN,
      .mask = { [1] = 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.local.usage", .title = "Local host: use of the box", .kind = FIELD_CHOICE,
      .mask = { [1] = 0x03 }, .options = usage_options, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.remote.protect_firmware", .title = "Remote host: firmware only after authentication",
      .kind = FIELD_BOOLEAN, .mask = { [2] = 0x80 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.remote.protect_instructions",
      .title = "Remote host: sensitive instructions only after authentication", .kind = FIELD_BOOLEAN,
      .mask = { [2] = 0x40 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.remote.configuration", .title = "Remote host: access to the configuration",
      .kind = FIELD_CHOICE, .mask = { [2] = 0x30 }, .options = configuration_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NOT_HERE NOT_OPEN },
    { .path = "security.remote.no_admin_key", .title = "Remote host: no authentication by the administrator's key",
      .kind = FIELD_BOOLEAN, .mask = { [2] = 0x08 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.remote.no_user_key", .title = "Remote host: no authentication by the user's key",
      .kind = FIELD_BOOLEAN, .mask = { [2] = 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.remote.usage", .title = "Remote host: use of the box", .kind = FIELD_CHOICE,
      .mask = { [2] = 0x03 }, .options = usage_options, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { [3] = 0xC0 } },
    { .path = "security.console.configuration", .title = "Remote console: access to the configuration",
      .kind = FIELD_CHOICE, .mask = { [3] = 0x30 }, .options = configuration_options, .support = FIELD_NOT_APPLICABLE,
      .effect = NOT_HERE NOT_OPEN },
    { .path = "security.console.no_admin_password", .title = "Remote console: no administrator's password",
      .kind = FIELD_BOOLEAN, .mask = { [3] = 0x08 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .path = "security.console.no_user_password", .title = "Remote console: no user's password", .kind = FIELD_BOOLEAN,
      .mask = { [3] = 0x04 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { [3] = 0x02 } },
    { .path = "security.console.no_telnet", .title = "Remote console: no Telnet", .kind = FIELD_BOOLEAN,
      .mask = { [3] = 0x01 }, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE NOT_OPEN },
};

const struct field_def fields_02F1[4] = {
    { .path = "security.failures.admin_password", .title = "Failures that lock the administrator's password; 0 = never",
      .kind = FIELD_NUMBER, .mask = { 0xF0 }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
    { .path = "security.failures.user_password", .title = "Failures that lock the user's password; 0 = never",
      .kind = FIELD_NUMBER, .mask = { 0x0F }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
    { .path = "security.failures.admin_key", .title = "Failures that lock the administrator's key; 0 = never",
      .kind = FIELD_NUMBER, .mask = { [1] = 0xF0 }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
    { .path = "security.failures.user_key", .title = "Failures that lock the user's key; 0 = never",
      .kind = FIELD_NUMBER, .mask = { [1] = 0x0F }, .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
};

const struct field_def fields_02F2[1] = {
    { .path = "security.master.options", .title = "Options of master cards and pushed configurations",
      .kind = FIELD_NUMBER, .mask = { 0xFF }, .max = 255, .support = FIELD_NOT_APPLICABLE, .effect = NO_MASTER_CARD },
};

const struct field_def fields_02F3[1] = {
    { .path = "security.master.key_id", .title = "Identifier of the set of keys", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_MASTER_CARD },
};

const struct field_def fields_02F4[1] = {
    { .path = "security.master.auth_key", .title = "AES key", .kind = FIELD_HEX, .support = FIELD_NOT_APPLICABLE,
      .effect = NO_MASTER_CARD },
};

const struct field_def fields_02F5[1] = {
    { .path = "security.master.public_key", .title = "Public ECC key", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_MASTER_CARD },
};

const struct field_def fields_02FB[2] = {
    { .title = "Reserved", .kind = FIELD_RESERVED, .mask = { 0xF0 } },
    { .path = "security.device_key", .title = "Key of the box in the ATECC", .kind = FIELD_NUMBER, .mask = { 0x0F },
      .max = 15, .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
};

const struct field_def fields_02FC[1] = {
    { .path = "security.user_public_key", .title = "Public key of the user", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
};

const struct field_def fields_02FD[1] = {
    { .path = "security.admin_public_key", .title = "Public key of the administrator", .kind = FIELD_HEX,
      .support = FIELD_NOT_APPLICABLE, .effect = NOT_HERE },
};

const struct field_def fields_02FE[1] = {
    { .path = "security.user_password", .title = "Password of the user on the console", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_CONSOLE },
};

const struct field_def fields_02FF[1] = {
    { .path = "security.admin_password", .title = "Password of the administrator on the console", .kind = FIELD_TEXT,
      .support = FIELD_NOT_APPLICABLE, .effect = NO_CONSOLE },
};
