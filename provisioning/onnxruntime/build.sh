#!/usr/bin/env bash
# Builds onnxruntime-node with TensorRT and CUDA on a Jetson with JetPack 6 (npm's own for arm64 is CPU only), and puts it where the
# service looks. Hours on the smallest board: build once, carry the bundle to the others.
#   build.sh --out onnxruntime-jetson.tar.gz [--dry-run]        on one Jetson
#   build.sh --install onnxruntime-jetson.tar.gz [--service DIR] [--dry-run]   on each box; checks the hash beside the bundle
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/flash/steps.sh
. "$here/../../scripts/flash/steps.sh"
# shellcheck source=provisioning/onnxruntime/versions
. "$here/versions"

out=''; bundle=''; service=/opt/screenpost; work=${SCREENPOST_BUILD:-/var/tmp/screenpost-onnxruntime}
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:-}; shift 2 ;;
    --install) bundle=${2:-}; shift 2 ;;
    --service) service=${2:-}; shift 2 ;;
    --dry-run) dry_run=yes; shift ;;
    *) fail "unknown argument $1" ;;
  esac
done

install_bundle() {
  local target=$service/node_modules/onnxruntime-node
  run_sh "cd '$(dirname "$bundle")' && sha256sum -c '$(basename "$bundle").sha256'"
  run mkdir -p "$target.new"
  run tar -C "$target.new" -xzf "$bundle"
  run_sh "rm -rf '$target.old' && if [ -e '$target' ]; then mv '$target' '$target.old'; fi && mv '$target.new' '$target'"
  say 'does it load, and which providers has it?'
  run node -e "const ort = require('$service/node_modules/onnxruntime-node'); console.log(ort.listSupportedBackends ? ort.listSupportedBackends() : 'loaded')"
  say "installed; next: screenpost compile"
}

build() {
  case $out in /*) ;; *) out=$PWD/$out ;; esac
  need git cmake g++ python3 npm
  if [ "$dry_run" != yes ]; then
    [ "$(uname -m)" = aarch64 ] || fail "this machine is $(uname -m); build on a Jetson (or take a prebuilt bundle: --install)"
    [ -r /etc/nv_tegra_release ] || fail '/etc/nv_tegra_release is missing: this is no JetPack system. Install JetPack 6.2 first.'
    [ -e /usr/include/aarch64-linux-gnu/NvInfer.h ] || fail 'TensorRT headers are missing. Install: apt-get install nvidia-jetpack-dev'
    [ -x /usr/local/cuda/bin/nvcc ] || fail 'CUDA is missing. Install: apt-get install cuda-toolkit-12-6'
  fi
  run mkdir -p "$work"
  run_sh "[ -d '$work/source/.git' ] || git clone --depth 1 --branch '$ONNXRUNTIME_TAG' '$ONNXRUNTIME_GIT' '$work/source'"
  run_sh "test \"\$(git -C '$work/source' rev-parse HEAD)\" = '$ONNXRUNTIME_COMMIT' || { echo 'the sources are not the pinned ones' >&2; exit 1; }"
  run_sh "git -C '$work/source' submodule update --init --recursive --depth 1"
  run "$work/source/build.sh" --config Release --update --build --parallel "$JOBS" --nvcc_threads 1 --skip_tests --skip_submodule_sync --build_shared_lib --build_nodejs \
    --use_cuda --cuda_home /usr/local/cuda --cudnn_home /usr/lib/aarch64-linux-gnu \
    --use_tensorrt --tensorrt_home /usr/lib/aarch64-linux-gnu --use_tensorrt_builtin_parser \
    --cmake_extra_defines "CMAKE_CUDA_ARCHITECTURES=$CUDA_ARCHITECTURES" onnxruntime_BUILD_UNIT_TESTS=OFF --allow_running_as_root
  # The whole package: binding, the libraries beside it, and the JavaScript of the same version with its onnxruntime-common.
  run_sh "cd '$work/source/js/common' && npm ci && npm run build"
  run_sh "cd '$work/source/js/node' && npm ci --ignore-scripts && npm run build && rm -rf node_modules && mkdir -p node_modules/onnxruntime-common && cp -r ../common/dist ../common/package.json node_modules/onnxruntime-common/"
  run_sh "cd '$work/source/js/node' && tar --sort=name --owner=0 --group=0 --numeric-owner -czf '$out' package.json dist bin/napi-v6/linux/arm64 node_modules"
  run_sh "cd '$(dirname "$out")' && sha256sum '$(basename "$out")' > '$(basename "$out").sha256'"
  say "built $out"
}

if [ -n "$bundle" ]; then install_bundle; elif [ -n "$out" ]; then build; else fail 'say --out FILE (build) or --install FILE (use a bundle)'; fi
