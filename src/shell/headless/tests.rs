//! Which facts become which lines.
