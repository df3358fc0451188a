/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included first in every file of the modules: whose messages they are.
 */
#ifndef BULKHEAD_LOG_H
#define BULKHEAD_LOG_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#endif
