#!/bin/sh
# Makes charts.mjs anew: the parts of Apache ECharts that the dashboard uses, as one module. Needs Node's npm, and is only
# called by who takes a newer release; what it makes is checked in.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent echarts@6.1.0 esbuild@0.28.2 @esbuild/linux-x64@0.28.2
cp "$here/entry.ts" entry.ts
./node_modules/@esbuild/linux-x64/bin/esbuild entry.ts --bundle --minify --format=esm --legal-comments=none \
    --banner:js='// Apache ECharts 6.1.0 (Apache-2.0) with zrender 6.1.0 (BSD-3-Clause) and tslib (0BSD); LICENSES.txt has their terms.' \
    --outfile="$here/charts.mjs"
{
    cat node_modules/echarts/NOTICE
    printf '\n\n==== Apache ECharts ====\n\n'
    cat node_modules/echarts/LICENSE
    printf '\n\n==== zrender ====\n\n'
    cat node_modules/zrender/LICENSE
    printf '\n\n==== tslib ====\n\n'
    cat node_modules/tslib/LICENSE.txt
} >"$here/LICENSES.txt"
