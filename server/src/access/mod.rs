//! Who asks: keys, tokens, roles, and what a caller is cut to. Names no HTTP; `http/guard.rs` is where each request is judged by
//! it.
//!
//! | file | what it knows |
//! |---|---|
//! | `gate` | who asks, by what a request brings, and how often |
//! | `caller` | who asks, with what roles, cut to what |
//! | `role` | what a caller may do |
//! | `scope` | merchants and attributes, read |
//! | `key` | API keys |
//! | `key_file` | the file of keys |
//! | `token` | tokens (JWT), and their claims |
//! | `subject` | what whoever has a token is called |
//! | `key_set` | the public keys that tokens are signed with |
//! | `shares` | how much of something each caller has at once |
//! | `signature` | checking signatures |
//! | `certificate` | what a certificate says of itself, and why one is not believed |
//! | `pair` | a certificate and its private key |
//! | `served` | the certificate that this service shows, and whether other nodes believe it |
//! | `judging` | judges the certificates that others show, and tells of one that is refused |
//! | `vouching` | who may vouch for an `https` address, or for who asks |
//! | `watched` | files that are read again when they change |
//! | `files` | what an operator should know of those files |
//!
//! No secret leaves this room: a key's has neither `Debug` nor `Display`, and what is logged names ids and subjects.

mod caller;
mod certificate;
mod files;
mod gate;
mod judging;
pub mod key;
pub mod key_file;
mod key_set;
mod pair;
mod role;
mod scope;
mod served;
mod shares;
mod signature;
mod subject;
mod token;
pub mod vouching;
mod watched;

pub use caller::Caller;
pub use certificate::Facts;
pub use files::{FileCode, FileStatus, FileWarning, Told};
pub use gate::{Gate, Refused};
pub use pair::Pair;
pub use role::{Role, Roles};
pub use scope::ATTRIBUTES;
pub use served::Served;
pub use shares::Share;
pub use subject::NO_SUBJECT;
pub use watched::{LOOK_EVERY, Trouble, Watched};
