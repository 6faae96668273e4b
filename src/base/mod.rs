//! What several rooms need and none owns: clocks, digests, files, TLS verifiers, the way to a local
//! service, who a connection is from, this process's descriptors
//! and the signals that end it.

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
pub mod tls;
pub(crate) mod visitor_texts;
pub mod worker;
