/* SPDX-License-Identifier: MIT */
/*
 * The certificates of a vendor's file as PEM files beside the configuration, springpark/certs/slot_X.pem, each named in
 * its slot. A file that is there is never overwritten: with the same certificate in it, it stays, else all is refused.
 * For one thread; blocks on the disk.
 */
#ifndef SPRINGPARK_TOOL_IMPORT_CERTIFICATES_H
#define SPRINGPARK_TOOL_IMPORT_CERTIFICATES_H

#include "base/errors.h"
#include "device/vendor_file.h"

#include <stdbool.h>

struct import_certificates;

/* Reads them; path names the vendor's file in complaints. NULL with all complaints in errors. Writes nothing. */
struct import_certificates *import_certificates_create(const struct vendor_file *file, const char *path,
                                                       const char *config_file, struct errors *errors);

/* Returns text with the slots set, in new memory; NULL with complaints. */
char *import_certificates_name(const struct import_certificates *certificates, const char *text, struct errors *errors);

/* Writes those that are not there, all or none; false if that failed, which is said on standard error. */
bool import_certificates_write(struct import_certificates *certificates);

/* Takes away what import_certificates_write made. */
void import_certificates_undo(struct import_certificates *certificates);

void import_certificates_free(struct import_certificates *certificates);

#endif
