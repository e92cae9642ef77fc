/* SPDX-License-Identifier: MIT */
/*
 * Prints the PC/SC readers that are plugged in, one a line. Exit status 69 if pcscd cannot be reached, with the reason.
 * For ./quickstart, which looks before the daemon runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <winscard.h>

static int print_readers(SCARDCONTEXT context)
{
    DWORD size_bytes = 0;
    LONG result = SCardListReaders(context, NULL, NULL, &size_bytes);

    if (result == SCARD_E_NO_READERS_AVAILABLE)
        return EXIT_SUCCESS;
    char *names = result == SCARD_S_SUCCESS ? malloc(size_bytes) : NULL;
    if (names != NULL)
        result = SCardListReaders(context, NULL, names, &size_bytes);
    if (names == NULL || result != SCARD_S_SUCCESS) {
        fprintf(stderr, "list_readers: %s\n", pcsc_stringify_error(result));
        free(names);
        return EX_UNAVAILABLE;
    }
    for (const char *name = names; *name != '\0'; name += strlen(name) + 1)
        puts(name);
    free(names);
    return EXIT_SUCCESS;
}

int main(void)
{
    SCARDCONTEXT context;
    LONG result = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);

    if (result != SCARD_S_SUCCESS) {
        fprintf(stderr, "list_readers: pcscd: %s\n", pcsc_stringify_error(result));
        return EX_UNAVAILABLE;
    }
    int status = print_readers(context);
    SCardReleaseContext(context);
    return status;
}
