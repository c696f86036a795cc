# Third runnable, on the host, only after success: uploads the declared outputs and then, last, the manifest.
#   BIOAGENT_HOME, BIOAGENT_ATTEMPT
#   BIOAGENT_OUTPUT      gs:// folder of the run, ending in "/"
#   BIOAGENT_RECORD      gs:// address of this attempt's records, without ending
#   BIOAGENT_PATTERNS    how many; pattern I is BIOAGENT_PATTERN_I

out=$BIOAGENT_HOME/out

give_up() {
  printf '%s' "$1" >"$BIOAGENT_HOME/failure"
  printf 'bioagent: the outputs could not be published: %s\n' "$1" >&2
  # Where the report cannot be written either, this code is all that the monitor gets to know (`unreported.ts`).
  case ${status:-} in
    401 | 403) exit 77 ;;
    400 | 404) exit 78 ;;
    *) exit 74 ;;
  esac
}

# A link that leaves the attempt's folders is not followed: it would publish what is the machine's.
stays_inside() {
  local path=$1 real
  while [[ $path != "$out" && ! -L $path ]]; do path=${path%/*}; done
  [[ $path == "$out" ]] && return
  mapfile -d '' -t real < <(readlink -z -e -- "$1")
  [[ ${real[0]:-} == "$real_home/out/"* || ${real[0]:-} == "$real_home/work/"* ]] && return
  printf 'bioagent: %s is a link that leaves the attempt, it is not published\n' "${1#"$out/"}" |
    tee -a "$BIOAGENT_HOME/log" >&2
  return 1
}

# Sets `matches` and `match_patterns`. A pattern is expanded as a pattern only: no word splitting, no evaluation.
find_outputs() {
  local IFS= at pattern path
  matches=() match_patterns=()
  shopt -s nullglob globstar
  LC_ALL=C.UTF-8 # "?" matches one character
  for ((at = 0; at < BIOAGENT_PATTERNS; at++)); do
    pattern=BIOAGENT_PATTERN_$at pattern=${!pattern}
    for path in "$out"/$pattern; do
      [[ -f $path ]] && stays_inside "$path" || continue
      matches+=("${path#"$out/"}") match_patterns+=("$pattern")
    done
  done
  LC_ALL=C
  shopt -u nullglob globstar
}

write_manifest() {
  local at separator= quoted_pattern
  quote_json "$BIOAGENT_ATTEMPT"
  printf '{"attempt":%s,"outputs":[' "$quoted"
  for at in "${!matches[@]}"; do
    quote_json "${match_patterns[at]}"
    quoted_pattern=$quoted
    quote_json "${matches[at]}"
    printf '%s\n{"pattern":%s,"path":%s,"size":%d,"checksum":"md5:%s"}' "$separator" \
      "$quoted_pattern" "$quoted" "${sizes[/${matches[at]}]}" "${sums[/${matches[at]}]}"
    separator=,
  done
  printf ']}\n'
}

declare -A sizes=() sums=()
real_home=$(readlink -e -- "$BIOAGENT_HOME") || give_up "the folder $BIOAGENT_HOME is gone"
renew_token || { status=401 && give_up "$fault"; }
find_outputs
for path in "${matches[@]}"; do
  [[ -n ${sizes[/$path]:-} ]] && continue
  upload "$out/$path" "$BIOAGENT_OUTPUT$path" application/octet-stream || give_up "$fault"
  sizes[/$path]=$size sums[/$path]=$md5
done
write_manifest >"$box/manifest" || give_up "the manifest could not be written: is the disk full?"
upload "$box/manifest" "$BIOAGENT_RECORD.json" application/json || give_up "$fault"
