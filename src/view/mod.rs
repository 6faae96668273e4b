//! What the person sees, as one comparable value, and the pure fold that makes it.
//!
//! This room knows no widget, no clock and no language: text is a [`Msg`], time comes in.

mod dialog;
pub mod fold;
mod msg;
mod renderer;
mod types;

pub use dialog::{
    DialogView, Entry, Errors, OptionRow, ProviderChoice, ReachChoice, ReachChoices, Section,
};
pub use fold::fold;
pub use msg::{Arg, Msg};
pub use renderer::{Renderer, WindowOp};
pub use types::*;

/// One function a message of `i18n/en-US`: a key or an argument that is not there fails the build.
pub mod messages {
    #[allow(unused_imports, reason = "generated code may need no argument")]
    use super::{Arg, Msg};
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
