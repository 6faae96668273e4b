//! What the pages for visitors say, in each language: one function a message of `visitor.ftl`.
//!
//! Made by `build.rs`, so that a page costs no parsing and whoever serves it need not know the shell.

use crate::model::Language;

/// A text without arguments, before it is in any language.
pub(crate) type Text = fn(Language) -> &'static str;

include!(concat!(env!("OUT_DIR"), "/visitor_texts.rs"));
