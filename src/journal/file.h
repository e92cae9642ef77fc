/* SPDX-License-Identifier: MIT */
/*
 * What the journal asks of the file system itself, past SQLite. Blocks on the disk; any thread.
 */
#ifndef SPRINGPARK_JOURNAL_FILE_H
#define SPRINGPARK_JOURNAL_FILE_H

/* Makes the file, if there is none, with a mode for owner and group: it tells who was where. SQLite gives its log the mode
 * of the file. What is wrong comes out when the file is opened. */
void file_make(const char *path);

/* Removes path with that suffix behind its name, if there is one. */
void file_remove(const char *path, const char *suffix);

/* New names in the folder of path are on the medium once this returns. */
void file_sync_folder(const char *path);

#endif
