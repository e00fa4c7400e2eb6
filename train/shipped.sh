#!/usr/bin/env bash
# Fits the shipped network:
#
#   train/shipped.sh DATA HELD_OUT OUT [FEATURES]
#
# DATA      kaggle_3m, or the folder that contains it
# HELD_OUT  a file with the names of the held-out patients, one per line
# OUT       the folder for the results: the network is OUT/model, each fit has its own folder
# FEATURES  cargo features of `train`, such as wgpu or cuda
#
# If the script is stopped, run it again: each fit resumes from its last checkpoint.
set -euo pipefail
if [ $# -lt 3 ] || [ $# -gt 4 ]; then
    echo "usage: $0 DATA HELD_OUT OUT [FEATURES]" >&2
    exit 2
fi
data=$1 held_out=$2 out=$3 features=${4:-}
here=$(dirname "${BASH_SOURCE[0]}")

train() {
    cargo run --manifest-path "$here/../Cargo.toml" --release --package train ${features:+--features "$features"} -- "$@"
}

fit() { # NAME RECIPE [OPTION...]
    local folder=$out/$1
    if [ -e "$folder/checkpoint.bin" ]; then
        train fit --data "$data" --out "$folder" --resume
    else
        train fit --data "$data" --out "$folder" --held-out "$held_out" --config "$here/recipes/$2" "${@:3}"
    fi
}

fit pasted shipped-1-pasted.toml
fit bare shipped-2-bare.toml --start "$out/pasted"
fit again shipped-3-again.toml --start "$out/bare"
train average --data "$data" --out "$out/mean" "$out/bare" "$out/again"
fit stripped shipped-4-stripped.toml --start "$out/mean"
fit stripped-pasted shipped-5-stripped-pasted.toml --start "$out/mean"
train average --data "$data" --out "$out/model" "$out/mean" "$out/stripped" "$out/stripped-pasted"
train fit-check --data "$data" --model "$out/model"
train cross-validate --data "$data" --out "$out/folds" --config "$here/recipes/folds.toml"
train calibrate --data "$data" --folds "$out/folds" --model "$out/model"
