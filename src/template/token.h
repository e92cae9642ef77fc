/* SPDX-License-Identifier: MIT */
/*
 * What the template engine makes of a card: the plain data that goes on to presence and into the event. Texts are the
 * token's own; token_free releases them.
 */
#ifndef SPRINGPARK_TEMPLATE_TOKEN_H
#define SPRINGPARK_TEMPLATE_TOKEN_H

struct token {
    const char *interface; /* constant: "13.56" */
    const char *protocol;  /* constant, see card_protocol_name */
    int template_number;   /* 1..4; 0 = fast inventory, no template is set */
    char *tag_id;          /* the protocol's identifier in upper-case hex */
    char *tag_data;        /* the template's output; NULL in fast inventory */
    char *tag_details;     /* NULL = none */
};

/* A copy that the caller frees with token_free. */
struct token *token_copy(const struct token *token);

/* NULL is fine. */
void token_free(struct token *token);

#endif
