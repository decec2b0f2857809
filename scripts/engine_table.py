#!/usr/bin/env python3
"""Compares a table of operators in docs/ with what a program says; exit code 1 if they differ.

usage: engine_table.py [--update] COMMAND...

COMMAND prints the table as Markdown: octet inspect --ops (that of docs/engine.md), run on any machine
or emulator, octet import --ops and --onnx-out-ops (docs/onnx.md) or octet import --tflite-ops
(docs/tflite-import.md). Its columns are compared with the document's columns of the same names; a
machine has only some of the instruction sets. --update writes them into the document instead, and adds new ones.
"""
import pathlib
import subprocess
import sys

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
END = "<!-- end -->\n"


def document_of(command):
    """The document with the table of that command, and what the table begins with."""
    begin = f"<!-- octet {' '.join(command[-2:])} -->\n"
    found = [d for d in sorted(DOCS.glob("*.md")) if begin in d.read_text(encoding="utf-8")]
    if len(found) != 1:
        sys.exit(f"expected one document with {begin.strip()}, got {len(found)}")
    return found[0], begin


def parse(text):
    """{column: {op: kernels}}, both in the table's order."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in text.strip().splitlines()]
    header, body = rows[0], rows[2:]
    return {name: {row[0]: row[i] for row in body} for i, name in enumerate(header) if i > 0}


def markdown(columns):
    names = list(columns)
    lines = ["| op | " + " | ".join(names) + " |", "| --- " * (len(names) + 1) + "|"]
    for op in columns[names[0]]:
        lines.append(f"| {op} | " + " | ".join(columns[n].get(op, "") for n in names) + " |")
    return "\n".join(lines) + "\n"


def main():
    arguments = sys.argv[1:]
    update = arguments[:1] == ["--update"]
    command = arguments[1:] if update else arguments
    if not command:
        sys.exit(__doc__)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.stderr.strip()}")
    said = parse(result.stdout)
    document, begin = document_of(command)
    before, rest = document.read_text(encoding="utf-8").split(begin)
    written_text, after = rest.split(END, 1)
    written = parse(written_text) if written_text.strip() else {}
    if update:
        written.update(said)
        document.write_text(before + begin + markdown(written) + END + after, encoding="utf-8")
        return
    shared = [name for name in said if name in written]
    different = [f"{op}, {name}: the program says {kernels!r}, the document {written[name].get(op)!r}"
                 for name in shared for op, kernels in said[name].items()
                 if written[name].get(op) != kernels]
    different += [f"{op}, {name}: the program does not know it"
                  for name in shared for op in written[name] if op not in said[name]]
    if not shared or different:
        print(f"{document}: out of date (engine_table.py --update writes it)", *different, sep="\n")
        sys.exit(1)
    print(f"table of {document.name}: {', '.join(shared)} as the program says")


if __name__ == "__main__":
    main()
