#!/usr/bin/env bash
# Everything that must hold before a change is merged. Stops at the first failure; the last line is
# "N passed, N failed, N skipped", counting checks and tests.
#   ./test.sh [--clients] [--long]
#     --clients   also the tests that run octet's files in other programs, and files of converters and
#                 models of others, from
#                 the folder that OCTET_WILD names, in octet
#     --long      also the tests labelled long, and an hour of each fuzz target
# Every stage says how much CPU time it took.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

clients=no long=no
for option in "$@"; do
  case "$option" in
    --clients) clients=yes ;;
    --long) long=yes ;;
    *) echo "usage: $0 [--clients] [--long]" >&2; exit 2 ;;
  esac
done

passed=0 failed=0 skipped=0
log=$(mktemp) clock=$(mktemp)
trap 'rm -f "$log" "$clock"' EXIT

# end_stage: says how much CPU time has passed since it was called before.
stage_cpu=
end_stage() {
  local now
  times >"$clock"  # here: a subshell has times of its own
  now=$(tr ms '  ' <"$clock" | awk '{ t += ($1 + $3) * 60 + $2 + $4 } END { printf "%d", t }')
  [ -z "$stage_cpu" ] || echo "   $((now - stage_cpu)) s of CPU time"
  stage_cpu=$now
}
finish() {
  end_stage
  echo
  echo "$((stage_cpu / 60)) min of CPU time"
  echo "$passed passed, $failed failed, $skipped skipped"
  exit $((failed > 0))
}
heading() {
  end_stage
  printf '\n== %d:%02d %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$1"
}
# check <heading> <command...>: one check; its output only if it fails.
check() {
  heading "$1"
  shift
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    tail -n 1 "$log"
  else
    failed=$((failed + 1))
    cat "$log"
    finish
  fi
}
# tests <heading> <build folder> <options of ctest...>: each test counts.
tests() {
  heading "$1"
  local folder=$2 status=0 total bad skip
  shift 2
  ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$(nproc)" "$@" >"$log" 2>&1 ||
    status=$?
  total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log")
  bad=$(sed -n 's/.* \([0-9]*\) tests failed out of [0-9]*$/\1/p' "$log")
  skip=$(grep -c '\*\*\*Skipped' "$log")
  if [ -z "$total" ] || { [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; }; then
    failed=$((failed + 1))
    cat "$log"
    finish
  fi
  passed=$((passed + total - bad - skip))
  failed=$((failed + bad))
  skipped=$((skipped + skip))
  if [ "$bad" -gt 0 ]; then
    cat "$log"
    finish
  fi
  grep '\*\*\*Skipped' "$log"
  sed -n 's/^ *\([0-9]*% tests passed.*\)/\1/p; s/^\(Total Test time.*\)/\1/p' "$log"
}
configure() {
  cmake -G Ninja "$@" "${launcher[@]}"
}

groups=(build test)
[ $clients = yes ] && groups+=(clients)
check "Debian packages" scripts/setup.sh "${groups[@]}"
launcher=()
if command -v ccache >/dev/null; then  # which takes precompiled headers for what they are if told so
  launcher=("-DCMAKE_CXX_COMPILER_LAUNCHER=env;CCACHE_SLOPPINESS=pch_defines,time_macros;ccache")
fi

check "who includes whom" python3 scripts/check_includes.py
check "formatting" scripts/check_format.sh

mpi=(-DOCTET_WITH_MPI=OFF)
if command -v mpicxx >/dev/null; then mpi=(-DOCTET_WITH_MPI=ON); fi
check "configure: release" configure --preset release "${mpi[@]}"
check "build: release" cmake --build build/release
tests "tests: release" build/release -LE 'clients|long'

# Everything a second time, by clang.
check "configure: clang, address and undefined-behaviour sanitizers" configure --preset dev \
  -DOCTET_FUZZ=ON -DOCTET_BUILD_DOUBLE=OFF
check "build: clang, sanitizers" cmake --build build/dev
tests "fast tests: clang, sanitizers" build/dev -L fast

runtime_only=(-DCMAKE_BUILD_TYPE=Release -DOCTET_BUILD_TRAINING=OFF -DCMAKE_UNITY_BUILD=ON
  -DOCTET_SMALL_RUNTIME=OFF)
check "configure: programs without training, thread sanitizer" configure -S . -B build/tsan \
  "${runtime_only[@]}" -DOCTET_SANITIZE=thread "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG"
check "build: programs without training, thread sanitizer" cmake --build build/tsan \
  --target int8_threads_tests octet octet_cli_tests
tests "contexts of one model at once, and octet without training: thread sanitizer" build/tsan \
  -R '^(int8_threads_tests|octet_cli_tests)$'

# What it finds stays in build/fuzz/*_corpus, where the next run goes on; a crash in build/fuzz.
# fuzz <target> <files> <seconds> [target that writes the seeds]
fuzz() {
  local time=$3 seeds=${4:-$1}
  [ $long = yes ] && time=3600
  mkdir -p "build/fuzz/$1_corpus"
  check "seeds of the fuzzer: $2" "build/dev/tests/$seeds" --seeds "build/fuzz/${seeds}_seeds"
  check "fuzz: $2, $time s" "build/dev/tests/$1" -max_total_time="$time" -timeout=20 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/ \
    "build/fuzz/$1_corpus" "build/fuzz/${seeds}_seeds"
}
fuzz fuzz_tflite "TFLite files" 45
fuzz fuzz_tflite_import "TFLite files to train on" 15 fuzz_tflite
fuzz fuzz_weights "files of weights" 15
fuzz fuzz_data "data sets: CSV and npz" 15
fuzz fuzz_onnx "ONNX files" 15

check "configure: 64-bit ARM" configure -S . -B build/aarch64 "${runtime_only[@]}" \
  -DOCTET_BUILD_APPS=OFF \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64.cmake" -DOCTET_WERROR=ON
check "build: 64-bit ARM" cmake --build build/aarch64 --target int8_tests base_tests
tests "int8 tests: 64-bit ARM under qemu" build/aarch64 -R '^int8_tests\.(portable|neon_dot)$'
check "vectors: 64-bit ARM under qemu" qemu-aarch64 -L /usr/aarch64-linux-gnu \
  -E LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib \
  build/aarch64/tests/base_tests --test-case='vectors*'

if [ $long = yes ]; then
  tests "long tests" build/release -L long
  if command -v mpicxx.mpich >/dev/null; then
    check "configure: MPICH" configure --preset release -B build/mpich -DOCTET_WITH_MPI=ON \
      -DMPI_CXX_COMPILER=mpicxx.mpich -DMPIEXEC_EXECUTABLE="$(command -v mpiexec.mpich)"
    check "build: MPICH" cmake --build build/mpich --target trainer trainer_ranks_tests
    tests "ranks: MPICH" build/mpich -R '^trainer_ranks_tests'
  fi
fi
if [ $clients = yes ]; then
  check "set-up of the client programs" tests/clients/setup.sh
  tests "octet's files in other programs, others' files in octet" build/release -L clients
fi
finish
