/* SPDX-License-Identifier: MIT */
/*
 * Whether a gateway is there: the kernel is made to ask for its link address (ARP), and answers by the neighbour table.
 * That needs no service on the gateway and no answer to a ping. Needs root; one thread; nothing blocks for long.
 */
#ifndef SPRINGPARK_TOOL_GATEWAY_PROBE_H
#define SPRINGPARK_TOOL_GATEWAY_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forgets what the kernel knows of that neighbour, unless an administrator put it there, so that only a new answer
 * counts. Addresses in the order of the host; interface_index: as in if_nametoindex. */
void gateway_probe_forget(unsigned interface_index, uint32_t gateway);

/* Asks once more, and says whether an answer has come since. */
bool gateway_probe_answers(const char *interface, unsigned interface_index, uint32_t gateway);

/* Pure: whether the messages of an answer of the kernel (struct nlmsghdr, RTM_NEWNEIGH...) have that neighbour;
 * *state is its NUD_*, *last whether the answer ends there. */
bool gateway_probe_take(const void *answer, size_t size_bytes, unsigned interface_index, uint32_t gateway,
                        uint16_t *state, bool *last);

#endif
