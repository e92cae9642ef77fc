/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

static enum log_level the_level = LOG_LEVEL_INFO;
static log_sink *the_sink;
static void *the_sink_context;

/* systemd.exec(5), JOURNAL_STREAM: device and inode of the stream that standard error was at start. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device = 0;
    uintmax_t inode = 0;
    struct stat status;

    if (stream == NULL || sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
        return false;
    return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static void write_default(enum log_level level, const char *subsystem, const char *text)
{
    if (stderr_is_journal()) {
        (void) sd_journal_send("MESSAGE=%s: %s", subsystem, text, "PRIORITY=%d", (int) level,
                               "SPRINGPARK_SUBSYSTEM=%s", subsystem, NULL);
        return;
    }
    /* One write for a line, so that lines of several threads do not mix. */
    char *line = text_format("%s: %s\n", subsystem, text);
    (void) fputs(line, stderr);
    free(line);
}

static void __attribute__((format(printf, 3, 0)))
write_line(enum log_level level, const char *subsystem, const char *format, va_list list)
{
    if (level > the_level)
        return;
    char *text = text_format_list(format, list);
    if (the_sink != NULL)
        the_sink(the_sink_context, level, subsystem, text);
    else
        write_default(level, subsystem, text);
    free(text);
}

void log_set_level(enum log_level level)
{
    the_level = level;
}

enum log_level log_get_level(void)
{
    return the_level;
}

void log_set_sink(log_sink *sink, void *context)
{
    the_sink = sink;
    the_sink_context = context;
}

void log_error(const char *subsystem, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line(LOG_LEVEL_ERROR, subsystem, format, list);
    va_end(list);
}

void log_warning(const char *subsystem, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line(LOG_LEVEL_WARNING, subsystem, format, list);
    va_end(list);
}

void log_notice(const char *subsystem, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line(LOG_LEVEL_NOTICE, subsystem, format, list);
    va_end(list);
}

void log_info(const char *subsystem, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line(LOG_LEVEL_INFO, subsystem, format, list);
    va_end(list);
}

void log_debug(const char *subsystem, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line(LOG_LEVEL_DEBUG, subsystem, format, list);
    va_end(list);
}
