/* SPDX-License-Identifier: MIT */
#include "device/identity.h"

#include "base/memory.h"
#include "base/stored_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define FILE_NAME "startup-counter"

enum { TEXT_MAX_BYTES = 16 };

/* What the file says: 0 if there is none. False: it cannot be read or makes no sense, said in *problem. */
static bool read_counter(int folder, const char *directory, uint32_t *counter, char **problem)
{
    char text[TEXT_MAX_BYTES + 1] = "";
    int fd = openat(folder, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    *counter = 0;
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0) {
        *problem = text_format("%s/" FILE_NAME " cannot be read: %s", directory, strerror(errno));
        return false;
    }
    ssize_t size = read(fd, text, TEXT_MAX_BYTES);
    close(fd);
    /* digits and a line feed, nothing else: half a file is no smaller number */
    size_t digits = strspn(text, "0123456789");
    unsigned long value = strtoul(text, NULL, 10);
    if (size < 2 || digits + 1 != (size_t) size || text[digits] != '\n' || digits > 10 || value == 0 ||
        value > UINT32_MAX) {
        *problem = text_format("%s/" FILE_NAME " is damaged; next: remove it, or write into it a number above every"
                               " startup counter that was used", directory);
        return false;
    }
    *counter = (uint32_t) value;
    return true;
}

/* Once this returned true, only the new counter is there, also after a power cut. */
static bool store_counter(const char *directory, uint32_t counter)
{
    char *path = text_format("%s/" FILE_NAME, directory);
    char *text = text_format("%u\n", counter);
    bool stored = stored_file_write(path, text, strlen(text), 0640);
    int reason = errno;

    free(text);
    free(path);
    errno = reason;
    return stored;
}

static uint32_t random_counter(void)
{
    uint32_t random = 0;

    /* So few bytes come whole once the kernel has gathered randomness; a signal may interrupt the wait for that. */
    while (getrandom(&random, sizeof random, 0) != (ssize_t) sizeof random) {
        if (errno != EINTR) {
            random = (uint32_t) getpid(); /* a kernel without getrandom: still better than a fixed number */
            break;
        }
    }
    return STARTUP_COUNTER_RESERVED_FIRST | (random & (STARTUP_COUNTER_RESERVED_FIRST - 1));
}

static bool count_start(int folder, const char *directory, uint32_t *counter, char **problem)
{
    if (!read_counter(folder, directory, counter, problem))
        return false;
    if (*counter >= STARTUP_COUNTER_RESERVED_FIRST - 1) {
        *problem = text_format("%s/" FILE_NAME " has reached its end (%u)", directory, *counter);
        return false;
    }
    ++*counter;
    if (store_counter(directory, *counter))
        return true;
    *problem = text_format("%s/" FILE_NAME " cannot be written: %s; next: check the folder's space and permissions",
                           directory, strerror(errno));
    return false;
}

uint32_t startup_counter_next(const char *directory, char **problem)
{
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint32_t counter = 0;
    bool counted = false;

    *problem = NULL;
    if (folder < 0)
        *problem = text_format("%s cannot be opened: %s; next: create the folder or set journal.directory", directory,
                               strerror(errno));
    else
        counted = count_start(folder, directory, &counter, problem);
    if (folder >= 0)
        close(folder);
    if (counted)
        return counter;
    counter = random_counter();
    char *whole = text_format("%s; this start uses the random startup counter %u instead", *problem, counter);
    free(*problem);
    *problem = whole;
    return counter;
}
