/* SPDX-License-Identifier: MIT */
/*
 * What a reader's thread tells the main thread: plain data in the intake's queue. A sighting belongs to whoever holds
 * it; sighting_free releases it with everything in it.
 */
#ifndef SPRINGPARK_GATEWAY_SIGHTING_H
#define SPRINGPARK_GATEWAY_SIGHTING_H

#include "card/card.h"
#include "gateway/device_note.h"
#include "reader/reader.h"
#include "template/token.h"

enum sighting_kind {
    SIGHTING_APPEARED,   /* driver, name */
    SIGHTING_HEALTH,     /* health, text = reason */
    SIGHTING_DESCRIBED,  /* device */
    SIGHTING_ARRIVED,    /* token */
    SIGHTING_LEFT,       /* text = identifier in hex */
    SIGHTING_NO_MATCH,   /* no template wants the card */
    SIGHTING_FAILED,     /* error */
    SIGHTING_CLEARED,    /* the card that failed has gone */
    SIGHTING_GONE,
};

struct sighting {
    enum sighting_kind kind;
    char *reader;        /* label */
    const char *driver;  /* constant */
    char *name;
    char *text;
    struct token *token;
    struct device_note device;
    enum reader_health health;
    enum card_error error;
};

struct sighting *sighting_create(enum sighting_kind kind, const char *reader);
void sighting_free(void *sighting);

#endif
