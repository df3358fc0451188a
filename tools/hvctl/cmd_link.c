// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl link list, ping, bench.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <bulkhead/config.h>
#include "bulkhead_link.h"
#include "hvctl.h"
#include "json.h"
#include "names.h"
#include "watch.h"

#define CONNECT_MS 10000
#define PING_COUNT 1000
#define BENCH_COUNT 100000

static int link_fail(const char *name, uint32_t peer, int error)
{
	switch (error) {
	case -ENOENT:
		return fail(EXIT_FAILED,
			    "no link of this Linux is named \"%s\" (hvctl link list); "
			    "links appear when a cell that names them is created",
			    name);
	case -EBUSY:
		return fail(EXIT_BUSY, "link %s: another program has it open", name);
	case -EACCES:
		return fail(EXIT_FAILED, "link %s: permission denied (run hvctl as root)", name);
	case -EPROTO:
		return fail(EXIT_FAILED,
			    "link %s: its UIO device is missing or looks odd; is the "
			    "link driver loaded (dmesg)?",
			    name);
	case -ETIMEDOUT:
		if (peer == BH_ID_NONE)
			return fail(EXIT_TIMEOUT,
				    "link %s: no peer that speaks the message protocol came "
				    "up in time; is a cell running (hvctl cell list)?",
				    name);
		return fail(EXIT_TIMEOUT,
			    "link %s: peer %u did not answer in time; is its cell "
			    "running (hvctl cell list), and does it echo?",
			    name, peer);
	case -EOPNOTSUPP:
		return fail(EXIT_FAILED,
			    "link %s: peer %u is up but does not speak the message "
			    "protocol (bulkhead/link_proto.h)",
			    name, peer);
	case -ENODEV:
		return fail(EXIT_FAILED, "link %s: peer %u went away (hvctl events tells why)",
			    name, peer);
	case -EIO:
		return fail(EXIT_FAILED,
			    "link %s: peer %u returned a message with the wrong "
			    "content",
			    name, peer);
	case -EINVAL:
		return fail(EXIT_USAGE,
			    "link %s: peer %u is not another peer of the link, or --size "
			    "is not 1 to %u, or the output sections are too small for "
			    "messages",
			    name, peer, BH_LP_PAYLOAD);
	default:
		return fail(EXIT_FAILED, "link %s: %s", name, strerror(-error));
	}
}

/* States of the peers, or false when the device cannot be opened. */
static bool read_states(const struct bh_link_info *info, uint32_t *state)
{
	struct bh_link *link;

	if (bh_link_peek(info->name, &link))
		return false;
	for (uint32_t p = 0; p < info->peers; p++)
		state[p] = bh_link_state(link, p);
	bh_link_close(link);
	return true;
}

static void list_json(struct json *j, const struct bh_link_info *info, const uint32_t *state)
{
	json_object(j, NULL);
	json_string(j, "name", info->name);
	json_number(j, "peer", info->self);
	json_number(j, "peers", info->peers);
	json_number(j, "vectors", info->vectors);
	json_string(j, "pci", info->pci);
	json_string(j, "device", info->device);
	json_number(j, "rw_bytes", info->rw_size);
	json_number(j, "output_bytes", info->output_size);
	if (state) {
		json_array(j, "states");
		for (uint32_t p = 0; p < info->peers; p++)
			json_number(j, NULL, state[p]);
		json_array_end(j);
	}
	json_object_end(j);
}

static void list_text(const struct bh_link_info *info, const uint32_t *state)
{
	printf("%-20s %-4u %-12s %-10s %8" PRIu64 " %8" PRIu64 " ", info->name, info->self,
	       info->pci, info->device, info->rw_size / 1024, info->output_size / 1024);
	for (uint32_t p = 0; state && p < info->peers; p++)
		printf(" %u:%s", p, link_state_name(state[p]));
	putchar('\n');
}

int cmd_link_list(const struct options *o, int argc, char **argv)
{
	struct bh_link_info info[BH_MAX_LINKS];
	int n = bh_link_list(info, BH_MAX_LINKS);
	struct json j;

	(void)argc, (void)argv;
	if (n < 0)
		return fail(EXIT_FAILED, "cannot list the links: %s", strerror(-n));
	json_begin(&j, stdout);
	if (o->json)
		json_array(&j, NULL);
	else
		printf("%-20s %-4s %-12s %-10s %8s %8s  %s\n", "NAME", "PEER", "PCI", "DEVICE",
		       "RW KiB", "OUT KiB", "STATES");
	for (int i = 0; i < n; i++) {
		uint32_t state[BH_MAX_PEERS];
		bool known = info[i].peers <= BH_MAX_PEERS && read_states(&info[i], state);

		if (o->json)
			list_json(&j, &info[i], known ? state : NULL);
		else
			list_text(&info[i], known ? state : NULL);
	}
	if (o->json)
		json_array_end(&j);
	return EXIT_OK;
}

/* Waits for any peer that is ready, where none was named. */
static int choose_peer(struct bh_link *link, uint32_t timeout_ms)
{
	uint64_t deadline = watch_deadline(timeout_ms);
	int peer = bh_link_find_peer(link);

	while (peer < 0 && watch_pause(bh_link_fd(link), 5, deadline)) {
		bh_link_wait(link, 0);
		peer = bh_link_find_peer(link);
	}
	return peer < 0 ? -ETIMEDOUT : peer;
}

static int connect_peer(const char *name, const struct options *o, struct bh_echo_options *echo,
			struct bh_link **link)
{
	uint32_t timeout_ms = o->timeout_ms ? o->timeout_ms : CONNECT_MS;
	int result = bh_link_open(name, link);

	*echo = (struct bh_echo_options){ .peer = o->peer,
					  .size = o->size,
					  .count = o->count,
					  .timeout_ms = timeout_ms,
					  .poll = o->poll,
					  .interval_us = o->interval_ms * 1000,
					  .stop = watch_interrupted };
	if (!echo->size)
		echo->size = BH_LP_PAYLOAD;
	if (!result)
		result = bh_link_messages_open(*link);
	if (!result && o->peer == BH_ID_NONE) {
		result = choose_peer(*link, timeout_ms);
		echo->peer = result < 0 ? BH_ID_NONE : (uint32_t)result;
	}
	if (result >= 0)
		result = bh_link_connect(*link, echo->peer, timeout_ms);
	return result < 0 ? link_fail(name, echo->peer, result) : EXIT_OK;
}

static void result_json(const char *name, const struct bh_echo_options *o,
			const struct bh_echo_result *r)
{
	double seconds = (double)r->elapsed_ns / 1e9;
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "link", name);
	json_number(&j, "peer", o->peer);
	json_number(&j, "bytes", o->size);
	json_bool(&j, "poll", o->poll);
	json_bool(&j, "peer_polled", r->peer_polled);
	json_number(&j, "sent", r->sent);
	json_number(&j, "received", r->received);
	json_number(&j, "wrong", r->wrong);
	json_number(&j, "gaps", r->gaps);
	json_number(&j, "peer_gaps", r->peer_gaps);
	json_number(&j, "doorbells", r->doorbells);
	json_number(&j, "interrupts", r->interrupts);
	json_real(&j, "seconds", seconds);
	if (r->max_ns) {
		json_number(&j, "min_ns", r->min_ns);
		json_number(&j, "p50_ns", r->p50_ns);
		json_number(&j, "p99_ns", r->p99_ns);
		json_number(&j, "max_ns", r->max_ns);
	} else if (seconds > 0) {
		json_real(&j, "messages_per_s", r->received / seconds);
		json_real(&j, "mb_per_s", r->received / seconds * o->size / 1e6);
	}
	json_object_end(&j);
}

static void result_text(const char *name, const struct bh_echo_options *o,
			const struct bh_echo_result *r)
{
	double seconds = (double)r->elapsed_ns / 1e9;

	printf("%s: %u messages of %u bytes to peer %u, %u came back right, %u wrong, %" PRIu64
	       " missing\n",
	       name, r->sent, o->size, o->peer, r->received, r->wrong, r->gaps + r->peer_gaps);
	if (o->poll)
		printf("mode: polling; the peer %s\n",
		       r->peer_polled ? "polled, too" : "did not agree to poll and was rung");
	else
		printf("mode: doorbells; rang %u, was interrupted %u times\n", r->doorbells,
		       r->interrupts);
	if (r->max_ns)
		printf("round trip: min %.1f us, p50 %.1f us, p99 %.1f us, max %.1f us\n",
		       (double)r->min_ns / 1e3, (double)r->p50_ns / 1e3, (double)r->p99_ns / 1e3,
		       (double)r->max_ns / 1e3);
	else if (seconds > 0)
		printf("throughput: %.0f messages/s, %.2f MB/s each way, in %.3f s\n",
		       r->received / seconds, r->received / seconds * o->size / 1e6, seconds);
}

static int measure(const char *name, const struct options *o, uint32_t default_count,
		   int (*run)(struct bh_link *, const struct bh_echo_options *,
			      struct bh_echo_result *))
{
	struct bh_link *link = NULL;
	struct bh_echo_options echo;
	struct bh_echo_result r;
	int error, code;

	watch_signals();
	code = connect_peer(name, o, &echo, &link);
	if (!code) {
		if (!echo.count)
			echo.count = default_count;
		error = run(link, &echo, &r);
		if (r.sent)
			(o->json ? result_json : result_text)(name, &echo, &r);
		if (error && error != -EINTR)
			code = link_fail(name, echo.peer, error);
	}
	bh_link_close(link);
	return code;
}

int cmd_link_ping(const struct options *o, int argc, char **argv)
{
	(void)argc;
	return measure(argv[0], o, PING_COUNT, bh_echo_ping);
}

int cmd_link_bench(const struct options *o, int argc, char **argv)
{
	(void)argc;
	return measure(argv[0], o, BENCH_COUNT, bh_echo_bench);
}
