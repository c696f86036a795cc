#!/usr/bin/env bash
# Starts attempts and watches over each until its exit record lies on the disk. Needs bash 4.4 and Linux.
#
# One launcher per monitor reads lines "FOLDER LAUNCH" from standard input and forks one supervisor for each; no program is
# started for that, because a trivial job must cost one fork and one shell. The supervisor is in a process group and (with
# its launcher) a session of its own: it outlives the monitor and the launcher. It answers one line, "LAUNCH claimed|taken|
# failed WHY", and from then on everything it says lies in files below the executor's folder, its current folder:
#   attempts/RUN/ID/claim    taken with O_EXCL before anything else; says who supervises, and the script's process
#   attempts/RUN/ID/cancel   laid down by a monitor: end this attempt
#   attempts/RUN/ID/log      what the script said
#   attempts/RUN/ID/LAUNCH/  spec, script, work, out: one launch's own, never shared with another submission of the attempt
#   ended/ID                 the exit record, complete when its last line is "end"
# Descriptor 7 is the monitor's pipe for answers, 8 the log; the script inherits neither.
# Waiting is `read -t` on a pipe that nobody writes (descriptor 9): no `sleep` to fork, no signal to lose.

# Waits so many microseconds.
pause() {
  local seconds nothing
  printf -v seconds '%d.%06d' $(($1 / 1000000)) $(($1 % 1000000))
  read -r -t "$seconds" -u 9 nothing
}

# Sets `clock`: microseconds since the epoch.
tell_time() { clock=${EPOCHREALTIME/[.,]/}; }

# Reads the specification that the monitor wrote: fields, each ended by NUL. src/executors/local/launch.ts has the order.
read_spec() {
  local count at=18
  mapfile -d '' -t spec <"$folder/$launch/spec" || return
  id=${spec[0]} machine=${spec[1]} home=${spec[2]}
  procs_file=${spec[3]} kills_file=${spec[4]} peak_file=${spec[5]}
  memory_limit=${spec[6]} time_limit=${spec[7]} disk_limit=${spec[8]} grace=${spec[9]} log_cap=${spec[10]}
  page_size=${spec[11]} output=${spec[12]} manifest=${spec[13]} same_disk=${spec[14]} plain_names=${spec[15]}
  count=${spec[16]} patterns=("${spec[@]:at:count}") at=$((at + count))
  count=${spec[17]} command=("${spec[@]:at:count}" "$home/script") at=$((at + count))
  environment=("${spec[@]:at}")
  [[ -n $id && ${#command[@]} -gt 1 ]]
}

# Sets `start_time` of process $1: field 22 of its stat, counted after the last ")" because a name may hold anything.
read_start_time() {
  local stat fields
  IFS= read -r -d '' stat <"/proc/$1/stat"
  fields=(${stat##*) }) # numbers: nothing to quote, and a here-string would be read byte by byte
  start_time=${fields[19]:-0}
}

# Creates the claim, or fails because it is there. Bytes follow in one write; a crash in between leaves an empty claim.
take_claim() {
  local wrote=
  read_start_time "$BASHPID"
  set -o noclobber
  { printf 'claimed %s %s %s %s %s\n' "$machine" "$BASHPID" "$start_time" "$EPOCHREALTIME" "$launch" && wrote=yes || wrote=no; } \
    >"$folder/claim"
  set +o noclobber
  [[ $wrote == yes ]] && return
  if [[ $wrote == no ]]; then # created, but not a byte fits on the disk: it is ours to take away
    rm -f -- "$folder/claim"
    answer="failed cannot write the claim: the disk is full"
  elif [[ -e $folder/claim ]]; then
    answer=taken
  else
    answer="failed cannot create the claim in $folder"
  fi
  return 1
}

# In the child: becomes the script. Environment exactly as specified; names that bash itself minds go through env(1).
become_script() {
  local entry
  if [[ -n $procs_file ]]; then printf 0 2>/dev/null >"$procs_file" || refuse_start "cannot join the memory group"; fi
  cd -- "$home/work" || refuse_start "cannot enter WORK_DIR"
  unset -v PWD OLDPWD SHLVL PATH LC_ALL
  if [[ $plain_names == 1 ]]; then
    for entry in "${environment[@]}"; do export "${entry?}"; done
    exec -- "${command[@]}"
  fi
  PATH=$tools exec env -i -- "${environment[@]}" "${command[@]}"
}

refuse_start() {
  printf 'bioagent: %s; the script was not started\n' "$1"
  : >"$home/unborn"
  exit 125
}

start_script() {
  (become_script) </dev/null >&8 2>&8 7>&- 8>&- 9>&- & # in parentheses bash leaves SHLVL out of the environment
  child=$!
  read_start_time "$child"
  printf 'started %s %s\n' "$child" "$start_time" >>"$folder/claim"
}

# Sets `kills`, the processes that the kernel killed for this attempt's memory limit.
count_kills() {
  local line
  kills=0
  [[ -n $kills_file ]] || return
  while read -r line; do [[ $line == "oom_kill "* ]] && kills=${line#oom_kill }; done <"$kills_file"
}

# Sets `tree`, every living process of the script: its memory group's, its process group's, and whoever carries its marker
# in the environment (setsid and double forks leave the process group, and there may be no memory group).
find_tree() {
  local stat file fields pid entry variables member grouped=()
  local -A group=()
  tree=()
  [[ -n $procs_file ]] && mapfile -t grouped <"$procs_file"
  for pid in "${grouped[@]}"; do group[$pid]=yes; done
  for file in /proc/[0-9]*/stat; do
    stat=
    IFS= read -r -d '' stat <"$file"
    fields=(${stat##*) }) # numbers: nothing to quote, and a here-string would be read byte by byte
    pid=${file#/proc/} pid=${pid%/stat}
    [[ ${fields[0]:-Z} == [ZX] || $pid == "$BASHPID" ]] && continue
    member=no
    if [[ ${fields[2]} == "$child" || -n ${group[$pid]} ]]; then
      member=yes
    elif mapfile -d '' -t variables <"/proc/$pid/environ" && [[ "${variables[*]}" == *"BIOAGENT_ATTEMPT=$id"* ]]; then
      for entry in "${variables[@]}"; do [[ $entry == "BIOAGENT_ATTEMPT=$id" ]] && member=yes; done
    fi
    [[ $member == yes ]] && tree+=("$pid")
  done
  ((${#tree[@]} > 0))
}

signal_tree() {
  kill "-$1" -- "-$child"
  ((${#tree[@]})) && kill "-$1" "${tree[@]}"
}

# Ends the whole tree for reason $1: TERM, and KILL after $2 microseconds, again and again until nothing of it lives.
# What the kernel cannot kill (a process stuck in a dead disk) is given up after a minute.
stop_tree() {
  local until
  reason=$1
  tell_time
  until=$((clock + $2))
  if (($2 > 0)) && find_tree; then signal_tree TERM; fi
  while find_tree && tell_time && ((clock < until)); do pause 50000; done
  until=$((clock + 60000000))
  while find_tree && tell_time && ((clock < until)); do
    signal_tree KILL
    pause 10000
  done
}

# Sets `log_size` without starting a program: the script writes through descriptor 8's own open file, so its position is
# the file's end. Just after a cut it still names the old end, until the next write.
measure_log() {
  local label
  read -r label log_size <"/proc/$BASHPID/fdinfo/8"
  if ((log_size == stale_size)); then log_size=0; fi
}

# Keeps the log from filling the disk: its beginning and its end stay, what lies between is dropped.
cut_log() {
  measure_log
  ((log_size > log_cap)) || return
  [[ -e $home/log.head ]] || head -c "$log_head" -- "$folder/log" >"$home/log.head"
  tail -c "$log_tail" -- "$folder/log" >"$home/log.tail"
  measure_log
  stale_size=$log_size log_written=$((log_written + log_size))
  : >"$folder/log"
  check_interval=20000 # a script that says so much so fast is looked after more often
}

# Joins beginning and end of a log that was cut, and says in between how much is missing.
finish_log() {
  cut_log
  [[ -e $home/log.head ]] || return
  measure_log
  log_written=$((log_written + log_size))
  left_out=$((log_written - log_head - log_tail))
  {
    cat -- "$home/log.head"
    printf '\n... %d bytes left out ...\n' "$left_out"
    cat -- "$home/log.tail" "$folder/log" | tail -c "$log_tail"
  } >"$home/log.whole" && mv -f -- "$home/log.whole" "$folder/log"
}

# Without a memory group: adds up what the script's descendants hold now, and ends them when it is too much.
sample_memory() {
  local queue=("$child") children pid pages file total=0 at
  for ((at = 0; at < ${#queue[@]}; at++)); do
    pid=${queue[at]}
    read -r _ pages _ <"/proc/$pid/statm" && total=$((total + pages * page_size))
    for file in "/proc/$pid/task/"*/children; do
      # The kernel ends this file without a newline, so read says 1 although it has read it all.
      children=()
      read -r -a children <"$file"
      queue+=("${children[@]}")
    done
  done
  ((total > sampled)) && sampled=$total
  ((total > memory_limit)) && stop_tree memory 0
}

# Compares what lies in work and out with the disk limit. Never more than 5 % of the time is spent on it.
check_disk() {
  local used from
  tell_time
  from=$clock
  used=$(du -s -B1 -c -- "$home/work" "$home/out" | tail -n 1)
  used=${used%%[!0-9]*}
  tell_time
  next_disk=$((clock + 20 * (clock - from)))
  ((next_disk < clock + 1000000)) && next_disk=$((clock + 1000000))
  ((${used:-0} > disk_limit))
}

check_limits() {
  cut_log
  if [[ -n $procs_file ]]; then
    count_kills # without memory.oom.group (cgroup v1) the rest of the tree would go on with half of it missing
    ((kills > 0)) && stop_tree memory 0
  elif ((memory_limit > 0)); then
    sample_memory
  fi
  if ((disk_limit > 0 && clock >= next_disk)) && check_disk; then stop_tree disk 1000000; fi
}

# Until the script has ended. The waits grow from 3 ms to 100 ms, always a third of what it has run already.
watch_script() {
  local wait_for=3000 deadline=0 next_check begun
  tell_time
  begun=$clock
  ((time_limit > 0)) && deadline=$((clock + time_limit))
  next_check=$((clock + check_interval)) next_disk=$((clock + 1000000))
  while kill -0 "$child"; do
    pause "$wait_for"
    tell_time
    ((wait_for = (clock - begun) / 3))
    ((wait_for < 100000 && clock >= begun)) || wait_for=100000
    ((wait_for > 1000)) || wait_for=1000
    ((wait_for > check_interval)) && wait_for=$check_interval
    if [[ -e $folder/cancel ]]; then
      stop_tree cancelled "$grace"
    elif ((deadline > 0 && clock >= deadline)); then
      stop_tree timeout "$grace"
    elif ((clock >= next_check)); then
      check_limits
      next_check=$((clock + check_interval))
    fi
    if [[ -n $reason ]]; then break; fi
  done
  wait "$child"
  code=$?
}

# What the script left running would write into outputs that are being published, and holds memory that is promised on.
end_leftovers() {
  local left=()
  if [[ -n $procs_file ]]; then
    mapfile -t left <"$procs_file"
    ((${#left[@]})) || return
  else
    kill -0 -- "-$child" || return
  fi
  stop_tree "$reason" 0
}

settle_reason() {
  count_kills
  [[ -n $peak_file ]] && read -r peak <"$peak_file"
  [[ -z $peak_file && $sampled -gt 0 ]] && peak=$sampled
  [[ -n $reason ]] && return
  if [[ -e $home/unborn ]]; then
    reason=unborn
  elif ((code != 0)) && [[ -e $folder/cancel ]]; then
    reason=cancelled
  elif ((code == 0 && disk_limit > 0)) && check_disk; then
    reason=disk
  fi
}

# Sets `matches` and `match_patterns`: files below out, each with the pattern that found it. A pattern is expanded as a
# pattern only: no word splitting, no evaluation. Symbolic links that leave the attempt's own folders are not followed.
find_outputs() {
  local IFS= pattern path
  matches=() match_patterns=()
  shopt -s nullglob globstar
  for pattern in "${patterns[@]}"; do
    for path in "$home/out"/$pattern; do
      [[ -f $path ]] && inside_attempt "$path" || continue
      matches+=("${path#"$home/out/"}") match_patterns+=("$pattern")
    done
  done
  shopt -u nullglob globstar
}

# Whether a path has no symbolic link below out, or one that stays in work or out; sets links[path] for the latter.
inside_attempt() {
  local path=$1 real
  while [[ $path != "$home/out" && ! -L $path ]]; do path=${path%/*}; done
  [[ $path == "$home/out" ]] && return
  mapfile -d '' -t real < <(readlink -z -e -- "$1")
  if [[ ${real[0]} == "$home/out/"* || ${real[0]} == "$home/work/"* ]]; then
    links[/$1]=yes
    return
  fi
  printf 'bioagent: %s is a link that leaves the attempt, it is not published\n' "${1#"$home/out/"}" >&8
  return 1
}

# Sets sizes[/path] and sums[/path] (a key must not be "@" or empty) of what is to be published: two programs for every 200 files.
measure_outputs() {
  local at line chunk lines count=${#unique[@]}
  for ((at = 0; at < count; at += 200)); do
    chunk=("${unique[@]:at:200}")
    stat -L -c %s -- "${chunk[@]/#/$home/out/}" >"$home/sizes" 2>>"$home/errors" || return
    sha256sum -- "${chunk[@]/#/$home/out/}" >"$home/sums" 2>>"$home/errors" || return
    mapfile -t lines <"$home/sizes"
    for line in "${!chunk[@]}"; do sizes[/${chunk[line]}]=${lines[line]}; done
    mapfile -t lines <"$home/sums"
    for line in "${!chunk[@]}"; do
      lines[line]=${lines[line]#\\} # sha256sum marks names that it had to escape
      sums[/${chunk[line]}]=${lines[line]:0:64}
    done
  done
}

# Moves what lies side by side with one program; across disks, and for links, a copy beside its place is renamed.
move_outputs() {
  local path folder_of batch=() batch_folder= target
  for path in "${unique[@]}"; do
    folder_of=. target=$output$path
    [[ $path == */* ]] && folder_of=${path%/*}
    [[ -d $output$folder_of ]] || mkdir -p -- "$output$folder_of" 2>>"$home/errors" || return
    if [[ $same_disk != 1 || -n ${links[/$home/out/$path]} ]]; then
      cp --preserve=mode,timestamps -- "$home/out/$path" "$output$folder_of/.bioagent-$id" 2>>"$home/errors" &&
        mv -f -T -- "$output$folder_of/.bioagent-$id" "$target" 2>>"$home/errors" && continue
      rm -f -- "$output$folder_of/.bioagent-$id"
      return 1
    fi
    if [[ $folder_of != "$batch_folder" || ${#batch[@]} -ge 200 ]]; then
      move_batch || return
      batch=() batch_folder=$folder_of
    fi
    batch+=("$home/out/$path")
  done
  move_batch
}

move_batch() {
  ((${#batch[@]} == 0)) || mv -f -t "$output$batch_folder" -- "${batch[@]}" 2>>"$home/errors"
}

# Sets `quoted`: $1 as a JSON string.
quote_json() {
  local text=$1 character code
  text=${text//\\/\\\\} text=${text//\"/\\\"}
  if [[ $text == *[$'\x01'-$'\x1f']* ]]; then
    for ((code = 1; code < 32; code++)); do
      printf -v character "\\x$(printf %02x "$code")"
      printf -v code_text '\\u%04x' "$code"
      text=${text//"$character"/"$code_text"}
    done
  fi
  quoted="\"$text\""
}

write_manifest() {
  local at separator= text quoted_pattern
  quote_json "$id"
  printf -v text '{"attempt":%s,"outputs":[' "$quoted"
  for at in "${!matches[@]}"; do
    quote_json "${match_patterns[at]}"
    quoted_pattern=$quoted
    quote_json "${matches[at]}"
    printf -v text '%s%s\n{"pattern":%s,"path":%s,"size":%d,"checksum":"sha256:%s"}' "$text" "$separator" \
      "$quoted_pattern" "$quoted" "${sizes[/${matches[at]}]}" "${sums[/${matches[at]}]}"
    separator=,
  done
  if ((${#matches[@]} == 0)); then # nobody reads it before the exit record is there, so no rename is needed
    printf '%s]}\n' "$text" 2>>"$home/errors" >"$manifest"
  else
    { printf '%s]}\n' "$text" >"$manifest.part"; } 2>>"$home/errors" &&
      mv -f -T -- "$manifest.part" "$manifest" 2>>"$home/errors"
  fi
}

# Names that are not UTF-8 cannot stand in a manifest, so what they name could never be verified.
refuse_foreign_names() {
  local path
  for path in "${unique[@]}"; do
    [[ $path != *[!\ -~]* ]] || printf %s "$path" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 && continue
    printf 'the output name %q is not UTF-8\n' "$path" >>"$home/errors"
    return 1
  done
}

# Publishes the declared outputs and then, last, the manifest; sets `failure` to what the programs said when it cannot.
publish() {
  local -A sizes=() sums=() links=() seen=()
  local matches=() match_patterns=() unique=() path
  if ((${#patterns[@]})); then find_outputs; fi
  for path in "${matches[@]}"; do
    [[ -n ${seen[/$path]} ]] || unique+=("$path")
    seen[/$path]=yes
  done
  if ((${#unique[@]})); then
    refuse_foreign_names && measure_outputs && move_outputs && write_manifest && return
  else
    write_manifest && return
  fi
  IFS= read -r -d '' failure <"$home/errors"
  [[ -n $failure ]] || failure="No space left on device" # not even the message could be written
  failure=${failure//[^[:print:]]/ }
  failure="the outputs could not be published to ${output:0:300}: ${failure:0:500}"
}

# The record is complete with its last line. A full disk may take any of it: tried again until it is there.
write_record() {
  local text
  printf -v text 'code %s\nstarted %s\nended %s\nreason %s\nkills %s\npeak %s\nleft_out %s\nfailure %s\nend\n' \
    "$code" "$started" "$EPOCHREALTIME" "${reason:--}" "$kills" "${peak:--}" "$left_out" "${failure:--}"
  until { printf %s "$text" >"ended/$id"; }; do
    [[ -d ended ]] || return # the executor's folder itself was removed
    pause 1000000
  done
}

supervise() {
  local folder=$1 launch=$2 answer="failed cannot read the specification in $1/$2" started clock code=0 child kills=0 peak='' failure=''
  local reason='' left_out=0 log_written=0 log_size=0 stale_size=-1 sampled=0 check_interval=200000 log_head log_tail next_disk=0
  trap : TERM INT HUP # whoever ends the machine ends the scripts too, and their ends must be written down
  set -m              # the script gets a process group of its own
  exec 8>>"$folder/log" || answer="failed cannot open the log in $folder"
  if [[ ! -e $folder/log ]] || ! read_spec || ! take_claim; then
    printf '%s %s\n' "$launch" "$answer" >&7
    return
  fi
  started=$EPOCHREALTIME
  log_head=$((log_cap / 16 < 1048576 ? log_cap / 16 : 1048576)) log_tail=$((log_cap - log_head - 64))
  trap '' PIPE # the monitor may be gone
  printf '%s claimed\n' "$launch" >&7
  exec 7>&-
  trap - PIPE
  start_script
  watch_script
  end_leftovers
  settle_reason
  finish_log
  if ((code == 0 && kills == 0)) && [[ -z $reason ]]; then publish; fi
  write_record
}

# Files that the monitor's own starter left open would stay open in every script.
close_inherited() {
  local path number
  for path in "/proc/$BASHPID/fd/"*; do
    number=${path##*/}
    if ((number > 2 && number < 255)); then exec {number}>&-; fi
  done
}

main() {
  local folder launch tools=$PATH
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
    printf '* failed bash 4.4 or newer is needed, this is %s\n' "$BASH_VERSION"
    exit 1
  fi
  LC_ALL=C.UTF-8 # a dot in EPOCHREALTIME, and "?" matches one character; not exported
  close_inherited
  exec 7>&1 >/dev/null 2>/dev/null 9<> <(:) # what the shell itself says of files that have just gone is of no use to anybody
  shopt -u patsub_replacement # bash 5.2: "&" in a path is no placeholder
  set -m
  while read -r folder launch; do
    supervise "$folder" "$launch" </dev/null &
  done
}
main; exit # on one line: bash must not read on from a file that an upgrade may have replaced
