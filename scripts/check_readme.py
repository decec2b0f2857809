#!/usr/bin/env python3
"""Checks what the Markdown files say.

usage: check_readme.py               marks of blocks, links, C++ examples, translations
       check_readme.py --run BUILD [MARK|FILE.md...]   runs the marked commands, those of all marks
                                     and files if none is named; BUILD: a folder with all programs

A block names its language, and a block of commands (sh) what this check does with it:
  run     runs it, with the file's others in one shell, in a copy of the tree where build/release
          is BUILD; programs are those of BUILD, Python is Debian's
  clone   runs it in a copy with nothing built, where CMake finds none of the packages that only
          training, programs and tests need; what is installed goes to a folder of its own
  dry     runs it in such a copy after demo.sh's configuration, but nothing is built, and ctest
          lists its tests, of which there must be some
  shown   nothing: it needs root, other programs, too much time, or names to be filled in
Lines of a text block marked `printed` must be in what the file's commands before it print, in this
order; numbers and hashes may be others, and `...` stands for any lines.

NAME.zh-CN.md is NAME.md in another language: the same blocks, in the same order.
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
    "run": {"python3": 'exec /usr/bin/python3 "$@"'},
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
        elif language == "text" and mark not in ("", "printed"):
            yield f"{name}:{number}: expected ```text or ```text printed, got ```text {mark}"
        elif mark not in ("", "shown", "printed") and re.search(r"\b(demo|test)\.sh", body):
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


def parts_of(example):
    """What stands between // [docs] lines, each part without its indentation."""
    parts = re.findall(r"// \[docs\]\n(.*?) *// \[docs\]", (ROOT / example).read_text(), re.S)
    return [textwrap.dedent(part) for part in parts]


EXAMPLES = {"docs/coming-from-pytorch.md": "examples/from_pytorch.cpp",
            "docs/own-network.md": "examples/own_op.cpp"}


def examples_of(page):
    """What its ```cpp blocks must be: of README each block is an example's parts together."""
    if page == "README.md":
        names = ["custom_loop", "fit_network", "two_heads"]
        return ["\n".join(parts_of(f"examples/{name}.cpp")) for name in names]
    return parts_of(EXAMPLES[page])


def wrong_examples(page):
    shown = re.findall(r"```cpp\n(.*?)```", (ROOT / page).read_text(), re.S)
    expected = examples_of(page)
    if len(shown) != len(expected):
        yield f"{page}: expected {len(expected)} ```cpp blocks, got {len(shown)}"
    for block, example in zip(shown, expected):
        if block != example:
            yield f"{page}: a C++ block differs from its example in examples/; expected:\n{example}"


def wrong_translation(path, text):
    original = path.with_name(path.name.replace(".zh-CN", ""))
    here, there = (blocks_with_contents(t) for t in (text, original.read_text()))
    for (number, *block), (its_number, *its) in zip(here, there):
        if block != its:
            yield (f"{path.relative_to(ROOT)}:{number}: expected the block that is in "
                   f"{original.name}:{its_number}")
            return
    if len(here) != len(there):
        yield f"{path.relative_to(ROOT)}: expected {len(there)} blocks, as {original.name}, got {len(here)}"


def blocks_with_contents(text):
    """Comments behind # or // are translated, and left out here."""
    return [(number, language, mark, re.sub(r"[ \t]*(^|(?<=\s))(#|//) .*$", "", body, flags=re.M))
            for number, language, mark, body in blocks(text)]


def check():
    wrong = [line for page in ("README.md", *EXAMPLES) for line in wrong_examples(page)]
    for path in markdown_files():
        text = path.read_text()
        wrong += [*wrong_blocks(path.relative_to(ROOT), text), *wrong_links(path, text)]
        if ".zh-CN." in path.name:
            wrong += wrong_translation(path, text)
    print("\n".join(wrong) or "Markdown: marks, links, examples and translations are right")
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
    programs = "".join(f"{tree}/build/release/apps/{p}:" for p in ("trainer", "octet"))
    env = {**os.environ, "PATH": f"{tools}:{programs}{os.environ['PATH']}"}
    if mode == "clone":
        env |= {"DESTDIR": str(installed), "PKG_CONFIG_SYSROOT_DIR": str(installed),
                "PKG_CONFIG_PATH": str(installed / "usr/local/lib/pkgconfig")}
    if shutil.which("ccache"):  # what it holds of other copies serves this one
        env |= {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache", "CCACHE_BASEDIR": str(tree),
                "CCACHE_NOHASHDIR": "1"}
    return env


def masked(line):
    """Without what differs from machine to machine: hashes, numbers (. is a matrix's 0), times,
    widths of columns."""
    line = re.sub(r"\b(?=\w*\d)[0-9a-f]{16}\b", "#", line.strip())
    line = re.sub(r"\d[\d,.]*|(?<=\s)\.(?=\s|$)", "#", line)
    return re.sub(r"\s+", " ", re.sub(r"(# (h|min) )+# s\b", "# s", line))


def not_printed(expected, output):
    """The lines of (line number, text of a `printed` block) that `output` does not have."""
    left = iter([masked(line) for line in output.splitlines()])
    for number, text in expected:
        for i, line in enumerate(text.splitlines(), number + 1):
            if line.strip() not in ("", "...") and masked(line) not in left:
                yield f"{i}: expected to be printed: {line}"
                return


def marked_commands(only):
    """{mode: {file: (commands, [(line number, text that they print)])}}"""
    found = {mode: {} for mode in MARKS}
    for path in markdown_files():
        name = str(path.relative_to(ROOT))
        if ".zh-CN." in name or (only and name not in only):
            continue
        for number, language, mark, body in blocks(path.read_text()):
            if (language, mark) == ("text", "printed") and name in found["run"]:
                found["run"][name][1].append((number, body))
            seen = found.get(mark)
            if language != "sh" or any(body in text for text, _ in seen.values()):
                continue  # the same commands in another file are run once
            commands, expected = seen.get(name, ("", []))
            seen[name] = commands + f"echo '== {name}:{number}'\n{body}", expected
    return found


def run(build, names):
    if not (ROOT / ".git").exists():
        print("skipped: not a git checkout, from which a clone could be made")
        return 77
    modes = [mode for mode in WRAPPERS if mode in names] or list(WRAPPERS)
    scripts = marked_commands([name for name in names if name.endswith(".md")])
    with tempfile.TemporaryDirectory(prefix="octet-docs-") as folder:
        work = Path(folder)
        for mode in modes:
            tree = work / mode
            copy_tree(tree)
            if mode == "run":
                (tree / "build").mkdir()
                (tree / "build/release").symlink_to(Path(build).resolve())
            env = environment(mode, work, tree)
            for name, (text, expected) in scripts[mode].items():
                script = "set -euo pipefail\n" + BEFORE.get(mode, "") + text
                done = subprocess.run(["bash", "-c", script], cwd=tree, env=env, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                wrong = [f"a command marked {mode} failed ({done.returncode})"] if done.returncode \
                    else list(not_printed(expected, done.stdout))
                if wrong:
                    print(done.stdout[-8000:])
                    print(f"{name}:{wrong[0]}")
                    return 1
    print("the marked commands of " + ", ".join(
        sorted({name for mode in modes for name in scripts[mode]})))
    return 0


if __name__ == "__main__":
    if len(sys.argv) >= 3 and sys.argv[1] == "--run" and all(
            name in WRAPPERS or (ROOT / name).is_file() for name in sys.argv[3:]):
        sys.exit(run(sys.argv[2], sys.argv[3:]))
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    sys.exit(check())
