//! A place that cannot be one is refused before anything is made there. No Kafka is asked.

use super::support::{binary, directory};
use std::path::Path;
use std::process::Command;

#[test]
fn what_is_no_place_ends_with_2_and_is_not_made() {
    let directory = directory();
    let (file, data, share) = (directory.path().join("ledger.toml"), directory.path().join("data"), directory.path().join("share"));
    let run = |command: &str| {
        let mut command_line = Command::new(binary());
        let output = command_line.arg(command).arg("--config").arg(&file).arg("--data").arg(&data).current_dir(directory.path()).output();
        let output = output.expect("the binary runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
    };
    let write = |place: &Path| {
        std::fs::write(&file, format!("brokers = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:0\"\n[cluster]\ncheckpoints = {place:?}\n")).expect("written");
    };
    let below = share.join("checkpoints");
    for place in [Path::new("s3:/ckpt"), Path::new("s3:ckpt"), Path::new("gs://bucket"), &below] {
        write(place);
        for command in ["check-config", "serve"] {
            let (code, said) = run(command);
            assert_eq!(code, Some(2), "{place:?}: {said}");
            assert!(said.contains("cluster.checkpoints") && said.contains("right would be") && said.contains(&format!("{place:?}")), "{said}");
        }
    }
    let made: Vec<_> = std::fs::read_dir(directory.path()).expect("readable").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(made, ["ledger.toml"], "nothing was made");
    // Where the share is there, a directory in it is made at the start.
    std::fs::create_dir(&share).expect("room");
    write(&below);
    let (code, said) = run("check-config");
    assert!(code == Some(0) && !below.exists(), "{said}");
}
