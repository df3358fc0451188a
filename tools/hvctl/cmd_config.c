// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl config ...: hands over to the Python tool, which lives beside this binary or in
 * /usr/share/bulkhead.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "hvctl.h"

#define TOOL "hvctl-config"

static int beside(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - sizeof(TOOL) - 1);
	char *slash;

	if (n <= 0)
		return -errno;
	path[n] = 0;
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	memcpy(slash + 1, TOOL, sizeof(TOOL));
	return 0;
}

int cmd_config(const struct options *o, int argc, char **argv)
{
	char path[4096];

	(void)o, (void)argc;
	argv[0] = TOOL;
	if (!beside(path, sizeof(path)))
		execv(path, argv);
	execv("/usr/share/bulkhead/" TOOL, argv);
	if (errno == ENOENT)
		return fail(EXIT_FAILED,
			    TOOL " is neither beside hvctl nor in "
				 "/usr/share/bulkhead, or Python is not installed (apt "
				 "install python3)");
	return fail(EXIT_FAILED, TOOL ": %s", strerror(errno));
}
