#!/usr/bin/env python3
"""Compares the table of kernels in docs/engine.md with what a program says; exit code 1 if they
differ.

usage: engine_table.py [--update] COMMAND...

COMMAND prints the table as Markdown: octet inspect --ops, run on any machine or emulator. Its
columns are compared with the document's columns of the same names; a machine has only some of the
instruction sets. --update writes them into the document instead, and adds new ones.
"""
import pathlib
import subprocess
import sys

DOCUMENT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "engine.md"
BEGIN, END = "<!-- octet inspect --ops -->\n", "<!-- end -->\n"


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
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    written_text, after = rest.split(END)
    written = parse(written_text) if written_text.strip() else {}
    if update:
        written.update(said)
        DOCUMENT.write_text(before + BEGIN + markdown(written) + END + after, encoding="utf-8")
        return
    shared = [name for name in said if name in written]
    different = [f"{op}, {name}: the program says {kernels!r}, the document {written[name].get(op)!r}"
                 for name in shared for op, kernels in said[name].items()
                 if written[name].get(op) != kernels]
    different += [f"{op}, {name}: the program does not know it"
                  for name in shared for op in written[name] if op not in said[name]]
    if not shared or different:
        print(f"{DOCUMENT}: out of date (engine_table.py --update writes it)", *different, sep="\n")
        sys.exit(1)
    print(f"table of kernels: {', '.join(shared)} as the program says")


if __name__ == "__main__":
    main()
