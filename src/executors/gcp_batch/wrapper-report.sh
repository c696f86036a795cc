# Last runnable, on the host, always run: uploads how the attempt ended, and its log. It fails nothing.
#   BIOAGENT_HOME, BIOAGENT_ATTEMPT, BIOAGENT_RECORD
#   BIOAGENT_LOG_CAP  bytes of the log that are kept: its beginning and its end

home=$BIOAGENT_HOME
declare -A end=([code]=null [started]= [ended]= [kills]=0 [peak]=null)

read_end() {
  local name value
  [[ -f $home/started ]] && end[started]=$(<"$home/started")
  [[ -f $home/ended ]] || return
  while read -r name value; do end[$name]=$value; done <"$home/ended"
}

# A file keeps the log's beginning and its end; what lies between is dropped, and it says how much.
cut_log() {
  local size head
  left_out=0
  : >"$box/log"
  [[ -f $home/log ]] || return
  size=$(stat -c %s -- "$home/log")
  if ((size <= BIOAGENT_LOG_CAP)); then
    cat -- "$home/log" >"$box/log"
    return
  fi
  head=$((BIOAGENT_LOG_CAP / 8)) left_out=$((size - BIOAGENT_LOG_CAP))
  {
    head -c "$head" -- "$home/log"
    printf '\n... %d bytes left out ...\n' "$left_out"
    tail -c $((BIOAGENT_LOG_CAP - head)) -- "$home/log"
  } >"$box/log"
}

# Sets `quoted` to null for nothing, else a JSON string.
quote_or_null() {
  quoted=null
  [[ -z $1 ]] || quote_json "$1"
}

write_record() {
  local attempt started failure=null
  quote_json "$BIOAGENT_ATTEMPT" && attempt=$quoted
  quote_or_null "${end[started]}" && started=$quoted
  [[ -f $home/failure ]] && quote_or_null "$(head -c 2000 -- "$home/failure")" && failure=$quoted
  quote_or_null "${end[ended]}"
  printf '{"attempt":%s,"code":%s,"started":%s,"ended":%s,"kills":%s,"peak":%s,"left_out":%s,"failure":%s,"log_tail":"' \
    "$attempt" "${end[code]}" "$started" "$quoted" "${end[kills]}" "${end[peak]}" "$left_out" "$failure"
  tail -c 65536 -- "$box/log" | base64 -w 0
  printf '"}\n'
}

read_end
renew_token || exit 1
cut_log
write_record >"$box/record"
upload "$box/log" "$BIOAGENT_RECORD.log" text/plain || printf 'bioagent: the log was not uploaded: %s\n' "$fault" >&2
upload "$box/record" "$BIOAGENT_RECORD.exit.json" application/json || {
  printf 'bioagent: how it ended was not uploaded: %s\n' "$fault" >&2
  exit 1
}
rm -rf -- "${home:?}"
