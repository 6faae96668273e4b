//! Why a relay cannot start: what failed, and what to do about it.

use super::{AccountsError, Purpose};
use crate::base::files::NotYours;
use crate::link::tls::IdentityError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a relay cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Something listens at an address already.
    #[error("{purpose} cannot listen on {address}: the address is in use")]
    AddressInUse {
        /// The listener, as the sentence begins: for hosts or for visitors.
        purpose: Purpose,
        /// The address it was told to listen on.
        address: SocketAddr,
    },
    /// The system does not let it listen.
    #[error(
        "{purpose} cannot listen on {address}: {error}. Choose another address with {}", purpose.option()
    )]
    Listen {
        /// The listener, as the sentence begins: for hosts or for visitors.
        purpose: Purpose,
        /// The address it was told to listen on.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The data directory cannot be used.
    #[error(
        "the relay cannot keep its data in {}: {error}. Make the directory writable or choose another with --data", path.display()
    )]
    Data {
        /// The data directory, or the file in it that failed.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The data directory is another user's.
    #[error(transparent)]
    NotYours(#[from] NotYours),
    /// Another relay keeps its data there.
    #[error(
        "another relay runs with its data in {}: stop it, or choose another folder with --data", path.display()
    )]
    DataInUse { path: PathBuf },
    /// What is remembered of names is larger than anything a relay writes. It is left alone.
    #[error(
        "{} has {size} bytes, and no relay writes more than {limit}: move it away, and the names it keeps for those who are not here now are forgotten", path.display()
    )]
    NamesTooLarge {
        /// `names.json` or `names.journal`.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The bytes it may have.
        limit: u64,
    },
    /// A newer program has written down what is remembered of names. It is left alone.
    #[error(
        "{} was written by a newer program, this one knows version {version}: use a newer one, or move the file away, and the names it keeps for those who are not here now are forgotten", path.display()
    )]
    NamesTooNew {
        /// `names.json` or `names.journal`.
        path: PathBuf,
        /// The version that this program writes.
        version: u64,
    },
    /// Key or certificate cannot be used. They are not replaced: hosts pin them.
    #[error(
        "the relay's key and certificate in {} cannot be used: {error}. Restore them, or delete both files (every host must then join again)", path.display()
    )]
    Identity {
        path: PathBuf,
        /// What is wrong with them.
        error: IdentityError,
    },
    /// Key and certificate do not belong together, or TLS cannot be set up.
    #[error(
        "the relay's key and certificate in {} cannot be used: {error}. Restore them, or delete both files (every host must then join again)", path.display()
    )]
    Tls {
        path: PathBuf,
        /// What is wrong with them.
        error: rustls::Error,
    },
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}
