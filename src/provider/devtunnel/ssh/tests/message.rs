//! Messages there and back.
