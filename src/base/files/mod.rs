//! Small files that outlive the program: versioned, for their owner alone, replaced in one step, locked
//! where two programs change them, and never lost.
//!
//! It knows no file in particular: each room has its own contents.

mod aside;
mod document;
mod lock;
mod owner;
mod trouble;
mod whole;

pub use aside::is_kept_aside;
pub use document::{Document, Loaded, Migration, Unusable};
pub use lock::{is_had, lock_within, no_follow, open_lock, try_lock, within};
pub use owner::{NotYours, check_owner};
pub use trouble::trouble;
pub use whole::{make_private_dir, read, remove_leftovers, replace, replace_with, sync_dir};
