//! Plain data, and nothing but data: what the person has, what was seen, what is wanted.
//!
//! This room knows no clock, no file, no socket and no text for the person. Every other room may
//! use it; it uses none of them.

mod action;
mod alert;
mod carrier;
mod class;
mod diagnosis;
mod dialect;
mod form;
mod health;
mod health_policy;
mod health_settings;
mod host;
mod host_header;
mod ids;
mod import;
mod inputs;
mod join;
mod life;
mod nearest;
mod network;
mod option;
mod past;
mod pending;
mod place;
mod provider;
mod public_url;
mod reach;
mod remote;
mod service_fault;
mod settings;
mod settings_check;
mod status_ranges;
mod time;
mod tunnel;

pub use action::{Action, DialogKind};
pub use alert::{
    About, Alert, AlertId, AlertKind, AlertSettings, Cause, ServedUrl, Stance, Standing, Trouble,
};
pub use carrier::{Carrier, ReachBar};
pub use class::{Class, Reason, Side};
pub use diagnosis::{Diagnosis, Unprobed, UrlFault};
pub use dialect::{Header, OwnDialect, PageDialect, ProbeDialect, probes_a_month};
pub use form::{
    Field, FieldError, TypedTarget, parse_name, parse_port, parse_target, parse_typed_target,
    parse_url_target,
};
pub use health::{
    Health, LocalAnswer, PROBE_HEADER, ProbeReport, PublicAnswer, RelayVerdict, VISITORS_AT_ONCE,
};
pub use health_policy::{
    DEAD_AFTER_DOWNS, HealthPolicy, InvalidHealth, ProbeMethod, ProbeRequest, ResolvedHealth,
    duration_text, invalid_health, resolve,
};
pub use health_settings::{
    HealthKey, HealthOverrides, HealthPlace, HealthScope, HealthSettings, Layer,
};
pub use host::{Holder, Lacking, LivePort, Traffic};
pub use host_header::{HostHeader, ProxyVersion};
pub use ids::{InvalidPort, PortKey, PortNumber, RunId, SessionNumber, TunnelId};
pub use import::{
    ConfigFile, ConfigFormat, FileError, Folders, Found, Import, ImportFacts, ImportSource,
    Outcome, Planned, Skipped, Why,
};
pub use inputs::{
    Appearance, Dialog, Host, Inputs, Notice, NoticeKind, ProbeFacts, RelayFacts, Sample, Toast,
    Transition,
};
pub use join::{InvalidJoinLink, JoinLink, Secret};
pub use life::{Life, Outage, Phase};
pub use nearest::nearest;
pub use network::{InvalidNetwork, Network};
pub use option::{Chosen, OptionKind, OptionScope, OptionSpec, ProviderOptions, TextSpec};
pub use past::{AuditEvent, AuditKind, Past};
pub use pending::{Pending, PendingWord};
pub use place::WindowPlace;
pub use provider::{
    AccountId, Catalog, InvalidProvider, Inventory, Offers, Program, ProviderId, SignInWay,
    TokenSpec, UrlLasts, WithoutAccount,
};
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use reach::{InvalidReach, Reach, ReachBy};
pub use remote::{AccountFacts, AccountState, DeviceCode, Lack, Metrics, Remote};
pub use service_fault::{Fingerprint, ServiceFault};
pub use settings::{
    InvalidSettings, Language, RelaySettings, Setting, Settings, Theme, Timing, TimingSettings,
};
pub use settings_check::check_settings;
pub use status_ranges::{InvalidStatusRanges, StatusRanges};
pub use time::{ClockShift, UnixMillis};
pub use tunnel::{
    Access, CertificateCheck, Port, PortOptions, ProbeRate, Protocol, Target, Tunnel, default_name,
};
