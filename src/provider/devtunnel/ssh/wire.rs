//! SSH's binary packets without cipher and MAC (RFC 4253, section 6), and the fields in them.
//!
//! It knows lengths and padding, and no message.

/// The longest packet that is taken, with its length field: twice what a channel may carry at once.
pub(super) const MAX_PACKET: usize = 64 * 1024;

/// Packets are padded to multiples of this.
const BLOCK: usize = 8;

const LEAST_PADDING: usize = 4;

/// The length field and the padding's length.
const HEAD: usize = 5;

/// What the other end did that no peer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault(pub(super) &'static str);

/// The first packet of `input`: what it carries, and how long it is on the wire. `None` while it is
/// not there as a whole.
pub(super) fn cut(input: &[u8]) -> Result<Option<(&[u8], usize)>, Fault> {
    let Some((length, rest)) = input.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = size(u32::from_be_bytes(*length));
    let whole = length.saturating_add(4);
    if whole > MAX_PACKET {
        return Err(Fault("a packet is too long"));
    }
    if whole < 2 * BLOCK || !whole.is_multiple_of(BLOCK) {
        return Err(Fault("a packet is no whole number of blocks"));
    }
    if rest.len() < length {
        return Ok(None);
    }
    let padding = usize::from(rest[0]);
    if padding < LEAST_PADDING || padding + 2 > length {
        return Err(Fault("a packet's padding is wrong"));
    }
    Ok(Some((&rest[1..length - padding], whole)))
}

/// Appends a packet that carries what `fill` appends.
pub(super) fn put(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    fill(out);
    let unpadded = out.len() - start;
    let mut padding = BLOCK - unpadded % BLOCK;
    if padding < LEAST_PADDING {
        padding += BLOCK;
    }
    // Nothing is encrypted: random padding would hide nothing.
    out.extend_from_slice(&[0; LEAST_PADDING + BLOCK][..padding]);
    let length = number(unpadded + padding - 4);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    // It is less than 12.
    out[start + 4] = u8::try_from(padding).unwrap_or_default();
}

pub(super) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends a string with its length.
pub(super) fn put_string(out: &mut Vec<u8>, value: &[u8]) {
    put_u32(out, number(value.len()));
    out.extend_from_slice(value);
}

/// A length as it goes over the wire; nothing that is sent comes near the limit.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A length that came over the wire; no memory can hold more than the most it can say.
pub(super) fn size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The fields of a message, read from its front.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(&'a [u8]);

const SHORT: Fault = Fault("a message is cut short");

impl<'a> Fields<'a> {
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), Fault> {
        self.0 = self.0.get(count..).ok_or(SHORT)?;
        Ok(())
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.0.split_first().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn flag(&mut self) -> Result<bool, Fault> {
        Ok(self.byte()? != 0)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Fault> {
        let (first, rest) = self.0.split_first_chunk::<4>().ok_or(SHORT)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*first))
    }

    pub(super) fn string(&mut self) -> Result<&'a [u8], Fault> {
        let length = size(self.u32()?);
        let (first, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_packet_is_a_whole_number_of_blocks_with_enough_padding() {
        for length in 1..70 {
            let mut out = b"before".to_vec();
            put(&mut out, |out| out.extend((0_u8..).take(length)));
            let packet = &out[6..];
            assert_eq!(packet.len() % 8, 0);
            assert!(packet.len() >= 16 && packet[4] >= 4 && packet[4] < 12);
            let (payload, whole) = cut(packet).expect("it is right").expect("it is whole");
            assert_eq!(whole, packet.len());
            assert!(payload.iter().copied().eq((0_u8..).take(length)));
        }
    }

    #[test]
    fn what_no_peer_may_send_is_a_fault() {
        let faulty: [&[u8]; 6] = [
            &[0, 1, 0, 0],
            &[0xff; 4],
            &[0, 0, 0, 0],
            &[0, 0, 0, 13, 4],
            &[0, 0, 0, 12, 3, 94, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 12, 11, 94, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        for input in faulty {
            assert!(cut(input).is_err(), "{input:?}");
        }
        assert_eq!(cut(&[0, 0, 0, 12, 4]), Ok(None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_cut_or_refused(input in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(Some((payload, whole))) = cut(&input) {
                prop_assert!(!payload.is_empty() && payload.len() + 9 <= whole && whole <= input.len());
            }
        }

        #[test]
        fn fields_are_read_as_they_were_put(
            number in any::<u32>(), flag in any::<bool>(), text in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let mut out = Vec::new();
            put_u32(&mut out, number);
            put_string(&mut out, &text);
            out.push(u8::from(flag));
            let mut fields = Fields::new(&out);
            prop_assert_eq!(fields.u32(), Ok(number));
            prop_assert_eq!(fields.string(), Ok(&text[..]));
            prop_assert_eq!(fields.flag(), Ok(flag));
            prop_assert!(fields.is_empty() && fields.byte().is_err());
        }
    }
}
