//! How a person gets the program: facts alone, the sentences are elsewhere.

/// Where Microsoft explains how to get the program, for every system.
pub const INSTALL_URL: &str = "https://learn.microsoft.com/azure/developer/dev-tunnels/get-started";

/// The command that installs the program on the system that [`std::env::consts::OS`] calls `os`;
/// `None` where there is none, and only [`INSTALL_URL`] helps.
#[must_use]
pub fn install_command(os: &str) -> Option<&'static str> {
    match os {
        "windows" => Some("winget install Microsoft.devtunnel"),
        "macos" => Some("brew install --cask devtunnel"),
        "linux" => Some("curl -sL https://aka.ms/DevTunnelCliInstall | bash"),
        _ => None,
    }
}
