#!/bin/sh
# A business date, `format: date` of OpenAPI, in the TypeScript clients that two releases of one generator make of one document.
#
# One would guess: a date has no time and no zone, so 2026-11-20 that is given is 2026-11-20 that is sent, wherever the program runs; and what was right with
# one release is right with the next.
#
# What happens: the type is JavaScript's Date, a moment, and which of its days is meant changed between two minor releases of openapi-generator:
# - 7.24.0 (typescript-fetch) sends the day of UTC. Of new Date(2026, 10, 20), midnight in Shanghai, it makes 2026-11-19. What the server tells as 2026-11-20
#   prints as the 19th in New York.
# - 7.25.0 sends the day of the machine's own zone. Of new Date("2026-11-20"), midnight of UTC, it makes 2026-11-19 in New York. What the server tells as
#   2026-11-20 is 2026-11-19 in Shanghai by toISOString.
# So each of the two usual ways to write a date is right with one of them, and a day early with the other, in one half of the world; on a machine of UTC, as
# where tests run, nothing of it shows. With --type-mappings=date=string dates are texts in both, and go through as they are.
#
# Why it matters here: clients are generated from /openapi.json, TypeScript's by this generator. A day early is another business date: the ledger is opened on
# it, `day_closed` of it is refused (`wrong_date`), and a statement of it is a right one of the wrong day.
#
# Seen with Java 17, Node 20, TypeScript 5.9.3. Takes a minute and a half, most of it to fetch the generators (60 MB, removed again).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >openapi.yaml <<'YAML'
openapi: 3.0.3
info: {title: ledger, version: "1"}
paths:
  /v1/events:
    post:
      operationId: postEvent
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/DayClosed'}}}}
      responses: {'200': {description: what was sent, content: {application/json: {schema: {$ref: '#/components/schemas/DayClosed'}}}}}
components:
  schemas:
    DayClosed:
      type: object
      required: [date]
      properties: {date: {type: string, format: date}}
YAML
timeout 300 npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix . 'typescript@5.9.3' >/dev/null
for release in 7.24.0 7.25.0; do
    timeout 300 mvn -q -B -Dstyle.color=never dependency:copy -Dartifact="org.openapitools:openapi-generator-cli:$release" -DoutputDirectory=. </dev/null
    for dates in Date string; do
        client=$release-$dates
        timeout 120 java -jar "openapi-generator-cli-$release.jar" generate -i openapi.yaml -g typescript-fetch -o "$client" \
            --type-mappings="date=$dates" >generator.log 2>&1
        timeout 120 node_modules/.bin/tsc --skipLibCheck --target es2020 --lib es2020,dom --module commonjs --outDir "out/$client" "$client/index.ts"
    done
done
# What is sent, and what is read of 2026-11-20, by a client in the zone of this process.
cat >look.cjs <<'JAVASCRIPT'
const client = process.argv[2];
const { Configuration, DefaultApi } = require(`./out/${client}/index.js`);

let sent;
const fetchApi = async (_url, { body }) => {
  sent = JSON.parse(body).date;
  return new Response('{"date": "2026-11-20"}', { headers: { 'content-type': 'application/json' } });
};
const api = new DefaultApi(new Configuration({ basePath: 'http://127.0.0.1:9', fetchApi }));

(async () => {
  const told = [];
  let read;
  for (const date of client.endsWith('string') ? ['2026-11-20'] : [new Date(2026, 10, 20), new Date('2026-11-20')]) {
    read = (await api.postEvent({ dayClosed: { date } })).date;
    told.push(sent);
  }
  await api.postEvent({ dayClosed: { date: read } });
  const two = (number) => String(number).padStart(2, '0');
  const days = typeof read === 'string' ? [read] : [`${read.getFullYear()}-${two(read.getMonth() + 1)}-${two(read.getDate())}`, read.toISOString().slice(0, 10)];
  console.log(JSON.stringify({ sent: told, read: days, again: sent }));
})();
JAVASCRIPT
cat >look.py <<'PYTHON'
import json, os, subprocess, sys

RIGHT, EARLY = "2026-11-20", "2026-11-19"
# What is sent of new Date(2026, 10, 20) and of new Date("2026-11-20"); the own day of what is read, and its day by toISOString.
EXPECTED = {
    ("7.24.0", "Asia/Shanghai"): ([EARLY, RIGHT], [RIGHT, RIGHT]),
    ("7.24.0", "UTC"): ([RIGHT, RIGHT], [RIGHT, RIGHT]),
    ("7.24.0", "America/New_York"): ([RIGHT, RIGHT], [EARLY, RIGHT]),
    ("7.25.0", "Asia/Shanghai"): ([RIGHT, RIGHT], [RIGHT, EARLY]),
    ("7.25.0", "UTC"): ([RIGHT, RIGHT], [RIGHT, RIGHT]),
    ("7.25.0", "America/New_York"): ([RIGHT, EARLY], [RIGHT, RIGHT]),
}


def look(client, zone):
    told = subprocess.run(["node", "look.cjs", client], env=os.environ | {"TZ": zone}, check=True, capture_output=True, text=True, timeout=60).stdout
    return json.loads(told)


changed = []
for (release, zone), (sent, read) in EXPECTED.items():
    dates, texts = look(f"{release}-Date", zone), look(f"{release}-string", zone)
    print(f"{release} in {zone}: new Date(2026, 10, 20) is sent as {dates['sent'][0]}, new Date('2026-11-20') as {dates['sent'][1]}; "
          f"2026-11-20 is read as {dates['read'][0]}, by toISOString {dates['read'][1]}; as text {texts['sent'][0]} and {texts['read'][0]}")
    if dates != {"sent": sent, "read": read, "again": RIGHT} or texts != {"sent": [RIGHT], "read": [RIGHT], "again": RIGHT}:
        changed.append((release, zone))
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 python3 look.py
