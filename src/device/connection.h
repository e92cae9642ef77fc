/* SPDX-License-Identifier: MIT */
/*
 * The connection strings of libnfc, as the setting `connection` of a reader has them: DRIVER[:...], or "*" for every
 * device that libnfc finds by itself. Judged by their text alone, so that a settings file is right or wrong whatever is
 * plugged in and whether or not libnfc is there. Any thread; no state.
 *
 * What libnfc takes is in the manual pages and sources of libnfc 1.8.0: it divides a connection string at each ':' into
 * at most three parts, the driver's name, then for USB the numbers of bus and device as libusb writes them (three digits
 * each), for a line the device's file and the speed.
 */
#ifndef SPRINGPARK_DEVICE_CONNECTION_H
#define SPRINGPARK_DEVICE_CONNECTION_H

#include <stdbool.h>

/* Stands for every device that libnfc finds by itself. */
#define CONNECTION_EVERY "*"

/* libnfc's own limit, without the final 0. */
enum { CONNECTION_MAX_BYTES = 1023 };

/* NULL if text is "*" or a connection string that libnfc as Debian has it can open; else what is wrong with it and what
 * to write, in new memory. */
char *connection_problem(const char *text);

/* Whether the two stand for one device, as far as their text tells: the same file, whatever driver and speed; the same
 * place on USB; or both "*". */
bool connection_same_device(const char *one, const char *other);

#endif
