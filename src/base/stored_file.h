/* SPDX-License-Identifier: MIT */
/*
 * A small file that survives a power cut: afterwards there is the old one or the new one, whole. For files that one
 * process alone writes. Any thread; blocks on the disk.
 */
#ifndef SPRINGPARK_BASE_STORED_FILE_H
#define SPRINGPARK_BASE_STORED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes PATH.new, syncs it, renames it over path and syncs the folder. mode: its permissions, whatever the umask says;
 * nobody else can read it at any time. False with errno: what was there before is still there, or, if only the folder
 * could not be synced, the new one, and nobody knows what a power cut leaves. */
bool stored_file_write(const char *path, const void *data, size_t size_bytes, mode_t mode);

/* The whole file with a final 0 behind it, in new memory; or NULL with errno, EFBIG if it has more than limit_bytes. A
 * symbolic link is not followed (ELOOP). */
char *stored_file_read(const char *path, size_t limit_bytes, size_t *size_bytes);

#endif
