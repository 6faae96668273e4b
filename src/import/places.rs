//! Where the files are, and reading them within bounds.

use super::formats;
use crate::base::files;
use crate::model::{
    Catalog, ConfigFile, ConfigFormat, FileError, Folders, Import, ImportSource, Why,
};
use directories::BaseDirs;
use std::path::Path;

/// Many times what there is in one.
const LONGEST: u64 = 1024 * 1024;

/// So many tunnels are taken of one file, and so much is said of what is not.
const MOST: usize = 500;

/// The folders of whoever runs this.
pub fn folders() -> Option<Folders> {
    let base = BaseDirs::new()?;
    Some(Folders {
        home: base.home_dir().to_owned(),
        config: base.config_dir().to_owned(),
        local: base.data_local_dir().to_owned(),
    })
}

/// What is in the files that are where they usually are.
pub fn look(catalog: &Catalog, folders: &Folders) -> Vec<ImportSource> {
    let mut sources: Vec<ImportSource> = vec![];
    for format in formats(catalog) {
        for path in (format.places)(folders) {
            let is_new = sources.iter().all(|source| source.path != path);
            if is_new && path.is_file() {
                sources.push(match text(&path) {
                    Ok(text) => source(format, ConfigFile { path, text }, folders),
                    Err(why) => {
                        let mut import = Import::default();
                        import.skip(0, "", why);
                        let format = format.name;
                        ImportSource {
                            path,
                            format,
                            import,
                        }
                    }
                });
            }
        }
    }
    sources
}

/// What is in this file, whichever kind it is.
///
/// # Errors
/// It cannot be read, or is of no kind that can.
pub fn read(catalog: &Catalog, path: &Path, folders: &Folders) -> Result<ImportSource, FileError> {
    let text = text(path).map_err(|why| FileError::Unread {
        file: path.display().to_string(),
        why,
    })?;
    let path = path.to_owned();
    let file = ConfigFile { path, text };
    let formats = formats(catalog);
    let at_home = |format: &&&ConfigFormat| (format.places)(folders).contains(&file.path);
    let like = |format: &&&ConfigFormat| (format.is)(&file);
    let format = formats.iter().find(at_home);
    let format = format.or_else(|| formats.iter().find(like));
    let format = format.ok_or_else(|| {
        let names: Vec<&str> = formats.iter().map(|format| format.name).collect();
        FileError::OfNoKind {
            file: file.path.display().to_string(),
            kinds: names.join(", "),
        }
    })?;
    Ok(source(format, file, folders))
}

fn text(path: &Path) -> Result<String, Why> {
    let bytes = files::read(path, LONGEST).map_err(|error| files::trouble(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| Why::plain("file-no-text"))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn source(format: &ConfigFormat, file: ConfigFile, folders: &Folders) -> ImportSource {
    let mut import = (format.read)(&file, folders);
    if import.found.len() > MOST || import.skipped.len() > MOST {
        import.found.truncate(MOST);
        import.skipped.truncate(MOST);
        import.skip(0, "", Why::with(Why::TOO_MUCH, MOST.to_string()));
    }
    ImportSource {
        path: file.path,
        format: format.name,
        import,
    }
}
