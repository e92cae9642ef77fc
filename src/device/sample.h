/* SPDX-License-Identifier: MIT */
/*
 * The sample of /etc/springpark.conf, written from the tables: every setting with its meaning, what is allowed, its
 * default and its register. The committed etc/springpark.conf is this text (`springparkctl registers --sample`), and a
 * unit test holds that. Any thread; no state.
 */
#ifndef SPRINGPARK_DEVICE_SAMPLE_H
#define SPRINGPARK_DEVICE_SAMPLE_H

/* The whole text, in new memory. A line that starts with '#' and no space after it is a setting, ready to be used. */
char *sample_configuration(void);

#endif
