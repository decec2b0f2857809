#!/usr/bin/env python3
"""Runs whole models of others, from public repositories, and compares octet's bytes with those of
LiteRT's reference kernels and TFLite Micro.

usage: wild.py OCTET [FOLDER [LIST]]

FOLDER (default: $OCTET_WILD) holds .tflite files, under any names: they are known by their SHA-256.
LIST (default: cases/wild.json in $OCTET_SHARED) says of each file how its inputs are made and the
SHA-256 of each of its outputs. Exit status: 0 if every file of the list that the folder holds gives
these bytes, or runs where there are none to compare with, except those of REFUSED, which must be
refused; 77, the tests' sign for skipped, without folder or list; else 1.
"""
import array
import hashlib
import json
import os
import subprocess
import sys
import tempfile

# What octet does not run, and the models, by their name in the list, that are refused for it.
REFUSED = {
    'custom operators': ['audio_preprocessor_int8', 'model_audioi16'],
    'INT16 activations': ['denoise_16x8'],
}


def bytes_of_generator(seed, count):
    """The upper bytes of s = s * 1664525 + 1013904223 mod 2^32."""
    out, s = bytearray(count), seed
    for i in range(count):
        s = (s * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = s >> 24
    return bytes(out)


def input_bytes(k, shape, kind):
    count = 1
    for d in shape:
        count *= d
    if kind == 'float32':
        codes = array.array('b', bytes_of_generator(2026 + k, count))
        return array.array('f', (c / 128 for c in codes)).tobytes()
    return bytes_of_generator(2026 + k, count * {'int8': 1, 'uint8': 1, 'int16': 2}[kind])


def inputs_of_file(octet, path):
    """Shapes and types as octet sees them: for entries of the list that do not say."""
    said = subprocess.run([octet, 'inspect', '--json', path], capture_output=True, text=True)
    if said.returncode != 0:
        return said.stderr.strip(), None
    names = {'i8': 'int8', 'u8': 'uint8', 'i16': 'int16', 'f32': 'float32'}
    inputs = json.loads(said.stdout)['inputs']
    other = [v['type'] for v in inputs if v['type'] not in names]
    if other:
        return f'inputs of type {other[0]}: wild.py makes {", ".join(names)} only', None
    return None, [(v['shape'], names[v['type']]) for v in inputs]


def check(octet, path, entry, folder):
    """'equal', 'runs', or what is wrong."""
    shapes = entry.get('inputs')
    if not shapes:
        refusal, shapes = inputs_of_file(octet, path)
        if refusal:
            return 'refused: ' + refusal
    expected = entry.get('tflm') or entry.get('litert_ref')
    outputs = len(expected) if expected else len(entry.get('outputs') or [])
    if not outputs:
        said = subprocess.run([octet, 'inspect', '--json', path], capture_output=True, text=True)
        if said.returncode != 0:
            return 'refused: ' + said.stderr.strip()
        outputs = len(json.loads(said.stdout)['outputs'])
    command = [octet, 'run', path, '--rounding', 'double']
    for k, (shape, kind) in enumerate(shapes):
        name = os.path.join(folder, f'in{k}')
        with open(name, 'wb') as f:
            f.write(input_bytes(k, shape, kind))
        command += ['--input', name]
    names = [os.path.join(folder, f'out{k}') for k in range(outputs)]
    for name in names:
        command += ['--output', name]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode != 0:
        return 'refused: ' + said.stderr.strip()
    got = [hashlib.sha256(open(name, 'rb').read()).hexdigest() for name in names]
    if not expected:
        return 'runs'
    return 'equal' if got == expected else 'other bytes in ' + str(
        sum(a != b for a, b in zip(got, expected))) + ' outputs of ' + str(len(got))


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__.split('\n\n')[1])
    octet = sys.argv[1]
    root = sys.argv[2] if len(sys.argv) > 2 else os.environ.get('OCTET_WILD', '')
    here = os.path.dirname(os.path.abspath(__file__))
    shared = os.environ.get('OCTET_SHARED') or os.path.join(here, '..', '..', '..', 'shared')
    listed = sys.argv[3] if len(sys.argv) > 3 else os.path.join(shared, 'cases', 'wild.json')
    for what, there in (('OCTET_WILD names no folder of models', os.path.isdir(root)),
                        ('OCTET_SHARED has no cases/wild.json', os.path.isfile(listed))):
        if not there:
            print('skipped:', what)
            sys.exit(77)
    with open(listed) as f:
        entries = {e['sha256']: e for e in json.load(f)['models']}
    found = {}
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith('.tflite'):
                path = os.path.join(folder, name)
                found[hashlib.sha256(open(path, 'rb').read()).hexdigest()] = path
    counts, wrong = {'equal': 0, 'runs': 0, 'refused as expected': 0}, 0
    for key, entry in entries.items():
        if key not in found:
            continue
        with tempfile.TemporaryDirectory() as folder:
            result = check(octet, found[key], entry, folder)
        name = os.path.splitext(os.path.basename(entry['path']))[0]
        expected = any(name in models for models in REFUSED.values())
        if expected and result.startswith('refused'):
            counts['refused as expected'] += 1
        elif expected:
            wrong += 1
            print(f"{entry['repo']} {entry['path']}: {result}; to be taken off REFUSED")
        elif result in counts:
            counts[result] += 1
        else:
            wrong += 1
            print(f"{entry['repo']} {entry['path']} ({found[key]}): {result}")
    print(', '.join(f'{n} {what}' for what, n in counts.items()), f', {wrong} wrong', sep='')
    sys.exit(wrong > 0 or not any(counts.values()))


main()
