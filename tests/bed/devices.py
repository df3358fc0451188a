# SPDX-License-Identifier: GPL-2.0-only
"""Real devices for the machines in QEMU: PCI functions and a serial port that tests give to
cells. Every device has its place and, if it is a network card, its address, so that tests can
name it. All network cards are on one wire.

    name    where                                     reset by FLR
    nics    00:02.0, 01:00.0, 00:04.0, 00:09.0:       no
            82574L
    nvme    00:05.0, its image from nvme_image()      yes
    edu     00:06.0: a DMA engine, INTx and MSI       no
    igb     02:00.0: 82576, up to 8 virtual           yes, the virtual ones, too
            functions from 02:10.0 on, every other
    uart    ports 0x3e8 to 0x3ef, interrupt 5, which
            Linux has till release_uart(); the
            other end is machine.uart()

00:05.0 and 00:09.0 share an interrupt line. 01:00.0 and 02:00.0 lie behind root ports (00:03.0,
00:07.0), the others on bus 0. The first 82574L is meant for Linux. QEMU's AMD unit takes DMA from behind
a port for that of a function of bus 0.
"""
import struct

LAN = {"linux": "00:02.0", "port": "01:00.0", "bus0": "00:04.0", "spare": "00:09.0"}
NVME, EDU, IGB = "00:05.0", "00:06.0", "02:00.0"
VIRTUAL = ["02:10.0", "02:10.2"]
UART_PORT, UART_IRQ = 0x3e8, 5

NAMES = ("nics", "nvme", "edu", "igb", "uart")
NVME_SECTORS, SECTOR = 2048, 512


def wire(number, bus_and_address, model="e1000e", rom=""):
    """A network card on the one wire that there is."""
    return ["-netdev", f"hubport,id=lan{number},hubid=0", "-device",
            f"{model},netdev=lan{number},mac={mac(number)},{bus_and_address}{rom}"]


def mac(number):
    return f"52:54:00:00:01:{number:02x}"


def root_port(number, address):
    return ["-device", f"pcie-root-port,id=port{number},slot={number},chassis={number},"
            f"addr={address}"]


def arguments(name, work):
    """The emulator's, for a device; work is a directory for files and sockets."""
    return {
        # The card behind the port keeps its expansion ROM, as real ones have it.
        "nics": [*wire(0, "addr=2", rom=",romfile="), *root_port(1, 3), *wire(1, "bus=port1"),
                 *wire(2, "addr=4", rom=",romfile="), *wire(4, "addr=9", rom=",romfile=")],
        "nvme": ["-drive", f"if=none,id=nvme,format=raw,file={work}/nvme.img",
                 "-device", "nvme,drive=nvme,serial=bed,addr=5"],
        "edu": ["-device", "edu,dma_mask=0xffffffffffffffff,addr=6"],
        "igb": [*root_port(2, 7), *wire(3, "bus=port2", "igb", ",romfile=")],
        "uart": ["-chardev", f"socket,id=uart,path={work}/uart,server=on,wait=off", "-device",
                 f"isa-serial,iobase={UART_PORT:#x},irq={UART_IRQ},chardev=uart"],
    }[name]


SERIAL = "/sys/bus/pnp/drivers/serial"


def release_uart(machine):
    """Linux's driver lets go of the serial port; what it calls the device."""
    found = machine.check(f"cd {SERIAL}; dirname $(grep -l 'io {UART_PORT:#x}-' */resources)")
    machine.check(f"echo {found.strip()} > {SERIAL}/unbind")
    return found.strip()


def return_uart(machine, device):
    machine.check(f"echo {device} > {SERIAL}/bind")


def sector(number):
    """What the image has in a sector: no two sectors, and no two words of one, are the same."""
    words = (number * 128 + i + 1 for i in range(SECTOR // 4))
    return struct.pack("<128I", *(word * 2654435761 % 2**32 for word in words))


def nvme_image(path):
    with open(path, "wb") as image:
        for number in range(NVME_SECTORS):
            image.write(sector(number))
