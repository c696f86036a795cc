#!/bin/bash
# First runnable, on the host: makes the attempt's folders and writes the files that the job's definition brings.
# Static text; every value comes as environment:
#   BIOAGENT_HOME        the attempt's own folder on the VM's boot disk
#   BIOAGENT_FILES       how many files; of file I, BIOAGENT_FILE_I is its name, BIOAGENT_FILE_I_PARTS how many parts,
#                        BIOAGENT_FILE_I_K part K of its text in base64, cut at whole bytes
set -euo pipefail
umask 022

home=${BIOAGENT_HOME:?}
rm -rf -- "$home"
mkdir -p -- "$home"/{work,out,tmp}
# The image decides which user the script is; nobody else is on this machine.
chmod 0777 -- "$home" "$home"/{work,out,tmp}

for ((file = 0; file < BIOAGENT_FILES; file++)); do
  name=BIOAGENT_FILE_$file parts=BIOAGENT_FILE_${file}_PARTS
  for ((part = 0; part < ${!parts}; part++)); do
    text=BIOAGENT_FILE_${file}_$part
    printf %s "${!text}" | base64 -d
  done >"$home/${!name}"
done
