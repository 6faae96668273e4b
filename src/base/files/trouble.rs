//! What is wrong with a file that a person has named, as a text for people.

use super::whole::NotRead;
use crate::model::Why;
use std::io;

/// Why it could not be read, or written.
pub fn trouble(error: &io::Error) -> Why {
    if let Some(why) = error
        .get_ref()
        .and_then(|why| why.downcast_ref::<NotRead>())
    {
        return match why {
            NotRead::NoFile => Why::plain("file-no-file"),
            NotRead::TooLong { most } => Why::with("file-too-long", most.to_string()),
        };
    }
    match error.kind() {
        io::ErrorKind::NotFound => Why::plain("file-absent"),
        io::ErrorKind::PermissionDenied => Why::plain("file-not-permitted"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Why::plain("file-disk-full"),
        io::ErrorKind::ReadOnlyFilesystem => Why::plain("file-read-only"),
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => Why::plain("file-no-file"),
        // Rare, and only the system knows.
        _ => Why::with("file-system-says", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_a_text_of_ours() {
        let dir = tempfile::tempdir().expect("a folder");
        let read =
            |path: &std::path::Path| super::super::read(path, 3).expect_err("it cannot be read");
        let path = dir.path().join("f");
        assert_eq!(trouble(&read(&path)).code, "file-absent");
        std::fs::write(&path, "long").expect("written");
        assert_eq!(trouble(&read(&path)), Why::with("file-too-long", "3"));
        assert_eq!(trouble(&read(&path.join("in"))).code, "file-no-file");
        assert_eq!(trouble(&read(dir.path())).code, "file-no-file");
        for (kind, code) in [
            (io::ErrorKind::PermissionDenied, "file-not-permitted"),
            (io::ErrorKind::StorageFull, "file-disk-full"),
            (io::ErrorKind::ReadOnlyFilesystem, "file-read-only"),
        ] {
            assert_eq!(trouble(&kind.into()).code, code);
        }
        let other = trouble(&io::Error::from_raw_os_error(5));
        assert_eq!(other.code, "file-system-says");
        assert!(!other.detail.is_empty());
    }
}
