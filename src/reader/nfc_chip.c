/* SPDX-License-Identifier: MIT */
#include "reader/nfc_chip.h"

#include "reader/nfc_wire.h"

#include <string.h>

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

void nfc_chip_name(const char *information, char *name, size_t capacity_bytes)
{
    static const char mark[] = "chip: ";
    const char *found = strstr(information, mark);

    nfc_wire_copy_text(name, capacity_bytes, "");
    if (found == NULL || (found > information && found[-1] != '\n'))
        return;
    nfc_wire_copy_text(name, capacity_bytes, found + sizeof mark - 1);
    /* Control characters have become '?' by now, so the end of the line is counted in the original. */
    const size_t length = strcspn(found + sizeof mark - 1, "\r\n");
    if (length < capacity_bytes)
        name[length] = '\0';
}

bool nfc_chip_can_poll(const char *name, const char *connection)
{
    return starts_with(name, "PN532")
           && (starts_with(connection, "pn532_uart:") || starts_with(connection, "pn532_i2c:")
               || starts_with(connection, "pn532_spi:"));
}
