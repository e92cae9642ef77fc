/* SPDX-License-Identifier: MIT */
/*
 * Fields and their values in words, for messages, the tool and the sample file; and the one judge of what value a field
 * may have. Any thread; no state. Texts that are returned as char * are the caller's.
 */
#ifndef SPRINGPARK_DEVICE_REGISTER_TEXT_H
#define SPRINGPARK_DEVICE_REGISTER_TEXT_H

#include "device/registers.h"

/* The option with that value or name, or NULL. */
const struct field_option *field_option_by_value(const struct field_def *field, uint32_t value);
const struct field_option *field_option_by_name(const struct field_def *field, const char *name);

/* What may be chosen, in words: "true or false", "5 to 255 s", "\"pki\"", "text of at most 16 bytes".
 * size_bytes: of the register on the gateway, for FIELD_TEXT and FIELD_HEX. */
char *field_allowed(const struct field_def *field, size_t size_bytes);

/* NULL if the number may stand in the field, else why not, without the place: "3 is not allowed: ...".
 * default_value: of the register, for FIELD_RESERVED and FIELD_REFUSED. Not for a field that is the whole register. */
char *field_problem(const struct field_def *field, uint32_t value, uint32_t default_value);

/* The same for a text of size_bytes bytes, of which limit_bytes are allowed: printable UTF-8. */
char *field_text_problem(const struct field_def *field, const char *text, size_t size_bytes, size_t limit_bytes);

/* In register_value.c: what is wrong with the field in a register that was set as a whole, or NULL. */
char *field_register_problem(const struct registers *registers, const struct register_def *def, unsigned instance,
                             const struct field_def *field);

/* In register_value.c: the value as the configuration file would write it: true, 10, "pki", [ "nfc-a", "nfc-b" ]. A
 * secret is "(set)", "(default)" where it is the device's own and so no secret, or "" for none. */
char *field_value_text(const struct registers *registers, const struct register_def *def, unsigned instance,
                       const struct field_def *field);

/* The same for the default. */
char *field_default_text(const struct register_def *def, const struct field_def *field);

/* What the value means, in words: "MQTT client", "1.0 s". */
char *field_value_meaning(const struct registers *registers, const struct register_def *def, unsigned instance,
                          const struct field_def *field);

/* The text in the quotes and with the escapes of the configuration file. */
char *field_quoted(const char *text);

/* Whether the field is a secret: bytes or a text of a secret register; choices and numbers in it are none. */
bool field_is_secret(const struct register_def *def, const struct field_def *field);

/* The register's value in hex; a secret as above. */
char *register_value_text(const struct registers *registers, const struct register_def *def, unsigned instance);

/* What the gateway does with it: "honoured", "not applicable", "refused", "reserved". */
const char *field_support_name(const struct field_def *field);
const char *field_kind_name(const struct field_def *field);

#endif
