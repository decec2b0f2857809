#!/usr/bin/env bash
# Installs the Debian packages of the groups named (scripts/packages.txt) that are missing: as root
# or with sudo; otherwise names them and stops.
#   scripts/setup.sh build [test] [clients]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ $# -eq 0 ]; then
  echo "usage: $0 GROUP..., groups: $(awk '!/^#/ && NF { print $1 }' "$here/packages.txt" |
    sort -u | xargs)" >&2
  exit 2
fi
for group in "$@"; do
  if ! grep -q "^$group " "$here/packages.txt"; then
    echo "error: scripts/packages.txt has no group '$group'" >&2
    exit 2
  fi
done
if ! command -v dpkg-query >/dev/null; then
  echo "This is not Debian or a relative of it: the packages in scripts/packages.txt are not checked."
  exit 0
fi

missing=()
while read -r group package; do
  [[ " $* " == *" $group "* ]] || continue
  # A program from elsewhere does as well: nodejs.org's packages bring npm and exclude Debian's.
  if command -v "$package" >/dev/null; then continue; fi
  status=$(dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null || true)
  grep -qx installed <<<"$status" || missing+=("$package")
done < <(grep -v -e '^#' -e '^$' "$here/packages.txt")

if [ ${#missing[@]} -eq 0 ]; then
  echo "Debian packages ($*): all there"
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
    echo "error: these Debian packages are missing, and installing them needs root:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
