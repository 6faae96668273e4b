//! Which ways are gone, and in which order.

use super::*;
