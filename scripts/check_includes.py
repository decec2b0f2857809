#!/usr/bin/env python3
"""Checks who includes whom, and that docs/design.md shows these rules. Prints each violation; exit code 1 if any.

usage: check_includes.py [ROOT]      the source tree; default: the one this script is in
       check_includes.py --update    writes the table of docs/design.md
       check_includes.py --self-test
"""
import pathlib
import re
import sys

# Libraries from outside, by how their headers begin. What is not listed counts as the standard
# library or POSIX.
OUTSIDE = {
    "Eigen/": "Eigen", "cblas.h": "OpenBLAS", "openblas_config.h": "OpenBLAS", "hdf5.h": "HDF5",
    "H5": "HDF5", "nlohmann/": "json", "flatbuffers/": "flatbuffers", "png.h": "image",
    "jpeglib.h": "image", "zlib.h": "image", "stb/": "image", "CLI/": "CLI11", "octet/": "octet",
    "doctest/": "doctest", "mpi.h": "MPI", "omp.h": "OpenMP", "google/protobuf/": "protobuf",
}

# What the files whose path begins with the key may include, floor by floor: the longest key decides.
# Paths are prefixes; a name without a slash or dot is a library from outside. Files may always
# include base/ and what begins with their own key.
RULES = {
    "base/": (),
    "core/": ("Eigen", "OpenBLAS"),
    "dist/": ("core/communicator.h",),
    "dist/mpi/": ("dist/", "MPI"),
    "layers/": ("core/",),
    "optim/": ("core/",),
    "data/": ("core/", "interop/arrays/", "interop/zip/", "HDF5", "image"),
    "int8/graph/": (),
    "int8/reference/": ("int8/graph/",),
    "int8/kernels/": ("int8/graph/", "int8/reference/"),
    "int8/ops/": ("int8/graph/", "int8/reference/", "int8/kernels/"),
    "int8/xnnpack/": ("int8/graph/", "int8/reference/", "int8/kernels/", "int8/ops/"),
    "int8/floats/": ("int8/xnnpack/xnnpack_nodes.h", "int8/graph/", "int8/reference/", "int8/kernels/", "int8/ops/"),
    "int8/engine/": ("int8/graph/", "int8/reference/", "int8/kernels/", "int8/ops/"),
    "interop/zip/": (),
    "interop/tflite/": ("int8/", "interop/zip/", "flatbuffers"),
    "interop/c99/": ("int8/",),
    "interop/tflite_import/": ("core/", "layers/", "int8/graph/", "int8/reference/slice.h",
                               "interop/tflite/file_reader.h"),
    "interop/hdf5/": ("data/hdf5_handle.h", "HDF5"),
    "interop/checkpoint/": ("core/", "data/hdf5_handle.h", "interop/hdf5/", "HDF5"),
    "interop/arrays/": ("interop/zip/", "image"),
    "interop/weights/formats/": ("data/hdf5_handle.h", "interop/hdf5/", "interop/arrays/", "interop/zip/", "HDF5",
                                 "json"),
    "interop/weights/": ("core/", "layers/", "interop/arrays/", "interop/zip/"),
    "interop/onnx/": ("core/", "layers/", "protobuf"),
    "interop/mnn/": ("int8/", "protobuf"),
    "interop/onnx_export/": ("int8/", "protobuf"),
    "deploy/": ("int8/", "interop/tflite/", "interop/c99/export_c.h", "interop/mnn/compression.h",
                "interop/onnx_export/tensor_layout.h",
                "interop/onnx_export/write_onnx.h"),
    "eval/": ("core/", "layers/", "data/", "int8/", "json"),
    "fit/": ("core/", "layers/", "optim/", "data/", "eval/", "interop/checkpoint/checkpoint.h", "json"),
    "runtime/": ("int8/", "interop/tflite/reader.h", "include/octet/octet.h"),
    "quant/": ("core/", "layers/", "int8/", "interop/tflite/reader.h", "interop/tflite/writer.h"),
    "quant/diagnosis/": ("core/", "layers/", "quant/", "json"),
    "report/": ("data/image.h", "eval/", "quant/diagnosis/layer_errors.h", "json"),
    # The tool for models: the runtime, and what reads other files than the deployed ones.
    "apps/octet/": ("int8/", "deploy/", "layers/graph/", "interop/tflite/reader.h", "interop/tflite/writer.h",
                    "interop/tflite/model_metadata.h", "interop/tflite/names.h", "interop/onnx/import_onnx.h",
                    "interop/onnx_export/write_onnx.h", "interop/tflite_import/import_tflite.h", "quant/prepare.h",
                    "quant/convert.h", "quant/floats/lower_float.h", "apps/common/version/",
                    "apps/common/ceiling.h", "apps/common/node_figures.h", "apps/common/usage_error.h", "CLI11", "json"),
    "apps/octet/deploy/": ("apps/octet/", "apps/common/config/expand.h", "apps/common/head_targets.h", "apps/common/task_entry.h", "data/", "deploy/", "interop/tflite/reader.h",
                           "interop/tflite/model_metadata.h", "CLI11", "json"),
    "apps/octet/pictures/": ("apps/octet/", "apps/common/head_targets.h", "apps/common/limit_options.h", "apps/common/picture_input.h", "apps/common/task_entry.h", "core/", "data/", "eval/", "int8/", "interop/tflite/model_metadata.h",
                             "CLI11", "json"),
    "apps/": ("",),
    "include/": ("core/", "dist/", "layers/", "optim/", "data/", "eval/", "fit/", "int8/", "quant/", "report/", "interop/"),
    "examples/": ("octet",),
    "tests/": ("",),
}
FOLDERS = tuple(dict.fromkeys(key.split("/")[0] for key in RULES))
# Headers that everybody may include stay cheap to compile: these libraries only where they are
# the point of the header.
HEAVY = ("Eigen", "json", "HDF5", "flatbuffers", "OpenBLAS", "image", "protobuf")
HEAVY_HEADERS = ("data/hdf5_handle.h",)
LIBRARY_FOLDERS = ("base/", "core/", "layers/", "optim/", "data/", "int8/", "quant/", "interop/",
                   "deploy/", "dist/", "eval/", "fit/", "report/", "runtime/", "include/")
PRODUCTION = LIBRARY_FOLDERS + ("apps/",)

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def outside_library(header):
    for start, library in OUTSIDE.items():
        if header.startswith(start):
            return library
    return None


def is_ours(header):
    return header.startswith(tuple(f + "/" for f in FOLDERS))


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
        if is_ours(header):
            if not quoted:
                found.append(f"{place}: write \"{header}\", not <{header}>")
            allowed = header.startswith(("base/", key)) or any(
                header.startswith(a) for a in RULES[key] if not a or "/" in a)
            if not allowed:
                found.append(f"{place}: {key} may not include {header}")
            if header.startswith(("apps/", "tests/")) and not path.startswith(("apps/", "tests/")):
                found.append(f"{place}: nothing but apps and tests includes {header}")
            continue
        library = outside_library(header)
        if quoted:
            if library is None and not header.endswith(("_generated.h", ".pb.h", "octet_revision.h")):
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


def circles(sources):
    """Pairs of folders that include each other, a folder and one inside it excepted.

    sources: (path, text) of production files."""
    arrows = {}
    for path, text in sources:
        folder = path.rpartition("/")[0]
        for match in INCLUDE.finditer(text):
            other = match.group(2).rpartition("/")[0]
            if is_ours(match.group(2)) and other != folder:
                arrows.setdefault((folder, other), f"{path} includes {match.group(2)}")
    return [f"{a} and {b} include each other: {arrows[a, b]}, {arrows[b, a]}"
            for a, b in sorted(arrows)
            if a < b and (b, a) in arrows and not b.startswith(a + "/")]


TYPE = re.compile(r"^(?:template[^\n]*\n)?(?:class|struct|enum class)\s+"
                  r"(?:alignas\(\d+\)\s+|OCTET_API\s+|\[\[\w+\]\]\s+)?(\w+)\s*(?:final\s*)?[:{]"
                  r"(?!:)|^using\s+(\w+)\s*=(?!\s*\1)", re.MULTILINE)
MOST_FILES, MOST_LINES = 60, 400
# One kernel for each instruction set, and an older name of a public type.
NAMED_ALIKE = ("base/simd/vec_", "int8/kernels/vec_")
OLDER_NAMES = ("using Context = ExecutionContext",)


def types_named_alike(headers):
    """Types of one name in two headers; headers: (path, text) of production headers."""
    known, found = {}, []
    for path, text in headers:
        if path.startswith(NAMED_ALIKE):
            continue
        for match in TYPE.finditer(text):
            if text.startswith(OLDER_NAMES, match.start()):
                continue
            name = match.group(1) or match.group(2)
            other = known.setdefault(name, path)
            if other != path:
                found.append(f"{path}: {name} is the name of a type in {other}, too")
    return found


def crowded(sources):
    """Folders and files that have grown beyond what one reads."""
    files = {}
    for path, text in sources:
        files.setdefault(path.rpartition("/")[0], []).append(path)
    found = [f"{folder}: {len(inside)} files side by side, at most {MOST_FILES}"
             for folder, inside in files.items() if len(inside) > MOST_FILES]
    return found + [f"{path}: {text.count(chr(10))} lines, at most {MOST_LINES}"
                    for path, text in sources if text.count(chr(10)) > MOST_LINES]


def namesakes(paths):
    """Headers are told apart by their names alone."""
    known, found = {}, []
    for path in paths:
        if path.endswith((".h", ".hpp")):
            other = known.setdefault(path.rsplit("/", 1)[-1], path)
            if other != path:
                found.append(f"{path}: the name of another header, {other}")
    return found


def table():
    """The rules as docs/design.md shows them."""
    rows = ["| from | may include, beside itself and `base/` |", "| --- | --- |"]
    for key, allowed in RULES.items():
        text = ", ".join(f"`{a}`" if "/" in a or "." in a else a for a in allowed)
        rows.append(f"| `{key}` | {'everything' if '' in allowed else text or 'nothing'} |")
    return "\n".join(rows) + "\n"


SHOWN = re.compile(r"(<!-- check_includes.py -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def check_tree(root):
    found, sources = [], []
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".h", ".hpp", ".c", ".cpp", ".inc") and file.is_file():
                path = file.relative_to(root).as_posix()
                sources.append((path, file.read_text(encoding="utf-8")))
                found += violations(*sources[-1])
    if not sources:
        found.append(f"{root}: no source files")
    production = [s for s in sources if s[0].startswith(PRODUCTION)]
    found += circles(production)
    found += namesakes([path for path, _ in sources])
    found += types_named_alike([s for s in production if s[0].endswith((".h", ".hpp"))])
    found += crowded(production)
    shown = SHOWN.search((root / "docs/design.md").read_text(encoding="utf-8"))
    if not shown or shown.group(2) != table():
        found.append("docs/design.md: the table of who includes whom is not that of "
                     "scripts/check_includes.py; --update writes it")
    return found, len(sources)


def update(root):
    page = root / "docs/design.md"
    page.write_text(SHOWN.sub(lambda m: m.group(1) + table() + m.group(3),
                              page.read_text(encoding="utf-8")), encoding="utf-8")


def self_test():
    good = [
        ("core/a.cpp", '#include <cblas.h>\n#include "core/b.h"\n#include <vector>'),
        ("int8/ops/a.cpp", '#include "base/error.h"\n#include "int8/kernels/b.h"'),
        ("quant/a.cpp", '#include "interop/tflite/reader.h"\n#include "layers/module.h"'),
        ("data/hdf5_handle.h", "#include <hdf5.h>"),
        ("interop/checkpoint/hdf5.cpp", '#include "data/hdf5_handle.h"'),
        ("apps/trainer/a.h", '#include <nlohmann/json.hpp>\n#include "quant/convert.h"'),
        ("tests/apps/a.cpp", '#include "apps/common/config/config.h"'),
        ("examples/a.cpp", "#include <octet/training.hpp>"),
    ]
    bad = [
        ("base/a.cpp", '#include "core/tensor.h"'),
        ("core/a.cpp", '#include "layers/module.h"'),
        ("core/a.h", "#include <Eigen/Core>"),
        ("core/a.cpp", "#include <hdf5.h>"),
        ("layers/a.cpp", '#include "data/loader.h"'),
        ("optim/a.cpp", '  #  include "quant/fold.h"'),
        ("int8/graph/a.cpp", '#include "core/tensor.h"'),
        ("int8/graph/a.h", '#include "int8/reference/add.h"'),
        ("int8/reference/a.h", '#include "int8/kernels/kernel.h"'),
        ("int8/kernels/a.cpp", '#include "int8/ops/step.h"'),
        ("int8/ops/a.cpp", '#include "int8/engine/model.h"'),
        ("int8/engine/a.cpp", "#include <cblas.h>"),
        ("quant/a.cpp", '#include "interop/checkpoint/checkpoint.h"'),
        ("interop/tflite/reader.cpp", '#include "layers/module.h"'),
        ("interop/checkpoint/checkpoint.h", "#include <hdf5.h>"),
        ("apps/octet/a.cpp", '#include "core/tensor.h"'),
        ("examples/a.cpp", '#include "core/tensor.h"'),
        ("core/a.cpp", "#include <octet/training.hpp>"),
        ("core/a.cpp", '#include "include/octet/training.hpp"'),
        ("core/a.cpp", '#include "tensor.h"'),
        ("core/a.cpp", "#include <core/tensor.h>"),
        ("elsewhere/a.cpp", ""),
    ]
    circle = [("core/ops/a.h", '#include "core/kernels/b.h"'),
              ("core/kernels/b.h", '#include "core/ops/c.h"')]
    parent = [("core/ops/a.h", '#include "core/b.h"'), ("core/b.h", '#include "core/ops/a.h"')]
    wrong = [f"refused: {p}: {t!r}" for p, t in good if violations(p, t)]
    wrong += [f"let through: {p}: {t!r}" for p, t in bad if not violations(p, t)]
    wrong += ["let through: two folders that include each other"] if len(circles(circle)) != 1 else []
    wrong += ["refused: a folder and its parent"] if circles(parent) else []
    wrong += ["let through: two headers of one name"] if not namesakes(["core/a.h", "int8/a.h"]) else []
    one_type = [("core/a.h", "class A final : B {"), ("int8/b.h", "using A = int;")]
    wrong += ["let through: two types of one name"] if not types_named_alike(one_type) else []
    wrong += ["let through: a long file"] if not crowded([("core/a.cpp", "\n" * (MOST_LINES + 1))]) else []
    full = [(f"core/{i}.h", "") for i in range(MOST_FILES + 1)]
    wrong += ["let through: a full folder"] if not crowded(full) else []
    return wrong, len(good) + len(bad) + 6


def main(arguments):
    root = pathlib.Path(__file__).resolve().parent.parent
    if arguments == ["--update"]:
        update(root)
    if arguments == ["--self-test"]:
        found, checked = self_test()
    else:
        given = arguments and not arguments[0].startswith("-")
        found, checked = check_tree(pathlib.Path(arguments[0]) if given else root)
    print("\n".join(found) if found else f"include rules: {checked} checked, none violated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
