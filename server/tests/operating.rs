//! The operating files: alerts, dashboard, run book, unit and manifests name only what exists, and the tools that read them take them.
//!
//! promtool, the schemas of Kubernetes and systemd-analyze come from `./dev test`, which installs them into its cache and names that in
//! `MERCHANT_LEDGER_OPERATING_TOOLS`; without them what needs them is skipped, loudly, and with `CI=true` it fails.

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Server;

/// How much of 100 `systemd-analyze security` may find exposed.
const EXPOSED_MAX: &str = "--threshold=20";
/// The binary of the unit, in whose place the one that was built is named.
const UNIT_IN_PLACE_OF: &str = "/usr/local/bin/merchant-ledger";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A tool of `./dev test`, or of the system, where there is one. CI skips nothing.
fn tool(below: &str, name: &str) -> Option<PathBuf> {
    let kept = std::env::var_os("MERCHANT_LEDGER_OPERATING_TOOLS").map(|tools| PathBuf::from(tools).join(below).join(name)).filter(|path| path.is_file());
    let of_path = || std::env::split_paths(&std::env::var_os("PATH")?).map(|directory| directory.join(name)).find(|path| path.is_file());
    let found = kept.or_else(of_path);
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI skips nothing, and there is no {name}");
        eprintln!("*** there is no {name}: what it judges is skipped; `./dev test` installs it ***");
    }
    found
}

/// What a command says, and whether it ended well.
fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn passes(command: &mut Command) -> String {
    let (passed, said) = run(command);
    assert!(passed, "{command:?}:\n{said}");
    said
}

/// An alert as the rules have it.
struct Alert {
    name: String,
    expression: String,
    rest: String,
}

fn alerts() -> Vec<Alert> {
    let rules = text("deploy/prometheus/alerts.yml");
    let found: Vec<Alert> = rules
        .split("- alert: ")
        .skip(1)
        .map(|rule| {
            let (name, rest) = rule.split_once('\n').expect("a rule has lines");
            let expression = rest.split_once("expr: >-\n").expect("an expression").1.split_once("\n        for:").expect("a length").0.trim();
            Alert { name: name.to_owned(), expression: expression.to_owned(), rest: rest.to_owned() }
        })
        .collect();
    assert!(found.len() >= 20, "{} alerts were found", found.len());
    found
}

/// Every expression of the dashboard, as Prometheus would be asked it.
fn expressions_of_dashboard() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/merchant-ledger.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let mut found: Vec<String> = targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect();
    found.extend(dashboard["annotations"]["list"].as_array().expect("annotations").iter().map(|one| one["expr"].as_str().expect("an expression").to_owned()));
    assert!(found.len() > 30, "{} expressions were found", found.len());
    found
}

/// The names of our metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    words.filter(|word| word.starts_with("merchant_ledger_")).map(str::to_owned).collect()
}

#[test]
fn every_metric_of_alerts_and_dashboard_is_served_and_every_served_one_is_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Server::start(directory.path());
    let served = server.get("/metrics").text;
    let mut known = BTreeSet::new();
    for line in served.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a kind");
        if kind == "summary" {
            known.extend([format!("{name}_sum"), format!("{name}_count")]);
        } else {
            known.insert(name.to_owned());
        }
    }
    let asked: BTreeSet<String> = alerts().iter().flat_map(|alert| names(&alert.expression)).collect();
    let shown: BTreeSet<String> = expressions_of_dashboard().iter().flat_map(|expression| names(expression)).collect();
    assert_eq!(asked.union(&shown).filter(|name| !known.contains(*name)).collect::<Vec<_>>(), Vec::<&String>::new(), "names that /metrics does not have");
    // The other way, too: a new metric gets its place before anybody needs it.
    assert_eq!(known.iter().filter(|name| !shown.contains(*name)).collect::<Vec<_>>(), Vec::<&String>::new(), "metrics that no panel shows");
    server.stop();
}

#[test]
fn every_alert_has_its_page_and_every_page_its_alert() {
    let alerts = alerts();
    let index = text("docs/runbook/README.md");
    for alert in &alerts {
        let page = text(&format!("docs/runbook/{}.md", alert.name));
        for part in
            [format!("# {}\n", alert.name), "## What it means\n".into(), "## What to look at\n".into(), "## What to do\n".into(), "## When it ends\n".into()]
        {
            assert!(page.contains(&part), "{}.md has no {part:?}", alert.name);
        }
        assert!(page.contains(&format!("`{}`", alert.expression)), "{}.md does not say when: {}", alert.name, alert.expression);
        assert!(alert.rest.contains(&format!("docs/runbook/{}.md", alert.name)), "{} leads to another page", alert.name);
        assert!(index.contains(&format!("]({}.md)", alert.name)), "{} is not in the table of contents", alert.name);
    }
    let expected: BTreeSet<String> = alerts.iter().map(|alert| format!("{}.md", alert.name)).chain(["README.md".to_owned()]).collect();
    let pages = fs::read_dir(project("docs/runbook")).expect("the run book").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert_eq!(pages.collect::<BTreeSet<_>>(), expected);
}

#[test]
fn promtool_takes_the_alerts_and_each_is_told_when_it_should_be() {
    let Some(promtool) = tool("bin", "promtool") else { return };
    let directory = project("deploy/prometheus");
    passes(Command::new(&promtool).args(["check", "rules", "alerts.yml"]).current_dir(&directory));
    passes(Command::new(&promtool).args(["test", "rules", "alerts_test.yml"]).current_dir(&directory));
    passes(Command::new(&promtool).args(["check", "config", "--syntax-only", "prometheus.yml"]).current_dir(&directory));
    let cases = text("deploy/prometheus/alerts_test.yml");
    for alert in alerts() {
        let asked = cases.matches(&format!("alertname: {}\n", alert.name)).count();
        assert!(asked >= 2, "{} is not tried both silent and told", alert.name);
    }
    // The check bites: a threshold that nothing reaches is found by its case.
    let changed = tempfile::tempdir().expect("a directory");
    let rules = text("deploy/prometheus/alerts.yml").replacen("merchant_ledger_lag_records > 1000", "merchant_ledger_lag_records > 1000000", 1);
    fs::write(changed.path().join("alerts.yml"), rules).expect("written");
    fs::write(changed.path().join("alerts_test.yml"), cases).expect("written");
    let (passed, said) = run(Command::new(&promtool).args(["test", "rules", "alerts_test.yml"]).current_dir(changed.path()));
    assert!(!passed && said.contains("MerchantLedgerBehind"), "{said}");
}

#[test]
fn promtool_takes_what_the_dashboard_asks() {
    let Some(promtool) = tool("bin", "promtool") else { return };
    let mut rules = String::from("groups:\n  - name: dashboard\n    rules:\n");
    for (place, expression) in expressions_of_dashboard().iter().enumerate() {
        let asked = expression.replace("$__rate_interval", "1m").replace("$instance", ".*");
        assert!(!asked.contains('$'), "{asked} has a variable that Grafana does not set");
        rules.push_str(&format!("      - record: dashboard:{place}\n        expr: >-\n          {asked}\n"));
    }
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("dashboard.yml"), rules).expect("written");
    passes(Command::new(&promtool).args(["check", "rules", "--lint=none", "dashboard.yml"]).current_dir(directory.path()));
}

#[test]
fn systemd_takes_the_unit_and_finds_it_hardened() {
    let Some(analyze) = tool("bin", "systemd-analyze") else { return };
    let unit = text("deploy/systemd/merchant-ledger.service");
    assert!(unit.contains(UNIT_IN_PLACE_OF), "the unit starts another binary");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("merchant-ledger.service");
    fs::write(&path, unit.replace(UNIT_IN_PLACE_OF, env!("CARGO_BIN_EXE_merchant-ledger"))).expect("written");
    let said = passes(Command::new(&analyze).arg("verify").arg(&path));
    assert_eq!(said.trim(), "", "systemd-analyze verify");
    passes(Command::new(&analyze).args(["security", "--offline=true", "--no-pager", EXPOSED_MAX]).arg(&path));
}

#[test]
fn kubernetes_takes_the_manifests() {
    let Some(validate) = tool("python/bin", "kubernetes-validate") else { return };
    let listed = text("deploy/kubernetes/kustomization.yaml");
    let files: BTreeSet<String> =
        listed.lines().filter_map(|line| line.trim().strip_prefix("- ")).filter(|item| item.ends_with(".yaml")).map(str::to_owned).collect();
    let there = fs::read_dir(project("deploy/kubernetes")).expect("manifests").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let expected: BTreeSet<String> = there.filter(|name| name != "kustomization.yaml").collect();
    assert_eq!(files, expected, "kustomization.yaml lists what is there");
    passes(Command::new(&validate).arg("--strict").args(&files).current_dir(project("deploy/kubernetes")));
    let set = text("deploy/kubernetes/stateful-set.yaml");
    for needed in [
        "startupProbe:",
        "livenessProbe:",
        "readinessProbe:",
        "requests:",
        "limits:",
        "volumeClaimTemplates:",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
    ] {
        assert!(set.contains(needed), "the StatefulSet has no {needed}");
    }
    for path in ["/healthz", "/readyz"] {
        assert!(text("server/openapi.json").contains(&format!("\"{path}\"")), "a probe asks {path}, which is not there");
    }
}

/// The value of an environment variable that a manifest or the image sets.
fn set_by<'a>(text: &'a str, before: &str, after: char) -> &'a str {
    text.split_once(before).unwrap_or_else(|| panic!("{before} is not set")).1.split(after).next().expect("a value")
}

/// What `check-config` prints of a configuration under an environment, or its error.
fn check_config(file: &Path, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_merchant-ledger"));
    passes(command.args(["check-config", "--config"]).arg(file).envs(environment.iter().copied()))
}

#[test]
fn the_configurations_are_taken_and_the_address_is_the_one_that_probes_ask() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ledger.toml");
    // What the configurations name is read, so files of this test take the places of those that they name.
    let made = rcgen::generate_simple_self_signed(vec!["ledger".to_owned()]).expect("a certificate");
    let at = |name: &str| directory.path().join(name);
    fs::write(at("cert.pem"), made.cert.pem()).expect("written");
    fs::write(at("key.pem"), made.signing_key.serialize_pem()).expect("written");
    let keys = at("keys.toml");
    passes(Command::new(env!("CARGO_BIN_EXE_merchant-ledger")).args(["keys", "add", "--role", "bank", "--keys"]).arg(&keys));
    let with_files = |toml: &str, named: &[(&str, &str)]| {
        let toml = named.iter().fold(toml.to_owned(), |toml, (was, name)| {
            assert!(toml.contains(was), "{was} is not named");
            toml.replace(was, at(name).to_str().expect("a path of UTF-8"))
        });
        fs::write(&file, toml).expect("written");
    };
    let configuration = text("deploy/kubernetes/config.yaml");
    let (_, block) = configuration.split_once("ledger.toml: |\n").expect("a configuration");
    let toml: String = block.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n").collect();
    let place = "/etc/merchant-ledger";
    let (ca, certificate, key) = (format!("{place}/kafka/ca.pem"), format!("{place}/tls/tls.crt"), format!("{place}/tls/tls.key"));
    let nodes = format!("{place}/nodes/ca.pem");
    with_files(
        &toml,
        &[("/run/merchant-ledger/keys.toml", "keys.toml"), (&ca, "cert.pem"), (&certificate, "cert.pem"), (&key, "key.pem"), (&nodes, "cert.pem")],
    );
    let (image, set) = (text("Containerfile"), text("deploy/kubernetes/stateful-set.yaml"));
    let of_set = |name: &str| set_by(&set, &format!("name: {name}, value: "), '}').trim().trim_matches('"').to_owned();
    let (listen, data) = (of_set("MERCHANT_LEDGER_LISTEN"), of_set("MERCHANT_LEDGER_DATA"));
    let advertise = of_set("MERCHANT_LEDGER_CLUSTER_ADVERTISE").replace("$(MERCHANT_LEDGER_CLUSTER_NODE)", "merchant-ledger-0");
    let log_format = set_by(&image, "MERCHANT_LEDGER_LOG_FORMAT=", '\n');
    let environment = [
        ("MERCHANT_LEDGER_LISTEN", listen.as_str()),
        ("MERCHANT_LEDGER_DATA", &data),
        ("MERCHANT_LEDGER_LOG_FORMAT", log_format),
        ("MERCHANT_LEDGER_KAFKA_SASL_PASSWORD", "secret"),
        ("MERCHANT_LEDGER_CLUSTER_NODE", "merchant-ledger-0"),
        ("MERCHANT_LEDGER_CLUSTER_ADVERTISE", advertise.as_str()),
        ("MERCHANT_LEDGER_CLUSTER_SECRET", "of-three-nodes-and-nobody-else"),
    ];
    let said = check_config(&file, &environment);
    // The certificate of this test is for another host, which is told and taken.
    assert!(said.contains("# certificate_unfit: tls.certificate: ") && said.contains("merchant-ledger-0.merchant-ledger-nodes"), "{said}");
    assert!(said.contains("https://merchant-ledger-0.merchant-ledger-nodes:8443") && !said.contains("nobody-else"), "{said}");
    assert!(said.contains("0.0.0.0:8443") && said.contains("\"sasl.mechanism\"") && !said.contains("\"secret\""), "{said}");
    assert!(set.contains("containerPort: 8443"), "the probes ask another port");
    let (ca, certificate, key) = (format!("{place}/kafka-ca.pem"), format!("{place}/cert.pem"), format!("{place}/key.pem"));
    let named = [("/var/lib/merchant-ledger/keys.toml", "keys.toml"), (ca.as_str(), "cert.pem"), (&certificate, "cert.pem"), (&key, "key.pem")];
    with_files(&text("deploy/systemd/ledger.toml"), &named);
    let said = check_config(&file, &[("MERCHANT_LEDGER_KAFKA_SASL_PASSWORD", "secret")]);
    assert!(said.contains("terminal-events") && said.contains("0.0.0.0:8443"), "{said}");
}

#[test]
fn compose_mounts_what_is_there() {
    let compose = text("compose.yaml");
    let mounted: Vec<&str> = compose.lines().filter_map(|line| line.trim().strip_prefix("- ./")?.split(':').next()).collect();
    assert!(mounted.len() >= 3, "{mounted:?}");
    for path in mounted {
        assert!(project(path).exists(), "compose.yaml mounts {path}, which is not there");
    }
    assert!(project(set_by(&compose, "dockerfile: ", '\n')).is_file(), "compose.yaml builds from another file");
}

/// Each node of compose has a name, an address and a disk of its own, and the same log and secret as the others.
#[test]
fn compose_has_three_nodes() {
    let compose = text("compose.yaml");
    let nodes: Vec<&str> =
        compose.split("\n  node-").skip(1).map(|rest| rest.split("\n\n").next().expect("a service")).filter(|node| node.contains("<<: *node")).collect();
    assert_eq!(nodes.len(), 3);
    let (directory, mut own) = (tempfile::tempdir().expect("a directory"), BTreeSet::new());
    let file = directory.path().join("empty.toml");
    fs::write(&file, "").expect("written");
    for node in nodes {
        let set: Vec<(&str, &str)> =
            node.lines().filter_map(|line| line.trim().split_once(": ")).filter(|(name, _)| name.starts_with("MERCHANT_LEDGER_")).collect();
        let value = |name: &str| set.iter().find(|(own, _)| *own == name).unwrap_or_else(|| panic!("{name} is not set: {node}")).1;
        let (listen, advertise) = (value("MERCHANT_LEDGER_LISTEN"), value("MERCHANT_LEDGER_CLUSTER_ADVERTISE"));
        assert_eq!(advertise, format!("http://{listen}"));
        assert!(node.contains(&format!("{advertise}/healthz")), "its health is asked elsewhere: {node}");
        let disk = node.lines().find_map(|line| line.trim().strip_suffix(":/data")).expect("a volume");
        own.extend([listen, value("MERCHANT_LEDGER_CLUSTER_NODE"), disk]);
        let secret = value("MERCHANT_LEDGER_CLUSTER_SECRET");
        let environment: Vec<(&str, &str)> =
            set.iter().map(|(name, value)| (*name, if *value == secret { "of-three-nodes-and-nobody-else" } else { *value })).collect();
        let said = check_config(&file, &environment);
        assert!(said.contains("localhost:9092") && said.contains(advertise), "{said}");
    }
    assert_eq!(own.len(), 9, "{own:?}");
}
