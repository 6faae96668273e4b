//! Dev Tunnels as it is outside of tests: the account through its program, and our own connector.

use crate::app::{Account, Answer, DevTunnels, Reported};
use crate::model::{
    Access, AccountState, DeviceCode, Identity, Offer, Port, PortKey, Protocol, Reason, Tunnel,
    TunnelId,
};
use crate::provider::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

/// The real one.
pub(super) fn real() -> DevTunnels {
    DevTunnels {
        account: Arc::new(Absent),
        connector: Arc::new(|_: Offer| Box::new(Absent) as Box<dyn Connector>),
    }
}

/// Stands in until the provider's parts are there.
#[derive(Clone, Copy, Debug)]
struct Absent;

fn absent<T: Send + 'static>() -> Answer<T> {
    Box::pin(ready(Err(reason())))
}

fn reason() -> Reason {
    Reason::NotInstalled {
        program: "devtunnel".to_owned(),
    }
}

impl Account for Absent {
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>> {
        Box::pin(ready(AccountState::NotInstalled))
    }
    fn list(&self, _: Vec<Tunnel>) -> Answer<Vec<Reported>> {
        absent()
    }
    fn show(&self, _: String, _: Option<Tunnel>) -> Answer<Reported> {
        absent()
    }
    fn create(&self, _: Tunnel) -> Answer<Reported> {
        absent()
    }
    fn delete(&self, _: TunnelId) -> Answer<()> {
        absent()
    }
    fn add_port(&self, _: TunnelId, _: Port) -> Answer<()> {
        absent()
    }
    fn remove_port(&self, _: PortKey) -> Answer<()> {
        absent()
    }
    fn change_protocol(&self, _: PortKey, _: Protocol) -> Answer<()> {
        absent()
    }
    fn set_access(&self, _: TunnelId, _: Access) -> Answer<()> {
        absent()
    }
    fn renew(&self, _: TunnelId) -> Answer<()> {
        absent()
    }
    fn limits(&self) -> Answer<Vec<(String, String)>> {
        absent()
    }
    fn sign_in(&self, _: Identity, _: bool, _: Box<dyn Fn(DeviceCode) + Send + Sync>) -> Answer<()> {
        absent()
    }
    fn sign_out(&self) -> Answer<()> {
        absent()
    }
}

impl Connector for Absent {
    fn mint<'a>(&'a self, _: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(ready(Err(ConnectError::new(reason()))))
    }
    fn connect<'a>(
        &'a self,
        _: &'a HostOrder,
        _: &'a Tokens,
        _: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(ready(Err(ConnectError::new(reason()))))
    }
}
