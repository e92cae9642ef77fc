/* SPDX-License-Identifier: MIT */
/*
 * A plan: one configuration together with everything that the stages are told because of it. Made whole or not at all,
 * on a thread that may block on the disk; constant afterwards, except that the main thread refreshes the identity.
 * This is the one place where the settings are turned into the stages' own plain data.
 */
#ifndef SPRINGPARK_GATEWAY_PLAN_H
#define SPRINGPARK_GATEWAY_PLAN_H

#include "base/errors.h"
#include "cloud/cloud.h"
#include "device/config.h"
#include "device/identity.h"
#include "journal/journal.h"
#include "presence/presence.h"
#include "template/template.h"

struct plan {
    struct config *config;
    const struct settings *settings;   /* the config's */
    struct identity *identity;
    struct presence_settings presence;
    struct template_registers templates[TEMPLATE_COUNT];
    struct cloud_settings cloud;
    struct journal_settings journal;   /* the folder is the gateway's to say */
    char *topics[4];                   /* what cloud.topic_* point to */
    char *will;
    char *file_stamps[4];              /* of the files of certificates and keys, when the plan was made */
    struct errors *notes;              /* accepted, but without effect on a gateway */
};

/* NULL if anything is wrong: errors then says everything, also of certificates and keys. */
struct plan *plan_create(const char *config_file, const char *instance, struct errors *errors);
void plan_free(struct plan *plan);

/* Whether both mean the same readers and templates, so that a reload can leave the readers alone. */
bool plan_same_readers(const struct plan *one, const struct plan *other);

/* The same for everything that neither the readers nor the connection hang on: presence, messages, intervals, names. */
bool plan_same_rest(const struct plan *one, const struct plan *other);

/* The same for the connection to the broker; certificates or keys that were renewed under their old names differ. */
bool plan_same_cloud(const struct plan *one, const struct plan *other);

#endif
