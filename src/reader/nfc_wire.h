/* SPDX-License-Identifier: MIT */
/*
 * What is said between the daemon and its helper process springpark-nfc, in which libnfc runs: one request, one answer,
 * each one datagram of a SOCK_SEQPACKET pair. Any thread; no state.
 *
 * libnfc is in a process of its own because its calls can block without limit and without a way to abort them (a chip
 * that falls silent in the middle of a frame), and because it calls abort(3) and copies by lengths that come over the
 * line when a chip answers nonsense. A process can be ended whatever it does; a thread cannot.
 *
 * Both ends are of one build. The helper is what outside bytes reach first, so the daemon takes each answer apart as
 * carefully as bytes from the network: a datagram that is none is refused whole.
 */
#ifndef SPRINGPARK_READER_NFC_WIRE_H
#define SPRINGPARK_READER_NFC_WIRE_H

#include "reader/nfc_tag.h"

#include <stdint.h>

enum {
    NFC_CONNECTION_MAX_BYTES = 1023,  /* libnfc's own limit, without the final 0 */
    NFC_TEXT_MAX_BYTES = 255,
    NFC_FRAME_MAX_BYTES = 262,        /* what one exchange takes and gives at most */
    NFC_DEVICES_MAX = 16,
    NFC_MESSAGE_MAX_BYTES = (NFC_DEVICES_MAX + 1) * (NFC_CONNECTION_MAX_BYTES + 2) + 1024,
};

enum nfc_verb {
    NFC_LIST = 1,   /* which devices are there; before NFC_OPEN */
    NFC_OPEN,       /* opens the device of `connection` as a reader, field on */
    NFC_SELECT,     /* looks for a tag of the one technology in `technologies`, tries once or twice and does not wait */
    NFC_POLL,       /* the chip looks by itself for `technologies`, `polls` times 150 ms; ends with the first tag */
    NFC_PRESENT,    /* is the tag that was selected last still there? */
    NFC_DESELECT,   /* sends it to sleep: an NFC-A or NFC-B tag then answers no NFC_SELECT until it loses its power */
    NFC_RESET_FIELD, /* the field off and on again: all tags lose their power */
    NFC_EXCHANGE,   /* sends `bytes` to the selected tag as the chip frames them for it (APDU, or native frame) */
    NFC_CLOSE,      /* field off, device closed; the helper ends */
};

/* What is not used by the verb is 0. */
struct nfc_request {
    enum nfc_verb verb;
    char connection[NFC_CONNECTION_MAX_BYTES + 1];
    unsigned technologies;      /* card_technology bits */
    unsigned polls;             /* NFC_POLL: 1 to 254 */
    unsigned timeout_ms;        /* NFC_EXCHANGE: how long the tag may take */
    uint8_t bytes[NFC_FRAME_MAX_BYTES];
    size_t bytes_count;
};

enum nfc_result {
    NFC_FINE = 1,       /* done; a tag was found or is present */
    NFC_NOTHING,        /* no tag; it is not there any more */
    NFC_CARD_GONE,      /* NFC_EXCHANGE: the tag has left */
    NFC_CARD_MUTE,      /* NFC_EXCHANGE: no answer, or a garbled one */
    NFC_CARD_REFUSED,   /* NFC_EXCHANGE: the tag refused the authentication; it is silent until it is selected anew */
    NFC_UNSUPPORTED,    /* the chip or libnfc cannot do that */
    NFC_TROUBLE,        /* the device: it must be opened anew; text says why, in libnfc's words */
    /* Never on the wire; what nfc_link_ask finds out by itself. */
    NFC_HUNG,           /* the helper did not come back in time, and was ended */
    NFC_DIED,           /* the helper ended by itself; text says how */
    NFC_STOPPED,        /* the reader is to stop */
};

/* What is not used by the answer is 0. */
struct nfc_answer {
    enum nfc_result result;
    char text[NFC_TEXT_MAX_BYTES + 1];  /* NFC_TROUBLE: why. NFC_OPEN: the chip, "PN532 v1.6" */
    char name[NFC_TEXT_MAX_BYTES + 1];  /* NFC_OPEN: the device as libnfc names it */
    char connection[NFC_CONNECTION_MAX_BYTES + 1];  /* NFC_OPEN: the whole connection string */
    unsigned technologies;              /* NFC_OPEN: what NFC_SELECT can look for */
    unsigned poll_technologies;         /* NFC_OPEN: what NFC_POLL can look for; 0 = the chip cannot look by itself */
    struct nfc_tag tag;                 /* NFC_SELECT, NFC_POLL with NFC_FINE */
    uint8_t bytes[NFC_FRAME_MAX_BYTES]; /* NFC_EXCHANGE with NFC_FINE */
    size_t bytes_count;
    char devices[NFC_DEVICES_MAX][NFC_CONNECTION_MAX_BYTES + 1];  /* NFC_LIST: connection strings */
    size_t devices_count;
};

/* Writes the message; returns its size, or 0 if it is none: a text is longer than its place or not printable ASCII, a
 * count, a verb or a result is out of range. NFC_MESSAGE_MAX_BYTES are enough for any. */
size_t nfc_wire_put_request(const struct nfc_request *request, uint8_t *bytes, size_t capacity_bytes);
size_t nfc_wire_put_answer(const struct nfc_answer *answer, uint8_t *bytes, size_t capacity_bytes);

/* Makes a text that the wire takes: as much of `text` (NULL is an empty one) as fits, '?' for what is not taken. */
void nfc_wire_copy_text(char *to, size_t capacity_bytes, const char *text);

/* False if it is no such message, whole and nothing behind it; *request or *answer is then zeroed. */
bool nfc_wire_get_request(const uint8_t *bytes, size_t size_bytes, struct nfc_request *request);
bool nfc_wire_get_answer(const uint8_t *bytes, size_t size_bytes, struct nfc_answer *answer);

#endif
