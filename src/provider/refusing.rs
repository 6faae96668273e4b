//! Stands where no session can be had, and says why.

use super::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use crate::model::Reason;
use std::future::ready;

pub(super) struct Refusing(pub(super) Reason);

impl Refusing {
    fn error(&self) -> ConnectError {
        ConnectError::new(self.0.clone())
    }
}

impl Connector for Refusing {
    fn mint<'a>(&'a self, _: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(ready(Err(self.error())))
    }

    fn connect<'a>(
        &'a self,
        _: &'a HostOrder,
        _: &'a Tokens,
        _: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(ready(Err(self.error())))
    }
}
