/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a description in DTS or DTB to the wire format, and from a broken rule back to the node
 * and property that broke it. Documentation/configuration.md has the schema and the rules.
 */
#ifndef HVCTL_DESCRIBE_H
#define HVCTL_DESCRIBE_H

#include <bulkhead/config.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with a description. Strings that do not apply are empty. */
struct describe_error {
	char file[256];
	char node[128];	   /* "/links/plc" */
	char property[64]; /* "peer" */
	char rule[32];	   /* "link-peer"; empty: not a rule, but the schema or the file itself */
	char text[1024];   /* all of it and how to mend it, for people; no newline at the end */
};

struct describe_map;

struct description {
	uint32_t kind; /* BH_CONFIG_SYSTEM or BH_CONFIG_CELL */
	char name[BH_NAME_LEN];
	char *path;
	void *blob; /* wire format, accepted by config_parse and config_check */
	size_t size;
	struct describe_map *map; /* which node each record came from */
};

/*
 * Reads a .dtb, or a .dts through dtc, whose own messages go to stderr. 0, or a negative errno
 * with *err filled: -ENOENT, -EACCES, -EIO (the file), -ENOTSUP (dtc is missing), -EINVAL (the
 * description is wrong). On success the caller ends with describe_free().
 *
 * system: what a cell is judged against, and where it looks up Linux CPU numbers; NULL: by
 * itself, numbers of the machine this runs on.
 */
int describe_load_for(const char *path, const struct description *system, struct description *out,
		      struct describe_error *err);

static inline int describe_load(const char *path, struct description *out,
				struct describe_error *err)
{
	return describe_load_for(path, NULL, out, err);
}

void describe_free(struct description *d);

/* Fills *err for a rule that the driver or the hypervisor found broken (bh_ioc_config). */
void describe_explain_rule(const struct description *d, uint32_t rule, uint32_t record,
			   uint64_t value, struct describe_error *err);

#endif
