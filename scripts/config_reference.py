#!/usr/bin/env python3
"""docs/config.md: the reference of a trainer's configuration, from configs/schema.json.

usage: config_reference.py            checks that docs/config.md is up to date; exit code 1 if not
       config_reference.py --update   writes it
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "config.md"

HEAD = """# Configuration reference

Every key of a `trainer` configuration, made by `scripts/config_reference.py` from
[configs/schema.json](../configs/schema.json), which editors read for completion
(`"$schema": "schema.json"`). A configuration is JSON with `//` and `/* */` comments; the files in
[configs/](../configs) are commented examples. An unknown key is an error. `--set train.epochs=3` replaces a
value from the command line. `trainer my.json --dry-run` shows what a run would do.
"""


def number(value):
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        value = int(value)
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 100000 else str(value)


def interval(schema):
    low, high = schema.get("minimum"), schema.get("maximum")
    left, right = "[", "]"
    if "exclusiveMinimum" in schema:
        low, left = schema["exclusiveMinimum"], "("
    if "exclusiveMaximum" in schema:
        high, right = schema["exclusiveMaximum"], ")"
    return f"{left}{number(low)}, {number(high)}{right}"


def kind(schema):
    """What a value may be."""
    if "enum" in schema:
        return ", ".join(f"`{name}`" for name in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(kind(s) for s in schema["anyOf"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    name = schema.get("type", "any value")
    if name in ("integer", "number"):
        return f"{name} in {interval(schema)}"
    if name == "array":
        items = schema["items"]
        if items.get("type") == "array":
            return "list of pairs of strings"
        return "list of objects" if "properties" in items else f"list: {kind(items)}"
    return name


def shown_default(schema, required):
    if required:
        return "required"
    if "default" not in schema or schema["default"] == []:
        return ""
    value = schema["default"]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, list):
        return "`[" + ", ".join(number(v) for v in value) + "]`"
    return f"`{json.dumps(value)}`"


def cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def tables(schema, path):
    """A section for the object at `path`, then one for each object in it."""
    required = schema.get("required", [])
    plain, inner = [], []
    for name, child in schema["properties"].items():
        if "properties" in child:
            inner.append((name, child))
        else:
            plain.append((name, child))
            if "properties" in child.get("items", {}):
                inner.append((name + "[]", {**child["items"], "description": child["description"]}))
    yield f"\n## {path or 'The whole'}\n"
    if path:
        yield cell(schema["description"]) + ".\n"
    if plain:
        yield "| key | value | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for name, child in plain:
            meaning = cell(child["description"])
            yield f"| `{name}` | {kind(child)} | {shown_default(child, name in required)} | {meaning} |"
    for name, child in inner:
        yield from tables(child, f"{path}.{name}" if path else name)


def document():
    schema = json.loads((ROOT / "configs" / "schema.json").read_text())
    return HEAD + "\n".join(tables(schema, "")) + "\n"


def main():
    text = document()
    if sys.argv[1:] == ["--update"]:
        DOCUMENT.write_text(text)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        sys.exit("docs/config.md is not that of configs/schema.json: scripts/config_reference.py --update")


if __name__ == "__main__":
    main()
