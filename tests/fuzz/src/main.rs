//! The fuzzer's entry: whatever bytes come, what must hold holds.
//!
//! `tests/fuzz/run` builds and runs it. What must hold is in the files of the link room themselves;
//! this only takes them in, and knows nothing.

#![no_main]

mod base;
mod link;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((255, words)) => link::check_words(words),
        Some((254, steps)) => link::mux::fuzz::check(steps),
        _ => link::resume::fuzz::check(data),
    }
});
