/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the Linux driver bulkhead_link.ko offers to user space: one UIO device per link.
 *
 * /sys/class/uio/uioN/name is BH_UIO_NAME. The attributes of its PCI function, found through
 * /sys/class/uio/uioN/device/, are
 *   link_name  name of the link in the cell's description; in a Linux that is itself a cell
 *              the PCI address stands in for it
 *   peer       this end's id
 *   peers      peers of the link
 *   vectors    interrupt vectors of this end
 *   protocol   0x followed by 4 hex digits
 *   interrupts one line "vector count" for each vector
 * With the udev rule installed, /dev/bulkhead-link-<link_name> points to /dev/uioN.
 *
 * Maps are found by their name in /sys/class/uio/uioN/maps/mapM/name, and mapped at offset
 * M * page size of /dev/uioN. A map whose section is empty is left out.
 *
 * read() of 4 bytes waits for an interrupt, of any vector, and returns the count of all of
 * them; poll() works. write() of a 4-byte 1 or 0 sets interrupt control; it is 1 after open().
 * The last close() sets this end's state and interrupt control to 0. When the link goes away,
 * read() and poll() report EIO and mapped memory raises SIGBUS.
 */
#ifndef BULKHEAD_UIO_H
#define BULKHEAD_UIO_H

#define BH_UIO_NAME "bulkhead-link"
#define BH_UIO_MAP_REGISTERS "registers" /* BAR0, uncached, read and write */
#define BH_UIO_MAP_STATE "state"	 /* state table, read only */
#define BH_UIO_MAP_OUTPUT "output"	 /* this peer's own output section, read and write */
#define BH_UIO_MAP_OUTPUTS "outputs"	 /* those of all peers in order of id, read only */
#define BH_UIO_MAP_RW "rw"		 /* common section, read and write */

#endif
