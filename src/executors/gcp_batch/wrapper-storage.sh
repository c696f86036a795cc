#!/bin/bash
# What `publish` and `report` share: writing objects to Cloud Storage with nothing but bash, coreutils and curl.
# Static text; every value comes as environment:
#   BIOAGENT_STORAGE    the service, https://storage.googleapis.com or an emulator's address
#   BIOAGENT_TOKEN_URL  where the VM's own access token comes from; empty: none is needed (an emulator)
#   BIOAGENT_PAUSES     seconds to wait before each further try
# https://cloud.google.com/storage/docs/performing-resumable-uploads
set -uo pipefail
export LC_ALL=C
shopt -u patsub_replacement 2>/dev/null # bash 5.2: "&" in a replacement is no placeholder

box=$(mktemp -d) # not in the attempt's folder: the step's container sees that one
trap 'rm -rf -- "$box"' EXIT
: >"$box/authorization"
fault=

# Sets `quoted`: $1 as a JSON string.
quote_json() {
  local text=$1 code character escape
  text=${text//\\/\\\\} text=${text//\"/\\\"}
  for ((code = 1; code < 32; code++)); do
    printf -v escape '\\x%02x' "$code"
    printf -v character '%b' "$escape"
    printf -v escape '\\u%04x' "$code"
    text=${text//"$character"/"$escape"}
  done
  quoted="\"$text\""
}

# Sets `encoded`: $1 for a query or a path.
encode() {
  local at character number
  encoded=
  for ((at = 0; at < ${#1}; at++)); do
    character=${1:at:1}
    case $character in
      [a-zA-Z0-9._~-]) encoded+=$character ;;
      *)
        printf -v number %d "'$character"
        printf -v character '%%%02X' $((number & 255))
        encoded+=$character
        ;;
    esac
  done
}

# Sets `bucket` and `object` of gs:// address $1.
split_address() {
  local rest=${1#gs://}
  bucket=${rest%%/*} object=${rest#*/}
}

renew_token() {
  local body
  [[ -n ${BIOAGENT_TOKEN_URL:-} ]] || return 0
  body=$(curl -sS --retry 5 --retry-connrefused --max-time 20 -H 'Metadata-Flavor: Google' "$BIOAGENT_TOKEN_URL" 2>&1)
  if [[ $body =~ \"access_token\":[[:space:]]*\"([^\"]+)\" ]]; then
    (umask 077 && printf 'Authorization: Bearer %s\n' "${BASH_REMATCH[1]}" >"$box/authorization")
    return 0
  fi
  fault="the machine's access token could not be read: has the job a service account?"
  return 1
}

# One request; sets `status` (000 when there was no answer) and `body`.
request() {
  status=$(curl -sS --connect-timeout 20 -o "$box/body" -D "$box/headers" -w '%{http_code}' \
    -H "@$box/authorization" -H 'Expect:' "$@" 2>"$box/trouble")
  [[ $status =~ ^[0-9]{3}$ ]] || status=000
  body=
  [[ -s $box/body ]] && body=$(head -c 65536 -- "$box/body" | tr -d '\0')
  : >"$box/body"
  return 0
}

# Sets `said`: what the service answered, in its own words.
say_answer() {
  local message
  said="HTTP $status"
  if [[ $status == 000 ]]; then said=$(head -c 300 -- "$box/trouble"); fi
  if [[ $body =~ \"message\":[[:space:]]*\"([^\"]*)\" ]]; then said+=": ${BASH_REMATCH[1]}"; fi
  said=${said//[^[:print:]]/ }
}

# Sets `generation`, `there_size` and `there_md5` of the object as it is now; generation 0 when there is none.
look_at_object() {
  request "$BIOAGENT_STORAGE/storage/v1/b/$bucket/o/$encoded?fields=generation,size,md5Hash"
  generation=0 there_size= there_md5=
  [[ $status == 404 ]] && return
  [[ $status == 200 ]] || return 1
  [[ $body =~ \"generation\":[[:space:]]*\"?([0-9]+) ]] && generation=${BASH_REMATCH[1]}
  [[ $body =~ \"size\":[[:space:]]*\"?([0-9]+) ]] && there_size=${BASH_REMATCH[1]}
  [[ $body =~ \"md5Hash\":[[:space:]]*\"([^\"]+)\" ]] && there_md5=${BASH_REMATCH[1]}
  return 0
}

# Sets `md5` (hexadecimal), `md5_base64` and `size` of file $1.
measure() {
  local escaped
  size=$(stat -L -c %s -- "$1") && md5=$(md5sum -- "$1") || return
  md5=${md5#\\} md5=${md5:0:32}
  escaped=$(sed 's/../\\x&/g' <<<"$md5")
  md5_base64=$(printf "$escaped" | base64)
}

# Begins an upload; sets `session`.
begin_upload() {
  local name
  quote_json "$object"
  name=$quoted
  quote_json "$md5_base64"
  printf '{"name":%s,"md5Hash":%s,"contentType":"%s"}' "$name" "$quoted" "$2" >"$box/metadata"
  request -X POST --max-time 60 -H 'Content-Type: application/json; charset=UTF-8' -H "X-Upload-Content-Length: $size" \
    --data-binary "@$box/metadata" \
    "$BIOAGENT_STORAGE/upload/storage/v1/b/$bucket/o?uploadType=resumable&name=$encoded&ifGenerationMatch=$generation"
  session=$(sed -n 's/^[Ll]ocation:[[:space:]]*\([^[:space:]]*\).*/\1/p' "$box/headers" | tail -n 1)
  [[ $status == 200 && -n $session ]]
}

# Sends file $1 from byte $2 on. A transfer without progress for a minute is given up, not one that is slow.
send() {
  local from=()
  (($2 > 0)) && from=(-C "$2")
  request --speed-limit 1 --speed-time 60 "${from[@]}" -T "$1" "$session"
}

# After a broken transfer: what has arrived, as `status` 308 and `offset`, or as the answer to the whole.
ask_progress() {
  local range
  request -X PUT --max-time 60 -H 'Content-Length: 0' -H "Content-Range: bytes */$size" "$session"
  offset=0
  range=$(sed -n 's/^[Rr]ange:[[:space:]]*bytes=0-\([0-9]*\).*/\1/p' "$box/headers" | tail -n 1)
  [[ -n $range ]] && offset=$((range + 1))
  return 0
}

passing() { [[ $status == 000 || $status == 408 || $status == 429 || $status == 5?? ]]; }

# Uploads file $1 as $2 (gs://) of content type $3. The object as it is now is replaced, never one that somebody writes at
# the same time; one with these bytes is left alone. Sets `size` and `md5`; returns 1 with `fault` when it cannot.
upload() {
  local file=$1 offset pauses pause tries=0
  measure "$file" || { fault="cannot read ${file##*/}" && return 1; }
  split_address "$2"
  encode "$object"
  generation=0
  read -r -a pauses <<<"${BIOAGENT_PAUSES:-1 2 4 8 16 32}"
  for pause in 0 "${pauses[@]}"; do
    sleep "$pause"
    attempt_upload "$file" "$3" && return
    if [[ $status == 401 ]]; then renew_token || return 1
    elif [[ $status == 412 ]]; then
      look_at_object || continue
      [[ $there_size == "$size" && $there_md5 == "$md5_base64" ]] && return
    elif ! passing; then break
    fi
  done
  say_answer
  fault="writing gs://$bucket/$object: $said"
  return 1
}

# One attempt, with its broken transfers resumed.
attempt_upload() {
  local resumed
  begin_upload "$1" "$2" || return
  send "$1" 0
  for ((resumed = 0; resumed < 20; resumed++)); do
    if [[ $status == 200 || $status == 201 ]]; then break; fi
    [[ $status == 308 ]] || passing || return
    ((resumed == 0)) || sleep "${BIOAGENT_PAUSES%% *}"
    ask_progress
    [[ $status == 308 ]] && send "$1" "$offset"
  done
  [[ $status == 200 || $status == 201 ]] || return
  [[ $body =~ \"md5Hash\":[[:space:]]*\"([^\"]+)\" ]] || return 0
  [[ ${BASH_REMATCH[1]} == "$md5_base64" ]] && return
  status=000
  echo "what arrived is not what was sent" >"$box/trouble"
  return 1
}
