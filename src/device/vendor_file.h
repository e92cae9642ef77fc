/* SPDX-License-Identifier: MIT */
/*
 * The JSON file of a SpringPark's configuration, as the vendor's tools write and read it, in both forms: an object of
 * the members `config`, `templates` and `certificates` with addresses of two digits, whose bank the member is, or the
 * flat list of addresses of four digits. Values are hex. Source: the vendor's pages CONFIG_DATA and "Config (Put)" of
 * the REST API. No state; any thread, but reading a file blocks on the disk.
 *
 * An empty value is a blank register: of a variable size it is empty, of a fixed size it has the device's default.
 */
#ifndef SPRINGPARK_DEVICE_VENDOR_FILE_H
#define SPRINGPARK_DEVICE_VENDOR_FILE_H

#include "base/errors.h"
#include "device/registers.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VENDOR_CERTIFICATE_MAX_BYTES = 4088 };

struct vendor_file;

struct vendor_certificate {
    unsigned slot;      /* 0..15 */
    int line;           /* where it stands in the file, first 1 */
    uint8_t *bytes;     /* DER or PEM, not looked at */
    size_t size_bytes;  /* 0 = the slot is to be empty */
};

/*
 * The file at path, at most 1 MiB; NULL with complaints in errors, which name everything that is wrong with it.
 * present: the registers that the file is to change, which tell the types of templates whose LKL it does not name;
 * NULL = what it does not name has its default.
 * *unreadable becomes whether it could not be read at all.
 */
struct vendor_file *vendor_file_read(const char *path, const struct registers *present, bool *unreadable,
                                     struct errors *errors);

/* The same for a text in memory; path names it in messages. A complaint never shows a value of a register. */
struct vendor_file *vendor_file_parse(const char *text, size_t size_bytes, const char *path,
                                      const struct registers *present, struct errors *errors);

void vendor_file_free(struct vendor_file *file);

/* Whether the file says something of that register. */
bool vendor_file_names(const struct vendor_file *file, uint16_t address);

/* Puts every register that the file names into registers; the others stay. */
void vendor_file_fill(const struct vendor_file *file, struct registers *registers);

/* The certificates, in the file's order; the file's. */
const struct vendor_certificate *vendor_file_certificates(const struct vendor_file *file, size_t *count);

/*
 * In vendor_write.c: such a file of registers, in new memory for json_decref. It names each register that differs from
 * a device's default, and each of which the gateway has a default of its own.
 * flat: the list; else the object. secrets: whether passwords and keys are in it; notes says which were left out, and
 * which values are longer than a device takes.
 */
json_t *vendor_file_make(const struct registers *registers, bool flat, bool secrets, struct errors *notes);

#endif
