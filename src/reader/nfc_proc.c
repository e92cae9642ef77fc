/* SPDX-License-Identifier: MIT */
#include "reader/nfc_proc.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What is asked of each process. */
typedef bool process_test(const char *proc, pid_t pid, const void *wanted);

size_t nfc_proc_read(const char *path, char *text, size_t size_bytes)
{
    size_t count = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    while (fd >= 0 && count < size_bytes - 1) {
        ssize_t got = read(fd, text + count, size_bytes - 1 - count);
        if (got <= 0)
            break;
        count += (size_t) got;
    }
    if (fd >= 0)
        (void) close(fd);
    text[count] = '\0';
    return count;
}

bool nfc_proc_parse_stat(const char *text, pid_t *parent, dev_t *terminal)
{
    const char *bracket = strrchr(text, ')');
    int parent_read = 0, terminal_read = 0;

    /* PID (NAME) STATE PARENT GROUP SESSION TERMINAL ...: no field behind the name has a bracket. */
    if (bracket == NULL || sscanf(bracket + 1, " %*c %d %*d %*d %d", &parent_read, &terminal_read) != 2)
        return false;
    /* As the kernel's new_encode_dev() packs it: minor bits 8 to 19, major, minor bits 0 to 7. */
    uint32_t packed = (uint32_t) terminal_read;
    *parent = parent_read;
    *terminal = packed == 0 ? 0 : makedev((packed >> 8) & 0xFFF, (packed & 0xFF) | ((packed >> 12) & 0xFFF00));
    return true;
}

static bool read_stat(const char *proc, pid_t pid, pid_t *parent, dev_t *terminal)
{
    char text[512];
    char *path = text_format("%s/%ld/stat", proc, (long) pid);

    (void) nfc_proc_read(path, text, sizeof text);
    free(path);
    return nfc_proc_parse_stat(text, parent, terminal);
}

void nfc_proc_name(const char *proc, pid_t pid, struct nfc_process *process)
{
    char *path = text_format("%s/%ld/comm", proc, (long) pid);
    size_t count = nfc_proc_read(path, process->name, sizeof process->name);

    free(path);
    process->pid = pid;
    process->name[strcspn(process->name, "\n")] = '\0';
    for (size_t index = 0; index < count; index++)
        if (process->name[index] != '\0' && (process->name[index] < 0x20 || process->name[index] > 0x7E))
            process->name[index] = '?';
    if (process->name[0] == '\0')
        memcpy(process->name, "?", 2);
}

static bool has_open(const char *proc, pid_t pid, const void *wanted)
{
    const dev_t *device = wanted;
    char *folder = text_format("%s/%ld/fd", proc, (long) pid);
    DIR *entries = opendir(folder);
    bool found = false;

    free(folder);
    if (entries == NULL)
        return false;
    for (struct dirent *entry = readdir(entries); entry != NULL && !found; entry = readdir(entries)) {
        struct stat status;
        found = entry->d_name[0] != '.' && fstatat(dirfd(entries), entry->d_name, &status, 0) == 0
            && S_ISCHR(status.st_mode) && status.st_rdev == *device;
    }
    (void) closedir(entries);
    return found;
}

static bool has_terminal(const char *proc, pid_t pid, const void *wanted)
{
    const dev_t *device = wanted;
    pid_t parent;
    dev_t terminal;

    return read_stat(proc, pid, &parent, &terminal) && terminal != 0 && terminal == *device;
}

static bool has_name(const char *proc, pid_t pid, const void *wanted)
{
    struct nfc_process process;

    nfc_proc_name(proc, pid, &process);
    return strcmp(process.name, wanted) == 0;
}

static bool is_ours(const char *proc, pid_t pid)
{
    pid_t parent;
    dev_t terminal;

    return pid == getpid() || (read_stat(proc, pid, &parent, &terminal) && parent == getpid());
}

/* The number that is the folder's whole name; 0 if it is none. */
static pid_t pid_of(const char *name)
{
    char *end;
    long number = strtol(name, &end, 10);

    return name[0] >= '1' && name[0] <= '9' && *end == '\0' && number <= INT_MAX ? (pid_t) number : 0;
}

static bool find(const char *proc, process_test *test, const void *wanted, struct nfc_process *process)
{
    DIR *entries = opendir(proc);

    memset(process, 0, sizeof *process);
    if (entries == NULL)
        return false;
    for (struct dirent *entry = readdir(entries); entry != NULL && process->pid == 0; entry = readdir(entries)) {
        pid_t pid = pid_of(entry->d_name);
        if (pid != 0 && test(proc, pid, wanted) && !is_ours(proc, pid))
            nfc_proc_name(proc, pid, process);
    }
    (void) closedir(entries);
    return process->pid != 0;
}

bool nfc_proc_find_open(const char *proc, dev_t device, struct nfc_process *process)
{
    return find(proc, has_open, &device, process);
}

bool nfc_proc_find_terminal(const char *proc, dev_t device, struct nfc_process *process)
{
    return find(proc, has_terminal, &device, process);
}

bool nfc_proc_find_name(const char *proc, const char *name, struct nfc_process *process)
{
    return find(proc, has_name, name, process);
}

/* "3: FLOCK  ADVISORY  WRITE 812 00:18:5 0 EOF": major and minor number in hex. One that only waits for a lock has "->"
 * before its kind (proc(5)). */
static pid_t pid_of_lock_line(const char *line, dev_t system, ino_t inode)
{
    unsigned first, second;
    unsigned long long number;
    long pid;

    if (sscanf(line, "%*u: FLOCK ADVISORY WRITE %ld %x:%x:%llu", &pid, &first, &second, &number) != 4)
        return 0;
    return makedev(first, second) == system && number == inode && pid > 0 && pid != getpid() ? (pid_t) pid : 0;
}

bool nfc_proc_find_lock(const char *proc, dev_t system, ino_t inode, struct nfc_process *process)
{
    char line[256];
    char *path = text_format("%s/locks", proc);
    FILE *file = fopen(path, "re");
    pid_t pid = 0;

    memset(process, 0, sizeof *process);
    free(path);
    if (file == NULL)
        return false;
    while (pid == 0 && fgets(line, sizeof line, file) != NULL)
        pid = pid_of_lock_line(line, system, inode);
    (void) fclose(file);
    if (pid != 0)
        nfc_proc_name(proc, pid, process);
    return pid != 0;
}
