#!/usr/bin/env python3
"""Makes small data sets for the example configurations of docs/tasks.md, from nothing.

    scripts/make_example_data.py [FOLDER]    (default: example_data)

oscillation/  {train,test}.csv: 64 noisy readings of a damped oscillation, and its frequency (periods
              in the window) and damping: regression
shapes/       {train,test}/{images,masks}: noisy grey pictures of 32 x 32 with a disc and a square, and
              masks of their classes (0 background, 1 disc, 2 square; 255 on the rims): segmentation

The same bytes each time. Needs Python alone.
"""
import math
import pathlib
import random
import struct
import sys
import zlib

READINGS = 64
SIDE = 32


def oscillation(rng):
    frequency, damping = rng.uniform(1, 6), rng.uniform(0, 3)
    phase, noise = rng.uniform(0, 2 * math.pi), 0.05
    readings = []
    for i in range(READINGS):
        t = i / READINGS
        clean = math.exp(-damping * t) * math.sin(2 * math.pi * frequency * t + phase)
        readings.append(clean + rng.gauss(0, noise))
    return [f"{v:.4f}" for v in readings + [frequency, damping]]


def write_oscillations(folder, rng):
    folder.mkdir(parents=True, exist_ok=True)
    header = [f"x{i}" for i in range(READINGS)] + ["frequency", "damping"]
    for split, count in (("train", 2000), ("test", 400)):
        lines = [",".join(row) for row in [header] + [oscillation(rng) for _ in range(count)]]
        (folder / f"{split}.csv").write_text("\n".join(lines) + "\n")


def png(rows):
    """Grey pixels of 8 bits."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def shapes(rng):
    """A picture and its mask; the square lies over the disc."""
    def place(size):
        return rng.uniform(size, SIDE - size), rng.uniform(size, SIDE - size)

    radius, half = rng.uniform(4, 8), rng.uniform(3, 6)
    (dx, dy), (sx, sy) = place(radius), place(half)
    grey = [rng.uniform(20, 90), rng.uniform(110, 230), rng.uniform(110, 230)]
    picture, mask = [], []
    for y in range(SIDE):
        picture_row, mask_row = [], []
        for x in range(SIDE):
            from_square = max(abs(x - sx), abs(y - sy)) - half
            from_disc = math.hypot(x - dx, y - dy) - radius
            k = 2 if from_square <= 0 else 1 if from_disc <= 0 else 0
            on_rim = min(abs(from_square), abs(from_disc) if from_square > 0 else 9) < 0.5
            value = grey[k] + rng.gauss(0, 25)
            picture_row.append(min(255, max(0, round(value))))
            mask_row.append(255 if on_rim else k)
        picture.append(picture_row)
        mask.append(mask_row)
    return picture, mask


def write_shapes(folder, rng):
    for split, count in (("train", 400), ("test", 100)):
        for kind in ("images", "masks"):
            (folder / split / kind).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            picture, mask = shapes(rng)
            (folder / split / "images" / f"{i:03}.png").write_bytes(png(picture))
            (folder / split / "masks" / f"{i:03}.png").write_bytes(png(mask))


def main():
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else "example_data")
    rng = random.Random(21)
    write_oscillations(folder / "oscillation", rng)
    write_shapes(folder / "shapes", rng)
    print(f"{folder}/oscillation {folder}/shapes")


if __name__ == "__main__":
    main()
