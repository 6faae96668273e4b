//! The rooms at the edge on the real system: files over versions, full disks and kills, two
//! programs at once, a desktop that is missing or hangs, and what the log writes where.

mod children;
#[cfg(target_os = "linux")]
mod desktop;
mod disk;
mod fixtures;
mod logs;
mod programs;
