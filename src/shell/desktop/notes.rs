//! Which notices go to the desktop: what the person had before their eyes in the window is none.

use crate::base::note::Note;
use crate::model::AlertId;
use crate::view::{AlertView, Button, Msg};
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Those of the last view.
    known: BTreeSet<AlertId>,
    /// Those of them that came while the window was in front.
    seen: BTreeSet<AlertId>,
    last: Vec<Note>,
}

impl Notes {
    /// What is to be on the desktop from now on, if that is something else than before.
    pub(super) fn follow(
        &mut self,
        alerts: &[AlertView],
        in_front: bool,
        format: &dyn Fn(&Msg) -> String,
    ) -> Option<Vec<Note>> {
        let now: BTreeSet<AlertId> = alerts.iter().map(|alert| alert.id).collect();
        self.seen.retain(|id| now.contains(id));
        if in_front {
            self.seen.extend(now.difference(&self.known));
        }
        self.known = now;
        let unseen = alerts.iter().filter(|alert| !self.seen.contains(&alert.id));
        let notes: Vec<Note> = unseen.map(|alert| note(alert, format)).collect();
        (notes != self.last).then(|| {
            self.last.clone_from(&notes);
            notes
        })
    }
}

fn note(alert: &AlertView, format: &dyn Fn(&Msg) -> String) -> Note {
    let shown = |button: &Button| (format(&button.label), button.action.clone());
    Note {
        id: alert.id,
        title: format(&alert.title),
        body: format(&alert.body),
        buttons: alert.buttons.iter().map(shown).collect(),
        open: shown(&alert.open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Action;

    fn alert(id: u64) -> AlertView {
        AlertView {
            id: AlertId::Told(id),
            title: Msg::plain("title"),
            body: Msg::plain("body"),
            buttons: vec![],
            open: Button {
                label: Msg::plain("show"),
                action: Action::OpenWindow,
                enabled: true,
            },
        }
    }

    fn ids(notes: Option<Vec<Note>>) -> Option<Vec<AlertId>> {
        notes.map(|notes| notes.into_iter().map(|note| note.id).collect())
    }

    #[test]
    fn what_came_before_ones_eyes_is_not_told_when_the_window_goes() {
        let mut notes = Notes::default();
        let mut follow = |alerts: &[AlertView], in_front| {
            ids(notes.follow(alerts, in_front, &|msg| msg.id.to_owned()))
        };
        let (one, two) = (AlertId::Told(1), AlertId::Told(2));
        assert_eq!(follow(&[alert(1)], true), None, "it is seen");
        assert_eq!(follow(&[alert(1)], false), None, "and stays so");
        assert_eq!(follow(&[alert(1), alert(2)], false), Some(vec![two]));
        assert_eq!(
            follow(&[alert(1), alert(2)], true),
            None,
            "what is on the desktop stays while it says what is"
        );
        assert_eq!(follow(&[], true), Some(vec![]));
        assert_eq!(follow(&[alert(1)], false), Some(vec![one]));
    }
}
