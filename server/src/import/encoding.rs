//! In which characters a CSV file is written. Nothing is guessed: what is no text in the encoding that was said is told.

use super::Wrong;
use serde::Deserialize;

/// An encoding, as a mapping names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// GBK.
    #[serde(rename = "gbk")]
    Gbk,
    /// GB 18030.
    #[serde(rename = "gb18030")]
    Gb18030,
    /// Latin-1, read as the browsers do: as windows-1252, which has a few signs more.
    #[serde(rename = "iso-8859-1")]
    Latin1,
    /// Windows-1252.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The bytes of a line as text.
    pub fn text(self, line: u64, bytes: &[u8]) -> Result<String, Wrong> {
        let encoding = match self {
            Self::Utf8 => {
                let told =
                    "the line is not in UTF-8; the mapping says how a file is written: encoding = \"iso-8859-1\", \"windows-1252\", \"gbk\" or \"gb18030\"";
                return std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Wrong::at(line, told));
            }
            Self::Gbk => encoding_rs::GBK,
            Self::Gb18030 => encoding_rs::GB18030,
            Self::Latin1 | Self::Windows1252 => encoding_rs::WINDOWS_1252,
        };
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
        text.map(std::borrow::Cow::into_owned)
            .ok_or_else(|| Wrong::at(line, format!("the line is not in {}, as the mapping says by encoding", encoding.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_the_mapping_says_and_never_guessed() {
        for (encoding, bytes, text) in [
            (Encoding::Utf8, "Händler-1".as_bytes(), "Händler-1"),
            (Encoding::Latin1, b"H\xe4ndler-1", "Händler-1"),
            (Encoding::Windows1252, b"\x80 1", "€ 1"),
            (Encoding::Gbk, b"\xc9\xcc\xbb\xa7", "商户"),
            (Encoding::Gb18030, b"\xc9\xcc\xbb\xa7", "商户"),
        ] {
            assert_eq!(encoding.text(1, bytes).as_deref(), Ok(text), "{encoding:?}");
        }
        let wrong = Encoding::Utf8.text(3, b"H\xe4ndler-1").expect_err("no UTF-8");
        assert!(wrong.line == 3 && wrong.why.contains("encoding = "), "{wrong:?}");
        let wrong = Encoding::Gbk.text(3, b"\xff\xff").expect_err("no GBK");
        assert!(wrong.why.contains("GBK"), "{wrong:?}");
    }
}
