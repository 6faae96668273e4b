//! Dev Tunnels in a build that was made without them: whoever asks is told so.

use crate::app::{Account, Answer, DevTunnels, Reported};
use crate::model::{
    Access, AccountState, DeviceCode, Identity, Port, PortKey, Protocol, Reason, Tunnel, TunnelId,
};
use crate::provider::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

/// There are none.
pub(super) fn real() -> DevTunnels {
    DevTunnels {
        account: Arc::new(Absent),
        connector: Arc::new(|_| Box::new(Absent)),
    }
}

/// What is missing.
pub(super) fn absent() -> Reason {
    Reason::NotInstalled {
        program: "underpass --features devtunnel".to_owned(),
    }
}

/// Neither an account nor a connector.
struct Absent;

fn no<T: Send + 'static>() -> Answer<T> {
    Box::pin(ready(Err(absent())))
}

impl Connector for Absent {
    fn mint<'a>(&'a self, _: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(ready(Err(ConnectError::new(absent()))))
    }

    fn connect<'a>(
        &'a self,
        _: &'a HostOrder,
        _: &'a Tokens,
        _: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(ready(Err(ConnectError::new(absent()))))
    }
}

impl Account for Absent {
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>> {
        Box::pin(ready(AccountState::NotInstalled))
    }

    fn list(&self, _: Vec<Tunnel>) -> Answer<Vec<Reported>> {
        no()
    }

    fn show(&self, _: String, _: Option<Tunnel>) -> Answer<Reported> {
        no()
    }

    fn create(&self, _: Tunnel) -> Answer<Reported> {
        no()
    }

    fn delete(&self, _: TunnelId) -> Answer<()> {
        no()
    }

    fn add_port(&self, _: TunnelId, _: Port) -> Answer<()> {
        no()
    }

    fn remove_port(&self, _: PortKey) -> Answer<()> {
        no()
    }

    fn change_protocol(&self, _: PortKey, _: Protocol) -> Answer<()> {
        no()
    }

    fn set_access(&self, _: TunnelId, _: Access) -> Answer<()> {
        no()
    }

    fn renew(&self, _: TunnelId) -> Answer<()> {
        no()
    }

    fn limits(&self) -> Answer<Vec<(String, String)>> {
        no()
    }

    fn sign_in(
        &self,
        _: Identity,
        _: bool,
        _: Box<dyn Fn(DeviceCode) + Send + Sync>,
    ) -> Answer<()> {
        no()
    }

    fn sign_out(&self) -> Answer<()> {
        no()
    }

    fn version(&self) -> Answer<String> {
        no()
    }
}
