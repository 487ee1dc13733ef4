#!/usr/bin/env bash
# What the READMEs tell whoever keeps a roster, on a city that was made as they tell its operator.
set -euo pipefail
# shellcheck source=tests/walkthroughs/steps.sh
. "$(dirname "$0")/steps.sh"

for readme in README.md README.zh-CN.md; do
  begin
  save "$readme" regions.csv
  take_and_serve "$readme" 'a city'
  take "$readme" 'an invitation'
  take "$readme" joining
  expect '陆德祥，微网格长 micro_grid_head' '共 0 户 households'
  # One sitting at one terminal: what is named in it is named by the later steps, too.
  take "$readme" 'a household' 'a mistake' 'two values'
  expect '独居老人 living_alone' '办理中 in_progress' '已报物业' '作废原因 withdrawn' '记到别家了'
  expect '13800000002' '13800000003' '已定为 settled on'
  keting household show --json --data head "$(keting household list --data head | awk '/101室/ { print $1 }')" >seen
  expect '"phone": "1380000000' '"status": "in_progress"' '"conflicts": []'
  end
done
