# A bare Debian machine can pull no image and lacks Docker: these functions get both from the mirror apt is set up with.
# To be sourced; the caller sets $state.

apt_install() {
    echo "Installing $* ..." >&2
    # A foreign source out of reach must not matter: the installation decides.
    if ! { apt-get update; DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$state/apt.log" 2>&1 </dev/null; then
        tail -n 20 "$state/apt.log" >&2
        return 1
    fi
}

debian_mirror() {
    apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
        awk -v codename="$(. /etc/os-release && echo "$VERSION_CODENAME")" '$1 == codename { print $2; exit }'
}

# Unpacks a package of the Debian release "trixie" into a folder and installs nothing.
debian_unpack() {
    local package=$1 folder=$2 apt=$state/apt options mirror
    mirror=$(debian_mirror)
    if [[ -z $mirror ]]; then
        apt-get update >&2
        mirror=$(debian_mirror)
    fi
    [[ -n $mirror ]] || { echo "apt knows no Debian mirror, which $package would come from." >&2; return 1; }
    mkdir -p "$apt/lists/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/sources.list"
    options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=)
    (
        cd "$apt"
        rm -f "$package"_*.deb
        apt-get "${options[@]}" update
        apt-get "${options[@]}" download "$package"
        rm -rf "$folder"
        dpkg -x "$package"_*.deb "$folder"
    ) >&2
}

# Stands in for python:3.13-slim-trixie. A container of it trusts what this machine trusts.
build_base_image() {
    local certificates=/usr/local/share/ca-certificates
    command -v mmdebstrap >/dev/null || apt_install mmdebstrap
    mkdir -p "$certificates"
    if ! mmdebstrap --quiet --variant=apt --include=python3,python3-venv,ca-certificates \
        --customize-hook="mkdir -p \"\$1$certificates\"" \
        --customize-hook="find $certificates -name '*.crt' -exec cp {} \"\$1$certificates\" \\;" \
        --customize-hook='chroot "$1" update-ca-certificates' \
        trixie "$state/base.tar" "$(debian_mirror)" >"$state/mmdebstrap.log" 2>&1 </dev/null; then
        tail -n 20 "$state/mmdebstrap.log" >&2
        return 1
    fi
    docker import --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' --change 'CMD ["python3"]' "$state/base.tar" "$1" >/dev/null
    rm "$state/base.tar"
}

# Stands in for registry:2, whose REGISTRY_* variables work here too.
build_registry_image() {
    local context=$state/registry
    debian_unpack docker-registry "$context"
    cat >"$context/config.yml" <<'YAML'
version: 0.1
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/registry}
http:
  addr: :5000
YAML
    cat >"$context/Dockerfile" <<DOCKERFILE
FROM $DEV_BASE_IMAGE
COPY usr/bin/docker-registry /usr/local/bin/registry
COPY config.yml /etc/docker/registry/config.yml
EXPOSE 5000
ENTRYPOINT ["/usr/local/bin/registry", "serve"]
CMD ["/etc/docker/registry/config.yml"]
DOCKERFILE
    if ! docker build --tag "$1" "$context" >"$state/build.log" 2>&1; then
        tail -n 20 "$state/build.log" >&2
        return 1
    fi
}
