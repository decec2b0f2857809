#!/usr/bin/env python3
"""Checks what the Markdown files say.

usage: check_readme.py               marks of blocks, links, C++ examples
       check_readme.py --run BUILD [MARK...]   runs the marked commands, those of all marks if none is
                                     named; BUILD: a folder with all programs

A block names its language, and a block of commands (sh) what this check does with it:
  run     runs it, with the file's others in one shell, in a copy of the tree where build/release
          is BUILD
  clone   runs it in a copy with nothing built, where CMake finds none of the packages that only
          training, programs and tests need; what is installed goes to a folder of its own
  dry     runs it in such a copy after demo.sh's configuration, but nothing is built, and ctest
          lists its tests, of which there must be some
  shown   nothing: it needs root, other programs, too much time, or names to be filled in
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("run", "clone", "dry", "shown")
TRAINING_ONLY = ("doctest", "Eigen3", "HDF5", "PNG", "JPEG", "ZLIB", "CLI11", "nlohmann_json")
WRAPPERS = {  # mode: {program: what stands in for it}
    "run": {},
    "clone": {"cmake": 'case "$1" in --*) ;; *) set -- "$@" '
                       + " ".join(f"-DCMAKE_DISABLE_FIND_PACKAGE_{p}=ON" for p in TRAINING_ONLY)
                       + ' ;; esac\nexec "$REAL" "$@"'},
    "dry": {"cmake": 'if [ "$1" = --build ]; then exit; fi\nexec "$REAL" "$@"',
            "ctest": '"$REAL" -N "$@" | tee /dev/stderr | grep -q "^Total Tests: [1-9]"'},
}
BEFORE = {"dry": "cmake --preset release -DOCTET_BUILD_TESTS=OFF  # as demo.sh does\n"}


def markdown_files():
    folders = [f for f in ROOT.iterdir() if f.is_dir() and not f.name.startswith(".")
               and f.name not in ("build", "runs", "node_modules")]
    return sorted([*ROOT.glob("*.md"), *(file for f in folders for file in f.rglob("*.md"))])


def blocks(text):
    """(line number, language, mark, text) of every block; an indented one has language None."""
    opened, before = None, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if opened:
                yield (*opened, "\n".join(body) + "\n")
                opened = None
            else:
                language, _, mark = line[3:].partition(" ")
                opened, body = (number, language, mark), []
        elif opened:
            body.append(line)
        elif line.startswith("    ") and not before.strip():
            yield number, None, "", line
        before = line


def wrong_blocks(name, text):
    for number, language, mark, body in blocks(text):
        if language is None:
            yield f"{name}:{number}: an indented block; put it between ``` lines"
        elif not language:
            yield f"{name}:{number}: a block without a language"
        elif language == "sh" and mark not in MARKS:
            yield f"{name}:{number}: expected ```sh {'|'.join(MARKS)}, got ```sh {mark}"
        elif mark not in ("", "shown") and re.search(r"\b(demo|test)\.sh", body):
            yield f"{name}:{number}: demo.sh and test.sh must not be called from here"


def anchors(text):
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def wrong_links(path, text):
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    for target in re.findall(r"\]\(([^)#]*(?:#[^)]*)?)\)", prose):
        if re.match(r"\w+:", target):
            continue
        file, _, anchor = target.partition("#")
        to = path.parent / file if file else path
        if not to.exists():
            yield f"{path.relative_to(ROOT)}: link to {target}: there is no such file"
        elif anchor and anchor not in anchors(to.read_text()):
            yield f"{path.relative_to(ROOT)}: link to {target}: there is no such heading"


EXAMPLES = {  # in the order of the file's blocks
    "README.md": ["examples/custom_loop.cpp", "examples/fit_network.cpp", "examples/two_heads.cpp"],
    "docs/own-network.md": ["examples/own_op.cpp"],
}


def wrong_examples():
    """Each ```cpp block is what its example has between // [README] or // [docs] marks."""
    for page, names in EXAMPLES.items():
        shown = re.findall(r"```cpp\n(.*?)```", (ROOT / page).read_text(), re.S)
        if len(shown) != len(names):
            yield f"{page}: expected {len(names)} ```cpp blocks, got {len(shown)}"
        for name, block in zip(names, shown):
            parts = re.findall(r"// \[(?:README|docs)\]\n(.*?) *// \[(?:README|docs)\]", (ROOT / name).read_text(), re.S)
            expected = "\n".join(textwrap.dedent(part) for part in parts)
            if block != expected:
                yield f"{page}'s example differs from {name}; expected:\n{expected}"


def check():
    wrong = list(wrong_examples())
    for path in markdown_files():
        text = path.read_text()
        wrong += [*wrong_blocks(path.relative_to(ROOT), text), *wrong_links(path, text)]
    print("\n".join(wrong) or "Markdown: marks, links and examples are right")
    return 1 if wrong else 0


def copy_tree(to):
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def environment(mode, work, tree):
    """With stand-ins first in PATH, and what a clone installs below `work`."""
    tools = work / f"{mode}_tools"
    tools.mkdir()
    for program, text in WRAPPERS[mode].items():
        (tools / program).write_text(f'#!/bin/bash\nREAL={shutil.which(program)}\n{text}\n')
        (tools / program).chmod(0o755)
    installed = work / "installed"
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    if mode == "clone":
        env |= {"DESTDIR": str(installed), "PKG_CONFIG_SYSROOT_DIR": str(installed),
                "PKG_CONFIG_PATH": str(installed / "usr/local/lib/pkgconfig")}
    if shutil.which("ccache"):  # what it holds of other copies serves this one
        env |= {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache", "CCACHE_BASEDIR": str(tree),
                "CCACHE_NOHASHDIR": "1"}
    return env


def run(build, marks):
    if not (ROOT / ".git").exists():
        print("skipped: not a git checkout, from which a clone could be made")
        return 77
    scripts = {mode: {} for mode in MARKS}  # mode: {file: commands}
    for path in markdown_files():
        for number, language, mark, body in blocks(path.read_text()):
            seen = scripts.get(mark)
            if language != "sh" or any(body in text for text in seen.values()):
                continue  # the same commands in another file are run once
            name = str(path.relative_to(ROOT))
            seen[name] = seen.get(name, "") + f"echo '== {name}:{number}'\n{body}"
    with tempfile.TemporaryDirectory(prefix="octet-docs-") as folder:
        work = Path(folder)
        for mode in marks or WRAPPERS:
            tree = work / mode
            copy_tree(tree)
            if mode == "run":
                (tree / "build").mkdir()
                (tree / "build/release").symlink_to(Path(build).resolve())
            env = environment(mode, work, tree)
            for name, text in scripts[mode].items():
                script = "set -euo pipefail\n" + BEFORE.get(mode, "") + text
                done = subprocess.run(["bash", "-c", script], cwd=tree, env=env, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if done.returncode != 0:
                    print(done.stdout[-8000:])
                    print(f"{name}: a command marked {mode} failed ({done.returncode})")
                    return 1
    print("the marked commands of " + ", ".join(
        sorted({n for mode in marks or WRAPPERS for n in scripts[mode]})))
    return 0


if __name__ == "__main__":
    if len(sys.argv) >= 3 and sys.argv[1] == "--run" and set(sys.argv[3:]) <= set(WRAPPERS):
        sys.exit(run(sys.argv[2], sys.argv[3:]))
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    sys.exit(check())
