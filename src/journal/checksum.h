/* SPDX-License-Identifier: MIT */
/*
 * The checksum that each record of the journal carries, over its identity and its payload, so that a flipped bit is found
 * even where the file as such is sound. CRC-32 as of IEEE 802.3 (zlib). Pure.
 */
#ifndef SPRINGPARK_JOURNAL_CHECKSUM_H
#define SPRINGPARK_JOURNAL_CHECKSUM_H

#include "base/event_id.h"

#include <stddef.h>
#include <stdint.h>

uint32_t checksum_event(struct event_id id, const char *payload, size_t size_bytes);

#endif
