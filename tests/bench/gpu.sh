#!/usr/bin/env bash
# Measures the network on a GPU, prints a table and writes FOLDER/gpu.json. The machine needs no network connection:
#
#   gpu.sh FOLDER
#
# FOLDER comes from another machine. This fills it, in the repository; one of the two programs is enough:
#
#   cargo build --release --package train --features vulkan && cp target/release/train FOLDER/train-vulkan
#   cargo build --release --package train --features cuda && cp target/release/train FOLDER/train-cuda
#   cp -r www/model train/recipes tests/bench/gpu.sh FOLDER
#   cargo run --release --package train -- phantom --patients 2 --out FOLDER/phantom
#
# Vulkan needs a driver, CUDA also needs the toolkit. On a slow device, set smaller BATCHES, STEPS and ROUNDS.
set -euo pipefail
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "usage: $0 FOLDER" >&2
    exit 2
fi
cd "$1"
batches=${BATCHES:-1,4,16,64} steps=${STEPS:-20} rounds=${ROUNDS:-3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

value() { # KEY FILE: the first value of a key in JSON with one key a line
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\"]*[^\",]\)\"\{0,1\},\{0,1\}$/\1/p" "$2" | head -n 1
}

median() { # KEY FILE: of a list of numbers, one a line
    awk -v start="\"$1\": [" 'index($0, start) { on = 1; next } on && /\]/ { exit } on { gsub(/[ ,]/, ""); print }' "$2" |
        sort -g | awk '{ at[NR] = $1 } END { print at[int(NR / 2) + 1] }'
}

row() { # TEXT VALUE-FORMAT VALUE...
    # shellcheck disable=SC2059 # the format is an argument
    printf "  %-52s $2\n" "$1" "${@:3}"
}

inverse() { awk -v seconds="$1" 'BEGIN { printf "%.1f", 1 / seconds }'; }

segment() { # PROGRAM DEVICE: masks in $scratch/DEVICE
    rm -rf "${scratch:?}/$2"
    "./$1" segment phantom --model model --device "$2" --out "$scratch/$2" >/dev/null
}

# The masks of a device that are not byte for byte those of the CPU.
different() { # DEVICE
    (cd "$scratch/cpu" && find . -name '*_mask.tif') | while read -r mask; do
        cmp -s "$scratch/cpu/$mask" "$scratch/$1/$mask" || echo "$mask"
    done | wc -l
}

measure() { # PROGRAM DEVICE: prints rows and writes $scratch/DEVICE.json
    local json=$scratch/$2.bench estimates=() recipe slices start seconds wrong
    for recipe in recipes/*.toml; do estimates+=(--estimate "$recipe"); done
    [ -d "$scratch/cpu" ] || segment "$1" cpu
    start=$(date +%s%N)
    segment "$1" "$2"
    seconds=$(awk -v nanoseconds="$(($(date +%s%N) - start))" 'BEGIN { printf "%.2f", nanoseconds / 1e9 }')
    slices=$(find "$scratch/$2" -name '*_mask.tif' | wc -l)
    wrong=$(different "$2")
    "./$1" bench --model model --device "$2" --batches "$batches" --steps "$steps" --rounds "$rounds" \
        "${estimates[@]}" >"$json"
    printf '{ "segment": { "slices": %d, "seconds": %s, "different_masks": %d },\n"bench": %s }\n' \
        "$slices" "$seconds" "$wrong" "$(cat "$json")" >"$scratch/$2.json"

    printf '\n%s\n' "$(value device "$json")"
    row "masks that differ from those of the CPU" "%10d of %d" "$wrong" "$slices"
    row "files to masks, with start and compilation" "%10.1f slices/s" "$(awk -v n="$slices" -v s="$seconds" 'BEGIN { print n / s }')"
    row "pixels to probabilities, one by one" "%10.1f slices/s" "$(inverse "$(median slice_s "$json")")"
    row "pixels to probabilities, $(value slices_in_batch "$json") at once" "%10.1f slices/s" "$(inverse "$(median slice_in_batch_s "$json")")"
    awk -F': ' '
        /"fraction_of_ceiling"/ { fraction = $2 }
        /"slices_at_once"/ { slices = $2 }
        /"slices_per_s"/ { rate = $2 }
        /}/ && rate { printf "  %-52s %10.1f slices/s, %.1f %% of the ceiling\n", "network alone, " slices + 0 " at once", rate, 100 * fraction; rate = 0 }
    ' "$json"
    row "ceiling: the largest matrix product" "%10.1f GMAC/s" "$(awk -v rate="$(value ceiling_multiply_adds_per_s "$json")" 'BEGIN { print rate / 1e9 }')"
    row "fit step, $(value batch "$json") crops of $(value crop "$json")" "%10.4f s" "$(median step_s "$json")"
    row "drawing the samples of a step on the CPU" "%10.4f s" "$(value draw_s "$json")"
    row "the shipped recipes, $(value total_steps "$json") steps, without scoring" "%10.1f minutes" \
        "$(awk -v seconds="$(value total_seconds "$json")" 'BEGIN { print seconds / 60 }')"
}

measured=()
for device in vulkan cuda; do
    program=train-$device
    [ -x "$program" ] || continue
    # In a shell of its own, so that a device that fails does not stop the other one. Not in an `if`, which ignores `set -e`.
    set +e
    (set -e && measure "$program" "$device") 2>"$scratch/errors"
    status=$?
    set -e
    if [ $status -eq 0 ]; then
        measured+=("$device")
    else
        printf '\n%s failed: %s\n' "$device" "$(tail -n 1 "$scratch/errors")"
    fi
done
if [ ${#measured[@]} -eq 0 ]; then
    echo "no GPU was measured: $1 has neither a train-vulkan nor a train-cuda that works here" >&2
    exit 1
fi
{
    separator='{'
    for device in "${measured[@]}"; do
        printf '%s "%s": %s' "$separator" "$device" "$(cat "$scratch/$device.json")"
        separator=$',\n'
    done
    printf ' }\n'
} >gpu.json
printf '\nAll figures are in %s/gpu.json\n' "$1"
