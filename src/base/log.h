/* SPDX-License-Identifier: MIT */
/*
 * Log lines with a priority and a subsystem token. When standard error is the systemd journal's stream they go to
 * the journal with PRIORITY and SPRINGPARK_SUBSYSTEM; otherwise to standard error as "subsystem: text".
 *
 * Any thread. Level and sink are set once, before the first thread starts: this is the one piece of global state
 * beside the daemon's context.
 *
 * Rules for callers: what, which reader or slot, what happens next. Tag identifiers only with log_debug; secrets never.
 */
#ifndef SPRINGPARK_BASE_LOG_H
#define SPRINGPARK_BASE_LOG_H

enum log_level {
    LOG_LEVEL_ERROR = 3,   /* syslog's numbers */
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
};

typedef void log_sink(void *context, enum log_level level, const char *subsystem, const char *text);

/* Lines above this level (less urgent) are dropped. Default LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Sends all lines to sink instead, for tests; NULL returns to the default. */
void log_set_sink(log_sink *sink, void *context);

/* subsystem: a short constant word, "pcsc", "cloud", "config"... */
void log_error(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warning(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_notice(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *subsystem, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
