/**
 * Completion scripts: they hand the words to `skelgen __complete` and show its answer.
 *
 * Each line of the answer is a word, a tab and what it means; lines that begin with a colon ask for files (`:files SUFFIX`) or
 * folders (`:folders`).
 */

export type Shell = 'bash' | 'zsh' | 'fish';
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

const BASH = `# Completion for skelgen. Put this into ~/.bashrc:
#   source <(skelgen completion bash)
_skelgen() {
  local word=\${COMP_WORDS[COMP_CWORD]} line suffix
  [[ $word == '=' ]] && word=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      ':files '*)
        suffix=\${line#:files }
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
          compgen -f -X "!*$suffix" -- "$word"
          [[ -n $suffix ]] && compgen -d -- "$word"
        )
        ;;
      ':folders')
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$word")
        ;;
      *)
        line=\${line%%$'\\t'*}
        if [[ $line == "$word"* ]]; then
          COMPREPLY+=("$line")
          [[ $line == *= ]] && compopt -o nospace 2>/dev/null
        fi
        ;;
    esac
  done < <(skelgen __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _skelgen skelgen
`;

const ZSH = `#compdef skelgen
# Completion for skelgen. Put this into ~/.zshrc, after compinit:
#   source <(skelgen completion zsh)
# or into a file _skelgen in a folder of $fpath.
_skelgen() {
  local line suffix
  local -a values described
  for line in "\${(@f)$(skelgen __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      ':files ') _files ;;
      ':files '*) suffix=\${line#:files }; _files -g "*$suffix" ;;
      ':folders') _files -/ ;;
      '') ;;
      *) values+=("\${line%%$'\\t'*}"); described+=("\${line%%$'\\t'*}  \${line#*$'\\t'}") ;;
    esac
  done
  if (( \${#values} )); then
    if [[ \${values[1]} == *= ]]; then compadd -S '' -d described -a values
    else compadd -d described -a values; fi
  fi
}
if [[ $funcstack[1] == _skelgen ]]; then _skelgen "$@"; else compdef _skelgen skelgen; fi
`;

const FISH = `# Completion for skelgen. Put it where fish looks:
#   skelgen completion fish > ~/.config/fish/completions/skelgen.fish
function __skelgen_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (skelgen __complete fish $words[2..-1] 2>/dev/null)
        switch $line
            case ':files '
                __fish_complete_path (commandline -ct)
            case ':files *'
                set -l suffix (string escape --style=regex -- (string replace ':files ' '' -- $line))
                __fish_complete_path (commandline -ct) | string match -r -- '^.*(?:/|'$suffix')(?:\\t.*)?$'
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c skelgen -f -a '(__skelgen_complete)'
`;
