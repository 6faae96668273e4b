//! Which of our languages a visitor reads best, by what its `Accept-Language` says (RFC 9110, 12.5.4).
//!
//! The field is from outside: only so much of it is looked at, and what makes no sense is as if it were not
//! there. `fluent-langneg`, which Fluent brings, leaves out the weights.

use crate::model::Language;

/// So many bytes of it are read. Browsers send about a hundred.
pub(crate) const MAX_BYTES: usize = 1024;
/// So many ranges of it are read.
const MAX_RANGES: usize = 32;

/// How well a range names a language; the best one decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// `*`: every one that is not named.
    Any,
    /// Another variety, which its readers would rather read than another language: `pt-PT` for `pt-BR`.
    Sibling,
    /// `pt` for `pt-BR`.
    Family,
    Exact,
}

/// What is wanted of one of our languages.
#[derive(Clone, Copy)]
struct Wish {
    fit: Fit,
    /// In thousandths.
    weight: u16,
    /// What is named first is preferred among equals.
    place: usize,
}

/// The language of ours that the field's values ask for, else the default.
pub(crate) fn best<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Language {
    let mut wishes = Language::ALL.map(|language| (language, None::<Wish>));
    for (place, (range, weight)) in ranges(values).enumerate() {
        for (language, wish) in &mut wishes {
            let Some(fit) = fit(range, *language) else {
                continue;
            };
            // Who does not want one variety has said nothing of another.
            if fit == Fit::Sibling && weight == 0 {
                continue;
            }
            let new = Wish { fit, weight, place };
            let is_better = wish.is_none_or(|old| (old.fit, old.weight) < (fit, weight));
            if is_better {
                *wish = Some(new);
            }
        }
    }
    let wanted = wishes.into_iter().filter_map(|(language, wish)| {
        let wish = wish.filter(|wish| wish.weight > 0)?;
        Some((language, wish))
    });
    // Of what is named in one range, the default comes first: `*` prefers none.
    wanted
        .min_by_key(|(language, wish)| {
            let is_other = *language != Language::default();
            (u16::MAX - wish.weight, wish.place, is_other)
        })
        .map_or_else(Language::default, |(language, _)| language)
}

/// The ranges with their weights, as many as are read.
fn ranges<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = (&'a str, u16)> {
    let mut left = MAX_BYTES;
    values
        .into_iter()
        .map(move |value| {
            let read = value.get(..left).unwrap_or(value);
            left -= read.len();
            read
        })
        .flat_map(|value| value.split(|&byte| byte == b','))
        .take(MAX_RANGES)
        .filter_map(range)
}

/// One range and its weight: `pt-BR;q=0.8`.
fn range(element: &[u8]) -> Option<(&str, u16)> {
    let element = std::str::from_utf8(element).ok()?;
    let mut parts = element
        .split(';')
        .map(|part| part.trim_matches([' ', '\t']));
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match parts.next() {
        None => 1000,
        Some(parameter) => weight(parameter)?,
    };
    parts.next().is_none().then_some((tag, weight))
}

/// The value of `q=0.8` in thousandths.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{part:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

/// How well a range names a language, if it does.
fn fit(range: &str, language: Language) -> Option<Fit> {
    let tag = language.tag();
    if range == "*" {
        return Some(Fit::Any);
    }
    if range.eq_ignore_ascii_case(tag) {
        return Some(Fit::Exact);
    }
    let family = |tag: &'_ str| tag.split('-').next().map(str::to_ascii_lowercase);
    (family(range) == family(tag)).then_some(if range.contains('-') {
        Fit::Sibling
    } else {
        Fit::Family
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(field: &str) -> Language {
        best([field.as_bytes()])
    }

    #[test]
    fn the_heaviest_language_that_we_have_is_taken() {
        for pt in [
            "pt-BR",
            "PT-br",
            "pt",
            "pt-PT",
            "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7",
            "en;q=0.5, pt;q=0.501",
            "en;q=0.9,pt-BR",
            "fr, pt;q=0.1",
            "en;q=0, *",
            " pt-BR ; Q=1.000 , en;q=0.999",
            // An exact range speaks for itself, whatever the family's says.
            "pt;q=0.1, pt-BR;q=0.9, en;q=0.5",
            "pt-PT;q=0, pt;q=0.5",
            // Among equals what comes first.
            "pt, en",
        ] {
            assert_eq!(of(pt), Language::PtBr, "{pt}");
        }
        for en in [
            "",
            "*",
            "fr",
            "fr, *;q=0.5",
            "en, pt",
            "en-GB, pt;q=0.9",
            "pt-BR;q=0",
            "pt, pt-BR;q=0",
            "pt;q=0.5, en;q=0.501",
            "pt;q=0.9, pt-BR;q=0.1, en;q=0.5",
            "pt-PT;q=0",
            "ptx",
        ] {
            assert_eq!(of(en), Language::EnUs, "{en}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_as_if_it_were_not_there() {
        for garbage in [
            "pt;q=2",
            "pt;q=1.001",
            "pt;q=0.1234",
            "pt;q=-1",
            "pt;q=",
            "pt;q=.5",
            "pt;q=0,5",
            "pt;level=1",
            "pt;q=1;q=1",
            ";q=1",
            "pt br",
            ",,;,=",
            "\u{e7}pt",
        ] {
            assert_eq!(of(garbage), Language::EnUs, "{garbage}");
            let with_sense = format!("{garbage}, pt-BR;q=0.2");
            assert_eq!(of(&with_sense), Language::PtBr, "{with_sense}");
        }
        let mut lines = vec![&b"\xff\xfe"[..]; 3];
        lines.push(b"pt-BR");
        assert_eq!(best(lines), Language::PtBr);
        assert_eq!(best([]), Language::EnUs);
    }

    #[test]
    fn so_much_of_it_is_read() {
        let far = "x".repeat(MAX_BYTES) + ", pt-BR";
        assert_eq!(of(&far), Language::EnUs);
        let many = "fr,".repeat(MAX_RANGES) + "pt-BR";
        assert_eq!(of(&many), Language::EnUs);
        let near = "fr,".repeat(MAX_RANGES - 1) + "pt-BR";
        assert_eq!(of(&near), Language::PtBr);
    }

    proptest! {
        #[test]
        fn anything_has_an_answer(lines in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..600), 0..6,
        )) {
            best(lines.iter().map(Vec::as_slice));
        }

        #[test]
        fn the_weights_decide(en in 0_u16..=1000, pt in 0_u16..=1000, other in 0_u16..=1000) {
            let q = |weight: u16| match weight {
                1000 => "1".to_owned(),
                weight => format!("0.{weight:03}"),
            };
            let field = format!("fr;q={},pt-BR;q={},en-US;q={}", q(other), q(pt), q(en));
            let expected = if pt > 0 && pt >= en { Language::PtBr } else { Language::EnUs };
            prop_assert_eq!(of(&field), expected);
        }
    }
}
