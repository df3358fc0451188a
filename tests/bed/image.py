#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Builds the initramfs of the test guest.

It is three cpio archives in one file, so that the part that changes often is the small one:
the userland (busybox, python3, dtc, the agent), the modules of one stock kernel, and the
project's own artifacts. The first two are built once; the last whenever an artifact is newer.

    image.py 6.1        builds and prints the name of the initramfs for that kernel
"""
import fcntl
import lzma
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BULKHEAD_BUILD", TOP / "build"))
GUEST = BUILD / "guest"
SOURCES = TOP / "tests/bed/guest"
XZ, LZ4 = b"\xfd7zXZ\0", b"\x02!L\x18"        # magic numbers of a kernel's payload

# Kernel modules that tests load; what they depend on comes along.
MODULES = """uio uio_pci_generic kvm_amd kvm_intel msr cpuid e1000 e1000e igb nvme pci_stub vfio_pci
virtio_pci virtio_blk virtio_net virtio_console virtio_rng igbvf i6300esb iTCO_wdt loop ata_piix sr_mod
isofs""".split()
PROGRAMS = ["/usr/bin/dtc", "/usr/bin/python3.11", "/usr/bin/lspci", "/usr/bin/kmod",
            "/usr/bin/taskset", "/usr/bin/chrt", "/usr/bin/makedumpfile"]
BUILT_ON_HOST = (".c", ".h", ".mk", ".md", ".pyc")
# What Python programs in the guest import; what that imports comes along. The whole library would be five times that
# for an emulated CPU to copy at each boot.
PYTHON_MODULES = """argparse ctypes encodings.ascii encodings.latin_1 encodings.utf_16_le errno fcntl io json
mmap os random re runpy shutil signal site socket struct subprocess tempfile textwrap threading time traceback
zipimport""".split()


def run(*argv, **kwargs):
    return subprocess.run([str(a) for a in argv], check=True, text=True,
                          stdout=subprocess.PIPE, **kwargs).stdout


def copy(source, root, name=None):
    """Copies a file below root, following links, by its own name or another."""
    target = root / (name or str(source)).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return target


def copy_program(path, root, name=None):
    """Copies a program with the shared libraries it is linked to."""
    copy(path, root, name)
    for line in run("ldd", path).splitlines():
        for word in line.split():
            if word.startswith("/") and not (root / word.lstrip("/")).exists():
                copy(word, root)


def pack(root, archive):
    """Writes the tree below root as an uncompressed cpio, whole or not at all."""
    names = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
    part = archive.with_name(f"{archive.name}.{os.getpid()}")
    with open(part, "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=root, check=True,
                       input="\n".join(names).encode() + b"\n", stdout=out)
    part.replace(archive)


def join(image, archives, compress):
    """Makes one file of archives."""
    part = image.with_name(f"{image.name}.{os.getpid()}")
    with open(part, "wb") as out:
        packer = subprocess.Popen(["lz4", "-l", "-q", "-9", "-c"] if compress else ["cat"],
                                  stdin=subprocess.PIPE, stdout=out)
        for archive in archives:
            packer.stdin.write(archive.read_bytes())
        packer.stdin.close()
        if packer.wait() != 0:
            raise OSError(f"{packer.args} failed")
    part.replace(image)


def newest(paths):
    return max((p.stat().st_mtime for p in paths if p.exists()), default=0)


def up_to_date(target, sources):
    return target.exists() and target.stat().st_mtime >= newest(sources)


def add_python(root):
    listing = f"import sys, {', '.join(PYTHON_MODULES)}\n" \
              "print(*{m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)}, sep='\\n')"
    for name in run("/usr/bin/python3.11", "-I", "-S", "-c", listing).splitlines():
        if name.endswith(".so"):
            copy_program(name, root)
        else:
            copy(name, root)
    os.symlink("python3.11", root / "usr/bin/python3")
    # Compiling at each start costs seconds under emulation; the guest keeps no cache.
    run("/usr/bin/python3.11", "-m", "compileall", "-q", "-b", "--invalidation-mode",
        "unchecked-hash", "-s", root, root / "usr/lib/python3.11")
    for path in (root / "usr/lib/python3.11").rglob("*.py"):
        path.unlink()


def add_udev(root):
    """The device manager; it does not run until a test says start-udev."""
    copy_program(BUILD / "udev/bin/udevadm", root, "bin/udevadm")
    copy(SOURCES / "start-udev", root, "bin/start-udev")
    (root / "lib/systemd").mkdir(parents=True)
    os.symlink("/bin/udevadm", root / "lib/systemd/systemd-udevd")


def build_userland(archive):
    with tempfile.TemporaryDirectory(dir=GUEST) as scratch:
        root = Path(scratch)
        for directory in "bin sbin dev proc sys tmp run root etc mnt lib/firmware lib64".split():
            (root / directory).mkdir(parents=True, exist_ok=True)
        copy("/bin/busybox", root)
        for program in PROGRAMS:
            if os.path.exists(program):
                copy_program(program, root)
        for tool in "modprobe insmod rmmod lsmod modinfo depmod".split():
            os.symlink("/usr/bin/kmod", root / "sbin" / tool)
        add_udev(root)
        add_python(root)
        os.symlink("/bin/busybox", root / "usr/bin/env")
        copy(SOURCES / "init", root, "init")
        for name in "profile passwd group motd".split():
            copy(SOURCES / name, root, f"etc/{name}")
        run("gcc", "-O2", "-Wall", "-o", root / "bin/agent", SOURCES / "agent.c")
        pack(root, archive)


def release_of(series):
    return (BUILD / f"kernels/{series}/release").read_text().strip()


def modules_root(series):
    return GUEST / f"modules-{series}"


def build_modules(series, archive):
    """Unpacks the chosen modules of the kernel package; depmod runs over them later."""
    release, kernel = release_of(series), BUILD / f"kernels/{series}/root"
    root = modules_root(series)
    shutil.rmtree(root, ignore_errors=True)
    target = root / "lib/modules" / release
    target.mkdir(parents=True)
    run("depmod", "-b", kernel, release)
    for module in MODULES:
        listing = subprocess.run(["modprobe", "-d", kernel, "-S", release, "--show-depends", module],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for path in re.findall(r"^insmod (\S+)", listing.stdout, re.M):
            copied = copy(path, root, "lib/modules" + path.split("/lib/modules", 1)[1])
            if copied.suffix == ".xz" and copied.exists():
                run("xz", "-d", "-f", copied)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        copy(kernel / "lib/modules" / release / name, root, f"lib/modules/{release}/{name}")
    pack(root, archive)


def artifacts(series):
    """(source, name in the guest) of everything that this project built or ships."""
    release = release_of(series)
    found = []

    def add(directory, pattern, where):
        found.extend((p, f"{where}/{p.name}") for p in sorted(directory.glob(pattern)) if p.is_file())

    add(BUILD / f"driver-{series}", "**/*.ko", f"lib/modules/{release}/updates")
    add(BUILD / f"guest-modules-{series}", "*.ko", f"lib/modules/{release}/updates")
    add(BUILD / "hypervisor", "bulkhead-*.bin", "lib/firmware")
    add(BUILD / "hypervisor", "without.tar.xz", "opt/bulkhead")
    for path in sorted((BUILD / "tools").glob("*")) + sorted((BUILD / "guest-tools").glob("*")):
        if path.is_file() and os.access(path, os.X_OK) and not path.suffix:
            found.append((path, f"opt/bulkhead/bin/{path.name}"))
    add(TOP / "tools", "hvctl-*", "opt/bulkhead/bin")
    add(BUILD / "inmates", "**/*.elf", "opt/bulkhead/inmates")
    add(BUILD / "inmates", "**/*.bin", "opt/bulkhead/inmates")
    add(TOP / "driver", "**/*.rules", "etc/udev/rules.d")
    for path in sorted((TOP / "configs").glob("**/*.dts*")):
        found.append((path, f"opt/bulkhead/configs/{path.relative_to(TOP / 'configs')}"))
    for directory, where in (("tests/guest", "opt/bulkhead/tests"), ("tests/demo", "opt/bulkhead")):
        for path in sorted((TOP / directory).glob("**/*")):
            if path.is_file() and path.suffix not in BUILT_ON_HOST:
                found.append((path, f"{where}/{path.relative_to(TOP / directory)}"))
    return found


def build_artifacts(series, archive, files):
    release = release_of(series)
    with tempfile.TemporaryDirectory(dir=GUEST) as scratch:
        root, merged = Path(scratch) / "root", Path(scratch) / "merged"
        root.mkdir()
        for source, name in files:
            copied = copy(source, root, name)
            if copied.suffix == ".ko":      # ten times the rest, and of use on the host only
                run("strip", "--strip-debug", copied)
        # depmod has to see the stock modules and ours together.
        shutil.copytree(modules_root(series), merged, copy_function=os.link)
        if (root / "lib/modules").exists():
            shutil.copytree(root / "lib/modules", merged / "lib/modules", dirs_exist_ok=True)
        run("depmod", "-b", merged, release)
        for path in (merged / "lib/modules" / release).glob("modules.*"):
            copy(path, root, f"lib/modules/{release}/{path.name}")
        pack(root, archive)


def unpacked_kernel(series):
    """What is inside of a kernel that is packed with xz or LZ4, to be started at its PVH entry; None if it is packed
    with something else. The places are those of Linux's Documentation/arch/x86/boot.rst."""
    packed, kernel = BUILD / f"kernels/{series}/vmlinuz", GUEST / f"vmlinux-{series}"
    data = packed.read_bytes()
    setup_sects, (payload, length) = data[0x1f1], struct.unpack_from("<II", data, 0x248)
    begin = (setup_sects + 1) * 512 + payload
    inside = data[begin:begin + length - 4]         # its unpacked size follows
    if not inside.startswith((XZ, LZ4)):
        return None
    if not up_to_date(kernel, [Path(__file__), packed]):
        GUEST.mkdir(parents=True, exist_ok=True)
        part = kernel.with_name(f"{kernel.name}.{os.getpid()}")
        if inside.startswith(XZ):
            part.write_bytes(lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(inside))
        else:
            part.write_bytes(subprocess.run(["lz4", "-d", "-c"], input=inside, check=True,
                                            stdout=subprocess.PIPE).stdout)
        part.replace(kernel)
    return kernel


def initramfs(series, packed=False):
    """The initramfs for a kernel series, (re)built if anything in it is newer; packed, where the guest has to
    read it from a device that is slower than LZ4."""
    GUEST.mkdir(parents=True, exist_ok=True)
    with open(GUEST / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        userland, modules = GUEST / "userland.cpio", GUEST / f"modules-{series}.cpio"
        ours, image = GUEST / f"artifacts-{series}.cpio", GUEST / f"initramfs-{series}.cpio"
        this = Path(__file__)
        if not up_to_date(userland, [this, *SOURCES.iterdir()]):
            build_userland(userland)
        if not up_to_date(modules, [this, BUILD / f"kernels/{series}/release"]):
            build_modules(series, modules)
        files = artifacts(series)
        listing = GUEST / f"artifacts-{series}.list"
        names = "".join(f"{source} {name}\n" for source, name in files)
        if not listing.exists() or listing.read_text() != names or \
           not up_to_date(ours, [modules, *(source for source, _ in files)]):
            build_artifacts(series, ours, files)
            listing.write_text(names)
        if packed:
            image = image.with_suffix(".lz4")
        if not up_to_date(image, [userland, modules, ours]):
            join(image, (userland, modules, ours), packed)
    return image


if __name__ == "__main__":
    print(initramfs(sys.argv[1]))
