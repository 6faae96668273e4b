//! What the engine needs of a provider: tokens, and one hosting session at a time.
//!
//! A provider classifies its own errors and is the only place that would start processes. It knows
//! neither the keep-alive policy nor the view.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use underpass::model::{
//!     AccountId, Port, PortNumber, PortOptions, Protocol, ProviderId, ProviderOptions, Target,
//!     TunnelId,
//! };
//! use underpass::provider::relay::{Fixed, RelayConnector};
//! use underpass::provider::{ConnectError, Connector as _, HostOrder, SessionEvent};
//! # use underpass::relay::{Relay, RelayConfig, Visitors};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let data = tempfile::tempdir()?;
//! # let relay = Relay::start(
//! #     RelayConfig::local(data.path()),
//! #     Arc::new(Visitors::new("localhost")),
//! # ).await?;
//! # let join_link = relay.join_link();
//! let connector = RelayConnector::new(Arc::new(Fixed(join_link)));
//! let (shop, number) = (TunnelId::new("shop")?, PortNumber::new(3000).ok_or("not 0")?);
//! let order = HostOrder {
//!     account: AccountId::only(ProviderId::RELAY),
//!     tunnel: shop.clone(),
//!     ports: vec![Port {
//!         number,
//!         protocol: Protocol::Http,
//!         target: Target::local(number),
//!         label: shop,
//!         public_port: None,
//!         options: PortOptions::default(),
//!     }],
//!     install: "this computer".to_owned(),
//!     take_over: false,
//!     fixed_ports: false,
//!     options: ProviderOptions::default(),
//!     secrets: std::collections::BTreeSet::new(),
//!     sessions: 0,
//! };
//!
//! let failed = |error: ConnectError| error.detail;
//! let tokens = connector.mint(&order).await.map_err(failed)?;
//! let attempt = connector.connect(&order, &tokens, &|phase| println!("{phase:?}"));
//! let mut session = attempt.await.map_err(failed)?;
//! assert!(session.ports[0].url.contains("shop"));
//! assert_eq!(session.events.recv().await, Some(SessionEvent::Established));
//! assert!(session.close().await, "it said goodbye in time");
//! # Ok(())
//! # }
//! ```

/// Declares the folders of these providers, and lists what they bring in this order.
macro_rules! providers {
    ($($(#[$built:meta])* $name:ident,)+) => {
        $($(#[$built])* pub mod $name;)+

        /// Those of this build but our own relay.
        const OTHERS: &[registry::BuiltIn] = &[$($(#[$built])* $name::BUILT_IN,)+];
    };
}

// In the order a person picks from. A new one is a folder beside this file and a line here.
providers! {
    #[cfg(feature = "devtunnel")] devtunnel,
    #[cfg(feature = "ngrok")] ngrok,
    #[cfg(feature = "ssh")] ssh,
    cloudflared,
    tailscale,
    bore,
    localtunnel,
    manual,
}

mod attended;
mod changes;
mod chosen;
mod dial;
mod http;
mod inventory;
mod log_limit;
mod page;
mod per_port;
mod probe_marks;
mod program;
mod refusing;
pub mod registry;
pub mod relay;
mod standing;
#[cfg(test)]
mod tests;
mod types;
mod visitors;

pub use chosen::Rejected;
pub use inventory::{Account, Answer, Inventory, OnCode, Row};
pub use log_limit::LogLimit;
pub use probe_marks::ProbeMarks;
pub use registry::{Provider, Registry};
pub use types::{
    BoxFuture, ConnectError, Connector, Ended, HostOrder, Liveness, Progress, Session,
    SessionEvent, SessionPart, Tokens, TrafficBoard,
};
