/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: a cell starts, prints, reads its information page, and ends as done. */
#include <inmate/console.h>
#include <inmate/platform.h>

int inmate_main(void)
{
	const struct bh_info *info = platform_info();
	uint32_t i;

	printf("hello from %s on %s\n", info ? info->name : "nobody", platform_name());
	for (i = 0; info && i < info->memory_count; i++)
		printf("memory %llx + %llx rights %x\n", (unsigned long long)info->memory[i].gpa,
		       (unsigned long long)info->memory[i].size, (uint32_t)info->memory[i].flags);
	for (i = 0; info && i < info->link_count; i++)
		printf("link %s at %llx, peer %u of %u\n", info->link[i].name,
		       (unsigned long long)info->link[i].gpa, info->link[i].peer,
		       info->link[i].peers);
	return 0;
}
