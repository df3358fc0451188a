// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code under test is built once for unit tests and fuzzers, with marks for the fuzzers'
 * driver. Unit tests have no use for them.
 */
void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
}
