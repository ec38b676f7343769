//! Elements of XML: their texts are escaped, and what XML cannot have is replaced.

use std::io::{self, Write};

/// `<name>text</name>`
pub fn element(output: &mut dyn Write, name: &str, text: &str) -> io::Result<()> {
    write!(output, "<{name}>{}</{name}>", escaped(text))
}

/// A text as it may stand between tags and in attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => escaped.push(character),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let mut output = Vec::new();
        element(&mut output, "Nm", "a<b>&\"c\"\u{1}\u{ffff}支付").expect("written");
        assert_eq!(String::from_utf8(output).expect("UTF-8"), "<Nm>a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}\u{fffd}支付</Nm>");
    }
}
