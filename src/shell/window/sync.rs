//! Changes a Slint model in place: what did not change keeps its focus, scroll and selection.

use slint::{Model, VecModel};

/// Makes `model` hold `new`, touching only the rows that differ.
pub(super) fn values<T: Clone + PartialEq + 'static>(model: &VecModel<T>, new: Vec<T>) {
    values_by(model, new, VecModel::set_row_data);
}

/// The same, with another way to set a row.
pub(super) fn values_by<T: Clone + PartialEq + 'static>(
    model: &VecModel<T>,
    new: Vec<T>,
    set: fn(&VecModel<T>, usize, T),
) {
    while model.row_count() > new.len() {
        model.remove(model.row_count() - 1);
    }
    for (index, value) in new.into_iter().enumerate() {
        match model.row_data(index) {
            Some(old) if old == value => {}
            Some(_) => set(model, index, value),
            None => model.push(value),
        }
    }
}

/// Puts `value` into a row of a model that stands in a row of another model.
///
/// When the outer row was set and nothing was drawn since, Slint 1.18 marks the inner row as changed
/// and forgets to look at it again. A row that comes and goes makes it look.
pub(super) fn set_nested<T: Clone + 'static>(model: &VecModel<T>, index: usize, value: T) {
    model.set_row_data(index, value.clone());
    model.push(value);
    model.remove(model.row_count() - 1);
}

/// Makes `shown` and `model` hold one entry a key, in order. What is kept is kept as it is; what is
/// new is made.
pub(super) fn align<K: PartialEq, S, T: Clone + 'static>(
    shown: &mut Vec<S>,
    model: &VecModel<T>,
    keys: &[K],
    key_of: impl Fn(&S) -> &K,
    mut make: impl FnMut(usize) -> (S, T),
) {
    for index in (0..shown.len()).rev() {
        if !keys.contains(key_of(&shown[index])) {
            shown.remove(index);
            model.remove(index);
        }
    }
    for (index, key) in keys.iter().enumerate() {
        match shown.iter().position(|entry| key_of(entry) == key) {
            Some(at) if at == index => {}
            Some(at) => {
                let entry = shown.remove(at);
                shown.insert(index, entry);
                let row = model.remove(at);
                model.insert(index, row);
            }
            None => {
                let (entry, row) = make(index);
                shown.insert(index, entry);
                model.insert(index, row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(model: &VecModel<u8>) -> Vec<u8> {
        model.iter().collect()
    }

    proptest! {
        #[test]
        fn values_end_up_as_given(old in proptest::collection::vec(0u8..5, 0..6), new in proptest::collection::vec(0u8..5, 0..6)) {
            let model = VecModel::from(old);
            values(&model, new.clone());
            prop_assert_eq!(rows(&model), new);
        }

        #[test]
        fn keys_end_up_as_given_and_only_new_ones_are_made(
            old in proptest::sample::subsequence(vec![1u8, 2, 3, 4, 5, 6], 0..6),
            new in Just(vec![1u8, 2, 3, 4, 5, 6]).prop_shuffle(),
            take in 0usize..6,
        ) {
            let new = &new[..take];
            let mut shown = old.clone();
            let model = VecModel::from(old.clone());
            let mut made = vec![];
            align(&mut shown, &model, new, |key| key, |index| {
                made.push(new[index]);
                (new[index], new[index])
            });
            prop_assert_eq!(&shown, new);
            prop_assert_eq!(rows(&model), new);
            prop_assert!(made.iter().all(|key| !old.contains(key)));
        }
    }
}
