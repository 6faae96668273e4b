//! YAML, from its events: an alias is a copy that counts, so that a small file makes no large tree.

use super::{Bound, Broken, Node, Value};
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::collections::{HashMap, HashSet};

/// Reads the first document of a text, JSON too.
pub fn yaml(text: &str) -> Result<Node, Broken> {
    let mut loader = Loader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Broken::Syntax {
            line: error.marker().line(),
        })?;
        if let Some(document) = loader.take(event, span.start.line())? {
            return Ok(document);
        }
    }
    Ok(Node::new(1, Value::Nothing))
}

type Entries = Vec<(String, Node)>;

/// A list or a map that is not at its end.
struct Open {
    line: usize,
    /// Not 0 where an alias may stand for it.
    anchor: usize,
    items: Vec<Node>,
    /// Of a map: what it has, and the key whose value comes next.
    map: Option<(Entries, Option<(String, usize)>)>,
}

#[derive(Default)]
struct Loader {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    bound: Bound,
}

impl Loader {
    /// The document, once it is whole.
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<Option<Node>, Broken> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = match &*text {
                    "" | "~" | "null" if style == ScalarStyle::Plain => Value::Nothing,
                    text => Value::Text(text.to_owned()),
                };
                self.put(Node::new(line, value), anchor)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                self.put(node.ok_or(Broken::Syntax { line })?, 0)
            }
            Event::SequenceStart(anchor, _) => self.begin(line, anchor, false),
            Event::MappingStart(anchor, _) => self.begin(line, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => {
                    let (line, anchor) = (open.line, open.anchor);
                    self.put(Node::new(line, open.value()?), anchor)
                }
                None => Err(Broken::Syntax { line }),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
        }
    }

    fn begin(&mut self, line: usize, anchor: usize, map: bool) -> Result<Option<Node>, Broken> {
        self.bound.add(1, self.open.len(), line)?;
        self.open.push(Open {
            line,
            anchor,
            items: vec![],
            map: map.then(|| (vec![], None)),
        });
        Ok(None)
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, Broken> {
        let (line, depth) = (node.line, self.open.len());
        self.bound.add(size(&node), depth, line)?;
        if anchor != 0 {
            self.bound.add(size(&node), depth, line)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            return Ok(Some(node));
        };
        match &mut open.map {
            None => open.items.push(node),
            Some((entries, key @ Some(_))) => {
                let entry = key.take().map(|(key, line)| (key, begun_at(node, line)));
                entries.extend(entry);
            }
            Some((_, key)) => match node.value {
                Value::Text(text) => *key = Some((text, line)),
                Value::Nothing => *key = Some((String::new(), line)),
                Value::List(_) | Value::Map(_) => return Err(Broken::Syntax { line }),
            },
        }
        Ok(None)
    }
}

impl Open {
    fn value(self) -> Result<Value, Broken> {
        match self.map {
            None => Ok(Value::List(self.items)),
            Some((entries, _)) => merged(entries).map(Value::Map),
        }
    }
}

/// Whatever has more inside begins where its key stands, for whoever looks for it.
fn begun_at(node: Node, line: usize) -> Node {
    match node.value {
        value @ (Value::List(_) | Value::Map(_)) => Node::new(line, value),
        Value::Nothing | Value::Text(_) => node,
    }
}

/// With what `<<` says is to be there too: what is written there counts more, then what is named first.
///
/// A key that is written twice is a mistake, as it is to the Go libraries that the other programs read
/// their files with: whichever was taken, it could be the wrong one.
fn merged(entries: Entries) -> Result<Entries, Broken> {
    let mut keys = HashSet::new();
    for (key, node) in &entries {
        if !keys.insert(key.clone()) {
            return Err(Broken::Syntax { line: node.line });
        }
    }
    let (merge, mut entries): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(key, _)| key == "<<");
    for from in merge.iter().flat_map(|(_, node)| node.items()) {
        for (key, node) in from.entries() {
            if keys.insert(key.clone()) {
                entries.push((key.clone(), node.clone()));
            }
        }
    }
    Ok(entries)
}

fn size(node: &Node) -> usize {
    let inside: usize = match &node.value {
        Value::Nothing | Value::Text(_) => 0,
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(_, node)| size(node)).sum(),
    };
    1 + inside
}
