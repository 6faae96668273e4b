//! The window: draws a [`View`] and hands back the [`Action`] of what was clicked.
//!
//! It keeps the last view only to skip what did not change. It never asks a widget how things are.

mod cards;
mod dialog;
mod fonts;
mod map;
mod place;
mod qr;
mod reach;
mod stage;
mod sync;

use crate::model::{Action, DialogKind, ProviderId, Setting, Theme, parse_target};
use crate::shell::text::Catalogue;
use crate::shell::{labels, ui};
use crate::view::{Panel, View, WindowView};
use cards::Cards;
use dialog::Dialog;
use map::{Text, action};
use reach::Picker;
use slint::language::ColorScheme;
use slint::winit_030::WinitWindowAccessor;
use slint::{CloseRequestResponse, ComponentHandle, Model as _, VecModel};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

pub use fonts::available as fonts_available;
pub use place::{WindowSystem, WorkArea};
pub use stage::{Stage, Visibility};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing to draw text with.
    #[error(
        "no font is installed, so no text can be drawn: install one (on Debian: apt install fonts-dejavu-core)"
    )]
    NoFont,
    /// The desktop has no display for us, or refuses.
    #[error("the desktop shows no window: {0}")]
    Platform(#[from] slint::PlatformError),
}

/// The window. It lives on Slint's thread.
pub struct Window {
    ui: ui::MainWindow,
    models: Rc<Models>,
    last: RefCell<Option<Arc<View>>>,
    dialog: Rc<Dialog>,
    first_run: Rc<Picker>,
}

#[derive(Default)]
struct Models {
    cards: Cards,
    chips: Rc<VecModel<ui::Chip>>,
    banners: Rc<VecModel<ui::BannerItem>>,
    facts: Rc<VecModel<ui::Fact>>,
    url_buttons: Rc<VecModel<ui::Click>>,
    buttons: Rc<VecModel<ui::Click>>,
    latency: Rc<VecModel<f32>>,
    traffic: Rc<VecModel<f32>>,
    uptime: Rc<VecModel<ui::BadgeState>>,
    timeline: Rc<VecModel<ui::Moment>>,
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window").finish_non_exhaustive()
    }
}

impl Window {
    /// Makes the window, hidden and empty. `on_action` is told of every click.
    ///
    /// # Errors
    /// No font, or no display.
    pub fn new(on_action: impl Fn(Action) + 'static) -> Result<Self, OpenError> {
        if !fonts_available() {
            return Err(OpenError::NoFont);
        }
        let window = Self {
            ui: ui::MainWindow::new()?,
            models: Rc::default(),
            last: RefCell::default(),
            dialog: Rc::default(),
            first_run: Rc::default(),
        };
        window.models.attach(&window.ui);
        window.dialog.attach(&window.ui.global::<ui::Dialogs>());
        window.fill_constants();
        window.connect(Rc::new(on_action));
        Ok(window)
    }

    /// Draws what changed since the last time.
    pub fn render(&self, view: &Arc<View>, catalogue: &Catalogue) {
        let last = self.last.replace(Some(Arc::clone(view)));
        let language = last.as_ref().map(|last| last.language);
        let shift = last.as_ref().map(|last| last.clock_shift);
        // A clock that was set moves every time of day.
        let afresh = language != Some(view.language) || shift != Some(view.clock_shift);
        if afresh {
            self.fill_labels(catalogue);
        }
        let theme = last.as_ref().map(|last| last.theme).unwrap_or_default();
        if theme != view.theme {
            self.set_theme(view.theme);
        }
        if last.is_none() {
            self.ui.global::<ui::Shell>().set_ready(true);
        }
        let old = last.as_ref().filter(|_| !afresh);
        self.render_window(&view.window, old.map(|old| &old.window), &Text(catalogue));
    }

    /// Shows the window.
    pub fn show(&self) -> Result<(), OpenError> {
        self.ui.window().set_minimized(false);
        Ok(self.ui.show()?)
    }

    /// Takes the window off the screen; the program lives on.
    pub fn hide(&self) -> Result<(), OpenError> {
        Ok(self.ui.hide()?)
    }

    /// Minimises the window: for desktops where nothing else would bring it back.
    pub fn minimise(&self) {
        self.ui.window().set_minimized(true);
    }

    /// Raises the window above others. [`Self::show`] alone does not raise what is shown already.
    pub fn focus(&self) {
        self.ui
            .window()
            .with_winit_window(slint::winit_030::winit::window::Window::focus_window);
    }

    /// Whether the window is on screen and not minimised.
    pub fn is_visible(&self) -> bool {
        self.ui.window().is_visible() && !self.ui.window().is_minimized()
    }

    /// The Slint component: for tests and snapshots.
    pub fn ui(&self) -> &ui::MainWindow {
        &self.ui
    }

    fn fill_constants(&self) {
        if let Some(family) = fonts::monospace() {
            self.ui.global::<ui::Theme>().set_mono(family.into());
        }
        let shell = self.ui.global::<ui::Shell>();
        let open = |dialog| action(&Action::OpenDialog { dialog });
        shell.set_version(env!("CARGO_PKG_VERSION").into());
        shell.set_new_tunnel(open(DialogKind::CreateTunnel));
        shell.set_dismiss_toast(action(&Action::DismissToast));
        shell.set_quit(action(&Action::Quit));
        shell.set_close_window(action(&Action::CloseWindow));
        shell.set_imports(open(DialogKind::Import));
        shell.set_settings(open(DialogKind::Settings));
        shell.set_about(open(DialogKind::About));
        shell.set_refresh(action(&Action::Refresh));
        let scheme = |theme| {
            let setting = Setting::Theme(theme);
            action(&Action::Set { setting })
        };
        shell.set_set_light(scheme(Theme::Light));
        shell.set_set_dark(scheme(Theme::Dark));
        self.ui
            .global::<ui::Dialogs>()
            .set_close(action(&Action::CloseDialog));
    }

    fn connect(&self, on_action: Rc<dyn Fn(Action)>) {
        let shell = self.ui.global::<ui::Shell>();
        let send = Rc::clone(&on_action);
        shell.on_act(move |does| clicked(&does).into_iter().for_each(&*send));
        let send = Rc::clone(&on_action);
        shell.on_enter(move |does, text| {
            let entered = clicked(&does).map(|action| action.with_text(&text));
            entered.into_iter().for_each(&*send);
        });
        shell.on_is_target(|text| parse_target(&text).is_ok());
        shell.on_matches(|haystack, filter| map::matches(&haystack, &filter));
        self.connect_rows();
        self.connect_opens();
        self.connect_dialogs(&on_action);
        self.connect_first_run(&on_action);
        self.ui.window().on_close_requested(move || {
            on_action(Action::CloseWindow);
            // Whether it is hidden or minimised is not decided here.
            CloseRequestResponse::KeepWindowShown
        });
    }

    fn connect_rows(&self) {
        let models = Rc::clone(&self.models);
        let ui = self.ui.as_weak();
        self.ui
            .global::<ui::Tunnels>()
            .on_neighbour(move |place, step| {
                ui.upgrade().map_or(-1, |ui| {
                    let filter = ui.global::<ui::Shell>().get_filter();
                    models.cards.neighbour(place, step, &filter)
                })
            });
    }

    fn connect_opens(&self) {
        let models = Rc::clone(&self.models);
        let tunnels = self.ui.global::<ui::Tunnels>();
        tunnels.on_opens(move |place| models.cards.opens(place));
    }

    fn connect_dialogs(&self, on_action: &Rc<dyn Fn(Action)>) {
        let dialogs = self.ui.global::<ui::Dialogs>();
        let (send, dialog) = (Rc::clone(on_action), Rc::clone(&self.dialog));
        dialogs.on_submit(move |typed| dialog.submitted(typed).into_iter().for_each(&*send));
        let (dialog, ui) = (Rc::clone(&self.dialog), self.ui.as_weak());
        dialogs.on_pick_reach(move |index| {
            if let (Some(ui), Ok(index)) = (ui.upgrade(), usize::try_from(index)) {
                dialog.pick_reach(&ui.global::<ui::Dialogs>(), index);
            }
        });
        let (dialog, ui) = (Rc::clone(&self.dialog), self.ui.as_weak());
        dialogs.on_pick_provider(move |index| {
            if let (Some(ui), Ok(index)) = (ui.upgrade(), usize::try_from(index)) {
                dialog.pick_provider(&ui.global::<ui::Dialogs>(), index);
            }
        });
        let dialog = Rc::clone(&self.dialog);
        dialogs.on_pick(move |does| {
            if let Some(action) = clicked(&does) {
                dialog.enter(action);
            }
        });
        let dialog = Rc::clone(&self.dialog);
        dialogs.on_enter(move |does, text| {
            if let Some(action) = clicked(&does) {
                dialog.enter(action.with_text(&text));
            }
        });
        dialogs.on_place(|words, word| {
            let place = words.iter().position(|other| other == word);
            place.and_then(|at| i32::try_from(at).ok()).unwrap_or(0)
        });
    }

    fn connect_first_run(&self, on_action: &Rc<dyn Fn(Action)>) {
        let first_run = self.ui.global::<ui::FirstRun>();
        let (send, picker) = (Rc::clone(on_action), Rc::clone(&self.first_run));
        first_run.on_share(move |target| {
            let target = target.to_string();
            let share = picker.with_picked(|choice, carrier| Action::Share {
                target: target.clone(),
                provider: carrier.id,
                reach: Some(choice.reach),
            });
            // Before it is known whom it may be for it is for those whom the relay in use reaches.
            send(share.unwrap_or(Action::Share {
                target,
                provider: ProviderId::RELAY,
                reach: None,
            }));
        });
        let (picker, ui) = (Rc::clone(&self.first_run), self.ui.as_weak());
        first_run.on_pick_reach(move |index| {
            if let (Some(ui), Ok(index)) = (ui.upgrade(), usize::try_from(index)) {
                picker.pick_reach(index);
                ui.global::<ui::FirstRun>().set_reach(picker.item());
            }
        });
        let (picker, ui) = (Rc::clone(&self.first_run), self.ui.as_weak());
        first_run.on_pick_provider(move |index| {
            if let (Some(ui), Ok(index)) = (ui.upgrade(), usize::try_from(index)) {
                picker.pick_provider(index);
                ui.global::<ui::FirstRun>().set_reach(picker.item());
            }
        });
    }

    fn fill_labels(&self, catalogue: &Catalogue) {
        let tr = self.ui.global::<ui::Tr>();
        labels::fill_labels(&tr, |id| catalogue.label(id).into());
    }

    fn set_theme(&self, theme: Theme) {
        self.ui.global::<ui::Theme>().set_scheme(match theme {
            Theme::System => ColorScheme::Unknown,
            Theme::Light => ColorScheme::Light,
            Theme::Dark => ColorScheme::Dark,
        });
    }

    fn render_window(&self, view: &WindowView, old: Option<&WindowView>, text: &Text<'_>) {
        let shell = self.ui.global::<ui::Shell>();
        if old.map(|old| &old.header) != Some(&view.header) {
            shell.set_line(text.of(&view.header.line));
            let chips = view.header.chips.iter().map(|(state, msg)| ui::Chip {
                state: map::badge(*state),
                text: text.of(msg),
            });
            sync::values(&self.models.chips, chips.collect());
        }
        if old.map(|old| &old.banners) != Some(&view.banners) {
            let banners = view.banners.iter().map(|banner| text.banner(banner));
            sync::values(&self.models.banners, banners.collect());
        }
        if old.map(|old| &old.cards) != Some(&view.cards) {
            let cards = &self.models.cards;
            if cards.render(&view.cards, text, old.is_none()) {
                self.ui.invoke_refocus();
            }
        }
        if old.map(|old| &old.panel) != Some(&view.panel) {
            self.render_panel(view.panel.as_ref(), text);
        }
        if old.map(|old| &old.toast) != Some(&view.toast) {
            shell.set_toast(text.opt(view.toast.as_ref()));
        }
        if old.map(|old| &old.quitting) != Some(&view.quitting) {
            shell.set_quitting(text.opt(view.quitting.as_ref()));
        }
        if old.map(|old| &old.menu) != Some(&view.menu) {
            shell.set_menu(text.menu(&view.menu));
        }
        if old.map(|old| &old.first_run) != Some(&view.first_run) {
            let begins = old.is_none_or(|old| old.first_run.is_none());
            self.first_run.offer(view.first_run.as_ref(), begins, text);
            let first_run = self.ui.global::<ui::FirstRun>();
            first_run.set_reach(self.first_run.item());
        }
        if old.map(|old| &old.dialog) != Some(&view.dialog) {
            self.dialog.render(&self.ui, view.dialog.as_ref(), text);
        }
    }

    fn render_panel(&self, panel: Option<&Panel>, text: &Text<'_>) {
        let details = self.ui.global::<ui::Details>();
        details.set_shown(panel.is_some());
        let Some(panel) = panel else {
            return;
        };
        let models = &self.models;
        details.set_item(text.panel(panel));
        sync::values(&models.url_buttons, text.buttons(&panel.url_buttons));
        sync::values(&models.buttons, text.buttons(&panel.buttons));
        let facts = panel.facts.iter().map(|(label, value)| ui::Fact {
            label: text.of(label),
            value: text.of(value),
        });
        sync::values(&models.facts, facts.collect());
        sync::values(&models.latency, panel.latency.clone());
        sync::values(&models.traffic, panel.traffic.clone());
        let parts = panel.uptime.iter().flat_map(|(_, parts)| parts);
        sync::values(&models.uptime, parts.copied().map(map::badge).collect());
        let moments = panel.timeline.iter().map(|entry| text.moment(entry));
        sync::values(&models.timeline, moments.collect());
    }
}

impl Models {
    fn attach(&self, ui: &ui::MainWindow) {
        let shell = ui.global::<ui::Shell>();
        shell.set_chips(Rc::clone(&self.chips).into());
        shell.set_banners(Rc::clone(&self.banners).into());
        ui.global::<ui::Tunnels>().set_cards(self.cards.model());
        let details = ui.global::<ui::Details>();
        details.set_facts(Rc::clone(&self.facts).into());
        details.set_url_buttons(Rc::clone(&self.url_buttons).into());
        details.set_buttons(Rc::clone(&self.buttons).into());
        details.set_latency(Rc::clone(&self.latency).into());
        details.set_traffic(Rc::clone(&self.traffic).into());
        details.set_uptime(Rc::clone(&self.uptime).into());
        details.set_timeline(Rc::clone(&self.timeline).into());
    }
}

/// The action that a click hands back, as [`action`] made it.
fn clicked(does: &str) -> Option<Action> {
    let action = serde_json::from_str(does);
    let lost = |error: &serde_json::Error| {
        tracing::error!(%does, %error, "a click without an action");
    };
    action.inspect_err(lost).ok()
}
