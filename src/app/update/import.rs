//! Taking over from other programs: what is in their files is shown, and made once the person says so. And
//! the way back, a backup.

use super::Update;
use crate::app::event::{AskNumber, Command};
use crate::import::Plan;
use crate::model::{
    DialogKind, FileError, Found, ImportFacts, ImportSource, Outcome, Pending, Planned, Toast,
};
use crate::store::Backup;

impl Update<'_> {
    /// Has a file read, or those in the usual places.
    pub(super) fn look_for_imports(&mut self, file: &str) {
        let asked = self.state.ledger.next();
        let file = Some(file.trim()).filter(|file| !file.is_empty());
        self.state.inputs.import = Some(ImportFacts {
            asked,
            looking: true,
            ..ImportFacts::default()
        });
        let file = file.map(str::to_owned);
        self.commands.push(Command::ReadImports { asked, file });
    }

    /// What is in them. Nobody keeps it who has put the dialog away.
    pub(super) fn handle_imports(
        &mut self,
        asked: AskNumber,
        result: Result<Vec<ImportSource>, FileError>,
    ) {
        let is_open = self
            .state
            .inputs
            .dialog
            .as_ref()
            .is_some_and(|it| it.kind == DialogKind::Import);
        let is_asked = |facts: &ImportFacts| facts.asked == asked;
        if !is_open || !self.state.inputs.import.as_ref().is_some_and(is_asked) {
            return;
        }
        let (sources, error) = match result {
            Ok(sources) => (sources, None),
            Err(error) => (vec![], Some(error)),
        };
        let found = sources.iter().flat_map(|source| &source.import.found);
        let planned = self.plan(found.cloned());
        self.state.inputs.import = Some(ImportFacts {
            asked,
            sources,
            planned,
            error,
            ..ImportFacts::default()
        });
    }

    /// Saves what there is now to a file, unless that is less than the person has: it would be taken for all.
    pub(super) fn save_backup(&mut self, file: &str) {
        let file = file.trim();
        if file.is_empty() {
            return;
        }
        let inputs = &self.state.inputs;
        let mut lacking = inputs.notices.iter().filter_map(|it| it.kind.lost_of());
        if let Some(lacking) = lacking.find(|file| Backup::FILES.contains(file)) {
            let file = lacking.to_owned();
            let result = Err(FileError::NotWhole { file });
            return self.show_toast(Toast::Backup { result });
        }
        let backup = Box::new(Backup {
            made_at: self.at,
            settings: inputs.settings.clone(),
            tunnels: inputs.tunnels.clone(),
        });
        let file = file.to_owned();
        self.commands.push(Command::SaveBackup { file, backup });
    }

    fn plan(&self, found: impl Iterator<Item = Found>) -> Vec<Planned> {
        let inputs = &self.state.inputs;
        let mut tunnels = inputs.tunnels.clone();
        for pending in &inputs.pending {
            pending.apply(&mut tunnels);
        }
        let mut plan = Plan::beside(&tunnels, &inputs.providers, &inputs.tokens, self.at);
        found.map(|found| plan.add(found)).collect()
    }

    pub(super) fn pick_import(&mut self, at: usize, on: bool) {
        if let Some(facts) = &mut self.state.inputs.import {
            if on {
                facts.unpicked.remove(&at);
            } else {
                facts.unpicked.insert(at);
            }
        }
    }

    /// Makes what is picked; nothing of it is hosted.
    pub(super) fn import(&mut self) {
        self.state.inputs.dialog = None;
        let Some(facts) = self.state.inputs.import.take() else {
            return;
        };
        let tokens = facts.sources.iter().flat_map(|it| &it.import.tokens);
        for (account, token) in tokens {
            if self.state.inputs.tokens.insert(account.clone()) {
                let keep = Command::KeepToken(account.clone(), token.clone());
                self.commands.push(keep);
            }
        }
        let picked = facts.picked();
        // What is there may have changed since it was shown.
        let mut count = 0;
        for planned in self.plan(picked.into_iter()) {
            if let Outcome::New { tunnel, secrets } = planned.outcome {
                count += 1;
                self.state.ledger.imported.insert(tunnel.id.clone());
                let keep = secrets.into_iter();
                self.commands
                    .extend(keep.map(|(name, secret)| Command::KeepSecret(name, secret)));
                self.ask(Pending::Create(*tunnel));
            }
        }
        self.show_toast(Toast::Imported { count });
    }
}
