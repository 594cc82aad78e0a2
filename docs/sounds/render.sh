#!/usr/bin/env bash
# Renders the sounds of docs/sounds.md from the shipped bundle: docs/sounds/render.sh (drumjax must be installed).
set -euo pipefail
cd "$(dirname "$0")"

make() { drumjax generate --class "$2" --out "$1.flac" --force "${@:3}" > /dev/null; }

for class in kick clap snare open_hat closed_hat tambourine conga bongo shaker snap tom; do
  make "$class" "$class" --z 0 0 0
  make "${class}_2" "$class" --seed 2
  make "${class}_3" "$class" --seed 3
done
for class in kick snare; do
  for end in low:-2 high:2; do
    name=${end%:*} z=${end#*:}
    make "${class}_knob1_$name" "$class" --z "$z" 0 0
    make "${class}_knob2_$name" "$class" --z 0 "$z" 0
    make "${class}_knob3_$name" "$class" --z 0 0 "$z"
  done
done
for class in snare closed_hat; do
  make "${class}_smooth" "$class" --z 0 0 0 --texture off
  for seed in 1 2 3; do make "${class}_take$seed" "$class" --z 0 0 0 --texture "$seed"; done
done
for pair in kick-tom snare-clap closed_hat-shaker conga-bongo; do
  make "$pair" "${pair%-*}:0.5,${pair#*-}:0.5" --z 0 0 0
done
