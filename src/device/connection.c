/* SPDX-License-Identifier: MIT */
#include "device/connection.h"

#include "base/memory.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum connection_kind {
    CONNECTION_USB,  /* [:BUS[:DEVICE]] */
    CONNECTION_LINE, /* :FILE[:SPEED] */
    CONNECTION_BUS,  /* :FILE */
};

/* The drivers that libnfc 1.8.0 of Debian has, but for those that go through pcscd. */
static const struct connection_driver {
    const char *name;
    enum connection_kind kind;
} drivers[] = {
    { "pn53x_usb", CONNECTION_USB },  { "acr122_usb", CONNECTION_USB },  { "acr122s", CONNECTION_LINE },
    { "arygon", CONNECTION_LINE },    { "pn532_uart", CONNECTION_LINE }, { "pn532_spi", CONNECTION_LINE },
    { "pn532_i2c", CONNECTION_BUS },
};

#define DRIVER_NAMES "pn53x_usb, acr122_usb, acr122s, arygon, pn532_uart, pn532_spi, pn532_i2c"

/* One stretch of a connection string between ':'. */
struct part {
    const char *text;
    size_t length;
};

enum { PARTS_MAX = 3 };

/* Returns how many parts there are, of which the first three are in parts. */
static size_t divide(const char *text, struct part parts[PARTS_MAX])
{
    size_t count = 0;

    memset(parts, 0, PARTS_MAX * sizeof *parts);
    for (;;) {
        const size_t length = strcspn(text, ":");

        if (count < PARTS_MAX)
            parts[count] = (struct part) { .text = text, .length = length };
        count++;
        if (text[length] == '\0')
            return count;
        text += length + 1;
    }
}

static bool is_text(const struct part *part, const char *text)
{
    return part->length == strlen(text) && memcmp(part->text, text, part->length) == 0;
}

static bool same_part(const struct part *one, const struct part *other)
{
    return one->length == other->length && (one->length == 0 || memcmp(one->text, other->text, one->length) == 0);
}

static bool is_number(const struct part *part)
{
    for (size_t i = 0; i < part->length; i++) {
        if (!isdigit((unsigned char) part->text[i]))
            return false;
    }
    return part->length > 0;
}

static const struct connection_driver *find_driver(const struct part *name)
{
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (is_text(name, drivers[i].name))
            return &drivers[i];
    }
    return NULL;
}

/* libnfc compares these parts with libusb's names as texts, so "1:4" would never be found. */
static const char *usb_problem(const struct part parts[PARTS_MAX], size_t count)
{
    for (size_t i = 1; i < count && i < PARTS_MAX; i++) {
        if (!is_number(&parts[i]) || parts[i].length != 3)
            return "bus and device are numbers of three digits, \"001:004\", as lsusb shows them; next: leave them out"
                   " for the only such device";
    }
    return count > PARTS_MAX ? "there is nothing behind bus and device; next: take it away" : NULL;
}

static const char *file_problem(enum connection_kind kind, const struct part parts[PARTS_MAX], size_t count)
{
    if (count < 2 || parts[1].length == 0)
        return "libnfc cannot look for such a device by itself; next: name its file, for instance"
               " \"pn532_uart:/dev/ttyS0\"";
    if (parts[1].text[0] != '/')
        return "the device is written with its whole path, for instance \"pn532_uart:/dev/ttyS0\"";
    if (kind == CONNECTION_BUS && count > 2)
        return "nothing stands behind the device, for the kernel sets the speed of I2C, and libnfc divides the text at"
               " each ':'; next: take it away";
    if (count > PARTS_MAX || (count == PARTS_MAX && (!is_number(&parts[2]) || parts[2].length > 9)))
        return "what stands behind the device is its speed, a number, for libnfc divides the text at each ':'; next:"
               " name a file without ':' in its name, for instance in /dev/serial/by-id";
    return NULL;
}

char *connection_problem(const char *text)
{
    struct part parts[PARTS_MAX];

    if (strcmp(text, CONNECTION_EVERY) == 0)
        return NULL;
    if (*text == '\0')
        return text_copy("is empty; next: write \"*\" for every device that libnfc finds by itself");
    if (strlen(text) > CONNECTION_MAX_BYTES)
        return text_format("is too long; at most %d bytes", CONNECTION_MAX_BYTES);
    if (strpbrk(text, "*?[]") != NULL)
        return text_format("\"%s\" is not allowed: there are no patterns here; next: write \"*\" alone for every device"
                           " that libnfc finds by itself, or one whole connection string", text);
    const size_t count = divide(text, parts);
    if (is_text(&parts[0], "pcsc") || is_text(&parts[0], "acr122_pcsc"))
        return text_format("\"%s\" is not allowed: a reader on pcscd needs no libnfc; next: write driver = \"pcsc\","
                           " and name instead of connection", text);
    const struct connection_driver *driver = find_driver(&parts[0]);
    if (driver == NULL)
        return text_format("\"%s\" is not allowed: it begins with none of libnfc's drivers; next: begin with one of "
                           DRIVER_NAMES ", for instance \"pn532_uart:/dev/ttyS0\"", text);
    const char *problem = driver->kind == CONNECTION_USB ? usb_problem(parts, count)
                                                         : file_problem(driver->kind, parts, count);
    return problem == NULL ? NULL : text_format("\"%s\" is not allowed: %s", text, problem);
}

bool connection_same_device(const char *one, const char *other)
{
    struct part mine[PARTS_MAX], theirs[PARTS_MAX];

    if (strcmp(one, other) == 0)
        return true;
    const size_t mine_count = divide(one, mine);
    const size_t theirs_count = divide(other, theirs);
    const struct connection_driver *driver = find_driver(&mine[0]), *other_driver = find_driver(&theirs[0]);
    if (driver == NULL || other_driver == NULL || mine_count < 2 || theirs_count < 2)
        return false;
    if ((driver->kind == CONNECTION_USB) != (other_driver->kind == CONNECTION_USB) || !same_part(&mine[1], &theirs[1]))
        return false;
    return driver->kind != CONNECTION_USB ? true : mine_count >= 3 && same_part(&mine[2], &theirs[2]);
}
