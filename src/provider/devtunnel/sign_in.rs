//! Who signs a person in.

/// Who signs the person in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// A Microsoft account, personal, of work or of school.
    #[default]
    Microsoft,
    GitHub,
}

impl Identity {
    /// Its name in files.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Microsoft => "microsoft",
            // As files have had it from the start.
            Self::GitHub => "git-hub",
        }
    }

    /// The one of this key; the default for any other.
    pub fn of(key: &str) -> Self {
        let all = [Self::Microsoft, Self::GitHub];
        let found = all.into_iter().find(|identity| identity.key() == key);
        found.unwrap_or_default()
    }
}
