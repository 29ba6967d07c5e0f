# Builds images for tests and demo, and leaves nothing without a name on the daemon. To be sourced.

id() { docker image inspect --format "{{$1}}" "$2" 2>/dev/null; }

# build TARGET NAME CONTEXT [OPTION...]: the builder before BuildKit keeps stages as images, so each gets its name.
build() {
    local target=$1 name=$2 context=$3 before log
    shift 3
    before=$(id .Id "$name" || true)
    if ! log=$(docker build --target "$target" --build-arg BASE="$DEV_BASE_IMAGE" --tag "$name" "$@" "$context" 2>&1 </dev/null); then
        printf '%s\n' "$log" >&2
        exit 1
    fi
    # The one this replaces goes, unless somebody gave it another name.
    [[ $(id 'len .RepoTags' "${before:-none}") != 0 ]] || docker rmi "$before" >/dev/null || true
}
