//! The dialog in front, a variant a dialog with what that one shows, and the rows that whatever can
//! be set is drawn as.

use super::{Button, Msg};
use crate::model::{Action, Field, PortKey, ProviderId, Reach, TunnelId};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is wrong with what was typed, each beside its field.
pub type Errors = Vec<(Field, Msg)>;

/// The dialog in front.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialogView {
    CreateTunnel {
        title: Msg,
        /// Whom it is for, and who carries it then.
        reach: ReachChoices,
        errors: Errors,
    },
    AddPort {
        tunnel: TunnelId,
        title: Msg,
        protocols: Vec<String>,
        errors: Errors,
        submit: Msg,
    },
    /// Another protocol; `protocol` is the one that is picked when it opens.
    ChangeProtocol {
        key: PortKey,
        title: Msg,
        body: Msg,
        protocols: Vec<String>,
        protocol: String,
        errors: Errors,
        submit: Msg,
    },
    /// A question, and the button that says yes.
    Confirm {
        title: Msg,
        body: Msg,
        confirm: Button,
    },
    /// An account: where it is, and the steps on from there, the most likely first. `code` is what is
    /// to be copied for it: a command, a code.
    Account {
        title: Msg,
        body: Msg,
        code: Option<(String, Button)>,
        steps: Vec<Button>,
    },
    /// A URL for a phone's camera.
    QrCode {
        title: Msg,
        body: Msg,
        url: Option<String>,
    },
    /// What could be taken over from other programs.
    Import {
        title: Msg,
        body: Msg,
        sections: Vec<Section>,
        submit: Button,
    },
    /// What can be set.
    Settings { title: Msg, sections: Vec<Section> },
    /// Version, licence, "Made with Slint".
    About { title: Msg },
}

/// Whom a new tunnel is for: one of these is picked in a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReachChoices {
    /// This computer, this network, the internet.
    pub choices: Vec<ReachChoice>,
    /// The place of the one that is picked when the form opens.
    pub usual: usize,
    /// Why some cannot be picked, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shut: Vec<Msg>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReachChoice {
    pub reach: Reach,
    pub name: Msg,
    /// Who can open the URL then.
    pub hint: Msg,
    /// What else changes by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Msg>,
    /// It can be picked.
    pub open: bool,
    /// Who may carry it; where it is one alone nobody has to choose.
    pub providers: Vec<ProviderChoice>,
    /// The place of the one that is picked with it.
    pub usual: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderChoice {
    pub id: ProviderId,
    pub name: Msg,
    pub protocols: Vec<String>,
    /// One may say who can visit.
    pub access: bool,
    /// What confirming the form does there.
    pub submit: Msg,
    /// What may be set for a tunnel there; it is sent with the rest of the form.
    pub options: Vec<OptionRow>,
    /// The options by which it is had, sent with the rest of the form.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// What a person gets there: how far it is encrypted, how long the URL lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Msg>,
    /// What a person should know before picking it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<Msg>,
    /// So many of them are usual; the others are shown once they are asked for, or wrong.
    pub usual: usize,
    /// Why it cannot be picked now.
    pub shut: Option<Msg>,
    /// Goes on towards that.
    pub set_up: Option<Button>,
}

/// Settings that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What stands above them and how that is, in a line; the first section has neither.
    pub head: Option<(Msg, Msg)>,
    pub button: Option<Button>,
    pub rows: Vec<OptionRow>,
    /// All of it is as it comes: it is shown once it is asked for.
    pub folded: bool,
}

/// What can be set, by how that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionRow {
    /// On or off.
    Toggle {
        label: Msg,
        /// What it does, where the label does not say it.
        hint: Option<Msg>,
        on: bool,
        /// Turns it off, and on.
        set: [Action; 2],
    },
    Choice {
        label: Msg,
        /// What it may be, and what makes it so.
        choices: Vec<(Msg, Action)>,
        chosen: Option<usize>,
    },
    /// Nothing to set: a line, and more of it.
    Note {
        label: Msg,
        hint: Option<Msg>,
    },
    Text(Entry),
    /// The same, and what is typed is not to be seen.
    Secret(Entry),
    Number(Entry),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub label: Msg,
    /// What may be typed, where the label does not say it.
    pub hint: Option<Msg>,
    /// Shown while nothing is typed: an example, or what holds then.
    pub placeholder: String,
    pub text: String,
    /// Why that cannot be taken.
    pub error: Option<Msg>,
    /// What to do with what was typed, which goes into it by [`Action::with_text`].
    pub set: Action,
    /// The button that does it; without one it is done when the field is left.
    pub button: Option<Msg>,
}
