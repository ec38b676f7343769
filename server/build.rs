//! Makes the dashboard part of the binary: every file below `dashboard/` that a browser loads, as it is and compressed, under
//! an address that changes with any of them.
//!
//! Writes `dashboard.rs` below `OUT_DIR`, which `src/http/dashboard.rs` includes. What only its tests need (types, the
//! compiler's configuration) stays out.

#![allow(clippy::expect_used, reason = "a build that cannot read its sources ends")]

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is served, by the end of its name, and its media type.
const SERVED: [(&str, &str); 6] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
];

fn main() {
    println!("cargo:rerun-if-changed=dashboard");
    println!("cargo:rerun-if-changed=openapi.json");
    let root = Path::new("dashboard");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names it"));
    let mut found = Vec::new();
    find(root, &mut found);
    found.sort();
    let mut files: Vec<(String, &str, Vec<u8>)> = found.iter().filter_map(|path| read(root, path)).collect();
    let mut hasher = DefaultHasher::new();
    for (name, _, bytes) in &files {
        (name, bytes).hash(&mut hasher);
    }
    endpoints().hash(&mut hasher);
    let version = format!("{:016x}", hasher.finish());
    let modules: Vec<String> = files.iter().map(|(name, ..)| name.clone()).filter(|name| name.starts_with("js/")).collect();
    let preload: String = modules.iter().map(|name| format!("<link rel=\"modulepreload\" href=\"dashboard/{{version}}/{name}\">\n")).collect();
    for (_, _, bytes) in files.iter_mut().filter(|(name, ..)| name == "index.html") {
        let page = String::from_utf8(std::mem::take(bytes)).expect("index.html is UTF-8");
        *bytes = page.replace("{preload}\n", &preload).replace("{endpoints}", &endpoints()).replace("{version}", &version).into_bytes();
    }
    let mut code = format!("/// Changes with any of the files.\npub const VERSION: &str = {version:?};\n/// Every file.\npub const FILES: &[File] = &[\n");
    for (place, (name, media, bytes)) in files.iter().enumerate() {
        let (plain, packed) = (out.join(format!("dashboard-{place}")), out.join(format!("dashboard-{place}.gz")));
        fs::write(&plain, bytes).expect("written");
        fs::write(&packed, gzip(bytes)).expect("written");
        writeln!(code, "    File {{ name: {name:?}, media: {media:?}, plain: include_bytes!({plain:?}), gzip: include_bytes!({packed:?}) }},").expect("a text");
    }
    code.push_str("];\n");
    fs::write(out.join("dashboard.rs"), code).expect("written");
}

/// The paths of the API, so that the page asks for nothing that this server does not have: the keys of `paths` in the published
/// document, which stand a line each.
fn endpoints() -> String {
    let document = fs::read_to_string("openapi.json").expect("the published document");
    let paths: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("    \"/")?.strip_suffix("\": {")).collect();
    paths.iter().map(|path| format!("/{path}")).collect::<Vec<_>>().join(" ")
}

/// Every file below a directory.
fn find(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() { find(&path, found) } else { found.push(path) }
    }
}

/// A file that is served: its name with `/`, its media type, its bytes.
fn read(root: &Path, path: &Path) -> Option<(String, &'static str, Vec<u8>)> {
    let extension = path.extension()?.to_str()?;
    let (_, media) = SERVED.iter().find(|(end, _)| *end == extension)?;
    let name = path.strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
    Some((name, media, fs::read(path).expect("a file")))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}
