#!/bin/sh
# Clients of four languages, generated from the OpenAPI document of a running server: each is compiled, posts events and
# reads balances, and must find what the README says; that of Python reads every answer of a demonstration, too. `./dev clients [python] [typescript] [go] [java]`; default: all four.
#
# Needs MERCHANT_LEDGER_BIN (./dev sets it), Java 17 and Maven (the generator and the Java client), and for each language
# its own tools: python3 with venv, node with npm, go. What is fetched and made is kept in CLIENTS_CACHE.
set -eu

# 7.14 writes a union of TypeScript without its imports.
generator=7.25.0
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=${CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/merchant-ledger/clients}
binary=${MERCHANT_LEDGER_BIN:?the path of the merchant-ledger binary}
languages=${*:-python typescript go java}

say() { echo "clients: $*" >&2; }
die() {
    say "$*"
    exit 1
}
need() { command -v "$1" >/dev/null 2>&1 || die "$1 is needed: $2"; }

need java "a JRE of Java 17 or later"
need mvn "Maven"
mkdir -p "$cache"
jar=$cache/openapi-generator-cli-$generator.jar
if [ ! -f "$jar" ]; then
    say "fetching openapi-generator $generator by Maven (30 MB, once)"
    mvn -q -B -Dstyle.color=never dependency:copy -Dartifact="org.openapitools:openapi-generator-cli:$generator" -DoutputDirectory="$cache" </dev/null >&2
fi

work=$(mktemp -d)
servers=
end() {
    for server in $servers; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM

# Serves a directory, and says where in `url`.
serve() {
    "$binary" serve --data "$1" --listen 127.0.0.1:0 --log-format json 2>"$1.log" &
    server=$!
    servers="$servers $server"
    url=
    for _ in $(seq 600); do
        url=$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' "$1.log" | head -n 1)
        [ -z "$url" ] || break
        kill -0 "$server" 2>/dev/null || die "the server ended: $(cat "$1.log")"
        sleep 0.1
    done
    [ -n "$url" ] || die "the server does not say where it answers: $(cat "$1.log")"
    url=http://$url
}

serve "$work/data"
LEDGER_URL=$url
export LEDGER_URL
"$binary" openapi >"$work/openapi.json"

# Every object of an answer may grow fields. By default the clients of Java and Go refuse an answer that has one which they do not know.
grows=disallowAdditionalPropertiesIfNotPresent=false

generate() {
    java -jar "$jar" generate -i "$work/openapi.json" -g "$1" -o "$2" --additional-properties="hideGenerationTimestamp=true$3" ${4:+"$4"} >"$work/$1.log" 2>&1 ||
        die "the generator $1 failed: $(tail -n 20 "$work/$1.log")"
}

python() {
    need python3 "with the module venv"
    generate python "$work/python" ,packageName=ledger_client
    [ -x "$cache/python/bin/pip" ] || python3 -m venv "$cache/python"
    "$cache/python/bin/pip" install -q -r "$work/python/requirements.txt"
    PYTHONPATH=$work/python "$cache/python/bin/python" "$here/check.py"
    "$binary" demo --data "$work/demo" --listen 127.0.0.1:0 --merchants 20 --days 21 --history-days 21 >"$work/demo.txt" 2>&1 || die "the demonstration: $(cat "$work/demo.txt")"
    serve "$work/demo"
    DEMO_URL=$url PYTHONPATH=$work/python "$cache/python/bin/python" "$here/check_every.py"
}

typescript() {
    need npm "Node 18 or later"
    # A business date is no moment: as a Date it would be the machine's day.
    generate typescript-fetch "$work/typescript" ,supportsES6=true --type-mappings=date=string
    [ -x "$cache/typescript/node_modules/.bin/tsc" ] || npm install --silent --no-fund --no-audit --prefix "$cache/typescript" typescript@5 @types/node@20 >&2
    cp "$here/check.ts" "$work/typescript/check.ts"
    "$cache/typescript/node_modules/.bin/tsc" --strict --skipLibCheck --target es2020 --lib es2020,dom --module commonjs --moduleResolution node \
        --types node --typeRoots "$cache/typescript/node_modules/@types" --outDir "$work/typescript/out" "$work/typescript/check.ts"
    node "$work/typescript/out/check.js"
}

go() {
    need go "Go 1.23 or later"
    # Its constructors call what they make `this`, and so is a member of a node.
    generate go "$work/go" ",packageName=ledger,isGoSubmodule=false,withGoMod=false,$grows" --name-mappings=this=IsThis
    mkdir "$work/go/check"
    # Its own tests are templates that call nothing.
    rm -rf "$work/go/test"
    cp "$here/check.go" "$work/go/check/main.go"
    (cd "$work/go" && command go mod init ledger >/dev/null 2>&1 && command go mod tidy >/dev/null 2>"$work/go.log" && command go run ./check) || die "go: $(cat "$work/go.log")"
}

java_client() {
    # Its usual library, okhttp-gson: `native` writes a union with a list in it (a position, or positions) as code that does not compile.
    generate java "$work/java" ",invokerPackage=ledger,apiPackage=ledger.api,modelPackage=ledger.model,groupId=ledger,artifactId=ledger,$grows"
    rm -rf "$work/java/src/test"
    cp "$here/Check.java" "$work/java/src/main/java/ledger/Check.java"
    mvn -q -B -Dstyle.color=never -Dmaven.repo.local="${CLIENTS_MAVEN:-$HOME/.m2/repository}" -f "$work/java/pom.xml" -DskipTests -Dmaven.javadoc.skip=true \
        -Dmaven.source.skip=true compile dependency:copy-dependencies -DoutputDirectory="$work/java/lib" </dev/null >"$work/java.log" 2>&1 || die "java: $(tail -n 20 "$work/java.log")"
    command java -cp "$work/java/target/classes:$work/java/lib/*" ledger.Check
}

for language in $languages; do
    case $language in
    python) python ;;
    typescript) typescript ;;
    go) go ;;
    java) java_client ;;
    *) die "no client of \"$language\"; there are python, typescript, go and java" ;;
    esac
    say "$language: generated, compiled, posted and read"
done
