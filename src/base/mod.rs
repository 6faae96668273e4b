//! What several rooms need and none owns: the way to a local service, who a
//! connection is from, this process's descriptors.

pub mod descriptors;
pub mod local;
pub mod own;
pub mod proxy_protocol;
