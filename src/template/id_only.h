/* SPDX-License-Identifier: MIT */
/*
 * What the engine needs of the template "ID Only" beside its row in the table. Any thread; no state.
 */
#ifndef SPRINGPARK_TEMPLATE_ID_ONLY_H
#define SPRINGPARK_TEMPLATE_ID_ONLY_H

/* The technologies that fast inventory looks for, as card_technology bits: all. */
unsigned id_only_all_technologies(void);

#endif
