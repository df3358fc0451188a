/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports by which the root can reset the machine or send it to sleep, and what a write to one of them
 * means: those that every PC has, and those that the system description names.
 */
#ifndef PURE_STOP_H
#define PURE_STOP_H

#include "config.h"

enum stop_verdict {
	STOP_PASS,    /* an access like others */
	STOP_DROP,    /* would prepare a reset, or take address line 20 away from everybody */
	STOP_MACHINE, /* ends what runs on the machine */
};

/* Whether the port has to be trapped: 1 or 0. */
int stop_is_port(const struct config_system *sys, uint32_t port);

/* Judges a write of 1, 2 or 4 bytes. With STOP_PASS *value is what may be written. */
enum stop_verdict stop_judge(const struct config_system *sys, uint16_t port, unsigned int width,
			     uint32_t *value);

#endif
