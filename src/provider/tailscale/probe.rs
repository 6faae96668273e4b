//! What an answer of a Funnel's URL says. Pure: what stands in for a service that is down is this
//! computer's own page.

use crate::model::{Header, ProbeDialect, RelayVerdict};

/// See the module.
#[derive(Debug)]
pub struct Dialect;

impl ProbeDialect for Dialect {
    fn verdict(&self, _: u16, header: Header<'_>) -> Option<RelayVerdict> {
        header(RelayVerdict::HEADER).and_then(RelayVerdict::parse)
    }
}
