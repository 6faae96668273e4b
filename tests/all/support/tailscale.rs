//! A stand-in for `tailscale` and the daemon behind it: a script that answers what the real one answers,
//! and keeps the rules of programs in the foreground for as long as they live. It connects to nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::time::timeout;

/// What is waited for comes within this time, on any machine that can run the tests at all.
const LONG: Duration = Duration::from_secs(30);

/// `tailscale status --json` of a computer that may have Funnels.
pub const RUNNING: &str = r#"{"Version":"1.103.0","TUN":true,"BackendState":"Running","HaveNodeKey":true,"AuthURL":"","Self":{"ID":"n1","DNSName":"box.tail1234.ts.net.","Online":true,"CapMap":{"https":null,"funnel":null,"https://tailscale.com/cap/funnel-ports?ports=443,8443,10000":null}},"Health":[],"CertDomains":["box.tail1234.ts.net"],"CurrentTailnet":{"MagicDNSSuffix":"tail1234.ts.net"},"Peer":null}"#;

/// Another's rule, which is to be there after all that happens here.
pub const OTHERS: &str = r#""TCP":{"8443":{"HTTPS":true}},"Web":{"box.tail1234.ts.net:8443":{"Handlers":{"/":{"Proxy":"http://127.0.0.1:9999"}}}},"#;

const QUESTIONS: &str = r#"printf '%s\n' "$*" >> "$here/asked"
case "$1 $2" in
"status --json") cat "$here/status"; exit 0;;
"funnel status")
  printf '{'; cat "$here/others"; printf '"Foreground":{'
  between=
  for rule in "$here"/rule.*; do
    [ -e "$rule" ] || continue
    kill -0 "${rule##*.}" 2>/dev/null || continue
    printf '%s' "$between"; cat "$rule"; between=,
  done
  printf '}}\n'; exit 0;;
esac
exec 3<>"$here/alive"; exec 4>"$here/alive"; exec 3>&-
port=${2#*=}; target=${3#*://}
"#;

/// Has its rule, until it is told to end.
pub const SERVES: &str = r#"case $2 in
--https=*) rule="\"TCP\":{\"$port\":{\"HTTPS\":true}},\"Web\":{\"box.tail1234.ts.net:$port\":{\"Handlers\":{\"/\":{\"Proxy\":\"http://$target\"}}}}";;
*) rule="\"TCP\":{\"$port\":{\"TCPForward\":\"$target\"}}";;
esac
printf '"%s":{%s,"AllowFunnel":{"box.tail1234.ts.net:%s":true}}' "$$" "$rule" "$port" > "$here/rule.$$"
trap 'rm -f "$here/rule.$$"; exit 0' INT TERM
printf 'Available on the internet:\n\nhttps://box.tail1234.ts.net/\n|-- proxy %s\n\nPress Ctrl+C to exit.\n' "$3"
until read -r code < "$here/die" || [ -n "$code" ]; do :; done
rm -f "$here/rule.$$"
exit "$code"
"#;

pub struct StandIn {
    folder: tempfile::TempDir,
}

impl StandIn {
    /// One that may have Funnels, beside [`OTHERS`].
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["die", "alive"] {
            let made = std::process::Command::new("mkfifo")
                .arg(folder.path().join(name))
                .status();
            assert!(made.expect("mkfifo").success());
        }
        let stand_in = Self { folder };
        stand_in.status(RUNNING);
        stand_in.others(OTHERS);
        stand_in.does(SERVES);
        stand_in
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn program(&self) -> PathBuf {
        self.path().join("tailscale")
    }

    fn write(&self, name: &str, text: &str) {
        // Whole at once: it may be read meanwhile.
        let (path, new) = (self.path().join(name), self.path().join("new"));
        fs::write(&new, text).expect("written");
        fs::rename(new, path).expect("renamed");
    }

    /// What `status --json` says.
    pub fn status(&self, json: &str) {
        self.write("status", json);
    }

    /// Which rules others have, as the beginning of a JSON object.
    pub fn others(&self, json: &str) {
        self.write("others", json);
    }

    /// What `funnel …` does in the shell's words; `$here` is this stand-in's folder.
    pub fn does(&self, what: &str) {
        self.is(&format!("{QUESTIONS}{what}"));
    }

    /// What every command does.
    pub fn is(&self, what: &str) {
        let here = self.path().display();
        self.write("tailscale", &format!("#!/bin/sh\nhere='{here}'\n{what}\n"));
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.program(), mode).expect("a program");
    }

    /// As `tailscale serve` on the same port does: the rule is another's now.
    pub fn take_rules(&self) {
        for entry in fs::read_dir(self.path()).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("rule."))
            {
                fs::remove_file(path).expect("mine");
            }
        }
    }

    /// All that it was started with.
    pub fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.path().join("asked"));
        asked
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The same of those that were to serve.
    pub fn started(&self) -> Vec<String> {
        let serves = |asked: &String| asked.starts_with("funnel --");
        self.asked().into_iter().filter(serves).collect()
    }

    /// Has the one that serves end with this code.
    pub async fn die(&self, code: u8) {
        let path = self.path().join("die");
        let write = tokio::task::spawn_blocking(move || fs::write(path, format!("{code}\n")));
        let written = timeout(LONG, write).await.expect("somebody serves");
        written.expect("no panic").expect("it is told");
    }

    /// Waits until none of those that serve lives; asked for while one does.
    pub fn alive(&self) -> impl Future<Output = ()> {
        let opened = pipe::OpenOptions::new().open_receiver(self.path().join("alive"));
        let mut opened = opened.expect("it is a pipe");
        async move {
            let mut nothing = [0; 1];
            let read = timeout(LONG, opened.read(&mut nothing)).await;
            assert_eq!(read.expect("they end").expect("an end"), 0);
        }
    }
}
