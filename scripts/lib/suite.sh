# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Packages of another Debian suite or architecture, from wherever this machine gets its own. Sourced. Nothing of the system's own lists changes.
#   suite_install SUITE PACKAGE...                       as root
#   suite_fetch SUITE ARCHITECTURE FOLDER PACKAGE...     as anybody: puts the .deb files there, installs nothing

# The one-line source of SUITE: the mirror, component and key that the running release's main comes with.
suite_source() (
	suite=$1
	# shellcheck source=/dev/null
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# apt itself says where it looks, in whatever format its sources are written.
	uri=$(apt-get indextargets --no-release-info --format "\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" 'Created-By: Packages' |
		awk -v release="$release" '!uri && ($2 == release || $2 == "stable") && $3 == "main" { uri = $1 } END { print uri }')
	if [ -z "$uri" ]; then
		echo "suite.sh: apt has no source of Debian $release main to take $suite from." \
			"See 'apt-get indextargets', add one to /etc/apt/sources.list and try again" >&2
		exit 1
	fi
	# The key that is named beside that address, if one is; else apt's trusted keys serve.
	shopt -s nullglob
	files=(/etc/apt/sources.list.d/*.{list,sources})
	[ -e /etc/apt/sources.list ] && files+=(/etc/apt/sources.list)
	key=$(awk -v uri="${uri%/}" '
		BEGIN { RS = ""; FS = "\n" }
		{
			here = 0; named = ""
			for (i = 1; i <= NF; i++) {
				count = split($i, word, /[ \t]+/)
				if (word[1] == "deb" && index($i, uri) && match($i, /signed-by=[^] ,]+/))
					key = substr($i, RSTART + 10, RLENGTH - 10)
				if (tolower(word[1]) == "uris:")
					for (j = 2; j <= count; j++)
						if (word[j] == uri || word[j] == uri "/")
							here = 1
				if (tolower(word[1]) == "signed-by:" && word[2] ~ "^/")
					named = word[2]
			}
			if (here && named)
				key = named
		}
		END { print key }' "${files[@]}" /dev/null)
	echo "deb ${key:+[signed-by=$key] }$uri $suite main"
)

# suite_download SUITE ARCHITECTURE WORK PACKAGE...: to WORK/packages; an empty architecture is this machine's
suite_download() (
	set -euo pipefail
	suite=$1 architecture=$2 work=$3
	shift 3
	chmod 755 "$work" # apt reads as another user
	mkdir -p "$work/lists/partial" "$work/packages"
	[ "$(id -u)" != 0 ] || chown -R _apt "$work/lists" "$work/packages"
	suite_source "$suite" >"$work/source.list"
	options=(-q -o "Dir::Etc::SourceList=$work/source.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$work/lists")
	# apt keeps a cache of what the lists say: not of these.
	options+=(-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
	[ -z "$architecture" ] || options+=(-o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture")
	echo "suite.sh: $* ${architecture:+for $architecture }from: $(cat "$work/source.list")"
	apt-get "${options[@]}" update
	cd "$work/packages"
	apt-get "${options[@]}" download "$@"
)

suite_fetch() (
	set -euo pipefail
	folder=$3
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	suite_download "$1" "$2" "$work" "${@:4}"
	mkdir -p "$folder"
	cp "$work"/packages/*.deb "$folder"
)

suite_install() (
	set -euo pipefail
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	suite_download "$1" '' "$work" "${@:2}"
	cd "$work/packages"
	# What they depend on comes from this machine's own suite.
	DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends ./*.deb
)
