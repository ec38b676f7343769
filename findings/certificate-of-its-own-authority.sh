#!/bin/sh
# A certificate as `openssl req -x509` makes it, for a server, with that same certificate as the only one that clients trust.
#
# One would guess: it is signed by itself and it is trusted, so every client takes it; or if it is wrong for a server, every client says so. Whoever has tried it
# with curl has seen that it works.
#
# What happens: openssl puts `CA:TRUE` into it, unless told otherwise.
# - OpenSSL (by Python's ssl), with the strict flags that Python 3.13 sets as well, Node, Go and Java take it.
# - rustls 0.23.46 gives no connection: CaUsedAsEndEntity. A certificate that may vouch for others may not be a server's own, however much it is trusted; so it
#   is for whatever is built on rustls.
# - with basicConstraints=critical,CA:FALSE all of them take it, although it then vouches for itself and may vouch for nobody.
#
# Why it matters here: the ledger asks others over rustls: nodes ask each other, `close-day` and `rebuild` a server, and each of them the registry and whoever signs
# tokens. A certificate that has served curl and browsers well is refused there, and the ledger says how to make another. The README makes it with CA:FALSE;
# for good, take one that an authority of one's own has signed.
#
# Seen with OpenSSL 3.0, Python 3.11, Node 20, Go 1.26, Java 17. Takes half a minute, most of it to compile rustls.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for made in plain leaf; do
    set --
    [ "$made" = plain ] || set -- -addext basicConstraints=critical,CA:FALSE
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$made.key" -out "$made.pem" -days 30 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost "$@" 2>/dev/null
done
# Each client is told the certificate that it trusts and the port, and ends with 0 where it has got a connection.
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
rustls = { version = "=0.23.46", default-features = false, features = ["ring", "std", "tls12"] }
rustls-webpki = "=0.103.17"

[workspace]
TOML
cat >src/main.rs <<'RUST'
use rustls::pki_types::{pem::PemObject, CertificateDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::{net::TcpStream, sync::Arc};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(&arguments[1]).expect("a certificate")).expect("trusted");
    let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), "localhost".try_into().expect("a name")).expect("a client");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{}", arguments[2])).expect("a server");
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut stream) {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
RUST
cat >client.go <<'GO'
package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
)

func main() {
	trusted := x509.NewCertPool()
	pem, err := os.ReadFile(os.Args[1])
	if err != nil || !trusted.AppendCertsFromPEM(pem) {
		panic("no certificate")
	}
	connection, err := tls.Dial("tcp", "127.0.0.1:"+os.Args[2], &tls.Config{RootCAs: trusted, ServerName: "localhost"})
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	connection.Close()
}
GO
cat >Client.java <<'JAVA'
import java.io.FileInputStream;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.*;

public class Client {
    public static void main(String[] arguments) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(arguments[0])));
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        Socket plain = new Socket("127.0.0.1", Integer.parseInt(arguments[1]));
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
        }
    }
}
JAVA
cat >client.mjs <<'JAVASCRIPT'
import { readFileSync } from 'fs';
import { connect } from 'tls';

const [certificate, port] = process.argv.slice(2);
const socket = connect({ host: '127.0.0.1', port: Number(port), servername: 'localhost', ca: readFileSync(certificate) }, () => process.exit(0));
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
JAVASCRIPT
cat >client.py <<'PYTHON'
import socket, ssl, sys

context = ssl.create_default_context(cafile=sys.argv[1])
if sys.argv[3:] == ["strict"]:
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname="localhost").close()
PYTHON
cat >look.py <<'PYTHON'
import socket, ssl, subprocess, sys, threading

CLIENTS = {"OpenSSL": ["python3", "client.py"], "OpenSSL, strict": ["python3", "client.py"], "Node": ["node", "client.mjs"], "Go": ["./client"],
           "Java": ["java", "Client.java"], "rustls": ["target/debug/finding"]}


def shake(context, connection):
    try:
        context.wrap_socket(connection, server_side=True).close()
    except OSError:
        pass


def serve(context, listening):
    while True:
        connection, _ = listening.accept()
        connection.settimeout(30)
        threading.Thread(target=shake, args=(context, connection), daemon=True).start()


said = {}
for made in ("plain", "leaf"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{made}.pem", f"{made}.key")
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(context, listening), daemon=True).start()
    for name, client in CLIENTS.items():
        command = [*client, f"{made}.pem", str(listening.getsockname()[1]), *(["strict"] if name.endswith("strict") else [])]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        said[made, name] = "takes it" if ended.returncode == 0 else ended.stderr.strip().splitlines()[-1]
for name in CLIENTS:
    print(f"{name}: as openssl makes it: {said['plain', name]}; with CA:FALSE: {said['leaf', name]}")
changed = [name for name in CLIENTS if said["leaf", name] != "takes it" or (said["plain", name] == "takes it") == (name == "rustls")]
sys.exit(f"this has changed: {changed}" if changed or "CaUsedAsEndEntity" not in said["plain", "rustls"] else 0)
PYTHON
openssl x509 -in plain.pem -noout -text | grep -q 'CA:TRUE' || { echo "this has changed: openssl makes no CA:TRUE"; exit 1; }
timeout 300 cargo build -q
timeout 120 go build -o client client.go
timeout 120 python3 look.py
