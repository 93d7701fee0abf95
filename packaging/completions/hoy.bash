# SPDX-License-Identifier: Apache-2.0
# bash completion for hoy: commands and options are hoy's own (hoy __complete), names are the engine's.

_hoy_names() {
	case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
	*" network connect "*" "* | *" network disconnect "*" "*)
		hoy network ls --format '{{.Name}}'; hoy ps -a --format '{{.Names}}' ;;
	*" context "*)
		hoy context ls -q ;;
	*" network "*)
		hoy network ls --format '{{.Name}}' ;;
	*" run "* | *" create "* | *" rmi "* | *" history "* | *" tag "* | *" save "* | *" image "*)
		hoy images --format '{{.Repository}}:{{.Tag}}' ;;
	*" start "* | *" rm "* | *" cp "* | *" commit "* | *" diff "* | *" export "* | *" inspect "* | *" logs "* | *" rename "* | *" wait "*)
		hoy ps -a --format '{{.Names}}' ;;
	*" attach "* | *" exec "* | *" kill "* | *" port "* | *" restart "* | *" stats "* | *" stop "* | *" top "*)
		hoy ps --format '{{.Names}}' ;;
	esac 2>/dev/null
}

_hoy() {
	local word=${COMP_WORDS[COMP_CWORD]}
	mapfile -t COMPREPLY < <(hoy __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [ ${#COMPREPLY[@]} -eq 0 ] && [ "${word#-}" = "$word" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_hoy_names)" -- "$word")
	fi
	[ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}

complete -F _hoy hoy
