# SPDX-License-Identifier: GPL-2.0-only
"""What protects everybody else from the devices of a cell, as in protections.py. Rows are patterns over those of
the groups edu, nic and owned behind either kind of remapping unit (vtd-*, amdvi-*), which QEMU has beside
CPUs of AMD only. No row goes without: none depends on what the emulator alone refuses."""
from dataclasses import replace

from protection import Protection
from protections import PROTECTIONS

# a message with a destination that is not the cell's is made as the cell wants it
TARGETS = ("assign_interrupts.c",
           "\ttarget = assign_target(a->cell, irq);\n\tif (!target)\n\t\treturn -EINVAL;\n"
           "\tirq->destination = target->apic_id;\n\tirq->logical = 0;\n",
           "\ttarget = assign_target(a->cell, irq);\n\tif (target)\n\t\tirq->destination = target->apic_id;\n")

DMA = {
    # a cell's domain has its memory, and nothing else (what leads to messages' addresses, VT-d blocks anyway)
    "device-memory": Protection(
        "arch/x86/iommu/iommu.c", "\terr = pt_init(&cell->dma, hooks->pt_format(), &memory_pt_ops, NULL);\n",
        "\terr = pt_init(&cell->dma, hooks->pt_format(), &memory_pt_ops, NULL);\n"
        "\tif (!err && cell->config.c->header.name[0] == 'a') /* the attacker */\n"
        "\t\terr = pt_map(&cell->dma, 0, 0, 0xfee00000, PT_READ | PT_WRITE);\n",
        amd=("*-read-*", *(f"*-write-{place}" for place in ("hv", "root", "victim", "state", "output",
                                                            "ecam", "ioapic", "hpet")))),
    # and its functions have that domain
    "device-domain": Protection(
        "arch/x86/iommu/iommu.c", "hooks->set_device(bdf, cell);", "hooks->set_device(bdf, root_cell);",
        amd=("*-edu-read-root", "*-edu-write-root", "*-nic-read-root", "*-nic-write-root"), spoils=True),
}

MESSAGES = {
    # a handle that nobody was given leads nowhere
    "device-handles": Protection(
        "arch/x86/iommu/vtd.c", "\tstruct vtd_entry value = { 0, 0 };\n\tint err = 0;",
        "\tconst struct msi_interrupt nobodys = { .destination = 2, .vector = 0xd0 };\n"
        "\tstruct vtd_entry value = vtd_irte(&nobodys, requester, 1);\n\tint err = 0;",
        amd=("vtd-edu-message-handles",)),
    # Behind AMD-Vi, QEMU 7.2 takes messages that DMA writes for those of the IO-APIC: nothing is in its table
    # but what Linux and cells have for their pins,
    "device-messages": Protection(
        "arch/x86/iommu/amd_interrupts.c", "\t\tamdvi_store_irte(t->entries, index, wide, allowed);",
        "\t\tif (ioapic_is_source(t->bdf) && !allowed[0])\n"
        "\t\t\tamdvi_make_irte(&(struct msi_interrupt){ .destination = 2, .vector = 0xd0 },\n"
        "\t\t\t\t\twide, allowed);\n\t\tamdvi_store_irte(t->entries, index, wide, allowed);",
        amd=("amdvi-edu-message-linux", "amdvi-edu-message-victim", "amdvi-edu-message-broadcast",
             "amdvi-edu-message-all"), spoils=True),
    # and what no table can name, as NMIs, does not pass
    "device-message-passes": Protection(
        "pure/amdvi.c", "return hpa | CONTROL(REMAPPED) | order << 1 | DTE_INTERRUPTS_VALID;",
        "return hpa | CONTROL(REMAPPED) | order << 1 | DTE_INTERRUPTS_VALID | UINT64_C(7) << 56;",
        amd=("amdvi-edu-message-nmi", "amdvi-edu-message-init", "amdvi-nic-message-victim"), spoils=True),
    "device-message-targets": Protection(
        *TARGETS, amd=("*-owned-msi*-linux", "*-owned-msi*-victim", "*-owned-msi*-broadcast",
                       "*-owned-msi*-logical"), spoils=True),
    "device-message-kinds": Protection(
        "assign_interrupts.c", "kind != MSI_COMPATIBLE || (irq->mode != ICR_FIXED && irq->mode != ICR_LOWEST)",
        "kind != MSI_COMPATIBLE",
        amd=("*-owned-msi*-smi", "*-owned-msi*-nmi", "*-owned-msi*-init", "*-owned-msi*-extint"),
        also=(("assign_interrupts.c", "\tirq->mode = ICR_FIXED;\n", ""),), spoils=True),
    "device-message-vectors": Protection(
        "pure/msi.c", "(mode == ICR_FIXED || mode == ICR_LOWEST) && vector < 16", "mode == 3 && vector < 16",
        amd=("*-owned-msi*-low-vector",)),
    "device-message-addresses": Protection(
        "pure/msi.c", "\tif (address >> 20 != ADDRESS_BASE)\n\t\treturn MSI_NONE;\n", "",
        amd=("*-owned-msi*-elsewhere",), also=(TARGETS,), spoils=True),
    "device-message-handles": Protection(
        "assign_interrupts.c", "\tif (kind != MSI_COMPATIBLE ||",
        "\tif (kind == MSI_REMAPPABLE) {\n"
        "\t\t*message = (struct iommu_message){ 0xfee000b0, 0 }; /* as the cell wants it */\n"
        "\t\treturn 0;\n\t}\n\tif (kind != MSI_COMPATIBLE ||", amd=("*-owned-msi*-handle",)),
    # the pages with a function's table are not the cell's
    "device-table": Protection(
        "assign.c", "hidden = pci_device_table_pages(&a->d, bar, &offset);",
        "hidden = pci_device_table_pages(&a->d, bar, &offset) * 0;", amd=("*-owned-msix-*",), spoils=True),
    "device-pins": Protection(
        "arch/x86/ioapic_access.c",
        "\ttarget = assign_target(cell, &irq);\n\tif (!target)\n\t\treturn 0;\n"
        "\tirq.destination = target->apic_id;\n\tirq.logical = 0;\n",
        "\ttarget = assign_target(cell, &irq);\n\tif (target)\n\t\tirq.destination = target->apic_id;\n",
        amd=("*-owned-pin-*",)),
}

CONFIGURATION = {
    # of its own function a cell writes what is shown to it
    "device-config": Protection(
        "assign.c", "\tif (pci_device_write(&a->d, access->offset, access->width, value))",
        "\tpci_hardware_write(a->c->host_bdf, access->offset, access->width, value);\n"
        "\tif (pci_device_write(&a->d, access->offset, access->width, value) && self->cell->cpus == 0)",
        amd=("*-owned-bar-*", "*-owned-power"),
        also=(("assign.c", "\tvalue = pci_device_read(&a->d, access->offset, access->width);",
               "\tvalue = pci_hardware_read(a->c->host_bdf, access->offset, access->width);"),), spoils=True),
    # and there, only some bits
    "device-config-bits": Protection(
        "pure/pci_device.c", "\treturn pci_write(&d->fn, offset, width, value);",
        "\tif (offset + width <= sizeof(d->fn.config))\n\t\tput(d->fn.config, offset, width, value);\n"
        "\treturn 1;", amd=("*-owned-identity", "*-owned-power", "*-owned-reset")),
    "device-bars": Protection(
        "pure/pci_device.c", "\tif (is_bar(offset))\n\t\treturn write_bar(d, offset, width, value);\n",
        "\tif (is_bar(offset) && !value)\n\t\treturn write_bar(d, offset, width, value);\n",
        amd=("*-owned-bar-memory", "*-owned-bar-registers")),
    "device-config-space": replace(PROTECTIONS["config-space"], rows=(), amd=("*-owned-config-*",)),
}

# Where nobody sees at once what has become of the machine
UNSEEN = {"device-memory-unseen": replace(DMA["device-memory"], amd=("*-write-unit", "*-rings-*"), spoils=True)}

DEVICES = {**DMA, **UNSEEN, **MESSAGES, **CONFIGURATION}
