//! `underpass host --detach`: hosts in the desktop program where that has the tunnels, else in a process
//! of its own, and says until that works what `host` says. Afterwards nothing binds that process to the
//! terminal.
//!
//! The process is this program with the same words. Its standard output and error are this command's
//! until visitors get there; then it lets go of them, with a mark behind the last line. One that ends
//! before says why by itself, and its exit code is the command's.

use super::args::{HostArgs, HostTarget};
use crate::cli::console::{Console, Failure};
use crate::cli::exit::Exit;
use crate::cli::port::PortOptionArgs;
use crate::cli::running;
use crate::store::Home;
use crate::view::messages as m;
use std::ffi::OsString;
use std::process::ExitCode;

/// Stands behind the last that the process in the background has to say. No text has it: what is
/// written shows control characters by their numbers.
#[cfg(unix)]
const LET_GO: u8 = 0;

/// `unsaved` says why the home cannot be written.
pub(super) fn run(home: &Home, args: &HostArgs, unsaved: Option<String>) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    let done = try_run(home, args, unsaved, &console);
    done.unwrap_or_else(|failure| console.fail(failure)).into()
}

fn try_run(
    home: &Home,
    args: &HostArgs,
    unsaved: Option<String>,
    console: &Console,
) -> Result<Exit, Failure> {
    if let Some(detail) = unsaved {
        let why = console.text(&m::cli_detach_unsaved(detail));
        return Err(m::cli_failed(why, m::cli_detach_failed()).into());
    }
    if let Some(names) = saved_alone(args)
        && let Some(done) = running::host_in_desktop(home, &names, args.timeout, args.form())?
    {
        return Ok(done);
    }
    background::run(args, console)
}

/// The saved tunnels that were typed, where nothing else was said that holds for this time alone: the
/// desktop program hosts a tunnel as it is saved there.
fn saved_alone(args: &HostArgs) -> Option<Vec<String>> {
    let name = |target: &HostTarget| match target {
        HostTarget::Saved(name) => Some(name.clone()),
        HostTarget::Service(_) => None,
    };
    let names: Option<Vec<String>> = args.targets.iter().map(name).collect();
    let HostArgs {
        take_over,
        public,
        relay,
        reach,
        account,
        typed_set,
        typed_health,
        typed_provider,
        options,
        ..
    } = args;
    let is_special = *take_over
        || *public
        || relay.is_some()
        || reach.is_some()
        || account.is_some()
        || typed_provider.is_some()
        || !typed_set.is_empty()
        || !typed_health.is_empty()
        || *options != PortOptionArgs::default();
    names.filter(|names| !names.is_empty() && !is_special)
}

/// The words for the process in the background, and the join link among them: what is in an
/// environment is in no list of processes.
#[cfg_attr(not(unix), expect(dead_code, reason = "there is no background"))]
fn words_there(words: impl IntoIterator<Item = OsString>) -> (Vec<OsString>, Option<OsString>) {
    let (mut there, mut link) = (vec![], None);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--") => {
                there.push(word);
                there.extend(words.by_ref());
            }
            Some("--detach") => there.push("--in-background".into()),
            Some("--relay") => link = words.next(),
            Some(text) if text.starts_with("--relay=") => {
                link = text.strip_prefix("--relay=").map(Into::into);
            }
            Some(_) | None => there.push(word),
        }
    }
    (there, link)
}

/// In the process: from now on no signal of the terminal comes.
pub(super) fn leave_terminal() {
    #[cfg(unix)]
    if let Err(error) = rustix::process::setsid() {
        tracing::warn!(%error, "it stays in the terminal's session");
    }
}

/// In the process: all is said that whoever started it waits for.
pub(super) fn release() {
    #[cfg(unix)]
    if let Err(error) = background::let_go() {
        tracing::warn!(%error, "it stays at what started it");
    }
}

#[cfg(unix)]
mod background {
    use super::{LET_GO, words_there};
    use crate::base::signals::Signals;
    use crate::cli::console::{Console, Failure};
    use crate::cli::exit::Exit;
    use crate::cli::host::HostArgs;
    use crate::cli::{RELAY_VARIABLE, runtime};
    use crate::shell::headless::Form;
    use crate::view::messages as m;
    use rustix::process::{Pid, Signal, kill_process};
    use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read, Write};
    use std::os::fd::AsFd as _;
    use std::process::{Child, Command, Stdio};
    use tokio::task::{JoinHandle, spawn_blocking};

    /// Starts the process, and waits until it works or ends.
    pub(super) fn run(args: &HostArgs, console: &Console) -> Result<Exit, Failure> {
        let failed = |error: io::Error| -> Failure {
            m::cli_failed(error.to_string(), m::cli_detach_failed()).into()
        };
        let child = start(args.reads_secret()).map_err(failed)?;
        let process = child.id();
        let runtime = runtime()?;
        let exit = runtime.block_on(follow(child)).map_err(failed)?;
        // What still reads ends with the program.
        runtime.shutdown_background();
        if exit == Exit::Done && args.form() == Form::default() {
            console.note(&m::cli_detached(process.to_string()));
        }
        Ok(exit)
    }

    fn start(reads_secret: bool) -> io::Result<Child> {
        let (words, link) = words_there(std::env::args_os().skip(1));
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words);
        if let Some(link) = link {
            command.env(RELAY_VARIABLE, link);
        }
        if !reads_secret {
            command.stdin(Stdio::null());
        }
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn()
    }

    /// How a stream of the process came to its end.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Ended {
        /// It let go.
        LetGo,
        /// The process is over.
        Closed,
        /// Nobody reads on this side.
        Unwritable,
    }

    /// What becomes of passing on once nobody reads on this side.
    #[derive(Clone, Copy)]
    enum Unwritable {
        Ends,
        GoesOn,
    }

    async fn follow(mut child: Child) -> io::Result<Exit> {
        let mut signals = Signals::listen()?;
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // The process is not waited for yet, so that its number is nobody else's.
        let tell = |signal| id.map(|id| kill_process(id, signal));
        let out = child.stdout.take();
        let out = out.map(|from| copy(from, io::stdout(), Unwritable::Ends));
        // The process goes on without whoever reads its complaints, and lets go here all the same.
        let err = child.stderr.take();
        let err = err.map(|from| copy(from, io::stderr(), Unwritable::GoesOn));
        let said = async {
            let out = ended(out).await?;
            if out == Ended::Unwritable {
                // Nobody would know the URL.
                tell(Signal::TERM);
            }
            let err = ended(err).await?;
            Ok::<_, io::Error>((out, err))
        };
        tokio::pin!(said);
        let mut is_interrupted = false;
        let (out, err) = loop {
            tokio::select! {
                () = signals.next() => {
                    is_interrupted = true;
                    tell(Signal::INT);
                }
                said = &mut said => break said?,
            }
        };
        if err == Ended::LetGo && out != Ended::Unwritable {
            return Ok(Exit::Done);
        }
        let status = spawn_blocking(move || child.wait()).await??;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        let exit = Exit::ALL
            .into_iter()
            .find(|exit| Some(exit.number()) == code);
        Ok(match exit {
            // It ended as it was asked to, before anybody got there.
            Some(Exit::Done) if is_interrupted => Exit::Interrupted,
            Some(Exit::Done) | None => Exit::Failed,
            Some(exit) => exit,
        })
    }

    async fn ended(copying: Option<JoinHandle<Ended>>) -> io::Result<Ended> {
        match copying {
            Some(copying) => Ok(copying.await?),
            None => Ok(Ended::Closed),
        }
    }

    /// Passes on what the process says, as it comes.
    fn copy(
        mut from: impl Read + Send + 'static,
        mut to: impl Write + Send + 'static,
        unwritable: Unwritable,
    ) -> JoinHandle<Ended> {
        spawn_blocking(move || {
            let mut buffer = [0; 4_096];
            let mut is_read = true;
            loop {
                let got = match from.read(&mut buffer) {
                    Ok(got) => got,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => 0,
                };
                let text = &buffer[..got];
                let (text, is_last) = match text.split_last() {
                    None => return Ended::Closed,
                    Some((&LET_GO, text)) => (text, true),
                    Some(_) => (text, false),
                };
                if is_read && to.write_all(text).and_then(|()| to.flush()).is_err() {
                    match unwritable {
                        Unwritable::Ends => return Ended::Unwritable,
                        Unwritable::GoesOn => is_read = false,
                    }
                }
                if is_last {
                    return Ended::LetGo;
                }
            }
        })
    }

    /// Nothing of the three streams is whoever's they were.
    pub(super) fn let_go() -> io::Result<()> {
        let nothing = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        // What was said is written by now: standard error is not buffered.
        let mut told = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        dup2_stdin(&nothing)?;
        dup2_stdout(&nothing)?;
        dup2_stderr(&nothing)?;
        told.write_all(&[LET_GO])
    }
}

#[cfg(not(unix))]
mod background {
    use crate::cli::console::{Console, Failure};
    use crate::cli::exit::Exit;
    use crate::cli::host::HostArgs;
    use crate::view::messages as m;

    pub(super) fn run(_: &HostArgs, console: &Console) -> Result<Exit, Failure> {
        let why = console.text(&m::cli_detach_no_channel());
        Err(m::cli_failed(why, m::cli_detach_failed()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(words: &str) -> (String, Option<String>) {
        let (words, link) = words_there(words.split(' ').map(Into::into));
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        let link = link.map(|link| link.to_string_lossy().into_owned());
        (words.join(" "), link)
    }

    #[test]
    fn the_process_gets_the_same_words_but_what_is_secret() {
        for (typed, words, link) in [
            ("3000 --detach --json", "3000 --in-background --json", None),
            ("--detach tcp 22", "--in-background tcp 22", None),
            (
                "host 3000 --relay LINK --detach",
                "host 3000 --in-background",
                Some("LINK"),
            ),
            (
                "host --relay=LINK --detach -- web",
                "host --in-background -- web",
                Some("LINK"),
            ),
        ] {
            let expected = (words.to_owned(), link.map(str::to_owned));
            assert_eq!(there(typed), expected, "{typed}");
        }
    }

    #[test]
    fn the_desktop_program_hosts_what_is_saved_there_as_it_is() {
        let names = |words: &[&str]| saved_alone(&HostArgs::typed(words));
        let both = Some(vec!["shop".to_owned(), "blog".to_owned()]);
        assert_eq!(names(&["shop", "blog", "--detach", "--json"]), both);
        for words in [
            &["3000"][..],
            &["shop", "3000"],
            &["shop", "--reach", "network"],
            &["shop", "--health", "interval=10s"],
            &["shop", "--take-over"],
        ] {
            assert_eq!(names(words), None, "{words:?}");
        }
    }
}
