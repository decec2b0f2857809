#!/usr/bin/env python3
"""Makes small data sets for the example configurations of docs/tasks.md, from nothing.

    scripts/make_example_data.py [FOLDER]    (default: example_data)

oscillation/  {train,test}.csv: 64 noisy readings of a damped oscillation, and its frequency (periods
              in the window) and damping: regression
shapes/       {train,test}/{images,masks}: noisy grey pictures of 32 x 32 with a disc and a square, and
              masks of their classes (0 background, 1 disc, 2 square; 255 on the rims): segmentation

machine/      {train,test}.csv: 64 readings of a vibration, its state (off, good, worn) and its speed in
              turns a window: several outputs

keywords/     {x,y}_{train,test}.npy: float32 [N, 49, 10], made like the cepstral features of one second of
              speech, of 12 words: classification of arrays

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
WORDS, STEPS, FEATURES = 12, 49, 10


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


def vibration(rng):
    state = rng.choice(["off", "good", "worn"])
    speed = 0.0 if state == "off" else rng.uniform(2, 6)
    phase, strength = rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 1.3)
    readings = []
    for i in range(READINGS):
        turn = 2 * math.pi * speed * i / READINGS + phase
        clean = 0.0 if state == "off" else strength * math.sin(turn)
        if state == "worn":  # a knock in each turn
            clean += 0.7 * strength * max(0.0, math.cos(turn)) ** 12
        readings.append(clean + rng.gauss(0, 0.2))
    return [f"{v:.4f}" for v in readings] + [state, f"{speed:.4f}"]


def write_vibrations(folder, rng):
    folder.mkdir(parents=True, exist_ok=True)
    header = [f"x{i}" for i in range(READINGS)] + ["state", "speed"]
    for split, count in (("train", 2000), ("test", 400)):
        lines = [",".join(row) for row in [header] + [vibration(rng) for _ in range(count)]]
        (folder / f"{split}.csv").write_text("\n".join(lines) + "\n")


def words(rng):
    """Of each word how strong every feature is over time: (strength, waves, phase) of two waves."""
    def wave():
        return rng.gauss(0, 1), rng.uniform(0.3, 2.5), rng.uniform(0, 2 * math.pi)

    return [[(wave(), wave()) for _ in range(FEATURES)] for _ in range(WORDS)]


def spoken(word, rng):
    start, length = rng.uniform(0, 0.25), rng.uniform(0.55, 0.75)
    loudness, pitch = rng.uniform(0.5, 1.2), rng.gauss(0, 0.6)
    values = []
    for step in range(STEPS):
        t = (step / STEPS - start) / length
        envelope = loudness * math.sin(math.pi * t) if 0 < t < 1 else 0.0
        for waves in word:
            clean = sum(a * math.sin(2 * math.pi * f * t + phase + pitch) for a, f, phase in waves)
            values.append(envelope * clean + rng.gauss(0, 1.3))
    return values


def write_npy(file, kind, shape, data):
    header = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    file.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def write_keywords(folder, rng):
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = words(rng)
    for split, count in (("train", 3000), ("test", 1200)):
        classes = [i % WORDS for i in range(count)]
        values = [v for k in classes for v in spoken(vocabulary[k], rng)]
        write_npy(folder / f"x_{split}.npy", "f4", (count, STEPS, FEATURES),
                  struct.pack(f"<{len(values)}f", *values))
        write_npy(folder / f"y_{split}.npy", "i8", (count,), struct.pack(f"<{count}q", *classes))


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
    write_vibrations(folder / "machine", rng)
    write_keywords(folder / "keywords", rng)
    print(*(folder / name for name in ("oscillation", "shapes", "machine", "keywords")))


if __name__ == "__main__":
    main()
