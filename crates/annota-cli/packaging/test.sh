#!/usr/bin/env bash
# Installs the packages of a folder into empty environments and runs what they install.
#
#   packaging/test.sh [FOLDER]        by default target/packages
#
# The wheel goes into a new virtual environment without network access. The Debian package goes into a minimal Debian 12
# made by debootstrap (root only; kept in target/tools/bookworm for the next time). The archive is unpacked.
set -euo pipefail
cd "$(dirname "$0")/../../.."
folder="${1:-target/packages}"
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT

fail() {
    echo "error: $*" >&2
    exit 1
}

# Runs an installed command (`$@` starts it) from an empty folder: the version, a vector, and a job on two texts.
try_command() {
    local expected
    expected="$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
    [ "$("$@" -V | cut -d' ' -f2)" = "$expected" ] || fail "$* -V prints \`$("$@" -V)\`: expected version $expected"
    "$@" --device cpu predict "I love NLP" | grep -q '| love' || fail "$* predict prints no row for \`love\`"
}

try_share() {
    local share="$1" file
    for file in man/man1/annota.1 bash-completion/completions/annota fish/vendor_completions.d/annota.fish doc/annota/copyright; do
        [ -s "$share/$file" ] || [ -s "$share/$file.gz" ] || fail "$share lacks $file"
    done
}

try_wheel() {
    python3 -m venv "$place/venv"
    "$place/venv/bin/pip" install --quiet --no-index "$1"
    try_command env -i HOME="$place" "$place/venv/bin/annota"
    try_share "$place/venv/share"
}

try_deb() {
    local root=target/tools/bookworm
    if [ ! -e "$root/.done" ]; then
        rm -rf "$root"
        mkdir -p "$root"
        debootstrap --variant=minbase bookworm "$root" >"$place/debootstrap.log" || { cat "$place/debootstrap.log" >&2; fail "debootstrap"; }
        touch "$root/.done"
    fi
    cp "$1" "$root/annota.deb"
    chroot "$root" dpkg -i /annota.deb
    try_command chroot "$root" /usr/bin/env -i HOME=/root /usr/bin/annota
    try_share "$root/usr/share"
    chroot "$root" dpkg --purge annota
    [ ! -e "$root/usr/bin/annota" ] || fail "the Debian package leaves its binary behind"
    rm "$root/annota.deb"
}

try_archive() {
    tar -C "$place" -xzf "$1"
    try_command env -i HOME="$place" "$place/$(basename "$1" .tar.gz)/annota"
    try_share "$place/$(basename "$1" .tar.gz)/share"
}

passed=0 skipped=0
try() {
    local kind="$1" file="$2"
    [ -e "$file" ] || return 0
    "try_$kind" "$file"
    passed=$((passed + 1))
    echo "$kind: $(basename "$file") works ($(($(stat -c %s "$file") / 1000000)) MB)"
}
for file in "$folder"/*.whl; do try wheel "$file"; done
for file in "$folder"/*.tar.gz; do try archive "$file"; done
if command -v debootstrap >/dev/null && [ "$(id -u)" = 0 ]; then
    for file in "$folder"/*.deb; do try deb "$file"; done
else
    echo "skipped: the Debian package, which needs debootstrap and root"
    skipped=1
fi
((passed)) || fail "no package in $folder: run packaging/build.sh first"
echo "$passed passed, 0 failed, $skipped skipped"
