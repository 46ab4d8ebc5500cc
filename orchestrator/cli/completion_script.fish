# Completion of `orchestrator` for fish.
#
# `orchestrator __complete` knows what fits; this hands it the words of the line, and shows its answers.

function __orchestrator_files # KIND LEAD PATH: files as fish itself completes them, behind LEAD
    set -l found (complete -C"'' $argv[3]" | string replace -r '\t.*' '')
    if test $argv[1] = directory
        set found (string match -r '.*/$' -- $found)
    else if test $argv[1] = topology
        # a topology may be called otherwise
        set -l wanted (string match -r '.*(?:/|\.ya?ml)$' -- $found)
        test (count $wanted) -gt 0; and set found $wanted
    end
    for file in $found
        printf '%s\n' $argv[2]$file
    end
end

function __orchestrator_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    while string match -qr '^\w+=' -- $words[1] # settings for this command alone
        set -e words[1]
    end
    set -l program orchestrator
    command -q -- $words[1]; and set program $words[1]
    for answer in (command $program __complete fish -- $words[2..-1] $current 2>/dev/null </dev/null)
        set -l parts (string split -m 1 \t -- (string sub -s 2 -- $answer))
        if string match -q '/*' -- $answer
            __orchestrator_files $parts[1] $parts[2] (string sub -s (math (string length -- $parts[2]) + 1) -- $current)
        else if test -n "$parts[2]"
            printf '%s\t%s\n' $parts[1] $parts[2]
        else
            printf '%s\n' $parts[1]
        end
    end
end

complete -c orchestrator -e
complete -c orchestrator -f -k -a '(__orchestrator_complete)'
