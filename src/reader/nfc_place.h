/* SPDX-License-Identifier: MIT */
/*
 * Where a libnfc device is, as its connection string says: DRIVER[:PLACE[:SPEED]] (libnfc 1.8.0 takes it apart at its
 * colons, so that no place can have one), or DRIVER[:BUS:DEVICE] for USB. Any thread; no state.
 */
#ifndef SPRINGPARK_READER_NFC_PLACE_H
#define SPRINGPARK_READER_NFC_PLACE_H

#include "reader/nfc_wire.h"

#include <stdbool.h>
#include <stdint.h>

enum nfc_place_kind {
    NFC_PLACE_NOWHERE = 0,  /* "*", a driver that has no node, nonsense */
    NFC_PLACE_SERIAL,       /* pn532_uart, arygon, acr122s */
    NFC_PLACE_I2C,          /* pn532_i2c */
    NFC_PLACE_SPI,          /* pn532_spi */
    NFC_PLACE_USB,          /* pn53x_usb, acr122_usb */
};

/* The address of a PN532 on an I2C bus is fixed (libnfc: pn532_i2c.c; NXP UM0701-02, 6.2.4). */
enum { NFC_I2C_ADDRESS = 0x24 };

struct nfc_place {
    enum nfc_place_kind kind;
    char driver[16];
    char node[NFC_CONNECTION_MAX_BYTES + 1];  /* SERIAL, I2C, SPI: the device node as written; never empty */
    bool colon;          /* what follows the node is no speed: the node's name has a colon, and libnfc cuts it there */
    bool numbered;       /* USB: bus and device are given */
    unsigned usb_bus;
    unsigned usb_device;
};

/* NFC_PLACE_NOWHERE with everything else 0 if no node or USB device follows from the connection. */
void nfc_place_read(const char *connection, struct nfc_place *place);

/* Whether libnfc's driver of that place drives USB devices of that vendor and product. */
bool nfc_place_knows_usb(const struct nfc_place *place, uint16_t vendor, uint16_t product);

#endif
