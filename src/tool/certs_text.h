/* SPDX-License-Identifier: MIT */
/*
 * Texts of springparkctl certs that are pasted elsewhere. No state; any thread.
 */
#ifndef SPRINGPARK_TOOL_CERTS_TEXT_H
#define SPRINGPARK_TOOL_CERTS_TEXT_H

/* One line on standard output, made safe. */
void certs_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The text as one word of a shell; new memory. */
char *certs_shell_word(const char *text);

/* The text as libconfig's, with its quotes; new memory. */
char *certs_config_text(const char *text);

#endif
