#!/usr/bin/env python3
"""Makes int8 files with today's converters anew and compares octet's bytes with LiteRT's reference
kernels and TFLite Micro.

usage: converters.py OCTET [FOLDER [FILES]]

FOLDER (default: build/clients): as tests/clients/setup.sh fills it. Beside its environment of runtimes
(venv) it may have those of converters: keras (TensorFlow and AI Edge Quantizer) and torch
(litert-torch), one or both. FILES: a folder for what they write, which is kept; if it exists, its files are
taken as they are. Prints for each file whether it loads and how many codes are equal.
Exit status: 0 if all that can be made runs as it should, but for those of REFUSED, which must be refused;
77, the tests' sign for skipped, without runtimes or converters; else 1.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = 8

# Files that octet does not run, with the reason.
REFUSED = {}
# Files that differ from both runtimes by more than 1, which FULLY_CONNECTED explains (LiteRT rounds once): the
# largest difference allowed, and why.
ROUNDINGS = 'attention behind layers of FULLY_CONNECTED; TFLite Micro lacks operators of it'
DIFFERS = {'tf_attention': (3, ROUNDINGS), 'aeq_attention': (3, ROUNDINGS)}


def make(folder, out):
    """Runs the converters that are installed; False if none is."""
    made = False
    for environment, script in (('keras', 'keras_nets.py'), ('torch', 'torch_nets.py')):
        python = os.path.join(folder, environment, 'bin', 'python')
        if not os.path.exists(python):
            print(f'skipped: {script}: no {environment} in {folder} (tests/clients/setup.sh installs it)')
            continue
        said = subprocess.run([python, os.path.join(HERE, 'converters', script), out],
                              capture_output=True, text=True)
        if said.returncode == 77:
            print(said.stdout.strip())
        elif said.returncode != 0:
            sys.exit(f'{script}: {said.stderr.strip()[-2000:]}')
        else:
            made = True
    unmade = os.path.join(out, 'unmade.txt')
    if os.path.exists(unmade):
        with open(unmade) as file:
            for line in file:
                print('not written by its converter:', line.strip())
    return made


def run_octet(octet, path, inputs, out):
    """A refusal, or None; the outputs, all of a sample back to back, are written to `out`."""
    said = subprocess.run([octet, 'inspect', '--json', path], capture_output=True, text=True)
    if said.returncode != 0:
        return said.stderr.strip()
    about = json.loads(said.stdout)
    if len(about['inputs']) != 1 or len(about['outputs']) != 1:
        return 'converters.py: more than one input or output'
    rng = random.Random(7)
    with open(inputs, 'wb') as file:
        file.write(rng.randbytes(SAMPLES * about['inputs'][0]['bytes']))
    said = subprocess.run([octet, 'run', path, '--rounding', 'double', '--input', inputs, '--output',
                           out], capture_output=True, text=True)
    return said.stderr.strip() if said.returncode != 0 else None


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def compare(folder, path, inputs, ours):
    """{runtime: (codes that differ, the largest difference)} of those that run the file."""
    result = {}
    for runtime in ('tflm', 'litert_reference'):
        theirs = ours + '.' + runtime
        said = subprocess.run([os.path.join(folder, 'venv', 'bin', 'python'),
                               os.path.join(HERE, 'tflite_python.py'), runtime, path, inputs, theirs],
                              capture_output=True, text=True)
        if said.returncode != 0:
            continue
        a, b = read(ours), read(theirs)
        wrap = lambda d: min(d % 256, -d % 256)  # signed and unsigned codes alike
        if len(a) != len(b):
            sys.exit(f'{path}: {runtime} gives {len(b)} bytes, octet {len(a)}')
        different = [wrap(x - y) for x, y in zip(a, b) if x != y]
        result[runtime] = (len(different), max(different, default=0))
    return result


def check(octet, folder, path, work):
    """What happened, and whether that is as it should be."""
    name = os.path.splitext(os.path.basename(path))[0]
    inputs, ours = os.path.join(work, name + '.in'), os.path.join(work, name + '.out')
    refusal = run_octet(octet, path, inputs, ours)
    if refusal:
        known = REFUSED.get(name)
        return f'refused: {refusal}' + (f' (known: {known})' if known else ''), bool(known)
    if name in REFUSED:
        return 'loads; to be taken off REFUSED', False
    results = compare(folder, path, inputs, ours)
    total = os.path.getsize(ours)
    text = ', '.join(f'{runtime}: {n} of {total} codes differ' + (f', by {most} at most' if n else '')
                     for runtime, (n, most) in results.items()) or 'no runtime to compare with'
    if any(n == 0 for n, _ in results.values()):
        return text, True
    if name not in DIFFERS:
        return text, False
    allowed, reason = DIFFERS[name]
    most = results['litert_reference'][1] if 'litert_reference' in results else 256
    return f'{text} (known: {reason})', most <= allowed


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__.split('\n\n')[1])
    octet = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, '..', '..', 'build', 'clients')
    folder = os.path.abspath(folder)
    python = os.path.join(folder, 'venv', 'bin', 'python')
    check_runtimes = [python, os.path.join(HERE, 'tflite_python.py'), '--check']
    if not os.path.exists(python) or subprocess.run(check_runtimes, capture_output=True).returncode:
        print(f'skipped: no runtimes in {folder} (tests/clients/setup.sh installs them)')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as work:
        out = sys.argv[3] if len(sys.argv) > 3 else os.path.join(work, 'files')
        if not os.path.isdir(out):
            os.mkdir(out)
            if not make(folder, out):
                sys.exit(77)
        wrong = count = 0
        for file in sorted(f for f in os.listdir(out) if f.endswith('.tflite')):
            said, good = check(octet, folder, os.path.join(out, file), work)
            size = os.path.getsize(os.path.join(out, file))
            print(f'{"" if good else "WRONG: "}{file} ({size:,} bytes): {said}')
            count, wrong = count + 1, wrong + (not good)
    print(f'{count} files, {wrong} wrong')
    sys.exit(wrong > 0 or count == 0)


main()
