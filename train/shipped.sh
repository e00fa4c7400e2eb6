#!/usr/bin/env bash
# Fits the shipped network from the dataset's folder:
#
#   train/shipped.sh DATA HELD_OUT OUT [FEATURES]
#
# DATA is kaggle_3m, or a folder that holds it; HELD_OUT a file with the names of the patients that are held out, one a
# line; FEATURES what `train` is built with, such as wgpu or cuda. The network comes to lie in OUT/model, and each fit on the
# way to it in a folder of its own below OUT. Stopped, and called again, it goes on where it was.
set -euo pipefail
if [ $# -lt 3 ] || [ $# -gt 4 ]; then
    echo "usage: $0 DATA HELD_OUT OUT [FEATURES]" >&2
    exit 2
fi
data=$1 held_out=$2 out=$3 features=${4:-}
manifest=$(dirname "${BASH_SOURCE[0]}")/../Cargo.toml

train() {
    cargo run --manifest-path "$manifest" --release --package train ${features:+--features "$features"} -- "$@"
}

fit() { # NAME RECIPE...
    local folder=$out/$1
    if [ -e "$folder/checkpoint.bin" ]; then
        train fit --data "$data" --out "$folder" --resume
    else
        train fit --data "$data" --out "$folder" --held-out "$held_out" "${@:2}"
    fi
}

# Half of the samples have the lesion of another slice pasted in.
fit pasted
# None has: the network learns how often there is one.
fit bare --start "$out/pasted" --paste 0 --rate 5e-4 --epochs 8 --seed 2
# Half have again. Between this network and the last one lies a better one than either.
fit again --start "$out/bare" --rate 1e-3 --epochs 12 --seed 3
train average --data "$data" --out "$out/model" "$out/bare" "$out/again"
