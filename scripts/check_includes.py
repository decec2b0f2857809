#!/usr/bin/env python3
"""Checks who includes whom (docs/design.md, section 2). Prints each violation; exit code 1 if any.

usage: check_includes.py [ROOT]      the source tree; default: the one this script is in
       check_includes.py --self-test
"""
import pathlib
import re
import sys

FOLDERS = ("base", "core", "layers", "optim", "data", "int8", "quant", "interop", "runtime", "apps", "examples", "tests")

# Libraries from outside, by how their headers begin. What is not listed counts as the standard
# library or POSIX.
OUTSIDE = {
    "Eigen/": "Eigen", "cblas.h": "OpenBLAS", "openblas_config.h": "OpenBLAS", "hdf5.h": "HDF5",
    "H5": "HDF5", "nlohmann/": "json", "flatbuffers/": "flatbuffers", "png.h": "image",
    "jpeglib.h": "image", "zlib.h": "image", "CLI/": "CLI11", "doctest/": "doctest", "omp.h": "OpenMP",
}
BASE = "base/"  # standard library and POSIX only

# What the files whose path begins with the key may include: the longest key decides. Paths are
# prefixes; a name without a slash or dot is a library from outside. Files may always include BASE
# and what begins with their own key.
RULES = {
    "base/": (),
    "core/": ("Eigen", "OpenBLAS"),
    "layers/": ("core/",),
    "optim/": ("core/",),
    "data/": ("core/", "HDF5", "image"),
    "int8/": (),
    "quant/": ("core/", "layers/", "int8/", "interop/tflite/reader.h",
               "interop/tflite/writer.h"),
    # Part of the deployable runtime.
    "interop/tflite": ("int8/", "base/mapped_file.h", "base/atomic_file.h", "flatbuffers"),
    "runtime/": ("int8/", "interop/tflite/reader.h", "base/mapped_file.h"),
    "interop/checkpoint": ("core/", "data/hdf5_handle.h", "HDF5"),
    "interop/": ("core/", "layers/", "quant/", "flatbuffers", "HDF5", "json"),
    # The tool for deployed models: the runtime alone.
    "apps/octet/": ("int8/", "interop/tflite/reader.h", "interop/tflite/names.h",
                    "base/mapped_file.h", "base/atomic_file.h", "apps/common/version/", "apps/common/ceiling.h", "apps/common/text_table.h", "CLI11", "json"),
    "apps/": ("",),
    "examples/": ("int8/", "core/", "layers/", "optim/", "data/", "quant/", "interop/"),
    "tests/": ("",),
}
# Headers that everybody may include stay cheap to compile: these libraries only where they are
# the point of the header.
HEAVY = ("Eigen", "json", "HDF5", "flatbuffers", "OpenBLAS", "image")
HEAVY_HEADERS = ("data/hdf5_handle.h",)
LIBRARY_FOLDERS = ("base/", "int8/", "core/", "layers/", "optim/", "data/", "quant/", "interop/", "runtime/")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def outside_library(header):
    for start, library in OUTSIDE.items():
        if header.startswith(start):
            return library
    return None


def is_private_header(path, flatbuffers_only):
    """Headers of a folder's own .cpp files, which no other folder includes."""
    return path.startswith("interop/tflite/") and flatbuffers_only


def violations(path, text):
    """What is wrong in one file; `path` is relative to the root, with slashes."""
    if path.startswith("tests/runtime/package/"):  # not of this tree: it uses the installed headers
        return []
    key = max((k for k in RULES if path.startswith(k)), key=len, default=None)
    if key is None:
        return [f"{path}: no include rule for this folder"]
    found = []
    for match in INCLUDE.finditer(text):
        quoted, header = match.group(1) == '"', match.group(2)
        place = f"{path}:{text.count(chr(10), 0, match.start(2)) + 1}"
        ours = header.startswith(tuple(f + "/" for f in FOLDERS))
        if ours:
            if not quoted:
                found.append(f"{place}: write \"{header}\", not <{header}>")
            allowed = header.startswith(BASE) or header.startswith(key) or any(
                header.startswith(a) for a in RULES[key] if not a or "/" in a)
            if not allowed:
                found.append(f"{place}: {key} may not include {header}")
            if header.startswith(("apps/", "tests/")) and not path.startswith(("apps/", "tests/")):
                found.append(f"{place}: nothing but apps and tests includes {header}")
            continue
        library = outside_library(header)
        if quoted:
            if library is None and not header.endswith(("_generated.h", "octet_revision.h")):
                found.append(f"{place}: includes are written from the project's root: {header}")
            continue
        if library is None:
            continue
        if "" not in RULES[key] and library not in RULES[key]:
            found.append(f"{place}: {key} may not use {library} ({header})")
        if (path.endswith(".h") and path.startswith(LIBRARY_FOLDERS) and library in HEAVY
                and path not in HEAVY_HEADERS
                and not is_private_header(path, library == "flatbuffers")):
            found.append(f"{place}: headers do not include {library} ({header})")
    return found


def check_tree(root):
    found, files = [], 0
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".h", ".cpp", ".inc") and file.is_file():
                files += 1
                path = file.relative_to(root).as_posix()
                found += violations(path, file.read_text(encoding="utf-8"))
    if files == 0:
        found.append(f"{root}: no source files")
    return found, files


def self_test():
    good = [
        ("core/a.cpp", '#include <cblas.h>\n#include "core/b.h"\n#include <vector>'),
        ("int8/a.cpp", '#include "base/error.h"\n#include "int8/b.h"'),
        ("quant/a.cpp", '#include "interop/tflite/reader.h"\n#include "layers/module.h"'),
        ("data/hdf5_handle.h", "#include <hdf5.h>"),
        ("interop/checkpoint/hdf5.cpp", '#include "data/hdf5_handle.h"'),
        ("apps/trainer/a.h", '#include <nlohmann/json.hpp>\n#include "quant/convert.h"'),
        ("tests/a.cpp", '#include "apps/common/config/config.h"'),
    ]
    bad = [
        ("core/a.cpp", '#include "layers/module.h"'),
        ("core/a.h", "#include <Eigen/Core>"),
        ("core/a.cpp", "#include <hdf5.h>"),
        ("layers/a.cpp", '#include "data/loader.h"'),
        ("optim/a.cpp", '  #  include "quant/fold.h"'),
        ("int8/a.cpp", '#include "core/tensor.h"'),
        ("int8/a.cpp", "#include <cblas.h>"),
        ("quant/a.cpp", '#include "interop/checkpoint/checkpoint.h"'),
        ("interop/tflite/reader.cpp", '#include "layers/module.h"'),
        ("interop/checkpoint/checkpoint.h", "#include <hdf5.h>"),
        ("apps/octet/a.cpp", '#include "core/tensor.h"'),
        ("examples/a.cpp", '#include "tests/support.h"'),
        ("core/a.cpp", '#include "tensor.h"'),
        ("core/a.cpp", "#include <core/tensor.h>"),
        ("elsewhere/a.cpp", ""),
    ]
    wrong = [f"refused: {p}: {t!r}" for p, t in good if violations(p, t)]
    wrong += [f"let through: {p}: {t!r}" for p, t in bad if not violations(p, t)]
    return wrong, len(good) + len(bad)


def main(arguments):
    if arguments == ["--self-test"]:
        found, checked = self_test()
    else:
        default = pathlib.Path(__file__).resolve().parent.parent
        found, checked = check_tree(pathlib.Path(arguments[0]) if arguments else default)
    print("\n".join(found) if found else f"include rules: {checked} checked, none violated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
