/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/bulkhead: opening it, asking it, and sentences for what it answers. Functions that
 * return an exit code have written the message already.
 */
#ifndef HVCTL_DEVICE_H
#define HVCTL_DEVICE_H

#include <bulkhead/comm.h>
#include <bulkhead/ioctl.h>
#include "hvctl.h"

/* Opens the device. *fd is valid on EXIT_OK. */
int device_open(int *fd);

/* Reads the driver's own figures. */
int device_info(int fd, struct bh_driver_info *info);

/* Reads all public pages: EXIT_NOT_ENABLED when there is no hypervisor. The events in *p that
 * the hypervisor may have overwritten meanwhile are set to BH_EVENT_NONE. */
int device_public(int fd, struct bh_public *p);

/* device_open() and device_public(). */
int device_open_public(int *fd, struct bh_public *p);

/* ioctl() on the device, its time counted. -1 and errno. */
int device_ioctl(int fd, unsigned long request, void *argument);

/* What the calls of device_ioctl() took together, in milliseconds. */
double device_spent_ms(void);

/* With --json: a document {"cell": name, "driver_ms": ...}; name may be NULL. */
void device_put_spent(const struct options *o, const char *name);

/* 0 or a negative errno; no message. */
int device_read(int fd, uint32_t area, uint32_t id, uint64_t offset, void *data, size_t size);

/* The cell of that name, or NULL. Names that the hypervisor wrote are NUL-terminated here. */
const struct bh_cell_public *public_cell(const struct bh_public *p, const char *name);

/* Columns that the longest name of a cell takes, for tables. */
int public_name_width(const struct bh_public *p);

/* As public_cell(); writes the message: no such cell, and which there are. */
int device_cell(const struct bh_public *p, const char *name, const struct bh_cell_public **cell);

/* The cell's information page; -ENODATA when it has none yet. */
int device_cell_info(int fd, const struct bh_cell_public *cell, struct bh_info *info);

/* Host memory that is not on the stack. Never NULL. */
void *xmalloc(size_t size);

enum device_call {
	CALL_ENABLE,
	CALL_DISABLE,
	CALL_CREATE,
	CALL_DESTROY,
	CALL_LOAD,
	CALL_START,
	CALL_STOP,
	CALL_READ,
	CALL_ROOT_LOAD,
	CALL_ROOT_UNLOAD,
};

/* Message and exit code for a call that failed with this errno. subject: file or cell. */
int device_fail(enum device_call call, const char *subject, int error);

#endif
