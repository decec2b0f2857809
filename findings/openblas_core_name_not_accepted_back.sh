#!/usr/bin/env bash
# OpenBLAS 0.3.21 reports kernels by a name that it does not take: "Cooperlake" cannot be asked for.
#
# Expected: to repeat a result bit for bit elsewhere, note openblas_get_corename() and set OPENBLAS_CORETYPE to it.
# Happens: the library holds kernels for Cooperlake and takes them by itself on CPUs with AVX512-BF16 (Zen 4 and
# Cooper Lake), reporting "Cooperlake"; but OPENBLAS_CORETYPE=Cooperlake is an unknown name, and an unknown name means
# the automatic choice, silently: a message appears only with OPENBLAS_VERBOSE=2. On another machine other kernels run
# under that setting, and nobody is told. Names are compared regardless of case; Haswell, Zen and SkylakeX are known.
# What to do: compare openblas_get_corename() with the wish after loading.
#
# Version: Debian 12's libopenblas0-pthread 0.3.21+ds-4 (x86-64), from Debian's archive; not installed, only unpacked.
# Printed (the automatic choice is the machine's, here a Zen 4):
#   has kernels for Cooperlake: yes
#   automatic choice: Cooperlake
#   OPENBLAS_CORETYPE=haswell: Haswell
#   OPENBLAS_CORETYPE=Cooperlake: the automatic choice; said: nothing
#   OPENBLAS_CORETYPE=Cooperlake OPENBLAS_VERBOSE=2: the automatic choice; said: Core not found: Cooperlake
#   as described
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq libopenblas0-pthread=0.3.21+ds-4 2>/dev/null
dpkg -x libopenblas0-pthread_*.deb unpacked
library=$(find "$dir/unpacked" -name 'libopenblasp-r0.3.21.so')

cat >core.py <<'PYTHON'
import ctypes
import sys

library = ctypes.CDLL(sys.argv[1])
library.openblas_get_corename.restype = ctypes.c_char_p
print(library.openblas_get_corename().decode())
PYTHON
core() { env -u OPENBLAS_CORETYPE -u OPENBLAS_VERBOSE "$@" python3 core.py "$library" 2>said; }

wrong=0
expect() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; wrong=1; }; }

# The kernels carry the core's name in theirs.
kernels=$(grep -c 'sgemm_kernel_COOPERLAKE' "$library" || true)
echo "has kernels for Cooperlake: $([ "$kernels" -gt 0 ] && echo yes || echo no)"
[ "$kernels" -gt 0 ] || wrong=1
automatic=$(core)
echo "automatic choice: $automatic"
if grep -qw avx2 /proc/cpuinfo; then
  named=$(core OPENBLAS_CORETYPE=haswell)
  echo "OPENBLAS_CORETYPE=haswell: $named"
  expect "$named" Haswell
fi
expect "$(core OPENBLAS_CORETYPE=Cooperlake)" "$automatic"
echo "OPENBLAS_CORETYPE=Cooperlake: the automatic choice; said: $(grep . said || echo nothing)"
expect "$(cat said)" ""
expect "$(core OPENBLAS_CORETYPE=Cooperlake OPENBLAS_VERBOSE=2)" "$automatic"
message=$(head -n 1 said)
echo "OPENBLAS_CORETYPE=Cooperlake OPENBLAS_VERBOSE=2: the automatic choice; said: $message"
expect "$message" "Core not found: Cooperlake"
[ $wrong = 0 ] && echo "as described"
exit $wrong
