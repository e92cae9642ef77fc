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
#include "feedback/feedback.h"
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
    struct feedback_settings feedback;
    struct feedback_device *feedback_devices;  /* what feedback points to */
    uint8_t signals[FEEDBACK_CAUSES_COUNT];    /* the sequence that is played for each cause, 0 = none */
    unsigned confirm_timeout_ms;       /* 0 = nobody waits for a confirmation */
    char *topics[4];                   /* what cloud.topic_* point to */
    char *will;
    char *thing_path;                  /* what cloud.claim.thing points to */
    char *file_stamps[6];              /* of the files of certificates and keys, when the plan was made */
    struct errors *notes;              /* accepted, but without effect on a gateway */
};

/* NULL if anything is wrong: errors then says everything, also of certificates and keys. */
struct plan *plan_create(const char *config_file, const char *instance, struct errors *errors);

/* The same for a text that config_file does not hold yet. */
struct plan *plan_create_from_text(const char *text, const char *config_file, const char *instance,
                                   struct errors *errors);

/* As plan_create, but of certificates and keys only their places are known: nothing has looked whether they are right, nor what
 * the broker's limits forbid. For who looks at each by itself. */
struct plan *plan_draft(const char *config_file, const char *instance, struct errors *errors);

void plan_free(struct plan *plan);

/* The META of this box, with the addresses that it has now; new memory. */
char *plan_meta_json(struct plan *plan);

/* Whether plan may follow old while a connection stands by old: a certificate that is new in plan and has expired, or is
 * not valid yet, would only end that. errors then says so. Blocks on the disk. */
bool plan_may_follow(const struct plan *plan, const struct plan *old, const char *config_file, struct errors *errors);

/* Whether both mean the same readers and templates, so that a reload can leave the readers alone. */
bool plan_same_readers(const struct plan *one, const struct plan *other);

/* The same for everything that neither the readers nor the connection hang on: presence, messages, intervals, names. */
bool plan_same_rest(const struct plan *one, const struct plan *other);

/* The same for the devices that signals act through, and for what is signalled. */
bool plan_same_feedback(const struct plan *one, const struct plan *other);
bool plan_same_signals(const struct plan *one, const struct plan *other);

/* The same for who is answered that looks for devices. */
bool plan_same_discovery(const struct plan *one, const struct plan *other);

/* The same for the connection to the broker; certificates or keys that were renewed under their old names differ. */
bool plan_same_cloud(const struct plan *one, const struct plan *other);

#endif
