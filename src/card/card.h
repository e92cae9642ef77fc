/* SPDX-License-Identifier: MIT */
/*
 * A card or tag on a reader, as plain data, and the one way to talk to it, the same for every driver.
 *
 * A struct card lives on its reader's thread, for the time of one visit; drivers fill it, templates read it.
 */
#ifndef SPRINGPARK_CARD_CARD_H
#define SPRINGPARK_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RF technologies, as bits, so that a template can ask for several. */
enum card_technology {
    CARD_UNKNOWN = 0,
    CARD_NFC_A = 1 << 0,        /* ISO/IEC 14443 type A */
    CARD_NFC_B = 1 << 1,        /* ISO/IEC 14443 type B */
    CARD_NFC_V = 1 << 2,        /* ISO/IEC 15693 */
    CARD_NFC_F = 1 << 3,        /* FeliCa */
    CARD_KOVIO = 1 << 4,        /* ThinFilm / Kovio RF barcode */
    CARD_NFC_T1T = 1 << 5,      /* Innovision Topaz / Jewel */
    CARD_ST_SR = 1 << 6,        /* ST SR family */
    CARD_ASK_CTS = 1 << 7,      /* ASK CTS 256B / 512B */
    CARD_PICOTAG_B = 1 << 8,    /* Inside PicoTag, protocol B */
    CARD_PICOTAG_V = 1 << 9,    /* Inside PicoTag, protocol V */
    CARD_INNOVATRON = 1 << 10,  /* ISO/IEC 14443 B', Calypso */
};

enum { CARD_UID_MAX_BYTES = 32, CARD_ATS_MAX_BYTES = 64, CARD_ATR_MAX_BYTES = 33, CARD_PROTOCOL_MAX_BYTES = 64 };

struct card {
    enum card_technology technology;
    uint8_t uid[CARD_UID_MAX_BYTES];      /* the protocol's identifier: UID, PUPI, IDm, DIV */
    size_t uid_bytes;
    uint8_t ats[CARD_ATS_MAX_BYTES];      /* as far as the reader gives it */
    size_t ats_bytes;
    uint8_t atr[CARD_ATR_MAX_BYTES];      /* PC/SC only */
    size_t atr_bytes;
    uint8_t protocol_bytes[CARD_PROTOCOL_MAX_BYTES]; /* ATQA + SAK, ATQB...: what the anti-collision gave, without the UID */
    size_t protocol_bytes_count;

    /*
     * Sends one command APDU (or native frame) and receives the answer. Set by the driver.
     * Returns the number of bytes received, or a negative card_error.
     */
    int (*transceive)(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t answer_capacity_bytes);
    void *driver;
};

enum card_error {
    CARD_ERROR_GONE = -1,     /* the card has left */
    CARD_ERROR_MUTE = -2,     /* it is there and does not answer, or answers nonsense */
    CARD_ERROR_READER = -3,   /* the reader or its service failed */
};

/*
 * The JSON name of a technology ("NFC-A", "NFC-T1T", "Innovatron"...), a constant text; never NULL. Any thread.
 *
 * Assumptions, where the vendor's list has a hole: ISO/IEC 15693 is "NFC-V" (the list has an odd "NFC-C" instead);
 * a Kovio RF barcode is "Kovio"; both PicoTag protocols are "Inside-Pico"; a tag whose technology the reader did not
 * say is "unknown".
 */
const char *card_protocol_name(enum card_technology technology);

/*
 * The technology for such a name (case counts), or CARD_UNKNOWN. "Inside-Pico" gives CARD_PICOTAG_V, the more common
 * of the two. Any thread.
 */
enum card_technology card_technology_from_name(const char *name);

#endif
