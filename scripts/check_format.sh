#!/usr/bin/env bash
# Checks the formatting of every C++ file under version control; --fix applies it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then mode=(-i); fi
mapfile -d '' files < <(git ls-files -z -- '*.h' '*.hpp' '*.cpp')
clang-format-14 "${mode[@]}" "${files[@]}"
echo "${#files[@]} files formatted as .clang-format says"
