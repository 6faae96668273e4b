//! The lock of a session under test: the real one, or, in a model check, one that lets the check
//! choose who goes on whenever somebody takes it.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError};

thread_local! {
    static MODELLED: Cell<bool> = const { Cell::new(false) };
}

/// As long as it lives, the locks that this thread makes are the model's.
pub(super) struct Modelled;

impl Modelled {
    pub(super) fn begin() -> Self {
        MODELLED.set(true);
        Self
    }
}

impl Drop for Modelled {
    fn drop(&mut self) {
        MODELLED.set(false);
    }
}

/// As `std::sync::Mutex`.
pub(in crate::link::resume) enum Mutex<T> {
    Real(std::sync::Mutex<T>),
    Modelled(shuttle::sync::Mutex<T>),
}

/// As `std::sync::MutexGuard`.
pub(in crate::link::resume) enum Guard<'a, T> {
    Real(std::sync::MutexGuard<'a, T>),
    Modelled(shuttle::sync::MutexGuard<'a, T>),
}

impl<T> Mutex<T> {
    pub(in crate::link::resume) fn new(value: T) -> Self {
        if MODELLED.get() {
            Self::Modelled(shuttle::sync::Mutex::new(value))
        } else {
            Self::Real(std::sync::Mutex::new(value))
        }
    }

    pub(in crate::link::resume) fn lock(&self) -> LockResult<Guard<'_, T>> {
        match self {
            Self::Real(lock) => wrap(lock.lock(), Guard::Real),
            Self::Modelled(lock) => wrap(lock.lock(), Guard::Modelled),
        }
    }
}

fn wrap<G, W>(taken: LockResult<G>, wrap: impl Fn(G) -> W) -> LockResult<W> {
    match taken {
        Ok(guard) => Ok(wrap(guard)),
        Err(poisoned) => Err(PoisonError::new(wrap(poisoned.into_inner()))),
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Real(guard) => guard,
            Self::Modelled(guard) => guard,
        }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Real(guard) => guard,
            Self::Modelled(guard) => guard,
        }
    }
}
