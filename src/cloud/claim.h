/* SPDX-License-Identifier: MIT */
/*
 * Fleet provisioning by claim of AWS IoT Core: a box that has no certificate but a claim's, which all boxes share,
 * makes a key, asks for a certificate for it, is registered by a template, and has a certificate of its own from then
 * on.
 * The steps and topics are those of the developer guide's pages "Provisioning devices that don't have device
 * certificates" and "Device provisioning MQTT API". The claim's policy is doc/aws/policy-claim.json.
 */
#ifndef SPRINGPARK_CLOUD_CLAIM_H
#define SPRINGPARK_CLOUD_CLAIM_H

#include "base/errors.h"
#include "cloud/cloud.h"
#include "cloud/link.h"

#include <stdbool.h>

/* Whether a certificate is to be obtained before anything else: there is a claim, and no file tls.certificate. Blocks
 * on the disk; any thread. */
bool claim_is_due(const struct cloud_settings *settings);

/* The settings of a connection with the claim: its certificate, key and client id, no login and no last will, and as
 * topic_command one that it may subscribe to. The texts are those of settings, and *client_id, which is the
 * caller's. */
struct cloud_settings claim_connection(const struct cloud_settings *settings, char **client_id);

/* Looks at the claim's files, and at the box's key if it is there already, for cloud_check_settings: the same rules. */
void claim_check(const struct cloud_settings *settings, struct errors *errors, struct errors *notes);

/* Cloud thread, when claim_is_due: one attempt, as link_run. LINK_PROVISIONED: key and certificate are in their files,
 * and text is the name of the thing. version: 5 or 4. */
struct link_result claim_run(struct cloud *cloud, const struct cloud_settings *settings, int version);

#endif
