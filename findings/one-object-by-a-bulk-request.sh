#!/bin/sh
# One object that is deleted in a service that speaks S3, by Rust's object_store: here through obstore, its binding for Python.
#
# One would guess: delete of one object is DeleteObject, `DELETE /bucket/object`, which every service that speaks S3 knows. The bulk request, DeleteObjects, is
# for many; and a version of a library in which delete has the same name and the same arguments asks for the same thing.
#
# What happens, with S3Proxy 2.6.0 as the service, which takes everything else of object_store's with a signature:
# - obstore 0.8.2 (object_store 0.12) asks `DELETE /bucket/object`, as boto3 1.44.8 does, and the object is gone.
# - obstore 0.9.2 (object_store 0.13.1) and 0.12.1 (object_store 0.14.2) ask `POST /bucket?delete` with a list of one name. Since 0.13 delete is a stream of one
#   deletion, and a stream is deleted in bulk. It has a checksum in a header (x-amz-checksum-sha256); S3Proxy answers 501 NotImplemented, "A header you provided
#   implies functionality that is not implemented", and the object stays.
# - with disable_bulk_delete (object_store 0.14: AmazonS3Builder::with_disable_bulk_delete) it asks `DELETE /bucket/object` again, and the object is gone.
#
# Why it matters here: checkpoints are written, listed and read, so that everything seems well, and those that are too old are the only thing that is ever
# deleted. Nobody misses a deletion but who pays for the bucket: each checkpoint stays for ever. The ledger turns bulk deletion off, and its tests count what is
# left in a bucket. object_store's own documentation names Alibaba Cloud OSS as a service that does not know the bulk request.
#
# Seen with Java 17 or later. Takes half a minute, most of it to install.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>one-object</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.gaul</groupId><artifactId>s3proxy</artifactId><version>2.6.0</version></dependency>
  </dependencies>
</project>
POM
timeout 300 mvn -q -B -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=jars </dev/null
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'boto3==1.44.8'
for version in 0.8.2 0.9.2 0.12.1; do
    timeout 300 venv/bin/pip install -q --target "obstore-$version" "obstore==$version"
done
# Puts an object, deletes it and looks whether it is there, by one version of obstore; a line of JSON of each way.
cat >delete.py <<'PYTHON'
import json, sys

import obstore
from obstore.store import S3Store

endpoint, *options = sys.argv[1:]
store = S3Store("bucket", endpoint=endpoint, access_key_id="name", secret_access_key="secret", region="us-east-1", client_options={"allow_http": True},
                retry_config={"max_retries": 0}, **dict.fromkeys(options, True))
obstore.put(store, "object", b"bytes")
told = None
try:
    obstore.delete(store, "object")
except Exception as error:
    told = str(error).splitlines()[0]
print(json.dumps({"told": told, "there": [one["path"] for one in obstore.list(store).collect()]}))
PYTHON
cat >look.py <<'PYTHON'
import http.client, http.server, json, os, pathlib, signal, socket, subprocess, sys, threading, time

import boto3
import botocore.config

VERSIONS = ("0.8.2", "0.9.2", "0.12.1")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Between(http.server.BaseHTTPRequestHandler):
    """Hands requests on as they come, and notes them."""

    protocol_version = "HTTP/1.1"

    def hand_on(self):
        requests.append((self.command, self.path))
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        server = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            server.putheader(name, value)
        server.endheaders(body)
        answer = server.getresponse()
        read = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(read)))
        self.end_headers()
        self.wfile.write(read)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = hand_on

    def log_message(self, *_):
        pass


def by_obstore(version, *options):
    environment = os.environ | {"PYTHONPATH": f"obstore-{version}"}
    told = subprocess.run(["venv/bin/python", "delete.py", endpoint, *options], check=True, stdout=subprocess.PIPE, text=True, timeout=60, env=environment)
    return json.loads(told.stdout)


def by_boto3():
    client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="name", aws_secret_access_key="secret", region_name="us-east-1",
                          config=botocore.config.Config(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required",
                                                        s3={"addressing_style": "path"}))
    client.put_object(Bucket="bucket", Key="object", Body=b"bytes")
    told = None
    try:
        client.delete_object(Bucket="bucket", Key="object")
    except Exception as error:
        told = str(error)
    return {"told": told, "there": [one["Key"] for one in client.list_objects_v2(Bucket="bucket").get("Contents", [])]}


signal.signal(signal.SIGTERM, lambda *_: sys.exit("out of time"))
port, requests = free_port(), []
pathlib.Path("kept/bucket").mkdir(parents=True)
settings = {"s3proxy.endpoint": f"http://127.0.0.1:{port}", "s3proxy.authorization": "aws-v2-or-v4", "s3proxy.identity": "name", "s3proxy.credential": "secret",
            "jclouds.provider": "filesystem-nio2", "jclouds.identity": "local", "jclouds.credential": "local",
            "jclouds.filesystem.basedir": pathlib.Path("kept").absolute()}
pathlib.Path("settings").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
java = ["java", "-Xmx256m", f"-Djava.io.tmpdir={pathlib.Path.cwd()}", "-cp", "jars/*", "org.gaul.s3proxy.Main", "--properties", "settings"]
running = subprocess.Popen(java, stdout=open("server.log", "w"), stderr=subprocess.STDOUT)
try:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert time.monotonic() < end and running.poll() is None, pathlib.Path("server.log").read_text()[-2000:]
            time.sleep(0.1)
    between = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    threading.Thread(target=between.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{between.server_address[1]}"
    ways = {f"obstore {version}": lambda version=version: by_obstore(version) for version in VERSIONS}
    ways |= {"obstore 0.12.1, disable_bulk_delete": lambda: by_obstore("0.12.1", "disable_bulk_delete"), "boto3 1.44.8, delete_object": by_boto3}
    seen = {}
    for name, way in ways.items():
        requests.clear()
        of = seen[name] = way()
        of["asked"] = [f"{method} {path}" for method, path in requests if method == "DELETE" or (method == "POST" and "delete" in path)]
finally:
    running.kill()
    running.wait()
for name, of in seen.items():
    what = "it is still there" if of["there"] else "it is gone"
    print(f"{name}: {', '.join(of['asked'])}: {what}{', 501 Not Implemented' if '501' in (of['told'] or '') else ''}")
is_bulk = lambda of: [one.startswith("POST") for one in of["asked"]] == [True]
stays, goes = ("obstore 0.9.2", "obstore 0.12.1"), ("obstore 0.8.2", "obstore 0.12.1, disable_bulk_delete", "boto3 1.44.8, delete_object")
right = {name: is_bulk(seen[name]) and seen[name]["there"] == ["object"] and "501" in (seen[name]["told"] or "") for name in stays}
right |= {name: not is_bulk(seen[name]) and not seen[name]["there"] and not seen[name]["told"] for name in goes}
changed = [name for name, one in right.items() if not one]
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 300 venv/bin/python look.py
