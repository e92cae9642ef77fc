# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of springparkctl for bash. The settings follow below.

# $1: a command, or nothing. Its options; those that take a value end with =.
_springparkctl_options() {
    local common="--config= --run-directory= --instance= --json" every="--help --usage --version"
    local broker="--broker= --ca= --cert= --chain= --client-id= --device= --key= --no-verify-name --port= --prefix="
    local answers="--accept --deny --wink"

    case $1 in
        readers) echo "$common --scan $every" ;;
        journal) echo "$common --all --limit= --set-aside $every" ;;
        watch) echo "$common --events= --progress $every" ;;
        command) echo "$common $broker $answers $every" ;;
        discover) echo "$common --port= --seconds= $every" ;;
        network) echo "$common --apply --interface= --timeout= $every" ;;
        registers) echo "$common --changed --sample $every" ;;
        set) echo "$common --apply $every" ;;
        import) echo "$common --apply --no-load-defaults --output= $every" ;;
        export) echo "$common --flat --secrets $every" ;;
        certs) echo "$common --days= --directory= --key= --key-type= --name= $every" ;;
        subscribe) echo "$broker $answers --events= --patience= --timeout= $every" ;;
        *) echo "$common $every" ;;
    esac
}

_springparkctl_offer() { # WORDS BEGINNING
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
    # What is to go on with a value is followed by no blank.
    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
}

_springparkctl_offer_files() { # -f|-d BEGINNING
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_springparkctl_offer_value() { # OPTION BEGINNING
    case $1 in
        --ca)
            _springparkctl_offer_files -f "$2"
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W amazon -- "$2") ;;
        --config | --output | --cert | --chain | --key) _springparkctl_offer_files -f "$2" ;;
        --run-directory | --directory) _springparkctl_offer_files -d "$2" ;;
        --interface) _springparkctl_offer "$(compgen -G '/sys/class/net/*' | sed 's,.*/,,')" "$2" ;;
        --key-type) _springparkctl_offer "ec rsa" "$2" ;;
    esac
}

_springparkctl_offer_setting() { # NAME, or NAME=BEGINNING
    local name=${1%%=*}

    # shellcheck disable=SC2154 # in settings.bash
    if [ "$name" = "$1" ]; then
        _springparkctl_offer "${_springparkctl_settings[*]/%/=}" "$1"
    elif [[ $name =~ ^(certificates|keys)\.slot_ ]]; then
        _springparkctl_offer_files -f "${1#*=}"
    else
        _springparkctl_offer "$(_springparkctl_words "${name/\[*\]/}")" "${1#*=}"
    fi
}

_springparkctl_offer_argument() { # COMMAND WORD-OF-IT WORD
    # shellcheck disable=SC2154 # in settings.bash
    case $1,$2 in
        ,*) _springparkctl_offer "status readers journal watch reload command check doctor discover registers network set import export \
            certs subscribe" "$3" ;;
        check,* | import,* | journal,export | certs,show) _springparkctl_offer_files -f "$3" ;;
        journal,) _springparkctl_offer "list export release" "$3" ;;
        certs,) _springparkctl_offer "init-ca verification device csr show" "$3" ;;
        registers,*) _springparkctl_offer "${_springparkctl_registers[*]}" "$3" ;;
        set,*) _springparkctl_offer_setting "$3" ;;
    esac
}

_springparkctl() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word before command="" second="" i
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line != *[[:space:]] ]] || words+=("")
    word=${words[-1]} before=${words[-2]}
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        if [[ ${words[i]} = -* ]]; then
            [[ " $(_springparkctl_options "$command") " != *" ${words[i]}= "* ]] || i=$((i + 1))
        elif [ -z "$command" ]; then
            command=${words[i]}
        else
            second=${second:-${words[i]}}
        fi
    done
    # --option=VALUE is two words for bash, which replaces the second one.
    if [[ $word = --*=* ]]; then
        _springparkctl_offer_value "${word%%=*}" "${word#*=}"
    elif [[ $before = -* && " $(_springparkctl_options "$command") " = *" $before= "* ]]; then
        _springparkctl_offer_value "$before" "$word"
    elif [[ $word = -* ]]; then
        _springparkctl_offer "$(_springparkctl_options "$command")" "$word"
    else
        _springparkctl_offer_argument "$command" "$second" "$word"
    fi
    return 0
}
complete -F _springparkctl springparkctl

