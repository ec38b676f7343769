#!/bin/sh
# An amount that an OpenAPI document describes as `type: string, format: decimal`, in the clients that one generator makes for three languages.
#
# One would guess: a format only says more of a type. The type is a string, so what is sent and read is a string, "128.50"; `decimal` is in OpenAPI's own
# registry of formats for strings as well as for numbers, and at best one has a type of the language that is as exact. It is what a good document of an API for
# money says.
#
# What happens, with openapi-generator 7.25.0:
# - Go: float64. It sends 128.5, a number that is no string and one digit short; of "1234567890123456.78" it would make 1234567890123456.8. The server's own
#   "128.50" it cannot read at all: an error.
# - Java: BigDecimal, which reads the string, and is written as a number, 128.50. So a test that reads what it has written is right, and a server that wants a
#   string refuses it.
# - Python: a string, as it is.
# - with `pattern` instead of the format it is a string in all three, both ways.
# - --type-mappings=decimal=string makes it a string in Go; of Java it has to be decimal=String.
#
# Why it matters here: amounts are decimal strings in the API, never numbers, and an event with a number is refused (`bad_amount`). /openapi.json has them with
# a pattern and without a format; `decimal` would look like more of a help, and would break the clients of Go and Java.
#
# Seen with Java 17, Go 1.26, Python 3.11. Takes two minutes, and 60 MB while it runs.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
document() {
    cat <<YAML
openapi: 3.0.3
info: {title: ledger, version: "1"}
paths:
  /v1/events:
    post:
      operationId: postEvent
      requestBody: {required: true, content: {application/json: {schema: {\$ref: '#/components/schemas/Sale'}}}}
      responses: {'200': {description: what was sent, content: {application/json: {schema: {\$ref: '#/components/schemas/Sale'}}}}}
components:
  schemas:
    Sale: {type: object, required: [amount], properties: {amount: {type: string, $1}}}
YAML
}
document 'format: decimal' >format.yaml
document "pattern: '^-?[0-9]+(\\.[0-9]+)?\$'" >pattern.yaml
timeout 300 mvn -q -B -Dstyle.color=never dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:7.25.0 -DoutputDirectory=. </dev/null
# generate LANGUAGE DOCUMENT KIND [OPTION]
generate() {
    timeout 120 java -jar openapi-generator-cli-7.25.0.jar generate -i "$2.yaml" -g "$1" -o "$1-$3" --additional-properties=packageName=client,withGoMod=false \
        ${4:+"$4"} >generator.log 2>&1
}
for language in java go python; do
    generate $language format format
    generate $language pattern pattern
done
generate java format mapped --type-mappings=decimal=String
generate go format mapped --type-mappings=decimal=string

# Each says what it makes of an answer, and what it sends of an amount.
timeout 300 mvn -q -B -Dstyle.color=never -f java-format/pom.xml dependency:copy-dependencies -DoutputDirectory="$work/lib" </dev/null
cat >go.txt <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"finding/client"
)

func main() {
	var read client.Sale
	if err := json.Unmarshal([]byte(`{"amount":"128.50"}`), &read); err != nil {
		fmt.Println("error:", err)
	} else {
		fmt.Printf("%v\n", read.Amount)
	}
	for _, amount := range []TYPE{AMOUNTS} {
		text, err := json.Marshal(client.NewSale(amount))
		if err != nil {
			panic(err)
		}
		fmt.Println(string(text))
	}
}
GO
cat >java.txt <<'JAVA'
import java.math.BigDecimal;
import org.openapitools.client.model.Sale;

public class Look {
    public static void main(String[] arguments) throws Exception {
        new org.openapitools.client.JSON();
        System.out.println(Sale.fromJson("{\"amount\":\"128.50\"}").getAmount());
        for (String amount : new String[] {"128.50", "1234567890123456.78"}) System.out.println(new Sale().amount(AMOUNT).toJson());
    }
}
JAVA
cat >read.py <<'PYTHON'
from client import Sale

print(Sale.from_json('{"amount":"128.50"}').amount)
for amount in ("128.50", "1234567890123456.78"):
    print(Sale(amount=amount).to_json())
PYTHON
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'pydantic==2.12.5' 'urllib3==2.6.3' 'python-dateutil==2.9.0.post0' 'typing-extensions==4.15.0'
export GOFLAGS=-mod=mod
for kind in format pattern mapped; do
    mkdir -p "program-$kind/client" "source-$kind"
    case $kind in
    format) go='s/TYPE/float64/; s/AMOUNTS/128.50, 1234567890123456.78/' java='s/AMOUNT/new BigDecimal(amount)/' ;;
    *) go='s/TYPE/string/; s/AMOUNTS/"128.50", "1234567890123456.78"/' java='s/AMOUNT/amount/' ;;
    esac
    sed "$go" go.txt >"program-$kind/main.go"
    cp "go-$kind"/*.go "program-$kind/client/"
    printf 'module finding\n\ngo 1.26.0\n' >"program-$kind/go.mod"
    (cd "program-$kind" && timeout 300 go build -o look .)
    sed "$java" java.txt >"source-$kind/Look.java"
    timeout 120 javac -nowarn -d "classes-$kind" -cp 'lib/*' -sourcepath "java-$kind/src/main/java" "source-$kind/Look.java" 2>javac.log ||
        { cat javac.log; exit 1; }
done
cat >look.py <<'PYTHON'
import os, subprocess, sys

TEXT = ["128.50", '{"amount":"128.50"}', '{"amount":"1234567890123456.78"}']
EXPECTED = {
    ("Go", "format"): ["error", '{"amount":128.5}', '{"amount":1234567890123456.8}'], ("Go", "pattern"): TEXT, ("Go", "mapped"): TEXT,
    ("Java", "format"): ["128.50", '{"amount":128.50}', '{"amount":1234567890123456.78}'], ("Java", "pattern"): TEXT, ("Java", "mapped"): TEXT,
    ("Python", "format"): TEXT, ("Python", "pattern"): TEXT,
}
changed = []
for (language, kind), expected in EXPECTED.items():
    command = {"Go": [f"program-{kind}/look"], "Java": ["java", "-cp", f"classes-{kind}:lib/*", "Look"], "Python": ["venv/bin/python", "read.py"]}[language]
    told = subprocess.run(command, env=os.environ | {"PYTHONPATH": f"python-{kind}"}, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout.splitlines()
    how = {"format": "format: decimal", "pattern": "pattern", "mapped": "format: decimal, mapped to a string"}[kind]
    print(f"{language}, {how}: reads {told[0]}, sends {' and '.join(told[1:])}")
    seen = ["error" if told[0].startswith("error") else told[0], *[line.replace(": ", ":") for line in told[1:]]]
    if seen != expected:
        changed.append((language, kind))
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 python3 look.py
