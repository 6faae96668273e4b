//! Messages to the byte, and whatever else comes.

use super::super::message::*;
use super::super::wire::cut;
use super::far::port_fields;
use proptest::prelude::*;

fn payload(fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut out);
    let (payload, whole) = cut(&out).expect("right").expect("whole");
    assert_eq!(whole, out.len());
    payload.to_vec()
}

#[test]
fn a_port_is_asked_for_with_the_token_of_the_host() {
    let expected = b"\x50\0\0\0\x0dtcpip-forward\x01\0\0\0\x09127.0.0.1\0\0\x1f\x90\0\0\0\x03tok";
    assert_eq!(payload(|out| put_forward(out, 8080, "tok")), expected);
    let expected = b"\x50\0\0\0\x14cancel-tcpip-forward\0\0\0\0\x09127.0.0.1\0\0\x1f\x90";
    assert_eq!(payload(|out| put_cancel_forward(out, 8080)), expected);
}

#[test]
fn a_confirmation_says_more_in_the_second_version() {
    let put = |extra| payload(|out| put_confirmation(out, (3, 9), (65_536, 32_768), extra));
    let common = b"\x5b\0\0\0\x03\0\0\0\x09\0\x01\0\0\0\0\x80\0";
    assert_eq!(put(None), common);
    assert_eq!(put(Some(true)), [&common[..], &[1]].concat());
    assert_eq!(put(Some(false)), [&common[..], &[0]].concat());
}

#[test]
fn the_key_exchange_offers_nothing_eight_times() {
    let mut expected = vec![20];
    expected.extend_from_slice(&[5; 16]);
    for _ in 0..8 {
        expected.extend_from_slice(b"\0\0\0\x04none");
    }
    expected.extend_from_slice(&[0; 13]);
    assert_eq!(payload(|out| put_kex_init(out, &[5; 16])), expected);
}

#[test]
fn data_goes_in_two_parts_as_one() {
    let expected = b"\x5e\0\0\0\x02\0\0\0\x05hello";
    assert_eq!(payload(|out| put_data(out, 2, (b"hel", b"lo"))), expected);
}

#[test]
fn the_end_is_understood_however_little_it_says() {
    let disconnect = |code, text: &str| Message::Disconnect {
        code,
        text: text.to_owned(),
    };
    let bytes = b"\x01\0\0\0\x0c\0\0\0\x05Ano\nr\0\0\0\0";
    assert_eq!(parse(bytes), Ok(disconnect(12, "Ano r")));
    assert_eq!(parse(&bytes[..5]), Ok(disconnect(12, "")));
    assert_eq!(parse(&bytes[..1]), Ok(disconnect(0, "")));
}

#[test]
fn only_a_key_exchange_without_cryptography_will_do() {
    let offers = |names: &str| {
        let mut bytes = vec![20; 17];
        bytes.extend_from_slice(&u32::try_from(names.len()).expect("short").to_be_bytes());
        bytes.extend_from_slice(names.as_bytes());
        parse(&bytes) == Ok(Message::KexInit { offers_none: true })
    };
    assert!(offers("none") && offers("a,none,b") && offers(""));
    assert!(!offers("a,b") && !offers("nonesuch"));
}

#[test]
fn what_the_second_version_adds_may_be_absent() {
    let open = |extra: &[u8]| {
        let mut bytes = b"\x5a\0\0\0\x0fforwarded-tcpip\0\0\0\x05\0\0\0\x06\0\0\0\x07".to_vec();
        bytes.extend_from_slice(&port_fields(8080));
        bytes.extend_from_slice(extra);
        bytes
    };
    let extra_of = |bytes: &[u8]| match parse(bytes) {
        Ok(Message::Open(Open {
            sender: 5,
            window: 6,
            max_packet: 7,
            kind: OpenKind::Forwarded(forwarded),
        })) => {
            assert_eq!((forwarded.host, forwarded.port), (&b"127.0.0.1"[..], 8080));
            assert_eq!(forwarded.origin, b"203.0.113.9");
            assert_eq!(forwarded.origin_port, 40_000);
            forwarded.extra.map(|(token, e2ee)| (token.to_vec(), e2ee))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(extra_of(&open(b"")), None);
    let token = b"\0\0\0\x02ab\x01more";
    assert_eq!(extra_of(&open(token)), Some((b"ab".to_vec(), true)));
    assert_eq!(extra_of(&open(&token[..6])), Some((b"ab".to_vec(), false)));
    assert!(parse(&open(&token[..5])).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_understood_or_refused(
        number in prop_oneof![1..=7_u8, 20..=21_u8, 80..=82_u8, 90..=100_u8, any::<u8>()],
        rest in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..120),
    ) {
        let bytes = [&[number], &rest[..]].concat();
        if let Ok(Message::Disconnect { text, .. }) = parse(&bytes) {
            prop_assert!(text.chars().count() <= 512 && !text.contains(char::is_control));
        }
    }
}
