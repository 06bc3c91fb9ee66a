# options-differ.sh OPTIMIZER...: each makes another training step of the same
# model than the first does.
first=
for optimizer; do
  agc new mlp --input=2x3 --classes=2 --optimizer="$optimizer" -o step.agc 2>/dev/null || exit 1
  agc dump step.agc --function=train_step >step.txt || exit 1
  if [ -z "$first" ]; then
    first=$optimizer
    mv step.txt first.txt
  elif cmp -s step.txt first.txt; then
    echo "$optimizer is as $first"
    exit 1
  fi
done
