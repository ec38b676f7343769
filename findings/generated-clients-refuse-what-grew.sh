#!/bin/sh
# An answer that has a member more than the document had from which a client was generated.
#
# One would guess: an object of OpenAPI whose schema says nothing of additionalProperties may have others; that is what JSON Schema says, and why an API may add
# members to its answers and call it compatible. If a generator sees that otherwise, it does so in all its languages.
#
# What happens, with openapi-generator 7.25.0 and nothing set:
# - the client of Java throws ("The field `book` in the JSON string is not defined"), and the balance beside it is not to be had.
# - the client of Go refuses the member where the schema has a member that is `required`, and takes it where all are optional; so making one required, which is
#   a promise of the server, closes the object.
# - the client of Python takes it, and drops it.
# - with disallowAdditionalPropertiesIfNotPresent=false, which is off for the sake of older clients, all three take it. Then it goes through: what is read and
#   sent again has it still.
# - a new value in an enumeration is an error in Java and Python, with and without; Go takes it, as text.
#
# Why it matters here: objects of /openapi.json may grow members in any release. Clients that are generated from it as they come stop working on the day the
# server is upgraded, after every test of the release before. So generate with this option, as `./dev clients` does.
#
# Seen with Java 17, Go 1.26, Python 3.11. Takes two to three minutes, and 60 MB while it runs.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >openapi.yaml <<'YAML'
openapi: 3.1.0
info: {title: ledger, version: "1"}
paths:
  /balance/{answer}:
    get:
      operationId: balance
      parameters: [{name: answer, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: what is owed, content: {application/json: {schema: {$ref: '#/components/schemas/Balance'}}}}}
  /merchant/{answer}:
    get:
      operationId: merchant
      parameters: [{name: answer, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: a merchant, content: {application/json: {schema: {$ref: '#/components/schemas/Merchant'}}}}}
components:
  schemas:
    Balance:
      type: object
      required: [available]
      properties: {available: {type: string}, state: {type: string, enum: [open, closed]}}
    Merchant:
      type: object
      properties: {city: {type: string}, state: {type: string, enum: [open, closed]}}
YAML
timeout 300 mvn -q -B -Dstyle.color=never dependency:copy -Dartifact=org.openapitools:openapi-generator-cli:7.25.0 -DoutputDirectory=. </dev/null
open=disallowAdditionalPropertiesIfNotPresent=false
for language in java go python; do
    timeout 120 java -jar openapi-generator-cli-7.25.0.jar generate -i openapi.yaml -g $language -o $language \
        --additional-properties=packageName=client,withGoMod=false >generator.log 2>&1
    timeout 120 java -jar openapi-generator-cli-7.25.0.jar generate -i openapi.yaml -g $language -o $language-open \
        --additional-properties=packageName=client,withGoMod=false,$open >generator.log 2>&1
done

# Each prints what became of every answer that it is told: what would be sent of it again, or the error.
cat >Look.java <<'JAVA'
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.DefaultApi;

public class Look {
    public static void main(String[] arguments) {
        DefaultApi api = new DefaultApi(new ApiClient().setBasePath(arguments[0]));
        for (int place = 1; place < arguments.length; place++) {
            try {
                String answer = arguments[place].split("/")[1];
                System.out.println(arguments[place].startsWith("balance") ? api.balance(answer).toJson() : api.merchant(answer).toJson());
            } catch (Exception error) {
                System.out.println("error: " + String.valueOf(error.getMessage()).lines().findFirst().orElse(""));
            }
        }
    }
}
JAVA
timeout 300 mvn -q -B -Dstyle.color=never -f java/pom.xml dependency:copy-dependencies -DoutputDirectory="$work/lib" </dev/null
cat >main.go <<'GO'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"finding/client"
)

func main() {
	config := client.NewConfiguration()
	config.Servers = client.ServerConfigurations{{URL: os.Args[1]}}
	api := client.NewAPIClient(config).DefaultAPI
	for _, one := range os.Args[2:] {
		var read any
		var err error
		if answer, ok := strings.CutPrefix(one, "balance/"); ok {
			read, _, err = api.Balance(context.Background(), answer).Execute()
		} else {
			read, _, err = api.Merchant(context.Background(), strings.TrimPrefix(one, "merchant/")).Execute()
		}
		text, _ := json.Marshal(read)
		if err != nil {
			text = []byte("error: " + err.Error())
		}
		fmt.Println(string(text))
	}
}
GO
cat >read.py <<'PYTHON'
import sys

from client import ApiClient, Configuration, DefaultApi

api = DefaultApi(ApiClient(Configuration(host=sys.argv[1])))
for one in sys.argv[2:]:
    of, answer = one.split("/")
    try:
        print(getattr(api, of)(answer).to_json())
    except Exception as error:
        print("error:", str(error).replace("\n", " "))
PYTHON
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'pydantic==2.12.5' 'urllib3==2.6.3' 'python-dateutil==2.9.0.post0' 'typing-extensions==4.15.0'
export GOFLAGS=-mod=mod GO111MODULE=on
for kind in "" -open; do
    timeout 120 javac -nowarn -d "classes$kind" -cp 'lib/*' -sourcepath "java$kind/src/main/java" Look.java 2>javac.log || { cat javac.log; exit 1; }
    mkdir -p "program$kind/client"
    cp main.go "program$kind/"
    cp "go$kind"/*.go "program$kind/client/"
    printf 'module finding\n\ngo 1.26.0\n' >"program$kind/go.mod"
    (cd "program$kind" && timeout 300 go build -o look .)
done
cat >look.py <<'PYTHON'
import http.server, json, os, subprocess, sys, threading

ANSWERS = {
    "balance/known": {"available": "128.50", "state": "open"},
    "balance/grown": {"available": "128.50", "state": "open", "book": "reserve"},
    "balance/value": {"available": "128.50", "state": "frozen"},
    "merchant/grown": {"city": "Shanghai", "state": "open", "book": "reserve"},
}


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(ANSWERS[self.path[1:]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{server.server_port}"


def told(language, kind):
    command = {"Java": ["java", "-cp", f"classes{kind}:lib/*", "Look"], "Go": [f"program{kind}/look"], "Python": ["venv/bin/python", "read.py"]}[language]
    lines = subprocess.run([*command, here, *ANSWERS], env=os.environ | {"PYTHONPATH": f"python{kind}"}, check=True, stdout=subprocess.PIPE, text=True,
                           timeout=60).stdout.splitlines()
    assert len(lines) == len(ANSWERS), lines
    return dict(zip(ANSWERS, lines))


def became(answer, line):
    """Whether an answer was taken as it is, taken without what is new, or refused."""
    if line.startswith("error"):
        return "refused"
    return "taken" if json.loads(line) == ANSWERS[answer] else "dropped"


# Of the answers in their order.
EXPECTED = {
    ("Java", ""): ["taken", "refused", "refused", "refused"], ("Java", "-open"): ["taken", "taken", "refused", "taken"],
    ("Go", ""): ["taken", "refused", "taken", "dropped"], ("Go", "-open"): ["taken", "taken", "taken", "taken"],
    ("Python", ""): ["taken", "dropped", "refused", "dropped"], ("Python", "-open"): ["taken", "taken", "refused", "taken"],
}
changed = []
for (language, kind), expected in EXPECTED.items():
    lines = told(language, kind)
    for answer, line in lines.items():
        print(f"{language}{', told that objects may grow' if kind else ''}: {answer} {became(answer, line)}: {line[:110]}")
    if [became(*one) for one in lines.items()] != expected:
        changed.append((language, kind))
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python look.py
