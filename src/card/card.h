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

enum card_key { CARD_KEY_A, CARD_KEY_B };
enum { CARD_CLASSIC_KEY_BYTES = 6 };

struct card {
    enum card_technology technology;
    uint8_t uid[CARD_UID_MAX_BYTES];      /* the protocol's identifier: UID, PUPI, IDm, DIV */
    size_t uid_bytes;
    uint8_t ats[CARD_ATS_MAX_BYTES];      /* T0 to the historical bytes, without the length byte TL; over PC/SC what
                                             the reader gives, which may be the historical bytes alone, or nothing */
    size_t ats_bytes;
    uint8_t atr[CARD_ATR_MAX_BYTES];      /* PC/SC only */
    size_t atr_bytes;
    uint8_t protocol_bytes[CARD_PROTOCOL_MAX_BYTES]; /* ATQA + SAK, ATQB...: what the anti-collision gave, without the UID */
    size_t protocol_bytes_count;

    /*
     * Sends one command APDU and receives the answer. Commands of class FF are for the reader (PC/SC part 3, 3.2.2);
     * every driver answers these three, as far as its reader can, all others 6A 81 or as the reader likes:
     *   FF CA 00 00 LE     the UID; FF CA 01 00 LE: the ATS as the reader has it, for which there is `ats` above
     *   FF B0 00 NUMBER LE read binary of a storage card: 4 bytes a number and up to 16 (or more, by several reads) of
     *                      a Type 2 tag, 16 bytes a number of a Mifare Classic after authenticate, 16 bytes a number of
     *                      a FeliCa after FF A4, one block a number of ISO/IEC 15693 (PC/SC only). 6A 82: there is no
     *                      such page; 69 82: the card did not give that block; 69 86: no FF A4 came before; 6C XX: LE
     *                      should be XX.
     *   FF A4 00 01 02 LOW HIGH  which service of a FeliCa FF B0 reads, by its code with the low byte first (PC/SC
     *                      part 3, supplement for FeliCa); a reader may answer 90 00 for a service that is not there
     * libnfc also takes a native frame of a card without ISO/IEC 14443-4; few PC/SC readers do. Set by the driver.
     * Returns the number of bytes received, status bytes included, or a negative card_error. An answer that is longer
     * than the capacity is CARD_ERROR_MUTE, never cut; a command that the reader does not take (over libnfc one of more
     * than 262 bytes) is CARD_ERROR_READER.
     */
    int (*transceive)(struct card *card, const uint8_t *command, size_t command_bytes, uint8_t *answer,
                      size_t answer_capacity_bytes);

    /*
     * Authenticates a Mifare Classic for the sector of that block, by the reader's own CRYPTO1, so that transceive can
     * then read its blocks with FF B0 (PC/SC part 3, 3.2.2.1.6). Set by every driver.
     * Returns 0, or a negative card_error: CARD_ERROR_REFUSED if the card does not take the key, or takes none at all;
     * another key may be tried at once. The key is not kept.
     */
    int (*authenticate)(struct card *card, uint8_t block, enum card_key kind,
                        const uint8_t key[CARD_CLASSIC_KEY_BYTES]);

    /*
     * Brings the card back to the state in which it arrived: what it was told before (an application that was selected,
     * a key) is forgotten. Set by every driver; NULL for a card that has no driver.
     * Returns 0, or a negative card_error: CARD_ERROR_GONE if it is another card or none.
     */
    int (*restart)(struct card *card);
    void *driver;
};

enum card_error {
    CARD_ERROR_GONE = -1,     /* the card has left */
    CARD_ERROR_MUTE = -2,     /* it is there and does not answer, or answers nonsense */
    CARD_ERROR_READER = -3,   /* the reader or its service failed */
    CARD_ERROR_REFUSED = -4,  /* the card refused the key */
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
