//! Removes checkpoints that are too old, and the objects that none of the others names.
//!
//! Only what has a name that this program gives is looked at and removed: whatever else somebody put there stays, and counts for nothing.

use super::manifest::{Manifest, hexadecimal, is_name};
use super::objects::Objects;
use super::writing::Known;
use super::{Error, Whose};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long after it was stored an object that no checkpoint names is kept: another node may be about to name it.
pub(super) const GRACE: Duration = Duration::from_secs(3600);

/// Removes all checkpoints but the newest that can be read, and the objects that none of those names, once they are old enough.
pub(super) fn prune(objects: &Objects, whose: &Whose, kept: usize, grace: Duration, known: &mut Known) -> Result<(), Error> {
    let manifests = objects.list(&whose.checkpoints())?.into_iter().filter(|manifest| is_name(&manifest.name));
    let (mut named, mut readable, mut now) = (BTreeSet::new(), 0, None);
    for manifest in manifests.rev() {
        let name = format!("{}/{}", whose.checkpoints(), manifest.name);
        if readable >= kept {
            objects.remove(&name)?;
            continue;
        }
        // One that cannot be read names nothing that could be opened by it, and is no reason to remove one that can.
        let read = match objects.read(&name) {
            Ok(Some(bytes)) => Manifest::read(&bytes, whose),
            Ok(None) => continue,
            Err(error) => Err(error),
        };
        match read {
            Ok(found) => {
                readable += 1;
                now = now.max(Some(manifest.written));
                named.extend(found.files.into_values().map(|stored| stored.blake3));
            }
            Err(Error::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
    }
    // By the clock that wrote them all.
    let Some(now) = now else { return Ok(()) };
    for object in objects.list(&whose.objects())?.into_iter().filter(|object| hexadecimal(&object.name)) {
        if !named.contains(&object.name) && now.duration_since(object.written).is_ok_and(|age| age >= grace) {
            objects.remove(&format!("{}/{}", whose.objects(), object.name))?;
            known.sound.remove(&object.name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Stored;
    use super::*;
    use crate::config::CheckpointPlace;

    fn manifest(whose: &Whose, cursor: i64, hashes: &[&str]) -> Manifest {
        let file = |(number, hash): (usize, &&str)| (format!("journal/{number:06}.sst"), Stored { bytes: 1, blake3: hash.repeat(64) });
        Manifest::new(whose, (1, cursor, String::new()), None, hashes.iter().enumerate().map(file).collect())
    }

    #[test]
    fn the_newest_stay_with_what_they_name_and_another_partitions_are_not_touched() {
        let directory = tempfile::tempdir().expect("a directory");
        let objects = Objects::open(&CheckpointPlace::Directory(directory.path().join("made"))).expect("a place");
        let whose = Whose { partitions: 2, identity: "id:a".to_owned(), partition: 0 };
        let other = Whose { partition: 1, ..whose.clone() };
        for of in [&whose, &other] {
            for hash in ["a", "b", "c", "d"] {
                objects.write(&format!("{}/{}", of.objects(), hash.repeat(64)), vec![1]).expect("room");
            }
            for (cursor, hashes) in [(9, ["a", "b"]), (10, ["b", "c"]), (11, ["c", "c"])] {
                let manifest = manifest(of, cursor, &hashes);
                objects.write(&format!("{}/{}", of.checkpoints(), manifest.name()), manifest.bytes()).expect("room");
            }
        }
        let names = |of: &Whose| objects.list(&of.objects()).expect("listed").into_iter().map(|object| object.name[..1].to_owned()).collect::<String>();
        let mut known = Known::default();
        // What was stored just now may be about to be named.
        prune(&objects, &whose, 2, GRACE, &mut known).expect("pruned");
        assert_eq!((names(&whose).as_str(), objects.list(&whose.checkpoints()).expect("listed").len()), ("abcd", 2));
        prune(&objects, &whose, 2, Duration::ZERO, &mut known).expect("pruned");
        assert_eq!(names(&whose), "bc");
        prune(&objects, &whose, 1, Duration::ZERO, &mut known).expect("pruned");
        assert_eq!((names(&whose).as_str(), names(&other).as_str()), ("c", "abcd"));
        assert_eq!(objects.list(&other.checkpoints()).expect("listed").len(), 3);
    }

    #[test]
    fn what_was_put_there_by_others_stays_and_takes_no_checkpoints_place() {
        let directory = tempfile::tempdir().expect("a directory");
        let objects = Objects::open(&CheckpointPlace::Directory(directory.path().join("made"))).expect("a place");
        let whose = Whose { partitions: 1, identity: "id:a".to_owned(), partition: 0 };
        let strange = ["notes.txt", "zzz.json", "99999999999999999999-00000000000000000001.json"];
        for name in strange {
            objects.write(&format!("{}/{name}", whose.checkpoints()), b"not one".to_vec()).expect("room");
        }
        objects.write(&format!("{}/keep.me", whose.objects()), vec![1]).expect("room");
        for cursor in [9, 10] {
            let manifest = manifest(&whose, cursor, &["a"]);
            objects.write(&format!("{}/{}", whose.checkpoints(), manifest.name()), manifest.bytes()).expect("room");
        }
        prune(&objects, &whose, 1, Duration::ZERO, &mut Known::default()).expect("pruned");
        let names: Vec<String> = objects.list(&whose.checkpoints()).expect("listed").into_iter().map(|object| object.name).collect();
        assert_eq!(names, [manifest(&whose, 10, &["a"]).name().as_str(), strange[2], strange[0], strange[1]]);
        assert_eq!(objects.list(&whose.objects()).expect("listed").len(), 1);
    }
}
