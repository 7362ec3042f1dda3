#!/usr/bin/env bash
# Builds packages that hold the annota binary, its manual pages and its shell completions.
#
#   packaging/build.sh [--profile PROFILE] [--output FOLDER] [--zig] [wheel] [deb] [archive]
#
# Without a kind of package it builds all three. The profile is `dist` unless another one is given; with `dev` the
# script packs the binary that `cargo build -p annota-cli` has built. `--zig` links against glibc 2.28 (Python packages
# `ziglang` and `cargo-zigbuild`). The wheel needs `maturin` 1.9 or newer on the path, the Debian package `dpkg-deb`.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
crate="$(dirname "$here")"
cd "$crate/../.."

profile=dist output=target/packages zig=() kinds=()
while (($#)); do
    case "$1" in
        --profile) profile="$2"; shift ;;
        --output) output="$2"; shift ;;
        --zig) zig=(--zig --compatibility manylinux_2_28) ;;
        wheel | deb | archive) kinds+=("$1") ;;
        *) echo "error: unknown argument \`$1\`: expected --profile, --output, --zig, wheel, deb or archive" >&2; exit 2 ;;
    esac
    shift
done
((${#kinds[@]})) || kinds=(wheel deb archive)

# Published builds keep the kernels that a GPU was tuned to; other profiles build the default features, as the README does.
features=()
if [ "$profile" = dist ]; then
    features=(--features tuning-cache)
fi
target="$(rustc -vV | sed -n 's/^host: //p')"
folder="${CARGO_TARGET_DIR:-target}"
if ((${#zig[@]})); then
    cargo-zigbuild zigbuild --locked --profile "$profile" -p annota-cli "${features[@]}" --target "$target.2.28"
    folder="$folder/$target"
else
    cargo build --locked --profile "$profile" -p annota-cli "${features[@]}"
fi
built="$folder/${profile/#dev/debug}/annota"
version="$("$built" -V | cut -d' ' -f2)"
mkdir -p "$output"
output="$(cd "$output" && pwd)"
staging="$(mktemp -d)"
trap 'rm -rf "$staging"' EXIT
install -m 755 "$built" "$staging/annota"
strip "$staging/annota"

# Manual pages and completions, under the paths that Python's and Debian's installers share.
share="$here/annota.data/data/share"
rm -rf "$share/man" "$share/bash-completion" "$share/fish" "$share/zsh"
mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/fish/vendor_completions.d" "$share/zsh/site-functions"
"$built" man --output "$share/man/man1"
"$built" completions bash >"$share/bash-completion/completions/annota"
"$built" completions fish >"$share/fish/vendor_completions.d/annota.fish"
"$built" completions zsh >"$share/zsh/site-functions/_annota"

build_wheel() {
    local options=(--profile "$profile" --locked --out "$output" --manifest-path "$crate/Cargo.toml")
    if ((${#zig[@]})); then
        options+=("${zig[@]}" --target "$target")
    fi
    # The default features of other profiles, in place of those in pyproject.toml.
    if [ "$profile" != dist ]; then
        options+=(--features default)
    fi
    maturin build "${options[@]}"
}

# The newest version of glibc whose symbols the binary uses.
glibc() {
    objdump -T "$staging/annota" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1 | cut -d_ -f2
}

build_deb() {
    local root="$staging/deb" architecture package
    architecture="$(dpkg --print-architecture)"
    package="$output/annota_${version}_$architecture.deb"
    mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/share/zsh"
    install -m 755 "$staging/annota" "$root/usr/bin/annota"
    cp -R "$share/doc" "$share/man" "$share/bash-completion" "$share/fish" "$root/usr/share/"
    cp -R "$share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"
    gzip -9n "$root/usr/share/man/man1/"*
    find "$root/usr" -type d -exec chmod 755 {} + -o -type f ! -name annota -exec chmod 644 {} +
    chmod 755 "$root/usr/bin/annota"
    cat >"$root/DEBIAN/control" <<CONTROL
Package: annota
Version: $version
Architecture: $architecture
Maintainer: The Annota developers <developers@annota.invalid>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: libc6 (>= $(glibc)), libgcc-s1
Recommends: ca-certificates, libvulkan1
Section: science
Priority: optional
Description: text annotation for dataframes
 Turns text columns into documents, sentences, tokens and vectors of ALBERT and
 BERT models, by SQL, by one command, or as batch jobs on one machine or on a
 Ballista cluster. The models run on the CPU or on any GPU that Vulkan reaches.
CONTROL
    # Debug builds are large and are packed for a test only, so they get a fast compression.
    local compression=(-Zxz)
    [ "$profile" = dist ] || compression=(-Zgzip -z1)
    dpkg-deb --root-owner-group "${compression[@]}" --build "$root" "$package" >/dev/null
    echo "built $package"
}

# The file that `cargo binstall` downloads: [package.metadata.binstall] in Cargo.toml.
build_archive() {
    local name="annota-$version-$target"
    mkdir -p "$staging/$name"
    cp LICENSE README.md "$staging/annota" "$staging/$name/"
    cp -R "$share" "$staging/$name/share"
    tar -C "$staging" --owner=0 --group=0 -czf "$output/$name.tar.gz" "$name"
    echo "built $output/$name.tar.gz"
}

for kind in "${kinds[@]}"; do
    "build_$kind"
done
ls -l "$output"
