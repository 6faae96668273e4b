//! What a name that nobody has was most likely meant to be: pure.

/// The name that is nearest to what was typed, if one is near enough: a slip or two, or its beginning.
pub fn nearest<'n>(typed: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let typed = typed.to_lowercase();
    let allowed = (typed.chars().count() / 3).clamp(1, 2);
    let far = |name: &str| {
        let name = name.to_lowercase();
        let is_begun = typed.chars().count() >= 2 && name.starts_with(&typed);
        if is_begun { 0 } else { distance(&typed, &name) }
    };
    names
        .map(|name| (far(name), name))
        .filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

/// How many letters have to be put in, taken out or replaced, or neighbours swapped (Damerau-Levenshtein,
/// optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(left != right);
            let mut fewest = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_beginnings_are_understood_and_other_names_left_alone() {
        let names = ["my-shop", "api", "blog"];
        for (typed, meant) in [
            ("my-shpo", Some("my-shop")),
            ("my-sho", Some("my-shop")),
            ("MY-SHOPS", Some("my-shop")),
            ("my", Some("my-shop")),
            ("apy", Some("api")),
            ("a", None),
            ("", None),
            ("database", None),
        ] {
            assert_eq!(nearest(typed, names.into_iter()), meant, "{typed}");
        }
    }

    #[test]
    fn the_distance_is_that_of_the_fewest_slips() {
        for (a, b, slips) in [("", "abc", 3), ("ab", "ba", 1), ("kitten", "sitting", 3)] {
            assert_eq!((distance(a, b), distance(b, a)), (slips, slips));
        }
    }
}
