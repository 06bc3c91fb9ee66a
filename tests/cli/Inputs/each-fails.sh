# each-fails.sh CODE COMMAND FILE...: COMMAND FILE, for each, must exit with
# CODE, print nothing to stdout, and one line to stderr, which is shown behind
# the file's name. A signal or a time limit is another code.
code=$1 command=$2
shift 2
for file in "$@"; do
  out=$(mktemp) err=$(mktemp)
  # shellcheck disable=SC2086 # the command has words
  timeout 60 $command "$file" >"$out" 2>"$err" </dev/null
  got=$?
  echo "$(basename "$file"): $(cat "$err")"
  if [ $got != "$code" ] || [ -s "$out" ] || [ "$(wc -l <"$err")" != 1 ]; then
    echo "expected exit $code and one line of error, got exit $got and:" >&2
    cat "$out" "$err" >&2
    exit 1
  fi
  rm -f "$out" "$err"
done
