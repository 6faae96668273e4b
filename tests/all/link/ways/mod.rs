//! The ways to a relay where the network does not let everything through: as a WebSocket, by the
//! relay's own listener or by its HTTP, and through proxies.

mod doors;
mod fakes;
mod proxies;
mod walls;
