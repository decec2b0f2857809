#!/usr/bin/env bash
# stb_image_resize stops a debug build where its triangle filter (bilinear) shrinks a picture a little: 7 pixels to 5.
#
# Expected: a sanity check of a library does not depend on the sizes of the picture, for each filter that it offers.
# Happens: it asserts that the weights of an output pixel, before it normalizes them, are less than 1.1 in all. The
# triangle's are 1 + 2 (1 - 5/7), times 5/7: 1.12 for the middle one of 7 pixels made 5. So STBIR_FILTER_TRIANGLE
# aborts at such ratios; with NDEBUG the result is right. The box and the defaults (Catmull-Rom, Mitchell) are not hit (all of 2 to 24 pixels).
# What to do: define STBIR_ASSERT before the header is included.
#
# Version: Debian 12's libstb-dev 0.0~git20220908.8b5f1f3+ds-1, from Debian's archive; not installed, only unpacked.
# Printed:
#   box 7 to 5: ends well
#   triangle 7 to 5: stopped by: total < 1.1f
#   triangle 8 to 4: ends well
#   triangle 7 to 5 with NDEBUG: ends well
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq libstb-dev=0.0~git20220908.8b5f1f3+ds-1 2>/dev/null
dpkg -x libstb-dev_*.deb unpacked

cat >resize.c <<'C'
#include <stdlib.h>
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>

int main(int argc, char** argv) {
  const unsigned char in[16] = {9, 9, 9, 9, 9, 9, 9, 9};
  unsigned char out[16] = {0};
  const int from = atoi(argv[1]), to = atoi(argv[2]);
  stbir_resize_uint8_generic(in, from, 1, 0, out, to, 1, 0, 1, STBIR_ALPHA_CHANNEL_NONE, 0,
                             STBIR_EDGE_CLAMP, (stbir_filter)atoi(argv[3]), STBIR_COLORSPACE_LINEAR, NULL);
  return argc == 4 && out[0] == 9 && out[to - 1] == 9 ? 0 : 1;
}
C
gcc -w -I unpacked/usr/include resize.c -o debug -lm
gcc -w -DNDEBUG -I unpacked/usr/include resize.c -o release -lm

wrong=0
# show NAME EXPECTED PROGRAM FROM TO FILTER
show() {
  local got="ends well"
  { "./$3" "$4" "$5" "$6" 2>said; } 2>/dev/null || got="stopped by: $(sed -n "s/.*Assertion .\(.*\)' failed.*/\1/p" said)"
  echo "$1: $got"
  [ "$got" = "$2" ] || wrong=1
}
ulimit -c 0
show "box 7 to 5" "ends well" debug 7 5 1
show "triangle 7 to 5" "stopped by: total < 1.1f" debug 7 5 2
show "triangle 8 to 4" "ends well" debug 8 4 2
show "triangle 7 to 5 with NDEBUG" "ends well" release 7 5 2
if [ $wrong = 1 ]; then
  echo "not as described"
  exit 1
fi
echo "as described"
