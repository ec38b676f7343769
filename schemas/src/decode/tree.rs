//! What is nested, as a tree: contracts, carried fees and lists of dates. The text was checked when it was scanned.

use super::scan::{Malformed, Scanner, Value};
use std::borrow::Cow;

/// A JSON value with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// `null`, which counts as absent.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number as it was written.
    Number(&'a str),
    /// A string without its escapes.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object, in the order in which it was written.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Reads a whole text.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        let mut scanner = Scanner::new(text);
        let node = Self::next(&mut scanner)?;
        scanner.end()?;
        Ok(node)
    }

    fn next(scanner: &mut Scanner<'a>) -> Result<Self, Malformed> {
        match scanner.next() {
            Some(b'{') => {
                scanner.expect(b'{', "an object is missing")?;
                scanner.enter()?;
                let mut members = Vec::new();
                while scanner.more(b'}', members.is_empty())? {
                    members.push((scanner.key()?, Self::next(scanner)?));
                }
                Ok(Self::Object(members))
            }
            Some(b'[') => {
                scanner.expect(b'[', "a list is missing")?;
                scanner.enter()?;
                let mut elements = Vec::new();
                while scanner.more(b']', elements.is_empty())? {
                    elements.push(Self::next(scanner)?);
                }
                Ok(Self::List(elements))
            }
            _ => {
                let value = scanner.value(0)?.0;
                Ok(match value {
                    Value::Flag(flag) => Self::Flag(flag),
                    Value::Number(number) => Self::Number(number),
                    Value::Text(_) | Value::Escaped(_) => value.text().map_or(Self::Null, Self::Text),
                    Value::Null | Value::Absent | Value::Nested(_) => Self::Null,
                })
            }
        }
    }

    /// A member of an object; `null` counts as absent.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, node)| key == name && *node != Self::Null).map(|(_, node)| node)
    }

    /// The text of a member.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_text)
    }

    /// The text itself.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The elements of a list.
    pub fn elements(&self) -> &[Self] {
        if let Self::List(elements) = self { elements } else { &[] }
    }
}
