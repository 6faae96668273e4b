//! What of Dev Tunnels works in a build without them: nothing, and it says so.

use super::Check;
use crate::model::Offer;
use crate::start::devtunnels::absent;
use crate::view::fold::fault;
use crate::view::messages as m;
use std::future::{Ready, ready};

/// The one check.
pub(super) fn all(_: Offer, _: bool) -> Ready<Vec<Check>> {
    ready(vec![Check::fail(
        "devtunnel-program",
        m::doctor_devtunnel_program(),
        fault(&absent()),
        m::advice_devtunnel_build(),
    )])
}
