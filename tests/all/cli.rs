//! The built binary as a person or another program runs it: words in, lines and exit codes out.

#[cfg(unix)]
mod account;
mod accounts;
mod audit;
mod bad_input;
mod bore;
mod by_hand;
#[cfg(unix)]
mod cloudflared;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod detach;
mod health;
mod host_file;
mod hosting;
mod import;
mod kit;
mod limits;
mod localtunnel;
mod manual;
#[cfg(feature = "ngrok")]
mod ngrok;
mod paper;
mod reach;
mod relay;
#[cfg(target_os = "linux")]
mod restart;
#[cfg(unix)]
mod running;
#[cfg(target_os = "linux")]
mod service;
#[cfg(all(feature = "ssh", unix))]
mod ssh;
#[cfg(unix)]
mod terminal;
mod tunnels;
mod visitors;
