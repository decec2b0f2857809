#!/usr/bin/env python3
"""README.md's C++ example is the marked part of examples/custom_loop.cpp, to the letter."""
import re
import sys
import textwrap
from pathlib import Path

root = Path(__file__).resolve().parent.parent
source = (root / "examples/custom_loop.cpp").read_text()
marked = re.search(r"// \[README\]\n(.*?) *// \[README\]", source, re.S)
shown = re.search(r"```cpp\n(.*?)```", (root / "README.md").read_text(), re.S)
if not marked or not shown:
    sys.exit("expected a part between // [README] marks in examples/custom_loop.cpp "
             "and a ```cpp block in README.md")
if textwrap.dedent(marked.group(1)) != shown.group(1):
    sys.exit("README.md's example differs from examples/custom_loop.cpp; expected:\n"
             + textwrap.dedent(marked.group(1)))
print("README example: as compiled")
