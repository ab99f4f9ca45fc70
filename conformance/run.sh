#!/usr/bin/env bash
# Runs the official conformance suite against a server or a client, in one revision of the protocol.
#
#   run.sh install FOLDER                              the suite, and Node.js where the system's is too old
#   run.sh server  FOLDER URL REVISION OUT [TEXT]      its scenarios, or those with TEXT in their name
#   run.sh client  FOLDER PROGRAM REVISION OUT [TEXT]  the same; PROGRAM is run once for each
#
# Both print a line for each scenario: PASS, FAIL or NA, its name, why. OUT keeps what the suite says.
# Which suite it is stands in package.json. Exit code: 0 unless this could not be done, which is then said.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# For one scenario in milliseconds, and for the whole suite in seconds.
SCENARIO_TIMEOUT=30000 SUITE_TIMEOUT=600

die() {
    echo "conformance: $*" >&2
    exit 2
}

# Whether this Node.js is new enough for the suite.
new_enough() {
    command -v "$1" >/dev/null &&
        "$1" -e 'process.exit(process.versions.node.split(".")[0] >= 22 ? 0 : 1)'
}

# Prints the Node.js to use: the system's, or the one that was installed beside the suite.
find_node() {
    local node
    for node in node "$FOLDER"/node_modules/node-*/bin/node; do
        if new_enough "$node"; then
            echo "$node"
            return
        fi
    done
    return 1
}

install() {
    local lock=$FOLDER/installed-lock.json
    if cmp -s "$HERE/package-lock.json" "$lock" && NODE=$(find_node); then
        return
    fi
    command -v npm >/dev/null ||
        die "npm is missing: install Node.js, https://nodejs.org (the suite comes from the npm registry)"
    mkdir -p "$FOLDER"
    cp "$HERE/package.json" "$HERE/package-lock.json" "$FOLDER"
    local without=()
    if new_enough node; then without=(--omit=optional); fi
    npm ci --prefix "$FOLDER" --ignore-scripts --no-audit --no-fund --loglevel=error \
        ${without[@]+"${without[@]}"} >"$FOLDER/npm.log" 2>&1 ||
        die "the suite could not be installed: $(tail -n 5 "$FOLDER/npm.log")"
    NODE=$(find_node) ||
        die "Node.js 22 or newer is missing, and npm has none for $(uname -s)-$(uname -m)"
    cp "$HERE/package-lock.json" "$lock"
}

# Prints the names of the scenarios of this command whose tags, between commas, match the pattern.
tagged() {
    suite list "--$COMMAND" | sed -n 's/^ *- \([^ ]*\) \[\(.*\)\]$/\1 ,\2,/p' |
        awk -v tag="$1" 'index($2, tag) { print $1 }'
}

suite() {
    ${LIMIT[@]+"${LIMIT[@]}"} "$NODE" \
        "$FOLDER/node_modules/@modelcontextprotocol/conformance/dist/index.js" "$@"
}

# Runs scenarios, whatever comes of them: the verdict is in what they leave behind.
run() {
    suite server --url "$URL" --spec-version "$REVISION" --timeout "$SCENARIO_TIMEOUT" -o "$OUT" "$@" \
        >>"$OUT/suite.log" 2>&1 </dev/null || true
}

# Sets `all` to the scenarios of the revision, and `extensions` to those that stand beside the revisions. The
# suite tries none of these before 2025-11-25, and tasks are asked for in the way of 2026-07-28 only.
find_scenarios() {
    all=$(tagged ",$REVISION,")
    [ -n "$all" ] || die "the suite knows no revision '$REVISION'"
    case $REVISION in
        2025-0*) extensions= ;;
        2025-*) extensions=$(tagged ,extension, | grep -v '^tasks-') ;;
        *) extensions=$(tagged ,extension,) ;;
    esac
    rm -rf "$OUT"
    mkdir -p "$OUT"
}

server() {
    local all extensions name
    find_scenarios
    if [ -n "$TEXT" ]; then
        all=$(grep -F -- "$TEXT" <<<"$all"$'\n'"$extensions" || true)
        for name in $all; do run --scenario "$name" --force; done
    else
        run --suite all
        for name in $extensions; do run --scenario "$name" --force; done
        all+=$'\n'$extensions
    fi
    # shellcheck disable=SC2086
    "$NODE" "$HERE/judge.cjs" "$OUT" $all
}

# One scenario at a time: a whole suite would not look at how the client ends, and start all of them at once.
client() {
    local all extensions name out code
    find_scenarios
    all+=$'\n'$extensions
    if [ -n "$TEXT" ]; then all=$(grep -F -- "$TEXT" <<<"$all" || true); fi
    for name in $all; do
        out=$OUT/${name//\//__} code=0
        mkdir -p "$out"
        suite client --command "$PROGRAM" --scenario "$name" --spec-version "$REVISION" --force \
            --timeout "$SCENARIO_TIMEOUT" -o "$out" >"$out/suite.log" 2>&1 </dev/null || code=$?
        echo "$code" >"$out/exit"
    done
    # shellcheck disable=SC2086
    "$NODE" "$HERE/judge.cjs" "$OUT" $all
}

# Each scenario has its own limit; this is for one that wedges the suite itself.
LIMIT=()
if command -v timeout >/dev/null; then LIMIT=(timeout -k 5 "$SUITE_TIMEOUT"); fi

COMMAND=${1:-} FOLDER=${2:-}
[ -n "$FOLDER" ] || { sed -n '2,9p' "$0" >&2; exit 2; }
install
case $COMMAND in
    install) ;;
    server)
        URL=${3:?} REVISION=${4:?} OUT=${5:?} TEXT=${6:-}
        server
        ;;
    client)
        PROGRAM=${3:?} REVISION=${4:?} OUT=${5:?} TEXT=${6:-}
        client
        ;;
    *) die "unknown: $COMMAND" ;;
esac
