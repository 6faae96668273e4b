//! Takes over tunnels from the configuration of other programs: which files there are, what is in them,
//! and which tunnels would be made of that beside those that are there.
//!
//! It reads and decides; it saves nothing. What a file means is its format's matter: that of a provider's
//! own program is in the provider's room, in what it offers.

mod frp;
mod places;
mod plan;
#[cfg(test)]
mod tests;

pub use places::{folders, look, read};
pub use plan::Plan;

use crate::model::{Catalog, ConfigFormat};

/// Every kind of file that can be read.
pub fn formats(catalog: &Catalog) -> Vec<&'static ConfigFormat> {
    let theirs = catalog.iter().flat_map(|offers| offers.imports);
    theirs.chain(std::iter::once(&frp::FORMAT)).collect()
}
