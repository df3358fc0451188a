#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetches what the build and the test bed need, asking nothing:
#
#   deps.sh packages SET        tools, from the machine's own package sources: "host" for the
#                               build and the host checks, "all" for the test bed as well
#   deps.sh problem SET         says in one line why that cannot work here, if so
#   deps.sh qemu DIR            a QEMU with x2APIC in software emulation (10 or later)
#   deps.sh udev DIR            the guest's device manager, which a container may not have
#   deps.sh kernel VERSION DIR  one kernel series (6.1, 6.12, 6.1-cloud): image, modules, headers
#
# Kernels and the newer QEMU are unpacked below DIR and never installed: they do not touch
# the machine's own kernel, and two series can be built against side by side. What the
# machine's own suite lacks is taken from its backports suite, through package lists of our
# own, so that the system's sources stay as they are.
set -euo pipefail

HOST_PACKAGES=(
	gcc libc6-dev binutils make python3 device-tree-compiler libfdt-dev
	cppcheck clang-format cloc git
)
# The kernel's build tools, what the guest is made of, and what runs it.
BED_PACKAGES=(
	libelf1 libssl3 pahole dpkg xz-utils kmod cpio busybox-static pciutils util-linux
	python3-pytest makedumpfile qemu-system-x86 seabios ipxe-qemu ovmf
	bochs bochs-term bochsbios vgabios grub-common grub-pc-bin xorriso mtools lz4
)
QEMU_WANTED=10
STATE=$(realpath -m "${BULKHEAD_DEPS_STATE:-build/deps}")

say() { echo "deps: $*" >&2; }
die() { echo "deps: $*" >&2; exit 1; }

# Only the list of suites differs from the machine's own apt: keys and proxies are kept.
backports_apt_options() {
	local codename uri
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		"Codename: $codename" 'Origin: Debian' | head -n 1)
	[ -n "$uri" ] || die "no Debian '$codename' suite in this machine's apt sources"
	mkdir -p "$STATE/apt/lists/partial" "$STATE/apt/cache/archives/partial"
	echo "deb $uri $codename-backports main" > "$STATE/apt/backports.list"
	BACKPORTS=(
		-o "Dir::Etc::sourcelist=$STATE/apt/backports.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$STATE/apt/lists" -o "Dir::Cache=$STATE/apt/cache"
	)
}

APT=(-qq -o APT::Sandbox::User=root -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600)

backports_update() {
	backports_apt_options
	say "reading the backports package lists"
	apt-get "${APT[@]}" "${BACKPORTS[@]}" update
}

# fetch DIR APT-OPTIONS... -- PACKAGE[=VERSION]...: download, unless that was done before, and
# unpack below DIR.
fetch() {
	local dir=$1 options=() name
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	mkdir -p "$STATE/debs" "$dir"
	say "downloading $*"
	(cd "$STATE/debs" && apt-get "${APT[@]}" "${options[@]}" download "$@")
	# Not where they are: apt names only what is still to be downloaded.
	(cd "$STATE" && apt-get "${APT[@]}" "${options[@]}" --print-uris download "$@") |
		while read -r _ name _; do
			say "unpacking $name"
			dpkg-deb -x "$STATE/debs/$name" "$dir"
		done
}

have_apt() {
	command -v apt-get > /dev/null && command -v dpkg-query > /dev/null
}

# Sets PACKAGES.
choose_set() {
	case $1 in
	host) PACKAGES=("${HOST_PACKAGES[@]}") ;;
	all) PACKAGES=("${HOST_PACKAGES[@]}" "${BED_PACKAGES[@]}") ;;
	*) die "no package set '$1'" ;;
	esac
}

# Names the packages that are not installed.
missing_packages() {
	local package
	for package in "${PACKAGES[@]}"; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2> /dev/null | grep -q '^ii' ||
			echo "$package"
	done
}

# One line, if do_packages would fail for a reason that only the user can remove.
do_problem() {
	local missing
	choose_set "$1"
	have_apt || { echo "no apt here; please install: ${PACKAGES[*]}"; return; }
	mapfile -t missing < <(missing_packages)
	if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" != 0 ]; then
		echo "not root; as root: apt-get install --no-install-recommends ${missing[*]}"
	fi
}

do_packages() {
	local missing problem
	choose_set "$1"
	problem=$(do_problem "$1")
	[ -z "$problem" ] || die "$problem"
	mapfile -t missing < <(missing_packages)
	[ ${#missing[@]} -gt 0 ] || { say "all packages are installed"; return; }
	say "installing ${missing[*]}"
	apt-get "${APT[@]}" update
	DEBIAN_FRONTEND=noninteractive apt-get "${APT[@]}" install -y --no-install-recommends \
		"${missing[@]}"
}

# candidate PACKAGE APT-OPTIONS...: the version apt would install.
candidate() {
	apt-cache "${@:2}" policy "$1" | awk '/Candidate:/ { print $2 }'
}

qemu_major() {
	"$1" --version 2> /dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p'
}

# Leaves DIR/qemu, a wrapper that knows where its firmware and modules are.
do_qemu() {
	local dir version
	dir=$(realpath -m "$1")
	rm -rf "$dir"
	mkdir -p "$dir"
	if [ "$(qemu_major qemu-system-x86_64 || true)" -ge $QEMU_WANTED ] 2> /dev/null; then
		say "this machine's own QEMU is new enough"
		ln -s "$(command -v qemu-system-x86_64)" "$dir/qemu"
		return
	fi
	backports_update
	version=$(candidate qemu-system-x86 "${BACKPORTS[@]}")
	fetch "$dir" "${BACKPORTS[@]}" -- "qemu-system-x86=$version" \
		"qemu-system-common=$version" "qemu-system-data=$version" \
		"seabios=$(candidate seabios "${BACKPORTS[@]}")"
	cat > "$dir/qemu" <<-WRAPPER
		#!/bin/sh
		# Generated: runs the QEMU that is unpacked here, not installed.
		here=\$(dirname "\$(realpath "\$0")")
		QEMU_MODULE_DIR=\$here/usr/lib/x86_64-linux-gnu/qemu
		export QEMU_MODULE_DIR
		exec "\$here/usr/bin/qemu-system-x86_64" -L "\$here/usr/share/qemu" \\
			-L "\$here/usr/share/seabios" -L /usr/lib/ipxe/qemu "\$@"
	WRAPPER
	chmod +x "$dir/qemu"
	[ "$(qemu_major "$dir/qemu")" -ge $QEMU_WANTED ] || die "the QEMU in $dir does not run"
}

# release_of SERIES APT-OPTIONS...: "release version" of the image meta package, if it is of
# that series.
release_of() {
	local number=${1%-cloud} flavour=amd64
	[ "$number" = "$1" ] || flavour=cloud-amd64
	apt-cache "${@:2}" show "linux-image-$flavour" 2> /dev/null |
		sed -n "s/^Depends: linux-image-\($number\.[^ ]*-$flavour\) (= \([^)]*\)).*/\1 \2/p" |
		head -n 1
}

do_kernel() {
	local series=$1 dir release version options=() found kbuild common
	dir=$(realpath -m "$2")
	found=$(release_of "$series")
	if [ -z "$found" ]; then
		backports_update
		options=("${BACKPORTS[@]}")
		found=$(release_of "$series" "${options[@]}")
	fi
	[ -n "$found" ] || die "no Linux $series in this machine's suites (try apt-get update)"
	read -r release version <<< "$found"
	kbuild=$(apt-cache "${options[@]}" show "linux-headers-$release=$version" |
		sed -n 's/^Depends:.*\(linux-kbuild-[^ ,]*\).*/\1/p')
	common=${release%-amd64}
	common=${common%-cloud}-common
	rm -rf "$dir"
	fetch "$dir/root" "${options[@]}" -- "linux-image-$release=$version" \
		"linux-headers-$release=$version" "linux-headers-$common=$version" \
		"$kbuild=$version"
	relocate_headers "$dir/root" "$release"
	echo "$release" > "$dir/release"
	ln -s "root/boot/vmlinuz-$release" "$dir/vmlinuz"
	ln -s "root/usr/src/linux-headers-$release" "$dir/kdir"
}

# The header packages name each other by absolute path; they live below another root here.
relocate_headers() {
	local root=$1 release=$2 link target
	find "$root/usr/src" "$root/usr/lib" -type l -lname '/usr/*' | while read -r link; do
		target=$(readlink "$link")
		ln -sfn "$root$target" "$link"
	done
	sed -i "s#/usr/src/linux-headers#$root/usr/src/linux-headers#g" \
		"$root/usr/src/linux-headers-$release/Makefile"
}

# One at a time: apt's lists and caches are shared.
if [ "${1:-}" != problem ]; then
	mkdir -p "$STATE"
	exec 9> "$STATE/lock"
	flock -w 1800 9 || die "another set-up holds $STATE/lock"
fi

case "${1:-}" in
packages) do_packages "${2:?set}" ;;
problem) do_problem "${2:?set}" ;;
qemu) do_qemu "${2:?directory}" ;;
udev) fetch "$(realpath -m "${2:?directory}")" -- udev ;;
kernel) do_kernel "${2:?series}" "${3:?directory}" ;;
*) die "usage: deps.sh packages SET | problem SET | qemu DIR | udev DIR | kernel VERSION DIR" ;;
esac
