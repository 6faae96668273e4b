//! The fuzzer's cases on seeds, so that they are known to hold without a fuzzer too.

use super::check;
use crate::link::resume::tests::net::Dice;

/// So many cases of each kind.
const CASES: u64 = 3_000;

#[test]
fn everything_holds_on_random_bytes() {
    for seed in 0..4 * CASES {
        let mut dice = Dice::new(seed);
        let mut case = vec![u8::try_from(seed % 4).expect("it is small")];
        let len = dice.below(400);
        case.extend((0..len).map(|_| dice.next().to_le_bytes()[0]));
        check(&case);
    }
}
