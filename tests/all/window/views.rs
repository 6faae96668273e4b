//! Views made by hand: what the fold might say, in two languages.

use underpass::model::{
    AccountId, AccountState, Action, Dialog, DialogKind, Inputs, Language, PortKey, PortNumber,
    Setting, Theme, TunnelId, UnixMillis,
};
use underpass::provider::devtunnel::OFFERS;
use underpass::provider::registry;
use underpass::view::{
    Badge, Banner, Button, Card, Header, Msg, Panel, Row, TimelineEntry, TrayView, View,
    WindowView, fold,
};

/// Words in the language of the scene. A key that no file has is shown as it is.
#[derive(Clone, Copy)]
pub struct Scene {
    pub language: Language,
    pub theme: Theme,
}

pub const ENGLISH: Scene = Scene {
    language: Language::EnUs,
    theme: Theme::Light,
};

pub const PORTUGUESE: Scene = Scene {
    language: Language::PtBr,
    theme: Theme::Dark,
};

pub fn tunnel(id: &str) -> TunnelId {
    TunnelId::new(id).expect("a valid id")
}

pub fn key(id: &str, port: u16) -> PortKey {
    PortKey::new(&tunnel(id), PortNumber::new(port).expect("a port"))
}

impl Scene {
    pub fn say(self, en: &'static str, pt: &'static str) -> Msg {
        let id = match self.language {
            Language::EnUs => en,
            Language::PtBr => pt,
        };
        Msg { id, args: vec![] }
    }

    pub fn button(self, en: &'static str, pt: &'static str, action: Action) -> Button {
        Button {
            label: self.say(en, pt),
            action,
            enabled: true,
        }
    }

    /// What the fold makes of one account and nothing else.
    pub fn folded(self, dialog: Option<DialogKind>) -> View {
        let dialog = dialog.map(|kind| Dialog {
            kind,
            errors: vec![],
        });
        let mut inputs = Inputs {
            dialog,
            providers: registry::catalog(),
            ..Inputs::default()
        };
        inputs.settings.language = Some(self.language);
        inputs.settings.theme = self.theme;
        inputs.account_mut(&AccountId::only(OFFERS.id)).state = AccountState::Ready {
            user: "ana@example.org".to_owned(),
            via: "Microsoft".to_owned(),
        };
        fold(&inputs, UnixMillis(1))
    }

    pub fn empty(self) -> View {
        let line = self.say("Nothing is hosted", "Nada está hospedado");
        View {
            tick: None,
            clock_shift: underpass::model::ClockShift::default(),
            language: self.language,
            theme: self.theme,
            window: WindowView {
                header: Header {
                    working: 0,
                    needs_you: 0,
                    line: line.clone(),
                    chips: vec![],
                },
                cards: vec![],
                panel: None,
                dialog: None,
                banners: vec![],
                toast: None,
                quitting: None,
                menu: self.folded(None).window.menu,
                first_run: self.folded(None).window.first_run,
            },
            alerts: vec![],
            tray: TrayView {
                worst: None,
                tooltip: line,
                menu: vec![],
            },
        }
    }

    pub fn busy(self) -> View {
        let mut view = self.empty();
        let window = &mut view.window;
        window.first_run = None;
        window.header = Header {
            working: 2,
            needs_you: 1,
            line: self.say(
                "2 working, 1 needs attention",
                "2 funcionando, 1 exige atenção",
            ),
            chips: vec![
                (Badge::Working, self.say("2 working", "2 funcionando")),
                (
                    Badge::ServiceDown,
                    self.say("1 needs attention", "1 exige atenção"),
                ),
            ],
        };
        let mut frontend = self.card(
            "frontend",
            true,
            vec![
                self.row(
                    "frontend",
                    3000,
                    Badge::Working,
                    "http",
                    "frontend.localhost:7480",
                ),
                self.row(
                    "frontend",
                    5173,
                    Badge::ServiceDown,
                    "http",
                    "frontend-5173.localhost:7480",
                ),
            ],
        );
        frontend.public = true;
        frontend.access = Some(self.say("public", "público"));
        let apis = self.card(
            "apis",
            false,
            vec![self.row("apis", 8049, Badge::Stopped, "auto", "apis.localhost:7480")],
        );
        let mut database = self.card(
            "database",
            true,
            vec![
                self.row("database", 5432, Badge::Private, "tcp", "localhost:7500"),
                self.row(
                    "database",
                    8080,
                    Badge::Reconnecting,
                    "https",
                    "a-very-long-…nel.relay.example.org",
                ),
            ],
        );
        database.provider = self.say("relay.example.org", "relay.example.org");
        database.expiry = Some(self.say("29 d", "29 d"));
        window.cards = vec![frontend, apis, database];
        view
    }

    pub fn card(self, id: &str, hosted: bool, rows: Vec<Row>) -> Card {
        let tunnel = tunnel(id);
        let of = || tunnel.clone();
        let open = |dialog| Action::OpenDialog { dialog };
        let primary = if hosted {
            self.button("Stop", "Parar", Action::Stop { tunnel: of() })
        } else {
            self.button("Host", "Hospedar", Action::Host { tunnel: of() })
        };
        Card {
            tunnel: of(),
            name: id.to_owned(),
            provider: self.say("built-in relay", "relay embutido"),
            access: Some(self.say("this computer", "este computador")),
            public: false,
            expiry: None,
            primary,
            menu: vec![
                self.button(
                    "Add a port…",
                    "Adicionar porta…",
                    open(DialogKind::AddPort { tunnel: of() }),
                ),
                self.button(
                    "Reconnect now",
                    "Reconectar agora",
                    Action::Reconnect { tunnel: of() },
                ),
                self.button(
                    "Delete…",
                    "Excluir…",
                    open(DialogKind::DeleteTunnel { tunnel: of() }),
                ),
            ],
            rows,
        }
    }

    pub fn word(self, badge: Badge) -> Msg {
        match badge {
            Badge::Working => self.say("Working", "Funcionando"),
            Badge::Slow => self.say("Slow", "Lento"),
            Badge::Full => self.say("Full", "Lotado"),
            Badge::Private => self.say("Private", "Privado"),
            Badge::Unchecked => self.say("Not checked", "Não verificado"),
            Badge::Busy => self.say("Busy", "Ocupado"),
            Badge::ServiceDown => self.say("Service down", "Serviço parado"),
            Badge::Held => self.say("Connections held", "Conexões mantidas"),
            Badge::Reconnecting => self.say("Reconnecting", "Reconectando"),
            Badge::Unreachable => self.say("Unreachable", "Inacessível"),
            Badge::Stopped => self.say("Stopped", "Parado"),
            Badge::Checking => self.say("Checking", "Verificando"),
            Badge::Connecting => self.say("Connecting", "Conectando"),
            Badge::NoNetwork => self.say("No network", "Sem rede"),
            Badge::SignIn => self.say("Sign in", "Login necessário"),
            Badge::TakenOver => self.say("Taken over", "Assumido"),
            Badge::Elsewhere => self.say("Elsewhere", "Em outro lugar"),
            Badge::OverQuota => self.say("Over quota", "Cota esgotada"),
            Badge::Failed => self.say("Failed", "Falhou"),
            Badge::Creating => self.say("Creating", "Criando"),
        }
    }

    pub fn row(self, id: &str, port: u16, badge: Badge, protocol: &str, short_url: &str) -> Row {
        let key = key(id, port);
        let of = || key.clone();
        Row {
            key: of(),
            badge,
            word: self.word(badge),
            port: port.to_string(),
            protocol: protocol.to_owned(),
            url: Some(format!("http://{short_url}/")),
            short_url: short_url.to_owned(),
            copy: self.button("Copy URL", "Copiar URL", Action::CopyUrl { key: of() }),
            open: self.button("Open", "Abrir", Action::OpenUrl { key: of() }),
            menu: vec![
                self.button(
                    "Change protocol…",
                    "Alterar protocolo…",
                    Action::OpenDialog {
                        dialog: DialogKind::ChangeProtocol { key: of() },
                    },
                ),
                self.button(
                    "Remove…",
                    "Remover…",
                    Action::OpenDialog {
                        dialog: DialogKind::RemovePort { key: of() },
                    },
                ),
            ],
            select: Action::Select { key: of() },
            selected: false,
        }
    }

    pub fn selected(self) -> View {
        let mut view = self.busy();
        view.window.cards[0].rows[0].selected = true;
        view.window.panel = Some(self.panel());
        view
    }

    pub fn panel(self) -> Panel {
        let key = key("frontend", 3000);
        let of = || key.clone();
        Panel {
            key: of(),
            title: "frontend : 3000".to_owned(),
            badge: Badge::Working,
            word: self.word(Badge::Working),
            sentence: self.say(
                "Answered 200 in 18 ms, 4 s ago.",
                "Respondeu 200 em 18 ms, há 4 s.",
            ),
            remedy: None,
            url: Some("http://frontend.localhost:7480/".to_owned()),
            reach: Some(self.say("Only on this computer.", "Só neste computador.")),
            widen: Some(self.button(
                "Open to this network",
                "Abrir para esta rede",
                Action::Set {
                    setting: Setting::Lan(true),
                },
            )),
            lan_url: None,
            url_buttons: vec![
                self.button("Copy URL", "Copiar URL", Action::CopyUrl { key: of() }),
                self.button("Open", "Abrir", Action::OpenUrl { key: of() }),
                self.button(
                    "QR code",
                    "Código QR",
                    Action::OpenDialog {
                        dialog: DialogKind::QrCode { key: of() },
                    },
                ),
            ],
            facts: vec![
                (
                    self.say("Last check", "Última verificação"),
                    self.say("200 in 18 ms, 4 s ago", "200 em 18 ms, há 4 s"),
                ),
                (
                    self.say("Your service", "Seu serviço"),
                    self.say("localhost:3000 answers", "localhost:3000 responde"),
                ),
                (
                    self.say("Connections", "Conexões"),
                    self.say("2 open, 148 total", "2 abertas, 148 no total"),
                ),
                (
                    self.say("Traffic", "Tráfego"),
                    self.say(
                        "1.2 MB in, 38.4 MB out",
                        "1,2 MB recebidos, 38,4 MB enviados",
                    ),
                ),
            ],
            latency: wave(40, 0.4),
            latency_max: Some(self.say("42 ms", "42 ms")),
            traffic: wave(60, 0.7),
            traffic_max: Some(self.say("1.1 MB/s", "1,1 MB/s")),
            uptime: Some((self.say("99.2 % of 24 h", "99,2 % de 24 h"), uptime())),
            timeline: self.timeline(),
            buttons: vec![
                self.button(
                    "Reconnect now",
                    "Reconectar agora",
                    Action::Reconnect {
                        tunnel: tunnel("frontend"),
                    },
                ),
                self.button(
                    "Stop",
                    "Parar",
                    Action::Stop {
                        tunnel: tunnel("frontend"),
                    },
                ),
            ],
            close: Action::Deselect,
        }
    }

    fn timeline(self) -> Vec<TimelineEntry> {
        let moment = |at, ago, badge, text| TimelineEntry {
            at,
            ago,
            badge,
            text,
        };
        vec![
            moment(
                self.say("14:02", "14:02"),
                self.say("4 s ago", "há 4 s"),
                Badge::Working,
                self.say(
                    "Reconnected after 3 s (network)",
                    "Reconectado após 3 s (rede)",
                ),
            ),
            moment(
                self.say("14:02", "14:02"),
                self.say("7 s ago", "há 7 s"),
                Badge::Reconnecting,
                self.say("The relay stopped answering", "O relay parou de responder"),
            ),
            moment(
                self.say("13:40", "13:40"),
                self.say("22 min ago", "há 22 min"),
                Badge::Working,
                self.say("Started", "Iniciado"),
            ),
            moment(
                self.say("21 Sep 09:12", "21/09 09:12"),
                self.say("2 d ago", "há 2 d"),
                Badge::Failed,
                self.say(
                    "couldn't connect (the provider): no tunnel of this name",
                    "não foi possível conectar (o provedor): nenhum túnel com este nome",
                ),
            ),
        ]
    }

    pub fn troubled(self) -> View {
        let mut view = self.busy();
        view.window.cards[0].rows[1].selected = true;
        let mut panel = self.panel();
        panel.key = key("frontend", 5173);
        "frontend : 5173".clone_into(&mut panel.title);
        panel.badge = Badge::ServiceDown;
        panel.word = self.word(Badge::ServiceDown);
        panel.sentence = self.say(
            "Your side: nothing listens on localhost:5173. The tunnel is fine.",
            "Do seu lado: nada escuta em localhost:5173. O túnel está funcionando.",
        );
        panel.remedy = Some(self.button(
            "Check again",
            "Verificar novamente",
            Action::CheckNow {
                key: panel.key.clone(),
            },
        ));
        panel.lan_url = Some("http://192.168.1.20:7480/".to_owned());
        view.window.panel = Some(panel);
        view.window.banners = vec![Banner {
            badge: Badge::NoNetwork,
            text: self.say(
                "This desktop has no system tray. Closing the window minimizes it.",
                "Este ambiente não mostra ícones na bandeja: fechar a janela a minimiza.",
            ),
            remedy: None,
            dismiss: Action::DismissNotice { id: 7 },
        }];
        view.window.toast = Some(self.say(
            "Copied http://frontend.localhost:7480/",
            "Copiado: http://frontend.localhost:7480/",
        ));
        view
    }

    pub fn with_dialog(self, kind: DialogKind) -> View {
        let mut view = self.busy();
        view.window.dialog = Some(self.dialog(kind, vec![]));
        view
    }
}

fn wave(count: u16, swing: f32) -> Vec<f32> {
    (0..count)
        .map(|i| match i {
            7 => -1.0,
            _ => (0.35 + swing * (f32::from(i) * 0.7).sin() * (f32::from(i) * 0.23).cos())
                .clamp(0.02, 1.0),
        })
        .collect()
}

fn uptime() -> Vec<Badge> {
    let mut parts = vec![Badge::Working; 48];
    (parts[3], parts[40]) = (Badge::Stopped, Badge::ServiceDown);
    (parts[20], parts[21]) = (Badge::Reconnecting, Badge::Unreachable);
    parts
}
