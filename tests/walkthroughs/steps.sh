# The steps that the READMEs tell a newcomer, taken word for word in a fresh folder.
# Sourced by the walkthroughs; needs target/debug/keting.
# shellcheck shell=bash

REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=$REPOSITORY/target/debug:$PATH
WHERE=

# Begins anew, as somebody who has never used keting on this machine.
begin() {
  WHERE=$(mktemp -d)
  cd "$WHERE" || exit
  export HOME=$WHERE/home
  unset KETING_VAULT KETING_LOG KETING_LANG XDG_STATE_HOME LC_ALL
  mkdir "$HOME"
  trap end EXIT
}

# Ends what was begun, and takes it away.
end() {
  [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
  wait
  SERVER=
  cd /
  rm -rf "$WHERE"
}

# What stands in a README's fence under a comment, such as `<!-- steps: NAME -->`.
fenced() {
  awk -v wanted="<!-- $2 -->" '
    $0 == wanted { found = 1; next }
    found && /^```/ { if (inside) exit; inside = 1; next }
    inside { print }' "$REPOSITORY/$1" | grep . || fail "$1 has no '$2'"
}

# Saves a file as a README shows it.
save() {
  fenced "$1" "file: $2" >"$2"
}

# Takes the steps of one fence after another, as somebody whose language is Chinese, and shows what they
# print, which stays in the file `seen`.
take() {
  local readme=$1 name
  shift
  for name in "$@"; do fenced "$readme" "steps: $name"; done >steps.sh
  LC_MESSAGES=zh_CN.UTF-8 bash -euo pipefail steps.sh >seen 2>&1 || { cat seen; fail "the steps '$*' of $readme do not work"; }
  cat seen
}

# Takes steps of which the last is a server, and waits for the word that it listens.
take_and_serve() {
  fenced "$1" "steps: $2" | sed 's/^keting serve/exec &/' >steps.sh
  mkfifo served
  bash -euo pipefail steps.sh >served 2>server.log &
  SERVER=$!
  exec 3<served
  # What comes before the server has its say; where the steps end without it, there is nothing more to read.
  until read -r said <&3 && [[ $said == *'listening on'* ]]; do
    [ -n "$said" ] || { cat server.log; fail "the steps '$2' of $1 do not work"; }
  done
}

# Looks for what a newcomer is to see after the last steps.
expect() {
  local text
  for text in "$@"; do
    grep -qF -- "$text" seen || fail "a newcomer does not see: $text"
  done
}

fail() {
  echo "walkthrough: $*" >&2
  exit 1
}
