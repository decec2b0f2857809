#!/usr/bin/env python3
"""Makes the API reference of the public headers by Doxygen; docs/api/ says how it looks.

usage: api_reference.py FOLDER            writes FOLDER/index.html
       api_reference.py --check           writes nothing; exit code 77 where doxygen is absent

The headers are those of include/octet/ and all that they include. An error is what Doxygen warns
of, but for undocumented members of a class that is documented: their names and types speak.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEMBER = re.compile(r"Member .* \(\w+\) of (class|struct|union) .* is not documented")


def public_headers():
    left = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "include/octet").iterdir())
    seen = []
    while left:
        header = left.pop(0)
        if header not in seen:
            seen.append(header)
            left += re.findall(r'^#include "(.*\.(?:h|hpp))"', (ROOT / header).read_text(), re.M)
    return sorted(seen)


def group_of(header):
    """The folder is the group."""
    if header.endswith("octet.h"):
        return "capi"
    return header.split("/")[0]


def in_group(header, text):
    """What is in its namespaces (of C: in it) as part of a group, on the same lines."""
    begin, end = f"/** \\addtogroup {group_of(header)}\n@{{ */\n", "/** @} */"
    if header.endswith("octet.h"):
        return text.replace("#include <stdint.h>\n\n", begin, 1) + end
    text = re.sub(r"^namespace octet\S* \{\n\n", lambda m: f"{m[0].strip()} {begin}", text,
                  flags=re.M)
    return re.sub(r"^\}  // namespace octet", lambda m: f"{end} {m[0]}", text, flags=re.M)


def copy_in_groups(tree):
    """The headers below `tree`, each in its group; returns their paths."""
    for header in public_headers():
        (tree / header).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / header).read_text()
        (tree / header).write_text(in_group(header, text))
        for included in re.findall(r'^#include "(.*\.inc)"', text, re.M):
            shutil.copy(ROOT / included, tree / included)
    return [str(tree / header) for header in public_headers()]


def reference(folder, tree):
    """Writes it; returns what is wrong."""
    settings = (ROOT / "docs/api/Doxyfile").read_text() + "\n".join([
        f"OUTPUT_DIRECTORY = {folder}",
        f"INCLUDE_PATH = {tree}",
        f"STRIP_FROM_PATH = {tree}",
        "INPUT = docs/api/groups.dox " + " ".join(copy_in_groups(tree))])
    done = subprocess.run(["doxygen", "-"], cwd=ROOT, input=settings, text=True, check=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return [line.replace(f"{tree}/", "") for line in done.stderr.splitlines()
            if line.strip() and not MEMBER.search(line)]


def main():
    if shutil.which("doxygen") is None:
        print("skipped: doxygen was not found (Debian: apt-get install doxygen)")
        return 77
    with tempfile.TemporaryDirectory(prefix="octet-api-") as temporary:
        check = sys.argv[1] == "--check"
        folder = Path(temporary) / "html" if check else Path(sys.argv[1]).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        wrong = reference(folder, Path(temporary))
        print("\n".join(wrong) or f"API reference of {len(public_headers())} headers: no warnings")
        if not check:
            print(f"{folder}/index.html")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main())
