//! Compiles the window and turns `i18n/*/*.ftl` into code.
//!
//! `en-US` is the source. From it come one constructor a message (`messages.rs`), one Slint property
//! a label of `window.ftl` (`tr.slint`) and the code that fills those (`tr.rs`). A key or an argument
//! that the code uses and the source lacks fails to compile; a language that lacks a key of the
//! source, has one too many or other arguments fails here.
//!
//! What a visitor reads (`visitor.ftl`) becomes functions of the language (`visitor_texts.rs`) instead:
//! who serves pages is far from the shell that formats messages, and needs no parser at run time.

use fluent_syntax::ast::{
    CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

const SOURCE: &str = "en-US";
/// The file whose messages are fixed labels of the window.
const LABELS: &str = "window.ftl";
/// The file of what the pages for visitors say.
const VISITORS: &str = "visitor.ftl";

/// What becomes of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Msg,
    Label,
    /// Of a page for visitors.
    Page,
}

impl Kind {
    fn of(path: &Path) -> Self {
        if path.ends_with(LABELS) {
            Self::Label
        } else if path.ends_with(VISITORS) {
            Self::Page
        } else {
            Self::Msg
        }
    }
}

struct Message {
    args: BTreeSet<String>,
    kind: Kind,
}

type Messages = BTreeMap<String, Message>;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo::rerun-if-changed=i18n");
    let source = read_language(SOURCE);
    check_other_languages(&source);
    fs::write(out.join("messages.rs"), constructors(&source)).expect("OUT_DIR is writable");
    write_as_old_as_its_text(&out.join("tr.slint"), &labels_slint(&source));
    fs::write(out.join("tr.rs"), labels_rust(&source)).expect("OUT_DIR is writable");
    fs::write(out.join("sources.rs"), sources()).expect("OUT_DIR is writable");
    let texts = visitor_texts(&source);
    fs::write(out.join("visitor_texts.rs"), texts).expect("OUT_DIR is writable");

    #[cfg(feature = "window")]
    compile_window(out);
    #[cfg(not(feature = "window"))]
    pack_relocations();
}

/// Writes a file of `OUT_DIR` as old as the newest text it was made of. The Slint build names
/// `tr.slint` as one of its inputs: with the time of this very run it would be newer than the run, and
/// cargo would compile everything again at each build.
fn write_as_old_as_its_text(path: &Path, code: &str) {
    let source = newest_text().expect("i18n can be read");
    fs::write(path, code)
        .and_then(|()| fs::File::options().write(true).open(path))
        .and_then(|file| file.set_modified(source))
        .expect("OUT_DIR is writable");
}

/// When a text was changed last.
fn newest_text() -> std::io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for path in languages().iter().flat_map(|tag| files(tag)) {
        newest = newest.max(fs::metadata(path)?.modified()?);
    }
    Ok(newest)
}

/// The table of addresses that are put right at every start is read whole, and stays in memory: in
/// this form it is a fortieth of its size. glibc knows it since 2.36 (2022).
#[cfg(not(feature = "window"))]
fn pack_relocations() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        // Functions that came out the same are kept once. Rust's own linker does that, which is the
        // one that is used here.
        if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
            println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        }
    }
}

#[cfg(feature = "window")]
fn compile_window(out: PathBuf) {
    let mut config = slint_build::CompilerConfiguration::new().with_include_paths(vec![out]);
    if env::var("PROFILE").as_deref() != Ok("release") {
        // The window tests find elements by id; passing `false` would override the environment.
        config = config.with_debug_info(true);
    }
    slint_build::compile_with_config("ui/app.slint", config).expect("ui/app.slint compiles");
}

fn languages() -> Vec<String> {
    let mut tags: Vec<String> = fs::read_dir("i18n")
        .expect("i18n is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    tags.sort();
    tags
}

fn files(tag: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new("i18n").join(tag))
        .expect("the language's folder is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "ftl"))
        .collect();
    files.sort();
    files
}

fn read_language(tag: &str) -> Messages {
    let mut messages = Messages::new();
    for path in files(tag) {
        let text = fs::read_to_string(&path).expect("an .ftl file is UTF-8");
        let resource = fluent_syntax::parser::parse(text.as_str())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
        let kind = Kind::of(&path);
        for entry in resource.body {
            let Entry::Message(message) = entry else {
                continue;
            };
            let mut args = BTreeSet::new();
            if let Some(pattern) = &message.value {
                collect_pattern(pattern, &mut args);
            }
            let id = message.id.name.to_owned();
            assert!(
                kind != Kind::Label || args.is_empty(),
                "{}: {id}: a label has no arguments",
                path.display()
            );
            let twice = messages.insert(id.clone(), Message { args, kind });
            assert!(twice.is_none(), "{}: {id} is there twice", path.display());
        }
    }
    messages
}

fn collect_pattern(pattern: &Pattern<&str>, args: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_expression(expression, args);
        }
    }
}

fn collect_expression(expression: &Expression<&str>, args: &mut BTreeSet<String>) {
    match expression {
        Expression::Select { selector, variants } => {
            collect_inline(selector, args);
            for variant in variants {
                collect_pattern(&variant.value, args);
            }
        }
        Expression::Inline(inline) => collect_inline(inline, args),
    }
}

fn collect_inline(inline: &InlineExpression<&str>, args: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            args.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference {
            arguments: CallArguments { positional, .. },
            ..
        } => positional.iter().for_each(|arg| collect_inline(arg, args)),
        InlineExpression::Placeable { expression } => collect_expression(expression, args),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

fn check_other_languages(source: &Messages) {
    for tag in languages().iter().filter(|tag| *tag != SOURCE) {
        let other = read_language(tag);
        for (id, message) in source {
            let Some(theirs) = other.get(id) else {
                panic!("i18n/{tag} lacks {id}");
            };
            assert!(
                theirs.args == message.args,
                "i18n/{tag}: {id} has arguments {:?}, {SOURCE} has {:?}",
                theirs.args,
                message.args
            );
        }
        for id in other.keys() {
            assert!(
                source.contains_key(id),
                "i18n/{tag} has {id}, {SOURCE} does not"
            );
        }
    }
}

fn snake(id: &str) -> String {
    id.replace('-', "_")
}

fn constructors(source: &Messages) -> String {
    let mut code = String::new();
    for (id, message) in source
        .iter()
        .filter(|(_, message)| message.kind != Kind::Page)
    {
        let parameters: Vec<String> = message
            .args
            .iter()
            .map(|arg| format!("{}: impl Into<Arg>", snake(arg)))
            .collect();
        let values: Vec<String> = message
            .args
            .iter()
            .map(|arg| format!("({arg:?}, {}.into())", snake(arg)))
            .collect();
        writeln!(
            code,
            "pub fn {}({}) -> Msg {{ Msg {{ id: {id:?}, args: vec![{}] }} }}",
            snake(id),
            parameters.join(", "),
            values.join(", ")
        )
        .expect("a String takes all");
    }
    code
}

fn labels(source: &Messages) -> impl Iterator<Item = &String> {
    source
        .iter()
        .filter(|(_, message)| message.kind == Kind::Label)
        .map(|(id, _)| id)
}

fn labels_slint(source: &Messages) -> String {
    let mut code = String::from("export global Tr {\n");
    for id in labels(source) {
        writeln!(code, "    in property <string> {id}: \"{id}\";").expect("a String takes all");
    }
    code + "}\n"
}

fn labels_rust(source: &Messages) -> String {
    let mut code = String::from(
        "/// Fills every label of the window.\n\
         pub fn fill_labels(tr: &crate::shell::ui::Tr<'_>, text: impl Fn(&'static str) -> slint::SharedString) {\n",
    );
    for id in labels(source) {
        writeln!(code, "    tr.set_{}(text({id:?}));", snake(id)).expect("a String takes all");
    }
    code + "}\n"
}

fn sources() -> String {
    let mut code = String::from(
        "/// Every language's files: tag and text.\npub const SOURCES: &[(&str, &str)] = &[\n",
    );
    for tag in languages() {
        for path in files(&tag)
            .into_iter()
            .filter(|path| Kind::of(path) != Kind::Page)
        {
            let path = fs::canonicalize(path).expect("the file was just listed");
            let path = path.to_str().expect("the folder's name is UTF-8");
            writeln!(code, "    ({tag:?}, include_str!({path:?})),").expect("a String takes all");
        }
    }
    code + "];\n"
}

/// A function a message of [`VISITORS`]: its text in a language.
fn visitor_texts(source: &Messages) -> String {
    let languages: Vec<(String, BTreeMap<String, String>)> = languages()
        .into_iter()
        .map(|tag| (variant(&tag), templates(&tag)))
        .collect();
    let mut code = String::new();
    for (id, message) in source
        .iter()
        .filter(|(_, message)| message.kind == Kind::Page)
    {
        let (parameters, returned, made) = if message.args.is_empty() {
            (String::new(), "&'static str", "")
        } else {
            let name = |arg: &String| format!(", {}: &str", snake(arg));
            (message.args.iter().map(name).collect(), "String", "format!")
        };
        let arms: String = languages
            .iter()
            .map(|(variant, texts)| match made {
                "" => format!("Language::{variant} => {:?}, ", texts[id]),
                made => format!("Language::{variant} => {made}({:?}), ", texts[id]),
            })
            .collect();
        writeln!(
            code,
            "pub(crate) fn {}(language: Language{parameters}) -> {returned} {{ match language {{ {arms}}} }}",
            snake(id)
        )
        .expect("a String takes all");
    }
    code
}

/// The variant of `model::Language` that a tag is: `PtBr` for `pt-BR`.
fn variant(tag: &str) -> String {
    tag.split('-')
        .map(|part| part[..1].to_uppercase() + &part[1..].to_lowercase())
        .collect()
}

/// What the pages for visitors say in a language: plain lines, with the arguments as `format!` takes
/// them.
fn templates(tag: &str) -> BTreeMap<String, String> {
    let path = Path::new("i18n").join(tag).join(VISITORS);
    let text = fs::read_to_string(&path).expect("each language has it");
    // `read_language` has parsed the same file.
    let resource = fluent_syntax::parser::parse(text.as_str()).expect("it parses");
    let mut texts = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let id = message.id.name;
        let pattern = message.value.unwrap_or_else(|| panic!("{id} says nothing"));
        let has_arguments = pattern.elements.len() > 1;
        let template: String = pattern
            .elements
            .iter()
            .map(|element| template_part(id, element, has_arguments))
            .collect();
        texts.insert(id.to_owned(), template);
    }
    texts
}

fn template_part(id: &str, element: &PatternElement<&str>, has_arguments: bool) -> String {
    match element {
        PatternElement::TextElement { value } => {
            // They go into HTML as they are.
            let is_plain = !value.contains(['<', '>', '&', '"', '\n']);
            assert!(is_plain, "{id}: a page's text is one line without markup");
            assert!(
                !has_arguments || !value.contains(['{', '}']),
                "{id}: braces"
            );
            (*value).to_owned()
        }
        PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::VariableReference { id }),
        } => format!("{{{}}}", snake(id.name)),
        PatternElement::Placeable { .. } => panic!("{id}: a page's text has no choices"),
    }
}
