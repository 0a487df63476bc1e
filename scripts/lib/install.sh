# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What this project needs of Debian 12, and how it gets there. Sourced, from the top of the tree.
#   board_packages      the kernels, the bootloader, the instances' files, and the board in QEMU
#   check_packages      what the checks need beyond these
#   prepare SCRIPT PACKAGE...     all of these are there, or root installs them, or a message names the command that root must run; log in
#                                 build/log/install.log

# shellcheck disable=SC2034 # for those who source this
board_packages=(
	# kernels and what runs in them
	linux-source-6.1 linux-source-6.12 gcc-arm-linux-gnueabi libc6-dev-armel-cross gcc libc6-dev make bc bison flex xz-utils cpio cmake ninja-build
	# the bootloader
	gcc-arm-none-eabi binutils-arm-none-eabi
	# the board, and who drives it
	qemu-system-arm python3 labgrid python3-pexpect
)
# shellcheck disable=SC2034
check_packages=(
	# build
	g++ pkg-config clang-14 libclang-rt-14-dev llvm-14 gcc-aarch64-linux-gnu
	# test
	libcmocka-dev libfdt-dev device-tree-compiler dt-schema valgrind libc6-dbg gcovr python3-pytest e2fsprogs mandoc
	# look at sources
	clang-format-14 clang-tidy-14 codespell cppcheck shellcheck git
	# prove
	cbmc
)

install_missing() {
	local package
	for package; do
		if [ "$package" = cbmc ]; then
			# of another suite, and maybe not from a package at all
			command -v cbmc >/dev/null || echo cbmc
		elif [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
			echo "$package"
		fi
	done
}

install_has() { apt-cache policy "$1" | grep '^  Candidate: [^(]' >/dev/null; }

# install_packages PACKAGE...: as root
install_packages() (
	set -e
	here=() bullseye=() backports=()
	apt-get -q update
	for package; do
		# CBMC is not in Debian 12. The one of Debian 11 runs here.
		if [ "$package" = cbmc ]; then
			bullseye+=(cbmc)
		# Newer kernels come by security updates, which not every machine has.
		elif [ "$package" = linux-source-6.12 ] && ! install_has linux-source-6.12; then
			backports+=(linux-source-6.12)
		else
			here+=("$package")
		fi
	done
	if [ ${#here[@]} -gt 0 ]; then
		DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${here[@]}"
	fi
	# shellcheck source=scripts/lib/suite.sh
	. scripts/lib/suite.sh
	[ ${#bullseye[@]} = 0 ] || suite_install bullseye "${bullseye[@]}"
	[ ${#backports[@]} = 0 ] || suite_install bookworm-backports "${backports[@]}"
)

prepare() {
	local script=$1 missing release log=build/log/install.log status=0
	shift
	mapfile -t missing < <(install_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if ! grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release; then
		release=$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)
		echo "$script: not installed: ${missing[*]}. These are names of Debian 12 (bookworm), and this is $release: run it in a Debian 12" \
			"container or chroot" >&2
		exit 1
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "$script: not installed: ${missing[*]}. Nothing was run. First run, as root: $PWD/$script --install" >&2
		exit 1
	fi
	echo "installing: ${missing[*]}"
	mkdir -p build/log
	# not as a condition: "set -e" would not count in there
	set +e
	install_packages "${missing[@]}" >"$log" 2>&1 </dev/null
	status=$?
	set -e
	# The tree may be somebody else's, who goes on from here.
	chown --reference=. build build/log "$log"
	if [ "$status" != 0 ]; then
		tail -n 20 "$log" >&2
		echo "$script: apt could not install them: see $log, mend apt's sources or the network, run it again" >&2
		exit 1
	fi
}
