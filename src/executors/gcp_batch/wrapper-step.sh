#!/bin/bash
# Second runnable: runs the step's script, in its container (then by its /bin/sh, so this is POSIX sh) or on the host.
# Static text; every value comes as environment:
#   BIOAGENT_HOME    the attempt's own folder; `script` lies there, `log` and `ended` are written there
#   BIOAGENT_SHELL   interpreter and its arguments, separated by spaces
#   BIOAGENT_LIMIT   bytes of memory that it may use
#   BIOAGENT_ON_HOST 1 when there is no container around it
# A group whose limit is exactly ours is taken for ours: then its peak and its kills are the script's own. What stands in
# any other group says nothing of this attempt.

group= peak_file= kills_file=

use_group() {
  if [ "$(cat "$1/memory.max" 2>/dev/null)" = "$BIOAGENT_LIMIT" ]; then
    group=$1 peak_file=$1/memory.peak kills_file=$1/memory.events
  elif [ "$(cat "$1/memory.limit_in_bytes" 2>/dev/null)" = "$BIOAGENT_LIMIT" ]; then
    group=$1 peak_file=$1/memory.max_usage_in_bytes kills_file=$1/memory.oom_control
  else
    return 1
  fi
}

find_group() {
  unified=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null | head -n 1)
  memory=$(sed -n 's/^[0-9]*:\(memory\|.*,memory\|memory,.*\)://p' /proc/self/cgroup 2>/dev/null | head -n 1)
  for candidate in "/sys/fs/cgroup$unified" /sys/fs/cgroup "/sys/fs/cgroup/memory$memory" /sys/fs/cgroup/memory; do
    use_group "$candidate" && return
  done
  [ "${BIOAGENT_ON_HOST:-}" = 1 ] && make_group
}

# On the host nothing but this limits the script. Where no group can be made, the machine itself is the limit.
make_group() {
  for parent in /sys/fs/cgroup "/sys/fs/cgroup/memory$memory"; do
    made=$parent/bioagent-$BIOAGENT_ATTEMPT
    mkdir "$made" 2>/dev/null || continue
    # Only what the kernel put there: where no group can be made this may be any folder.
    for setting in memory.max="$BIOAGENT_LIMIT" memory.swap.max=0 memory.oom.group=1 \
      memory.limit_in_bytes="$BIOAGENT_LIMIT" memory.memsw.limit_in_bytes="$BIOAGENT_LIMIT"; do
      [ -e "$made/cgroup.procs" ] && [ -e "$made/${setting%%=*}" ] && echo "${setting#*=}" >"$made/${setting%%=*}"
    done 2>/dev/null
    if use_group "$made"; then
      own_group=$made
      return
    fi
    rmdir "$made" 2>/dev/null
  done
}

count_kills() {
  kills=0
  [ -n "$kills_file" ] || return
  kills=$(sed -n 's/^oom_kill //p' "$kills_file" 2>/dev/null)
  kills=${kills:-0}
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# What the script left running would write into outputs that are being published. A container ends with this shell.
end_leftovers() {
  if [ "${BIOAGENT_ON_HOST:-}" != 1 ]; then return; fi
  kill -KILL -- "-$child" 2>/dev/null
  [ -n "$own_group" ] || return
  while read -r process; do [ "$process" -gt 1 ] && kill -KILL "$process"; done <"$own_group/cgroup.procs"
} 2>/dev/null

own_group= child= stopped=
find_group
count_kills
kills_before=$kills
if [ "${BIOAGENT_ON_HOST:-}" = 1 ]; then set -m; fi # bash: the script gets a process group of its own
cd "$WORK_DIR" || exit 125
mkfifo "$BIOAGENT_HOME/pipe" || exit 125
now >"$BIOAGENT_HOME/started"

tee "$BIOAGENT_HOME/log" <"$BIOAGENT_HOME/pipe" &
copier=$!
set -f
# shellcheck disable=SC2086 # the words of the interpreter hold no blanks
set -- $BIOAGENT_SHELL
set +f
(
  if [ -n "$own_group" ]; then echo 0 >"$own_group/cgroup.procs"; fi
  unset BIOAGENT_HOME BIOAGENT_SHELL BIOAGENT_LIMIT BIOAGENT_ON_HOST BIOAGENT_RECORD BIOAGENT_OUTPUT
  exec "$@" "${WORK_DIR%/work}/script"
) >"$BIOAGENT_HOME/pipe" 2>&1 </dev/null &
child=$!

trap 'stopped=yes; kill -TERM "$child" 2>/dev/null' TERM INT
wait "$child"
code=$?
while [ -n "$stopped" ] && kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
ended_at=$(now)
end_leftovers

# Something in a container may still hold the log open; ten seconds are enough for the rest of it.
(sleep 10 && kill "$copier") </dev/null >/dev/null 2>&1 &
guard=$!
wait "$copier" 2>/dev/null
kill "$guard" 2>/dev/null
if [ "${BIOAGENT_ON_HOST:-}" = 1 ]; then
  kill -- "-$guard" 2>/dev/null
  wait "$guard" 2>/dev/null # or bash tells of its end
fi

count_kills
kills=$((kills - kills_before))
peak=$(cat "$peak_file" 2>/dev/null)
if [ -n "$own_group" ]; then rmdir "$own_group" 2>/dev/null; fi
printf 'code %s\nstarted %s\nended %s\nkills %s\npeak %s\n' \
  "$code" "$(cat "$BIOAGENT_HOME/started")" "$ended_at" "$kills" "${peak:-null}" >"$BIOAGENT_HOME/ended"
rm -f "$BIOAGENT_HOME/pipe"
# A kill takes one process of a pipe, and the script may end with 0 all the same: that is never success.
if [ "$code" -eq 0 ] && [ "$kills" -gt 0 ]; then code=137; fi
exit "$code"
