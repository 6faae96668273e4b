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

/// Found by the fuzzer: bytes without sense began a frame, and an acknowledgement that could not be
/// true vanished in it.
#[test]
fn what_follows_babble_may_be_the_rest_of_its_frame() {
    let case = "0a00fefe2dffff010000000000000000000000000a00fefe2dffff013a00000000000000000000000000\
         00000000000000000000000000000000000041000000000000000000000000000000f8dd2c00b22c0000\
         0000000000000000000000000000000000000000000000000000000000000000000000000000000000cc";
    let digits = case.as_bytes().chunks(2);
    let case: Vec<u8> = digits
        .map(|pair| str::from_utf8(pair).expect("digits"))
        .map(|pair| u8::from_str_radix(pair, 16).expect("digits"))
        .collect();
    check(&case);
}
