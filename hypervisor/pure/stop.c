// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a write to a port can do to the machine, byte by byte. ICH9 datasheet, 13.7.5 (RST_CNT), 13.7.1
 * (port 92h); 8042 command set; ACPI 6.5, 4.8.3.2.1 (PM1 control), 4.8.3.6 (reset register), 4.8.3.7
 * (sleep control register).
 */
#include "stop.h"

#define RST_CNT 0xcf9
#define RST_CPU 0x04 /* resets as the other bits say */

#define PORT92 0x92
#define INIT_NOW 0x01
#define ALT_A20_GATE 0x02

#define KBC_COMMAND 0x64
#define KBC_WRITE_OUTPUT 0xd1 /* the next byte of data sets reset line and address line 20 */
#define KBC_DISABLE_A20 0xdd
#define KBC_PULSE 0xf0 /* the lines whose bits are 0 */
#define KBC_PULSE_NOT_RESET 0x01

int stop_is_port(const struct config_system *sys, uint32_t port)
{
	if (port == RST_CNT || port == PORT92 || port == KBC_COMMAND)
		return 1;
	for (uint32_t i = 0; i < sys->stop_count; i++)
		if (sys->stops[i].port == port)
			return 1;
	return 0;
}

static enum stop_verdict judge_command(uint8_t command)
{
	if (command >= KBC_PULSE)
		return command & KBC_PULSE_NOT_RESET ? STOP_PASS : STOP_MACHINE;
	return command == KBC_WRITE_OUTPUT || command == KBC_DISABLE_A20 ? STOP_DROP : STOP_PASS;
}

static enum stop_verdict judge_byte(const struct config_system *sys, uint32_t port, uint8_t value)
{
	for (uint32_t i = 0; i < sys->stop_count; i++)
		if (sys->stops[i].port == port &&
		    (value & sys->stops[i].mask) == sys->stops[i].value)
			return STOP_MACHINE;
	switch (port) {
	case RST_CNT:
		return value & RST_CPU ? STOP_MACHINE : STOP_PASS;
	case PORT92:
		return value & INIT_NOW ? STOP_MACHINE : STOP_PASS;
	case KBC_COMMAND:
		return judge_command(value);
	default:
		return STOP_PASS;
	}
}

enum stop_verdict stop_judge(const struct config_system *sys, uint16_t port, unsigned int width,
			     uint32_t *value)
{
	enum stop_verdict worst = STOP_PASS;

	for (unsigned int i = 0; i < width; i++) {
		uint32_t at = port + i;
		enum stop_verdict verdict = judge_byte(sys, at, (uint8_t)(*value >> 8 * i));

		if (verdict > worst)
			worst = verdict;
		if (at == PORT92)
			*value |= (uint32_t)ALT_A20_GATE << 8 * i;
	}
	return worst;
}
