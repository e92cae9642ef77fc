/* SPDX-License-Identifier: MIT */
/*
 * Whether tags are reported: the activation bits of register 02A0 and smart_reader.activation. A reader that is not
 * active is polled all the same, so that a tag that lies there when reading begins is reported then; until then no tag
 * is. Only the REMOVE of a tag whose INSERT was told still comes.
 *
 *  - explicit activation: a host's command says so, READER COMMAND with Active or $SCCMD with ACT (both extensions: the
 *    vendor's pages know of a start command and do not say how it comes over MQTT);
 *  - activation on startup: reading starts with the program. With explicit activation, too, a command can still end it;
 *  - neither: while a host is connected. The journal counts as one from the start on, for it takes events then, in
 *    memory until its file is open; so an outage stops nothing. With activation = "broker" the broker is the host: while
 *    it is not connected nothing is read, and an explicit activation ends with the connection.
 *
 * Main thread only.
 */
#ifndef SPRINGPARK_GATEWAY_ACTIVATION_H
#define SPRINGPARK_GATEWAY_ACTIVATION_H

#include "device/settings.h"

#include <stdbool.h>

enum activation { ACTIVATION_ACTIVE, ACTIVATION_WAITS_FOR_BROKER, ACTIVATION_WAITS_FOR_COMMAND };

/* What holds for a host that is online or not, and said so (commanded) or not. */
enum activation activation_judge(const struct settings_smart_reader *settings, bool online, bool commanded);

/* Whether a command holds on when the connection ends. */
bool activation_outlasts_connection(const struct settings_smart_reader *settings);

/* What is waited for, in words; NULL if active. */
const char *activation_words(enum activation activation);

#endif
