// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of commands and what --help says of each.
 */
#include "hvctl.h"

#define COMMON "0 done, 1 failed, 2 wrong usage, 4 not enabled or no driver"
#define READS COMMON "."
#define DESCRIBES COMMON ",\n3 the description is wrong, 6 busy or exists already."

const struct command commands[] = {
	{ "enable", "FILE", "j", 1, 1, cmd_enable, "slide the hypervisor under this Linux",
	  "Puts the hypervisor below the running Linux, as the system description FILE (.dts or\n"
	  ".dtb) says. \"hvctl config generate\" writes one for this machine.",
	  DESCRIBES },
	{ "disable", "", "j", 0, 0, cmd_disable, "take the hypervisor away again",
	  "Takes the hypervisor away and gives all its memory back to Linux. There must be no\n"
	  "cells.",
	  COMMON ", 6 there are cells." },
	{ "status", "", "j", 0, 0, cmd_status, "is it enabled, and how",
	  "Prints whether the hypervisor runs, in which mode, and what memory it has taken.",
	  READS },
	{ "cell create", "FILE", "j", 1, 1, cmd_cell_create, "create the cell that FILE describes",
	  "Takes the CPUs and the memory that the cell description FILE (.dts or .dtb) names away\n"
	  "from Linux and makes a cell of them. Its links appear in Linux as PCI devices.",
	  DESCRIBES },
	{ "cell load", "CELL IMAGE", "jaem", 2, 2, cmd_cell_load, "load an image into a cell",
	  "Loads IMAGE: ELF (32 or 64 bit, by physical addresses), multiboot with addresses, or,\n"
	  "with --address, raw bytes. May be called several times before the start; the last image\n"
	  "that knows its entry sets it. The cell must not run.",
	  COMMON ",\n6 the cell runs." },
	{ "cell start", "CELL", "jem", 1, 1, cmd_cell_start, "start a loaded cell",
	  "Starts the cell's first CPU at the entry of the image that was loaded. A cell that ran\n"
	  "before is cleared and loaded again with what was loaded last.",
	  COMMON ",\n6 the cell runs already." },
	{ "cell shutdown", "CELL", "jtF", 1, 1, cmd_cell_shutdown, "ask a cell to end",
	  "Asks the cell to end and waits for it, 10 s without --timeout. With --force the cell is\n"
	  "parked at once. A cell that does not run is no error.",
	  COMMON ",\n5 the cell did not answer and runs on." },
	{ "cell restart", "CELL", "jtFem", 1, 1, cmd_cell_restart, "shutdown and start",
	  "Ends the cell as \"cell shutdown\" does, if it runs, and starts it anew: memory cleared,\n"
	  "the same images loaded.",
	  COMMON ",\n5 the cell did not answer and runs on." },
	{ "cell destroy", "CELL", "jtF", 1, 1, cmd_cell_destroy,
	  "give a cell's parts back to Linux",
	  "Undoes \"cell create\": clears the cell's memory, gives it and the CPUs back to Linux,\n"
	  "removes its links. With --force a running cell is parked first.",
	  COMMON ",\n6 the cell runs." },
	{ "cell list", "", "j", 0, 0, cmd_cell_list, "list the cells",
	  "Lists all cells, the root (this Linux) included.", READS },
	{ "cell show", "CELL", "j", 1, 1, cmd_cell_show, "tell all about a cell",
	  "Prints state, CPUs, memory, links and signs of life of a cell; after a crash what it did\n"
	  "and which property of its description would have allowed it.",
	  READS },
	{ "cell run", "FILE IMAGE", "jtkaem", 2, 2, cmd_cell_run,
	  "create, load, start, watch, destroy",
	  "The whole life of a cell in one command: creates it, loads, starts, and prints its console\n"
	  "until it ends, ^C, or --timeout; then destroys it. At ^C and --timeout the cell is asked\n"
	  "to end and parked after 2 s. With --keep it is left as it is.",
	  DESCRIBES
	  "\n5 the cell has not ended in time, 7 it crashed or said that it failed, 0 it was\n"
	  "done, or ^C." },
	{ "console", "[CELL|hypervisor]", "fjt", 0, 1, cmd_console, "print a console",
	  "Prints what is in the console ring of a cell (also of a dead one) or of the hypervisor\n"
	  "(default). On a terminal, control characters are shown as \\xNN. Bytes that were\n"
	  "overwritten before they could be read are counted on stderr.",
	  READS },
	{ "stats", "", "fjtiRSc", 0, 0, cmd_stats, "exits by CPU and cause",
	  "Prints how often each CPU entered the hypervisor, and why: since enable; with --since\n"
	  "since the last --reset-baseline; with -f how many in each interval (1 s).",
	  READS },
	{ "events", "", "fjt", 0, 0, cmd_events, "what happened to cells and links",
	  "Prints the last 64 events: cells created, started, done, crashed; peers of links coming\n"
	  "and going; stray accesses of Linux.",
	  READS },
	{ "link list", "", "j", 0, 0, cmd_link_list, "list the links of this Linux",
	  "Lists the links that Linux is a peer of, their sections and the states of all peers.",
	  READS },
	{ "link ping", "LINK", "jtnzipP", 1, 1, cmd_link_ping, "measure round trips",
	  "Sends --count messages (1000) to a peer that speaks the echo protocol and prints the\n"
	  "round-trip times: min, p50, p99, max. With --poll neither end uses doorbells, if the peer\n"
	  "agrees. Each message has 10 s (--timeout) to come back.",
	  COMMON ",\n5 no answer in time, 6 someone else uses the link." },
	{ "link bench", "LINK", "jtnzpP", 1, 1, cmd_link_bench, "measure throughput",
	  "Sends --count messages (100000) of --size bytes (56) and has them echoed, as many in\n"
	  "flight as the ring holds; checks content and sequence both ways; prints messages/s and\n"
	  "MB/s.",
	  COMMON ",\n5 no answer in time, 6 someone else uses the link." },
	{ "root load", "KERNEL", "jIC", 1, 1, cmd_root_load,
	  "what Linux is started from when it falls",
	  "Loads a Linux kernel (bzImage) and an initramfs from which the hypervisor starts Linux\n"
	  "again, alone, when it has fallen and the system description says so (root-end, policy\n"
	  "\"restart\"). Cells go on meanwhile, and the new Linux manages them once it has loaded the\n"
	  "driver. Its memory is taken from Linux now. maxcpus=1 is added to the arguments: the driver\n"
	  "starts the other CPUs.",
	  COMMON ",\n6 something is loaded already." },
	{ "root unload", "", "j", 0, 0, cmd_root_unload, "forget what root load has loaded",
	  "Gives the memory of what \"root load\" has loaded back to Linux.", COMMON "." },
	{ "root status", "", "j", 0, 0, cmd_root_status,
	  "from what Linux is started again, how often",
	  "Prints what \"root load\" has loaded, how often the hypervisor has started Linux again, and\n"
	  "whether this Linux was started so.",
	  READS },
	{ "check", "FILE...", "js", 1, -1, cmd_check, "judge descriptions",
	  "Judges descriptions (.dts or .dtb) by the rules that the driver and the hypervisor apply,\n"
	  "without touching the machine. Cells are judged against --system, or the system\n"
	  "description named before them, if there is one.",
	  "0 all are valid, 1 a file cannot be read, 2 wrong usage, 3 one is wrong." },
	{ "config", "generate|check|explain", "", 0, -1, cmd_config,
	  "write and explain descriptions", "Hands over to hvctl-config.", READS },
};

const unsigned int command_count = sizeof(commands) / sizeof(commands[0]);
