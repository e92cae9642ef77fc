/* SPDX-License-Identifier: MIT */
#include "cloud/registration.h"

#include "base/hex.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FIRST_LINE "springpark registrations 1"
#define LAST_LINE "end"
#define FINGERPRINT_DIGITS ((size_t) 2 * REGISTRATION_FINGERPRINT_BYTES)
/* More than all lines at their longest. */
#define FILE_LIMIT_BYTES 32768U

struct registrations {
    struct registration entries[REGISTRATIONS_LIMIT];
    size_t count;
};

struct registration registration_of(const char *host, uint16_t port,
                                    const uint8_t fingerprint[REGISTRATION_FINGERPRINT_BYTES])
{
    struct registration registration = { .port = port };

    memcpy(registration.fingerprint, fingerprint, sizeof registration.fingerprint);
    (void) snprintf(registration.host, sizeof registration.host, "%s", host);
    return registration;
}

bool registration_equal(const struct registration *one, const struct registration *other)
{
    return one->port == other->port && strcasecmp(one->host, other->host) == 0 &&
           memcmp(one->fingerprint, other->fingerprint, sizeof one->fingerprint) == 0;
}

struct registrations *registrations_create(void)
{
    return memory_zeroed(1, sizeof(struct registrations));
}

void registrations_free(struct registrations *registrations)
{
    free(registrations);
}

size_t registrations_count(const struct registrations *registrations)
{
    return registrations->count;
}

bool registrations_know(const struct registrations *registrations, const struct registration *registration)
{
    for (size_t i = 0; i < registrations->count; i++) {
        if (registration_equal(&registrations->entries[i], registration))
            return true;
    }
    return false;
}

static bool is_host(const char *host)
{
    for (const char *at = host; *at != '\0'; at++) {
        if ((unsigned char) *at <= 0x20 || *at == 0x7F)
            return false;
    }
    return host[0] != '\0';
}

bool registrations_add(struct registrations *registrations, const struct registration *registration)
{
    struct registration *entries = registrations->entries;

    if (!is_host(registration->host) || registrations_know(registrations, registration))
        return false;
    if (registrations->count == REGISTRATIONS_LIMIT) {
        registrations->count--;
        memmove(entries, entries + 1, registrations->count * sizeof *entries);
    }
    entries[registrations->count++] = *registration;
    return true;
}

/* --- the text ----------------------------------------------------------------------------------------------------- */

/* line: without its line feed. */
static bool parse_line(const char *line, struct registration *registration)
{
    char *end = NULL;

    *registration = (struct registration) { .port = 0 };
    if (strlen(line) < FINGERPRINT_DIGITS + 2 || line[FINGERPRINT_DIGITS] != ' ' ||
        hex_to_bytes(line, FINGERPRINT_DIGITS, registration->fingerprint, sizeof registration->fingerprint) < 0)
        return false;
    const char *number = line + FINGERPRINT_DIGITS + 1;
    size_t digits = strspn(number, "0123456789");
    unsigned long port = strtoul(number, &end, 10);
    if (digits == 0 || digits > 5 || port == 0 || port > UINT16_MAX || *end != ' ')
        return false;
    const char *host = end + 1;
    if (strlen(host) > REGISTRATION_HOST_BYTES)
        return false;
    registration->port = (uint16_t) port;
    memcpy(registration->host, host, strlen(host) + 1);
    return is_host(host);
}

/* The next line of *text, which is changed; NULL: no whole line is left. */
static char *take_line(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');

    if (end == NULL)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

static bool parse_lines(struct registrations *registrations, char *text)
{
    struct registration registration;
    const char *line = take_line(&text);

    if (line == NULL || strcmp(line, FIRST_LINE) != 0)
        return false;
    for (line = take_line(&text); line != NULL && strcmp(line, LAST_LINE) != 0; line = take_line(&text)) {
        if (registrations->count == REGISTRATIONS_LIMIT || !parse_line(line, &registration) ||
            !registrations_add(registrations, &registration))
            return false;
    }
    return line != NULL && *text == '\0';
}

struct registrations *registrations_parse(const char *text, size_t size_bytes)
{
    struct registrations *registrations = registrations_create();
    char *copy = memory_zeroed(size_bytes + 1, 1);

    memcpy(copy, text, size_bytes);
    bool sound = strlen(copy) == size_bytes && parse_lines(registrations, copy);
    free(copy);
    if (sound)
        return registrations;
    registrations_free(registrations);
    return NULL;
}

char *registrations_text(const struct registrations *registrations)
{
    char *text = text_copy(FIRST_LINE "\n");

    for (size_t i = 0; i < registrations->count; i++) {
        const struct registration *entry = &registrations->entries[i];
        char *digits = hex_from_bytes(entry->fingerprint, sizeof entry->fingerprint);
        char *longer = text_format("%s%s %u %s\n", text, digits, (unsigned) entry->port, entry->host);
        free(digits);
        free(text);
        text = longer;
    }
    char *whole = text_format("%s" LAST_LINE "\n", text);
    free(text);
    return whole;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

/* Up to size bytes; fewer only at the file's end. Less than 0: errno says why not. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
    size_t have = 0;

    while (have < size) {
        ssize_t more = read(fd, buffer + have, size - have);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            return -1;
        if (more == 0)
            break;
        have += (size_t) more;
    }
    return (ssize_t) have;
}

struct registrations *registrations_load(const char *path, char **problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    *problem = NULL;
    if (fd < 0) {
        if (errno != ENOENT)
            *problem = text_format("%s cannot be read: %s; which broker has accepted which certificate is not known",
                                   path, strerror(errno));
        return registrations_create();
    }
    char *text = memory_zeroed(FILE_LIMIT_BYTES + 1, 1);
    ssize_t size = read_all(fd, text, FILE_LIMIT_BYTES + 1);
    struct registrations *registrations =
        size >= 0 && size <= (ssize_t) FILE_LIMIT_BYTES ? registrations_parse(text, (size_t) size) : NULL;
    free(text);
    close(fd);
    if (registrations != NULL)
        return registrations;
    *problem = text_format("%s is damaged; which broker has accepted which certificate is not known, and is written anew "
                           "at the next CONNACK", path);
    return registrations_create();
}

static bool write_all(int fd, const char *text)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        text += done;
        size -= (size_t) done;
    }
    return true;
}

/* A rename is only safe against a power cut once the folder is synced, too. */
static bool sync_folder(const char *path)
{
    char *copy = text_copy(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    free(copy);
    return synced;
}

static bool replace_file(const char *path, const char *new_path, const char *text)
{
    int fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool written = fd >= 0 && write_all(fd, text) && fsync(fd) == 0;
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return written && rename(new_path, path) == 0 && sync_folder(path);
}

bool registrations_store(const struct registrations *registrations, const char *path, char **problem)
{
    char *text = registrations_text(registrations);
    char *new_path = text_format("%s.new", path);
    bool stored = replace_file(path, new_path, text);

    *problem = stored ? NULL : text_format("%s cannot be written: %s; after a restart it is not known that the broker "
                                           "has accepted this certificate", path, strerror(errno));
    free(new_path);
    free(text);
    return stored;
}
