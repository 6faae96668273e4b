//! The outer session against relays of every kind.
