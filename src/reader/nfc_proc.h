/* SPDX-License-Identifier: MIT */
/*
 * What /proc tells of a device: who has it open, whose terminal it is (proc(5)). Any thread; no state. Everything read
 * is bytes from outside: a process may name itself as it likes, and may be gone between two lines.
 */
#ifndef SPRINGPARK_READER_NFC_PROC_H
#define SPRINGPARK_READER_NFC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { NFC_PROC_NAME_BYTES = 32 };

struct nfc_process {
    pid_t pid;                       /* 0: nobody */
    char name[NFC_PROC_NAME_BYTES];  /* printable; "?" if it cannot be told */
};

/* The first size_bytes - 1 bytes of the file, with a 0 behind them; returns their count. The text is empty if it
 * cannot be read, or is empty. */
size_t nfc_proc_read(const char *path, char *text, size_t size_bytes);

/* The parent and the controlling terminal (0: none) in the text of /proc/PID/stat. The name in it may hold anything,
 * brackets and line feeds as well. False if it is no such text. */
bool nfc_proc_parse_stat(const char *text, pid_t *parent, dev_t *terminal);

/* Fills in who that process is. */
void nfc_proc_name(const char *proc, pid_t pid, struct nfc_process *process);

/*
 * The first process that has the character device open, as far as this process may see it, and the first one whose
 * controlling terminal it is, which everybody may see. proc: the folder /proc. This process itself and its own children
 * (a helper) do not count. False: nobody was found; *process is then zeroed.
 */
bool nfc_proc_find_open(const char *proc, dev_t device, struct nfc_process *process);
bool nfc_proc_find_terminal(const char *proc, dev_t device, struct nfc_process *process);

/* The process that has the file of that file system and inode number locked with flock(2), by /proc/locks, which
 * everybody may read. Not this process itself. */
bool nfc_proc_find_lock(const char *proc, dev_t system, ino_t inode, struct nfc_process *process);

/* The first process of that name. */
bool nfc_proc_find_name(const char *proc, const char *name, struct nfc_process *process);

#endif
