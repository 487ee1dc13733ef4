#!/usr/bin/env bash
# What the READMEs tell whoever wants to run a city's server.
set -euo pipefail
# shellcheck source=tests/walkthroughs/steps.sh
. "$(dirname "$0")/steps.sh"

for readme in README.md README.zh-CN.md; do
  begin
  save "$readme" regions.csv
  take_and_serve "$readme" 'a city'
  take "$readme" 'an invitation'
  expect 陆德祥 micro_grid_head 9904810010010101 '可用 open'
  grep -q '^keting1:' invitation || fail "there is no invitation"
  kill -TERM "$SERVER"
  wait "$SERVER" || fail "the server did not stop as it should"
  SERVER=
  keting verify --data city >seen
  end
done
