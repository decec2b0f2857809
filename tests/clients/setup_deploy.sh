#!/bin/sh
# Installs what tests/clients/deploy.py runs deployed folders in, beside what setup.sh installs, below
# FOLDER (default: build/clients). Nothing is installed elsewhere but Maven's cache.
# usage: setup_deploy.sh [FOLDER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-"$here/../../build/clients"}
for program in javac mvn node npm python3 unzip; do
  command -v "$program" >/dev/null ||
    { echo "setup_deploy.sh: $program was not found. On Debian: apt-get install default-jdk maven nodejs npm python3-venv unzip" >&2; exit 1; }
done
mkdir -p "$folder/android"
cd "$folder"
[ -f package.json ] || echo '{"private": true}' >package.json
# npm takes away what it is not told of: both packages.
npm install --ignore-scripts --no-save --no-audit --no-fund --legacy-peer-deps --loglevel=error \
  @tensorflow/tfjs-tflite@0.0.1-alpha.10 @litertjs/core@2.5.3
# Arm's converter and IREE; Vela, whose requirements are others.
python3 -m venv iree
iree/bin/pip install --quiet --disable-pip-version-check numpy==2.4.6 iree-base-compiler==3.13.0 \
  iree-base-runtime==3.13.0 tosa-converter-for-tflite==2026.2.0
python3 -m venv vela
vela/bin/pip install --quiet --disable-pip-version-check ethos-u-vela==5.2.0
# What Android programs are compiled by. org.tensorflow's later versions refer to a repository of
# Google's.
get() {
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="$1" -DoutputDirectory="$PWD/android" -Dmdep.stripVersion=true
}
get junit:junit:4.13.2
for name in tensorflow-lite tensorflow-lite-api; do
  get "org.tensorflow:$name:2.16.1:aar"
  unzip -q -o -p "android/$name.aar" classes.jar >"android/$name.jar"
done
