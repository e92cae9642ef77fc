/* SPDX-License-Identifier: MIT */
/*
 * The names of all settings of the configuration file. Any thread; no state.
 */
#ifndef SPRINGPARK_DEVICE_CONFIG_PATHS_H
#define SPRINGPARK_DEVICE_CONFIG_PATHS_H

typedef void config_visit_path(void *context, const char *path);

/* Calls visit for every setting by its whole name: "mqtt.tls.sni", "templates.swap", "keys.slot_D", "registers". */
void config_visit_paths(config_visit_path *visit, void *context);

#endif
