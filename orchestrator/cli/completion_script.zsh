#compdef orchestrator
# Completion of `orchestrator` for zsh.
#
# `orchestrator __complete` knows what fits; this hands it the words of the line, and shows its answers.

_orchestrator() {
  local program=${${(Q)words[1]}/#\~\//$HOME/} line text means value
  local -a before whole open files
  (( $+commands[$program] )) || [[ -x $program ]] || program=orchestrator
  before=("${(@Q)words[2,CURRENT-1]}")
  for line in "${(@f)$(command $program __complete zsh -- "${before[@]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}"; do
    text=${line%%$'\t'*} means=${line#*$'\t'}
    value=${${text[2,-1]//\\/\\\\}//:/\\:}
    [[ -n $means ]] && value+=:$means
    case $text in
      \=*) whole+=("$value") ;;
      \+*) open+=("$value") ;;
      /*) files+=("$line") ;;
    esac
  done
  local result=1
  (( $#whole )) && _describe -V -t words 'orchestrator' whole && result=0
  (( $#open )) && _describe -V -t words 'orchestrator' open -S '' && result=0
  for line in $files; do
    text=${line%%$'\t'*} means=${line#*$'\t'}
    [[ -n $means ]] && compset -P ${(b)means}
    case $text in
      /topology) _files -g '*.(yaml|yml)(-.)' && result=0 ;;
      /file) _files && result=0 ;;
      /directory) _files -/ && result=0 ;;
    esac
  done
  return result
}

# in a file of $fpath this file is the function's body; sourced, it declares it
if [[ ${funcstack[1]} == _orchestrator ]]; then
  _orchestrator "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _orchestrator orchestrator
fi
