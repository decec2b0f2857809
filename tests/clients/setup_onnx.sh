#!/bin/sh
# Installs the runtimes that tests/clients/onnx_targets.py runs octet's ONNX files in, in an environment of
# their own (other versions than setup.sh's), below FOLDER (default: build/clients).
# usage: setup_onnx.sh [FOLDER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-"$here/../../build/clients"}
mkdir -p "$folder"
cd "$folder"
python3 -m venv onnx
# MNN's script `mnnconvert` installs packages and sends usage data: the tests call the converter alone.
onnx/bin/pip install --quiet --disable-pip-version-check onnxruntime==1.31.1 openvino==2026.4.1 MNN==3.6.1 \
  onnx==1.23.2 onnxslim==0.1.98 onnxsim==0.8.1 h5py==3.16.0 numpy==2.4.6 flatbuffers==25.12.19
onnx/bin/pip install --quiet --disable-pip-version-check --no-deps ai-edge-litert==2.3.0 \
  backports.strenum==1.2.8  # the TFLite schema
