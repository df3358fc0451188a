/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the ABI headers want of <assert.h>, for compilers without a C library (and for -m32 on
 * hosts that have none for 32 bit).
 */
#ifndef INMATE_ASSERT_H
#define INMATE_ASSERT_H

#define static_assert _Static_assert

#endif
