/* SPDX-License-Identifier: MIT */
#include "cloud/settings.h"

#include "base/memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Where the texts are in the struct, so that copying and freeing cannot forget different ones. */
static const size_t text_offsets[] = {
    offsetof(struct cloud_settings, host),
    offsetof(struct cloud_settings, tls.ca),
    offsetof(struct cloud_settings, tls.certificate),
    offsetof(struct cloud_settings, tls.key),
    offsetof(struct cloud_settings, tls.chain),
    offsetof(struct cloud_settings, claim.certificate),
    offsetof(struct cloud_settings, claim.key),
    offsetof(struct cloud_settings, claim.template_name),
    offsetof(struct cloud_settings, claim.serial),
    offsetof(struct cloud_settings, claim.thing),
    offsetof(struct cloud_settings, registrations),
    offsetof(struct cloud_settings, client_id),
    offsetof(struct cloud_settings, login),
    offsetof(struct cloud_settings, password),
    offsetof(struct cloud_settings, topic_meta),
    offsetof(struct cloud_settings, topic_status),
    offsetof(struct cloud_settings, topic_event),
    offsetof(struct cloud_settings, topic_command),
};

#define TEXT_COUNT (sizeof text_offsets / sizeof text_offsets[0])

static char **text_at(struct cloud_settings *settings, size_t offset)
{
    return (char **) (void *) ((char *) settings + offset);
}

struct cloud_settings *cloud_settings_copy(const struct cloud_settings *settings)
{
    struct cloud_settings *copy = memory_copy(settings, sizeof *settings);

    for (size_t i = 0; i < TEXT_COUNT; i++) {
        char **text = text_at(copy, text_offsets[i]);
        *text = text_copy(*text != NULL ? *text : "");
    }
    copy->will = text_copy(settings->will);
    return copy;
}

static void release(const char *text)
{
    free((void *) (uintptr_t) text);
}

void cloud_settings_free(struct cloud_settings *settings)
{
    if (settings == NULL)
        return;
    char *password = (char *) (uintptr_t) settings->password;
    explicit_bzero(password, strlen(password));
    for (size_t i = 0; i < TEXT_COUNT; i++)
        free(*text_at(settings, text_offsets[i]));
    release(settings->will);
    free(settings);
}
