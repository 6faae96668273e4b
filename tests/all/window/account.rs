//! A provider's account in the window: its dialog, a new tunnel there, who may visit; made by the
//! fold of real facts. Pictures go to `target/window-shots/`.

use super::bench::Bench;
use slint::ComponentHandle;
use slint::platform::Key;
use underpass::model::{
    Access, AccountId, AccountState, Action, DeviceCode, Dialog, DialogKind, Host, Inputs,
    Language, Life, LivePort, LocalAnswer, Metrics, Notice, NoticeKind, Outage, PendingWord, Port,
    PortKey, PortNumber, ProbeFacts, ProbeReport, Protocol, PublicAnswer, Reach, Reason, Remote,
    Sample, SessionNumber, Target, Theme, Tunnel, TunnelId, UnixMillis,
};
use underpass::provider::devtunnel::OFFERS;
use underpass::provider::registry;
use underpass::shell::ui;
use underpass::view::fold;

/// The one account.
const fn whose() -> AccountId {
    AccountId::only(OFFERS.id)
}

const fn account_dialog() -> DialogKind {
    DialogKind::Account { account: whose() }
}

const NOW: UnixMillis = UnixMillis(1_796_126_400_000);

fn id(text: &str) -> TunnelId {
    TunnelId::new(text).expect("an id")
}

fn key(tunnel: &str) -> PortKey {
    PortKey::new(&id(tunnel), number())
}

fn number() -> PortNumber {
    PortNumber::new(3000).expect("not 0")
}

fn tunnel(text: &str, hosts: u32, access: Access) -> Tunnel {
    Tunnel {
        id: id(text),
        name: text.split('.').next().unwrap_or_default().to_owned(),
        provider: OFFERS.id,
        ports: vec![Port {
            number: number(),
            protocol: Protocol::Http,
            target: Target::local(number()),
            label: id(text),
            public_port: None,
            options: underpass::model::PortOptions::default(),
        }],
        chosen: underpass::model::Chosen::default(),
        created_at: UnixMillis(1),
        expires_at: Some(UnixMillis(NOW.0 + 12 * 86_400_000)),
        remote: Some(Remote {
            access,
            hosts,
            ..Remote::default()
        }),
    }
}

fn signed_in() -> AccountState {
    AccountState::Ready {
        user: "ana@example.org".to_owned(),
        via: "Microsoft".to_owned(),
    }
}

fn code() -> AccountState {
    AccountState::SigningIn {
        device: Some(DeviceCode {
            url: "https://microsoft.example/devicelogin".to_owned(),
            code: "ABCD-1234".to_owned(),
        }),
    }
}

/// An account's tunnels: one that works and is private, one public, one hosted elsewhere.
fn account(state: AccountState) -> Inputs {
    let mut inputs = Inputs {
        tunnels: vec![
            tunnel("shop-7f3k.usw2", 1, Access::Private),
            tunnel("docs.usw2", 0, Access::Public),
            tunnel("build.usw2", 1, Access::Private),
        ],
        providers: registry::catalog(),
        ..Inputs::default()
    };
    inputs.appearance.window_shown = true;
    inputs.account_mut(&whose()).state = state;
    let host = Host {
        wanted: true,
        life: Life::Up {
            session: SessionNumber(1),
            since: UnixMillis(NOW.0 - 60_000),
            proven: true,
        },
        live: vec![LivePort {
            number: number(),
            url: "https://a5n51h3l-3000.usw2.devtunnels.ms/".to_owned(),
            lan_url: None,
            relays_own: false,
        }],
        ..Host::default()
    };
    inputs.hosts.insert(id("shop-7f3k.usw2"), host);
    inputs.probes.insert(key("shop-7f3k.usw2"), login_wall());
    inputs
}

fn login_wall() -> ProbeFacts {
    let report = ProbeReport {
        key: key("shop-7f3k.usw2"),
        session: SessionNumber(1),
        at: UnixMillis(NOW.0 - 4_000),
        local: LocalAnswer::Accepts,
        public: PublicAnswer::Status {
            code: 302,
            latency_us: 18_000,
            verdict: None,
            login_wall: true,
        },
        diagnosis: underpass::model::Diagnosis::Private,
    };
    ProbeFacts {
        samples: [Sample {
            at: report.at,
            latency_us: Some(18_000),
            health: report.health(),
        }]
        .into(),
        last: Some(report),
        ..ProbeFacts::default()
    }
}

fn with_dialog(state: AccountState, kind: DialogKind) -> Inputs {
    Inputs {
        dialog: Some(Dialog {
            kind,
            errors: vec![],
        }),
        ..account(state)
    }
}

fn bench(inputs: &Inputs) -> Bench {
    Bench::new(&fold(inputs, NOW))
}

/// In both languages and themes.
fn shoot(name: &str, mut inputs: Inputs) {
    for (language, theme, suffix) in [
        (Language::EnUs, Theme::Light, "en"),
        (Language::PtBr, Theme::Dark, "pt"),
    ] {
        inputs.settings.language = Some(language);
        inputs.settings.theme = theme;
        let bench = bench(&inputs);
        bench.shoot(&format!("account-{name}-{suffix}"));
        bench.resize(640, 480, 1.0);
        bench.shoot(&format!("account-{name}-{suffix}-640"));
    }
}

#[test]
fn each_step_of_the_account_is_one_click() {
    let open = |state| bench(&with_dialog(state, account_dialog()));
    let sign_in = |way: &str, device| Action::SignIn {
        account: whose(),
        way: way.to_owned(),
        device,
    };
    let provider = OFFERS.id;
    let cases = [
        (
            AccountState::NotInstalled,
            "Copy command",
            Action::CopyInstallCommand { provider },
        ),
        (AccountState::NotInstalled, "Check again", Action::Refresh),
        (
            AccountState::NotInstalled,
            "Open instructions",
            Action::OpenInstallPage { provider },
        ),
        (
            AccountState::SignedOut,
            "Sign in with Microsoft",
            sign_in("microsoft", false),
        ),
        (
            AccountState::SignedOut,
            "Sign in with GitHub",
            sign_in("git-hub", false),
        ),
        (
            AccountState::SignedOut,
            "Microsoft, with a code on another device",
            sign_in("microsoft", true),
        ),
        (
            AccountState::SigningIn { device: None },
            "Cancel sign-in",
            Action::CancelSignIn { account: whose() },
        ),
        (
            code(),
            "Copy code",
            Action::CopyDeviceCode { account: whose() },
        ),
        (
            code(),
            "Open page",
            Action::OpenDevicePage { account: whose() },
        ),
        (
            signed_in(),
            "Sign out…",
            Action::OpenDialog {
                dialog: DialogKind::SignOut { account: whose() },
            },
        ),
    ];
    for (state, label, action) in cases {
        let bench = open(state);
        bench.click(label);
        assert_eq!(bench.actions(), [action], "{label}");
    }
    let bench = open(code());
    let shown = bench.get("To copy").accessible_value();
    assert_eq!(shown.as_deref(), Some("ABCD-1234"));
    // The first step has the focus; Esc closes.
    let bench = open(AccountState::SignedOut);
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [sign_in("microsoft", false)]);
    bench.key(Key::Escape);
    assert_eq!(bench.actions(), [Action::CloseDialog]);
}

#[test]
fn a_new_tunnel_there_is_private_unless_somebody_reads_the_warning() {
    let bench = bench(&with_dialog(signed_in(), DialogKind::CreateTunnel));
    let created = |access, protocol| Action::CreateTunnel {
        name: "shop".to_owned(),
        provider: OFFERS.id,
        reach: Some(Reach::Internet),
        access,
        target: "3000".to_owned(),
        protocol,
        public_port: String::new(),
        options: [].into(),
    };
    // Room for all of it at once.
    bench.resize(980, 1000, 1.0);
    bench.write("shop");
    assert!(!bench.shows("Who can visit"), "our relay has no say in it");
    bench.pick("tcp");
    bench.pick("The internet");
    bench.pick("Dev Tunnels");
    bench.click("Local port");
    bench.write("3000");
    bench.key(Key::Return);
    assert_eq!(bench.actions(), [created(Access::Private, Protocol::Auto)]);
    let warning =
        "Anyone who has the URL can visit. Whatever your service shows is on the internet.";
    assert!(!bench.shows(warning));
    bench.pick("Anyone");
    assert!(bench.shows(warning));
    bench.pick("https");
    bench.click("Create and host");
    assert_eq!(bench.actions(), [created(Access::Public, Protocol::Https)]);
}

#[test]
fn what_cannot_work_yet_says_why_and_leads_there() {
    for (state, why) in [
        (
            AccountState::NotInstalled,
            "Dev Tunnels needs the program devtunnel, which isn't installed on this computer.",
        ),
        (
            AccountState::SignedOut,
            "To use Dev Tunnels, sign in first.",
        ),
    ] {
        let bench = bench(&with_dialog(state, DialogKind::CreateTunnel));
        bench.pick("The internet");
        assert!(bench.shows(why), "{why}");
        bench.pick("Dev Tunnels");
        assert!(!bench.shows("Who can visit"), "it is not picked");
        bench.click("Set up Dev Tunnels…");
        let dialog = account_dialog();
        assert_eq!(bench.actions(), [Action::OpenDialog { dialog }]);
    }
    let bench = bench(&account(AccountState::SignedOut));
    bench.click("Host, docs");
    assert_eq!(bench.actions(), [], "it would only fail");
}

#[test]
fn making_a_tunnel_public_is_confirmed_and_private_is_one_click() {
    let shop = || id("shop-7f3k.usw2");
    let mut inputs = account(signed_in());
    inputs.selected = Some(key("shop-7f3k.usw2"));
    let bench = bench(&inputs);
    assert!(bench.shows("Working. Visitors must sign in."));
    bench.click("Make public…");
    let dialog = DialogKind::MakePublic { tunnel: shop() };
    assert_eq!(
        bench.actions(),
        [Action::OpenDialog {
            dialog: dialog.clone()
        }]
    );
    bench.render(&fold(&with_dialog(signed_in(), dialog), NOW));
    bench.click("Make public");
    let access = Access::Public;
    let tunnel = shop();
    assert_eq!(bench.actions(), [Action::SetAccess { tunnel, access }]);
}

#[test]
fn another_machine_s_tunnel_is_taken_over_from_its_card() {
    let bench = bench(&account(signed_in()));
    assert!(bench.shows("Elsewhere"));
    bench.click("Take over, build");
    let tunnel = id("build.usw2");
    assert_eq!(bench.actions(), [Action::TakeOver { tunnel }]);
}

#[test]
fn settings_and_the_menu_lead_to_the_account() {
    let bench = bench(&with_dialog(signed_in(), DialogKind::Settings));
    assert!(bench.shows("Signed in as ana@example.org (Microsoft)."));
    bench.click("Account…");
    let dialog = account_dialog();
    assert_eq!(bench.actions(), [Action::OpenDialog { dialog }]);
    bench.click("Advanced, Dev Tunnels");
    bench.pick("Version 1 only");
    let set = Action::SetOption {
        provider: OFFERS.id,
        key: "offer".to_owned(),
        value: "v1".to_owned(),
    };
    assert_eq!(bench.actions(), [set]);
    bench.render(&fold(&account(signed_in()), NOW));
    bench.click("Menu");
    bench.click("Refresh accounts");
    assert_eq!(bench.actions(), [Action::Refresh]);
    assert!(
        bench
            .window
            .ui()
            .global::<ui::Dialogs>()
            .get_item()
            .title
            .is_empty()
    );
}

#[test]
fn pictures() {
    let mut panel = account(signed_in());
    panel.selected = Some(key("shop-7f3k.usw2"));
    let sample = |rate| Metrics {
        upload_rate: Some(rate),
        download_rate: Some(2_048),
        upload_total: Some(38 << 20),
        download_total: Some(1 << 20),
        connections: Some(2),
    };
    let samples = [0, 9_000, 120_000, 48_000, 260_000].map(sample);
    panel
        .account_mut(&whose())
        .metrics
        .insert(key("shop-7f3k.usw2"), samples.into());
    shoot("panel", panel);

    let mut expired = account(AccountState::SignedOut);
    let reason = Reason::SignedOut;
    let since = UnixMillis(NOW.0 - 180_000);
    if let Some(host) = expired.hosts.get_mut(&id("shop-7f3k.usw2")) {
        host.life = Life::SignIn(Outage {
            since,
            reason: reason.clone(),
        });
    }
    expired.selected = Some(key("shop-7f3k.usw2"));
    let tunnel = id("shop-7f3k.usw2");
    let refused = NoticeKind::ChangeRefused {
        account: whose(),
        change: PendingWord::Create,
        name: "web".to_owned(),
        reason: Reason::TooManyTunnels { limit: 10 },
    };
    let kinds = [NoticeKind::NeedsYou { tunnel, reason }, refused];
    let notices = (1..).zip(kinds).map(|(id, kind)| Notice {
        id,
        at: since,
        kind,
    });
    expired.notices = notices.collect();
    shoot("expired", expired);

    for (name, state) in [
        ("install", AccountState::NotInstalled),
        ("out", AccountState::SignedOut),
        ("code", code()),
        ("ready", signed_in()),
    ] {
        shoot(name, with_dialog(state, account_dialog()));
    }
    let create = DialogKind::CreateTunnel;
    shoot("create", with_dialog(signed_in(), create.clone()));
    shoot(
        "create-shut",
        with_dialog(AccountState::SignedOut, create.clone()),
    );
    let tunnel = id("shop-7f3k.usw2");
    shoot(
        "public",
        with_dialog(signed_in(), DialogKind::MakePublic { tunnel }),
    );
    shoot("settings", with_dialog(signed_in(), DialogKind::Settings));
    let bench = bench(&with_dialog(signed_in(), create));
    bench.pick("The internet");
    bench.pick("Dev Tunnels");
    bench.pick("Anyone");
    bench.shoot("account-create-public-en");
}
