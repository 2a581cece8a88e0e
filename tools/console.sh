# What the scripts say and how: short messages, and long commands as one line that moves. Sourced, not run.
# shellcheck shell=bash

say() {
  printf '%s\n' "$*" >&2
}

fail() {
  say "error: $*"
  exit 1
}

# Runs a command with its last line of output shown in place on a terminal, or now and then where there is none. The whole
# output is shown if it fails.
run_compactly() { # TITLE COMMAND...
  local title=$1 log status=0 started=$SECONDS
  shift
  log=$(mktemp)
  (
    set -o pipefail
    "$@" < /dev/null 2>&1 | tee "$log" | show_last_line "$title"
  ) || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    rm -f "$log"
    say "$title: failed with $status: $*"
    return "$status"
  fi
  rm -f "$log"
  say "$title: done in $((SECONDS - started)) s"
}

show_last_line() { # TITLE; lines on standard input
  local title=$1 line shown=$SECONDS width
  if [ -t 2 ]; then
    width=$(tput cols 2> /dev/null || echo 80)
    while IFS= read -r line; do
      line="$title: ${line//$'\r'/}"
      printf '\r\033[K%s' "${line:0:width-1}" >&2
    done
    printf '\r\033[K' >&2
    return 0
  fi
  while IFS= read -r line; do
    if [ $((SECONDS - shown)) -ge 20 ]; then
      shown=$SECONDS
      say "$title: ${line:0:140}"
    fi
  done
}

# Configures a preset once and builds it. ninja configures again by itself when a CMake file has changed.
build_preset() { # PRESET [TARGET...]
  local preset=$1 root
  shift
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  if [ ! -f "$root/build/$preset/build.ninja" ]; then
    (cd "$root" && run_compactly "configuring $preset" cmake --preset "$preset")
  fi
  NINJA_STATUS='[%f/%t] ' run_compactly "building $preset" ninja -C "$root/build/$preset" "$@"
}
