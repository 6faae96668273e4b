//! TOML, with the line of each value.

use super::{Bound, Broken, Node, Value};
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Reads a text.
pub fn toml(text: &str) -> Result<Node, Broken> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| Broken::Syntax {
        line: error.span().map_or(1, |span| lines.at(&span)),
    })?;
    let mut reader = Reader {
        lines,
        bound: Bound::default(),
    };
    reader.table(table.get_ref(), 1, 0)
}

struct Reader {
    lines: Lines,
    bound: Bound,
}

impl Reader {
    fn table(&mut self, table: &DeTable<'_>, line: usize, depth: usize) -> Result<Node, Broken> {
        self.bound.add(1, depth, line)?;
        let mut entries = vec![];
        for (key, value) in table {
            let node = self.value(value.get_ref(), &value.span(), depth + 1)?;
            entries.push((key.span().start, key.get_ref().to_string(), node));
        }
        entries.sort_by_key(|(start, ..)| *start);
        let entries = entries.into_iter().map(|(_, key, node)| (key, node));
        Ok(Node::new(line, Value::Map(entries.collect())))
    }

    fn value(
        &mut self,
        value: &DeValue<'_>,
        span: &Range<usize>,
        depth: usize,
    ) -> Result<Node, Broken> {
        let line = self.lines.at(span);
        self.bound.add(1, depth, line)?;
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(on) => on.to_string(),
            DeValue::Datetime(at) => at.to_string(),
            DeValue::Array(items) => {
                let items = items.iter();
                let items = items.map(|item| self.value(item.get_ref(), &item.span(), depth + 1));
                return Ok(Node::new(
                    line,
                    Value::List(items.collect::<Result<_, _>>()?),
                ));
            }
            DeValue::Table(table) => return self.table(table, line, depth),
        };
        Ok(Node::new(line, Value::Text(text)))
    }
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(behind).collect())
    }

    fn at(&self, span: &Range<usize>) -> usize {
        self.0.partition_point(|begin| *begin <= span.start)
    }
}
