//! What several rooms need and none owns: clocks, digests, files, TLS verifiers, the way to a local
//! service, who a connection is from, this process's descriptors,
//! the signals that end it and the last line of its terminal.

pub(crate) mod accept_language;
pub mod clock;
pub mod config;
pub mod descriptors;
pub mod digest;
pub mod files;
pub(crate) mod forward;
pub mod json_words;
pub mod local;
pub mod network;
pub mod note;
pub mod open_files;
pub mod own;
pub mod proxy_protocol;
pub(crate) mod ring;
pub(crate) mod service_words;
pub mod signals;
pub mod status_line;
pub mod tls;
pub(crate) mod visitor_texts;
pub mod worker;
