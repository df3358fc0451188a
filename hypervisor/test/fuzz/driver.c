// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small coverage-guided fuzzer for machines without libFuzzer, with the same entry point and
 * the same options as far as they go: -seed= -runs= -max_total_time= -artifact_prefix=, then
 * files to run once, or a directory to keep the corpus in. The same seed and number of runs
 * give the same inputs.
 *
 * The code under test is built with -fsanitize-coverage=trace-pc: each basic block calls
 * __sanitizer_cov_trace_pc(). An input that reaches a block, or reaches it more often by a
 * factor of two, as none did before, is kept and mutated further.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MAX_LEN 4096
#define MAX_CORPUS 8192
#define MAP_SIZE 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_cov_trace_pc(void);
void __sanitizer_set_death_callback(void (*callback)(void));

struct input {
	size_t size;
	uint8_t *data;
};

static struct input corpus[MAX_CORPUS];
static unsigned int corpus_count;
static const char *corpus_dir;
static struct input current; /* what runs now, for the report */

static uint32_t hits[MAP_SIZE];	   /* of this run */
static uint32_t touched[MAP_SIZE]; /* indices with hits */
static uint32_t touched_count;
static uint32_t seen[MAP_SIZE]; /* bit n: 2^n..2^(n+1)-1 hits in some run */

static uint64_t seed = 1, runs = UINT64_MAX, seconds = UINT64_MAX;
static char artifact_prefix[4096];

void __sanitizer_cov_trace_pc(void)
{
	/* relative to ourselves: the same wherever the program is loaded */
	uintptr_t at = (uintptr_t)__builtin_return_address(0) - (uintptr_t)&LLVMFuzzerTestOneInput;
	uint32_t index = at % MAP_SIZE;

	if (!hits[index]++)
		touched[touched_count++] = index;
}

static uint64_t random_below(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * UINT64_C(0x2545f4914f6cdd1d) % limit;
}

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void write_file(const char *path, const struct input *input)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(input->data, 1, input->size, file) != input->size || fclose(file))
		fail(path);
}

/* Called when a sanitizer or abort() ends the program. */
static void save_current(void)
{
	char path[sizeof(artifact_prefix) + 32];

	if (!current.data)
		return;
	snprintf(path, sizeof(path), "%s%s", artifact_prefix, "input");
	write_file(path, &current);
	fprintf(stderr, "the input (%zu bytes) is in %s\n", current.size, path);
}

static void on_abort(int number)
{
	save_current();
	signal(number, SIG_DFL);
	raise(number);
}

/* Returns 1 if the run reached something new. */
static int run(const uint8_t *data, size_t size)
{
	/* exactly as large as it is, so that reading behind its end is noticed */
	uint8_t *copy = malloc(size ? size : 1);
	int is_new = 0;

	if (!copy)
		fail("malloc");
	memcpy(copy, data, size);
	current = (struct input){ size, copy };
	LLVMFuzzerTestOneInput(copy, size);
	current.data = NULL;
	free(copy);

	for (uint32_t i = 0; i < touched_count; i++) {
		uint32_t bucket = 1u << (31 - __builtin_clz(hits[touched[i]]));

		is_new |= !(seen[touched[i]] & bucket);
		seen[touched[i]] |= bucket;
		hits[touched[i]] = 0;
	}
	touched_count = 0;
	return is_new;
}

static void keep(const uint8_t *data, size_t size)
{
	struct input input = { size, malloc(size ? size : 1) };
	char path[4096];
	uint64_t hash = UINT64_C(14695981039346656037);

	if (corpus_count == MAX_CORPUS || !input.data)
		return;
	memcpy(input.data, data, size);
	corpus[corpus_count++] = input;
	if (!corpus_dir)
		return;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * UINT64_C(1099511628211);
	snprintf(path, sizeof(path), "%s/%016llx", corpus_dir, (unsigned long long)hash);
	write_file(path, &input);
}

static size_t read_file(const char *path, uint8_t *data)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		fail(path);
	size = fread(data, 1, MAX_LEN, file);
	fclose(file);
	return size;
}

static size_t insert_bytes(uint8_t *data, size_t size, size_t at)
{
	size_t count = 1 + random_below(16);

	if (size + count > MAX_LEN)
		return size;
	memmove(data + at + count, data + at, size - at);
	for (size_t i = 0; i < count; i++)
		data[at + i] = (uint8_t)random_below(256);
	return size + count;
}

static size_t remove_bytes(uint8_t *data, size_t size, size_t at)
{
	size_t count = 1 + random_below(16);

	if (at + count > size)
		return size;
	memmove(data + at, data + at + count, size - at - count);
	return size - count;
}

static void put_number(uint8_t *data, size_t size, size_t at)
{
	static const uint64_t numbers[] = { 0,		1,
					    0x7f,	0x80,
					    0xff,	0x1000,
					    0x7fff,	0x8000,
					    0xffff,	0x200000,
					    0x40000000, 0x80000000,
					    0xffffffff, UINT64_C(1) << 48,
					    INT64_MAX,	UINT64_MAX };
	uint64_t number = numbers[random_below(sizeof(numbers) / sizeof(numbers[0]))];
	size_t width = (size_t)1 << random_below(4);

	if (at + width > size)
		return;
	if (random_below(2))
		number += random_below(33) - 16;
	memcpy(data + at, &number, width);
}

/* Take a stretch of another input, over what is here or behind it. */
static size_t splice(uint8_t *data, size_t size)
{
	const struct input *other = &corpus[random_below(corpus_count)];
	size_t from, count, to = random_below(size + 1);

	if (!other->size)
		return size;
	from = random_below(other->size);
	count = 1 + random_below(other->size - from);
	if (to + count > MAX_LEN)
		return size;
	memcpy(data + to, other->data + from, count);
	return to + count > size ? to + count : size;
}

static size_t mutate(uint8_t *data, size_t size)
{
	size_t at;

	if (!size)
		return insert_bytes(data, 0, 0);
	at = random_below(size);
	switch (random_below(7)) {
	case 0:
		data[at] ^= (uint8_t)(1u << random_below(8));
		return size;
	case 1:
		data[at] = (uint8_t)random_below(256);
		return size;
	case 2:
	case 3:
		put_number(data, size, at);
		return size;
	case 4:
		return insert_bytes(data, size, at);
	case 5:
		return remove_bytes(data, size, at);
	default:
		return splice(data, size);
	}
}

static void fuzz(void)
{
	static uint8_t data[MAX_LEN];
	const struct input *parent;
	time_t begin = time(NULL);
	uint64_t done;
	size_t size;

	if (!corpus_count)
		keep(data, 0);
	for (done = 0; done < runs; done++) {
		if (done % 256 == 0 && (uint64_t)(time(NULL) - begin) >= seconds)
			break;
		parent = &corpus[random_below(corpus_count)];
		size = parent->size;
		memcpy(data, parent->data, size);
		for (uint64_t turns = 1 + random_below(8); turns; turns--)
			size = mutate(data, size);
		if (run(data, size))
			keep(data, size);
	}
	printf("%llu runs, %u inputs kept, %lld s\n", (unsigned long long)done, corpus_count,
	       (long long)(time(NULL) - begin));
}

static void load_corpus(const char *path)
{
	static uint8_t data[MAX_LEN];
	char name[4096];
	struct dirent *entry;
	DIR *dir = opendir(path);
	size_t size;

	if (!dir)
		fail(path);
	while ((entry = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		size = read_file(name, data);
		run(data, size);
		keep(data, size);
	}
	closedir(dir);
	corpus_dir = path;
}

static int option(const char *argument, const char *name, uint64_t *value)
{
	size_t length = strlen(name);

	if (strncmp(argument, name, length))
		return 0;
	*value = strtoull(argument + length, NULL, 0);
	return 1;
}

int main(int argc, char **argv)
{
	static uint8_t data[MAX_LEN];
	int files = 0;

	snprintf(artifact_prefix, sizeof(artifact_prefix), "%s.crash-", argv[0]);
	__sanitizer_set_death_callback(save_current);
	signal(SIGABRT, on_abort);
	for (int i = 1; i < argc; i++) {
		struct stat status;

		if (option(argv[i], "-seed=", &seed) || option(argv[i], "-runs=", &runs) ||
		    option(argv[i], "-max_total_time=", &seconds))
			continue;
		if (!strncmp(argv[i], "-artifact_prefix=", 17)) {
			snprintf(artifact_prefix, sizeof(artifact_prefix), "%s", argv[i] + 17);
		} else if (stat(argv[i], &status)) {
			fail(argv[i]);
		} else if (S_ISDIR(status.st_mode)) {
			load_corpus(argv[i]);
		} else {
			run(data, read_file(argv[i], data));
			files++;
		}
	}
	seed += !seed;
	if (!files)
		fuzz();
	return 0;
}
