/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways to configuration space */
#ifndef ATTACK_FUNCTIONS_H
#define ATTACK_FUNCTIONS_H

enum config_way {
	BY_PORTS,
	IN_MEMORY,
	STRADDLING /* ports, from below the data register on: the lower three bytes */
};

#endif
