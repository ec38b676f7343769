//! Names in a contract that are mistyped: a member that no table names beside one that is absent, and nearly called so.
//!
//! Reading ignores a name that no table knows, for every object may grow; a rate with `percnt` would be one without a percentage. What is looked for here is
//! for whoever sends a new contract, see `docs/decisions/0020-mistyped-names.md`: what is made of a record that is in the log stays what it was.

use super::fault::shown;
use super::tree::Node;
use crate::nearest::mistyped_as;
use crate::wire::contract_shape::CONTRACT;
use crate::wire::shape::{Member, Shape, Union};

/// What tells the kinds of an object apart.
const KIND: &str = "kind";

/// The first name of a contract, as its JSON came, that is mistyped, by its path, and what may have been meant.
pub fn mistyped_contract(json: &str) -> Option<String> {
    object("Contract", CONTRACT, &[], &Node::read(json).ok()?, "contract")
}

/// `besides` are members of its other kinds. What is there under its own name cannot have been meant by another one.
fn object(name: &str, members: &[Member], besides: &[&str], node: &Node<'_>, path: &str) -> Option<String> {
    let Node::Object(fields) = node else { return None };
    let is_known = |key: &str| members.iter().any(|member| member.name == key) || besides.contains(&key);
    let meant = |key: &str| mistyped_as(key, members.iter().map(|member| member.name).filter(|name| node.get(name).is_none()));
    for (key, _) in fields.iter().filter(|(key, value)| !is_known(key) && *value != Node::Null) {
        if let Some(meant) = meant(key) {
            return Some(format!("{path}.{}: is no member of {name}; did you mean {meant}?", shown(key)));
        }
    }
    members.iter().find_map(|member| within(&member.shape, node.get(member.name)?, &format!("{path}.{}", member.name)))
}

fn within(shape: &Shape, node: &Node<'_>, path: &str) -> Option<String> {
    match (shape, node) {
        (Shape::Object(record), _) => object(record.name, record.members, &[], node, path),
        (Shape::Tagged(union), _) => tagged(union, node, path),
        (Shape::List(of), Node::List(elements)) => elements.iter().enumerate().find_map(|(index, element)| within(of, element, &format!("{path}[{index}]"))),
        // Texts and numbers have no members, and aliases may have any name.
        _ => None,
    }
}

/// A member of another kind is left alone: whoever writes it knows its name.
fn tagged(union: &Union, node: &Node<'_>, path: &str) -> Option<String> {
    let kind = union.kinds.iter().find(|known| node.text(KIND) == Some(known.kind))?;
    let others = union.kinds.iter().flat_map(|other| other.record.members).map(|member| member.name);
    object(kind.record.name, kind.record.members, &others.chain([KIND]).collect::<Vec<_>>(), node, path)
}
