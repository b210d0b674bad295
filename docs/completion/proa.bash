# bash completion of proa, made from its command table
_proa() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    local prev=${COMP_WORDS[COMP_CWORD-1]}
    local options='' words=''
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W 'run serve check compile inspect cache lab version completion help --help --version' -- "$cur"))
        return
    fi
    case ${COMP_WORDS[1]} in
    run)
        case $prev in
        --dir) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --env) COMPREPLY=(); return ;;
        --argv0) COMPREPLY=(); return ;;
        --invoke) COMPREPLY=(); return ;;
        --max-memory) COMPREPLY=(); return ;;
        --max-stack) COMPREPLY=(); return ;;
        --timeout) COMPREPLY=(); return ;;
        --cpu-timeout) COMPREPLY=(); return ;;
        --fuel) COMPREPLY=(); return ;;
        --usage) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --usage-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --tier) COMPREPLY=($(compgen -W 'auto baseline optimized' -- "$cur")); return ;;
        --tier-after) COMPREPLY=(); return ;;
        --opt-level) COMPREPLY=($(compgen -W '0 1 2 3' -- "$cur")); return ;;
        --cpu) COMPREPLY=($(compgen -W 'native x86-64 x86-64-v2 x86-64-v3 x86-64-v4' -- "$cur")); return ;;
        --compiler) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --compile-memory) COMPREPLY=(); return ;;
        --compile-timeout) COMPREPLY=(); return ;;
        esac
        options='--dir --env --argv0 --invoke --max-memory --max-stack --timeout --cpu-timeout --fuel --usage --usage-key --allow-missing-imports --allow-precompiled --no-cache --tier --tier-after --tier-log --opt-level --cpu --compiler --compile-memory --compile-timeout --help'
        words='' ;;
    serve)
        case $prev in
        --config) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --addr) COMPREPLY=(); return ;;
        --tls-cert) COMPREPLY=(); return ;;
        --tls-key) COMPREPLY=(); return ;;
        --route) COMPREPLY=(); return ;;
        --abi) COMPREPLY=($(compgen -W 'wasi reactr' -- "$cur")); return ;;
        --init) COMPREPLY=(); return ;;
        --entry) COMPREPLY=(); return ;;
        --dir) COMPREPLY=($(compgen -d -- "$cur")); return ;;
        --env) COMPREPLY=(); return ;;
        --argv0) COMPREPLY=(); return ;;
        --workers) COMPREPLY=(); return ;;
        --max-running) COMPREPLY=(); return ;;
        --max-queue) COMPREPLY=(); return ;;
        --max-connections) COMPREPLY=(); return ;;
        --timeout) COMPREPLY=(); return ;;
        --cpu-timeout) COMPREPLY=(); return ;;
        --fuel) COMPREPLY=(); return ;;
        --usage) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --usage-key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --drain) COMPREPLY=(); return ;;
        --drain-delay) COMPREPLY=(); return ;;
        --max-body) COMPREPLY=(); return ;;
        --max-response) COMPREPLY=(); return ;;
        --max-memory) COMPREPLY=(); return ;;
        --admin) COMPREPLY=(); return ;;
        --log-format) COMPREPLY=($(compgen -W 'common json' -- "$cur")); return ;;
        --reload-from) COMPREPLY=(); return ;;
        --user) COMPREPLY=(); return ;;
        --tier) COMPREPLY=($(compgen -W 'auto baseline optimized' -- "$cur")); return ;;
        --opt-level) COMPREPLY=($(compgen -W '0 1 2 3' -- "$cur")); return ;;
        --cpu) COMPREPLY=($(compgen -W 'native x86-64 x86-64-v2 x86-64-v3 x86-64-v4' -- "$cur")); return ;;
        --compiler) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --compile-memory) COMPREPLY=(); return ;;
        --compile-timeout) COMPREPLY=(); return ;;
        esac
        options='--config --addr --proxy-protocol --tls-cert --tls-key --route --abi --init --entry --dir --env --argv0 --workers --max-running --max-queue --max-connections --timeout --cpu-timeout --fuel --usage --usage-key --drain --drain-delay --no-supervise --max-body --max-response --max-memory --allow-missing-imports --admin --log-format --watch --reload-from --user --no-sandbox --quiet --allow-precompiled --no-cache --tier --opt-level --cpu --compiler --compile-memory --compile-timeout --help'
        words='' ;;
    check)
        case $prev in
        --opt-level) COMPREPLY=($(compgen -W '0 1 2 3' -- "$cur")); return ;;
        --cpu) COMPREPLY=($(compgen -W 'native x86-64 x86-64-v2 x86-64-v3 x86-64-v4' -- "$cur")); return ;;
        --compiler) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --compile-memory) COMPREPLY=(); return ;;
        --compile-timeout) COMPREPLY=(); return ;;
        esac
        options='--no-modules --allow-missing-imports --allow-precompiled --no-cache --opt-level --cpu --compiler --compile-memory --compile-timeout --help'
        words='' ;;
    compile)
        case $prev in
        --output|-o) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --target) COMPREPLY=($(compgen -W 'x86_64 aarch64' -- "$cur")); return ;;
        --tier) COMPREPLY=($(compgen -W 'auto baseline optimized' -- "$cur")); return ;;
        --opt-level) COMPREPLY=($(compgen -W '0 1 2 3' -- "$cur")); return ;;
        --cpu) COMPREPLY=($(compgen -W 'native x86-64 x86-64-v2 x86-64-v3 x86-64-v4' -- "$cur")); return ;;
        --compiler) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --compile-memory) COMPREPLY=(); return ;;
        --compile-timeout) COMPREPLY=(); return ;;
        esac
        options='--output --target --tier --fuel --opt-level --cpu --compiler --compile-memory --compile-timeout --help'
        words='' ;;
    inspect)
        case $prev in
        --compiler) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        esac
        options='--json --compiler --help'
        words='' ;;
    cache)
        case $prev in
        --max) COMPREPLY=(); return ;;
        esac
        options='--max --help'
        words='list prune clear dir' ;;
    lab)
        case $prev in
        esac
        options='--help'
        words='list run report' ;;
    version)
        case $prev in
        esac
        options='--help'
        words='' ;;
    completion)
        case $prev in
        esac
        options='--help'
        words='bash' ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        COMPREPLY=($(compgen -f -- "$cur"))
    fi
}
complete -o filenames -F _proa proa
