//! What a node finds when it looks who answers.

use super::answering::{BEHIND, HEAD_MISMATCH, LISTENS_FIRST, LISTENS_FOR, Look, NOT_HELD, Route, STOOD_STILL, TRAILS_AFTER};
use super::wire::{Held, PROTOCOL, Report};
use std::time::{Duration, Instant};

fn report(node: &str, position: i64) -> Report {
    let held = Held { state: "following".to_owned(), position, settled: true, ..Held::default() };
    Report { node: node.to_owned(), url: format!("http://{node}"), protocol: PROTOCOL, partitions: 1, holds: vec![held], ..Report::default() }
}

fn behind(route: &Route) -> bool {
    matches!(route, Route::Nobody(BEHIND, _))
}

#[test]
fn a_node_that_stood_still_answers_once_it_has_listened() {
    let start = Instant::now();
    let (own, other) = (report("a", 10), report("b", 5000));
    let mut look = Look::new(start, own.clone(), 1000);
    assert!(matches!(look.route(start, 0), Route::Nobody(NOT_HELD, _)), "it has not looked");
    assert_eq!(look.look(start, own.clone(), &[]), None);
    assert_eq!(look.route(start, 0), Route::Here);
    assert_eq!(look.gives(start, 0), Ok(()));
    let later = start + STOOD_STILL + Duration::from_millis(1);
    assert!(behind(&look.route(later, 0)) && look.gives(later, 0).is_err(), "it has not looked since");
    assert!(look.look(later, own.clone(), &[]).is_some());
    assert!(behind(&look.route(later, 0)) && look.gives(later, 0).is_err(), "nobody is heard yet, and somebody may have it");
    look.look(later, own.clone(), std::slice::from_ref(&other));
    assert_eq!(look.route(later, 0), Route::At("http://b".to_owned()));
    let knows = Report { knows: vec![("b".to_owned(), String::new()), ("c".to_owned(), String::new())], ..own.clone() };
    look.look(later, knows, std::slice::from_ref(&other));
    assert!(behind(&look.route(later, 0)), "somebody else that it knows may be further");
    let until = later + LISTENS_FOR;
    look.look(until, own.clone(), &[other]);
    assert_eq!(look.route(until, 0), Route::At("http://b".to_owned()), "it is behind");
    assert!(behind(&look.route(until + STOOD_STILL + Duration::from_millis(1), 0)), "whom it heard before it stood still may be behind by now");
    look.look(until, own, &[]);
    assert_eq!((look.route(until, 0), look.gives(until, 0)), (Route::Here, Ok(())), "it is alone");
}

/// Looks until it has listened, and a little longer; the moment of the last look.
fn listened(look: &mut Look, start: Instant, own: &Report, others: &[Report]) -> Instant {
    let step = Duration::from_millis(500);
    let mut now = start;
    while now < start + LISTENS_FIRST + step {
        now += step;
        assert_eq!(look.look(now, own.clone(), others), None);
    }
    now
}

#[test]
fn what_is_read_anew_is_given_to_nobody() {
    let start = Instant::now();
    let mut own = report("a", 10);
    own.holds[0].settled = false;
    let mut look = Look::new(start, own.clone(), 1000);
    let now = listened(&mut look, start, &own, &[]);
    let Route::Nobody(BEHIND, why) = look.route(now, 0) else { panic!("{:?}", look.route(now, 0)) };
    assert!(why.contains("still read") && !why.contains("0 records"), "{why}");
    assert_eq!(look.gives(now, 0).map_err(|(code, _)| code), Err(BEHIND));
    assert_eq!(look.gives(now, 1).map_err(|(code, _)| code), Err(NOT_HELD));
}

#[test]
fn a_node_that_has_just_started_says_so_until_it_has_heard_the_others() {
    let start = Instant::now();
    let mut own = report("a", 10);
    own.holds[0].settled = false;
    let says_so = |look: &Look, partition| {
        let route = look.route(start, partition);
        matches!(&route, Route::Nobody(_, why) if why.contains("just started"))
    };
    let mut look = Look::new(start, own.clone(), 1000);
    assert!(says_so(&look, 0), "it has not looked");
    look.look(start, own.clone(), &[]);
    assert!(says_so(&look, 0), "it has heard nobody");
    own.partitions = 2;
    own.knows = vec![("b".to_owned(), String::new())];
    look.look(start, own.clone(), &[]);
    assert!(says_so(&look, 0) && says_so(&look, 1));
    let other = Report { partitions: 2, ..report("b", 10) };
    look.look(start, own.clone(), std::slice::from_ref(&other));
    assert_eq!(look.route(start, 0), Route::At("http://b".to_owned()));
    assert!(matches!(look.route(start, 1), Route::Nobody(NOT_HELD, _)) && !says_so(&look, 1), "all that it knows are heard");
}

#[test]
fn a_partition_that_was_halted_since_the_start_is_told_with_its_code() {
    let start = Instant::now();
    let mut own = report("a", 148);
    own.holds[0].settled = false;
    own.holds[0].state = "halted".to_owned();
    own.holds[0].code = Some("log_expired".to_owned());
    let mut look = Look::new(start, own.clone(), 1000);
    let now = listened(&mut look, start, &own, &[]);
    let Route::Nobody("log_expired", why) = look.route(now, 0) else { panic!("{:?}", look.route(now, 0)) };
    assert!(why.contains("log_expired on node a") && !why.contains("still read"), "{why}");
    assert_eq!(look.gives(now, 0).map_err(|(code, _)| code), Err("log_expired"));
}

#[test]
fn a_node_of_another_log_is_not_asked_and_says_nothing_of_how_far_this_one_is() {
    let start = Instant::now();
    let of = |node: &str, position: i64, topic: &str, partitions: u32| Report { topic: topic.to_owned(), partitions, ..report(node, position) };
    for (topic, partitions) in [("other", 1), ("t", 3)] {
        let (own, other) = (of("a", 10, "t", 1), of("b", 5000, topic, partitions));
        let mut look = Look::new(start, own.clone(), 1000);
        let now = listened(&mut look, start, &own, std::slice::from_ref(&other));
        assert_eq!(look.route(now, 0), Route::Here, "it neither is behind nor trails");
        let none = Report { holds: Vec::new(), ..own.clone() };
        look.look(now, none, &[other]);
        assert!(matches!(look.route(now, 0), Route::Nobody(NOT_HELD, _)), "what it has is of another ledger");
    }
}

#[test]
fn what_another_node_has_had_for_a_while_is_asked_of_it() {
    let (start, at) = (Instant::now(), |node: &str, position| report(node, position));
    let there = Route::At("http://b".to_owned());
    let mut look = Look::new(start, at("a", 10), 1000);
    let step = Duration::from_millis(200);
    // It follows, always a little behind what it hears.
    for turn in 0..50_u32 {
        let further = i64::from(turn);
        look.look(start + step * turn, at("a", 10 + further), &[at("b", 13 + further)]);
        assert_eq!(look.route(start + step * turn, 0), Route::Here, "{turn}");
    }
    // It stands still, near enough to the end to answer, and who demands more than it has waits in vain.
    let stands = start + step * 50;
    // When it last had what it had heard of: what it heard then it has not got to since.
    let trails_from = start + step * 48 + TRAILS_AFTER;
    for turn in 0..30_u32 {
        let now = stands + step * turn;
        look.look(now, at("a", 60), &[at("b", 70 + i64::from(turn))]);
        let expected = if now < trails_from { Route::Here } else { there.clone() };
        assert_eq!(look.route(now, 0), expected, "{turn}");
    }
    let now = stands + step * 30;
    look.look(now, at("a", 60), &[]);
    assert_eq!(look.route(now, 0), Route::Here, "nobody else is heard");
    look.look(now + step, at("a", 100), &[at("b", 100)]);
    assert_eq!(look.route(now + step, 0), Route::Here, "it has all of it");
}

#[test]
fn one_whose_head_differs_says_nothing_of_the_log_and_one_of_another_version_says_how_far_it_is() {
    let start = Instant::now();
    let mut look = Look::new(start, report("a", 10), 1000);
    let mut other = report("b", 5000);
    other.layout = "another".to_owned();
    look.look(start, report("a", 10), std::slice::from_ref(&other));
    assert!(behind(&look.route(start, 0)));
    other.holds[0].code = Some(HEAD_MISMATCH.to_owned());
    look.look(start, report("a", 10), &[other]);
    assert_eq!(look.route(start, 0), Route::Here);
}
