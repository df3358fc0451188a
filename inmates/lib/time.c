/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Clock and alarm. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>

#define NS_PER_S UINT64_C(1000000000)

#define PIT_HZ 1193182u
#define PIT_CHANNEL2 0x42
#define PIT_MODE 0x43
#define PIT_GATE 0x61	 /* bit 0 gate, bit 1 speaker, bit 5 output of channel 2 */
#define PIT_COUNT 59659u /* 50 ms */
#define PIT_PATIENCE 50000000u

#define DIVIDE_BY_1 0xb	   /* APIC timer, divide configuration */
#define CALIBRATE_SHARE 20 /* of a second */
#define CALIBRATE_ROUNDS 5
#define CALIBRATE_PPM 1000 /* a round that is known this well is good enough */

static uint64_t tsc_hz;
static uint64_t apic_hz;

/* value * by / over, where over * by fits into 64 bits */
static uint64_t scale(uint64_t value, uint64_t by, uint64_t over)
{
	return value / over * by + value % over * by / over;
}

/* TSC ticks while channel 2 counts down once, or 0 if there is no PIT. */
static uint64_t measure_pit(void)
{
	uint32_t patience = PIT_PATIENCE;
	uint64_t start;

	outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2) | 1));
	outb(PIT_MODE, 0xb0); /* channel 2, both bytes, mode 0 */
	outb(PIT_CHANNEL2, PIT_COUNT & 0xff);
	start = rdtsc();
	outb(PIT_CHANNEL2, PIT_COUNT >> 8);
	while (!(inb(PIT_GATE) & 0x20))
		if (!patience--)
			return 0;
	return rdtsc() - start;
}

/* The shortest of a few: whatever disturbs makes it longer. */
static uint64_t calibrate_tsc(void)
{
	uint64_t best = UINT64_MAX, ticks;
	int i;

	for (i = 0; i < 3; i++) {
		ticks = measure_pit();
		best = ticks < best ? ticks : best;
	}
	return best * PIT_HZ / PIT_COUNT;
}

/* Counts of the timer in a second. slack: for how many TSC ticks it is not known whether it counted; what holds the CPU
 * up just there (an SMI, the host of an emulator) makes it long. */
static uint64_t measure_apic(uint64_t *slack)
{
	uint64_t before, started, ended, after;
	uint32_t left;

	before = rdtsc();
	apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
	started = rdtsc();
	do {
		cpu_relax();
		ended = rdtsc();
	} while (ended - started < tsc_hz / CALIBRATE_SHARE);
	left = apic_read(APIC_TIMER_CURRENT);
	after = rdtsc();
	apic_write(APIC_TIMER_INITIAL, 0);
	*slack = started - before + (after - ended);
	return scale(UINT32_MAX - left, tsc_hz, ended - started + *slack / 2);
}

static uint64_t calibrate_apic(void)
{
	uint64_t best = UINT64_MAX, hz = 0, found, slack;
	unsigned int round;

	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, APIC_MASKED);
	for (round = 0; round < CALIBRATE_ROUNDS; round++) {
		found = measure_apic(&slack);
		if (slack < best) {
			best = slack;
			hz = found;
		}
		if (best < tsc_hz / CALIBRATE_SHARE / 1000000 * CALIBRATE_PPM)
			break;
	}
	return hz;
}

void time_init(void)
{
	const struct bh_info *info = platform_info();

	tsc_hz = info ? info->tsc_hz : calibrate_tsc();
	if (!tsc_hz)
		inmate_fail(EIO, "no TSC frequency: no PIT, and none in the information page");
	apic_hz = info && info->apic_timer_hz ? info->apic_timer_hz : calibrate_apic();
	if (!apic_hz)
		inmate_fail(EIO, "the APIC timer does not count");
}

uint64_t time_tsc_hz(void)
{
	return tsc_hz;
}

uint64_t time_apic_hz(void)
{
	return apic_hz;
}

uint64_t time_to_ns(uint64_t ticks)
{
	return scale(ticks, NS_PER_S, tsc_hz);
}

uint64_t time_from_ns(uint64_t ns)
{
	return scale(ns, tsc_hz, NS_PER_S);
}

void time_delay_us(uint32_t us)
{
	uint64_t start = rdtsc(), ticks = time_from_ns(us * UINT64_C(1000));

	while (rdtsc() - start < ticks)
		cpu_relax();
}

static void timer_start(uint64_t count, uint32_t lvt)
{
	count = count > UINT32_MAX ? UINT32_MAX : count;
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	/* reading costs nothing; writing, an exit */
	if (apic_read(APIC_LVT_TIMER) != (lvt | IRQ_TIMER))
		apic_write(APIC_LVT_TIMER, lvt | IRQ_TIMER);
	apic_write(APIC_TIMER_INITIAL, count ? (uint32_t)count : 1);
}

void timer_periodic(uint32_t hz)
{
	timer_start((apic_hz + hz / 2) / hz, APIC_TIMER_PERIODIC);
}

void timer_oneshot_ns(uint64_t ns)
{
	timer_start(scale(ns, apic_hz, NS_PER_S), 0);
}

void timer_stop(void)
{
	apic_write(APIC_LVT_TIMER, APIC_MASKED);
	apic_write(APIC_TIMER_INITIAL, 0);
}

uint64_t timer_elapsed(void)
{
	uint32_t initial = apic_read(APIC_TIMER_INITIAL);

	return scale(initial - apic_read(APIC_TIMER_CURRENT), tsc_hz, apic_hz);
}

/* Shell sort: short, in place, and no worst case that hurts at these sizes. */
static void sort(uint64_t *v, size_t n)
{
	size_t gap, i, j;
	uint64_t x;

	for (gap = n / 2; gap; gap /= 2)
		for (i = gap; i < n; i++) {
			x = v[i];
			for (j = i; j >= gap && v[j - gap] > x; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}

uint64_t time_percentile(uint64_t *samples, size_t count, unsigned int permille)
{
	size_t i;

	if (!count)
		return 0;
	for (i = 1; i < count && samples[i - 1] <= samples[i]; i++)
		;
	if (i < count)
		sort(samples, count);
	return samples[(count - 1) * permille / 1000];
}
