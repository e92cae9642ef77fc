/* SPDX-License-Identifier: MIT */
#include "template/token.h"

#include "base/memory.h"

#include <stdlib.h>

struct token *token_copy(const struct token *token)
{
    struct token *copy = memory_zeroed(1, sizeof *copy);

    copy->interface = token->interface;
    copy->protocol = token->protocol;
    copy->template_number = token->template_number;
    copy->tag_id = text_copy(token->tag_id);
    copy->tag_data = text_copy(token->tag_data);
    copy->tag_details = text_copy(token->tag_details);
    return copy;
}

void token_free(struct token *token)
{
    if (token == NULL)
        return;
    free(token->tag_id);
    free(token->tag_data);
    free(token->tag_details);
    free(token);
}
