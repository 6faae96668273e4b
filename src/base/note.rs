//! A notice in the person's language, on its way from who draws to the desktop's service.

use crate::model::{Action, AlertId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub id: AlertId,
    /// One line, as it is.
    pub title: String,
    /// As it is: whoever shows it where text may be marked up has to escape it.
    pub body: String,
    /// Label and what it does, where the desktop has such.
    pub buttons: Vec<(String, Action)>,
    /// What a click beside them does, and its label: some desktops show that as a button too.
    pub open: (String, Action),
}
