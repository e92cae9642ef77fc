/* SPDX-License-Identifier: MIT */
#include "reader/nfc_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *driver;
    enum nfc_place_kind kind;
} drivers[] = {
    { "pn532_uart", NFC_PLACE_SERIAL }, { "arygon", NFC_PLACE_SERIAL },   { "acr122s", NFC_PLACE_SERIAL },
    { "pn532_i2c", NFC_PLACE_I2C },     { "pn532_spi", NFC_PLACE_SPI },
    { "pn53x_usb", NFC_PLACE_USB },     { "acr122_usb", NFC_PLACE_USB },
};

/* What libnfc 1.8.0 knows by vendor and product (pn53x_usb.c, acr122_usb.c). */
static const struct {
    const char *driver;
    uint16_t vendor, product;
} usb_devices[] = {
    { "pn53x_usb", 0x04CC, 0x0531 },   /* Philips PN531 */
    { "pn53x_usb", 0x04CC, 0x2533 },   /* NXP PN533 */
    { "pn53x_usb", 0x04E6, 0x5591 },   /* SCM SCL3711 */
    { "pn53x_usb", 0x04E6, 0x5594 },   /* SCM SCL3712 */
    { "pn53x_usb", 0x054C, 0x0193 },   /* Sony PN531 */
    { "pn53x_usb", 0x1FD3, 0x0608 },   /* ASK LoGO */
    { "pn53x_usb", 0x054C, 0x02E1 },   /* Sony RC-S360 */
    { "acr122_usb", 0x072F, 0x2200 },  /* ACS ACR122U */
    { "acr122_usb", 0x072F, 0x90CC },  /* Touchatag */
    { "acr122_usb", 0x072F, 0x2214 },  /* ACS ACR1222 */
};

/* The part up to the next colon into text, cut to its size; what follows the colon, or NULL. */
static const char *take_part(const char *from, char *text, size_t size_bytes)
{
    size_t length = strcspn(from, ":");
    size_t kept = length < size_bytes ? length : size_bytes - 1;

    memcpy(text, from, kept);
    text[kept] = '\0';
    return from[length] == ':' ? from + length + 1 : NULL;
}

static enum nfc_place_kind kind_of(const char *driver)
{
    for (size_t index = 0; index < sizeof drivers / sizeof drivers[0]; index++)
        if (strcmp(drivers[index].driver, driver) == 0)
            return drivers[index].kind;
    return NFC_PLACE_NOWHERE;
}

/* Up to three digits, as libnfc writes bus and device. */
static bool read_number(const char *text, unsigned *number)
{
    size_t length = strspn(text, "0123456789");

    if (length == 0 || length > 3 || text[length] != '\0')
        return false;
    *number = (unsigned) strtoul(text, NULL, 10);
    return true;
}

static bool is_speed(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

void nfc_place_read(const char *connection, struct nfc_place *place)
{
    char first[sizeof place->node] = "", second[8] = "";
    struct nfc_place found = { 0 };

    *place = found;
    const char *rest = take_part(connection, found.driver, sizeof found.driver);
    found.kind = kind_of(found.driver);
    if (found.kind == NFC_PLACE_NOWHERE)
        return;
    if (rest != NULL)
        rest = take_part(rest, first, sizeof first);
    if (found.kind == NFC_PLACE_USB) {
        if (rest != NULL)
            (void) take_part(rest, second, sizeof second);
        found.numbered = read_number(first, &found.usb_bus) && read_number(second, &found.usb_device);
    } else {
        if (first[0] == '\0')
            return;
        memcpy(found.node, first, sizeof found.node);
        found.colon = rest != NULL && !is_speed(rest);
    }
    *place = found;
}

bool nfc_place_knows_usb(const struct nfc_place *place, uint16_t vendor, uint16_t product)
{
    for (size_t index = 0; index < sizeof usb_devices / sizeof usb_devices[0]; index++)
        if (usb_devices[index].vendor == vendor && usb_devices[index].product == product
            && strcmp(usb_devices[index].driver, place->driver) == 0)
            return true;
    return false;
}
