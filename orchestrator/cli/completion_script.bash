# Completion of `orchestrator` for bash; needs no bash-completion, and nothing that bash 3.2 could not parse.
#
# `orchestrator __complete` knows what fits; this hands it the words of the line, and shows its answers.

_orchestrator_files() { # KIND PATH: files as bash itself completes them
  local kind=$1 path=$2 file
  local -a wanted=() others=()
  while IFS= read -r file; do
    if [[ $kind == file || $file == *.yaml || $file == *.yml || -d ${file/#\~\//$HOME/} ]]; then
      wanted+=("$file")
    else
      others+=("$file")
    fi
  done < <(if [[ $kind == directory ]]; then compgen -d -- "$path"; else compgen -f -- "$path"; fi)
  # a topology may be called otherwise
  if [[ ${#wanted[@]} -eq 0 ]]; then wanted=(${others[@]+"${others[@]}"}); fi
  COMPREPLY+=(${wanted[@]+"${wanted[@]}"})
}

_orchestrator() {
  local line=${COMP_LINE:0:COMP_POINT} word piece lead="" at answer text means program
  local -a words=()
  COMPREPLY=()

  # bash cuts words at `=` and `:` too (COMP_WORDBREAKS); put them together again where no blank is between
  for ((at = 0; at <= COMP_CWORD; at++)); do
    piece=${COMP_WORDS[at]}
    word=${line#"${line%%[![:space:]]*}"} # without leading blanks
    if [[ $at -eq COMP_CWORD ]]; then piece=${word:0:${#piece}}; fi
    if [[ ${#words[@]} -gt 0 && $word == "$line" && -n $line ]]; then
      lead=${words[${#words[@]} - 1]}
      words[${#words[@]} - 1]+=$piece
    else
      lead=""
      words+=("$piece")
    fi
    line=${word:${#piece}}
  done
  # after a break alone (`--theme=`), what is replaced begins behind it
  if [[ -n $lead && -n $piece && $piece != *[!=:]* ]]; then lead+=$piece; fi

  program=${words[0]/#\~\//$HOME/}
  type -- "$program" >/dev/null 2>&1 || program=orchestrator
  local current=${words[${#words[@]} - 1]} nospace=1 quoted=0
  local -a replies=()
  while IFS= read -r answer; do
    text=${answer%%$'\t'*} means=${answer#*$'\t'}
    case $text in
      /*)
        compopt -o filenames 2>/dev/null && quoted=1 # by readline, whatever else is among them
        nospace=0
        text=${text#/}
        answer=${current#"$means"}
        _orchestrator_files "$text" "$(_orchestrator_unquoted "$answer")"
        continue ;;
      =*) nospace=0 ;;
    esac
    text=${text:1}
    replies+=("${text#"$lead"}")
  done < <("$program" __complete bash -- "${words[@]:1}" </dev/null 2>/dev/null)
  for text in ${replies[@]+"${replies[@]}"}; do
    if [[ $quoted -eq 0 && $current != [\"\']* && $text == *[!A-Za-z0-9_.,:=/@%+-]* ]]; then
      printf -v text %q "$text"
    fi
    COMPREPLY+=("$text")
  done
  if [[ ${#COMPREPLY[@]} -gt 0 && $nospace -eq 1 ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}

_orchestrator_unquoted() { # WORD: without its quotes, one of which may be open; runs and expands nothing
  local word=$1 plain="" quote="" letter at
  for ((at = 0; at < ${#word}; at++)); do
    letter=${word:at:1}
    if [[ $letter == \\ && $quote != "'" ]]; then
      at=$((at + 1))
      plain+=${word:at:1}
    elif [[ $letter == "$quote" ]]; then
      quote=""
    elif [[ -z $quote && ($letter == "'" || $letter == '"') ]]; then
      quote=$letter
    else
      plain+=$letter
    fi
  done
  printf %s "$plain"
}

complete -o bashdefault -F _orchestrator orchestrator
# the order is the order of help and of the file (bash 4.4)
complete -o bashdefault -o nosort -F _orchestrator orchestrator 2>/dev/null || :
