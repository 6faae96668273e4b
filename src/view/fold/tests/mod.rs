//! The fold at the value: a table of every state, snapshots of whole views, properties over any facts.

mod alerts;
mod any;
mod build;
mod compact;
mod import;
mod past;
mod pending;
mod probes;
mod progress;
mod properties;
mod reach_choice;
mod snapshots;
mod table;
mod timeline;
