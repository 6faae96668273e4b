//! Both ends of a WebSocket, and an other end that is none.
