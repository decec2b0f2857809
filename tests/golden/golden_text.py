"""Text files of named arrays, read by tests/golden_text.h: "name d0 d1 ...", then the values."""


def write(path, source, arrays):
    """arrays: list of (name, torch tensor or number)."""
    with open(path, "w", encoding="ascii") as f:
        f.write(f"# Written by tests/golden/{source}; do not edit.\n")
        for name, value in arrays:
            shape = list(getattr(value, "shape", []))
            flat = value.flatten().tolist() if hasattr(value, "flatten") else [value]
            f.write(" ".join([name] + [str(d) for d in shape]) + "\n")
            f.write(" ".join(repr(v) for v in flat) + "\n")
