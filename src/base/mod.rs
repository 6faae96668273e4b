//! What several rooms need and none owns: the way to a local service, this process's descriptors.

pub mod descriptors;
pub mod local;
pub mod own;
