# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Completion of fswctl(1). Installed where bash-completion looks; works without it when sourced.

_fswctl_instances() {
	# one "id" a line; none without root
	fswctl status --json 2>/dev/null | sed -n 's/^ *"id": \([0-9]*\),$/\1/p'
}

_fswctl_files() {
	local IFS=$'\n'
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_fswctl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} choices=

	COMPREPLY=()
	# bash makes a word of the = in --option=VALUE
	[ "$word" = = ] && word=
	[ "$before" = = ] && before=${COMP_WORDS[COMP_CWORD - 2]}
	if [ "$COMP_CWORD" = 1 ]; then
		choices='status map boot switch request release free exit kill rehearse log firmware-probe dump --help --version'
	else
		case $before in
		--area | --kernel | --initrd | --dtb)
			_fswctl_files "$word"
			return
			;;
		--color) choices='always never auto' ;;
		--instance) choices=$(_fswctl_instances) ;;
		--memory | --contiguous | --total) choices='64M 128M 192M 256M' ;;
		--cmdline | --start | --from | --name) return ;;
		*)
			case $command in
			status) choices='--area --json --help' ;;
			map) choices='--area --color --json --help' ;;
			boot)
				choices='--kernel --initrd --dtb --cmdline --memory --contiguous --start --instance --name'
				choices+=' --direct --stay --loaded --prepared --dry-run --json --help'
				;;
			request) choices='--from --free-only --dry-run --json --help' ;;
			release | exit) choices='--dry-run --json --help' ;;
			free) choices='--contiguous --total --start --instance --dry-run --json --help' ;;
			switch | kill)
				choices='--dry-run --json --help'
				[[ $word == -* ]] || choices+=" $(_fswctl_instances)"
				;;
			rehearse) choices='--json --help' ;;
			log) choices='--devices --area --json --help' ;;
			firmware-probe) choices='--show --again --dry-run --json --help' ;;
			dump)
				choices='--json --help'
				if [[ $word != -* ]]; then
					_fswctl_files "$word"
					return
				fi
				;;
			esac
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -F _fswctl fswctl
