//! What can be said of a port, by each command that makes or hosts one.

use super::parse::{self, list};
use crate::model::{
    CertificateCheck, HostHeader, Offers, PortNumber, PortOptions, ProbeRate, Protocol,
    ProxyVersion,
};
use clap::Args;

/// A port that is made.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortArgs {
    /// What the port speaks: http, https, tcp or auto
    #[arg(long, default_value = "auto", value_parser = parse::protocol(), hide_possible_values = true)]
    pub(super) protocol: Protocol,

    /// The public port to ask for; only with --protocol tcp
    #[arg(long, value_name = "PORT")]
    pub(super) public_port: Option<PortNumber>,

    #[command(flatten)]
    pub(super) options: PortOptionArgs,
}

/// What may be chosen for a port beside what it is; what was not said stays as it is.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PortOptionArgs {
    /// Which name the service is asked for: keep (the visitors'), rewrite (its own, as localhost:PORT),
    /// HOST[:PORT], or auto: its own once it turns out to refuse the visitors', as development servers
    /// do [default: auto]
    #[arg(long, value_name = "NAME")]
    pub(super) host_header: Option<HostHeader>,

    /// Tell the service who a visitor is by the PROXY protocol, v1 or v2, in the first bytes of each
    /// connection
    #[arg(long, value_name = "VERSION")]
    pub(super) proxy_protocol: Option<ProxyVersion>,

    /// Check whether it works each so many SECONDS, or not at all: off [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(super) probe: Option<ProbeRate>,

    /// Of a service on another machine, take the first certificate that it shows, and from then on
    /// no other; on this computer any is taken
    #[arg(long)]
    pub(super) no_tls_verify: bool,
}

impl PortOptionArgs {
    /// Whether the provider of a port has what was said of it.
    pub(super) fn check(&self, offers: &Offers) -> Result<(), String> {
        if self.are_given() && !offers.port_options {
            return Err(lacks(offers, "--host-header and no --proxy-protocol"));
        }
        Ok(())
    }

    /// Whether any was given of what only a new port can be given.
    pub(super) fn are_given(&self) -> bool {
        self.host_header.is_some() || self.proxy_protocol.is_some()
    }

    /// Changes what was said.
    pub(super) fn apply(&self, options: &mut PortOptions) {
        if let Some(header) = &self.host_header {
            options.host_header.clone_from(header);
        }
        if self.proxy_protocol.is_some() {
            options.proxy_protocol = self.proxy_protocol;
        }
        if let Some(probe) = self.probe {
            probe.apply(&mut options.health);
        }
        if self.no_tls_verify {
            options.certificate = CertificateCheck::FirstSeen;
        }
    }
}

/// That a provider has no such option, and what it takes instead.
pub(super) fn lacks(offers: &Offers, option: &str) -> String {
    let takes = match &*list(offers.options.iter().map(|option| option.key)) {
        "" => "nothing with --set".to_owned(),
        keys => format!("--set {keys}"),
    };
    format!("{} has no {option}: it takes {takes}", offers.id)
}
