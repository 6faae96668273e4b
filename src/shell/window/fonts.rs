//! Asks what fonts there are: without any Slint panics at start, and it knows no generic family for
//! fixed width.

use fontique::{Collection, CollectionOptions, GenericFamily};

/// Whether text can be drawn on this computer.
pub fn available() -> bool {
    let named = ["SLINT_DEFAULT_FONT", "SLINT_FONT_PATH"];
    if named.iter().any(|name| std::env::var_os(name).is_some()) {
        return true;
    }
    system().family_names().next().is_some()
}

/// The name of the system's fixed-width family.
pub(super) fn monospace() -> Option<String> {
    let mut fonts = system();
    let family = fonts.generic_families(GenericFamily::Monospace).next()?;
    fonts.family_name(family).map(str::to_owned)
}

fn system() -> Collection {
    Collection::new(CollectionOptions {
        shared: false,
        system_fonts: true,
    })
}
