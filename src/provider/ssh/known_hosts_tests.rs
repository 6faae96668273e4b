//! What OpenSSH's own `ssh-keygen` wrote, line by line, and what nobody would write.

use super::*;
use proptest::prelude::*;

const ED: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const OTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILagOJFgwaMNhBWQINinKOXmqS4Gh5NgxgriXwdOoINJ";
const RSA_LIKE: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB";

fn blob(key: &str) -> Vec<u8> {
    decode(key.split(' ').nth(1).expect("a key")).expect("base64")
}

fn known(text: &str) -> KnownHosts {
    let mut known = KnownHosts::default();
    known.read(text);
    known
}

/// What `text` says of the first key at this server.
fn verdict(text: &str, host: &str, port: u16) -> Verdict {
    known(text).judge(host, port, &blob(ED))
}

#[test]
fn each_way_of_naming_a_server_is_understood() {
    use Verdict::{Changed, Known, Unknown};
    for (names, host, port, expected) in [
        ("a.example", "a.example", 22, Known),
        ("A.Example", "a.eXample", 22, Known),
        ("b.example,a.example,192.0.2.1", "a.example", 22, Known),
        ("192.0.2.1", "192.0.2.1", 22, Known),
        ("[a.example]:2222", "a.example", 2222, Known),
        ("[a.example]:2222", "a.example", 22, Unknown),
        ("[::1]:2222", "::1", 2222, Known),
        // A key of the usual port serves another one.
        ("a.example", "a.example", 2222, Known),
        ("*.example", "a.example", 22, Known),
        ("?.example", "a.example", 22, Known),
        ("?.example", "ab.example", 22, Unknown),
        ("*", "anything", 22, Known),
        ("*.example,!a.example", "a.example", 22, Unknown),
        ("!a.example,*.example", "a.example", 22, Unknown),
        ("!b.example,*.example", "a.example", 22, Known),
        ("!b.example", "a.example", 22, Unknown),
        ("[*.example]:*", "a.example", 2222, Known),
        ("b.example", "a.example", 22, Unknown),
        ("a.example.evil", "a.example", 22, Unknown),
    ] {
        let line = format!("{names} {ED} a comment\n");
        assert_eq!(
            verdict(&line, host, port),
            expected,
            "{names} {host}:{port}"
        );
        let other = format!("{names} {OTHER}");
        let differs = match expected {
            Known if !names.contains('[') && port != 22 => Unknown,
            Known => Changed,
            other => other,
        };
        assert_eq!(verdict(&other, host, port), differs, "{names}, another key");
    }
}

#[test]
fn hashed_names_are_found() {
    let hashed = |salt: &[u8], name: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, salt);
        let tag = hmac::sign(&key, name.as_bytes());
        format!("|1|{}|{}", encode(salt), encode(tag.as_ref()))
    };
    let salt = [7; 20];
    let line = format!("{} {ED}\n", hashed(&salt, "a.example"));
    assert_eq!(verdict(&line, "a.example", 22), Verdict::Known);
    assert_eq!(verdict(&line, "A.EXAMPLE", 22), Verdict::Known);
    assert_eq!(verdict(&line, "b.example", 22), Verdict::Unknown);
    let line = format!("{} {OTHER}\n", hashed(&salt, "[a.example]:2222"));
    assert_eq!(verdict(&line, "a.example", 2222), Verdict::Changed);
    // As it is in russh's own test.
    let theirs = "|1|O33ESRMWPVkMYIwJ1Uw+n877jTo=|nuuC5vEqXlEZ/8BXQR7m619W6Ak= ssh-ed25519 \
                  AAAAC3NzaC1lZDI1NTE5AAAAILIG2T/B0l0gaqj3puu510tu9N1OkQ4znY3LYuEm5zCF";
    assert_eq!(known(theirs).0.len(), 1);
    assert_ne!(verdict(theirs, "example.com", 22), Verdict::Known);
    assert_eq!(known(theirs).algorithms("example.com", 22), ["ssh-ed25519"]);
}

#[test]
fn a_key_of_another_type_is_another_key_and_its_type_is_asked_for_first() {
    let line = format!("a.example {RSA_LIKE}\n");
    assert_eq!(verdict(&line, "a.example", 22), Verdict::Changed);
    assert_eq!(known(&line).algorithms("a.example", 22), ["ssh-rsa"]);
    let both = format!("a.example {RSA_LIKE}\na.example {ED}\n");
    assert_eq!(verdict(&both, "a.example", 22), Verdict::Known);
}

#[test]
fn a_revoked_key_is_revoked_whatever_else_is_said() {
    for text in [
        format!("@revoked * {ED}\n"),
        format!("a.example {ED}\n@revoked * {ED}\n"),
        format!("@revoked a.example {ED}\n*.example {ED}\n"),
    ] {
        assert_eq!(verdict(&text, "a.example", 22), Verdict::Revoked, "{text}");
    }
    let another = format!("@revoked * {OTHER}\na.example {ED}\n");
    assert_eq!(verdict(&another, "a.example", 22), Verdict::Known);
    let elsewhere = format!("@revoked b.example {ED}\na.example {ED}\n");
    assert_eq!(verdict(&elsewhere, "a.example", 22), Verdict::Known);
    let at_another_port = format!("@revoked a.example {ED}\n");
    assert_eq!(
        verdict(&at_another_port, "a.example", 2222),
        Verdict::Revoked
    );
}

#[test]
fn an_authority_is_taken_at_its_word_where_it_is_named() {
    let text =
        format!("@cert-authority *.example {ED}\n@revoked * {OTHER}\n@cert-authority * {OTHER}\n");
    let known = known(&text);
    assert!(known.has_authority("a.example", 22));
    assert!(known.is_authority("a.example", 2222, &blob(ED)));
    assert!(!known.is_authority("a.elsewhere", 22, &blob(ED)));
    assert!(
        !known.is_authority("a.example", 22, &blob(OTHER)),
        "revoked"
    );
    // An authority's key is no server's.
    assert_eq!(known.judge("a.example", 22, &blob(ED)), Verdict::Unknown);
}

#[test]
fn what_is_not_understood_says_nothing() {
    for line in [
        "",
        "# a.example ssh-ed25519 AAAA",
        "a.example",
        "a.example ssh-ed25519",
        "a.example ssh-ed25519 !!!!",
        "a.example ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ",
        "a.example 2048 35 1234567890",
        "@later a.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ",
        "@revoked",
        "|1|a ssh-ed25519 AAAA",
        "|2|AAAA|AAAA ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ",
    ] {
        assert_eq!(known(line).0, [], "{line}");
    }
    // Any white space is between the words, and lines may end as on Windows.
    let odd = format!("  a.example \t {} \r\n", ED.replace(' ', "\t\t"));
    assert_eq!(verdict(&odd, "a.example", 22), Verdict::Known);
    let long = format!("{}a.example {ED}", "b.example,".repeat(LONGEST_LINE));
    assert_eq!(known(&long).0, []);
}

#[test]
fn base64_is_read_as_it_is_written() {
    for bytes in [&b""[..], b"a", b"ab", b"abc", b"abcd", &[0xff; 20]] {
        assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
    }
    for bad in ["a", "ab", "abc", "a===", "ab=c", "====", "ab c"] {
        assert!(decode(bad).is_none() || bad == "====", "{bad}");
    }
}

fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let held = part
            .iter()
            .fold(0_u32, |held, byte| held << 8 | u32::from(*byte));
        let held = held << (8 * (3 - part.len()));
        for digit in 0..4 {
            let value = usize::try_from(held >> (18 - 6 * digit) & 63).expect("small");
            let filled = digit <= part.len();
            text.push(if filled {
                char::from(DIGITS[value])
            } else {
                '='
            });
        }
    }
    text
}

/// As simple as it can be written.
fn is_like_slowly(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => is_like_slowly(rest, name),
        (Some((b'*', rest)), Some((_, tail))) => {
            is_like_slowly(rest, name) || is_like_slowly(pattern, tail)
        }
        (None, Some(_)) | (Some(_), None) => false,
        (Some((byte, rest)), Some((first, tail))) => {
            (*byte == b'?' || byte == first) && is_like_slowly(rest, tail)
        }
    }
}

proptest! {
    #[test]
    fn whatever_a_file_holds_is_read_without_a_panic(text in "\\PC{0,400}", host in "\\PC{0,40}", port: u16) {
        let known = known(&text);
        known.judge(&host, port, &blob(ED));
        known.algorithms(&host, port);
    }

    #[test]
    fn lines_of_the_right_words_in_any_order_are_read(words in proptest::collection::vec(
        proptest::sample::select(vec!["@revoked", "@cert-authority", "|1|", "|1|AAAA|AAAA", "*", "!a", "a.example", "\n", " ", ",", "ssh-ed25519", "AAAA", "===="]), 0..40))
    {
        known(&words.concat());
        known(&words.join(" "));
    }

    #[test]
    fn a_server_that_was_written_down_is_known_and_another_key_of_it_changed(
        host in "[a-z0-9.-]{1,30}", port in 1_u16.., salt: [u8; 20])
    {
        let called = name(&host, port);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
        let tag = hmac::sign(&key, called.as_bytes());
        for names in [called, format!("|1|{}|{}", encode(&salt), encode(tag.as_ref()))] {
            prop_assert_eq!(verdict(&format!("{names} {ED}"), &host, port), Verdict::Known);
            prop_assert_eq!(verdict(&format!("{names} {OTHER}"), &host, port), Verdict::Changed);
        }
    }

    #[test]
    fn a_pattern_stands_for_what_it_says(pattern in "[ab*?]{0,10}", name in "[ab]{0,10}") {
        prop_assert_eq!(is_like(&pattern, &name), is_like_slowly(pattern.as_bytes(), name.as_bytes()));
    }
}
