//! What a service manager (systemd) does for a relay: it holds sockets open while no relay is there,
//! and is told when one is ready and when it ends.
//!
//! Without one everything here does nothing. What the sockets are for, their names say.

use crate::relay::{Shelf, Sockets};
use socket2::SockRef;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread;

/// A public port's socket is called by this and its port.
const TCP: &str = "tcp-";

/// What the relay is doing.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// Hosts and visitors are served.
    Ready,
    /// It goes down, and takes nobody new.
    Stopping,
}

/// Why what the service manager handed over cannot be served.
#[derive(Debug, thiserror::Error)]
pub(super) enum Misfit {
    /// Its variables make no sense.
    #[error("LISTEN_FDS is invalid: {0}")]
    Variables(String),
    #[error("the socket {0:?} isn't a listening TCP socket (it needs Accept=no)")]
    NotListening(String),
    #[error("unknown socket {0:?}: FileDescriptorName= must be link or http")]
    Unknown(String),
    #[error(
        "two sockets {0:?} were handed over, and a relay listens on one ([::]:PORT is both kinds of address)"
    )]
    Twice(String),
}

/// The sockets that the service manager handed over, and the shelf to put others on.
pub(super) fn sockets() -> Result<Sockets, Misfit> {
    let handed = sd_listen_fds::get().map_err(|error| Misfit::Variables(error.to_string()))?;
    let handed = handed
        .into_iter()
        .map(|(name, socket)| (name.unwrap_or_default(), TcpListener::from(socket)));
    let mut sockets = sort(handed)?;
    sockets.shelf = manager::shelf();
    Ok(sockets)
}

/// Tells the service manager, if there is one.
pub(super) fn tell(news: News) {
    if let Err(error) = manager::tell(news) {
        tracing::warn!(%error, ?news, "the service manager cannot be told");
    }
}

/// Which socket is which. An unknown one is an error: somebody would connect to it and wait.
fn sort(handed: impl IntoIterator<Item = (String, TcpListener)>) -> Result<Sockets, Misfit> {
    let mut sockets = Sockets::default();
    for (name, socket) in handed {
        let listens = SockRef::from(&socket).is_listener().unwrap_or(false);
        let address = socket.local_addr();
        if !listens || address.is_err() {
            return Err(Misfit::NotListening(name));
        }
        let place = match name.as_str() {
            "link" => &mut sockets.link,
            "http" => &mut sockets.http,
            name if name.starts_with(TCP) => {
                sockets.shelved.push(socket);
                continue;
            }
            _ => return Err(Misfit::Unknown(name)),
        };
        if place.replace(socket).is_some() {
            return Err(Misfit::Twice(name));
        }
    }
    Ok(sockets)
}

/// What is put on the shelf and taken from it, in that order.
enum Change {
    Put(u16, TcpListener),
    Remove(u16),
}

/// Does it in a thread of its own: the relay waits for nobody.
struct ThreadShelf(mpsc::Sender<Change>);

impl ThreadShelf {
    fn start(mut change: impl FnMut(Change) + Send + 'static) -> std::io::Result<Arc<dyn Shelf>> {
        let (sender, changes) = mpsc::channel();
        thread::Builder::new()
            .name("shelf".to_owned())
            .spawn(move || changes.into_iter().for_each(&mut change))?;
        Ok(Arc::new(Self(sender)))
    }
}

impl Shelf for ThreadShelf {
    fn put(&self, number: u16, listener: &TcpListener) {
        match listener.try_clone() {
            // The thread ends with the program only.
            Ok(listener) => drop(self.0.send(Change::Put(number, listener))),
            Err(error) => tracing::warn!(%error, number, "a public port is not kept open"),
        }
    }

    fn remove(&self, number: u16) {
        drop(self.0.send(Change::Remove(number)));
    }
}

#[cfg(target_os = "linux")]
mod manager {
    use super::{Change, News, Shelf, TCP, ThreadShelf};
    use sd_notify::NotifyState;
    use std::env;
    use std::io;
    use std::os::fd::AsFd as _;
    use std::sync::Arc;

    pub(super) fn tell(news: News) -> io::Result<()> {
        sd_notify::notify(&[match news {
            News::Ready => NotifyState::Ready,
            News::Stopping => NotifyState::Stopping,
        }])
    }

    pub(super) fn shelf() -> Option<Arc<dyn Shelf>> {
        env::var_os("NOTIFY_SOCKET")?;
        let started = ThreadShelf::start(|change| {
            if let Err(error) = store(&change) {
                tracing::warn!(%error, "the service manager keeps no socket");
            }
        });
        started.ok()
    }

    /// A unit that keeps no descriptors (`FileDescriptorStoreMax=`) drops them unsaid.
    fn store(change: &Change) -> io::Result<()> {
        let (Change::Put(number, _) | Change::Remove(number)) = change;
        let name = format!("{TCP}{number}");
        let name = NotifyState::FdName(&name);
        match change {
            Change::Put(_, listener) => {
                sd_notify::notify_with_fds(&[NotifyState::FdStore, name], &[listener.as_fd()])
            }
            Change::Remove(_) => sd_notify::notify(&[NotifyState::FdStoreRemove, name]),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod manager {
    use super::{News, Shelf};
    use std::io;
    use std::sync::Arc;

    pub(super) fn tell(_: News) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn shelf() -> Option<Arc<dyn Shelf>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::Ipv4Addr;

    fn listening() -> TcpListener {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a port")
    }

    fn named(names: &[&str]) -> Result<Sockets, Misfit> {
        sort(names.iter().map(|name| ((*name).to_owned(), listening())))
    }

    #[test]
    fn sockets_are_told_by_their_names() {
        let none = named(&[]).expect("none is fine");
        assert!(none.link.is_none() && none.http.is_none() && none.shelved.is_empty());
        let all = named(&["tcp-7501", "http", "link", "tcp-7502"]).expect("they are known");
        assert!(all.link.is_some() && all.http.is_some());
        assert_eq!(all.shelved.len(), 2);
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        for names in [
            ["link", "link"],
            ["link", "underpass-relay.socket"],
            ["", "http"],
        ] {
            assert!(named(&names).is_err(), "{names:?}");
        }
        let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).expect("there is a socket");
        assert!(sort([("link".to_owned(), TcpListener::from(deaf))]).is_err());
    }

    #[test]
    fn the_shelf_keeps_the_order() {
        let (said, heard) = mpsc::channel();
        let shelf = ThreadShelf::start(move |change| {
            let change = match change {
                Change::Put(number, listener) => (number, listener.local_addr().is_ok()),
                Change::Remove(number) => (number, false),
            };
            said.send(change).expect("the test listens");
        });
        let shelf = shelf.expect("there is a thread");
        shelf.put(1, &listening());
        shelf.remove(1);
        shelf.put(2, &listening());
        drop(shelf);
        let all: Vec<_> = heard.into_iter().collect();
        assert_eq!(all, [(1, true), (1, false), (2, true)]);
    }
}
