/* SPDX-License-Identifier: MIT */
#include "device/config_node.h"

#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *config_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? text_copy("") : text_format("%.*s", (int) (slash - path + 1), path);
}

/* Reads up to CONFIG_MAX_BYTES + 1 bytes; NULL with errno set. */
static char *read_all(int fd, size_t *size_bytes)
{
    char *text = memory_zeroed(CONFIG_MAX_BYTES + 2, 1);

    *size_bytes = 0;
    while (*size_bytes <= CONFIG_MAX_BYTES) {
        ssize_t got = read(fd, text + *size_bytes, CONFIG_MAX_BYTES + 1 - *size_bytes);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(text);
            return NULL;
        }
        if (got == 0)
            break;
        *size_bytes += (size_t) got;
    }
    return text;
}

static const char *next_step(int error)
{
    if (error == EACCES)
        return "; next: run this as root or as a member of the group springpark";
    return error == ENOENT ? "; next: create it or name another one" : "";
}

char *config_text_read(const char *path, size_t *size_bytes, struct errors *errors)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;

    if (fd < 0) {
        errors_add(errors, "%s: cannot be read: %s%s", path, strerror(errno), next_step(errno));
        return NULL;
    }
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        errors_add(errors, "%s: is a folder; next: name a file in it", path);
        close(fd);
        return NULL;
    }
    char *text = read_all(fd, size_bytes);
    if (text == NULL)
        errors_add(errors, "%s: cannot be read: %s", path, strerror(errno));
    close(fd);
    if (text != NULL && *size_bytes > CONFIG_MAX_BYTES) {
        errors_add(errors, "%s: is too large for a configuration: at most %d bytes", path, CONFIG_MAX_BYTES);
        free(text);
        return NULL;
    }
    return text;
}

struct scan {
    const char *text;
    size_t size;
    size_t at;
    int line;
    const char *path;
    const char *folder;
    unsigned *includes;
    struct errors *errors;
};

static bool scan_file(const char *text, size_t size, const char *path, const char *folder, unsigned *includes,
                      struct errors *errors);

static bool complain(const struct scan *scan, int line, const char *text)
{
    errors_add(scan->errors, "%s:%d: %s", scan->path, line, text);
    return false;
}

static char peek(const struct scan *scan, size_t ahead)
{
    return scan->at + ahead < scan->size ? scan->text[scan->at + ahead] : '\0';
}

static void step(struct scan *scan)
{
    if (scan->text[scan->at] == '\n')
        scan->line++;
    scan->at++;
}

static bool skip_string(struct scan *scan)
{
    int line = scan->line;

    step(scan);
    while (scan->at < scan->size && peek(scan, 0) != '"') {
        if (peek(scan, 0) == '\\') {
            if (peek(scan, 1) == 'x' && peek(scan, 2) == '0' && peek(scan, 3) == '0')
                return complain(scan, scan->line, "\\x00 is not allowed: no text holds a NUL byte");
            step(scan);
        }
        if (scan->at < scan->size)
            step(scan);
    }
    if (scan->at >= scan->size)
        return complain(scan, line, "the text that begins here has no closing quote");
    step(scan);
    return true;
}

static bool skip_block_comment(struct scan *scan)
{
    int line = scan->line;

    step(scan);
    step(scan);
    while (scan->at < scan->size && !(peek(scan, 0) == '*' && peek(scan, 1) == '/'))
        step(scan);
    if (scan->at >= scan->size)
        return complain(scan, line, "the comment that begins here is never closed");
    step(scan);
    step(scan);
    return true;
}

static void skip_line(struct scan *scan)
{
    while (scan->at < scan->size && peek(scan, 0) != '\n')
        step(scan);
}

/* Names and numbers: libconfig 1.5 cuts integers to 32 bits without a word. */
static bool skip_word(struct scan *scan)
{
    const char *start = scan->text + scan->at;
    char *end;

    while (isalnum((unsigned char) peek(scan, 0)) || strchr("_-+*.", peek(scan, 0)) != NULL) {
        if (scan->at >= scan->size)
            break;
        step(scan);
    }
    const char *digits = *start == '-' || *start == '+' ? start + 1 : start;
    if (!isdigit((unsigned char) *digits))
        return true;
    errno = 0;
    long long number = strtoll(start, &end, digits[0] == '0' && (digits[1] | 0x20) == 'x' ? 16 : 10);
    if (*end == '.' || *end == 'e' || *end == 'E')
        return true;
    if (errno != 0 || number > INT_MAX || number < INT_MIN)
        return complain(scan, scan->line, "the number is too large: no setting takes more than 2147483647");
    return true;
}

static bool scan_included(const struct scan *scan, int line, const char *path)
{
    struct errors *problem = errors_create();
    size_t size;
    char *text = config_text_read(path, &size, problem);
    bool good = text != NULL && scan_file(text, size, path, scan->folder, scan->includes, scan->errors);

    if (text == NULL)
        errors_add(scan->errors, "%s:%d: @include: %s (the name counts from the folder of the first file)", scan->path,
                   line, errors_get(problem, 0));
    errors_free(problem);
    free(text);
    return good;
}

static bool scan_include(struct scan *scan)
{
    int line = scan->line;
    const char *name, *end;

    while (peek(scan, 0) != '"' && peek(scan, 0) != '\n' && scan->at < scan->size)
        step(scan);
    name = scan->text + scan->at + 1;
    end = peek(scan, 0) == '"' ? memchr(name, '"', scan->size - scan->at - 1) : NULL;
    if (end == NULL || memchr(name, '\n', (size_t) (end - name)) != NULL ||
        memchr(name, '\\', (size_t) (end - name)) != NULL)
        return complain(scan, line, "@include needs the name of a file in quotes, without backslashes");
    if (scan->folder == NULL)
        return complain(scan, line, "@include is not allowed here");
    if (++*scan->includes > CONFIG_MAX_INCLUDES)
        return complain(scan, line, "too many @include; next: look for files that include each other");
    char *path = text_format("%s%.*s", scan->folder, (int) (end - name), name);
    bool good = scan_included(scan, line, path);

    free(path);
    while (scan->text + scan->at <= end)
        step(scan);
    return good;
}

static bool at_line_start(const struct scan *scan)
{
    for (size_t i = scan->at; i > 0 && scan->text[i - 1] != '\n'; i--) {
        if (scan->text[i - 1] != ' ' && scan->text[i - 1] != '\t')
            return false;
    }
    return true;
}

static bool scan_one(struct scan *scan)
{
    static const char include[] = "@include";
    char c = peek(scan, 0);

    if (c == '"')
        return skip_string(scan);
    if (c == '/' && peek(scan, 1) == '*')
        return skip_block_comment(scan);
    if (c == '#' || (c == '/' && peek(scan, 1) == '/')) {
        skip_line(scan);
        return true;
    }
    if (c == '@' && scan->size - scan->at >= sizeof include - 1 && at_line_start(scan) &&
        memcmp(scan->text + scan->at, include, sizeof include - 1) == 0)
        return scan_include(scan);
    if (isalnum((unsigned char) c) || c == '-' || c == '+')
        return skip_word(scan);
    step(scan);
    return true;
}

static bool scan_file(const char *text, size_t size, const char *path, const char *folder, unsigned *includes,
                      struct errors *errors)
{
    struct scan scan = { .text = text, .size = size, .line = 1, .path = path, .folder = folder, .includes = includes,
                         .errors = errors };

    if (memchr(text, '\0', size) != NULL) {
        errors_add(errors, "%s: holds a NUL byte, so it is no text file", path);
        return false;
    }
    while (scan.at < scan.size) {
        if (!scan_one(&scan))
            return false;
    }
    return true;
}

bool config_text_check(const char *text, size_t size_bytes, const char *path, const char *folder,
                       struct errors *errors)
{
    unsigned includes = 0;

    return scan_file(text, size_bytes, path, folder, &includes, errors);
}
