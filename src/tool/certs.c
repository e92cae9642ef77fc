/* SPDX-License-Identifier: MIT */
#include "tool/certs.h"

#include "cloud/key.h"
#include "tool/display.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define THING_NAME "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_-"

const char *certs_serial_problem(const char *serial)
{
    if (serial[0] == '\0')
        return "it is empty";
    if (strlen(serial) > ISSUE_NAME_MAX)
        return "it is longer than 64 characters, the most that a certificate's CN takes";
    if (strchr("$-.", serial[0]) != NULL)
        return "it must not begin with '$', '-' or '.'";
    for (const char *c = serial; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~')
            return "only printable ASCII characters are allowed, and no blanks";
        if (strchr("+#/", *c) != NULL)
            return "'+', '#' and '/' have a meaning of their own in topics";
        if (strchr("*?\"'\\", *c) != NULL)
            return "'*', '?', quotes and '\\' are not allowed";
    }
    return NULL;
}

bool certs_serial_is_thing_name(const char *serial)
{
    return serial[strspn(serial, THING_NAME)] == '\0';
}

void certs_complain(struct errors *errors)
{
    for (size_t i = 0; i < errors_count(errors); i++)
        display_error("%s", errors_get(errors, i));
    errors_free(errors);
}

int certs_source_status(const char *source)
{
    if (key_is_in_token(source))
        return EX_UNAVAILABLE;
    return access(source, R_OK) == 0 ? EX_DATAERR : EX_NOINPUT;
}
